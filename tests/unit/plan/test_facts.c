/*
 * test_facts.c - the numbers of a plan are bounds: whatever fails, and in whatever order
 * targets finish, admission by the rules of the plan never goes beyond them.
 *
 * A small model of admission is played with random luck: a target starts if its wave is
 * open, the budget, in_flight and its domains allow it; it then succeeds or fails, and a
 * failed one stays down. A link group that goes as one starts and fails whole. What was seen is held against plan_facts_of(), and the bounds
 * must also be reached often enough not to be empty words.
 */
#include "fixture.h"

static uint64_t seed;

static unsigned below(unsigned bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % bound;
}

struct play {
    const struct plan *plan;
    int *down;       /* by domain: of the wave that is played */
    int *peak;       /* by domain */
    int running[64]; /* the first ones of lots */
    int running_count;
    int in_flight, failed, failed_lots, down_count;
    int most_in_flight, most_down; /* of the wave */
};

/* How many targets start and fail with it; 0: it is not the first of its link group. */
static int lot_at(const struct plan *plan, int target)
{
    int unit = plan_unit_of(plan, target);
    return unit < 0 ? 1 : plan->units[unit].first == target ? plan->units[unit].count : 0;
}

static void set_one_down(struct play *p, int target, int sign)
{
    const struct plan_target *t = &p->plan->targets[target];
    p->down_count += sign;
    for (int i = 0; i < t->domain_count; i++) {
        int d = t->domains[i];
        p->down[d] += sign;
        p->peak[d] = p->down[d] > p->peak[d] ? p->down[d] : p->peak[d];
    }
}

static void set_down(struct play *p, int target, int sign)
{
    for (int i = 0; i < lot_at(p->plan, target); i++)
        set_one_down(p, target + i, sign);
}

static bool may_start(const struct play *p, const struct plan_wave *wave, int target)
{
    const struct plan *plan = p->plan;
    int risk = p->failed_lots + (plan->mode == BUDGET_STRICT ? p->running_count : 0);
    int lot = lot_at(plan, target);
    if (!lot || p->in_flight + lot > plan->in_flight || risk > wave->budget ||
        risk > plan->budget)
        return false;
    for (int k = target; k < target + lot; k++) {
        const struct plan_target *t = &plan->targets[k];
        for (int i = 0; i < t->domain_count; i++) {
            int room = plan->domains[t->domains[i]].max - p->down[t->domains[i]];
            for (int j = target; j < target + lot; j++)
                room -= plan->targets[j].domains[0] == t->domains[i] ||
                        (plan->targets[j].domain_count > 1 &&
                         plan->targets[j].domains[1] == t->domains[i]);
            if (room < 0)
                return false;
        }
    }
    return true;
}

static void start(struct play *p, int target)
{
    p->running[p->running_count++] = target;
    p->in_flight += lot_at(p->plan, target);
    set_down(p, target, 1);
    p->most_in_flight =
        p->in_flight > p->most_in_flight ? p->in_flight : p->most_in_flight;
    p->most_down = p->down_count > p->most_down ? p->down_count : p->most_down;
}

static void finish_one(struct play *p, unsigned bad_luck)
{
    int at = (int)below((unsigned)p->running_count);
    int target = p->running[at], lot = lot_at(p->plan, target);
    p->running[at] = p->running[--p->running_count];
    p->in_flight -= lot;
    if (below(100) < bad_luck) { /* and stays down */
        p->failed += lot;
        p->failed_lots++;
    } else {
        set_down(p, target, -1);
    }
}

static void play_wave(struct play *p, const struct plan_wave *wave, unsigned bad_luck)
{
    bool started[64] = {false};
    memset(p->down, 0, p->plan->domain_count * sizeof *p->down);
    p->failed = p->failed_lots = p->down_count = p->most_down = p->most_in_flight = 0;
    for (bool moved = true; moved || p->in_flight;) {
        moved = false;
        for (int i = 0; i < wave->count; i++) {
            if (!started[i] && below(4) && may_start(p, wave, wave->first + i)) {
                started[i] = moved = true;
                start(p, wave->first + i);
            }
        }
        if (p->in_flight && below(2))
            finish_one(p, bad_luck);
    }
}

static struct fixture random_case(void)
{
    auto_buf struct buf text = {0};
    buf_addf(&text,
             "{'generate':{'count':%u,'prefix':'t','site':['a','b','c'],"
             "'customer':['k','l','m','n','o'],'link_group':['','','','g','','','','',"
             "'h','','i','','','i','','','','','','k','']},"
             "'campaign':{'name':'x','in_flight':%u,'max_unavailable':{'site':%u",
             8 + below(40), 1 + below(12), 1 + below(8));
    if (below(2))
        buf_addf(&text, ",'customer':%u", 1 + below(3));
    buf_addf(&text,
             "},'budget':{'wave':%u,'campaign':%u,'mode':'%s'},'waves':[{'size':%u},"
             "{'size':'rest'}]}}",
             below(5), below(8), below(2) ? "strict" : "normal", 1 + below(6));
    return fixture_of_text(buf_text(&text));
}

static int reached_flight, reached_down, reached_failures, played, refused, linked;

static void check_wave(const struct play *p, const struct wave_facts *facts)
{
    if (p->most_in_flight > facts->at_once || p->most_down > facts->down ||
        p->failed > facts->worst_failures)
        fail_msg("in flight %d of %d, down %d of %d, failed %d of %d", p->most_in_flight,
                 facts->at_once, p->most_down, facts->down, p->failed,
                 facts->worst_failures);
    reached_flight += p->most_in_flight == facts->at_once;
    reached_down += p->most_down == facts->down;
    reached_failures += p->failed == facts->worst_failures;
    played++;
}

static void play_case(unsigned bad_luck)
{
    auto_fixture struct fixture f = random_case();
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = NULL;
    struct plan_request request = request_of(&f);
    struct slipway_error err = {""};
    if (plan_make(&request, &plan, &notes, &err)) { /* a link group that fits nowhere */
        assert_non_null(strstr(err.text, "must be at least"));
        refused++;
        return;
    }
    linked += plan->unit_count > 0;
    auto_free int *down = xcalloc(plan->domain_count, sizeof *down);
    auto_free int *peak = xcalloc(plan->domain_count, sizeof *peak);
    struct play play = {.plan = plan, .down = down, .peak = peak};
    for (size_t w = 0; w < plan->wave_count; w++) {
        play_wave(&play, &plan->waves[w], bad_luck);
        check_wave(&play, &notes.facts.waves[w]);
    }
    for (size_t i = 0; i < plan->domain_count; i++)
        assert_true(peak[i] <= notes.facts.peaks[i].peak);
}

static void nothing_goes_beyond_the_bounds(void **state)
{
    (void)state;
    seed = 20261121;
    for (int i = 0; i < 400; i++)
        play_case(below(2) ? 100 : below(60));
    print_message("of %d waves: in flight reached %d times, down %d, failures %d; %d "
                  "plans with link groups, %d refused\n",
                  played, reached_flight, reached_down, reached_failures, linked,
                  refused);
    assert_true(linked > 100);
    assert_true(reached_flight > played / 2);
    assert_true(reached_down > played / 4);
    assert_true(reached_failures > played / 8);
}

static void a_wave_takes_as_many_rounds_as_its_narrowest_place(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':10,'prefix':'t','customer':['a','a','a','b','c']},"
        "'campaign':{'name':'x','in_flight':4,'max_unavailable':{'customer':2},"
        "'waves':[{'size':'rest'}]}}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(notes.facts.waves[0].rounds, 3); /* 6 of a, 2 at a time */
    int64_t each = notes.facts.prepare_ms + notes.facts.change_ms;
    assert_int_equal(each, (1 + 3 * 40 + 90 + 10 + 5) * 60000 + 4 * 30000);
    assert_int_equal(notes.facts.waves[0].worst_ms, 3 * each);
    assert_int_equal(notes.facts.waves[0].at_once, 4);
    assert_int_equal(plan->waves[0].budget, 0);
}

static void times_that_do_not_fit_are_the_longest_ones(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':9,'prefix':'t'},'campaign':{'name':'x','waves':["
        "{'size':'rest'}]}}");
    f.playbook.steps[1].op.timeout_ms = INT64_MAX / 2; /* it is tried three times */
    f.playbook.steps[2].op.timeout_ms = INT64_MAX;
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(plan->wave_count, 1);
    assert_true(notes.facts.prepare_ms == INT64_MAX);
    assert_true(notes.facts.change_ms == INT64_MAX);
    assert_true(notes.facts.waves[0].worst_ms == INT64_MAX);
}

/* Plans that nobody of us wrote: a target in two domains of a label, one of nobody. */
static void a_strange_plan_has_bounds_too(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':2,'prefix':'t','site':['a','b']},'campaign':{'name':'x',"
        "'max_unavailable':{'site':1},'waves':[{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    struct plan_facts facts = {0};
    for (int i = 0; i < 2; i++) {
        plan->targets[i].domains[0] = 0;
        plan->targets[i].domains[1] = 1;
        plan->targets[i].domain_count = 2;
    }
    plan_facts_of(plan, 0, &facts);
    assert_int_equal(facts.waves[0].at_once, 2);
    plan_facts_clear(&facts);
    struct plan_wave empty = {.count = 0};
    const struct plan nobody = {.waves = &empty, .wave_count = 1};
    plan_facts_of(&nobody, 0, &facts);
    assert_int_equal(facts.waves[0].share, 0);
    assert_int_equal(facts.waves[0].at_once, 0);
    plan_facts_clear(&facts);
}

/* A plan of before paces were pinned: a link group takes what its time-outs allow. */
static void a_group_without_paces_takes_its_time_outs(void **state)
{
    (void)state;
    auto_fixture struct fixture f = fixture_of_text(
        "{'generate':{'count':2,'prefix':'t','manager':['m'],'link_group':['g']},"
        "'campaign':{'name':'x','waves':[{'size':'rest'}]}}");
    auto_plan struct plan *plan = planned(&f, NULL);
    struct plan_facts with = {0}, without = {0};
    struct plan_slot *slots = plan->time.slots;
    plan_facts_of(plan, 0, &with);
    plan->time.slots = NULL;
    plan_facts_of(plan, 0, &without);
    plan->time.slots = slots;
    assert_int_equal(without.units[0].changed, 2);
    assert_true(without.units[0].change_ms > with.units[0].change_ms);
    assert_true(without.units[0].change_ms ==
                2 * plan_member_needed_ms(plan, &plan->time, 0));
    plan_facts_clear(&with);
    plan_facts_clear(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_beyond_the_bounds),
        cmocka_unit_test(a_wave_takes_as_many_rounds_as_its_narrowest_place),
        cmocka_unit_test(a_strange_plan_has_bounds_too),
        cmocka_unit_test(a_group_without_paces_takes_its_time_outs),
        cmocka_unit_test(times_that_do_not_fit_are_the_longest_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
