/*
 * t_backup.c - nsx.t_backup and nsx.t_backup_state: the only way back that an NSX-T cluster
 * has.
 *
 *   start ─┬ one is under way ──────────────────────► RETRY
 *          └ POST cluster?action=backup_to_remote ──► PENDING {"before": newest}
 *   poll ──┬ backups/status: BACKUP ────────────────► PENDING
 *          ├ history: a newer one, with success ────► DONE
 *          ├ history: a newer one, without ─────────► FAILED with its code
 *          └ nothing newer ─────────────────────────► PENDING a few looks, then FAILED
 *
 * A backup has parts (cluster, node, inventory); it is as fresh as the older of cluster and
 * node. A second backup harms nobody, so it is IDEMPOTENT. Where and under which pass phrase
 * backups go is configured in the manager, once, by a human.
 */
#include <string.h>

#include "nsx/backup.h"
#include "nsx/operations.h"
#include "util/auto.h"

#define KINDS 2 /* the parts that a restore needs */
static const char *const KIND_LISTS[KINDS] = {"cluster_backup_statuses",
                                              "node_backup_statuses"};

/* --- history ---------------------------------------------------------------------------- */

struct history {
    int64_t good_ms[KINDS]; /* newest success of each part, 0: none         */
    int64_t last_ms;        /* newest cluster part of any fate              */
    bool last_good;
    char last_error[NSX_TEXT_MAX];
};

static void take_entry(const json_t *entry, size_t kind, struct history *out)
{
    int64_t ended_ms = json_number(entry, "end_time", 0);
    bool good = json_is_true(json_object_get(entry, "success"));
    char code[64], text[256];
    if (good)
        out->good_ms[kind] = nsx_backup_newest(out->good_ms[kind], ended_ms);
    if (kind != 0 || nsx_backup_newest(out->last_ms, ended_ms) != ended_ms)
        return;
    out->last_ms = ended_ms;
    out->last_good = good;
    (void)snprintf(out->last_error, sizeof out->last_error, "%s %s",
                   nsx_member(entry, "error_code", code, sizeof code),
                   nsx_member(entry, "error_message", text, sizeof text));
}

static enum nsx_answer read_history(struct nsx_talk *talk, struct history *out)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/cluster/backups/history", &value);
    if (answer != NSX_OK)
        return answer;
    *out = (struct history){.last_error = ""};
    for (size_t kind = 0; kind < KINDS; kind++) {
        const json_t *list = json_object_get(value, KIND_LISTS[kind]);
        for (size_t i = 0; i < json_array_size(list); i++)
            take_entry(json_array_get(list, i), kind, out);
    }
    return NSX_OK;
}

static int64_t whole_ms(const struct history *history)
{
    return history->good_ms[0] < history->good_ms[1] ? history->good_ms[0]
                                                     : history->good_ms[1];
}

static enum nsx_answer read_running(struct nsx_talk *talk, bool *running,
                                    char step[NSX_TEXT_MAX])
{
    auto_json json_t *value = NULL;
    char word[24];
    enum nsx_answer answer = nsx_get(talk, "/api/v1/cluster/backups/status", &value);
    if (answer != NSX_OK)
        return answer;
    (void)nsx_member(value, "operation_type", word, sizeof word);
    (void)nsx_member(value, "current_step_message", step, NSX_TEXT_MAX);
    *running = word[0] && strcmp(word, "NONE") != 0;
    return NSX_OK;
}

/* --- the state --------------------------------------------------------------------------- */

static enum nsx_answer read_configured(struct nsx_talk *talk, bool *configured,
                                       bool *scheduled)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/cluster/backups/config", &value);
    *configured = *scheduled = false;
    if (nsx_is_absent(talk, answer))
        return NSX_OK; /* some releases say so when nothing is configured */
    if (answer != NSX_OK)
        return answer;
    const char *server =
        json_text(json_object_get(value, "remote_file_server"), "server");
    *configured = server && *server;
    *scheduled = json_is_true(json_object_get(value, "backup_enabled"));
    return NSX_OK;
}

enum slipway_outcome nsx_op_t_backup_state(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct history history = {.last_error = ""};
    bool configured = false, scheduled = false, running = false;
    char step[NSX_TEXT_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = read_configured(&talk, &configured, &scheduled);
    if (answer == NSX_OK)
        answer = read_running(&talk, &running, step);
    if (answer == NSX_OK)
        answer = read_history(&talk, &history);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    json_t *result = nsx_backup_json(whole_ms(&history));
    (void)json_object_set_new(result, "configured", json_boolean(configured));
    (void)json_object_set_new(result, "scheduled", json_boolean(scheduled));
    (void)json_object_set_new(result, "running", json_boolean(running));
    (void)json_object_set_new(result, "last_good", json_boolean(history.last_good));
    return nsx_done(&talk, result);
}

/* --- a backup ------------------------------------------------------------------------------ */

static enum slipway_outcome wait_for_it(struct nsx_talk *talk, int64_t before_ms,
                                        int looks)
{
    return nsx_pending(
        talk, json_pack("{s:I, s:i}", "before", (json_int_t)before_ms, "looks", looks));
}

enum slipway_outcome nsx_t_backup_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct history history;
    bool running = false;
    char step[NSX_TEXT_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = read_running(&talk, &running, step);
    if (answer == NSX_OK)
        answer = read_history(&talk, &history);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (running)
        return nsx_wait(&talk, "%s: a backup is under way: %s", talk.target.name, step);
    answer = nsx_act(&talk, "/api/v1/cluster?action=backup_to_remote", NULL, NULL);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, answer, "the backup");
    return wait_for_it(&talk, history.last_ms, 0);
}

static enum slipway_outcome over(struct nsx_talk *talk, const struct history *history,
                                 int64_t before_ms, int looks)
{
    if (history->last_ms > before_ms && history->last_good &&
        whole_ms(history) > before_ms)
        return nsx_done(talk, json_pack("{s:b, s:o}", "changed", 1, "ended",
                                        nsx_instant(whole_ms(history))));
    if (history->last_ms > before_ms && !history->last_good)
        return nsx_say(talk, SLIPWAY_FAILED,
                       "%s: the backup failed (%s); check the backup server, its "
                       "fingerprint and its free space in the manager",
                       talk->target.name, history->last_error);
    if (looks < NSX_OLD_LOOKS)
        return wait_for_it(talk, before_ms, looks + 1);
    return nsx_say(talk, SLIPWAY_FAILED,
                   "%s: it took the order for a backup, and its history shows none; is a "
                   "backup server configured?",
                   talk->target.name);
}

enum slipway_outcome nsx_t_backup_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *handle = nsx_handle_get(call);
    int64_t before_ms = json_number(handle, "before", 0);
    int looks = (int)json_number(handle, "looks", 0);
    struct history history;
    bool running = false;
    char step[NSX_TEXT_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum nsx_answer answer = read_running(&talk, &running, step);
    if (answer == NSX_OK && running) {
        call->host->progress(call, -1, step[0] ? step : "backup");
        return wait_for_it(&talk, before_ms, 0);
    }
    if (answer == NSX_OK)
        answer = read_history(&talk, &history);
    if (answer == NSX_OK)
        return over(&talk, &history, before_ms, looks);
    call->host->say(call, "%s", talk.err.text);
    return nsx_is_silence(&talk, answer) ? wait_for_it(&talk, before_ms, looks)
                                         : SLIPWAY_UNKNOWN;
}
