/*
 * test_crash.c - killed in the middle of commits, and out of disk: what was
 * acknowledged is there, what was not is not half there, and nothing goes on.
 */
#include <errno.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>

#include "store/internal.h"
#include "support.h"

#define ROUNDS          30
#define RECORDS_A_ROUND 3 /* records of one transaction, with one intent */

static struct store_intent intent_of(int64_t id, char key[32])
{
    (void)snprintf(key, 32, "key-%lld", (long long)id);
    return (struct store_intent){.id = id,
                                 .activity = ACTIVITY_STEP,
                                 .step = "upgrade1",
                                 .use = "ssh.job",
                                 .repeat = SLIPWAY_OPAQUE,
                                 .key = key,
                                 .fingerprint = "",
                                 .with = "{}",
                                 .issued_ms = id};
}

/* One transaction: its number comes back, or the code of what failed. */
static int one_transaction(struct store *store, int64_t campaign, int64_t *done,
                           struct slipway_error *err)
{
    char key[32], filler[700];
    memset(filler, 'f', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    struct record records[RECORDS_A_ROUND];
    for (int i = 0; i < RECORDS_A_ROUND; i++)
        records[i] = note(1000 + i, 0, filler);
    int code = store_begin(store, err);
    if (code)
        return code;
    (void)store_append(store, campaign, records, RECORDS_A_ROUND);
    struct store_intent intent = intent_of(records[0].seq, key);
    (void)store_add_intent(store, campaign, &intent);
    code = store_commit(store, err);
    if (!code)
        *done = records[RECORDS_A_ROUND - 1].seq;
    return code;
}

static void write_for_ever(struct nest *nest, int64_t campaign, int acknowledge)
{
    struct store *store = NULL;
    int64_t done = 0;
    if (store_open_owner(nest->dir, "slipway run", &store, &nest->err))
        _exit(2);
    while (!one_transaction(store, campaign, &done, &nest->err)) {
        if (write(acknowledge, &done, sizeof done) != sizeof done)
            _exit(3);
    }
    _exit(4);
}

static int64_t last_acknowledged(int fd, int64_t last)
{
    int64_t done;
    while (read(fd, &done, sizeof done) == sizeof done)
        last = done;
    return last;
}

static int count_intent(void *data, const struct store_intent *intent)
{
    (void)intent;
    ++*(int64_t *)data;
    return 0;
}

static int64_t check_whole(struct nest *nest, int64_t campaign)
{
    struct store_chain chain;
    int64_t intents = 0;
    nest_open(nest);
    OK(nest, store_verify_chain(nest->store, campaign, &chain, &nest->err));
    OK(nest,
       store_open_intents(nest->store, campaign, count_intent, &intents, &nest->err));
    assert_int_equal(chain.bad_seq, 0);
    assert_int_equal(chain.records % RECORDS_A_ROUND, 0); /* all of it or nothing */
    assert_int_equal(chain.records / RECORDS_A_ROUND, intents);
    nest_close(nest);
    return chain.records;
}

static void a_kill_at_any_moment_loses_nothing_acknowledged(void **state)
{
    struct nest *nest = *state;
    int64_t campaign = enter_few(nest), acknowledged = 0;
    unsigned random = 12345;
    nest_close(nest);
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (!child) {
            (void)close(ends[0]);
            write_for_ever(nest, campaign, ends[1]);
        }
        (void)close(ends[1]);
        random = random * 1103515245u + 12345u;
        struct timespec pause = {.tv_nsec = (long)(2 + random / 65536 % 60) * 1000000};
        struct pollfd first = {.fd = ends[0], .events = POLLIN};
        if (round % 3) /* else it may die before its first commit, or while opening */
            (void)poll(&first, 1, 20000);
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        acknowledged = last_acknowledged(ends[0], acknowledged);
        (void)close(ends[0]);
        assert_true(check_whole(nest, campaign) >= acknowledged);
    }
    assert_true(acknowledged > ROUNDS * RECORDS_A_ROUND);
}

/* ---- no room ---- */

/* What a process does whose disk is full: 0 if it behaved. */
static int meet_a_full_disk(struct nest *nest, int64_t campaign, int64_t *done)
{
    struct slipway_error err = {""}, again = {""};
    struct store *store = nest->store;
    int code = STORE_OK;
    for (int i = 0; i < 20000 && !code; i++)
        code = one_transaction(store, campaign, done, &err);
    auto_free char *ballast = xasprintf("%s/ballast", nest->dir);
    auto_store_campaign struct store_campaign c = {0};
    if (code != STORE_FULL || !strstr(err.text, "no room left"))
        return 10;
    if (!store_poisoned(store) || store_has_reserve(store) || !access(ballast, F_OK))
        return 11;
    if (store_begin(store, &again) != STORE_FULL || strcmp(again.text, err.text) != 0)
        return 12;
    if (store_find_campaign(store, NULL, &c, &again) || c.last_seq != *done)
        return 13; /* reading goes on, and shows only what was committed */
    return 0;
}

static void a_file_that_may_not_grow_stops_the_owner(void **state)
{
    struct nest *nest = *state;
    int64_t campaign = enter_few(nest), done = 0;
    int ends[2];
    nest_close(nest);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        struct rlimit limit = {3 << 20, 3 << 20};
        (void)signal(SIGXFSZ, SIG_IGN);
        nest_open(nest);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        int code = meet_a_full_disk(nest, campaign, &done);
        if (write(ends[1], &done, sizeof done) != sizeof done)
            code = 1;
        _exit(code);
    }
    int status = 0;
    assert_int_equal(read(ends[0], &done, sizeof done), sizeof done);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_true(done > 0);
    assert_int_equal(check_whole(nest, campaign), done);
}

static void a_full_disk_leaves_room_for_the_last_words(void **state)
{
    struct nest *nest = *state;
    assert_int_equal(mkdir(nest->dir, 0700), 0);
    if (mount("none", nest->dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=9m,mode=0700"))
        skip(); /* only root may, and not in every container */
    OK(nest, store_create(nest->dir, &nest->err));
    nest_open(nest);
    assert_true(store_has_reserve(nest->store));
    int64_t campaign = enter_few(nest), done = 0;
    int code = meet_a_full_disk(nest, campaign, &done);
    nest_close(nest);
    if (!code) {
        nest_open(nest); /* no ballast now: too little room to put it aside again */
        code = store_has_reserve(nest->store) ? 20 : 0;
        for (int i = 0; i < 20 && !code; i++)
            code = one_transaction(nest->store, campaign, &done, &nest->err);
        nest_close(nest);
    }
    int64_t records = code ? 0 : check_whole(nest, campaign);
    assert_int_equal(umount(nest->dir), 0);
    assert_int_equal(code, 0);
    assert_int_equal(records, done);
}

#define WITH(test)    cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)
#define WITHOUT(test) cmocka_unit_test_setup_teardown(test, nest_create, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_kill_at_any_moment_loses_nothing_acknowledged),
        WITH(a_file_that_may_not_grow_stops_the_owner),
        WITHOUT(a_full_disk_leaves_room_for_the_last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
