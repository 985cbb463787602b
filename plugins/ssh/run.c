/*
 * run.c - ssh.run: one short command, waited for.
 *
 * For questions and for changes that may be repeated. A command that must not
 * run twice belongs into ssh.job: when the connection breaks after this one was
 * sent, nobody can say whether it ran, and only its class decides what follows
 * (READ, IDEMPOTENT: again; else UNKNOWN).
 */
#include <string.h>

#include "ssh/arguments.h"
#include "ssh/channel.h"
#include "ssh/limits.h"
#include "ssh/operations.h"
#include "ssh/outcome.h"
#include "ssh/result.h"
#include "util/auto.h"
#include "util/json.h"

enum slipway_class run_classify(const char *with)
{
    (void)with;
    return SLIPWAY_READ;
}

int run_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    if (!json)
        return -1;
    size_t count;
    auto_free const char **words =
        arguments_words(json_object_get(json, "argv"), "argv", &count, err);
    if (!words)
        return -1;
    const char *input = json_text(json, "stdin");
    if (input && strlen(input) > SSH_INPUT_MAX)
        return slipway_error_set(err, -1, "stdin is longer than %u bytes: upload a file",
                                 SSH_INPUT_MAX);
    const json_t *expected = json_object_get(json, "expect_status");
    if (expected && json_array_size(expected) == 0)
        return slipway_error_set(err, -1, "expect_status must be a list of numbers");
    for (size_t i = 0; i < json_array_size(expected); i++) {
        json_int_t status = json_integer_value(json_array_get(expected, i));
        if (!json_is_integer(json_array_get(expected, i)) || status < 0 || status > 255)
            return slipway_error_set(err, -1, "expect_status: item %zu must be 0 to 255",
                                     i + 1);
    }
    return 0;
}

static bool is_expected(const json_t *expected, int status)
{
    if (!expected)
        return status == 0;
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (json_integer_value(json_array_get(expected, i)) == status)
            return true;
    return false;
}

static enum slipway_outcome judge(struct slipway_call *call, const json_t *with,
                                  const struct exec_reply *reply)
{
    result_set_output(call, "status", reply->status, &reply->out, &reply->err,
                      SSH_RESULT_MAX, false);
    if (is_expected(json_object_get(with, "expect_status"), reply->status))
        return SLIPWAY_DONE;
    char line[200];
    const struct buf *told = reply->err.length ? &reply->err : &reply->out;
    (void)result_last_line(told, line, sizeof line);
    if (reply->status > 128)
        return outcome_say(call, SLIPWAY_FAILED,
                           "the command was killed by signal %d (status %d)%s%s",
                           reply->status - 128, reply->status, line[0] ? ": " : "", line);
    return outcome_say(call, SLIPWAY_FAILED, "the command ended with status %d%s%s",
                       reply->status, line[0] ? ": " : "", line);
}

enum slipway_outcome run_start(struct slipway_call *call)
{
    struct slipway_error err;
    if (run_check(call->with, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    auto_json json_t *with = arguments_parse(call->with, &err);
    struct exec_request request = {.timeout_ms = arguments_duration(with, "timeout", 0)};
    auto_free const char **words =
        arguments_words(json_object_get(with, "argv"), "argv", &request.argc, &err);
    request.argv = words;
    request.input = json_text(with, "stdin");
    request.input_length = request.input ? strlen(request.input) : 0;
    auto_connection struct connection connection = {0};
    enum slipway_outcome outcome = connection_open(call, &connection, &err);
    if (outcome != SLIPWAY_DONE)
        return outcome_say(call, outcome, "%s", err.text);
    auto_reply struct exec_reply reply = {0};
    enum exec_end end = channel_exec(&connection, &request, &reply, &err);
    if (end != EXEC_ENDED)
        return outcome_say(call, channel_outcome(call, end, &reply), "%s: %s",
                           connection.target.host, err.text);
    return judge(call, with, &reply);
}
