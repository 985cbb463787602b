/*
 * logs.c - vcsa-cli.logs: the ends of the logs that tell why an update failed, for a human.
 *
 *   state files ─► the update's logs ─► services and file systems as they are now
 *
 * Made for the phase evidence: a rollback takes all of it away. So it asks for as much as it
 * gets and is content with less: a file that is not there, or bash that is off, is told in
 * the result. An appliance without an ssh part in the fleet file is not asked at all.
 * Terminal escapes and what looks like a secret are taken out before anything is kept.
 *
 * Failure: only if nobody could be asked.
 */
#include <string.h>

#include "common/blot.h"
#include "ssh/arguments.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/plain.h"
#include "vcsa_cli/talk.h"

#define APPLMGMT "/var/log/vmware/applmgmt/"

static const char TAIL_SCRIPT[] = "f=\"${SLIPWAY_GUEST_ROOT:-}$1\"; "
                                  "[ -e \"$f\" ] || exit 3; exec tail -c \"$2\" \"$f\"";

#define STATUS_ABSENT 3 /* of TAIL_SCRIPT */

static const char *const FILES[] = {
    "/etc/applmgmt/appliance/software_update_state.conf",
    "/etc/applmgmt/appliance/update.conf",
    APPLMGMT "software-packages.log",
    APPLMGMT "PatchRunner.log",
    APPLMGMT "update_microservice.log",
    APPLMGMT "applmgmt.log",
    "/var/log/vmware/vmon/vmon.log",
};

struct gathering {
    struct talk *talk;
    json_t *files, *missing;
    size_t each;     /* bytes of one file at most      */
    size_t left;     /* bytes that all together may have */
    bool connection; /* still there */
};

/* The end of it, from the beginning of a line on. */
static const char *end_of(const struct buf *text, size_t most, size_t *length)
{
    const char *from = buf_text(text);
    *length = text->length;
    if (*length <= most)
        return from;
    from += *length - most;
    from += text_cut_start(from, most);
    *length = strlen(from);
    return from;
}

static void keep(struct gathering *g, const char *name, struct buf *text)
{
    size_t length;
    (void)plain_text(text);
    blot_secrets(text);
    const char *end = end_of(text, g->each < g->left ? g->each : g->left, &length);
    json_t *kept = json_safe_string(end, length);
    size_t grown = json_string_length(kept); /* bytes that are no text become longer */
    g->left -= grown < g->left ? grown : g->left;
    (void)json_array_append_new(g->files,
                                json_pack("{s:s, s:I, s:o}", "name", name, "bytes",
                                          (json_int_t)length, "text", kept));
}

static void lack(struct gathering *g, const char *name, const char *why)
{
    (void)json_array_append_new(
        g->missing,
        json_pack("{s:s, s:o}", "name", name, "why", json_safe_string(why, strlen(why))));
}

static enum slipway_outcome tail_by_words(struct gathering *g, const char *path,
                                          const char *bytes, struct buf *out)
{
    auto_buf struct buf end = {0};
    enum slipway_outcome outcome =
        talk_ask_words(g->talk, &end, "tail", "-c", bytes, path);
    plain_add_end(out, &end, g->each);
    return outcome;
}

/* DONE with the end of the file; FAILED: it is not there. */
static enum slipway_outcome tail(struct gathering *g, const char *path, struct buf *out)
{
    char bytes[24];
    (void)snprintf(bytes, sizeof bytes, "%zu", g->each);
    if (g->talk->dialect == TALK_APPLIANCESH)
        return tail_by_words(g, path, bytes, out);
    auto_reply struct exec_reply reply = {0};
    const char *const argv[] = {path, bytes};
    enum slipway_outcome outcome =
        talk_script(g->talk, TAIL_SCRIPT, argv, ARRAY_LENGTH(argv), NULL, &reply);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    if (reply.status != 0)
        return outcome_error(&g->talk->err, SLIPWAY_FAILED,
                             reply.status == STATUS_ABSENT ? "it is not there"
                                                           : "it cannot be read");
    plain_add_end(out, &reply.out, g->each);
    return SLIPWAY_DONE;
}

/* What is answered is kept; who does not answer any more is not asked on. */
static void take(struct gathering *g, const char *name, enum slipway_outcome outcome,
                 struct buf *text)
{
    bool absent =
        strstr(buf_text(text), "No such file or directory") && text->length < 400;
    if (outcome == SLIPWAY_DONE && !absent)
        keep(g, name, text);
    else
        lack(g, name, absent ? "it is not there" : g->talk->err.text);
    g->connection = outcome != SLIPWAY_RETRY && outcome != SLIPWAY_UNKNOWN &&
                    outcome != SLIPWAY_CANCELED;
}

static void gather(struct gathering *g)
{
    for (size_t i = 0; i < ARRAY_LENGTH(FILES) && g->connection; i++) {
        auto_buf struct buf text = {0};
        take(g, FILES[i], tail(g, FILES[i], &text), &text);
    }
    auto_buf struct buf services = {0}, disks = {0};
    if (g->connection)
        take(g, "service-control --status --all",
             talk_ask_words(g->talk, &services, "service-control", "--status", "--all"),
             &services);
    if (g->connection)
        take(g, "df -P -k", talk_ask_words(g->talk, &disks, "df", "-P", "-k"), &disks);
}

static bool is_in_the_fleet(const struct slipway_call *call)
{
    auto_json json_t *target =
        json_parse(call->target, strlen(call->target), JSON_BYTES_MAX, NULL);
    return json_is_object(json_object_get(target, "ssh"));
}

static enum slipway_outcome not_asked(struct slipway_call *call)
{
    struct talk talk = {.call = call};
    call->host->say(call, "the fleet file has no ssh part: logs are not kept");
    return talk_done(&talk,
                     json_pack("{s:b, s:[], s:[]}", "known", 0, "files", "missing"));
}

enum slipway_outcome cli_logs(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_json json_t *files = json_array(), *missing = json_array();
    if (!is_in_the_fleet(call))
        return not_asked(call);
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    json_int_t each = json_number(talk.with, "bytes", CLI_EVIDENCE_EACH);
    struct gathering g = {
        .talk = &talk,
        .files = files,
        .missing = missing,
        .each = each < CLI_EVIDENCE_LEAST ? CLI_EVIDENCE_LEAST
                : each > CLI_EVIDENCE_ALL ? CLI_EVIDENCE_ALL
                                          : (size_t)each,
        .left = CLI_EVIDENCE_ALL,
        .connection = true,
    };
    gather(&g);
    if (!json_array_size(files))
        return talk_failed(&talk, SLIPWAY_FAILED);
    call->host->say(call, "%zu files are kept", json_array_size(files));
    return talk_done(&talk, json_pack("{s:b, s:O, s:O}", "known", 1, "files", files,
                                      "missing", missing));
}
