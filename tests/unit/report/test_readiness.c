/*
 * test_readiness.c - stories about the list of every morning: who is ready, who is not and
 * because of what, and who was not looked at.
 */
#include "engine/machines.h"
#include "report/readiness.h"
#include "story.h"
#include "util/json.h"

static const struct plan_shape four = {
    .targets = 4, .waves = {4}, .in_flight = 4, .sites = 2};

/* One step of a target comes to an end, as the engine would record it. */
static void ends(struct story *story, int target, int step, const char *failure)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s", failure ? failure : "");
    struct record record = {
        .at_ms = STORY_START_MS,
        .kind = RECORD_STEP,
        .wave = -1,
        .target = target,
        .from = STEP_ISSUED,
        .event = failure ? STEP_FAIL : STEP_FINISHED,
        .to = failure ? STEP_FAILED : STEP_DONE,
        .activity = ACTIVITY_STEP,
        .index = step,
        .text = failure ? text : NULL,
    };
    begin(story->nest);
    assert_int_equal(store_append(story->nest->store, story->campaign, &record, 1),
                     STORE_OK);
    commit(story->nest);
}

/* Two prepare steps: one that blocks and one that warns. */
static void two_steps(struct story *story)
{
    struct playbook *playbook = &story->world->plan->playbook;
    playbook->steps =
        xreallocarray(playbook->steps, playbook->step_count + 2, sizeof *playbook->steps);
    memmove(playbook->steps + 2, playbook->steps,
            playbook->step_count * sizeof *playbook->steps);
    playbook->step_count += 2;
    for (int i = 0; i < 2; i++)
        playbook->steps[i] =
            (struct step){.op = {.id = xstrdup(i ? "alarms" : "root-password"),
                                 .use = xstrdup("vcsa.inventory"),
                                 .with = xstrdup("{}"),
                                 .timeout_ms = 60000},
                          .phase = PHASE_PREPARE,
                          .on_failure = ON_FAILURE_CONTINUE,
                          .severity = i ? SEVERITY_WARN : SEVERITY_BLOCK};
}

static void load(struct story *story, struct readiness *out)
{
    auto_store_campaign struct store_campaign campaign = {0};
    struct slipway_error err = {""};
    assert_int_equal(
        store_load_campaign(story->nest->store, story->campaign, &campaign, &err),
        STORE_OK);
    if (readiness_load(story->nest->store, &campaign, STORY_START_MS + 60000, out, &err))
        fail_msg("%s", err.text);
}

static void the_last_look_counts_and_blockers_come_first(void **state)
{
    struct story story = story_create(*state, &four, 1);
    auto_readiness struct readiness ready = {.plan = NULL};
    two_steps(&story);
    story_enter(&story);
    int first, end;
    plan_phase(story.world->plan, PHASE_PREPARE, &first, &end);
    for (int step = 2; step < end; step++)
        for (int target = 0; target < 3; target++)
            ends(&story, target, step, NULL);
    ends(&story, 0, 1, "step alarms: found alarm_count 2. Advice: Look at them.");
    ends(&story, 0, 0,
         "step root-password: found \x1b[31mdays_left 3. Advice: Change it.");
    ends(&story, 1, 0, "refused");
    ends(&story, 1, 0, NULL); /* somebody said retry */
    ends(&story, 1, 1, "red");
    ends(&story, 2, 0, NULL);
    ends(&story, 2, 1, NULL);
    load(&story, &ready);
    assert_int_equal(ready.counts[READINESS_READY], 2);
    assert_int_equal(ready.counts[READINESS_NOT], 1);
    assert_int_equal(ready.counts[READINESS_UNKNOWN], 1);
    assert_int_equal(ready.warned, 1);
    const struct readiness_target *t = &ready.targets[0];
    assert_int_equal(t->verdict, READINESS_NOT);
    assert_int_equal(t->count, 2);
    assert_string_equal(t->findings[0].step, "root-password");
    assert_string_equal(t->findings[0].advice, "Change it.");
    assert_string_equal(t->findings[1].text, "found alarm_count 2.");

    auto_buf struct buf text = {0}, csv = {0};
    readiness_text(&ready, false, &text);
    assert_non_null(strstr(buf_text(&text), "2 targets ready (1 with warnings)"));
    assert_non_null(strstr(buf_text(&text), "not looked at yet\n"));
    assert_non_null(strstr(buf_text(&text), "Change it."));
    readiness_csv(&ready, &csv);
    assert_null(strchr(buf_text(&text), '\x1b'));
    assert_null(strchr(buf_text(&csv), '\x1b'));
    size_t lines = 0;
    for (const char *at = buf_text(&csv); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 5);
    auto_free char *printed = readiness_json(&ready);
    auto_json json_t *json = json_parse(printed, strlen(printed), JSON_BYTES_MAX, NULL);
    const json_t *counts = json_object_get(json, "counts");
    assert_int_equal(json_number(counts, "not_ready", -1), 1);
    story_destroy(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_look_counts_and_blockers_come_first,
                                        nest_with_store, nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
