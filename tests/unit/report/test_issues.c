/*
 * test_issues.c - known issues beside the failures of a real night: in status, in why,
 * and what they cost in the account. The book is the test's own: recognising is
 * somebody else's work.
 */
#include "report/account.h"
#include "report/status.h"
#include "report/why.h"
#include "story.h"
#include "util/auto.h"
#include "util/json.h"

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
};

static char typed[] = "systemctl restart x   # if it runs";
static char *const commands[] = {typed};

/* What the model's appliances say when they are sick after an update, and when the
   update itself fails. */
static bool find(void *data, const struct issue_facts *facts, struct issue_note *out)
{
    int *asked = data;
    ++*asked;
    if (strstr(facts->message, "health is red"))
        *out = (struct issue_note){.id = "red-health",
                                   .title = "The \x1b[31mservice does not answer",
                                   .severity = "block",
                                   .source = "KB 1",
                                   .cause = "It lost its licence.",
                                   .advice = "Give it one.",
                                   .commands = commands,
                                   .command_count = 1};
    else if (strstr(facts->message, "disk full"))
        *out = (struct issue_note){.id = "update",
                                   .title = "The update fails",
                                   .severity = "block",
                                   .source = "",
                                   .cause = "The package is broken.",
                                   .advice = "Fetch it again."};
    else
        return false;
    return true;
}

/* Its reason quotes the failure of somebody else, whose cure would be wrong here. */
static void who_only_went_along_has_no_issue(void **state)
{
    (void)state;
    int asked = 0;
    const struct issue_book book = {find, &asked};
    struct issue_note note;
    struct issue_facts facts = {.target = "vc-2", .message = "vc-1: disk full"};
    assert_true(issue_find(&book, &facts, &note));
    facts.message = "with its link group sso-1: vc-1: disk full";
    assert_false(issue_find(&book, &facts, &note));
    assert_int_equal(asked, 1);
}

static void set_up(struct story *story)
{
    struct world *w = story->world;
    w->appliances[3].faults = FAULT_SICK;
    w->appliances[4].faults = FAULT_UPDATE_FAILS;
    w->appliances[5].faults = FAULT_SICK;
    w->appliances[6].faults = FAULT_RED_BEFORE;
    story_enter(story);
    world_start(w);
}

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

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    while ((text = strstr(text, word)))
        count++, text += strlen(word);
    return count;
}

static void read_status(struct story *story, const struct issue_book *book,
                        struct buf *text, json_t **json)
{
    auto_status struct status status = {.now_ms = 0};
    OK(story->nest, status_load(story->nest->store, story->campaign, story->nest->dir,
                                story->world->now_ms, &status, &story->nest->err));
    struct status_view view = {.status = &status, .command = "slipway", .issues = book};
    status_text(&view, text);
    auto_free char *raw = status_json(&view);
    *json = json_parse(raw, strlen(raw), JSON_BYTES_MAX, NULL);
    assert_non_null(*json);
}

static void status_tells_an_issue_once_in_full(void **state)
{
    struct story story = story_create(*state, &night, 1);
    int asked = 0;
    struct issue_book book = {find, &asked};
    auto_buf struct buf text = {0}, plain = {0};
    auto_json json_t *json = NULL, *unknown = NULL;
    set_up(&story);
    until(&story, 120);
    read_status(&story, &book, &text, &json);
    const json_t *failures = json_object_get(json_object_get(json, "failures"), "listed");
    int known = 0, red = 0;
    for (size_t i = 0; i < json_array_size(failures); i++) {
        const json_t *issue = json_object_get(json_array_get(failures, i), "known_issue");
        known += json_is_object(issue);
        red += json_is_object(issue) && !strcmp(json_text(issue, "id"), "red-health");
    }
    assert_int_equal(known, 3);
    assert_int_equal(red, 2);
    /* once under Failures, once under For a human */
    assert_int_equal(occurrences(buf_text(&text), "It lost its licence."), 2);
    assert_int_equal(occurrences(buf_text(&text), "Known   red-health, as above"), 1);
    assert_int_equal(occurrences(buf_text(&text), "By hand systemctl restart x"), 2);
    assert_int_equal(occurrences(buf_text(&text), "(update)"), 1);
    is_harmless(buf_text(&text));
    read_status(&story, NULL, &plain, &unknown);
    assert_null(strstr(buf_text(&plain), "Known"));
    story_destroy(&story);
}

static void read_why(struct story *story, const char *name, const struct issue_book *book,
                     struct buf *text)
{
    auto_why struct why why = {.now_ms = 0};
    OK(story->nest, why_load(story->nest->store, story->campaign, name, story->nest->dir,
                             story->world->now_ms, &why, &story->nest->err));
    struct why_view view = {.why = &why, .command = "slipway", .issues = book};
    why_text(&view, text);
    auto_free char *json = why_json(&view);
    is_harmless(json);
    is_harmless(buf_text(text));
}

static void why_tells_cause_and_advice(void **state)
{
    struct story story = story_create(*state, &night, 1);
    int asked = 0;
    struct issue_book book = {find, &asked};
    auto_buf struct buf failed = {0}, fine = {0}, nobody = {0};
    set_up(&story);
    until(&story, 120);
    read_why(&story, "vc-0005", &book, &failed);
    assert_non_null(strstr(buf_text(&failed), "A known issue\n"
                                              "  Known   The update fails (update)\n"
                                              "  Cause   The package is broken.\n"
                                              "  Do      Fetch it again.\n"));
    asked = 0;
    read_why(&story, "vc-0001", &book, &fine);
    assert_null(strstr(buf_text(&fine), "known issue"));
    assert_int_equal(asked, 0); /* it has no trouble: nobody is asked */
    read_why(&story, "vc-0005", NULL, &nobody);
    assert_null(strstr(buf_text(&nobody), "known issue"));
    story_destroy(&story);
}

/* Only the words of an older effect give it away, the reason tells of something else. */
static bool find_by_job(void *data, const struct issue_facts *facts,
                        struct issue_note *out)
{
    (void)data;
    bool told =
        facts->step && !strcmp(facts->step, "upgrade") && !strcmp(facts->state, "failed");
    if (told || strstr(facts->message, "rollback") || !facts->use)
        return false;
    *out = (struct issue_note){.id = "job",
                               .title = "j",
                               .severity = "block",
                               .source = "",
                               .cause = "",
                               .advice = "Look."};
    return true;
}

static void status_and_why_recognise_alike(void **state)
{
    struct story story = story_create(*state, &night, 1);
    bool (*const finders[])(void *, const struct issue_facts *,
                            struct issue_note *) = {find, find_by_job};
    int asked = 0, known = 0;
    set_up(&story);
    until(&story, 120);
    for (size_t k = 0; k < ARRAY_LENGTH(finders); k++) {
        struct issue_book book = {finders[k], &asked};
        auto_buf struct buf text = {0};
        auto_json json_t *json = NULL;
        read_status(&story, &book, &text, &json);
        const json_t *listed =
            json_object_get(json_object_get(json, "failures"), "listed");
        assert_true(json_array_size(listed) > 2);
        for (size_t i = 0; i < json_array_size(listed); i++) {
            const json_t *one = json_array_get(listed, i);
            auto_buf struct buf why = {0};
            read_why(&story, json_text(one, "name"), &book, &why);
            bool in_status = json_is_object(json_object_get(one, "known_issue"));
            bool in_why = strstr(buf_text(&why), "A known issue") != NULL;
            assert_int_equal(in_status, in_why);
            known += in_status;
        }
    }
    assert_true(known > 3);
    story_destroy(&story);
}

static const struct account_issue *issue_of(const struct account *account, const char *id)
{
    for (size_t i = 0; i < account->issue_count; i++) {
        if (!strcmp(account->issues[i].id, id))
            return &account->issues[i];
    }
    fail_msg("nothing is counted for %s", id);
    return NULL;
}

static void the_account_counts_targets_and_time(void **state)
{
    struct story story = story_create(*state, &night, 1);
    int asked = 0;
    struct issue_book book = {find, &asked};
    auto_account struct account account = {.target_count = 0};
    auto_document struct document document = {.count = 0};
    auto_buf struct buf text = {0};
    set_up(&story);
    until(&story, 120);
    OK(story.nest, account_load(story.nest->store, story.campaign, story.nest->dir,
                                story.world->now_ms, &account, &story.nest->err));
    OK(story.nest, account_find_issues(story.nest->store, story.campaign, &book, &account,
                                       &story.nest->err));
    assert_int_equal(account.issue_count, 2);
    const struct account_issue *red = issue_of(&account, "red-health"),
                               *update = issue_of(&account, "update");
    assert_int_equal(red->targets, 3);
    assert_int_equal(red->ended, 3);
    assert_int_equal(update->targets, 1);
    assert_int_equal(update->ended, 1);
    /* all the time of the targets that ended by it, and nothing twice */
    int64_t cost_ms = account.targets[4].since_ms - account.targets[4].first_ms;
    assert_true(cost_ms > 0);
    assert_true(update->cost_ms == cost_ms);
    assert_ptr_equal(&account.issues[0], red); /* dearest first */
    account_document(&account, &document);
    document_text(&document, false, &text);
    assert_non_null(strstr(buf_text(&text), "Known issues\n"));
    is_harmless(buf_text(&text));
    auto_free char *json = account_json(&account);
    assert_non_null(strstr(json, "\"ended\": 3"));
    is_harmless(json);
    story_destroy(&story);
}

#define STORY(function)                                                                  \
    cmocka_unit_test_setup_teardown(function, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_only_went_along_has_no_issue),
        STORY(status_tells_an_issue_once_in_full),
        STORY(why_tells_cause_and_advice),
        STORY(status_and_why_recognise_alike),
        STORY(the_account_counts_targets_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
