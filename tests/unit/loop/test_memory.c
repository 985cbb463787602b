/*
 * test_memory.c - memory runs out: at any allocation of SQLite, once and for ever, and at
 * any allocation of slipway itself. SQLite's end in a sentence, slipway's own in the
 * death of the process; whoever comes next finds a record that is whole and ends the
 * campaign as if there had been memory enough.
 *
 * The allocator of SQLite is replaced by one that fails when told to. slipway's own
 * (util/xalloc.h) is replaced by the functions below, which die where the real ones
 * abort; jansson allocates through them.
 *
 *   LONG=1: every 13th allocation; otherwise some hundred places
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "lives.h"

#define EXIT_NO_MEMORY 98
#define PLACES         20 /* of each campaign, allocator and kind */
#define STRIDE_LONG    13

enum allocator { OF_SQLITE_ONCE, OF_SQLITE_FOR_EVER, OF_SLIPWAY, ALLOCATORS };
static const char *const allocator_names[ALLOCATORS] = {
    "SQLite's, once", "SQLite's, for ever", "slipway's own"};

struct shortage {
    enum allocator of;
    int64_t at; /* 0: never */
};

/* Of this process; the counts stand in shared memory, for who reads them after it. */
static struct shortage now;
static struct {
    int64_t sqlite, own;
} * counts;

/* ---- SQLite's ---- */

static sqlite3_mem_methods real;

static bool sqlite_runs_short(void)
{
    counts->sqlite++;
    return (now.of == OF_SQLITE_ONCE && counts->sqlite == now.at) ||
           (now.of == OF_SQLITE_FOR_EVER && now.at && counts->sqlite >= now.at);
}

static void *short_malloc(int size)
{
    return sqlite_runs_short() ? NULL : real.xMalloc(size);
}

static void *short_realloc(void *old, int size)
{
    return sqlite_runs_short() ? NULL : real.xRealloc(old, size);
}

static void install_sqlite(void)
{
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    sqlite3_mem_methods wrapped = real;
    wrapped.xMalloc = short_malloc;
    wrapped.xRealloc = short_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &wrapped), SQLITE_OK);
}

/* ---- slipway's own, instead of util/xalloc.c ---- */

void out_of_memory(void)
{
    _exit(EXIT_NO_MEMORY); /* as abort() would: nothing is tidied up */
}

static void *own(void *p)
{
    counts->own++;
    if (!p || (now.of == OF_SLIPWAY && counts->own == now.at))
        out_of_memory();
    return p;
}

void *xmalloc(size_t size)
{
    return own(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return own(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    return own(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return own(strdup(text));
}

char *xstrdup_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
    return own(strndup(text, length));
}

char *xvasprintf(const char *format, va_list args)
{
    char *out = NULL;
    return own(vasprintf(&out, format, args) < 0 ? NULL : out);
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = xvasprintf(format, args);
    va_end(args);
    return out;
}

void xreplace(char **slot, const char *text)
{
    char *copy = xstrdup_null(text);
    free(*slot);
    *slot = copy;
}

/* ---- what may never be, whoever ran short ---- */

/* Whatever an appliance was asked to do has its committed intent. */
static void assert_intents(const struct bench *b)
{
    auto_free char *path = xasprintf("%s/slipway.db", b->dir);
    sqlite3 *db = NULL;
    sqlite3_stmt *find = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT 1 FROM intent WHERE key=?1", -1, &find, NULL),
        SQLITE_OK);
    for (int i = 0; i < b->world->issued_count; i++) {
        (void)sqlite3_bind_text(find, 1, b->world->issued[i], -1, SQLITE_STATIC);
        if (sqlite3_step(find) != SQLITE_ROW)
            fail_msg("%s was issued without an intent", b->world->issued[i]);
        (void)sqlite3_reset(find);
    }
    (void)sqlite3_finalize(find);
    (void)sqlite3_close(db);
}

/* ---- a campaign: one succeeds, one is put back ---- */

static void run_short(void *data)
{
    counts->sqlite = counts->own = 0;
    now = *(const struct shortage *)data;
}

struct tally {
    int cases, survived, stopped, died;
};

/* One runs short at that place, the next one not. */
static void one_shortage(const struct story *story, const struct shortage *shortage,
                         const char *expected, struct tally *tally)
{
    struct bench b;
    struct shortage plenty = {OF_SLIPWAY, 0};
    auto_buf struct buf got = {0};
    bench_open(&b, story);
    int code = run_life(&b, run_short, (void *)(uintptr_t)shortage);
    if (code == LIFE_KILLED || (shortage->of == OF_SLIPWAY && code != EXIT_NO_MEMORY))
        fail_msg("%s, %s allocation %lld: ended with %d", story->name,
                 allocator_names[shortage->of], (long long)shortage->at, code);
    if (code && code != EXIT_NO_MEMORY && !*b.world->stopped.text)
        fail_msg("%s, %s allocation %lld: stopped without a word", story->name,
                 allocator_names[shortage->of], (long long)shortage->at);
    assert_intents(&b);
    tally->cases++;
    tally->survived += code == 0;
    tally->died += code == EXIT_NO_MEMORY;
    tally->stopped += code != 0 && code != EXIT_NO_MEMORY;
    if (code)
        code = run_life(&b, run_short, &plenty);
    if (code)
        fail_msg("%s, %s allocation %lld: the one after ended with %d: %s", story->name,
                 allocator_names[shortage->of], (long long)shortage->at, code,
                 b.world->stopped.text);
    describe_store(&b, &got);
    describe(&b, false, &got);
    if (strcmp(buf_text(&got), expected) != 0)
        fail_msg("%s, %s allocation %lld: got %s\nwanted %s", story->name,
                 allocator_names[shortage->of], (long long)shortage->at, buf_text(&got),
                 expected);
    assert_intents(&b);
    bench_close(&b);
}

static int64_t stride_of(int64_t allocations)
{
    const char *wish = getenv("LONG");
    if (wish && !strcmp(wish, "1"))
        return STRIDE_LONG;
    return allocations / PLACES + 1;
}

static void every_shortage_ends_as_if_it_had_not_been(const struct story *story)
{
    struct bench b;
    struct shortage plenty = {OF_SLIPWAY, 0};
    auto_buf struct buf expected = {0};
    bench_open(&b, story);
    assert_int_equal(run_life(&b, run_short, &plenty), 0);
    int64_t allocations[] = {counts->sqlite, counts->sqlite, counts->own};
    describe_store(&b, &expected);
    describe(&b, false, &expected);
    bench_close(&b);
    for (int of = 0; of < ALLOCATORS; of++) {
        struct tally tally = {0};
        int64_t stride = stride_of(allocations[of]);
        assert_true(allocations[of] > 1000);
        for (int64_t at = 1 + of; at <= allocations[of]; at += stride)
            one_shortage(story, &(struct shortage){(enum allocator)of, at},
                         buf_text(&expected), &tally);
        print_message("%s, %s: %d of %lld places: %d survived, %d stopped, %d died\n",
                      story->name, allocator_names[of], tally.cases,
                      (long long)allocations[of], tally.survived, tally.stopped,
                      tally.died);
    }
}

static void one_is_put_back(void **state)
{
    (void)state;
    static const struct story story = {.name = "one is put back",
                                       .shape = {.targets = 2,
                                                 .waves = {2},
                                                 .in_flight = 2,
                                                 .budget = 2,
                                                 .budgets = {2},
                                                 .change_steps = 2,
                                                 .soak_ms = 1000},
                                       .sick = 2,
                                       .chained = true};
    every_shortage_ends_as_if_it_had_not_been(&story);
}

/* ---- a transaction that SQLite gives up by itself ---- */

static int ignore_result(void *data, const struct store_result_row *row)
{
    *(int *)data += row->json != NULL;
    return 0;
}

/* One intent with its record, and between them a read that runs short. */
static int write_around_a_read(struct store *store, int64_t campaign, int64_t at)
{
    struct slipway_error err = {""};
    int results = 0;
    struct record note = {.kind = RECORD_COMMAND,
                          .target = -1,
                          .seq = 1,
                          .at_ms = 2000,
                          .text = (char *)(uintptr_t) "before"};
    struct store_intent intent = {.id = 1,
                                  .activity = ACTIVITY_STEP,
                                  .step = "upgrade1",
                                  .use = "ssh.job",
                                  .repeat = SLIPWAY_RECONCILABLE,
                                  .key = "key-1",
                                  .fingerprint = "",
                                  .with = "{}",
                                  .issued_ms = 1};
    assert_int_equal(store_begin(store, &err), STORE_OK);
    (void)store_append(store, campaign, &note, 1);
    counts->sqlite = 0;
    now = (struct shortage){OF_SQLITE_ONCE, at};
    (void)store_results(store, campaign, 0, ignore_result, &results, &err);
    now = (struct shortage){OF_SQLITE_ONCE, 0};
    (void)store_add_intent(store, campaign, &intent);
    return store_commit(store, &err);
}

static int64_t count_rows(const struct bench *b, const char *table)
{
    auto_free char *path = xasprintf("%s/slipway.db", b->dir);
    auto_free char *text = xasprintf("SELECT count(*) FROM %s", table);
    sqlite3 *db = NULL;
    sqlite3_stmt *count = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &count, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    int64_t rows = sqlite3_column_int64(count, 0);
    (void)sqlite3_finalize(count);
    (void)sqlite3_close(db);
    return rows;
}

/* It rolls back when a read runs out of memory; what is written after that would stand
   alone, and be there twice for whoever comes next. */
static void a_transaction_that_was_given_up_takes_all_of_it_along(void **state)
{
    (void)state;
    static const struct story story = {
        .name = "given up", .shape = {.targets = 1, .waves = {1}, .budgets = {1}}};
    int failed = 0;
    for (int64_t at = 1; at <= 12; at++) {
        struct bench b;
        struct slipway_error err = {""};
        bench_open(&b, &story);
        struct store *store = NULL;
        assert_int_equal(store_open_owner(b.dir, "test", &store, &err), STORE_OK);
        int64_t records = count_rows(&b, "event");
        int code = write_around_a_read(store, b.campaign, at);
        assert_int_equal(count_rows(&b, "intent"), code ? 0 : 1);
        assert_int_equal(count_rows(&b, "event"), records + (code ? 0 : 1));
        failed += code != STORE_OK;
        store_close(store);
        bench_close(&b);
    }
    assert_true(failed > 0);
}

int main(void)
{
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(counts != MAP_FAILED);
    install_sqlite();
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_that_was_given_up_takes_all_of_it_along),
        cmocka_unit_test(one_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
