/*
 * test_times.c - time rules in rows: windows, freezes, notice, paces, calendars that
 * change, overrides, a clock that nobody trusts and approvals that end. At every moment
 * the rows give the answer that the engine gives.
 */
#include "store/internal.h"
#include "support.h"
#include "times.h"

#define MIN  60000LL
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static const struct plan_shape four = {.targets = 4,
                                       .budgets = {4},
                                       .budget = 4,
                                       .in_flight = 1,
                                       .soak_ms = 600000,
                                       .approval = true};

struct tale {
    struct nest *nest;
    struct world *world;
    int64_t campaign;
    size_t stored;
};

static int64_t at(int64_t since_start_ms)
{
    return WORLD_START_MS + since_start_ms;
}

/* Two nights for all, one of them frozen for the second; the third was told of the
   second night; the fourth may go any time and is quick. */
static void give_rules(struct plan *plan)
{
    int nights = times_calendar(plan, "site=s0", false);
    int freeze = times_calendar(plan, "customer=acme", true);
    times_span(plan, nights, at(2 * HOUR), at(6 * HOUR));
    times_span(plan, nights, at(DAY), at(DAY + 4 * HOUR));
    times_span(plan, freeze, at(0), at(20 * HOUR));
    for (int i = 0; i < 3; i++)
        times_bind(plan, i, nights);
    times_bind(plan, 1, freeze);
    plan->time.slots[2].not_before_ms = at(DAY);
    plan->time.slots[0] = (struct plan_slot){.timetable = plan->time.slots[0].timetable,
                                             .pace = 0,
                                             .from_ms = at(2 * HOUR),
                                             .until_ms = at(3 * HOUR),
                                             .spread_ms = 10 * MIN};
    struct plan_time *time = &plan->time;
    struct plan_pace *pace = vec_push(time->paces, time->pace_count, time->pace_room);
    *pace = (struct plan_pace){
        .kind = xstrdup("linux"), .version = xstrdup("1.0"), .needed_ms = 20 * MIN};
    pace->steps = xcalloc(time->step_count, sizeof *pace->steps);
    time->min_opening_ms = 30 * MIN;
    time->cut_off_ms = 10 * MIN;
    times_done(plan);
}

static struct tale begin_tale_of(struct nest *nest, const struct plan_shape *shape,
                                 bool rules)
{
    struct tale tale = {.nest = nest, .world = world_create(shape, 1)};
    struct world *w = tale.world;
    if (rules)
        give_rules(w->plan);
    tale.campaign = enter(nest, w->plan);
    engine_destroy(w->engine);
    w->engine = engine_create(w->plan, 1);
    return tale;
}

static struct tale begin_tale(struct nest *nest, bool rules)
{
    return begin_tale_of(nest, &four, rules);
}

static void save(struct tale *tale)
{
    struct world *w = tale->world;
    struct store *store = tale->nest->store;
    const struct engine_state *s = engine_state(w->engine);
    begin(tale->nest);
    (void)store_append(store, tale->campaign, w->journal + tale->stored,
                       w->journal_count - tale->stored);
    tale->stored = w->journal_count;
    for (int i = 0; i < (int)w->plan->target_count; i++)
        (void)store_save_target(store, tale->campaign, w->plan, s, i);
    for (int i = 0; i < (int)w->plan->wave_count; i++)
        (void)store_save_wave(store, tale->campaign, w->plan, s, i);
    (void)store_save_campaign(store, tale->campaign, w->plan, s);
    (void)store_save_caps(store, tale->campaign, w->plan, s);
    commit(tale->nest);
}

static void same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void same_time(const struct time_facts *a, const struct time_facts *b)
{
    assert_int_equal(a->window.state, b->window.state);
    if (a->window.state != WINDOW_ANY) /* else the rows need not know what it needs */
        assert_memory_equal(&a->window, &b->window, sizeof a->window);
    assert_memory_equal(&a->slot, &b->slot, sizeof a->slot);
    assert_int_equal(a->override_until_ms, b->override_until_ms);
    assert_int_equal(a->approval_ended_ms, b->approval_ended_ms);
    assert_int_equal(a->min_opening_ms, b->min_opening_ms);
    assert_int_equal(a->cut_off_ms, b->cut_off_ms);
    assert_int_equal(a->horizon_ms, b->horizon_ms);
    assert_int_equal(a->calendar_is_freeze, b->calendar_is_freeze);
    same_text(a->calendar, b->calendar);
    same_text(a->calendar_scope, b->calendar_scope);
    same_text(a->override_reason, b->override_reason);
    same_text(a->override_actor, b->override_actor);
    same_text(a->clock, b->clock);
    same_text(a->zone, b->zone);
}

/* Saved, the rows say what the engine says, now and in the days to come. */
static void same(struct tale *tale)
{
    struct world *w = tale->world;
    auto_store struct store *reader = NULL;
    save(tale);
    OK(tale->nest, store_open_reader(tale->nest->dir, &reader, &tale->nest->err));
    for (int i = 0; i < 4; i++) {
        for (int64_t now_ms = w->now_ms; now_ms < w->now_ms + DAY; now_ms += 47 * MIN) {
            struct admission_facts live;
            auto_store_facts struct store_facts rows = {0};
            struct blocker mine[ADMISSION_BLOCKERS_MAX], theirs[ADMISSION_BLOCKERS_MAX];
            engine_admission_facts(w->engine, i, now_ms, &live);
            OK(tale->nest,
               store_admission_facts(reader, tale->campaign, w->plan->targets[i].name,
                                     now_ms, &rows, &tale->nest->err));
            same_time(&live.time, &rows.facts.time);
            size_t count = admission_evaluate(&live, mine);
            assert_int_equal(admission_evaluate(&rows.facts, theirs), count);
            for (size_t k = 0; k < count; k++) {
                assert_int_equal(mine[k].kind, theirs[k].kind);
                assert_string_equal(mine[k].text, theirs[k].text);
                assert_int_equal(mine[k].next_change_ms, theirs[k].next_change_ms);
            }
        }
    }
}

static void tell(struct tale *tale, struct command command)
{
    world_tell(tale->world, command);
    same(tale);
}

/* Each member of the link group has windows of its own, and is asked with the others. */
static void of_a_link_group_too(void **state)
{
    struct plan_shape linked = four;
    linked.linked[0] = 3;
    linked.companions = 1u << 2;
    struct tale tale = begin_tale_of(*state, &linked, true);
    world_start(tale.world);
    same(&tale);
    for (int i = 0; i < 3; i++)
        tell(&tale, (struct command){.verb = VERB_OVERRIDE,
                                     .target = i,
                                     .wave = -1,
                                     .number = at(5 * HOUR),
                                     .reason = "it is exploited"});
    auto_free char *freeze =
        times_document("site=s0", "closing.ics", true, at(HOUR), at(2 * DAY));
    tell(&tale, (struct command){.verb = VERB_CALENDAR,
                                 .target = -1,
                                 .wave = -1,
                                 .reason = "closing",
                                 .detail = freeze});
    world_destroy(tale.world);
}

static void the_rows_know_of_time_what_the_engine_knows(void **state)
{
    struct tale tale = begin_tale(*state, true);
    struct world *w = tale.world;
    world_start(w);
    same(&tale);
    tell(&tale, (struct command){.verb = VERB_APPROVE,
                                 .target = -1,
                                 .wave = -1,
                                 .number = at(30 * HOUR),
                                 .reason = "CHG-4711"});
    for (int i = 0; i < 40; i++)
        assert_true(world_step(w));
    same(&tale);
    tell(&tale, (struct command){.verb = VERB_OVERRIDE,
                                 .target = 1,
                                 .wave = -1,
                                 .number = w->now_ms + 3 * HOUR,
                                 .reason = "it is exploited"});
    world_trust(w, false, "it was set back by 1h");
    same(&tale);
    world_trust(w, true, NULL);
    auto_free char *moved =
        times_document("site=s0", "calendar-0.ics", false, at(7 * HOUR), at(11 * HOUR));
    auto_free char *freeze = times_document("appliance=vc-0004", "demo.ics", true,
                                            at(8 * HOUR), at(30 * HOUR));
    tell(&tale, (struct command){
                    .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = moved});
    tell(&tale, (struct command){
                    .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = freeze});
    for (int i = 0; i < 60 && world_step(w); i++)
        ;
    same(&tale);
    tell(&tale, (struct command){.verb = VERB_OVERRIDE,
                                 .target = -1,
                                 .wave = -1,
                                 .number = w->now_ms + HOUR,
                                 .reason = "finish it"});
    (void)world_run(w, 100000);
    same(&tale);
    world_destroy(w);
}

/* A freeze for a campaign that was planned without any time rule. */
static void a_plan_without_time_rules_can_get_one(void **state)
{
    struct tale tale = begin_tale(*state, false);
    struct world *w = tale.world;
    auto_free char *freeze =
        times_document("campaign", "xmas.ics", true, at(0), at(5 * HOUR));
    world_start(w);
    same(&tale);
    tell(&tale, (struct command){
                    .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = freeze});
    auto_store_times struct store_times times = {0};
    OK(tale.nest,
       store_times_load(tale.nest->store, tale.campaign, &times, &tale.nest->err));
    assert_true(times.times.rules);
    assert_int_equal(times.plan->target_count, 4);
    world_destroy(w);
}

static void damage_is_told(void **state)
{
    struct tale tale = begin_tale(*state, true);
    struct nest *nest = tale.nest;
    save(&tale);
    assert_int_equal(
        store_times_load(nest->store, 99, &(struct store_times){0}, &nest->err),
        STORE_NO_SUCH);
    assert_int_equal(meddle(nest, "UPDATE plan_time SET json = x'7b7d'"), SQLITE_OK);
    assert_int_equal(store_times_load(nest->store, tale.campaign,
                                      &(struct store_times){0}, &nest->err),
                     STORE_CORRUPT);
    assert_non_null(strstr(nest->err.text, "time rules of campaign 1 are damaged"));
    world_destroy(tale.world);
}

/* Groups that share a member, have none, or reach over the end of the fleet. */
static void damaged_groups_are_told(void **state)
{
    static const char *const groups[] = {"[[0,2],[1,2]]", "[[1,0]]", "[[3,2]]",
                                         "[[-1,2]]"};
    struct plan_shape linked = four;
    linked.linked[0] = 3;
    struct tale tale = begin_tale_of(*state, &linked, true);
    struct nest *nest = tale.nest;
    save(&tale);
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        auto_free char *sql = xasprintf(
            "UPDATE plan_time SET json = "
            "CAST(json_set(CAST(json AS TEXT), '$.units.groups', json('%s')) AS BLOB)",
            groups[i]);
        assert_int_equal(meddle(nest, sql), SQLITE_OK);
        if (store_times_load(nest->store, tale.campaign, &(struct store_times){0},
                             &nest->err) != STORE_CORRUPT)
            fail_msg("%s is taken", groups[i]);
    }
    world_destroy(tale.world);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_rows_know_of_time_what_the_engine_knows),
        WITH(of_a_link_group_too),
        WITH(a_plan_without_time_rules_can_get_one),
        WITH(damage_is_told),
        WITH(damaged_groups_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
