/*
 * evidence.c - vcsa.evidence: what an appliance tells of itself after a failure, before a
 * rollback takes it away.
 *
 * REST gives no logs (vcsa-cli.logs does), but the whole document of the update with its
 * subtasks, the health's messages and who runs. Each path is asked once and kept as it was
 * answered, or with the reason why not; whoever is not reached any more is asked nothing
 * more. Answers are kept for people: they are bounded, and decide nothing.
 *
 * Failure: only if nothing at all was told.
 */
#include <string.h>

#include "common/blot.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/services.h"
#include "vcsa/talk.h"

static const char *const PATHS[] = {
    "/appliance/update",          "/appliance/update/staged",
    "/appliance/system/version",  "/appliance/system/uptime",
    "/appliance/health/system",   "/appliance/health/system/messages",
    "/appliance/health/applmgmt", "/appliance/health/database-storage",
    "/appliance/health/storage",  "/appliance/shutdown",
};

struct record {
    struct vcsa_talk *talk;
    json_t *documents, *missing;
    bool away;
};

/* The answer as text, without what looks like a secret, cut where it is too long. */
static void keep(struct record *record, const char *name, const json_t *value)
{
    auto_buf struct buf text = {0};
    auto_free char *whole = json_dumps(value, JSON_INDENT(1) | JSON_ENCODE_ANY);
    buf_adds(&text, whole ? whole : "");
    blot_secrets(&text);
    size_t length = text.length < VCSA_EVIDENCE_EACH ? text.length : VCSA_EVIDENCE_EACH;
    (void)json_array_append_new(record->documents,
                                json_pack("{s:s, s:I, s:o}", "name", name, "bytes",
                                          (json_int_t)length, "text",
                                          json_safe_string(buf_text(&text), length)));
}

static void lack(struct record *record, const char *name, enum vcsa_answer answer)
{
    const char *why = record->talk->err.text;
    record->away = answer != VCSA_ERROR && answer != VCSA_ABSENT && answer != VCSA_NO;
    (void)json_array_append_new(
        record->missing,
        json_pack("{s:s, s:o}", "name", name, "why", json_safe_string(why, strlen(why))));
}

static void ask(struct record *record, const char *path)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(record->talk, path, &value);
    if (answer == VCSA_OK)
        keep(record, path, value);
    else
        lack(record, path, answer);
}

static void ask_services(struct record *record)
{
    auto_services struct vcsa_services services = {0};
    enum vcsa_answer answer = vcsa_services_read(record->talk, &services);
    if (answer != VCSA_OK) {
        lack(record, "services", answer);
        return;
    }
    auto_json json_t *told =
        json_pack("{s:O, s:O}", "down", services.down, "started", services.started);
    keep(record, "services", told);
}

enum slipway_outcome vcsa_op_evidence(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *documents = json_array(), *missing = json_array();
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    struct record record = {.talk = &talk, .documents = documents, .missing = missing};
    for (size_t i = 0; i < ARRAY_LENGTH(PATHS) && !record.away; i++)
        ask(&record, PATHS[i]);
    if (!record.away)
        ask_services(&record);
    if (!json_array_size(documents))
        return vcsa_read_outcome(&talk, record.away ? VCSA_AWAY : VCSA_ERROR);
    call->host->say(call, "%zu answers are kept", json_array_size(documents));
    return vcsa_done(&talk,
                     json_pack("{s:O, s:O}", "files", documents, "missing", missing));
}
