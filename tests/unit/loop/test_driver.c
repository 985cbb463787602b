/*
 * test_driver.c - persist, then act: the driver on a real store with an executor
 * that looks into the database, through another connection, at the very moment
 * it is handed a call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "loop/clock.h"
#include "loop/driver.h"
#include "store/query.h"
#include "util/auto.h"
#include "util/json.h"
#include "world.h"

/* ---- an executor that keeps what it is given ---- */

struct witness {
    struct executor base;
    const char *dir;
    int64_t campaign;
    struct exec_request *requests;
    size_t count, room;
    struct exec_result *answers;
    size_t answer_count, answer_room;
    int fd;
    int effects,
        unprotected; /* effects handed over, and those without a committed intent */
};

struct looking {
    const char *key;
    bool found;
};

static int look_for_key(void *data, const struct store_intent *intent)
{
    struct looking *looking = data;
    looking->found = looking->found || !strcmp(intent->key, looking->key);
    return 0;
}

/* Is the intent durable, seen by somebody else? */
static bool is_committed(const struct witness *w, const char *key)
{
    auto_store struct store *reader = NULL;
    struct slipway_error err = {""};
    struct looking looking = {.key = key};
    assert_int_equal(store_open_reader(w->dir, &reader, &err), STORE_OK);
    assert_int_equal(
        store_open_intents(reader, w->campaign, look_for_key, &looking, &err), STORE_OK);
    return looking.found;
}

static void witness_submit(struct executor *executor, struct exec_request *request)
{
    struct witness *w = (struct witness *)executor;
    if (request->repeat != SLIPWAY_READ && request->verb == EXEC_START) {
        w->effects++;
        w->unprotected += !is_committed(w, request->key);
    }
    *vec_push(w->requests, w->count, w->room) = *request;
    *request = (struct exec_request){0};
}

static void witness_cancel(struct executor *executor, int64_t intent)
{
    (void)executor;
    (void)intent;
}

static size_t witness_collect(struct executor *executor, struct exec_result *out,
                              size_t max)
{
    struct witness *w = (struct witness *)executor;
    size_t count = w->answer_count < max ? w->answer_count : max;
    if (!count)
        return 0;
    memcpy(out, w->answers, count * sizeof *out);
    memmove(w->answers, w->answers + count, (w->answer_count - count) * sizeof *out);
    w->answer_count -= count;
    return count;
}

static size_t witness_progress(struct executor *executor, struct exec_progress *out,
                               size_t max)
{
    (void)executor;
    (void)out;
    (void)max;
    return 0;
}

static size_t witness_busy(struct executor *executor)
{
    struct witness *w = (struct witness *)executor;
    return w->count + w->answer_count;
}

static int witness_fd(struct executor *executor)
{
    return ((struct witness *)executor)->fd;
}

static void witness_stop(struct executor *executor, int64_t deadline_ms)
{
    (void)executor;
    (void)deadline_ms;
}

static const struct executor_ops witness_ops = {
    .submit = witness_submit,
    .cancel = witness_cancel,
    .collect = witness_collect,
    .progress = witness_progress,
    .busy = witness_busy,
    .fd = witness_fd,
    .stop = witness_stop,
    .destroy = NULL,
};

/* Answer one held request as a healthy appliance and manager would. */
static void answer(struct witness *w, size_t at)
{
    struct exec_request *request = &w->requests[at];
    struct exec_result result = {
        .intent = request->intent,
        .verb = request->verb,
        .outcome = SLIPWAY_DONE,
        .probe = SLIPWAY_PROBE_NOT_STARTED,
        .result = xstrdup("{\"snapshot\":\"snapshot-1\",\"rc\":0}"),
        .sentence = xstrdup(""),
        .verdict = EXEC_EXPECT_TRUE,
        .value = xstrdup(!strcmp(request->use, "vsphere.snapshot_create") ? "snapshot-1"
                                                                          : "1.0"),
    };
    *vec_push(w->answers, w->answer_count, w->answer_room) = result;
    exec_request_free(request);
    memmove(request, request + 1, (w->count - at - 1) * sizeof *request);
    w->count--;
}

/* It began, and goes on under this handle. */
static void answer_pending(struct witness *w, size_t at, const char *handle)
{
    answer(w, at);
    struct exec_result *result = &w->answers[w->answer_count - 1];
    result->outcome = SLIPWAY_PENDING;
    result->handle = xstrdup(handle);
}

/* ---- a state directory of its own ---- */

struct fixture {
    char dir[64];
    struct plan *plan;
    char *json;
    struct store *store;
    int64_t campaign;
    struct driver *driver;
    struct witness witness;
};

static void remove_dir(const char *dir)
{
    DIR *handle = opendir(dir);
    for (struct dirent *entry; handle && (entry = readdir(handle));)
        (void)unlinkat(dirfd(handle), entry->d_name, 0);
    if (handle)
        (void)closedir(handle);
    (void)rmdir(dir);
}

static void reopen(struct fixture *f)
{
    struct slipway_error err = {""};
    assert_int_equal(store_open_owner(f->dir, "test", &f->store, &err), STORE_OK);
    assert_int_equal(driver_open(f->store, f->campaign, &f->driver, &err), STORE_OK);
    driver_attach(f->driver, &f->witness.base, NULL);
    assert_int_equal(driver_take_over(f->driver, "olga", &err), 0);
}

static void enter(struct fixture *f)
{
    struct slipway_error err = {""};
    assert_int_equal(store_create(f->dir, &err), STORE_OK);
    assert_int_equal(store_open_owner(f->dir, "test", &f->store, &err), STORE_OK);
    assert_int_equal(store_begin(f->store, &err), STORE_OK);
    (void)store_create_campaign(f->store, f->plan, f->json, 1, 1000, "olga",
                                &f->campaign);
    assert_int_equal(store_commit(f->store, &err), STORE_OK);
    store_close(f->store);
    f->witness.campaign = f->campaign;
}

static int set_up(void **state)
{
    static const struct plan_shape shape = {
        .targets = 5, .waves = {2, 3}, .in_flight = 3, .budget = 5, .budgets = {2, 3}};
    struct fixture *f = xcalloc(1, sizeof *f);
    json_init();
    (void)snprintf(f->dir, sizeof f->dir, "%s/slipway-driver-XXXXXX",
                   getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->plan = shape_plan(&shape);
    /* the answers of the model are done at once: no check asks for a second look */
    for (size_t i = 0; i < f->plan->playbook.check_count; i++)
        f->plan->playbook.checks[i].stable = 1;
    f->json = plan_to_json(f->plan);
    f->witness.base.ops = &witness_ops;
    f->witness.dir = f->dir;
    f->witness.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enter(f);
    reopen(f);
    *state = f;
    return 0;
}

static void close_driver(struct fixture *f)
{
    driver_close(f->driver);
    store_close(f->store);
    f->driver = NULL;
    f->store = NULL;
}

static void drop_requests(struct witness *w)
{
    for (size_t i = 0; i < w->count; i++)
        exec_request_free(&w->requests[i]);
    for (size_t i = 0; i < w->answer_count; i++)
        exec_result_free(&w->answers[i]);
    w->count = w->answer_count = 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    close_driver(f);
    drop_requests(&f->witness);
    free(f->witness.requests);
    free(f->witness.answers);
    (void)close(f->witness.fd);
    plan_free(f->plan);
    free(f->json);
    remove_dir(f->dir);
    free(f);
    return 0;
}

static void run_until(struct fixture *f, bool (*done)(const struct fixture *))
{
    struct slipway_error err = {""};
    for (int i = 0; i < 2000 && !done(f); i++) {
        if (f->witness.count)
            answer(&f->witness, 0);
        assert_int_equal(driver_turn(f->driver, &err), 0);
    }
    assert_true(done(f));
}

static bool is_completed(const struct fixture *f)
{
    return engine_state(driver_engine(f->driver))->campaign == CAMPAIGN_COMPLETED;
}

static bool is_changing(const struct fixture *f)
{
    const struct engine_state *s = engine_state(driver_engine(f->driver));
    for (size_t i = 0; i < f->witness.count; i++) {
        if (!strcmp(f->witness.requests[i].use, "ssh.job"))
            return s->count_by_state[TARGET_CHANGING] > 0;
    }
    return false;
}

/* ---- stories ---- */

static void every_effect_has_a_committed_intent(void **state)
{
    struct fixture *f = *state;
    run_until(f, is_completed);
    assert_int_equal(f->witness.unprotected, 0);
    /* snapshot, update and removal on each of five */
    assert_int_equal(f->witness.effects, 15);
}

static void after_a_crash_it_asks_before_it_acts(void **state)
{
    struct fixture *f = *state;
    run_until(f, is_changing);
    char *key = NULL;
    for (size_t i = 0; i < f->witness.count && !key; i++) {
        if (!strcmp(f->witness.requests[i].use, "ssh.job"))
            key = xstrdup(f->witness.requests[i].key);
    }
    close_driver(f); /* nothing is answered: as if killed */
    drop_requests(&f->witness);
    reopen(f);
    int probes = 0, starts = 0;
    for (size_t i = 0; i < f->witness.count; i++) {
        if (strcmp(f->witness.requests[i].key, key) != 0)
            continue;
        probes += f->witness.requests[i].verb == EXEC_PROBE;
        starts += f->witness.requests[i].verb == EXEC_START;
    }
    assert_int_equal(probes, 1);
    assert_int_equal(starts, 0);
    free(key);
}

/* The first held request with this operation and verb; NULL if there is none. */
static struct exec_request *held(struct fixture *f, const char *use, enum exec_verb verb)
{
    for (size_t i = 0; i < f->witness.count; i++) {
        if (!strcmp(f->witness.requests[i].use, use) &&
            f->witness.requests[i].verb == verb)
            return &f->witness.requests[i];
    }
    return NULL;
}

/* A launch may come through after its probe saw nothing: the repetition must be the
   same job there, and another intent here. */
static void what_never_began_is_launched_again_under_its_key(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    run_until(f, is_changing);
    auto_free char *key = xstrdup(held(f, "ssh.job", EXEC_START)->key);
    close_driver(f);
    drop_requests(&f->witness);
    reopen(f);
    while (!held(f, "ssh.job", EXEC_START)) { /* until the doubt has settled */
        if (f->witness.count)
            answer(&f->witness, 0); /* probes: it never began */
        else
            (void)usleep(20000);
        assert_int_equal(driver_turn(f->driver, &err), 0);
    }
    assert_string_equal(held(f, "ssh.job", EXEC_START)->key, key);
    assert_int_equal(f->witness.unprotected, 0);
}

/* The machine comes back with a clock that lost a day: time must not stand still
   until it has caught up. */
static void a_clock_that_went_back_stops_nothing(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    int64_t day_ms = 86400000;
    struct record late = {.at_ms = clock_now_ms() + day_ms,
                          .kind = RECORD_COMMAND,
                          .wave = -1,
                          .target = -1,
                          .from = -1,
                          .event = -1,
                          .to = -1,
                          .index = -1,
                          .moment = -1};
    assert_int_equal(store_begin(f->store, &err), STORE_OK);
    (void)store_append(f->store, f->campaign, &late, 1);
    assert_int_equal(store_commit(f->store, &err), STORE_OK);
    close_driver(f);
    drop_requests(&f->witness);
    reopen(f);
    int64_t wake_ms = engine_deadline(driver_engine(f->driver));
    assert_true(engine_now(driver_engine(f->driver)) >= late.at_ms);
    assert_true(clock_now_ms() >= late.at_ms);
    assert_true(clock_drift_ms() <= -day_ms + 60000);
    assert_true(wake_ms == INT64_MAX || wake_ms - clock_now_ms() < day_ms / 2);
    run_until(f, is_completed);
}

static bool one_has_failed(const struct fixture *f)
{
    return engine_state(driver_engine(f->driver))->count_by_state[TARGET_FAILED] == 1;
}

/* One appliance that tells nonsense of any length must not stop the other ones. */
static void a_version_without_end_fails_only_its_own_target(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    while (f->witness.count && strcmp(f->witness.requests[0].use, "rest.request") != 0) {
        answer(&f->witness, 0);
        assert_int_equal(driver_turn(f->driver, &err), 0);
    }
    answer(&f->witness, 0);
    char **value = &f->witness.answers[0].value;
    free(*value);
    *value = xcalloc(1, 200001);
    memset(*value, '8', 200000);
    run_until(f, one_has_failed);
}

static void replay_gives_the_state_that_was_live(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    run_until(f, is_changing);
    auto_free char *live = engine_fingerprint(driver_engine(f->driver));
    close_driver(f);
    assert_int_equal(store_open_owner(f->dir, "test", &f->store, &err), STORE_OK);
    assert_int_equal(driver_open(f->store, f->campaign, &f->driver, &err), STORE_OK);
    auto_free char *replayed = engine_fingerprint(driver_engine(f->driver));
    assert_string_equal(live, replayed);
}

static void a_verb_without_an_owner_changes_rows_and_issues_nothing(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    struct command hold = {
        .verb = VERB_HOLD, .target = 4, .wave = -1, .reason = "demo", .actor = "olga"};
    close_driver(f);
    drop_requests(&f->witness);
    assert_int_equal(store_open_owner(f->dir, "test", &f->store, &err), STORE_OK);
    assert_int_equal(driver_open(f->store, f->campaign, &f->driver, &err), STORE_OK);
    assert_int_equal(driver_command(f->driver, &hold, &err), 0);
    assert_string_equal(engine_state(driver_engine(f->driver))->targets[4].hold_reason,
                        "demo");
    assert_int_equal(f->witness.count, 0);
}

static void a_verb_that_does_not_fit_is_rejected_with_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    struct command rollback = {
        .verb = VERB_ROLLBACK, .target = 4, .wave = -1, .actor = "olga"};
    assert_int_equal(driver_command(f->driver, &rollback, &err), 1);
    assert_string_equal(err.text, "vc-0005 is pending: there is nothing to roll back");
}

static void a_full_disk_issues_nothing_more(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    run_until(f, is_changing);
    /* the store's own tests fill real disks; here a failed write stands for it */
    assert_int_equal(store_begin(f->store, &err), STORE_OK);
    (void)store_settle_intent(f->store, f->campaign, 999999, "done", NULL, 1);
    assert_int_not_equal(store_commit(f->store, &err), STORE_OK);
    assert_true(store_poisoned(f->store));
    size_t before = f->witness.count;
    while (f->witness.count)
        answer(&f->witness, 0);
    assert_true(before > 0);
    assert_int_not_equal(driver_turn(f->driver, &err), 0);
    assert_int_equal(f->witness.count, 0);
    assert_true(strlen(err.text) > 0);
}

/* The database takes no intent any more, in the middle of a transaction. */
static void forbid_intents(const struct fixture *f)
{
    auto_free char *path = xasprintf("%s/slipway.db", f->dir);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER no_more BEFORE INSERT ON intent BEGIN "
                                  "SELECT raise(ABORT, 'no more intents'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(db);
}

static void what_could_not_be_written_is_not_done(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    int code = 0;
    int effects = f->witness.effects;
    forbid_intents(f);
    for (int i = 0; i < 2000 && !code; i++) {
        if (f->witness.count)
            answer(&f->witness, 0);
        code = driver_turn(f->driver, &err);
    }
    assert_int_not_equal(code, 0);
    assert_int_equal(f->witness.effects, effects);
}

static int note_handle(void *data, const struct store_intent *intent)
{
    if (!strcmp(intent->use, "ssh.job"))
        xreplace((char **)data, intent->handle);
    return 0;
}

/* What runs on the appliance can be found by who looks into the database only. */
static void the_row_of_an_intent_has_its_handle(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    auto_free char *handle = NULL;
    run_until(f, is_changing);
    for (size_t i = 0; i < f->witness.count; i++) {
        if (!strcmp(f->witness.requests[i].use, "ssh.job"))
            answer_pending(&f->witness, i, "job-17");
    }
    assert_int_equal(driver_turn(f->driver, &err), 0);
    assert_int_equal(
        store_open_intents(f->store, f->campaign, note_handle, &handle, &err), STORE_OK);
    assert_non_null(handle);
    assert_string_equal(handle, "job-17");
}

/* The first column of the first row, as whoever looks into the database sees it. */
static char *told_by(const struct fixture *f, const char *query)
{
    auto_free char *path = xasprintf("%s/slipway.db", f->dir);
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &rows, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
    char *text = xstrdup_null((const char *)sqlite3_column_text(rows, 0));
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
    return text;
}

static char *progress_of_rows(const struct fixture *f)
{
    return told_by(f, "SELECT group_concat(progress || ' ' || progress_text) FROM target "
                      "WHERE progress_text IS NOT NULL");
}

/* Turns until the rows say so; they are written once a second. */
static void rows_come_to_say(struct fixture *f, const char *wanted)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    struct slipway_error err = {""};
    for (int i = 0; i < 3000; i++) {
        auto_free char *text = progress_of_rows(f);
        if (wanted ? text && !strcmp(text, wanted) : !text)
            return;
        assert_int_equal(driver_turn(f->driver, &err), 0);
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("the rows never say %s", wanted ? wanted : "nothing");
}

/* The look is over before anybody asks how far it is. The next one says nothing of it. */
static void what_a_short_look_said_stands_in_the_row_until_one_says_nothing(void **state)
{
    struct fixture *f = *state;
    struct slipway_error err = {""};
    run_until(f, is_changing);
    size_t at = 0;
    while (strcmp(f->witness.requests[at].use, "ssh.job") != 0)
        at++;
    answer_pending(&f->witness, at, "job-17");
    struct exec_result *result = &f->witness.answers[f->witness.answer_count - 1];
    result->progress = xstrdup("silent while it restarts");
    result->percent = 40;
    rows_come_to_say(f, "40 silent while it restarts");
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int i = 0; i < 3000; i++) {
        for (at = 0; at < f->witness.count; at++) {
            if (f->witness.requests[at].verb == EXEC_POLL)
                break;
        }
        if (at < f->witness.count)
            break;
        assert_int_equal(driver_turn(f->driver, &err), 0);
        (void)nanosleep(&pause, NULL);
    }
    assert_true(at < f->witness.count);
    answer_pending(&f->witness, at, "job-17");
    rows_come_to_say(f, NULL);
}

/* The campaign once more, by the plan as it was changed. */
static void enter_anew(struct fixture *f)
{
    close_driver(f);
    drop_requests(&f->witness);
    remove_dir(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    free(f->json);
    plan_pin(f->plan);
    f->json = plan_to_json(f->plan);
    enter(f);
    reopen(f);
}

static bool one_was_given_up(const struct fixture *f)
{
    const struct engine_state *s = engine_state(driver_engine(f->driver));
    return s->count_by_state[TARGET_FAILED] + s->count_by_state[TARGET_ROLLED_BACK] > 0;
}

static long rows_of_refusals(const struct fixture *f)
{
    auto_free char *count = told_by(f, "SELECT count(*) FROM intent WHERE key LIKE "
                                       "'refused-%' AND outcome IS NOT NULL");
    return strtol(count, NULL, 10);
}

/* Its template has no value: nothing is sent, and whoever reads the rows finds that it was
   decided and refused. */
static void what_cannot_be_asked_for_has_a_row_and_its_refusal(void **state)
{
    struct fixture *f = *state;
    struct step *step = f->plan->playbook.steps;
    while (step->phase != PHASE_CHANGE)
        step++;
    struct operation *op = &step->op;
    free(op->with);
    op->with = xstrdup("{\"argv\":[\"${vars.nobody_said}\"]}");
    enter_anew(f);
    run_until(f, one_was_given_up);
    assert_true(rows_of_refusals(f) > 0);
    for (size_t i = 0; i < f->witness.count; i++)
        assert_string_not_equal(f->witness.requests[i].use, op->use);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(every_effect_has_a_committed_intent),
        STORY(after_a_crash_it_asks_before_it_acts),
        STORY(what_never_began_is_launched_again_under_its_key),
        STORY(replay_gives_the_state_that_was_live),
        STORY(a_verb_without_an_owner_changes_rows_and_issues_nothing),
        STORY(a_verb_that_does_not_fit_is_rejected_with_a_sentence),
        STORY(a_full_disk_issues_nothing_more),
        STORY(what_could_not_be_written_is_not_done),
        STORY(the_row_of_an_intent_has_its_handle),
        STORY(what_a_short_look_said_stands_in_the_row_until_one_says_nothing),
        STORY(what_cannot_be_asked_for_has_a_row_and_its_refusal),
        STORY(a_clock_that_went_back_stops_nothing),
        STORY(a_version_without_end_fails_only_its_own_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
