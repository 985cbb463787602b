/*
 * test_links.c - what the report tells of link groups and of kept evidence: the real engine
 * plays a group that succeeds, one that is put back, one that strands, and one that nobody
 * touches; the report is read from the rows.
 */
#include "report/account.h"
#include "report/kept.h"
#include "report/links.h"
#include "story.h"
#include "util/json.h"

static const struct plan_shape linked = {.targets = 3,
                                         .waves = {3},
                                         .budgets = {3},
                                         .soak_ms = 600000,
                                         .in_flight = 3,
                                         .budget = 3,
                                         .sites = 1,
                                         .site_max = 3,
                                         .manager_max = 3,
                                         .linked = {3},
                                         .companions = 1u << 2};

#define auto_links __attribute__((cleanup(links_clear)))
#define auto_kept  __attribute__((cleanup(kept_clear)))

/* A campaign of one group until it waits for nothing but a human, or is over. */
static struct story play(struct nest *nest, unsigned first, unsigned second)
{
    struct story story = story_create(nest, &linked, 7);
    struct playbook *playbook = &story.world->plan->playbook;
    free(playbook->checks[1].op.use);
    playbook->checks[1].op.use = xstrdup("vcsa.replication");
    story.world->appliances[0].faults = first;
    story.world->appliances[1].faults = second;
    story_enter(&story);
    world_start(story.world);
    (void)world_run(story.world, 100000);
    story_save(&story);
    return story;
}

static void read_links(struct story *story, struct link_reports *out)
{
    struct unit_facts units[] = {{.down_ms = 541000, .down_worst_ms = 1940000}};
    struct plan_facts facts = {.units = units, .unit_count = 1};
    OK(story->nest, links_load(story->nest->store, story->campaign, story->world->plan,
                               &facts, out, &story->nest->err));
    assert_int_equal(out->count, 1);
    assert_int_equal(out->items[0].member_count, 3);
}

static void says(const struct link_reports *links, const char *text)
{
    auto_document struct document document = {.title = xstrdup("t")};
    auto_buf struct buf out = {0};
    links_section(links, &document);
    document_text(&document, false, &out);
    for (size_t i = 0, kept = 0; i <= out.length; i++) { /* lines may be wrapped */
        char c = i < out.length ? out.data[i] : '\0';
        if ((c == ' ' || c == '\n') && kept && out.data[kept - 1] == ' ')
            continue;
        out.data[kept++] = c == '\n' ? ' ' : c;
    }
    if (!strstr(out.data, text))
        fail_msg("nobody says \"%s\": %s", text, out.data);
}

static void a_group_that_succeeds(void **state)
{
    auto_links struct link_reports links = {0};
    struct story story = play(*state, 0, 0);
    read_links(&story, &links);
    const struct link_report *link = &links.items[0];
    assert_int_equal(link->state, GROUP_SUCCEEDED);
    assert_int_equal(link->outage_count, 1);
    assert_true(link->outages[0].snapshots && !link->outages[0].rollback);
    assert_true(link->outages[0].back_ms > link->outages[0].down_ms);
    assert_true(link->members[2].companion && !link->members[1].companion);
    assert_false(link->reverted);
    says(&links,
         "sso-1 (wave canary) succeeded: vc-0001 and vc-0002; only along: vc-0003 "
         "(not selected, stays at 1.0)");
    says(&links, "about 10m, at most 33m");
    says(&links, "not needed");
    story_destroy(&story);
}

static void a_group_that_is_put_back(void **state)
{
    auto_links struct link_reports links = {0};
    struct story story = play(*state, 0, FAULT_SICK);
    read_links(&story, &links);
    const struct link_report *link = &links.items[0];
    auto_json json_t *json = links_json(&links);
    const json_t *told = json_array_get(json, 0);
    assert_int_equal(link->state, GROUP_ROLLED_BACK);
    assert_int_equal(link->outage_count, 2);
    assert_true(link->outages[1].rollback && link->outages[1].back_ms);
    assert_true(link->reverted);
    says(&links, "not planned");
    says(&links, "all 3 together");
    assert_true(json_is_true(json_object_get(told, "rolled_back_together")));
    assert_int_equal(json_array_size(json_object_get(told, "outages")), 2);
    story_destroy(&story);
}

static void a_group_that_strands_is_not_back(void **state)
{
    auto_links struct link_reports links = {0};
    struct story story = play(*state, FAULT_REVERT_FAILS, FAULT_SICK);
    read_links(&story, &links);
    const struct link_report *link = &links.items[0];
    assert_int_equal(link->state, GROUP_STRANDED);
    assert_false(link->reverted);
    assert_int_equal(link->outages[link->outage_count - 1].back_ms, 0);
    says(&links, "not yet");
    says(&links, "no: stranded");
    story_destroy(&story);
}

static void a_group_that_nobody_touched(void **state)
{
    auto_links struct link_reports links = {0};
    struct story story = play(*state, FAULT_REFUSES, 0);
    read_links(&story, &links);
    assert_int_equal(links.items[0].outage_count, 0);
    assert_int_equal(links.items[0].replication, LINK_NOT_DOWN);
    says(&links, "nobody was shut down");
    story_destroy(&story);
}

/* ---- replication ---- */

/* A check's word of one member, so long after its group went down. */
static void put_word(struct story *story, const struct link_reports *links, int target,
                     int64_t after_ms, bool green)
{
    struct record r = {
        .seq = story->world->journal[story->stored - 1].seq + 1 + target,
        .at_ms = links->items[0].outages[0].down_ms + after_ms,
        .kind = RECORD_BASELINE,
        .wave = 0,
        .target = target,
        .index = 1,
        .moment = MOMENT_STARTED,
        .number = green ? VERDICT_GREEN : VERDICT_RED,
    };
    begin(story->nest);
    assert_int_equal(store_append(story->nest->store, story->campaign, &r, 1), 0);
    commit(story->nest);
}

static void the_newest_word_of_each_counts(void **state)
{
    struct story story = play(*state, 0, 0);
    auto_links struct link_reports good = {0}, old = {0}, bad = {0};
    read_links(&story, &good);
    assert_int_equal(good.items[0].replication, LINK_IN_STEP);
    says(&good, "in step at all 3");
    put_word(&story, &good, 0, -60000, false); /* of before it went down */
    read_links(&story, &old);
    assert_int_equal(old.items[0].replication, LINK_IN_STEP);
    put_word(&story, &good, 2, 20 * 3600000, false);
    read_links(&story, &bad);
    assert_int_equal(bad.items[0].replication, LINK_BROKEN);
    says(&bad, "not in step at vc-0003");
    story_destroy(&story);
}

static void without_such_a_check_nobody_is_asked(void **state)
{
    struct story story = play(*state, 0, 0);
    auto_links struct link_reports links = {0};
    xreplace(&story.world->plan->playbook.checks[1].op.use, "replication");
    read_links(&story, &links);
    assert_int_equal(links.items[0].replication, LINK_NOT_ASKED);
    says(&links, "not asked by the playbook");
    story_destroy(&story);
}

/* ---- evidence ---- */

#define BUNDLE                                                                           \
    "{\"files\":[{\"name\":\"a.log\",\"bytes\":9000,\"text\":\"12345678\"},{\"name\":"   \
    "\"b\",\"text\":\"9\"}],"                                                            \
    "\"missing\":[{\"name\":\"c\",\"why\":\"gone\"}]}"

static void evidence_is_told_of_those_that_failed(void **state)
{
    auto_kept struct kept kept = {0};
    auto_document struct document document = {.title = xstrdup("t")};
    auto_buf struct buf out = {0};
    struct story story = play(*state, 0, FAULT_SICK);
    struct nest *nest = *state;
    static const char *const results[] = {BUNDLE, "{\"files\":3}", "{\"lines\":[]}",
                                          "{\"files\":[]}"};
    begin(nest);
    for (size_t i = 0; i < ARRAY_LENGTH(results); i++) {
        auto_free char *step = xasprintf("logs%zu", i);
        (void)store_save_result(nest->store, story.campaign, 1, step, 0, results[i],
                                STORY_START_MS + 60000);
    }
    commit(nest);
    OK(nest, kept_load(nest->store, story.campaign, &kept, &nest->err));
    assert_int_equal(kept.count, 1);
    assert_string_equal(kept.bundles[0].target, "vc-0002");
    assert_string_equal(kept.bundles[0].step, "logs0");
    assert_int_equal(kept.bundles[0].bytes, 9); /* what was kept, not what there was */
    kept_section(&kept, &document);
    document_text(&document, false, &out);
    assert_non_null(strstr(buf_text(&out), "slipway why TARGET"));
    assert_non_null(strstr(buf_text(&out), "vc-0002  logs0  2026-11-21T00:01:00Z"));
    auto_json json_t *json = kept_json(&kept);
    auto_free char *text = json_canonical(json);
    assert_string_equal(text,
                        "[{\"at\":\"2026-11-21T00:01:00Z\",\"bytes\":9,\"files\":2,"
                        "\"missing\":1,\"step\":\"logs0\",\"target\":\"vc-0002\"}]");
    story_destroy(&story);
}

static void nothing_kept_is_no_section(void **state)
{
    auto_kept struct kept kept = {0};
    auto_document struct document document = {.title = xstrdup("t")};
    auto_buf struct buf out = {0};
    struct link_reports none = {0};
    (void)state;
    kept_section(&kept, &document);
    links_section(&none, &document);
    document_text(&document, false, &out);
    assert_null(strstr(buf_text(&out), "Evidence"));
    assert_null(strstr(buf_text(&out), "Link groups"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_group_that_succeeds),
        STORY(a_group_that_is_put_back),
        STORY(a_group_that_strands_is_not_back),
        STORY(a_group_that_nobody_touched),
        STORY(the_newest_word_of_each_counts),
        STORY(without_such_a_check_nobody_is_asked),
        STORY(evidence_is_told_of_those_that_failed),
        cmocka_unit_test(nothing_kept_is_no_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
