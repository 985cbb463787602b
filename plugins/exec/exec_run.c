/*
 * exec_run.c - the operation `run`: prepare a program's arguments, environment
 * and question, run it, and let exec_answer.c judge.
 *
 * start, poll and probe differ only in one word of the question on standard
 * input. When the program cannot even be prepared nothing was started, so that
 * is REFUSED with the argument to correct.
 */
#include "exec/exec_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_answer.h"
#include "exec/exec_child.h"
#include "exec/exec_command.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

struct run {
    json_t *with;
    struct exec_command command;
    char *question;
};

static void run_free(struct run *run)
{
    exec_command_free(&run->command);
    free(run->question);
    json_decref(run->with);
}
#define auto_run __attribute__((cleanup(run_free)))

/* --- arguments ---------------------------------------------------------------------- */

static bool probes(const json_t *with)
{
    return json_is_true(json_object_get(with, "probe"));
}

enum slipway_class exec_run_class(const char *with)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    return probes(json) ? SLIPWAY_RECONCILABLE : SLIPWAY_OPAQUE;
}

static int check_with(const json_t *with, struct slipway_error *err)
{
    json_int_t output_max = json_number(with, "output_max", EXEC_OUTPUT_MAX);
    json_int_t timeout_ms = json_number(with, "timeout", 0);
    if (output_max < 1 || output_max > (json_int_t)EXEC_OUTPUT_CEILING)
        return slipway_error_set(err, -1, "output_max must be from 1 to %u bytes",
                                 EXEC_OUTPUT_CEILING);
    if (timeout_ms < 0)
        return slipway_error_set(err, -1, "timeout must not be negative");
    return exec_command_check(with, err);
}

int exec_run_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    return json ? check_with(json, err) : -1;
}

/* --- preparing ----------------------------------------------------------------------- */

/* What the program reads. Secrets stay references here, as in the fleet file. */
static void prepare_question(const struct slipway_call *call, struct run *run,
                             const json_t *target, const char *operation)
{
    auto_json json_t *question = json_object();
    const json_t *input = json_object_get(run->with, "input");
    (void)json_object_set_new(question, "protocol", json_integer(1));
    (void)json_object_set_new(question, "operation", json_string(operation));
    (void)json_object_set_new(question, "key", json_string(call->key));
    (void)json_object_set_new(question, "fingerprint", json_string(call->fingerprint));
    (void)json_object_set_new(question, "handle",
                              call->handle
                                  ? json_safe_string(call->handle, strlen(call->handle))
                                  : json_null());
    (void)json_object_set_new(question, "with",
                              input ? json_deep_copy(input) : json_object());
    (void)json_object_set_new(question, "target", json_deep_copy(target));
    (void)json_object_set_new(question, "read_only",
                              json_boolean(call->flags & SLIPWAY_CALL_READ_ONLY));
    run->question = json_canonical(question);
}

static int prepare(struct slipway_call *call, struct run *run, const char *operation,
                   struct slipway_error *err)
{
    auto_json json_t *target =
        json_parse(call->target, strlen(call->target), JSON_BYTES_MAX, err);
    run->with = json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, err);
    if (!target || !run->with || check_with(run->with, err))
        return -1;
    prepare_question(call, run, target, operation);
    return exec_command_prepare(call, run->with, target, NULL, &run->command, err);
}

/* --- running --------------------------------------------------------------------------- */

static void log_errors(struct slipway_call *call, const char *name,
                       const struct buf *errors)
{
    const char *p = buf_text(errors), *end = p + errors->length;
    for (unsigned lines = 0; p < end && lines < EXEC_LOG_LINES; lines++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        auto_buf struct buf line = {0};
        text_sanitize(&line, p, (size_t)(stop - p), 500);
        if (line.length)
            call->host->log(call, SLIPWAY_INFO, "%s: %s", name, buf_text(&line));
        p = stop + 1;
    }
}

/* 0, or -1 with a sentence: then nothing was started. */
static int ask(struct slipway_call *call, struct run *run, const char *operation,
               struct exec_end *end)
{
    struct slipway_error err = {""};
    if (prepare(call, run, operation, &err)) {
        call->host->say(call, "%s", err.text);
        return -1;
    }
    const struct exec_job job = {
        .program = run->command.program,
        .argv = run->command.argv,
        .environment = run->command.environment,
        .input = run->question,
        .input_length = strlen(run->question),
        .output_max = (size_t)json_number(run->with, "output_max", EXEC_OUTPUT_MAX),
        .timeout_ms = json_number(run->with, "timeout", 0)};
    exec_child_run(call, &job, end);
    log_errors(call, run->command.name, &end->errors);
    return 0;
}

enum slipway_outcome exec_run_start(struct slipway_call *call)
{
    auto_run struct run run = {0};
    auto_exec_end struct exec_end end = {0};
    if ((call->flags & SLIPWAY_CALL_READ_ONLY) && call->repeat != SLIPWAY_READ) {
        call->host->say(call,
                        "a dry run starts no program that may change something; a step "
                        "that only reads says so with `class: read`");
        return SLIPWAY_REFUSED;
    }
    if (call->host->canceled(call))
        return SLIPWAY_CANCELED;
    if (ask(call, &run, "start", &end))
        return SLIPWAY_REFUSED;
    return exec_answer_started(call, run.command.name, &end);
}

/* The program is there no more, or is no longer trusted: somebody can mend it. */
enum slipway_outcome exec_run_poll(struct slipway_call *call)
{
    auto_run struct run run = {0};
    auto_exec_end struct exec_end end = {0};
    if (ask(call, &run, "poll", &end))
        return SLIPWAY_PENDING;
    return exec_answer_polled(call, run.command.name, &end);
}

enum slipway_probe exec_run_probe(struct slipway_call *call)
{
    auto_run struct run run = {0};
    auto_exec_end struct exec_end end = {0};
    auto_json json_t *with =
        json_parse(call->with, strlen(call->with), JSON_BYTES_MAX, NULL);
    if (!probes(with)) {
        call->host->say(call,
                        "the program cannot be asked what became of it; a program that "
                        "answers probes says so with `probe: true`");
        return SLIPWAY_PROBE_UNKNOWN;
    }
    if (ask(call, &run, "probe", &end))
        return SLIPWAY_PROBE_UNKNOWN;
    return exec_answer_probed(call, run.command.name, &end);
}
