/*
 * test_history.c - what earlier campaigns know: how long their steps, snapshots, checks
 * and rollbacks took, and who is held.
 */
#include "store/internal.h"
#include "support.h"

struct row {
    enum activity part;
    char step[32], target[32], version_now[32];
    int64_t took_ms;
};

struct rows {
    struct row items[32];
    size_t count;
};

static int take(void *data, const struct store_duration *d)
{
    struct rows *rows = data;
    assert_in_range(rows->count, 0, 31);
    struct row *row = &rows->items[rows->count++];
    *row = (struct row){.part = d->part, .took_ms = d->took_ms};
    (void)snprintf(row->step, sizeof row->step, "%s", d->step_id ? d->step_id : "-");
    (void)snprintf(row->target, sizeof row->target, "%s", d->target);
    (void)snprintf(row->version_now, sizeof row->version_now, "%s", d->version_now);
    return 0;
}

/* One call on target `target` of campaign 1, settled or (outcome NULL) still open. */
static void add_call(const struct nest *nest, int id, int target, const char *activity,
                     int64_t issued_ms, int64_t settled_ms, const char *outcome)
{
    auto_free char *end = outcome
                              ? xasprintf("%lld, '%s'", (long long)settled_ms, outcome)
                              : xstrdup("NULL, NULL");
    auto_free char *sql = xasprintf(
        "INSERT INTO intent(campaign, id, target, activity, idx, moment, step, use, "
        "class,"
        " incarnation, attempt, key, fingerprint, arguments, issued_ms, deadline_ms,"
        " settled_ms, outcome) VALUES(1, %d, %d, '%s', 0, 'before', 'upgrade', 'ssh.job',"
        " 'reconcilable', 0, 1, 'k%d', 'f', '{}', %lld, 0, %s)",
        id, target, activity, id, (long long)issued_ms, end);
    assert_int_equal(meddle(nest, sql), SQLITE_OK);
}

static struct rows durations(struct nest *nest, const char *playbook, int limit)
{
    struct rows rows = {.count = 0};
    OK(nest, store_durations(nest->store, playbook, limit, take, &rows, &nest->err));
    return rows;
}

static const struct row *find(const struct rows *rows, enum activity part, int nth)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].part == part && !nth--)
            return &rows->items[i];
    }
    fail_msg("no such duration");
    return NULL;
}

static char *playbook_of(struct nest *nest)
{
    auto_store_campaign struct store_campaign campaign = {0};
    OK(nest, store_find_campaign(nest->store, NULL, &campaign, &nest->err));
    return xstrdup(campaign.playbook);
}

static void only_what_was_done_counts(void **state)
{
    struct nest *nest = *state;
    (void)enter_few(nest);
    auto_free char *playbook = playbook_of(nest);
    add_call(nest, 1, 0, "snapshot", 1000, 4000, "done");
    add_call(nest, 2, 0, "step", 5000, 65000, "done");
    add_call(nest, 3, 1, "step", 5000, 9000, "failed");
    add_call(nest, 4, 2, "step", 5000, 0, NULL);
    add_call(nest, 5, 0, "prune", 70000, 90000, "done");
    struct rows rows = durations(nest, playbook, 100);
    assert_int_equal(rows.count, 2);
    assert_int_equal(find(&rows, ACTIVITY_SNAPSHOT, 0)->took_ms, 3000);
    assert_int_equal(find(&rows, ACTIVITY_STEP, 0)->took_ms, 60000);
    assert_string_equal(find(&rows, ACTIVITY_STEP, 0)->step, "upgrade");
    assert_int_equal(durations(nest, "another", 100).count, 0);
    assert_int_equal(durations(nest, playbook, 1).count, 1);
}

/* Checks last from the end of the last step to the verdict before the soak. */
static void checks_and_rollbacks_are_worked_out(void **state)
{
    struct nest *nest = *state;
    (void)enter_few(nest);
    auto_free char *playbook = playbook_of(nest);
    add_call(nest, 1, 0, "step", 1000, 2000, "done");
    add_call(nest, 2, 0, "step", 3000, 10000, "done");
    assert_int_equal(meddle(nest, "UPDATE target SET version_now = '9', soak_until_ms ="
                                  " 25000 + (SELECT soak_ms FROM wave WHERE idx = 0)"
                                  " WHERE idx = 0"),
                     SQLITE_OK);
    add_call(nest, 3, 1, "step", 1000, 2000, "done");
    add_call(nest, 4, 1, "revert", 5000, 6000, "done");
    assert_int_equal(meddle(nest, "UPDATE target SET state = 'rolled_back',"
                                  " since_ms = 45000 WHERE idx = 1"),
                     SQLITE_OK);
    struct rows rows = durations(nest, playbook, 100);
    assert_int_equal(find(&rows, ACTIVITY_CHECK, 0)->took_ms, 15000);
    assert_string_equal(find(&rows, ACTIVITY_CHECK, 0)->version_now, "9");
    assert_int_equal(find(&rows, ACTIVITY_REVERT, 0)->took_ms, 40000);
    assert_int_equal(rows.count, 5);
}

static int take_hold(void *data, const struct store_hold *hold)
{
    char *out = data;
    (void)snprintf(out + strlen(out), 200 - strlen(out), "%s in %s: %s until %lld\n",
                   hold->target, hold->campaign, hold->reason, (long long)hold->until_ms);
    return 0;
}

static void holds_that_still_stand_are_listed(void **state)
{
    struct nest *nest = *state;
    char text[200] = "";
    (void)enter_few(nest);
    assert_int_equal(meddle(nest,
                            "UPDATE target SET hold_reason = 'demo' WHERE idx = 3;"
                            "UPDATE target SET hold_reason = 'over', hold_until_ms = 500"
                            " WHERE idx = 4;"
                            "UPDATE target SET hold_reason = 'move', hold_until_ms = 2000"
                            " WHERE idx = 5"),
                     SQLITE_OK);
    OK(nest, store_holds(nest->store, 1000, take_hold, text, &nest->err));
    char *names[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        auto_free char *sql =
            xasprintf("SELECT name FROM target WHERE idx = %d", i ? 5 : 3);
        sqlite3_stmt *stmt = NULL;
        assert_int_equal(sqlite3_prepare_v2(nest->store->db, sql, -1, &stmt, NULL), 0);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        names[i] = xstrdup((const char *)sqlite3_column_text(stmt, 0));
        (void)sqlite3_finalize(stmt);
    }
    auto_free char *expected = xasprintf(
        "%s in shape: demo until 0\n%s in shape: move until 2000\n", names[0], names[1]);
    free(names[0]);
    free(names[1]);
    assert_string_equal(text, expected);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, nest_with_store, nest_destroy)
    const struct CMUnitTest tests[] = {
        WITH(only_what_was_done_counts),
        WITH(checks_and_rollbacks_are_worked_out),
        WITH(holds_that_still_stand_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
