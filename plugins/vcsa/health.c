/*
 * health.c - vcsa.health: the colours, their age, and what they complain about.
 *
 * Colours are refreshed now and then, so a green one may be older than the change that it
 * should judge: with `not_before` (the installation's end) the result says `fresh: false`
 * until the appliance has checked itself again. software-packages is no health (red means
 * that security updates are available) and is never asked.
 *
 * Failure: items other than system may be missing; they are null. health/database was seen
 * to fail on healthy appliances, so it is a word in the result and never an error.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"
#include "vcsa/update.h"

static const char *const ITEMS[] = {"applmgmt", "database-storage", "load",
                                    "mem",      "storage",          "swap"};

static json_t *colour_json(const json_t *value)
{
    const char *text = json_string_value(value);
    char clean[24];
    return text ? json_string(text_clean(text, clean, sizeof clean)) : json_null();
}

/* One look at each; an item that is not there is null. */
static json_t *read_items(struct vcsa_talk *talk)
{
    json_t *items = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(ITEMS); i++) {
        auto_json json_t *value = NULL;
        char path[64];
        (void)snprintf(path, sizeof path, "/appliance/health/%s", ITEMS[i]);
        enum vcsa_answer answer = vcsa_get(talk, path, &value);
        (void)json_object_set_new(items, ITEMS[i],
                                  answer == VCSA_OK ? colour_json(value) : json_null());
    }
    return items;
}

/* {"status": HEALTHY|DEGRADED|UNHEALTHY} since 7.0. */
static json_t *read_database(struct vcsa_talk *talk)
{
    auto_json json_t *value = NULL;
    if (vcsa_get(talk, "/appliance/health/database", &value) != VCSA_OK)
        return json_null();
    return colour_json(json_object_get(value, "status"));
}

static json_t *read_messages(struct vcsa_talk *talk)
{
    auto_json json_t *value = NULL;
    if (vcsa_get(talk, "/appliance/health/system/messages", &value) != VCSA_OK)
        return json_array();
    auto_json json_t *wrapped = json_pack("{s:O}", "messages", value);
    return vcsa_notes(wrapped, "messages");
}

/* Is the last check younger than `not_before`? Unknown is not fresh if it was asked. */
static json_t *read_age(struct vcsa_talk *talk, json_t *result)
{
    auto_json json_t *value = NULL;
    int64_t checked_ms = 0, least_ms = 0;
    const char *least = json_text(talk->with, "not_before");
    bool known =
        vcsa_get(talk, "/appliance/health/system/lastcheck", &value) == VCSA_OK &&
        !vcsa_moment_parse(json_string_value(value), &checked_ms);
    (void)json_object_set_new(result, "lastcheck",
                              known ? vcsa_moment_json(checked_ms) : json_null());
    if (!least || vcsa_moment_parse(least, &least_ms))
        return json_boolean(!least);
    return json_boolean(known && checked_ms >= least_ms);
}

enum slipway_outcome vcsa_op_health(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL, *result = json_object();
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_get(&talk, "/appliance/health/system", &value);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    (void)json_object_set_new(result, "color", colour_json(value));
    (void)json_object_set_new(result, "fresh", read_age(&talk, result));
    if (json_is_true(json_object_get(talk.with, "items"))) {
        (void)json_object_set_new(result, "items", read_items(&talk));
        (void)json_object_set_new(result, "database", read_database(&talk));
    }
    const char *color = json_text(result, "color");
    bool fine = color && !strcmp(color, "green");
    (void)json_object_set_new(result, "messages",
                              fine ? json_array() : read_messages(&talk));
    return vcsa_done(&talk, steal_ptr(&result));
}
