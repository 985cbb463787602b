/*
 * test_run_words.c - what a run says in a pipe, line by line, and its last words. The
 * texts stand in tests/unit/cli/cases; BLESS=1 writes them anew.
 */
#define CASES "tests/unit/cli/cases"

#include "cli/run_words.h"
#include "../report/story.h"
#include "util/timefmt.h"

static const struct plan_shape evening = {
    .targets = 8,
    .waves = {1, 7},
    .budgets = {0, 4},
    .soak_ms = 60000,
    .in_flight = 4,
    .budget = 6,
};

/* The lines of the records since the last call. */
static void tell(struct story *story, size_t *told_records, struct buf *out)
{
    struct world *w = story->world;
    const char *told = NULL;
    for (; *told_records < w->journal_count; ++*told_records) {
        const struct record *r = &w->journal[*told_records];
        auto_buf struct buf line = {0};
        bool bad = false;
        char at[32];
        if (run_words_line(w->engine, r, told, &line, &bad))
            buf_addf(out, "%s  %s\n", time_iso(r->at_ms, at, sizeof at), buf_text(&line));
        if (r->kind == RECORD_COMMAND)
            told = r->detail;
    }
}

static void play(struct story *story, size_t *told, struct buf *out)
{
    bool more = true;
    while (more) {
        more = world_step(story->world);
        tell(story, told, out);
    }
    story_save(story);
}

static struct story begin_story(struct nest *nest)
{
    struct story story = story_create(nest, &evening, 5);
    struct plan_target *hostile = &story.world->plan->targets[2];
    free(hostile->name);
    hostile->name = xstrdup("vc-\x1b[2Jx");
    story_enter(&story);
    story.world->appliances[2].faults = FAULT_UPDATE_FAILS;
    story.world->appliances[3].faults = FAULT_SICK | FAULT_REVERT_FAILS;
    story.world->appliances[4].faults = FAULT_RED_BEFORE;
    world_start(story.world);
    return story;
}

static void last_words(struct nest *nest, int64_t campaign, enum loop_end end,
                       int64_t now_ms, const char *golden)
{
    struct driver *driver = NULL;
    auto_buf struct buf out = {0};
    OK(nest, driver_open(nest->store, campaign, &driver, &nest->err));
    run_words_end(
        &(struct run_ending){
            .driver = driver, .end = end, .command = "slipway", .now_ms = now_ms},
        &out);
    driver_close(driver);
    is_harmless(buf_text(&out));
    matches_golden(golden, buf_text(&out));
}

static void a_run_speaks_calmly_and_says_nothing_twice(void **state)
{
    struct nest *nest = *state;
    struct story story = begin_story(nest);
    auto_buf struct buf out = {0};
    size_t told = 0;
    tell(&story, &told, &out);
    play(&story, &told, &out);
    assert_int_equal(engine_state(story.world->engine)->campaign, CAMPAIGN_PAUSED);
    last_words(nest, story.campaign, LOOP_PAUSED, story.world->now_ms, "end-paused.txt");
    world_command(story.world, VERB_SKIP, 3, -1, "put back by hand");
    world_command(story.world, VERB_SKIP, 4, -1, "always red");
    world_command(story.world, VERB_UNPAUSE, -1, -1, "looked at it");
    world_command(story.world, VERB_RELEASE, 1, -1, NULL);
    tell(&story, &told, &out);
    play(&story, &told, &out);
    is_harmless(buf_text(&out));
    matches_golden("run.txt", buf_text(&out));
    last_words(nest, story.campaign, LOOP_OVER, story.world->now_ms, "end-over.txt");
    story_destroy(&story);
}

static void who_interrupts_is_told_how_to_go_on(void **state)
{
    struct nest *nest = *state;
    struct story story = begin_story(nest);
    for (int i = 0; i < 40; i++)
        assert_true(world_step(story.world));
    story_save(&story);
    last_words(nest, story.campaign, LOOP_INTERRUPTED, story.world->now_ms,
               "end-interrupted.txt");
    story_destroy(&story);
}

static void who_may_not_start_is_told_how_to_approve(void **state)
{
    struct nest *nest = *state;
    struct plan_shape shape = evening;
    shape.approval = true;
    struct story story = story_create(nest, &shape, 5);
    story_enter(&story);
    world_start(story.world);
    story_save(&story);
    last_words(nest, story.campaign, LOOP_UNAPPROVED, story.world->now_ms,
               "end-unapproved.txt");
    story_destroy(&story);
}

#define STORY(function)                                                                  \
    cmocka_unit_test_setup_teardown(function, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_run_speaks_calmly_and_says_nothing_twice),
        STORY(who_interrupts_is_told_how_to_go_on),
        STORY(who_may_not_start_is_told_how_to_approve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
