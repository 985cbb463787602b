/*
 * test_warned.c - stories about what a campaign warned of and went on: it stands in the report
 * although everybody succeeded, is told once for many, and is forgotten when it was mended or
 * when the change that it judged was put back.
 */
#include "report/account.h"
#include "report/warned.h"
#include "story.h"
#include "util/json.h"

static const struct plan_shape three = {
    .targets = 3, .waves = {3}, .in_flight = 3, .sites = 1};

#define auto_warned __attribute__((cleanup(warned_clear)))

/* A check's word of one target. */
static void says(struct story *story, int target, int seconds, enum moment moment,
                 const char *red)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s", red ? red : "");
    struct record record = {
        .at_ms = STORY_START_MS + seconds * 1000,
        .kind = RECORD_BASELINE,
        .wave = -1,
        .target = target,
        .index = 0,
        .moment = moment,
        .number = red ? VERDICT_RED : VERDICT_GREEN,
        .text = red ? text : NULL,
    };
    begin(story->nest);
    assert_int_equal(store_append(story->nest->store, story->campaign, &record, 1),
                     STORE_OK);
    commit(story->nest);
}

static void load(struct story *story, struct warned *out)
{
    struct slipway_error err = {""};
    if (warned_load(story->nest->store, story->campaign, story->world->plan, out, &err))
        fail_msg("%s", err.text);
}

static void the_same_finding_of_many_is_told_once(void **state)
{
    struct story story = story_create(*state, &three, 1);
    auto_warned struct warned warned = {.count = 0};
    story.world->plan->playbook.checks[0].severity = SEVERITY_WARN;
    story_enter(&story);
    says(&story, 0, 1, MOMENT_BEFORE, "check hosts is red: before nobody cares.");
    for (int target = 0; target < 3; target++) {
        char text[128];
        (void)snprintf(text, sizeof text,
                       "check hosts is red: found \x1b[31mmissing %d. Advice: Look.",
                       40 + target);
        says(&story, target, 2, MOMENT_AFTER, text);
    }
    says(&story, 2, 3, MOMENT_SOAK, NULL); /* came back by itself */
    load(&story, &warned);
    assert_int_equal(warned.targets, 2);
    assert_int_equal(warned.count, 1);
    assert_int_equal(warned.items[0].count, 2);
    assert_string_equal(warned.items[0].advice, "Look.");

    auto_document struct document document = {.title = xstrdup("t")};
    auto_buf struct buf text = {0};
    warned_section(&warned, &document);
    document_text(&document, false, &text);
    assert_non_null(strstr(buf_text(&text), "2: check hosts is red"));
    assert_non_null(strstr(buf_text(&text), "vc-0001, vc-0002"));
    assert_null(strchr(buf_text(&text), '\x1b'));
    auto_json json_t *json = warned_json(&warned);
    assert_int_equal(json_number(json_array_get(json, 0), "count", -1), 2);
    story_destroy(&story);
}

static void who_only_warns_is_asked_and_nobody_else(void **state)
{
    struct story story = story_create(*state, &three, 1);
    auto_warned struct warned warned = {.count = 0};
    story_enter(&story);
    says(&story, 0, 1, MOMENT_AFTER, "check version is red: it convicts.");
    load(&story, &warned);
    assert_int_equal(warned.count, 0);
    story_destroy(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_finding_of_many_is_told_once,
                                        nest_with_store, nest_destroy),
        cmocka_unit_test_setup_teardown(who_only_warns_is_asked_and_nobody_else,
                                        nest_with_store, nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
