/*
 * reboot.c - ssh.reboot: a reboot that is proven by a new boot id.
 *
 * The reboot command is itself a detached job that waits `delay` first, so that
 * the channel closes properly and a lost reply can be settled. The boot id on
 * which the job was published is the "before"; a different, well-formed one is
 * the only proof of a reboot. The supervisor starts the command only while that
 * first boot lasts: relaunching after the reboot does not reboot again.
 *
 *   boot id now      report             poll              probe
 *   differs          any                DONE              DONE
 *   the same         RUNNING, DONE 0    PENDING           RUNNING
 *                    DONE 1..127        FAILED            FAILED
 *                    CLAIMED            PENDING, UNKNOWN  NOT_STARTED
 *                    ABSENT             UNKNOWN           NOT_STARTED without handle
 *   no answer                           PENDING           UNKNOWN
 *
 * A command that dies of a signal (128 and more) may have been killed by the very
 * shutdown that it began, so that is no failure.
 */
#include <string.h>

#include "ssh/arguments.h"
#include "ssh/job_parts.h"
#include "ssh/limits.h"
#include "ssh/operations.h"
#include "ssh/outcome.h"
#include "ssh/result.h"
#include "ssh/runner.h"
#include "util/auto.h"
#include "util/json.h"

#define DELAY_DEFAULT_MS 2000
#define COMMAND_LIMIT_S  300 /* for the command itself, not for the reboot */

static const char *const default_command[] = {"systemctl", "reboot"};

int reboot_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = arguments_parse(with, err);
    if (!json)
        return -1;
    const json_t *command = json_object_get(json, "command");
    size_t count;
    if (!command)
        return 0;
    auto_free const char **words = arguments_words(command, "command", &count, err);
    return words ? 0 : -1;
}

static int build(const json_t *with, struct runner_job *job, struct slipway_error *err)
{
    int64_t delay_ms = arguments_duration(with, "delay", DELAY_DEFAULT_MS);
    const json_t *command = json_object_get(with, "command");
    job->one_boot = true;
    job->timeout_s = (delay_ms + 999) / 1000 + COMMAND_LIMIT_S;
    buf_addf(&job->main, "sleep %lld\n", (long long)((delay_ms + 999) / 1000));
    if (!command) {
        job_parts_exec(&job->main, default_command, ARRAY_LENGTH(default_command));
        return 0;
    }
    size_t count;
    auto_free const char **words = arguments_words(command, "command", &count, err);
    if (!words)
        return -1;
    job_parts_exec(&job->main, words, count);
    return 0;
}

static void set_handle(struct slipway_call *call, const char *boot)
{
    auto_json json_t *handle = json_object();
    (void)json_object_set_new(handle, "boot_id", json_string(boot));
    (void)json_object_set_new(handle, "job", json_string(call->key));
    auto_free char *text = json_canonical(handle);
    (void)call->host->set_handle(call, text);
}

/* The boot id before, from the handle, else from the job; "" if neither. */
static void boot_before(const struct slipway_call *call,
                        const struct runner_report *report, char out[BOOTID_SIZE])
{
    out[0] = '\0';
    if (call->handle) {
        auto_json json_t *handle =
            json_parse(call->handle, strlen(call->handle), SLIPWAY_HANDLE_MAX, NULL);
        const char *boot = handle ? json_text(handle, "boot_id") : NULL;
        if (bootid_valid(boot))
            memcpy(out, boot, BOOTID_SIZE);
    } else if (bootid_valid(report->born)) {
        memcpy(out, report->born, BOOTID_SIZE);
    }
}

enum slipway_outcome reboot_start(struct slipway_call *call)
{
    struct slipway_error err;
    auto_job struct runner_job job = {0};
    auto_json json_t *with = arguments_parse(call->with, &err);
    if (!with || reboot_check(call->with, &err) != 0 || build(with, &job, &err) != 0)
        return outcome_say(call, SLIPWAY_REFUSED, "%s", err.text);
    if (arguments_inert(call))
        return SLIPWAY_REFUSED;
    auto_connection struct connection connection = {0};
    enum slipway_outcome outcome = connection_open(call, &connection, &err);
    char born[BOOTID_SIZE], now[BOOTID_SIZE];
    if (outcome == SLIPWAY_DONE)
        outcome = runner_launch(&connection, &job, born, now, &err);
    if (outcome != SLIPWAY_DONE)
        return outcome_say(call, outcome, "%s", err.text);
    set_handle(call, born);
    call->host->look_again_in(call, SSH_LOOK_LOST_MS);
    return outcome_say(call, SLIPWAY_PENDING, "the reboot was ordered");
}

/* True, with the result set, if the appliance runs on another boot. */
static bool is_rebooted(struct slipway_call *call, const struct runner_report *report)
{
    char before[BOOTID_SIZE];
    boot_before(call, report, before);
    if (!before[0] || !report->now[0] || strcmp(before, report->now) == 0)
        return false;
    auto_json json_t *result = json_object();
    (void)json_object_set_new(result, "boot_id_before", json_string(before));
    (void)json_object_set_new(result, "boot_id_after", json_string(report->now));
    auto_free char *text = json_canonical(result);
    (void)call->host->set_result(call, text);
    return true;
}

/* True, with a sentence, if the command said that it failed. */
static bool has_failed(struct slipway_call *call, const struct runner_report *report)
{
    if (report->state != RUNNER_DONE || report->rc == 0 || report->rc >= 128 ||
        report->rc == 124)
        return false;
    char line[200];
    call->host->say(call, "the reboot command ended with rc %d: %s", report->rc,
                    result_last_line(&report->err, line, sizeof line));
    return true;
}

/* True, with a sentence, if it stays on its boot for longer than allowed. */
static bool is_too_late(struct slipway_call *call, const struct runner_report *report)
{
    struct slipway_error err;
    auto_json json_t *with = arguments_parse(call->with, &err);
    int64_t limit_ms = with ? arguments_duration(with, "timeout", 0) : 0;
    if (limit_ms == 0 || report->age_ms <= limit_ms)
        return false;
    call->host->say(call,
                    "the appliance answers and is still on the same boot %lld s after "
                    "the order: it does not reboot",
                    (long long)(report->age_ms / 1000));
    return true;
}

static enum slipway_outcome wait_more(struct slipway_call *call)
{
    call->host->look_again_in(call, SSH_LOOK_LOST_MS);
    call->host->progress(call, -1, "going down");
    return outcome_say(call, SLIPWAY_PENDING,
                       "ordered; the appliance is still on its old boot");
}

enum slipway_outcome reboot_poll(struct slipway_call *call)
{
    struct slipway_error err = {.text = ""};
    auto_connection struct connection connection = {0};
    auto_report struct runner_report report = {0};
    runner_probe(&connection, call, &report, &err);
    if (report.state == RUNNER_UNREACHED) {
        call->host->progress(call, -1, "waiting for its boot");
        return runner_say_silent(&connection, call, "the appliance reboots", err.text);
    }
    if (report.state == RUNNER_REFUSED)
        return outcome_say(call, SLIPWAY_UNKNOWN, "%s", err.text);
    if (is_rebooted(call, &report))
        return SLIPWAY_DONE;
    if (!report.now[0])
        return outcome_say(call, SLIPWAY_UNKNOWN,
                           "the appliance tells no proper boot id");
    if (has_failed(call, &report) || is_too_late(call, &report))
        return SLIPWAY_FAILED;
    bool waiting = report.state == RUNNER_RUNNING || report.state == RUNNER_DONE ||
                   report.state == RUNNER_ORPHANED ||
                   (report.state == RUNNER_CLAIMED && report.age_ms < SSH_CLAIM_MS);
    if (waiting)
        return wait_more(call);
    return outcome_say(
        call, SLIPWAY_UNKNOWN,
        "the order for the reboot cannot be found on the appliance, and it is "
        "still on the same boot");
}

enum slipway_probe reboot_probe(struct slipway_call *call)
{
    struct slipway_error err = {.text = ""};
    auto_connection struct connection connection = {0};
    auto_report struct runner_report report = {0};
    runner_probe(&connection, call, &report, &err);
    if (report.state == RUNNER_UNREACHED || report.state == RUNNER_REFUSED) {
        call->host->look_again_in(call, SSH_LOOK_LOST_MS);
        call->host->say(call, "the appliance cannot be asked: %s", err.text);
        return SLIPWAY_PROBE_UNKNOWN;
    }
    if (is_rebooted(call, &report))
        return SLIPWAY_PROBE_DONE;
    if (has_failed(call, &report))
        return SLIPWAY_PROBE_FAILED;
    if (report.state == RUNNER_CLAIMED ||
        (report.state == RUNNER_ABSENT && !call->handle))
        return SLIPWAY_PROBE_NOT_STARTED;
    bool running = report.state == RUNNER_RUNNING || report.state == RUNNER_DONE ||
                   report.state == RUNNER_ORPHANED;
    if (!running || !report.born[0]) {
        call->host->say(call, "the order for the reboot cannot be read on the appliance");
        return SLIPWAY_PROBE_UNKNOWN;
    }
    set_handle(call, report.born);
    (void)wait_more(call);
    return SLIPWAY_PROBE_RUNNING;
}
