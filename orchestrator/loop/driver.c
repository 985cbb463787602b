/*
 * driver.c - see driver.h.
 *
 * One turn takes all results that are there (at most TURN_INPUTS), so that many
 * answers share one durable commit: on a slow disk that is worth thirty times.
 */
#include "loop/driver.h"

#include <stdlib.h>
#include <string.h>

#include "loop/clock.h"
#include "loop/clock_trust.h"
#include "loop/progress.h"
#include "loop/recognise.h"
#include "loop/request.h"
#include "store/inventory.h"
#include "util/auto.h"
#include "util/crash.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/xalloc.h"

#define TURN_INPUTS 256

struct outstanding {
    int64_t call_id;
    int target;
};

struct driver {
    struct store *store;
    int64_t campaign;
    struct plan *plan;
    struct engine *engine;
    struct request_maker maker;
    struct recogniser recogniser;
    struct executor *executor;
    driver_observer observer;
    void *observer_data;
    struct outstanding *calls; /* to find the target of a progress report */
    size_t call_count, call_room;
    struct exec_result results[TURN_INPUTS];
    size_t result_count;
    struct input *refused; /* calls that could not even be made; own their sentence */
    size_t refused_count, refused_room;
    struct progress_book *progress;
    int64_t calls_made, records_written, commits;
    struct clock_trust clock;
    bool vouched; /* not recorded yet */
};

static void free_refused(struct input *refused, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)refused[i].outcome.sentence);
    free(refused);
}

/* ---- opening ---- */

static int replay_one(void *data, const struct record *record)
{
    return engine_replay(data, record);
}

static int load(struct driver *driver, struct slipway_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(driver->store, driver->campaign, &text, &length, err);
    if (code)
        return code;
    if (plan_from_json(text, length, &driver->plan, err))
        return STORE_CORRUPT;
    driver->engine = engine_create(driver->plan, text_hash(driver->plan->digest));
    driver->progress = progress_open(driver->plan->target_count);
    code =
        store_replay(driver->store, driver->campaign, 1, replay_one, driver->engine, err);
    if (code == STORE_STOPPED)
        return slipway_error_set(
            err, STORE_CORRUPT,
            "a record does not fit the campaign's plan: the database is "
            "damaged; run: slipway doctor");
    if (code)
        return code;
    if (recogniser_init(&driver->recogniser, driver->plan, err))
        return STORE_ERROR;
    return request_maker_init(&driver->maker, driver->plan, driver->store,
                              driver->campaign, err);
}

int driver_open(struct store *store, int64_t campaign, struct driver **out,
                struct slipway_error *err)
{
    struct driver *driver = xcalloc(1, sizeof *driver);
    driver->store = store;
    driver->campaign = campaign;
    int code = load(driver, err);
    if (code) {
        driver_close(driver);
        return code;
    }
    clock_not_before(engine_now(driver->engine));
    engine_drain(driver->engine); /* until an executor is attached */
    *out = driver;
    return 0;
}

void driver_close(struct driver *driver)
{
    if (!driver)
        return;
    free_refused(driver->refused, driver->refused_count);
    engine_destroy(driver->engine);
    progress_close(driver->progress);
    request_maker_clear(&driver->maker);
    recogniser_clear(&driver->recogniser);
    plan_free(driver->plan);
    free(driver->calls);
    free(driver);
}

void driver_attach(struct driver *driver, struct executor *executor,
                   const struct plugins *plugins)
{
    driver->executor = executor;
    driver->maker.plugins = plugins;
    engine_undrain(driver->engine);
}

void driver_observe(struct driver *driver, driver_observer observer, void *data)
{
    driver->observer = observer;
    driver->observer_data = data;
}

void driver_drain(struct driver *driver)
{
    engine_drain(driver->engine);
}

/* ---- the transaction ---- */

/* What an intent came to, by the record that settles it; NULL: still open. */
static const char *settlement(const struct record *r)
{
    switch ((enum step_event)r->event) {
    case STEP_FINISHED:
        return "done";
    case STEP_FAIL:
    case STEP_ATTEMPT_FAILED:
        return "failed";
    case STEP_TRY_LATER:
        return "no_effect";
    case STEP_NOT_STARTED:
        return "not_started";
    case STEP_LOST_HARMLESS:
    case STEP_RESET:
        return "abandoned";
    default:
        return NULL;
    }
}

static void write_step_record(struct driver *driver, const struct record *r)
{
    bool open =
        r->from == STEP_ISSUED || r->from == STEP_RUNNING || r->from == STEP_IN_DOUBT;
    const char *outcome = settlement(r);
    if (!r->intent || !open)
        return;
    if (r->detail && (r->event == STEP_PENDING || r->event == STEP_ADOPT))
        (void)store_set_handle(driver->store, driver->campaign, r->intent, r->detail);
    if (outcome)
        (void)store_settle_intent(driver->store, driver->campaign, r->intent, outcome,
                                  r->text, r->at_ms);
}

static void write_records(struct driver *driver, struct engine_output *out)
{
    (void)store_append(driver->store, driver->campaign, out->records, out->record_count);
    for (size_t i = 0; i < out->record_count; i++) {
        const struct record *r = &out->records[i];
        if (r->kind == RECORD_STEP)
            write_step_record(driver, r);
        if (r->kind == RECORD_VERSION)
            (void)store_seen_version(driver->store, driver->plan->targets[r->target].name,
                                     r->text, r->at_ms);
    }
}

static void write_intent(struct driver *driver, const struct action *action,
                         const struct exec_request *request)
{
    const struct activity_state *a =
        &engine_state(driver->engine)->targets[action->target].activity;
    struct store_intent intent = {
        .id = action->intent,
        .target = action->target,
        .activity = action->activity,
        .index = action->index,
        .moment = action->moment,
        .step = request_step_id(driver->plan, action->activity, action->index),
        .use = request->use,
        .repeat = request->repeat,
        .incarnation = action->incarnation,
        .attempt = action->attempt,
        .key = request->key,
        .fingerprint = request->fingerprint,
        .with = request->with,
        .issued_ms = a->issued_ms,
        .deadline_ms = a->deadline_ms,
    };
    (void)store_add_intent(driver->store, driver->campaign, &intent);
}

/* Results of steps, for later templates. */
static void write_results(struct driver *driver, const struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct exec_result *result =
            i < driver->result_count ? &driver->results[i] : NULL;
        const struct outcome *o = &inputs[i].outcome;
        if (inputs[i].kind != INPUT_OUTCOME || !result || !result->result)
            continue;
        if (inputs[i].number < 0) /* not a step */
            continue;
        const struct target_state *t = &engine_state(driver->engine)->targets[o->target];
        (void)store_save_result(driver->store, driver->campaign, o->target,
                                driver->plan->playbook.steps[inputs[i].number].op.id,
                                t->incarnation, result->result, clock_now_ms());
    }
}

static void write_rows(struct driver *driver)
{
    const struct engine_state *state = engine_state(driver->engine);
    struct engine_changes changes = engine_take_changes(driver->engine);
    for (size_t i = 0; i < changes.target_count; i++)
        (void)store_save_target(driver->store, driver->campaign, driver->plan, state,
                                changes.targets[i]);
    for (size_t i = 0; i < changes.wave_count; i++)
        (void)store_save_wave(driver->store, driver->campaign, driver->plan, state,
                              changes.waves[i]);
    for (size_t i = 0; i < changes.group_count; i++)
        (void)store_save_unit(driver->store, driver->campaign, driver->plan, state,
                              changes.groups[i]);
    if (changes.campaign)
        (void)store_save_campaign(driver->store, driver->campaign, driver->plan, state);
    (void)store_save_caps(driver->store, driver->campaign, driver->plan, state);
}

/* ---- acting ---- */

/* A call that cannot be made (a template without a value) is an answer too: a
   refusal, given to the engine in the next turn. */
static void refuse(struct driver *driver, const struct action *action,
                   const struct slipway_error *why)
{
    *vec_push(driver->refused, driver->refused_count, driver->refused_room) =
        (struct input){
            .kind = INPUT_OUTCOME,
            .number = -1,
            .outcome = {.call_id = action->call_id,
                        .target = action->target,
                        .outcome = SLIPWAY_REFUSED,
                        .probe = SLIPWAY_PROBE_UNKNOWN,
                        .sentence = xstrdup(why->text)},
        };
}

static void dispatch(struct driver *driver, const struct action *action,
                     struct exec_request *request)
{
    if (!request->use)
        return; /* it was refused */
    *vec_push(driver->calls, driver->call_count, driver->call_room) =
        (struct outstanding){action->call_id, action->target};
    driver->calls_made++;
    crash_point("issue: before");
    exec_submit(driver->executor, request);
    crash_point("issue: after");
}

/* The intent of a call that cannot be made, so that its settlement has a row. */
static void write_refused_intent(struct driver *driver, const struct action *action)
{
    char none[] = "", empty[] = "{}";
    auto_free char *key =
        xasprintf("refused-%.8s.%lld", driver->plan->digest, (long long)action->intent);
    struct exec_request blank = {
        .use = none, .key = key, .fingerprint = none, .with = empty};
    if (action->call == CALL_START && action->intent)
        write_intent(driver, action, &blank);
}

/* Everything of one step, durable, then everything that it asks for. */
static int commit_and_act(struct driver *driver, struct engine_output out,
                          const struct input *inputs, size_t input_count,
                          struct slipway_error *err)
{
    struct exec_request *requests = xcalloc(out.action_count, sizeof *requests);
    struct slipway_error why = {""};
    crash_point("step: decided");
    int code = store_begin(driver->store, err);
    if (code) {
        free(requests);
        return code;
    }
    write_records(driver, &out);
    /* The next step may ask for what this one gave. */
    write_results(driver, inputs, input_count);
    for (size_t i = 0; i < out.action_count; i++) {
        const struct action *action = &out.actions[i];
        if (request_make(&driver->maker, action, &requests[i], &why)) {
            write_refused_intent(driver, action);
            refuse(driver, action, &why);
        } else if (action->call == CALL_START && action->intent) {
            write_intent(driver, action, &requests[i]);
        }
    }
    write_rows(driver);
    crash_point("commit: before");
    code = store_commit(driver->store, err);
    crash_point("commit: after");
    for (size_t i = 0; i < out.action_count; i++) {
        if (!code && driver->executor)
            dispatch(driver, &out.actions[i], &requests[i]);
        exec_request_free(&requests[i]);
    }
    free(requests);
    if (code)
        return code;
    driver->commits++;
    driver->records_written += (int64_t)out.record_count;
    if (driver->observer && out.record_count)
        driver->observer(driver->observer_data, driver->engine, out.records,
                         out.record_count);
    return 0;
}

static int step(struct driver *driver, const struct input *inputs, size_t count,
                struct slipway_error *err)
{
    struct engine_output out = engine_step(driver->engine, clock_now_ms(), inputs, count);
    if (!out.record_count && !out.action_count && !engine_has_changes(driver->engine))
        return 0;
    return commit_and_act(driver, out, inputs, count, err);
}

/* ---- the clock ---- */

void driver_vouch_for_clock(struct driver *driver)
{
    struct clock_reading reading = clock_trust_read();
    clock_trust_vouch(&driver->clock, &reading);
    driver->vouched = true;
}

/* Trust as it is now, if it matters to this campaign or was doubted before. True: the
   engine has to know; *out points into *verdict. */
static bool look_at_clock(struct driver *driver, const char *actor,
                          struct clock_verdict *verdict, struct input *out)
{
    const struct times *times = engine_times(driver->engine);
    if (!times_need_clock(times) && !times->clock)
        return false;
    struct clock_reading reading = clock_trust_read();
    *verdict = clock_trust_look(&driver->clock, &reading);
    if (verdict->forward_ms)
        clock_not_before(reading.now_ms + verdict->forward_ms);
    if (verdict->trusted == !times->clock && !driver->vouched)
        return false;
    bool vouched = driver->vouched && verdict->trusted;
    driver->vouched = false;
    *out = (struct input){
        .kind = INPUT_CLOCK,
        .number = verdict->trusted,
        .sentence = vouched ? "vouched for with --trust-clock" : verdict->sentence,
        .actor = vouched ? actor : NULL,
    };
    return true;
}

static int take_clock(struct driver *driver, struct slipway_error *err)
{
    struct clock_verdict verdict;
    struct input input;
    return look_at_clock(driver, NULL, &verdict, &input) ? step(driver, &input, 1, err)
                                                         : 0;
}

int driver_take_over(struct driver *driver, const char *actor, struct slipway_error *err)
{
    struct clock_verdict verdict;
    struct input inputs[2];
    /* before anything can start */
    size_t count = look_at_clock(driver, actor, &verdict, &inputs[0]);
    inputs[count++] = (struct input){
        .kind = INPUT_OWNER,
        .number = engine_state(driver->engine)->epoch + 1,
        .actor = actor,
    };
    return step(driver, inputs, count, err);
}

/* ---- collecting ---- */

static int forget_call(struct driver *driver, int64_t call_id)
{
    for (size_t i = 0; i < driver->call_count; i++) {
        if (driver->calls[i].call_id != call_id)
            continue;
        int target = driver->calls[i].target;
        driver->calls[i] = driver->calls[--driver->call_count];
        return target;
    }
    return -1;
}

static enum expect_verdict expected(enum exec_verdict verdict)
{
    static const enum expect_verdict verdicts[] = {
        [EXEC_EXPECT_NONE] = EXPECTED_NOTHING,
        [EXEC_EXPECT_TRUE] = EXPECTED_TRUE,
        [EXEC_EXPECT_FALSE] = EXPECTED_FALSE,
        [EXEC_EXPECT_ERROR] = EXPECTED_ERROR,
    };
    return verdicts[verdict];
}

static enum protection protection(const struct exec_result *result)
{
    return result->protection == EXEC_PROTECTION_GONE      ? PROTECTION_GONE
           : result->protection == EXEC_PROTECTION_UNCLEAR ? PROTECTION_UNCLEAR
                                                           : PROTECTION_NOT_ASKED;
}

static struct input input_of(struct driver *driver, struct exec_result *result)
{
    int target = forget_call(driver, result->intent);
    if (result->outcome == SLIPWAY_PENDING)
        progress_note(driver->progress, engine_state(driver->engine), target,
                      result->percent, result->progress);
    const struct target_state *t =
        target >= 0 ? &engine_state(driver->engine)->targets[target] : NULL;
    const struct activity_state *a = t ? &t->activity : NULL;
    bool is_step = a && a->kind == ACTIVITY_STEP && a->call_id == result->intent;
    bool asked = result->outcome == SLIPWAY_PENDING || result->outcome == SLIPWAY_RETRY ||
                 result->verb == EXEC_PROBE;
    bool said = result->sentence && *result->sentence;
    return (struct input){
        .kind = INPUT_OUTCOME,
        .number = is_step && result->outcome == SLIPWAY_DONE ? a->index : -1,
        .outcome = {.call_id = result->intent,
                    .target = target,
                    .outcome = result->outcome,
                    .probe = result->probe,
                    .expect = expected(result->verdict),
                    .protection = protection(result),
                    .value = result->value,
                    .handle = result->handle,
                    .sentence = said ? result->sentence : NULL,
                    .look_again_ms = asked ? result->look_again_ms : 0,
                    .recovery =
                        is_step ? recognise(&driver->recogniser, target, t, result) : 0},
    };
}

static int target_of_call(const struct driver *driver, int64_t call_id)
{
    for (size_t i = 0; i < driver->call_count; i++) {
        if (driver->calls[i].call_id == call_id)
            return driver->calls[i].target;
    }
    return -1;
}

static int write_progress(struct driver *driver, struct slipway_error *err)
{
    struct exec_progress told[64];
    const struct engine_state *state = engine_state(driver->engine);
    if (!driver->executor || !progress_is_due(driver->progress, clock_now_ms()))
        return 0;
    size_t count = exec_progress(driver->executor, told, ARRAY_LENGTH(told));
    for (size_t i = 0; i < count; i++)
        progress_note(driver->progress, state, target_of_call(driver, told[i].intent),
                      told[i].percent, told[i].text);
    return progress_write(driver->progress, state, driver->store, driver->campaign, err);
}

static int turn_once(struct driver *driver, struct slipway_error *err)
{
    struct input inputs[TURN_INPUTS];
    struct input *refused = steal_ptr(&driver->refused);
    size_t refused_count = driver->refused_count;
    driver->refused_count = driver->refused_room = 0;
    driver->result_count =
        driver->executor ? exec_collect(driver->executor, driver->results, TURN_INPUTS)
                         : 0;
    if (driver->result_count)
        crash_point("answers: taken");
    for (size_t i = 0; i < driver->result_count; i++)
        inputs[i] = input_of(driver, &driver->results[i]);
    int code = step(driver, inputs, driver->result_count, err);
    for (size_t i = 0; i < driver->result_count; i++)
        exec_result_free(&driver->results[i]);
    driver->result_count = 0;
    if (!code && refused_count)
        code = step(driver, refused, refused_count, err);
    free_refused(refused, refused_count);
    return code;
}

int driver_turn(struct driver *driver, struct slipway_error *err)
{
    int code = driver->executor ? take_clock(driver, err) : 0;
    if (!code)
        code = turn_once(driver, err);
    while (!code && driver->refused_count)
        code = turn_once(driver, err);
    return code ? code : write_progress(driver, err);
}

/* ---- operators ---- */

int driver_command(struct driver *driver, const struct command *command,
                   struct slipway_error *err)
{
    struct input input = {.kind = INPUT_COMMAND, .number = -1, .command = *command};
    char why[SLIPWAY_ERROR_MAX] = "";
    struct engine_output out = engine_step(driver->engine, clock_now_ms(), &input, 1);
    if (out.rejection)
        (void)text_clean(out.rejection->text, why, sizeof why);
    bool rejected = out.rejection != NULL;
    int code = commit_and_act(driver, out, &input, 1, err);
    if (code)
        return code;
    return rejected ? slipway_error_set(err, 1, "%s", why) : 0;
}

const struct engine *driver_engine(const struct driver *driver)
{
    return driver->engine;
}

const struct plan *driver_plan(const struct driver *driver)
{
    return driver->plan;
}

int64_t driver_campaign(const struct driver *driver)
{
    return driver->campaign;
}

struct store *driver_store(const struct driver *driver)
{
    return driver->store;
}

void driver_counters(const struct driver *driver, int64_t *calls, int64_t *records,
                     int64_t *commits)
{
    *calls = driver->calls_made;
    *records = driver->records_written;
    *commits = driver->commits;
}
