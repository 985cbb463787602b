/*
 * v_backup.c - nsx.v_backup, v_backup_state and v_backup_settings: the supported way back of
 * an NSX-V manager.
 *
 *   settings ── GET backupsettings, PUT the same with what is wanted, GET: is it there? DONE
 *   start ───── POST backuprestore/backup (it wants Content-Type application/xml) ► PENDING
 *   poll ────┬─ GET backuprestore/backups: a newer file ─► DONE
 *            └─ none yet ───────────────────────────────► PENDING until the step's time is over
 *
 * Both converge, so they are IDEMPOTENT. A PUT replaces all settings; schedule, excluded
 * tables and the modes of FTP are therefore read before and sent again. The manager never tells password and
 * pass phrase, and without a pass phrase its backups fail, so both must be given.
 *
 * Failure: the manager's words. Secrets are asked of the host when the request is made, and
 * overwritten after it.
 */
#include <string.h>

#include "nsx/backup.h"
#include "nsx/operations.h"
#include "nsx/v_manager.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define SETTINGS NSX_V "/backuprestore/backupsettings"

/* What is set, apart from secrets; its names in arguments and in the document. */
static const char *const PARTS[][2] = {
    {"protocol", "transferProtocol"},
    {"host", "hostNameIPAddress"},
    {"port", "port"},
    {"user", "userName"},
    {"directory", "backupDirectory"},
    {"prefix", "fileNamePrefix"},
};

/* --- settings: the request ---------------------------------------------------------------- */

/* How the server is spoken to. No argument changes it, and a firewall may depend on it. */
static const char *const KEPT[] = {"passiveMode", "useEPRT", "useEPSV"};

/* Releases write the prefix's name in two ways. */
static const char *part_text(const struct xml_node *ftp, const char *name)
{
    const char *text = xml_child_text(ftp, NULL, name);
    if (!text && !strcmp(name, "fileNamePrefix"))
        text = xml_child_text(ftp, NULL, "filenamePrefix");
    return text;
}

static const char *name_for(const struct xml_node *ftp, const char *name)
{
    bool other =
        !strcmp(name, "fileNamePrefix") && xml_child(ftp, NULL, "filenamePrefix");
    return other ? "filenamePrefix" : name;
}

static char *wanted_part(const struct nsx_talk *talk, const char *option)
{
    const json_t *value = json_object_get(talk->with, option);
    if (json_is_integer(value))
        return xasprintf("%lld", (long long)json_integer_value(value));
    return xstrdup_null(json_string_value(value));
}

static int write_secret(struct nsx_talk *talk, struct xml_writer *writer,
                        const char *option, const char *name)
{
    const char *text = NULL;
    if (nsx_secret_text(talk, NULL, option, &text))
        return -1;
    if (!text || !*text)
        return slipway_error_set(&talk->err, -1,
                                 "%s is missing; without it the backups cannot be used",
                                 option);
    xml_write_element(writer, name, text);
    return 0;
}

/* Schedule and excluded tables, as they were. */
static void write_again(struct xml_writer *writer, const struct xml_node *node,
                        size_t depth)
{
    if (!node || depth > 4)
        return;
    xml_write_open(writer, xml_name(node));
    if (!xml_child(node, NULL, NULL))
        xml_write_text(writer, xml_text(node));
    for (const struct xml_node *at = xml_child(node, NULL, NULL); at;
         at = xml_next(at, NULL, NULL))
        write_again(writer, at, depth + 1);
    xml_write_close(writer);
}

static int write_ftp(struct nsx_talk *talk, struct xml_writer *writer,
                     const struct xml_node *before)
{
    for (size_t i = 0; i < ARRAY_LENGTH(PARTS); i++) {
        auto_free char *text = wanted_part(talk, PARTS[i][0]);
        if (!text)
            return slipway_error_set(&talk->err, -1, "%s is missing", PARTS[i][0]);
        xml_write_element(writer, name_for(before, PARTS[i][1]), text);
        if (!strcmp(PARTS[i][0], "user") &&
            write_secret(talk, writer, "password", "password"))
            return -1;
    }
    if (write_secret(talk, writer, "pass_phrase", "passPhrase"))
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(KEPT); i++)
        write_again(writer, xml_child(before, NULL, KEPT[i]), 0);
    return 0;
}

static char *settings_body(struct nsx_talk *talk, const struct xml_node *before)
{
    auto_xml_writer struct xml_writer writer = {0};
    char *text = NULL;
    size_t length = 0;
    xml_write_open(&writer, "backupRestoreSettings");
    xml_write_open(&writer, "ftpSettings");
    if (write_ftp(talk, &writer, xml_child(before, NULL, "ftpSettings")))
        return NULL;
    xml_write_close(&writer);
    write_again(&writer, xml_child(before, NULL, "backupFrequency"), 0);
    write_again(&writer, xml_child(before, NULL, "excludeTables"), 0);
    xml_write_close(&writer);
    return xml_write_finish(&writer, &text, &length, &talk->err) ? NULL : text;
}

/* --- settings: read back ---------------------------------------------------------------------- */

/* NULL: as wanted; else the argument that differs. */
static const char *difference(const struct nsx_talk *talk, const struct xml *settings)
{
    const struct xml_node *ftp =
        settings ? xml_child(xml_root(settings), NULL, "ftpSettings") : NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(PARTS); i++) {
        auto_free char *wanted = wanted_part(talk, PARTS[i][0]);
        const char *there = part_text(ftp, PARTS[i][1]);
        if (!wanted || !there || strcmp(wanted, there) != 0)
            return PARTS[i][0];
    }
    return NULL;
}

enum slipway_outcome nsx_v_backup_settings_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_xml struct xml *before = NULL, *after = NULL;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_get_xml_or_none(&talk, SETTINGS, &before);
    if (answer != NSX_OK && !nsx_is_absent(&talk, answer))
        return nsx_read_outcome(&talk, answer);
    auto_wiped char *body = settings_body(&talk, before ? xml_root(before) : NULL);
    if (!body)
        return nsx_say(&talk, SLIPWAY_REFUSED, "%s", talk.err.text);
    const struct nsx_request request = {.method = "PUT",
                                        .path = SETTINGS,
                                        .body = body,
                                        .content_type = "application/xml"};
    answer = nsx_act_xml(&talk, &request);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, answer, "the change of the backup settings");
    answer = nsx_get_xml(&talk, SETTINGS, &after);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, NSX_LOST, "the change of the backup settings");
    const char *differs = difference(&talk, after);
    if (differs)
        return nsx_say(
            &talk, SLIPWAY_FAILED,
            "%s: it took the backup settings, but tells another %s than it was "
            "given; look at its page Backups & Restore",
            talk.target.name, differs);
    return nsx_done(&talk, json_pack("{s:b}", "changed", 1));
}

/* --- the backups that there are ------------------------------------------------------------------ */

struct backups {
    int64_t newest_ms; /* 0: none */
    char file[200];
};

static void take_backup(const struct xml_node *about, struct backups *out)
{
    long long made_ms = 0;
    const char *file = xml_child_text(about, NULL, "fileName");
    if (!xml_number(xml_child(about, NULL, "creationTime"), &made_ms) ||
        nsx_backup_newest(out->newest_ms, made_ms) != made_ms)
        return;
    out->newest_ms = made_ms;
    (void)text_clean(file ? file : "", out->file, sizeof out->file);
}

static enum nsx_answer read_backups(struct nsx_talk *talk, struct backups *out)
{
    auto_xml struct xml *xml = NULL;
    enum nsx_answer answer =
        nsx_get_xml_or_none(talk, NSX_V "/backuprestore/backups", &xml);
    *out = (struct backups){.file = ""};
    if (answer != NSX_OK)
        return answer;
    for (const struct xml_node *at =
             xml_child(xml ? xml_root(xml) : NULL, NULL, "backupFileProperties");
         at; at = xml_next(at, NULL, "backupFileProperties"))
        take_backup(at, out);
    return NSX_OK;
}

static enum nsx_answer read_settings(struct nsx_talk *talk, json_t *result)
{
    auto_xml struct xml *xml = NULL;
    char host[256], directory[256], frequency[32];
    enum nsx_answer answer = nsx_get_xml_or_none(talk, SETTINGS, &xml);
    if (answer != NSX_OK && !nsx_is_absent(talk, answer))
        return answer;
    const struct xml_node *root = xml ? xml_root(xml) : NULL;
    const struct xml_node *ftp = xml_child(root, NULL, "ftpSettings");
    const char *at = xml_child_text(ftp, NULL, "hostNameIPAddress");
    const char *folder = xml_child_text(ftp, NULL, "backupDirectory");
    const char *often =
        xml_child_text(xml_child(root, NULL, "backupFrequency"), NULL, "frequency");
    (void)json_object_set_new(result, "configured", json_boolean(at && *at));
    (void)json_object_set_new(result, "host",
                              json_string(text_clean(at ? at : "", host, sizeof host)));
    (void)json_object_set_new(
        result, "directory",
        json_string(text_clean(folder ? folder : "", directory, sizeof directory)));
    (void)json_object_set_new(
        result, "frequency",
        json_string(text_clean(often ? often : "", frequency, sizeof frequency)));
    return NSX_OK;
}

enum slipway_outcome nsx_op_v_backup_state(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *settings = json_object();
    struct backups backups = {.file = ""};
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = read_settings(&talk, settings);
    /* Without settings the list is an error of its own. */
    if (answer == NSX_OK && json_is_true(json_object_get(settings, "configured")))
        answer = read_backups(&talk, &backups);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    json_t *result = nsx_backup_json(backups.newest_ms);
    (void)json_object_update(result, settings);
    (void)json_object_set_new(result, "file", json_string(backups.file));
    return nsx_done(&talk, result);
}

/* --- a backup ------------------------------------------------------------------------------------ */

enum slipway_outcome nsx_v_backup_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct backups before;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = read_backups(&talk, &before);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    /* Without this content type the manager answers and makes none. */
    const struct nsx_request request = {.method = "POST",
                                        .path = NSX_V "/backuprestore/backup",
                                        .body = "",
                                        .content_type = "application/xml"};
    answer = nsx_act_xml(&talk, &request);
    if (answer != NSX_OK)
        return nsx_act_outcome(&talk, answer, "the backup");
    return nsx_pending(&talk, json_pack("{s:I}", "before", (json_int_t)before.newest_ms));
}

enum slipway_outcome nsx_v_backup_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *handle = nsx_handle_get(call);
    struct backups now;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_UNKNOWN;
    enum nsx_answer answer = read_backups(&talk, &now);
    if (answer == NSX_OK && now.newest_ms > json_number(handle, "before", 0))
        return nsx_done(&talk, json_pack("{s:b, s:s, s:o}", "changed", 1, "file",
                                         now.file, "ended", nsx_instant(now.newest_ms)));
    if (answer != NSX_OK)
        call->host->say(call, "%s", talk.err.text);
    else
        call->host->progress(call, -1, "backup");
    return answer == NSX_OK || nsx_is_silence(&talk, answer)
               ? nsx_pending(&talk, json_incref(handle))
               : SLIPWAY_UNKNOWN;
}
