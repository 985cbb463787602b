/*
 * backup.c - vcsa.backup and vcsa.backup_state: the vendor's own way back.
 *
 *   start ─┬ POST recovery/backup/job ─► PENDING {"job": id}
 *          └ 400 FEATURE_IN_USE ───────► RETRY: a backup or restore runs
 *   poll ──── GET job/{id} ─► INPROGRESS: PENDING; SUCCEEDED: DONE; FAILED: FAILED
 *
 * A second backup harms nobody, so it is IDEMPOTENT: a lost answer is followed by another
 * one. The state operation tells the newest good backup, its age and whether it was taken
 * at the installed version, out of job/details; where a release has no details (before 6.7) the
 * jobs of the greatest ids are asked one by one, and the version is not known.
 *
 * Failure: the appliance's messages are the sentence. Passwords are asked of the host
 * when the request is made, and overwritten afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/backup.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"

#define JOBS       VCSA_BACKUP "/job"
#define JOBS_ASKED 5u /* one by one */

/* --- the request ------------------------------------------------------------------------- */

json_t *vcsa_backup_request(struct vcsa_talk *talk)
{
    const json_t *parts = json_object_get(talk->with, "parts");
    const char *user = json_text(talk->with, "user");
    json_t *body =
        json_pack("{s:o, s:s, s:s, s:s}", "parts",
                  json_is_array(parts) ? json_deep_copy(parts) : json_array(),
                  "location_type", json_text(talk->with, "type"), "location",
                  json_text(talk->with, "location"), "comment", talk->call->key);
    if (user)
        (void)json_object_set_new(body, "location_user", json_string(user));
    if (vcsa_add_secret(talk, body, "password", "location_password") ||
        vcsa_add_secret(talk, body, "encrypt", "backup_password")) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static bool id_acceptable(const char *id)
{
    size_t length = id ? strlen(id) : 0;
    return length && length < 128 &&
           strspn(id,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               length;
}

enum slipway_outcome vcsa_backup_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    /* A read first: it finds door and dialect, so that the effect is sent only once. */
    struct vcsa_release release;
    enum vcsa_answer answer = vcsa_release_read(&talk, &release, NULL);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *body = vcsa_backup_request(&talk);
    if (!body)
        return vcsa_say(&talk, SLIPWAY_REFUSED, "%s", talk.err.text);
    const struct vcsa_request request = {
        .method = "POST", .path = JOBS, .body = body, .old_wrap = "piece"};
    answer = vcsa_act(&talk, &request, &value);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(&talk, answer, "the backup");
    const char *id = json_text(value, "id");
    if (!id_acceptable(id))
        return vcsa_say(&talk, SLIPWAY_UNKNOWN,
                        "%s: it began a backup and did not name it", talk.target.name);
    return vcsa_pending(&talk, json_pack("{s:s}", "job", id));
}

/* --- the job ------------------------------------------------------------------------------ */

static enum slipway_outcome job_over(struct vcsa_talk *talk, const json_t *job,
                                     const char *id)
{
    char why[VCSA_TEXT_MAX], state[24];
    const char *given = json_text(job, "state");
    (void)text_clean(given ? given : "", state, sizeof state);
    if (!strcmp(state, "SUCCEEDED"))
        return vcsa_done(talk, json_pack("{s:s, s:s}", "job", id, "state", state));
    if (!strcmp(state, "FAILED"))
        return vcsa_say(talk, SLIPWAY_FAILED, "%s: backup %s failed: %s",
                        talk->target.name, id,
                        vcsa_message(json_object_get(job, "messages"), why, sizeof why));
    json_int_t percent = json_number(job, "progress", -1);
    talk->call->host->progress(
        talk->call, percent >= 0 && percent <= 100 ? (int)percent : -1, "backup");
    return vcsa_pending(talk, vcsa_handle_get(talk->call));
}

enum slipway_outcome vcsa_backup_poll(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *handle = vcsa_handle_get(call), *job = NULL;
    const char *id = json_text(handle, "job");
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    if (!id_acceptable(id))
        return vcsa_say(&talk, SLIPWAY_UNKNOWN, "the handle names no backup job");
    auto_free char *path = xasprintf(JOBS "/%s", id);
    enum vcsa_answer answer = vcsa_get(&talk, path, &job);
    if (answer == VCSA_OK)
        return job_over(&talk, job, id);
    call->host->say(call, "%s", talk.err.text);
    return vcsa_is_silence(&talk, answer) ? vcsa_pending(&talk, vcsa_handle_get(call))
                                          : SLIPWAY_UNKNOWN;
}

/* --- how fresh ------------------------------------------------------------------------------ */

struct newest {
    const json_t *job;
    int64_t ended_ms;
    bool running;
};

static void consider(const json_t *job, struct newest *out)
{
    const char *status = json_text(job, "status");
    status = status ? status : json_text(job, "state");
    int64_t ended_ms = 0;
    if (status && !strcmp(status, "INPROGRESS"))
        out->running = true;
    if (!status || strcmp(status, "SUCCEEDED") != 0 ||
        vcsa_moment_of(job, "end_time", &ended_ms))
        return;
    if (!out->job || ended_ms > out->ended_ms) {
        out->job = job;
        out->ended_ms = ended_ms;
    }
}

/* "8.0.3.00400" in version_name or version; null if it is not told. */
static json_t *taken_at(const json_t *job, const char *version)
{
    const json_t *build = json_object_get(job, "build");
    const char *name = json_text(build, "version_name"),
               *own = json_text(build, "version");
    if (!name && !own)
        return json_null();
    return json_boolean((name && !text_version_cmp(name, version)) ||
                        (own && !text_version_cmp(own, version)));
}

static json_t *state_json(const struct newest *newest, int64_t now_ms,
                          const char *version)
{
    if (!newest->job)
        return json_pack("{s:b, s:b, s:n, s:n, s:b}", "any", 0, "running",
                         newest->running, "ended", "age_hours", "same_version", 0);
    const char *location = json_text(newest->job, "location");
    return json_pack("{s:b, s:b, s:o, s:I, s:o, s:o}", "any", 1, "running",
                     newest->running, "ended", vcsa_moment_json(newest->ended_ms),
                     "age_hours", (json_int_t)((now_ms - newest->ended_ms) / 3600000),
                     "same_version", taken_at(newest->job, version), "location",
                     location ? json_safe_string(location, strlen(location))
                              : json_null());
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* Their ids begin with the time, so the greatest are the newest. */
static enum vcsa_answer ask_jobs(struct vcsa_talk *talk, const json_t *ids, json_t **out)
{
    const char *names[VCSA_LIST_MAX];
    size_t count = 0;
    enum vcsa_answer answer = VCSA_OK;
    for (size_t i = 0; i < json_array_size(ids) && count < VCSA_LIST_MAX; i++)
        if (id_acceptable(json_string_value(json_array_get(ids, i))))
            names[count++] = json_string_value(json_array_get(ids, i));
    qsort(names, count, sizeof *names, by_id);
    *out = json_object();
    for (size_t i = 0; i < count && i < JOBS_ASKED && answer == VCSA_OK; i++) {
        json_t *job = NULL;
        auto_free char *path = xasprintf(JOBS "/%s", names[i]);
        answer = vcsa_get(talk, path, &job);
        if (answer == VCSA_OK)
            (void)json_object_set_new(*out, names[i], job);
    }
    return answer;
}

/* By id, from whichever the release has. */
static enum vcsa_answer read_jobs(struct vcsa_talk *talk, json_t **out)
{
    auto_json json_t *value = NULL, *ids = NULL;
    enum vcsa_answer answer = vcsa_get(talk, JOBS "/details", &value);
    if (answer == VCSA_OK)
        *out = vcsa_map(value);
    bool untold = answer == VCSA_ABSENT ||
                  (answer == VCSA_ERROR && vcsa_fault_is(&talk->fault, "NOT_FOUND"));
    if (!untold)
        return answer;
    answer = vcsa_get(talk, JOBS, &ids);
    return answer == VCSA_OK ? ask_jobs(talk, ids, out) : answer;
}

enum slipway_outcome vcsa_op_backup_state(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_release release;
    struct newest newest = {0};
    int64_t now_ms = 0;
    auto_json json_t *jobs = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = read_jobs(&talk, &jobs);
    if (answer == VCSA_OK)
        answer = vcsa_release_read(&talk, &release, NULL);
    if (answer == VCSA_OK)
        answer = vcsa_appliance_now(&talk, &now_ms);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    const char *id;
    json_t *job;
    json_object_foreach(jobs, id, job) consider(job, &newest);
    return vcsa_done(&talk, state_json(&newest, now_ms, release.version));
}
