/*
 * runner.c - see runner.h.
 *
 * The launcher's text travels in the command line, what it publishes on its
 * standard input, so nothing is interpolated and no secret is an argument. An
 * answer that is not exactly of the agreed form decides nothing: the launch is
 * then UNKNOWN, the probe UNREACHED.
 */
#include "ssh/runner.h"

#include <stdlib.h>
#include <string.h>

#include "ssh/limits.h"
#include "ssh/outcome.h"
#include "ssh/scripts.h"
#include "util/auto.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define NUMBER_SIZE 24

void runner_job_free(struct runner_job *job)
{
    buf_free(&job->main);
    buf_free(&job->script);
    buf_free(&job->secret);
}

bool runner_key_valid(const char *key)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t length = strlen(key);
    return length > 0 && length <= SSH_JOB_KEY_MAX && strspn(key, allowed) == length &&
           key[0] != '.' && key[0] != '-';
}

/* "fingerprint contents": the same key with another content is refused too. */
static char *job_hash(const struct slipway_call *call, const struct runner_job *job)
{
    char main_hash[SHA256_HEX], hash[SHA256_HEX];
    sha256_hex(buf_text(&job->main), job->main.length, main_hash);
    sha256_chain(main_hash, buf_text(&job->script), job->script.length, hash);
    return xasprintf("%s %s", call->fingerprint, hash);
}

/* The four parts in the order of launch.sh. */
static void build_payload(struct buf *out, const struct runner_job *job)
{
    buf_add(out, buf_text(&job->main), job->main.length);
    buf_add(out, buf_text(&job->script), job->script.length);
    buf_adds(out, script_supervise);
    buf_add(out, buf_text(&job->secret), job->secret.length);
}

/* Cut the next blank-separated word off. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " ");
    char *end = word + strcspn(word, " ");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static enum slipway_outcome read_launch_reply(char *line, const char *host,
                                              char born[BOOTID_SIZE],
                                              char now[BOOTID_SIZE],
                                              struct slipway_error *err)
{
    char *rest = line;
    if (strcmp(next_word(&rest), "slipway-launch") != 0)
        return outcome_error(err, SLIPWAY_UNKNOWN, "%s: the launcher gave no answer",
                             host);
    const char *word = next_word(&rest);
    if (strcmp(word, "OK") == 0) {
        const char *first = next_word(&rest), *second = next_word(&rest);
        if (!bootid_valid(first) || !bootid_valid(second))
            return outcome_error(err, SLIPWAY_UNKNOWN,
                                 "%s: the launcher's answer is damaged", host);
        memcpy(born, first, BOOTID_SIZE);
        memcpy(now, second, BOOTID_SIZE);
        return SLIPWAY_DONE;
    }
    char clean[256];
    (void)text_clean(rest, clean, sizeof clean);
    if (strcmp(word, "MISMATCH") == 0)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "%s: MISMATCH: this key belongs to a job with other contents; "
            "nothing was started. Was the script changed during the run?",
            host);
    if (strcmp(word, "NOBOOT") == 0)
        return outcome_error(
            err, SLIPWAY_REFUSED,
            "%s: no proper boot id in /proc/sys/kernel/random/boot_id: a "
            "reboot could not be told, so nothing was started",
            host);
    if (strcmp(word, "BUSY") == 0)
        return outcome_error(err, SLIPWAY_RETRY,
                             "%s: other launches hold the lock of the job "
                             "directory",
                             host);
    if (strcmp(word, "REFUSED") == 0)
        return outcome_error(err, SLIPWAY_REFUSED, "%s: %s", host, clean);
    if (strcmp(word, "FAILED") == 0)
        return outcome_error(err, SLIPWAY_FAILED, "%s: %s", host, clean);
    return outcome_error(err, SLIPWAY_UNKNOWN, "%s: the launcher's answer is damaged",
                         host);
}

/* The arguments of launch.sh. */
struct launch_numbers {
    char timeout[NUMBER_SIZE], main[NUMBER_SIZE], script[NUMBER_SIZE];
    char supervise[NUMBER_SIZE], secret[NUMBER_SIZE];
};

static void print_numbers(const struct runner_job *job, struct launch_numbers *out)
{
    (void)snprintf(out->timeout, NUMBER_SIZE, "%lld", (long long)job->timeout_s);
    (void)snprintf(out->main, NUMBER_SIZE, "%zu", job->main.length);
    (void)snprintf(out->script, NUMBER_SIZE, "%zu", job->script.length);
    (void)snprintf(out->supervise, NUMBER_SIZE, "%zu", strlen(script_supervise));
    (void)snprintf(out->secret, NUMBER_SIZE, "%zu", job->secret.length);
}

enum slipway_outcome runner_launch(struct connection *connection,
                                   const struct runner_job *job, char born[BOOTID_SIZE],
                                   char now[BOOTID_SIZE], struct slipway_error *err)
{
    struct slipway_call *call = connection->call;
    const char *host = connection->target.host;
    if (!runner_key_valid(call->key))
        return outcome_error(err, SLIPWAY_REFUSED,
                             "the intent's key is no directory name");
    auto_free char *hash = job_hash(call, job);
    struct launch_numbers numbers;
    print_numbers(job, &numbers);
    const char *const argv[] = {
        "/bin/sh",
        "-c",
        script_launch,
        "slipway-launch",
        connection->target.job_dir,
        call->key,
        hash,
        numbers.timeout,
        job->one_boot ? "1" : "0",
        numbers.main,
        numbers.script,
        numbers.supervise,
        numbers.secret,
    };
    auto_buf struct buf payload = {0};
    build_payload(&payload, job);
    struct exec_request request = {.argv = argv,
                                   .argc = ARRAY_LENGTH(argv),
                                   .input = payload.data,
                                   .input_length = payload.length};
    auto_reply struct exec_reply reply = {0};
    struct slipway_error why;
    enum exec_end end = channel_exec(connection, &request, &reply, &why);
    if (end != EXEC_ENDED)
        return outcome_error(err, channel_outcome(call, end, &reply), "%s: %s", host,
                             why.text);
    auto_free char *line =
        xstrndup(buf_text(&reply.out), strcspn(buf_text(&reply.out), "\n"));
    return read_launch_reply(line, host, born, now, err);
}

static enum runner_state state_named(const char *word)
{
    static const struct {
        const char *name;
        enum runner_state state;
    } states[] = {
        {"ABSENT", RUNNER_ABSENT},     {"UNREADABLE", RUNNER_UNREADABLE},
        {"MISMATCH", RUNNER_MISMATCH}, {"CLAIMED", RUNNER_CLAIMED},
        {"RUNNING", RUNNER_RUNNING},   {"DONE", RUNNER_DONE},
        {"ORPHANED", RUNNER_ORPHANED}, {"REBOOTED", RUNNER_REBOOTED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
        if (strcmp(states[i].name, word) == 0)
            return states[i].state;
    return RUNNER_UNREACHED;
}

static bool read_number(const char *word, long least, long most, long *out)
{
    char *end = NULL;
    long value = strtol(word, &end, 10);
    if (end == word || *end || value < least || value > most)
        return false;
    *out = value;
    return true;
}

/* "42 some words" */
static void read_progress(const char *line, struct runner_report *report)
{
    char *end = NULL;
    long percent = strtol(line, &end, 10);
    bool told = end != line && percent >= 0 && percent <= 100;
    report->percent = told ? (int)percent : -1;
    if (told)
        line = end + strspn(end, " ");
    (void)text_clean(line, report->progress, sizeof report->progress);
}

/* The first line of probe.sh; -1 if it is not of the agreed form. */
static int read_state(char *line, struct runner_report *report)
{
    char *rest = line;
    if (strcmp(next_word(&rest), "slipway-probe") != 0)
        return -1;
    enum runner_state state = state_named(next_word(&rest));
    const char *rc = next_word(&rest), *born = next_word(&rest), *now = next_word(&rest);
    long number = 0, age_s = 0;
    if (state == RUNNER_UNREACHED ||
        (state == RUNNER_DONE && !read_number(rc, 0, 255, &number)))
        return -1;
    if (!read_number(next_word(&rest), -366L * 86400, 3660L * 86400, &age_s) || age_s < 0)
        age_s = 0;
    report->rc = (int)number;
    report->age_ms = (int64_t)age_s * 1000;
    if (bootid_valid(born))
        memcpy(report->born, born, BOOTID_SIZE);
    if (bootid_valid(now))
        memcpy(report->now, now, BOOTID_SIZE);
    report->state = state;
    return 0;
}

/* As much as was asked for has most likely lost its beginning. */
static void add_tail(struct buf *out, const char *text, size_t length)
{
    size_t skip = length >= SSH_TAIL_BYTES ? text_cut_start(text, length) : 0;
    buf_add(out, text + skip, length - skip);
}

static int read_report(struct exec_reply *reply, struct runner_report *report)
{
    const char *text = buf_text(&reply->out);
    size_t first = strcspn(text, "\n");
    if (text[first] != '\n')
        return -1;
    size_t second = strcspn(text + first + 1, "\n");
    auto_free char *state = xstrndup(text, first);
    auto_free char *progress = xstrndup(text + first + 1, second);
    if (read_state(state, report) != 0)
        return -1;
    read_progress(progress, report);
    size_t skip = first + 1 + second;
    skip += text[skip] == '\n';
    if (report->state == RUNNER_DONE) {
        add_tail(&report->out, text + skip, reply->out.length - skip);
        add_tail(&report->err, buf_text(&reply->err), reply->err.length);
    }
    return 0;
}

/* The end of a probe's command that brought no report. */
static enum runner_state state_of_end(enum exec_end end, const struct exec_reply *reply)
{
    bool refused = end == EXEC_DENIED || end == EXEC_NO_SHELL ||
                   (end == EXEC_NOT_SENT && reply->refused);
    return refused ? RUNNER_REFUSED : RUNNER_UNREACHED;
}

static void ask(struct connection *connection, struct runner_report *report,
                struct slipway_error *err)
{
    struct slipway_call *call = connection->call;
    char tail[NUMBER_SIZE];
    (void)snprintf(tail, sizeof tail, "%u", SSH_TAIL_BYTES);
    const char *const argv[] = {"/bin/sh",
                                "-c",
                                script_probe,
                                "slipway-probe",
                                connection->target.job_dir,
                                call->key,
                                call->fingerprint,
                                tail};
    struct exec_request request = {.argv = argv, .argc = ARRAY_LENGTH(argv)};
    auto_reply struct exec_reply reply = {0};
    enum exec_end end = channel_exec(connection, &request, &reply, err);
    if (end != EXEC_ENDED) {
        report->state = state_of_end(end, &reply);
    } else if (read_report(&reply, report) != 0) {
        report->state = RUNNER_UNREACHED;
        (void)slipway_error_set(err, -1, "its answer about the job is damaged");
    }
}

void runner_probe(struct connection *connection, struct slipway_call *call,
                  struct runner_report *report, struct slipway_error *err)
{
    report->percent = -1;
    if (!runner_key_valid(call->key)) {
        report->state = RUNNER_REFUSED;
        (void)slipway_error_set(err, -1, "the intent's key is no directory name");
        return;
    }
    enum slipway_outcome outcome =
        connection->session ? SLIPWAY_DONE : connection_open(call, connection, err);
    if (outcome == SLIPWAY_REFUSED)
        report->state = RUNNER_REFUSED;
    else if (outcome != SLIPWAY_DONE)
        report->state = RUNNER_UNREACHED;
    else
        ask(connection, report, err);
    if (report->state != RUNNER_UNREACHED && connection->target.identity)
        silence_clear(&connection->state->silence, connection->target.identity);
}

void runner_report_free(struct runner_report *report)
{
    buf_free(&report->out);
    buf_free(&report->err);
}

enum slipway_outcome runner_say_silent(struct connection *connection,
                                       struct slipway_call *call, const char *what,
                                       const char *why)
{
    char since[32];
    if (call->host->canceled(call))
        return outcome_say(call, SLIPWAY_PENDING, "not asked: the host stops; %s", what);
    int64_t since_ms =
        silence_note(&connection->state->silence, connection->target.identity);
    call->host->look_again_in(call, SSH_LOOK_LOST_MS);
    return outcome_say(call, SLIPWAY_PENDING, "no answer since %s; %s (%s)",
                       time_clock(since_ms, since, sizeof since), what, why);
}
