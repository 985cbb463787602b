/*
 * test_facts.c - the numbers of a plan are bounds: whatever fails, and in whatever order
 * targets finish, admission by the rules of the plan never goes beyond them.
 *
 * A small model of admission is played with random luck: a target starts if its wave is
 * open, the budget, in_flight and its domains allow it; it then succeeds or fails, and a
 * failed one stays down. What was seen is held against plan_facts_of(), and the bounds
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
    int *down; /* by domain: of the wave that is played */
    int *peak; /* by domain */
    int running[64];
    int in_flight, failed, down_count;
    int most_in_flight, most_down; /* of the wave */
};

static bool may_start(const struct play *p, const struct plan_wave *wave, int target)
{
    const struct plan *plan = p->plan;
    const struct plan_target *t = &plan->targets[target];
    int risk = p->failed + (plan->mode == BUDGET_STRICT ? p->in_flight : 0);
    if (p->in_flight >= plan->in_flight || risk > wave->budget || risk > plan->budget)
        return false;
    for (int i = 0; i < t->domain_count; i++) {
        if (p->down[t->domains[i]] >= plan->domains[t->domains[i]].max)
            return false;
    }
    return true;
}

static void set_down(struct play *p, int target, int sign)
{
    const struct plan_target *t = &p->plan->targets[target];
    p->down_count += sign;
    for (int i = 0; i < t->domain_count; i++) {
        int d = t->domains[i];
        p->down[d] += sign;
        p->peak[d] = p->down[d] > p->peak[d] ? p->down[d] : p->peak[d];
    }
}

static void start(struct play *p, int target)
{
    p->running[p->in_flight++] = target;
    set_down(p, target, 1);
    p->most_in_flight =
        p->in_flight > p->most_in_flight ? p->in_flight : p->most_in_flight;
    p->most_down = p->down_count > p->most_down ? p->down_count : p->most_down;
}

static void finish_one(struct play *p, unsigned bad_luck)
{
    int at = (int)below((unsigned)p->in_flight);
    int target = p->running[at];
    p->running[at] = p->running[--p->in_flight];
    if (below(100) < bad_luck)
        p->failed++; /* and stays down */
    else
        set_down(p, target, -1);
}

static void play_wave(struct play *p, const struct plan_wave *wave, unsigned bad_luck)
{
    bool started[64] = {false};
    memset(p->down, 0, p->plan->domain_count * sizeof *p->down);
    p->failed = p->down_count = p->most_down = p->most_in_flight = 0;
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
             "'customer':['k','l','m','n','o'],'link_group':['','','','g','h']},"
             "'campaign':{'name':'x','in_flight':%u,'max_unavailable':{'site':%u",
             8 + below(40), 1 + below(12), 1 + below(6));
    if (below(2))
        buf_addf(&text, ",'customer':%u", 1 + below(3));
    buf_addf(&text,
             "},'budget':{'wave':%u,'campaign':%u,'mode':'%s'},'waves':[{'size':%u},"
             "{'size':'rest'}]}}",
             below(5), below(8), below(2) ? "strict" : "normal", 1 + below(6));
    return fixture_of_text(buf_text(&text));
}

static int reached_flight, reached_down, reached_failures, played;

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
    auto_plan struct plan *plan = planned(&f, &notes);
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
    print_message("of %d waves: in flight reached %d times, down %d, failures %d\n",
                  played, reached_flight, reached_down, reached_failures);
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
    f.playbook.steps[2].op.timeout_ms = INT64_MAX;
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    assert_int_equal(plan->wave_count, 1);
    assert_true(notes.facts.change_ms == INT64_MAX);
    assert_true(notes.facts.waves[0].worst_ms == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_beyond_the_bounds),
        cmocka_unit_test(a_wave_takes_as_many_rounds_as_its_narrowest_place),
        cmocka_unit_test(times_that_do_not_fit_are_the_longest_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
