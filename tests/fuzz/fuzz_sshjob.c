/*
 * fuzz_sshjob.c - what an appliance's shell answers about a detached job: to the launch
 * and to the probe, with every end that a command can have. The input takes the place of
 * the channel; nothing is connected.
 *
 *     FIRST BYTE    how the command ended (enum exec_end)
 *     the rest      standard output; after a byte 0xff, standard error
 *
 * Whatever it says: a launch is done only with proper boot ids and never called failed
 * when it may have begun; a probe's report stays in its limits; both are one printable
 * line.
 */
#include "fuzz.h"
#include "ssh/channel.h"
#include "ssh/runner.h"

static struct {
    enum exec_end end;
    const char *out, *err;
    size_t out_length, err_length;
} answer;

enum exec_end channel_exec(struct connection *connection,
                           const struct exec_request *request, struct exec_reply *reply,
                           struct slipway_error *err)
{
    (void)connection;
    MUST(request->argc > 0 && request->argv[0][0] == '/');
    buf_add(&reply->out, answer.out, answer.out_length);
    buf_add(&reply->err, answer.err, answer.err_length);
    if (answer.end != EXEC_ENDED)
        (void)slipway_error_set(err, -1, "it ended so");
    return answer.end;
}

void exec_reply_free(struct exec_reply *reply)
{
    buf_free(&reply->out);
    buf_free(&reply->err);
}

enum slipway_outcome channel_outcome(const struct slipway_call *call, enum exec_end end,
                                     const struct exec_reply *reply)
{
    (void)call;
    (void)reply;
    return end == EXEC_NOT_SENT || end == EXEC_DENIED ? SLIPWAY_RETRY : SLIPWAY_UNKNOWN;
}

static bool one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void try_launch(struct connection *connection)
{
    auto_job struct runner_job job = {0};
    char born[BOOTID_SIZE] = "", now[BOOTID_SIZE] = "";
    struct slipway_error err = {""};
    buf_adds(&job.main, "exec true\n");
    enum slipway_outcome outcome = runner_launch(connection, &job, born, now, &err);
    MUST(outcome != SLIPWAY_DONE || (bootid_valid(born) && bootid_valid(now)));
    MUST(outcome == SLIPWAY_DONE || (err.text[0] && one_line(err.text)));
    bool answered = answer.end == EXEC_ENDED;
    MUST(answered || (outcome != SLIPWAY_DONE && outcome != SLIPWAY_FAILED));
    MUST(!answered || outcome == SLIPWAY_UNKNOWN ||
         memmem(answer.out, answer.out_length, "slipway-launch", 14));
}

static void try_probe(struct connection *connection)
{
    auto_report struct runner_report report = {0};
    struct slipway_error err = {""};
    runner_probe(connection, connection->call, &report, &err);
    bool settled = report.state != RUNNER_UNREACHED && report.state != RUNNER_REFUSED;
    MUST(!settled || answer.end == EXEC_ENDED);
    MUST(settled || (err.text[0] && one_line(err.text)));
    MUST(report.rc >= 0 && report.rc <= 255 && report.age_ms >= 0);
    MUST(report.percent >= -1 && report.percent <= 100);
    MUST(one_line(report.progress));
    MUST(!report.born[0] || bootid_valid(report.born));
    MUST(!report.now[0] || bootid_valid(report.now));
    MUST(report.state == RUNNER_DONE || report.out.length + report.err.length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const uint8_t *border = memchr(data + 1, 0xff, size - 1);
    size_t length = border ? (size_t)(border - data) - 1 : size - 1;
    answer.end = (enum exec_end)(data[0] % (EXEC_LOST + 1));
    answer.out = (const char *)data + 1;
    answer.out_length = length;
    answer.err = (const char *)data + 1 + length;
    answer.err_length = size - 1 - length;
    struct slipway_call call = {.key = "c1.vc-0001.patch.1.1", .fingerprint = "f00d"};
    struct session *no_session =
        (struct session *)&answer; /* only asked whether it is there */
    struct connection connection = {.call = &call, .session = no_session};
    connection.target.host = "vc-0001";
    connection.target.job_dir = "/var/lib/slipway/jobs";
    try_launch(&connection);
    try_probe(&connection);
    return 0;
}
