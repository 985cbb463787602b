/*
 * test_reading.c - what operators read, as whole texts: status, why, events, snapshots
 * and the report of one campaign at telling moments. The texts stand in cases/; BLESS=1
 * writes them anew: then read the difference before it is committed.
 */
#include "report/account.h"
#include "report/event.h"
#include "report/snapshots.h"
#include "report/status.h"
#include "report/why.h"
#include "story.h"
#include "util/json.h"

/* A name as an attacker would choose it: colours, a new line, a bidi override. */
#define HOSTILE "vc-\x1b[31m\nred\u202e"

static const struct plan_shape night = {
    .targets = 14,
    .waves = {2, 8, 4},
    .budgets = {0, 6, 1},
    .soak_ms = 1800000,
    .in_flight = 4,
    .budget = 9,
    .sites = 2,
    .site_max = 3,
    .manager_max = 2,
    .gate = true,
};

static void set_up(struct story *story)
{
    struct world *w = story->world;
    free(w->plan->targets[4].name);
    w->plan->targets[4].name = xstrdup(HOSTILE);
    w->appliances[3].faults = FAULT_SICK;
    w->appliances[4].faults = FAULT_UPDATE_FAILS;
    w->appliances[5].faults = FAULT_SICK | FAULT_REVERT_FAILS;
    w->appliances[6].faults = FAULT_RED_BEFORE;
    story_enter(story);
    world_start(w);
}

/* Go on until `minutes` after the start. */
static void until(struct story *story, int minutes)
{
    int64_t end_ms = STORY_START_MS + minutes * 60000LL;
    struct world *w = story->world;
    while (engine_deadline(w->engine) <= end_ms || w->queue_count) {
        bool answer_due = false;
        for (size_t i = 0; i < w->queue_count; i++)
            answer_due = answer_due || w->queue[i].at_ms <= end_ms;
        if (!answer_due && engine_deadline(w->engine) > end_ms)
            break;
        (void)world_step(w);
    }
    w->now_ms = end_ms;
    story_save(story);
}

static const struct store_owner nobody = {.running = false};
static const struct store_owner somebody = {.running = true,
                                            .pid = 4711,
                                            .host = "jump-1",
                                            .since_ms = STORY_START_MS,
                                            .command = "slipway run"};

static void parses(const char *json)
{
    struct slipway_error err = {""};
    auto_json json_t *parsed = json_parse(json, strlen(json), JSON_BYTES_MAX, &err);
    if (!parsed)
        fail_msg("no JSON: %s", err.text);
    assert_int_equal(json_number(parsed, "schema_version", 0), 1);
}

/* ---- each reading verb, as text against its golden, as JSON parsed ---- */

static void read_status(struct story *story, const struct store_owner *owner,
                        const char *golden)
{
    auto_status struct status status = {.now_ms = 0};
    auto_buf struct buf text = {0};
    OK(story->nest, status_load(story->nest->store, story->campaign, story->nest->dir,
                                story->world->now_ms, &status, &story->nest->err));
    status.owner = *owner;
    struct status_view view = {.status = &status, .command = "slipway"};
    status_text(&view, &text);
    is_harmless(buf_text(&text));
    matches_golden(golden, buf_text(&text));
    auto_free char *json = status_json(&view);
    is_harmless(json);
    parses(json);
}

static void read_why(struct story *story, const char *target, const char *golden)
{
    auto_why struct why why = {.now_ms = 0};
    auto_buf struct buf text = {0};
    OK(story->nest,
       why_load(story->nest->store, story->campaign, target, story->nest->dir,
                story->world->now_ms, &why, &story->nest->err));
    why.owner = somebody;
    struct why_view view = {.why = &why, .command = "slipway"};
    why_text(&view, &text);
    is_harmless(buf_text(&text));
    matches_golden(golden, buf_text(&text));
    auto_free char *json = why_json(&view);
    is_harmless(json);
    parses(json);
}

static int add_event(void *data, const struct store_event *event)
{
    auto_buf struct buf json = {0};
    event_line(event, data);
    event_json(event, &json);
    is_harmless(buf_text(&json));
    assert_ptr_equal(strchr(buf_text(&json), '\n'), buf_text(&json) + json.length - 1);
    parses(buf_text(&json));
    return 0;
}

static void read_events(struct story *story, int target, const char *golden)
{
    auto_buf struct buf text = {0};
    struct store_event_filter filter = STORE_ANY_EVENT;
    filter.target = target;
    OK(story->nest, store_events(story->nest->store, story->campaign, &filter, add_event,
                                 &text, &story->nest->err));
    is_harmless(buf_text(&text));
    matches_golden(golden, buf_text(&text));
}

static void read_snapshots(struct story *story, int64_t now_ms, const char *vm_document,
                           const char *golden)
{
    auto_snapshots struct snapshot_list list = {.now_ms = 0};
    auto_buf struct buf text = {0};
    struct store_snapshot_filter filter = {.target = -1};
    OK(story->nest,
       snapshots_load(story->nest->store, &filter, now_ms, &list, &story->nest->err));
    if (vm_document)
        snapshots_take_answer(&list, 0, vm_document);
    list.probed = vm_document != NULL;
    snapshots_text(&list, false, &text);
    is_harmless(buf_text(&text));
    matches_golden(golden, buf_text(&text));
    auto_free char *json = snapshots_json(&list);
    is_harmless(json);
    parses(json);
}

static void read_account(struct story *story, const char *text_golden,
                         const char *markdown_golden)
{
    auto_account struct account account = {.target_count = 0};
    auto_document struct document document = {.count = 0};
    auto_buf struct buf text = {0}, markdown = {0};
    OK(story->nest, account_load(story->nest->store, story->campaign, story->nest->dir,
                                 story->world->now_ms, &account, &story->nest->err));
    account_document(&account, &document);
    document_text(&document, false, &text);
    document_markdown(&document, &markdown);
    is_harmless(buf_text(&text));
    is_harmless(buf_text(&markdown));
    matches_golden(text_golden, buf_text(&text));
    matches_golden(markdown_golden, buf_text(&markdown));
    auto_free char *json = account_json(&account);
    is_harmless(json);
    parses(json);
}

static const char *first_ready(const struct story *story)
{
    const struct world *w = story->world;
    for (size_t i = 0; i < w->plan->target_count; i++) {
        if (engine_state(w->engine)->targets[i].state == TARGET_READY)
            return w->plan->targets[i].name;
    }
    fail_msg("nobody is ready");
    return "";
}

/* ---- one night ---- */

static void a_campaign_is_told_before_it_starts(void **state)
{
    struct story story = story_create(*state, &night, 1);
    story_enter(&story);
    story_save(&story);
    read_status(&story, &nobody, "status-new.txt");
    read_why(&story, "vc-0009", "why-new.txt");
    story_destroy(&story);
}

static void a_campaign_is_told_while_it_runs(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    until(&story, 5);
    read_status(&story, &somebody, "status-canary.txt");
    read_why(&story, "vc-0001", "why-changing.txt");
    read_why(&story, "vc-0003", "why-later-wave.txt");
    until(&story, 20);
    read_why(&story, "vc-0002", "why-soaking.txt");
    world_command(story.world, VERB_HOLD, 7, -1, "audit tonight\x1b[2J");
    until(&story, 50);
    read_status(&story, &somebody, "status-waiting.txt");
    read_why(&story, "vc-0008", "why-held.txt");
    read_why(&story, first_ready(&story), "why-blocked.txt");
    story_destroy(&story);
}

static void a_paused_campaign_says_what_a_human_must_do(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    until(&story, 90);
    assert_int_equal(engine_state(story.world->engine)->campaign, CAMPAIGN_PAUSED);
    assert_int_equal(world_count(story.world, TARGET_STRANDED), 1);
    assert_int_equal(world_count(story.world, TARGET_PARKED), 1);
    read_status(&story, &nobody, "status-paused.txt");
    read_why(&story, "vc-0006", "why-stranded.txt");
    read_why(&story, "vc-0007", "why-parked.txt");
    read_why(&story, HOSTILE, "why-hostile.txt");
    read_events(&story, 4, "events-hostile.txt");
    read_snapshots(&story, story.world->now_ms, NULL, "snapshots.txt");
    read_snapshots(&story, story.world->now_ms + 80 * 3600000LL, NULL,
                   "snapshots-overdue.txt");
    story_destroy(&story);
}

static void doubt_is_told_with_who_will_be_asked(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    story.world->appliances[0].faults = FAULT_LOST_REPLY;
    struct world *w = story.world;
    while (engine_state(w->engine)->targets[0].activity.state != STEP_IN_DOUBT)
        assert_true(world_step(w));
    story_save(&story);
    read_why(&story, "vc-0001", "why-in-doubt.txt");
    story_destroy(&story);
}

static void the_account_tells_who_did_what(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    until(&story, 90);
    world_command(story.world, VERB_SKIP, 5, -1, "put back by hand");
    world_command(story.world, VERB_SKIP, 6, -1, "red since <b>June</b> @ops");
    world_command(story.world, VERB_UNPAUSE, -1, -1, "seen");
    until(&story, 240);
    world_command(story.world, VERB_APPROVE, -1, 2, "the rest too");
    until(&story, 400);
    assert_int_equal(engine_state(story.world->engine)->campaign,
                     CAMPAIGN_COMPLETED_WITH_FAILURES);
    read_status(&story, &nobody, "status-over.txt");
    read_account(&story, "account.txt", "account.md");
    story_destroy(&story);
}

/* ---- what the managers say ---- */

static void managers_show_missing_foreign_and_stray_snapshots(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    until(&story, 5);
    read_snapshots(
        &story, story.world->now_ms,
        "{\"consolidation_needed\":true,\"snapshots\":["
        "{\"snapshot\":\"snapshot-7\",\"name\":\"veeam \\u001b[1m\",\"size_bytes\":5000},"
        "{\"snapshot\":\"snapshot-8\",\"name\":\"slipway/old\",\"size_bytes\":null}]}",
        "snapshots-probed.txt");
    story_destroy(&story);
}

static void an_answer_without_snapshots_is_said(void **state)
{
    struct story story = story_create(*state, &night, 1);
    set_up(&story);
    until(&story, 5);
    read_snapshots(&story, story.world->now_ms, "{}", "snapshots-no-answer.txt");
    story_destroy(&story);
}

/* ---- nobody there ---- */

static void an_unknown_target_names_the_nearest(void **state)
{
    struct story story = story_create(*state, &night, 1);
    auto_why struct why why = {.now_ms = 0};
    set_up(&story);
    assert_int_equal(why_load(story.nest->store, story.campaign, "vc-009",
                              story.nest->dir, 0, &why, &story.nest->err),
                     STORE_NO_SUCH);
    said(story.nest, "did you mean vc-0009?");
    story_destroy(&story);
}

#define STORY(function)                                                                  \
    cmocka_unit_test_setup_teardown(function, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_campaign_is_told_before_it_starts),
        STORY(a_campaign_is_told_while_it_runs),
        STORY(a_paused_campaign_says_what_a_human_must_do),
        STORY(doubt_is_told_with_who_will_be_asked),
        STORY(the_account_tells_who_did_what),
        STORY(managers_show_missing_foreign_and_stray_snapshots),
        STORY(an_answer_without_snapshots_is_said),
        STORY(an_unknown_target_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
