/*
 * settings.c - vcsa.settings and vcsa.backup_schedule: what somebody configured, and
 * whether it is still so.
 *
 *   networking/dns/hostname, dns/servers, ntp, timesync, networking/proxy
 *   recovery/backup/schedules
 *
 * With a `baseline` (an earlier result) `changed` names what is different now. What could
 * not be read is null; null before or after is no difference, because nobody knows.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

#define ITEMS_MAX 64u /* servers, schedules */

/* --- reading ----------------------------------------------------------------------------- */

/* A path that this release does not know is null, and no failure. */
static enum vcsa_answer read_optional(struct vcsa_talk *talk, const char *path,
                                      json_t **out)
{
    enum vcsa_answer answer = vcsa_get(talk, path, out);
    if (answer != VCSA_ABSENT && answer != VCSA_ERROR)
        return answer;
    *out = json_null();
    return VCSA_OK;
}

static json_t *text_json(const char *text)
{
    char clean[VCSA_SHOWN_MAX];
    return text ? json_string(text_clean(text, clean, sizeof clean)) : json_null();
}

/* Texts of a list, clean; null if it is none. */
static json_t *texts_json(const json_t *list)
{
    if (!json_is_array(list))
        return json_null();
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list) && i < ITEMS_MAX; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text)
            (void)json_array_append_new(out, text_json(text));
    }
    return out;
}

static json_t *dns_json(const json_t *dns)
{
    if (!json_is_object(dns))
        return json_null();
    return json_pack("{s:o, s:o}", "mode", text_json(json_text(dns, "mode")), "servers",
                     texts_json(json_object_get(dns, "servers")));
}

/* Protocol to "server:port", "" if it is off. Users and passwords are left out. */
static json_t *proxy_json(const json_t *value)
{
    if (json_is_null(value))
        return json_null();
    auto_json json_t *map = vcsa_map(value);
    json_t *out = json_object();
    const char *protocol;
    json_t *proxy;
    json_object_foreach(map, protocol, proxy)
    {
        const char *server = json_text(proxy, "server");
        bool on = json_is_true(json_object_get(proxy, "enabled"));
        auto_free char *text = on ? xasprintf("%s:%lld", server ? server : "",
                                              (long long)json_number(proxy, "port", 0))
                                  : xstrdup("");
        if (json_object_size(out) < ITEMS_MAX)
            (void)json_object_set_new(out, protocol, text_json(text));
    }
    return out;
}

static json_t *string_json(const json_t *value)
{
    return text_json(json_string_value(value));
}

/* --- settings ------------------------------------------------------------------------------ */

static const struct setting {
    const char *name, *path;
    json_t *(*decode)(const json_t *value);
} SETTINGS[] = {
    {"hostname", "/appliance/networking/dns/hostname", string_json},
    {"dns", "/appliance/networking/dns/servers", dns_json},
    {"ntp", "/appliance/ntp", texts_json},
    {"timesync", "/appliance/timesync", string_json},
    {"proxy", "/appliance/networking/proxy", proxy_json},
};

static json_t *changed_of(const json_t *before, const json_t *now)
{
    json_t *changed = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(SETTINGS); i++) {
        const json_t *was = json_object_get(before, SETTINGS[i].name);
        const json_t *is = json_object_get(now, SETTINGS[i].name);
        if (was && !json_is_null(was) && !json_is_null(is) && !json_equal(was, is))
            (void)json_array_append_new(changed, json_string(SETTINGS[i].name));
    }
    return changed;
}

enum slipway_outcome vcsa_op_settings(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_json json_t *result = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(SETTINGS); i++) {
        auto_json json_t *value = NULL;
        enum vcsa_answer answer = read_optional(&talk, SETTINGS[i].path, &value);
        if (answer != VCSA_OK)
            return vcsa_read_outcome(&talk, answer);
        (void)json_object_set_new(result, SETTINGS[i].name, SETTINGS[i].decode(value));
    }
    json_t *changed = changed_of(json_object_get(talk.with, "baseline"), result);
    (void)json_object_set_new(result, "at_baseline",
                              json_boolean(json_array_size(changed) == 0));
    (void)json_object_set_new(result, "changed", changed);
    return vcsa_done(&talk, steal_ptr(&result));
}

/* --- scheduled backups ------------------------------------------------------------------------ */

/* A location may hold a user or a token: only what comes before them is shown. */
static json_t *place_json(const char *location)
{
    if (!location)
        return json_null();
    auto_free char *shown = xstrdup(location);
    const char *scheme = strstr(shown, "://");
    char *at = strrchr(shown, '@');
    shown[strcspn(shown, "?#")] = '\0';
    if (scheme && at && at > scheme)
        return text_json(at + 1);
    return text_json(shown);
}

static json_t *schedule_json(const json_t *schedule)
{
    const json_t *when = json_object_get(schedule, "recurrence_info");
    return json_pack(
        "{s:b, s:o, s:I, s:I, s:I}", "enabled",
        json_is_true(json_object_get(schedule, "enable")), "location",
        place_json(json_text(schedule, "location")), "hour",
        json_number(when, "hour", -1), "minute", json_number(when, "minute", -1), "kept",
        json_number(json_object_get(schedule, "retention_info"), "max_count", -1));
}

/* The ids that only one of them has, or that differ. */
static json_t *schedules_changed(const json_t *before, const json_t *now)
{
    json_t *changed = json_array();
    const char *id;
    json_t *schedule;
    json_object_foreach((json_t *)(uintptr_t)before, id, schedule)
    {
        if (!json_equal(schedule, json_object_get(now, id)))
            (void)json_array_append_new(changed, text_json(id));
    }
    json_object_foreach((json_t *)(uintptr_t)now, id, schedule)
    {
        if (!json_object_get(before, id))
            (void)json_array_append_new(changed, text_json(id));
    }
    return changed;
}

enum slipway_outcome vcsa_op_backup_schedule(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer =
        read_optional(&talk, "/appliance/recovery/backup/schedules", &value);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *map = vcsa_map(value), *schedules = json_object();
    const char *id;
    json_t *schedule;
    json_int_t enabled = 0;
    json_object_foreach(map, id, schedule)
    {
        if (json_object_size(schedules) >= ITEMS_MAX)
            break;
        enabled += json_is_true(json_object_get(schedule, "enable"));
        (void)json_object_set_new(schedules, id, schedule_json(schedule));
    }
    const json_t *before = json_object_get(talk.with, "baseline");
    json_t *changed =
        before && !json_is_null(value)
            ? schedules_changed(json_object_get(before, "schedules"), schedules)
            : json_array();
    return vcsa_done(&talk,
                     json_pack("{s:b, s:I, s:O, s:b, s:o}", "known", !json_is_null(value),
                               "enabled", enabled, "schedules", schedules, "at_baseline",
                               json_array_size(changed) == 0, "changed", changed));
}
