/*
 * test_manual_group.c - a link group, put back by hand: what an operator is told is for all
 * of its members, in the order that keeps their replication, or is to touch nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "report/manual.h"
#include "util/auto.h"
#include "util/buf.h"

#define MEMBERS 3

struct group {
    struct manual_member members[MEMBERS];
    json_t *docs[MEMBERS];
    struct manual_facts facts;
};

static struct group group_make(enum target_state_id state)
{
    static const char *const names[] = {"vc-1", "vc-2", "vc-3"};
    static const char *const snapshots[] = {"ours-1", "ours-2", "ours-3"};
    static const char *const references[] = {"snapshot-7", "snapshot-8", "snapshot-9"};
    struct group g = {.facts = {.command = "slipway",
                                .target = names[0],
                                .state = state,
                                .activity = ACTIVITY_REVERT,
                                .snapshot = snapshots[0],
                                .reference = references[0],
                                .version_before = "8.0.2",
                                .link_group = "sso-1",
                                .unit = true,
                                .member_count = MEMBERS}};
    for (int i = 0; i < MEMBERS; i++) {
        g.docs[i] = json_pack("{s:{s:s}, s:{s:s}}", "vm", "uuid", names[i], "manager",
                              "url", i == 2 ? "https://m-2/sdk" : "https://m-1/sdk");
        g.members[i] = (struct manual_member){names[i],      g.docs[i], snapshots[i],
                                              references[i], i == 0,    true};
    }
    g.facts.doc = g.docs[0];
    return g;
}

/* What is said of one kind, a line each. */
static void told(struct group *g, enum manual_kind kind, struct buf *out)
{
    auto_manual struct manual manual = {.count = 0};
    g->facts.members = g->members;
    manual_make(&g->facts, &manual);
    for (size_t i = 0; i < manual.count; i++) {
        if (manual.steps[i].kind == kind)
            buf_addf(out, "%s\n", manual.steps[i].text);
    }
}

static void assert_told(struct group *g, enum manual_kind kind, const char *expected)
{
    auto_buf struct buf text = {0};
    told(g, kind, &text);
    assert_string_equal(buf_text(&text), expected);
    for (int i = 0; i < MEMBERS; i++)
        json_decref(g->docs[i]);
}

static void all_are_reverted_before_anybody_is_powered_on(void **state)
{
    (void)state;
    struct group g = group_make(TARGET_STRANDED);
    assert_told(
        &g, MANUAL_UNDO,
        "it shares replicated state with link group sso-1: all of it goes back, "
        "or nobody; shut down vc-1, vc-2, vc-3, and see that all of them are off\n"
        "vc-1: at manager https://m-1/sdk: revert VM uuid vc-1 to snapshot ours-1 "
        "(snapshot-7)\n"
        "vc-2: at manager https://m-1/sdk: revert VM uuid vc-2 to snapshot ours-2 "
        "(snapshot-8)\n"
        "vc-3: at manager https://m-2/sdk: revert VM uuid vc-3 to snapshot ours-3 "
        "(snapshot-9)\n"
        "only when all of them are reverted, power them on\n"
        "read each one's version back, and see on each that replication with all "
        "partners is at 0 changes behind\n"
        "remove those snapshots once all of them are healthy\n");
}

static void nobody_is_reverted_for_an_unfinished_barrier(void **state)
{
    (void)state;
    struct group g = group_make(TARGET_PARKED);
    g.members[0].changed = false;
    g.members[0].off = false;
    g.members[2].snapshot = NULL;
    assert_told(&g, MANUAL_UNDO,
                "nothing of link group sso-1 is changed: do not revert anybody\n"
                "power on those that slipway shut down: vc-2, vc-3\n"
                "remove those snapshots of ours that were taken\n");
}

static void nobody_is_reverted_if_one_cannot_be(void **state)
{
    (void)state;
    struct group g = group_make(TARGET_STRANDED);
    g.members[1].snapshot = NULL;
    assert_told(&g, MANUAL_UNDO,
                "vc-2 of link group sso-1 has no snapshot of ours left: revert nobody of "
                "it; finish the change, or restore all of them from backups of one "
                "moment\n");
}

static void who_is_finished_by_hand_keeps_its_snapshot(void **state)
{
    (void)state;
    for (int companion = 0; companion < 2; companion++) {
        struct group g = group_make(TARGET_PARKED);
        g.facts.companion = companion;
        assert_told(&g, MANUAL_FINISH,
                    companion
                        ? "see that its checks are green: it is not to be changed\n"
                          "leave all snapshots of link group sso-1 where they are: its "
                          "others may still have to go back, and then all of it does\n"
                        : "bring the appliance to the version that the campaign wants, "
                          "and see that its checks are green\n"
                          "leave all snapshots of link group sso-1 where they are: its "
                          "others may still have to go back, and then all of it does\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_reverted_before_anybody_is_powered_on),
        cmocka_unit_test(nobody_is_reverted_for_an_unfinished_barrier),
        cmocka_unit_test(nobody_is_reverted_if_one_cannot_be),
        cmocka_unit_test(who_is_finished_by_hand_keeps_its_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
