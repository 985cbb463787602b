/*
 * test_speed.c - how long it takes with 10,000 targets. It prints and promises
 * nothing: machines differ. SLIPWAY_SPEED=10 multiplies the number of records.
 */
#include <time.h>

#include "store/internal.h"
#include "support.h"

#define TARGETS 10000

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct plan_shape large = {
    .targets = TARGETS,
    .waves = {5, 95, 900, 9000},
    .budgets = {0, 2, 5, 20},
    .soak_ms = 600000,
    .in_flight = 1000,
    .budget = 30,
    .sites = 40,
    .site_max = 300,
    .manager_max = 800,
};

static long scale(void)
{
    const char *wanted = getenv("SLIPWAY_SPEED");
    long value = wanted ? strtol(wanted, NULL, 10) : 1;
    return value > 0 && value <= 100 ? value : 1;
}

static struct record step_record(int target, int64_t at_ms)
{
    struct record r = note(at_ms, target, "the job is running; next look in 15s");
    r.kind = RECORD_STEP;
    r.from = STEP_ISSUED;
    r.event = STEP_PENDING;
    r.to = STEP_RUNNING;
    r.activity = ACTIVITY_STEP;
    r.index = 1;
    r.moment = MOMENT_BEFORE;
    r.intent = at_ms;
    r.detail =
        (char *)(uintptr_t) "{\"job\":\"c.vc-0001.upgrade.0.1\",\"boot\":\"7d2f\"}";
    return r;
}

static void append_many(struct nest *nest, int64_t campaign, long count, int group)
{
    struct record records[1000];
    double start = now_s();
    for (long done = 0; done < count; done += group) {
        for (int i = 0; i < group; i++)
            records[i] = step_record((int)((done + i) % TARGETS), done + i);
        begin(nest);
        (void)store_append(nest->store, campaign, records, (size_t)group);
        commit(nest);
    }
    print_message("%ld records, %d a transaction: %.0f a second\n", count, group,
                  (double)count / (now_s() - start));
}

static void save_rows(struct nest *nest, struct world *w, int64_t campaign)
{
    double start = now_s();
    begin(nest);
    for (int i = 0; i < TARGETS; i++)
        (void)store_save_target(nest->store, campaign, w->plan, engine_state(w->engine),
                                i);
    commit(nest);
    print_message("%d target rows in one transaction: %.0f ms\n", TARGETS,
                  (now_s() - start) * 1e3);
}

static int count_record(void *data, const struct record *record)
{
    (void)record;
    ++*(long *)data;
    return 0;
}

static void replay_all(struct nest *nest, int64_t campaign)
{
    long count = 0;
    double start = now_s();
    OK(nest, store_replay(nest->store, campaign, 1, count_record, &count, &nest->err));
    print_message("replay of %ld records: %.0f ms\n", count, (now_s() - start) * 1e3);
    struct store_chain chain;
    start = now_s();
    OK(nest, store_verify_chain(nest->store, campaign, &chain, &nest->err));
    print_message("their chain: %.0f ms\n", (now_s() - start) * 1e3);
    assert_int_equal(chain.records, count);
}

static int no_event(void *data, const struct store_event *event)
{
    (void)event;
    ++*(int *)data;
    return 0;
}

static int no_target(void *data, const struct store_target *target)
{
    (void)target;
    ++*(int *)data;
    return 0;
}

/* As `slipway status` and `slipway why` do it: in a process of their own. */
static void ask_in_a_fresh_process(struct nest *nest, int64_t campaign)
{
    struct store *reader = NULL;
    struct store_status status = {0};
    struct store_facts facts = {0};
    int seen = 0;
    double start = now_s();
    OK(nest, store_open_reader(nest->dir, &reader, &nest->err));
    print_message("open: %.1f ms\n", (now_s() - start) * 1e3);
    OK(nest, store_status(reader, campaign, 1000, &status, &nest->err));
    print_message("open and status: %.1f ms\n", (now_s() - start) * 1e3);
    OK(nest,
       store_admission_facts(reader, campaign, "vc-9000", 1000, &facts, &nest->err));
    print_message("open, status and facts: %.1f ms\n", (now_s() - start) * 1e3);
    struct store_target_filter newest = {.wave = -1,
                                         .after = -1,
                                         .states = 1u << TARGET_PENDING,
                                         .order = STORE_NEWEST_FIRST,
                                         .limit = 20};
    start = now_s();
    OK(nest, store_targets(reader, campaign, &newest, no_target, &seen, &nest->err));
    print_message("newest 20 of %d in one state: %.1f ms\n", TARGETS,
                  (now_s() - start) * 1e3);
    struct store_event_filter of_one = STORE_ANY_EVENT;
    of_one.target = 7;
    start = now_s();
    OK(nest, store_events(reader, campaign, &of_one, no_event, &seen, &nest->err));
    print_message("events of one target: %.1f ms\n", (now_s() - start) * 1e3);
    store_status_clear(&status);
    store_facts_clear(&facts);
    store_close(reader);
}

static void ten_thousand_targets(void **state)
{
    struct nest *nest = *state;
    struct world *w = world_create(&large, 1);
    double start = now_s();
    int64_t campaign = enter(nest, w->plan);
    print_message("entering the plan: %.0f ms\n", (now_s() - start) * 1e3);
    append_many(nest, campaign, 100 * scale(), 1);
    append_many(nest, campaign, 2000 * scale(), 10);
    append_many(nest, campaign, 30000 * scale(), 1000);
    save_rows(nest, w, campaign);
    replay_all(nest, campaign);
    pid_t child = fork();
    if (!child) {
        ask_in_a_fresh_process(nest, campaign);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    nest_close(nest);
    start = now_s();
    nest_open(nest);
    print_message("opening as owner, with quick_check: %.0f ms\n",
                  (now_s() - start) * 1e3);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ten_thousand_targets, nest_with_store,
                                        nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
