/*
 * test_power.c - the power goes at every single write and sync, and every single write
 * and sync fails: what was acknowledged is there afterwards, the rest is whole or absent,
 * and after a failure nothing more is written.
 *
 * The disk under SQLite is tests/lib/power_vfs.h. LONG=1 tries more seeds.
 */
#include "power_vfs.h"
#include "store/internal.h"
#include "support.h"

#define TRANSACTIONS 6
#define RECORDS      3
#define SEEDS        2
#define SEEDS_LONG   40
#define STRIDE       16 /* short run: not every operation */

struct outcome_of_run {
    int64_t campaign;     /* 0: it was not even entered */
    int64_t acknowledged; /* last record that was */
    int code;             /* of what failed */
    int64_t operations;
};

static int add_transaction(struct store *store, int64_t campaign, int round,
                           struct outcome_of_run *run)
{
    struct slipway_error err = {""};
    struct record records[RECORDS];
    char filler[900], key[32];
    memset(filler, 'a' + round, sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    for (int i = 0; i < RECORDS; i++)
        records[i] = note(1000 + i, 0, filler);
    int code = store_begin(store, &err);
    if (code)
        return code;
    (void)store_append(store, campaign, records, RECORDS);
    (void)snprintf(key, sizeof key, "key-%d", round);
    struct store_intent intent = {.id = records[0].seq,
                                  .activity = ACTIVITY_STEP,
                                  .step = "upgrade1",
                                  .use = "ssh.job",
                                  .repeat = SLIPWAY_OPAQUE,
                                  .key = key,
                                  .fingerprint = "",
                                  .with = "{}",
                                  .issued_ms = 1};
    (void)store_add_intent(store, campaign, &intent);
    code = store_commit(store, &err);
    if (!code)
        run->acknowledged = records[RECORDS - 1].seq;
    return code;
}

static int enter_plan(struct store *store, struct outcome_of_run *run)
{
    struct slipway_error err = {""};
    auto_plan struct plan *plan = shape_plan(&few);
    auto_free char *json = plan_to_json(plan);
    int64_t id = 0;
    int code = store_begin(store, &err);
    if (!code) {
        (void)store_create_campaign(store, plan, json, 7, 5000, "olga", &id);
        code = store_commit(store, &err);
    }
    if (!code)
        run->campaign = id;
    return code;
}

/* A short life of an owner, on a disk that fails at operation `fail_at`. After a failure
   it goes on asking, as nobody should: nothing of that may be kept. */
static struct outcome_of_run live(struct nest *nest, int64_t fail_at, bool for_ever,
                                  enum power_fault fault)
{
    struct outcome_of_run run = {0};
    power_disk.operations = 0;
    power_disk.fail_at = fail_at;
    power_disk.fail_for_ever = for_ever;
    power_disk.fault = fault;
    run.code = store_create(nest->dir, &nest->err);
    if (!run.code)
        run.code = store_open_owner(nest->dir, "slipway run", &nest->store, &nest->err);
    if (!run.code)
        run.code = enter_plan(nest->store, &run);
    for (int i = 0; !run.code && i < TRANSACTIONS; i++) {
        run.code = add_transaction(nest->store, run.campaign, i, &run);
        if (i == TRANSACTIONS / 2 && !run.code)
            (void)store_checkpoint(nest->store, &nest->err);
    }
    if (run.code && nest->store && run.campaign) {
        assert_true(store_poisoned(nest->store));
        int64_t before = run.acknowledged;
        assert_int_equal(add_transaction(nest->store, run.campaign, 99, &run), run.code);
        assert_int_equal(run.acknowledged, before);
    }
    run.operations = power_disk.operations;
    return run;
}

static int count_one(void *data, const struct store_intent *intent)
{
    (void)intent;
    ++*(int64_t *)data;
    return 0;
}

/* With an ordinary disk again. */
static void assert_whole(struct nest *nest, const struct outcome_of_run *run)
{
    struct store_chain chain = {0};
    int64_t intents = 0;
    int code = store_open_owner(nest->dir, "slipway resume", &nest->store, &nest->err);
    if (code && !run->campaign)
        return; /* it had not promised anything yet */
    OK(nest, code);
    OK(nest, store_integrity_check(nest->store, &nest->err));
    auto_store_campaign struct store_campaign found = {0};
    code = store_find_campaign(nest->store, NULL, &found, &nest->err);
    if (code == STORE_NO_SUCH) {
        assert_int_equal(run->campaign, 0);
        nest_close(nest);
        return;
    }
    OK(nest, code);
    OK(nest, store_verify_chain(nest->store, found.id, &chain, &nest->err));
    OK(nest, store_open_intents(nest->store, found.id, count_one, &intents, &nest->err));
    assert_int_equal(chain.bad_seq, 0);
    assert_true(chain.records >= run->acknowledged);
    assert_true(chain.records <= run->acknowledged + RECORDS);
    assert_int_equal(chain.records % RECORDS, 0);
    assert_int_equal(chain.records / RECORDS, intents);
    nest_close(nest);
}

static int64_t count_operations(void)
{
    void *state = NULL;
    (void)nest_create(&state);
    power_install();
    struct outcome_of_run run = live(state, 0, false, POWER_GOOD);
    nest_close(state);
    power_clear();
    assert_whole(state, &run);
    assert_int_equal(run.acknowledged, TRANSACTIONS * RECORDS);
    (void)nest_destroy(&state);
    return run.operations;
}

static bool is_long(void)
{
    const char *wish = getenv("LONG");
    return wish && *wish == '1';
}

/* The store is left open as a dead process leaves it: forked, killed, then the cut. */
static void cut_at(int64_t operation, uint64_t seed)
{
    void *state = NULL;
    (void)nest_create(&state);
    struct nest *nest = state;
    power_install();
    struct outcome_of_run run = live(nest, operation, true, POWER_FULL);
    nest_close(nest); /* closes without another write: the disk is gone */
    assert_int_equal(power_cut(seed), 0);
    power_clear();
    auto_free char *shared = xasprintf("%s-shm", nest->path);
    (void)unlink(shared);
    assert_whole(nest, &run);
    (void)nest_destroy(&state);
}

static void no_power_cut_loses_what_was_acknowledged(void **state)
{
    (void)state;
    int64_t operations = count_operations();
    uint64_t seeds = is_long() ? SEEDS_LONG : SEEDS;
    assert_true(operations > 40);
    for (int64_t at = 1; at <= operations; at += is_long() ? 1 : STRIDE) {
        for (uint64_t seed = 0; seed < seeds; seed++)
            cut_at(at, seed * 1000 + (uint64_t)at);
    }
}

static void fail_at(int64_t operation, bool for_ever, enum power_fault fault)
{
    void *state = NULL;
    (void)nest_create(&state);
    struct nest *nest = state;
    power_install();
    struct outcome_of_run run = live(nest, operation, for_ever, fault);
    nest_close(nest);
    power_clear();
    assert_whole(nest, &run);
    (void)nest_destroy(&state);
}

static void no_failing_write_or_sync_is_overlooked(void **state)
{
    (void)state;
    int64_t operations = count_operations();
    for (int64_t at = 1; at <= operations; at += is_long() ? 1 : STRIDE) {
        fail_at(at, false, POWER_WRITE_FAILS);
        fail_at(at, true, POWER_WRITE_FAILS);
        fail_at(at, false, POWER_SYNC_FAILS);
        fail_at(at, true, POWER_SYNC_FAILS);
        fail_at(at, false, POWER_FULL);
    }
}

/* The disk itself: without a sync nothing is promised, and the cut does take it. A test
   on a disk that keeps everything would prove nothing. */
static void the_disk_does_forget(void **state)
{
    (void)state;
    int lost = 0, torn = 0;
    power_install();
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct power_disk_file f = {0};
        uint8_t *bytes = xmalloc(4096);
        memset(bytes, 'x', 4096);
        *vec_push(f.pending, f.pending_count, f.pending_room) =
            (struct power_write){0, 4096, bytes};
        power_disk.random = seed;
        power_cut_file(&f);
        lost += f.kept.length == 0;
        torn += f.kept.length > 0 && f.kept.length < 4096;
        free(f.pending);
        buf_free(&f.kept);
    }
    power_clear();
    assert_true(lost > 3);
    assert_true(torn > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_disk_does_forget),
        cmocka_unit_test(no_power_cut_loses_what_was_acknowledged),
        cmocka_unit_test(no_failing_write_or_sync_is_overlooked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
