/*
 * test_admission.c - `slipway why` promises exactly the list that the engine asks.
 * Campaigns are driven through failures, crashes and operators' verbs drawn by seed,
 * and again and again every target is asked both ways: from the engine's memory and,
 * through a second reader, from the rows.
 */
#include "report/status.h"
#include "story.h"

static const struct plan_shape shapes[] = {
    {.targets = 14,
     .waves = {2, 4, 8},
     .budgets = {0, 1, 2},
     .soak_ms = 600000,
     .in_flight = 4,
     .budget = 3,
     .sites = 3,
     .site_max = 2,
     .manager_max = 3,
     .gate = true,
     .approval = true},
    {.targets = 16,
     .waves = {4, 12},
     .budgets = {2, 4},
     .in_flight = 8,
     .budget = 6,
     .mode = BUDGET_STRICT,
     .sites = 4,
     .site_max = 1,
     .change_steps = 2,
     .retries = 1},
    {.targets = 14, /* link groups that go as one */
     .waves = {5, 9},
     .budgets = {2, 4},
     .soak_ms = 600000,
     .in_flight = 5,
     .budget = 6,
     .sites = 2,
     .site_max = 3,
     .manager_max = 3,
     .linked = {3, 2, 3},
     .companions = 1u << 1 | 1u << 7},
    {.targets = 12,
     .waves = {12},
     .budgets = {12},
     .in_flight = 3,
     .budget = 12,
     .manager_max = 1,
     .rollback = ROLLBACK_NONE,
     .on_failure = ON_FAILURE_PARK},
};

static void same_answer(struct story *story, struct store *reader, int target)
{
    struct world *w = story->world;
    struct admission_facts live;
    auto_store_facts struct store_facts rows = {0};
    struct blocker mine[ADMISSION_BLOCKERS_MAX], theirs[ADMISSION_BLOCKERS_MAX];
    engine_admission_facts(w->engine, target, w->now_ms, &live);
    OK(story->nest,
       store_admission_facts(reader, story->campaign, w->plan->targets[target].name,
                             w->now_ms, &rows, &story->nest->err));
    size_t count = admission_evaluate(&live, mine);
    assert_int_equal(admission_evaluate(&rows.facts, theirs), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(mine[i].kind, theirs[i].kind);
        assert_string_equal(mine[i].text, theirs[i].text);
        assert_int_equal(mine[i].next_change_ms, theirs[i].next_change_ms);
    }
    assert_int_equal(admission_allows(&live), admission_allows(&rows.facts));
}

/* What status says that ready targets wait for is what the engine says. */
static void status_counts_the_same(struct story *story, struct store *reader)
{
    struct world *w = story->world;
    auto_status struct status status = {.now_ms = 0};
    int ready = 0;
    OK(story->nest, status_load(reader, story->campaign, story->nest->dir, w->now_ms,
                                &status, &story->nest->err));
    for (int i = 0; i < (int)w->plan->target_count; i++) {
        struct admission_facts facts;
        struct blocker blockers[ADMISSION_BLOCKERS_MAX];
        if (engine_state(w->engine)->targets[i].state != TARGET_READY)
            continue;
        engine_admission_facts(w->engine, i, w->now_ms, &facts);
        size_t count = admission_evaluate(&facts, blockers);
        const char *text = count ? blockers[0].text : "may start now";
        bool found = false;
        for (size_t k = 0; k < status.wait_count && !found; k++)
            found = !strcmp(status.waits[k].who, "ready") &&
                    !strcmp(status.waits[k].what, text);
        assert_true(found);
        ready++;
    }
    for (size_t k = 0; k < status.wait_count; k++)
        ready -= !strcmp(status.waits[k].who, "ready") ? status.waits[k].count : 0;
    assert_int_equal(ready, 0);
}

static void ask_everybody(struct story *story, struct store *reader)
{
    for (int i = 0; i < (int)story->world->plan->target_count; i++)
        same_answer(story, reader, i);
    status_counts_the_same(story, reader);
}

static void some_verb(struct world *w)
{
    static const enum verb verbs[] = {
        VERB_APPROVE, VERB_PAUSE, VERB_UNPAUSE,  VERB_UNPAUSE, VERB_PROMOTE, VERB_RETRY,
        VERB_HOLD,    VERB_HOLD,  VERB_ROLLBACK, VERB_RELEASE, VERB_SKIP,    VERB_SET};
    enum verb verb = verbs[world_random(w) % ARRAY_LENGTH(verbs)];
    int target = (int)(world_random(w) % w->plan->target_count);
    bool campaign_wide = verb == VERB_APPROVE || verb == VERB_PAUSE ||
                         verb == VERB_UNPAUSE || verb == VERB_PROMOTE || verb == VERB_SET;
    static const char *const settings[] = {"in_flight", "budget", "domain:site=s0",
                                           "limit:manager=m"};
    struct input input = {
        .kind = INPUT_COMMAND,
        .command = {.verb = verb,
                    .target = campaign_wide ? -1 : target,
                    .wave = -1,
                    .reason = "because",
                    .actor = "olga",
                    .setting = settings[world_random(w) % ARRAY_LENGTH(settings)],
                    .number = verb == VERB_SET ? (int64_t)(1 + world_random(w) % 6) : 0}};
    if (verb == VERB_HOLD && world_random(w) % 2)
        input.command.number = w->now_ms + 900000; /* expires while it runs */
    world_input(w, &input);
}

static void draw_faults(struct world *w)
{
    static const unsigned faults[] = {0,
                                      0,
                                      0,
                                      FAULT_SICK,
                                      FAULT_UPDATE_FAILS,
                                      FAULT_LIES,
                                      FAULT_LOST_REPLY,
                                      FAULT_REFUSES,
                                      FAULT_RED_BEFORE,
                                      FAULT_SICK | FAULT_REVERT_FAILS,
                                      FAULT_SNAPSHOT_FAILS};
    for (size_t i = 0; i < w->plan->target_count; i++)
        w->appliances[i].faults = faults[world_random(w) % ARRAY_LENGTH(faults)];
}

static void one_campaign(struct nest *nest, const struct plan_shape *shape, uint64_t seed)
{
    struct story story = story_create(nest, shape, seed);
    auto_store struct store *reader = NULL;
    /* the digest makes it another campaign in the same store */
    free(story.world->plan->campaign);
    story.world->plan->campaign = xasprintf("seed-%llu", (unsigned long long)seed);
    story_enter(&story);
    OK(nest, store_open_reader(nest->dir, &reader, &nest->err));
    draw_faults(story.world);
    world_start(story.world);
    if (shape->approval)
        world_command(story.world, VERB_APPROVE, -1, -1, "go");
    for (long at = 0; at < 700; at++) {
        if (world_random(story.world) % 40 == 0)
            some_verb(story.world);
        if (world_random(story.world) % 300 == 0)
            assert_true(world_crash(story.world));
        bool more = world_step(story.world);
        if (at % 35 == 0 || !more) {
            story_save(&story);
            ask_everybody(&story, reader);
        }
        if (!more)
            some_verb(story.world); /* paused, gated or over: somebody acts */
    }
    story_destroy(&story);
}

static void the_rows_answer_as_the_engine_does(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        one_campaign(*state, &shapes[seed % ARRAY_LENGTH(shapes)], seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_rows_answer_as_the_engine_does,
                                        nest_with_store, nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
