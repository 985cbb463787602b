/*
 * runner.c - see runner.h.
 *
 * Plugins are guests. Whatever comes back is brought into one of the promised
 * shapes: an answer that the contract does not allow becomes the one that is
 * safe. For an effect that is UNKNOWN, which leads to a probe; for a READ it is
 * RETRY or FAILED, because nothing can have changed. Every such case is logged
 * as a bug of the plugin by name.
 *
 * After DONE the step's `expect` and `value` are worked out here, on the result
 * as the plugin gave it. Only then secrets are marked out, so that a check may
 * look at what must not be printed.
 */
#include "exec/runner.h"

#include <stdlib.h>
#include <string.h>

#include "exec/found.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/redact.h"
#include "util/text.h"
#include "util/xalloc.h"

#define ANSWER_SHOWN_MAX 200 /* bytes of an answer in a sentence */

static bool is_read(const struct call *call)
{
    return call->request.repeat == SLIPWAY_READ;
}

/* The safe answer to one that makes no sense. */
static enum slipway_outcome bug(struct call *call, const char *what)
{
    log_line(call->log, SLIPWAY_WARNING, &call->request, "plugin bug: %s %s",
             call->request.use, what);
    call_say(call, "plugin bug: %s %s", call->request.use, what);
    return is_read(call) ? SLIPWAY_FAILED : SLIPWAY_UNKNOWN;
}

static const char *without_reason(enum slipway_outcome outcome)
{
    switch (outcome) {
    case SLIPWAY_FAILED:
        return "failed without saying why";
    case SLIPWAY_REFUSED:
        return "refused without saying why";
    case SLIPWAY_RETRY:
        return "asks to try again without saying why";
    default:
        return "does not know the outcome and does not say why";
    }
}

static enum slipway_outcome check_pending(struct call *call,
                                          const struct slipway_operation *operation)
{
    if (!operation->poll)
        return bug(call, "answered PENDING but has no poll");
    if (call->request.verb == EXEC_START && !call->handle &&
        call->request.repeat == SLIPWAY_RECONCILABLE)
        return bug(call, call->misused ? "gave a handle that was refused"
                                       : "answered PENDING without a handle");
    return SLIPWAY_PENDING;
}

/* Bring the outcome of a start or poll into the contract. */
static enum slipway_outcome check_outcome(struct call *call,
                                          const struct slipway_operation *operation,
                                          enum slipway_outcome outcome)
{
    switch (outcome) {
    case SLIPWAY_DONE:
        if (!call->result && call->misused)
            (void)bug(call, "gave a result that is no JSON or too long; it was dropped");
        return SLIPWAY_DONE;
    case SLIPWAY_PENDING:
        return check_pending(call, operation);
    case SLIPWAY_CANCELED:
        /* a cancelled look changes nothing about the work that is looked at */
        return call->request.verb == EXEC_POLL ? SLIPWAY_PENDING : SLIPWAY_CANCELED;
    case SLIPWAY_REFUSED: /* not for a secret that could not be read just now */
        if (call->starved && call->request.verb == EXEC_START)
            outcome = SLIPWAY_RETRY;
        /* fall through */
    case SLIPWAY_RETRY:
    case SLIPWAY_FAILED:
    case SLIPWAY_UNKNOWN:
        if (!call->sentence)
            (void)bug(call, without_reason(outcome));
        return outcome == SLIPWAY_UNKNOWN && is_read(call) ? SLIPWAY_RETRY : outcome;
    }
    auto_free char *what = xasprintf("answered with outcome %d", (int)outcome);
    return bug(call, what);
}

static enum slipway_probe check_probe(struct call *call, enum slipway_probe probe)
{
    switch (probe) {
    case SLIPWAY_PROBE_RUNNING:
        if (call->handle || call->request.handle)
            return probe;
        (void)bug(call, "found it running but gave no handle to adopt");
        return SLIPWAY_PROBE_UNKNOWN;
    case SLIPWAY_PROBE_FAILED:
    case SLIPWAY_PROBE_UNKNOWN:
        if (!call->sentence)
            (void)bug(call, "probed without saying what it found");
        return probe;
    case SLIPWAY_PROBE_NOT_STARTED:
    case SLIPWAY_PROBE_DONE:
        return probe;
    }
    auto_free char *what = xasprintf("answered with probe %d", (int)probe);
    (void)bug(call, what);
    return SLIPWAY_PROBE_UNKNOWN;
}

static enum slipway_outcome run_start(struct call *call,
                                      const struct slipway_operation *operation)
{
    if ((call->request.flags & SLIPWAY_CALL_READ_ONLY) && !is_read(call)) {
        call_say(call, "%s changes something and this is a dry run: nothing was sent",
                 call->request.use);
        return SLIPWAY_REFUSED;
    }
    if (atomic_load(&call->canceled)) {
        call_say(call, "cancelled before it was sent");
        return SLIPWAY_CANCELED;
    }
    return check_outcome(call, operation, operation->start(&call->plugin));
}

static enum slipway_outcome run_poll(struct call *call,
                                     const struct slipway_operation *operation)
{
    if (!operation->poll)
        return bug(call, "has no poll");
    return check_outcome(call, operation, operation->poll(&call->plugin));
}

static enum slipway_outcome run_probe(struct call *call,
                                      const struct slipway_operation *operation,
                                      enum slipway_probe *probe)
{
    if (!operation->probe) {
        call_say(call, "%s cannot be asked what became of it", call->request.use);
        return SLIPWAY_UNKNOWN;
    }
    *probe = check_probe(call, operation->probe(&call->plugin));
    return SLIPWAY_DONE;
}

/* Nobody answers to this name: nothing can have been sent by this call. */
static enum slipway_outcome no_operation(struct call *call,
                                         const struct slipway_error *err)
{
    call_say(call, "%s", err->text);
    return call->request.verb == EXEC_START ? SLIPWAY_REFUSED : SLIPWAY_UNKNOWN;
}

static enum slipway_outcome run_verb(struct call *call, const struct plugins *plugins,
                                     enum slipway_probe *probe)
{
    struct slipway_error err = {""};
    struct plugins_operation found;
    if (!call->request.use)
        return no_operation(call, &(struct slipway_error){"the step names no operation"});
    if (plugins_find(plugins, call->request.use, &found, &err))
        return no_operation(call, &err);
    call->plugin.state = found.state;
    call->plugin.operation = found.operation->name;
    switch (call->request.verb) {
    case EXEC_START:
        return run_start(call, found.operation);
    case EXEC_POLL:
        return run_poll(call, found.operation);
    case EXEC_PROBE:
        return run_probe(call, found.operation, probe);
    }
    return no_operation(call, &(struct slipway_error){"the request has no verb"});
}

static const char *const columns[] = {"result", "vars", "target", "steps"};
#define COLUMNS ARRAY_LENGTH(columns)

static void take_values(const struct call *call, const char *values[COLUMNS])
{
    values[0] = call->result;
    values[1] = call->request.vars;
    values[2] = call->request.target;
    values[3] = call->request.steps;
}

/* One expression over what is known after the step. */
static int evaluate(const struct call *call, struct expr_engine **engine, const char *sql,
                    struct expr_value *out, struct slipway_error *err)
{
    const char *values[COLUMNS];
    take_values(call, values);
    if (!*engine)
        *engine = expr_create(err);
    return *engine ? expr_eval(*engine, sql, columns, values, COLUMNS, out, err) : -1;
}

/* What it looked at; the whole answer where nothing is named. */
static void explain_expect(struct call *call, struct expr_engine *engine)
{
    const char *values[COLUMNS];
    char clean[ANSWER_SHOWN_MAX];
    auto_free char *said = steal_ptr(&call->sentence);
    const char *sql = call->request.expect, *end = said ? said : "";
    const char *joint = said ? "; " : "";
    take_values(call, values);
    auto_free char *found = found_values(engine, sql, columns, values, COLUMNS);
    if (found)
        call_say(call, "found %s; expected %s%s%s", found, sql, joint, end);
    else
        call_say(call, "expected, but not so: %s; the answer was %s%s%s", sql,
                 text_clean(call->result, clean, sizeof clean), joint, end);
}

static enum exec_verdict check_expect(struct call *call, struct expr_engine **engine)
{
    struct slipway_error err = {""};
    auto_expr_value struct expr_value value = {0};
    if (!call->request.expect)
        return EXEC_EXPECT_NONE;
    if (evaluate(call, engine, call->request.expect, &value, &err)) {
        call_say(call, "expect cannot be evaluated: %s", err.text);
        return EXEC_EXPECT_ERROR;
    }
    if (expr_truth(&value))
        return EXEC_EXPECT_TRUE;
    explain_expect(call, *engine);
    return EXEC_EXPECT_FALSE;
}

static char *redacted(char *text)
{
    if (!text)
        return NULL;
    struct buf buf = {0};
    buf_adds(&buf, text);
    redact_text(&buf);
    free(text);
    return buf_take(&buf);
}

static void evaluate_value(struct call *call, struct expr_engine **engine,
                           struct exec_result *out)
{
    struct slipway_error err = {""};
    auto_expr_value struct expr_value value = {0};
    if (!call->request.value)
        return;
    if (evaluate(call, engine, call->request.value, &value, &err)) {
        call_say(call, "value cannot be evaluated: %s", err.text);
        out->verdict = EXEC_EXPECT_ERROR;
    } else if (value.kind != EXPR_NULL) {
        out->value = redacted(expr_value_text(&value));
    }
}

/* The result as it may be stored and shown. */
static char *public_result(const char *text)
{
    auto_buf struct buf probe = {0};
    buf_adds(&probe, text);
    redact_text(&probe);
    if (!strcmp(buf_text(&probe), text))
        return xstrdup(text);
    auto_json json_t *json = json_parse(text, strlen(text), SLIPWAY_RESULT_MAX, NULL);
    json = redact_json(json);
    return json_canonical(json);
}

static bool is_done(const struct exec_result *out)
{
    return out->outcome == SLIPWAY_DONE &&
           (out->verb != EXEC_PROBE || out->probe == SLIPWAY_PROBE_DONE);
}

static void describe_call(struct call *call)
{
    call->deadline_ms = call->started_ms + call->request.timeout_ms;
    call->plugin = (struct slipway_call){
        .size = sizeof call->plugin,
        .flags = call->request.flags,
        .host = &host_services,
        .key = call->request.key,
        .fingerprint = call->request.fingerprint,
        .with = call->request.with ? call->request.with : "{}",
        .target = call->request.target ? call->request.target : "{}",
        .handle = call->request.handle,
        .deadline_ms = call->deadline_ms,
        .repeat = call->request.repeat,
        .private_data = call,
    };
}

/* ---- the way back ---- */

/* The look that the request asks for, as a call in the request's place. */
static enum slipway_outcome look_for_protection(struct call *call,
                                                const struct plugins *plugins)
{
    struct exec_request whole = call->request;
    enum slipway_probe none;
    call->request.use = whole.protection;
    call->request.with = whole.protection_with;
    call->request.repeat = SLIPWAY_READ;
    call->request.handle = NULL;
    describe_call(call);
    enum slipway_outcome outcome = run_verb(call, plugins, &none);
    call->request = whole;
    describe_call(call);
    return outcome;
}

static bool names_snapshot(const struct call *call)
{
    auto_json json_t *result =
        call->result
            ? json_parse(call->result, strlen(call->result), SLIPWAY_RESULT_MAX, NULL)
            : NULL;
    return json_is_string(json_object_get(result, "snapshot"));
}

/* True if the request may be sent: what it would be put back to is there. Else *outcome
   says that nothing was sent, and whether to ask again. */
static bool is_protected(struct call *call, const struct plugins *plugins,
                         enum slipway_outcome *outcome, enum exec_protection *protection)
{
    if (!call->request.protection || call->request.verb != EXEC_START)
        return true;
    *outcome = look_for_protection(call, plugins);
    bool found = *outcome == SLIPWAY_DONE && names_snapshot(call);
    xreplace(&call->result, NULL);
    xreplace(&call->handle, NULL);
    if (found) {
        *protection = EXEC_PROTECTION_FOUND;
        xreplace(&call->sentence, NULL);
        call->look_again_ms = 0;
    } else if (*outcome == SLIPWAY_DONE) {
        *protection = EXEC_PROTECTION_GONE;
        call_say(call, "the snapshot that it would be put back to is not there any more: "
                       "nothing was sent");
        *outcome = SLIPWAY_REFUSED;
    } else if (*outcome == SLIPWAY_FAILED || *outcome == SLIPWAY_REFUSED) {
        *protection = EXEC_PROTECTION_UNCLEAR;
        *outcome = SLIPWAY_REFUSED;
    } else if (*outcome == SLIPWAY_PENDING) {
        *outcome = SLIPWAY_RETRY;
    }
    return found;
}

void runner_run(struct call *call, const struct plugins *plugins,
                struct expr_engine **engine, struct exec_result *out)
{
    describe_call(call);
    *out = (struct exec_result){
        .intent = call->request.intent,
        .verb = call->request.verb,
        .probe = SLIPWAY_PROBE_UNKNOWN,
        .started_ms = call->started_ms,
    };
    if (is_protected(call, plugins, &out->outcome, &out->protection))
        out->outcome = run_verb(call, plugins, &out->probe);
    if (is_done(out)) {
        if (!call->result)
            call->result = xstrdup("null");
        out->verdict = check_expect(call, engine);
        evaluate_value(call, engine, out);
    }
    out->ended_ms = exec_now_ms();
    out->canceled = atomic_load(&call->canceled);
    out->look_again_ms =
        call->look_again_ms ? call->look_again_ms : EXEC_LOOK_AGAIN_DEFAULT_MS;
    out->result = call->result ? public_result(call->result) : NULL;
    out->handle = steal_ptr(&call->handle);
    out->sentence = call->sentence ? steal_ptr(&call->sentence) : xstrdup("");
    log_line(call->log, SLIPWAY_DEBUG, &call->request, "%s: %s in %lld ms. %s",
             exec_verb_name(out->verb),
             out->verb == EXEC_PROBE ? exec_probe_name(out->probe)
                                     : exec_outcome_name(out->outcome),
             (long long)(out->ended_ms - out->started_ms), out->sentence);
}
