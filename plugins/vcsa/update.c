/*
 * update.c - vcsa.update_state, and the reading of update states for all others.
 *
 *   UP_TO_DATE ─ UPDATES_PENDING ─ STAGE_IN_PROGRESS ─ UPDATES_PENDING (staged)
 *        ▲                                                │ install
 *        └───────────────── INSTALL_IN_PROGRESS ◄─────────┘
 *                  ROLLBACK_IN_PROGRESS ◄┘ └► INSTALL_FAILED
 *
 * Subtask ids are for people only. A state alone proves nothing: the file behind it can
 * be reset by hand, so whoever needs to know reads the version too.
 */
#include "vcsa/update.h"

#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"

static enum vcsa_update_state state_named(const char *name)
{
    static const char *const names[] = {
        [VCSA_UP_TO_DATE] = "UP_TO_DATE",
        [VCSA_UPDATES_PENDING] = "UPDATES_PENDING",
        [VCSA_STAGING] = "STAGE_IN_PROGRESS",
        [VCSA_INSTALLING] = "INSTALL_IN_PROGRESS",
        [VCSA_INSTALL_FAILED] = "INSTALL_FAILED",
        [VCSA_ROLLING_BACK] = "ROLLBACK_IN_PROGRESS",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (!strcmp(names[i], name))
            return (enum vcsa_update_state)i;
    return VCSA_STATE_UNKNOWN;
}

static int percent_of(const json_t *progress)
{
    json_int_t total = json_number(progress, "total", 0);
    json_int_t completed = json_number(progress, "completed", -1);
    if (total <= 0 || completed < 0)
        return -1;
    return completed >= total ? 100 : (int)((double)completed * 100 / (double)total);
}

/* The error of a task: in its own dialect's shape, or its messages alone. */
static void take_error(const json_t *error, struct vcsa_update *out)
{
    const json_t *inner = json_object_get(error, "value");
    const json_t *messages = json_object_get(inner ? inner : error, "messages");
    (void)vcsa_message(messages ? messages : error, out->error, sizeof out->error);
}

/* A task without an error of its own may have it in a subtask's notifications. */
static void take_subtask_errors(const json_t *task, struct vcsa_update *out)
{
    auto_json json_t *subtasks = vcsa_map(json_object_get(task, "subtasks"));
    const char *id;
    json_t *subtask;
    json_object_foreach(subtasks, id, subtask)
    {
        if (out->error[0])
            return;
        take_error(json_object_get(subtask, "error"), out);
        auto_json json_t *notes =
            vcsa_notes(json_object_get(subtask, "result"), "errors");
        if (!out->error[0] && json_array_size(notes))
            (void)vcsa_notes_line(notes, out->error, sizeof out->error);
    }
}

static void take_task(const json_t *task, struct vcsa_update *out)
{
    const char *status = json_text(task, "status");
    out->percent = -1;
    if (!json_is_object(task))
        return;
    out->task = true;
    (void)text_clean(status ? status : "", out->task_status, sizeof out->task_status);
    const json_t *progress = json_object_get(task, "progress");
    out->percent = percent_of(progress);
    const json_t *message = json_object_get(progress, "message");
    (void)vcsa_message(message ? message : json_object_get(task, "description"),
                       out->doing, sizeof out->doing);
    take_error(json_object_get(task, "error"), out);
    if (!out->error[0])
        take_subtask_errors(task, out);
}

enum vcsa_answer vcsa_update_read(struct vcsa_talk *talk, struct vcsa_update *out,
                                  json_t **document)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/update", &value);
    if (answer != VCSA_OK)
        return answer;
    const char *state = json_text(value, "state"), *version = json_text(value, "version");
    if (!state)
        return vcsa_because(talk, VCSA_ERROR, "%s: it does not tell its update state",
                            talk->target.name);
    *out = (struct vcsa_update){.state = state_named(state)};
    (void)text_clean(state, out->state_name, sizeof out->state_name);
    (void)text_clean(version ? version : "", out->version, sizeof out->version);
    take_task(json_object_get(value, "task"), out);
    if (document)
        *document = steal_ptr(&value);
    return VCSA_OK;
}

bool vcsa_task_running(const struct vcsa_update *update)
{
    static const char *const running[] = {"PENDING", "RUNNING", "BLOCKED"};
    for (size_t i = 0; i < ARRAY_LENGTH(running); i++)
        if (!strcmp(update->task_status, running[i]))
            return true;
    return false;
}

bool vcsa_update_busy(const struct vcsa_update *update)
{
    return update->state == VCSA_STAGING || update->state == VCSA_INSTALLING ||
           update->state == VCSA_ROLLING_BACK || vcsa_task_running(update);
}

enum vcsa_answer vcsa_staged_read(struct vcsa_talk *talk, struct vcsa_staged *out)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/update/staged", &value);
    if (answer == VCSA_ERROR &&
        (vcsa_fault_is(&talk->fault, "NOT_ALLOWED_IN_CURRENT_STATE") ||
         vcsa_fault_is(&talk->fault, "NOT_FOUND"))) {
        *out = (struct vcsa_staged){.any = false};
        return VCSA_OK;
    }
    if (answer != VCSA_OK)
        return answer;
    const char *version = json_text(value, "version");
    *out = (struct vcsa_staged){
        .any = version != NULL,
        .complete = json_is_true(json_object_get(value, "staging_complete"))};
    (void)text_clean(version ? version : "", out->version, sizeof out->version);
    return VCSA_OK;
}

/* --- notifications -------------------------------------------------------------- */

json_t *vcsa_notes(const json_t *notifications, const char *kind)
{
    json_t *notes = json_array();
    const json_t *list = json_object_get(notifications, kind); /* absent when empty */
    for (size_t i = 0; i < json_array_size(list) && i < VCSA_LIST_MAX; i++) {
        const json_t *note = json_array_get(list, i);
        char id[160], text[VCSA_TEXT_MAX], resolution[VCSA_TEXT_MAX];
        const char *given = json_text(note, "id");
        (void)text_clean(given ? given : "", id, sizeof id);
        (void)vcsa_message(json_object_get(note, "message"), text, sizeof text);
        (void)vcsa_message(json_object_get(note, "resolution"), resolution,
                           sizeof resolution);
        (void)json_array_append_new(notes, json_pack("{s:s, s:s, s:s}", "id", id, "text",
                                                     text, "resolution", resolution));
    }
    return notes;
}

const char *vcsa_notes_line(const json_t *notes, char *out, size_t size)
{
    const json_t *first = json_array_get(notes, 0);
    const char *text = json_text(first, "text"), *id = json_text(first, "id");
    const char *resolution = json_text(first, "resolution");
    auto_buf struct buf line = {0};
    buf_adds(&line, text && *text ? text : id ? id : "");
    if (resolution && *resolution)
        buf_addf(&line, " (%s)", resolution);
    if (json_array_size(notes) > 1)
        buf_addf(&line, ", and %zu more", json_array_size(notes) - 1);
    return text_clean(buf_text(&line), out, size);
}

char *vcsa_pending_path(const char *version, const char *action)
{
    return xasprintf("/appliance/update/pending/%s%s%s", version,
                     action ? "?action=" : "", action ? action : "");
}

/* --- vcsa.update_state ------------------------------------------------------------- */

static json_t *staged_json(const struct vcsa_staged *staged)
{
    return staged->any ? json_pack("{s:s, s:b}", "version", staged->version, "complete",
                                   staged->complete)
                       : json_null();
}

/* A pending reboot or power-off that somebody asked for; "" if none or not known. */
static void read_shutdown(struct vcsa_talk *talk, char *out, size_t size)
{
    auto_json json_t *value = NULL;
    const char *action = NULL;
    if (vcsa_get(talk, "/appliance/shutdown", &value) == VCSA_OK)
        action = json_text(value, "action");
    (void)text_clean(action ? action : "", out, size);
}

enum slipway_outcome vcsa_op_update_state(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    struct vcsa_update update = {.percent = -1};
    struct vcsa_staged staged;
    char shutdown[16];
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_update_read(&talk, &update, NULL);
    if (answer == VCSA_OK)
        answer = vcsa_staged_read(&talk, &staged);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    read_shutdown(&talk, shutdown, sizeof shutdown);
    return vcsa_done(&talk,
                     json_pack("{s:s, s:s, s:b, s:s, s:i, s:s, s:o, s:s}", "state",
                               update.state_name, "version", update.version, "busy",
                               vcsa_update_busy(&update), "task", update.task_status,
                               "percent", update.percent, "error", update.error, "staged",
                               staged_json(&staged), "shutdown", shutdown));
}
