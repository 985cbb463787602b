/*
 * services.c - vcsa.services: the list of services, and the comparison with an earlier one.
 *
 *   /api/vcenter/services | /rest/appliance/vmon/service    with startup type and health
 *   /appliance/services                                      where neither is there
 *
 * The rule: every AUTOMATIC service is STARTED and not DEGRADED; what is MANUAL or
 * DISABLED does not count. Several services are normally stopped, so what ran before is
 * the measure wherever a baseline is given.
 */
#include "vcsa/services.h"

#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "vcsa/operations.h"

void vcsa_services_free(struct vcsa_services *services)
{
    json_decref(services->list);
    json_decref(services->started);
    json_decref(services->down);
    *services = (struct vcsa_services){0};
}

static json_t *clean_json(const char *text)
{
    char clean[80];
    return json_string(text_clean(text ? text : "", clean, sizeof clean));
}

static bool is(const json_t *object, const char *key, const char *value)
{
    const char *text = json_text(object, key);
    return text && !strcmp(text, value);
}

static void take(struct vcsa_services *out, const char *id, const json_t *info)
{
    bool started = is(info, "state", "STARTED");
    bool wanted = is(info, "startup_type", "AUTOMATIC");
    bool sick = started && is(info, "health", "DEGRADED");
    if (json_array_size(out->list) >= VCSA_LIST_MAX)
        return;
    (void)json_array_append_new(
        out->list, json_pack("{s:o, s:o, s:o, s:o}", "id", clean_json(id), "startup",
                             clean_json(json_text(info, "startup_type")), "state",
                             clean_json(json_text(info, "state")), "health",
                             clean_json(started ? json_text(info, "health") : "")));
    if (started)
        (void)json_array_append_new(out->started, clean_json(id));
    if (sick || (wanted && !started))
        (void)json_array_append_new(out->down, clean_json(id));
}

enum vcsa_answer vcsa_services_read(struct vcsa_talk *talk, struct vcsa_services *out)
{
    static const struct vcsa_request vcenter = {.path = "/vcenter/services",
                                                .old_path = "/appliance/vmon/service"};
    auto_json json_t *value = NULL;
    const char *source = "vcenter";
    enum vcsa_answer answer = vcsa_read(talk, &vcenter, &value);
    if (answer == VCSA_ABSENT) {
        source = "appliance";
        answer = vcsa_get(talk, "/appliance/services", &value);
    }
    if (answer != VCSA_OK)
        return answer;
    auto_json json_t *map = vcsa_map(value);
    if (!json_object_size(map))
        return vcsa_because(talk, VCSA_GATEWAY, "%s: it lists no services yet",
                            talk->target.name);
    *out = (struct vcsa_services){.list = json_array(),
                                  .started = json_array(),
                                  .down = json_array(),
                                  .source = source};
    const char *id;
    json_t *info;
    json_object_foreach(map, id, info) take(out, id, info);
    return VCSA_OK;
}

/* --- against a baseline --------------------------------------------------------------- */

static bool holds(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *item = json_string_value(json_array_get(names, i));
        if (item && !strcmp(item, name))
            return true;
    }
    return false;
}

/* Somebody may have started it by hand; nobody does after a reboot. */
static bool by_hand_only(const struct vcsa_services *services, const char *id)
{
    for (size_t i = 0; i < json_array_size(services->list); i++) {
        const json_t *service = json_array_get(services->list, i);
        if (is(service, "id", id))
            return is(service, "startup", "MANUAL") || is(service, "startup", "DISABLED");
    }
    return false; /* it is not there at all: that counts */
}

json_t *vcsa_services_missing(const struct vcsa_services *services,
                              const json_t *baseline)
{
    json_t *missing = json_array();
    const json_t *ran = json_object_get(baseline, "started");
    const json_t *was_down = json_object_get(baseline, "down");
    for (size_t i = 0; i < json_array_size(ran) && i < VCSA_LIST_MAX; i++) {
        const char *id = json_string_value(json_array_get(ran, i));
        if (id && !holds(services->started, id) && !by_hand_only(services, id))
            (void)json_array_append(missing, json_array_get(ran, i));
    }
    for (size_t i = 0; i < json_array_size(services->down); i++) {
        json_t *id = json_array_get(services->down, i);
        if (!holds(was_down, json_string_value(id)) &&
            !holds(missing, json_string_value(id)))
            (void)json_array_append(missing, id);
    }
    return missing;
}

const char *vcsa_names_line(const json_t *names, char *out, size_t size)
{
    auto_buf struct buf line = {0};
    size_t count = json_array_size(names);
    for (size_t i = 0; i < count && i < VCSA_NAMES_SAID; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        buf_addf(&line, "%s%s", i ? ", " : "", name ? name : "?");
    }
    if (count > VCSA_NAMES_SAID)
        buf_addf(&line, " and %zu more", count - VCSA_NAMES_SAID);
    return text_clean(buf_text(&line), out, size);
}

enum slipway_outcome vcsa_op_services(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_services struct vcsa_services services = {0};
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_services_read(&talk, &services);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    const json_t *baseline = json_object_get(talk.with, "baseline");
    auto_json json_t *missing = vcsa_services_missing(&services, baseline);
    return vcsa_done(&talk,
                     json_pack("{s:s, s:O, s:O, s:O, s:O, s:b}", "source",
                               services.source, "services", services.list, "started",
                               services.started, "down", services.down, "missing",
                               missing, "at_baseline", json_array_size(missing) == 0));
}
