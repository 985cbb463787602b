/*
 * license_state.c - vcsa.license_state: which licences a vCenter and its hosts have.
 *
 * Grouped by key, so that a thousand hosts are a few lines; whoever evaluates is named.
 * Keys are shown by their last five characters.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa/license.h"
#include "vcsa/moment.h"
#include "vcsa/operations.h"

#define EVALUATING_MAX 100u /* named */
#define GROUPS_MAX     100u /* different keys that are listed */

static json_t *expiry_json(int64_t expires_ms)
{
    return expires_ms ? vcsa_moment_json(expires_ms) : json_null();
}

static json_t *days_json(int64_t expires_ms)
{
    return expires_ms ? json_integer(vcsa_days(vcsa_wall_ms(), expires_ms)) : json_null();
}

static json_t *license_json(const struct vcsa_license *license)
{
    char mask[VCSA_LICENSE_MASK];
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:s}", "key",
                     vcsa_license_mask(license->key, mask), "edition", license->edition,
                     "name", license->name, "product", license->product_name, "version",
                     license->version, "evaluation", license->evaluation, "expires_at",
                     expiry_json(license->expires_ms), "days_left",
                     days_json(license->expires_ms), "trouble", license->trouble);
}

static json_t *vcenter_json(const struct vcsa_licenses *all,
                            const struct vcsa_licensed *own)
{
    if (!own)
        return json_null();
    json_t *json = license_json(&own->license);
    (void)json_object_set_new(
        json, "fits",
        json_boolean(vcsa_license_fits(&own->license, VCSA_PRODUCT_VCENTER, all->major)));
    return json;
}

static json_t *keys_json(const struct vcsa_licenses *all)
{
    json_t *list = json_array();
    for (size_t i = 0; i < all->key_count && i < GROUPS_MAX; i++) {
        const struct vcsa_license *license = &all->keys[i];
        json_t *json = license_json(license);
        (void)json_object_set_new(json, "total", json_integer(license->total));
        (void)json_object_set_new(
            json, "used", license->used >= 0 ? json_integer(license->used) : json_null());
        (void)json_array_append_new(list, json);
    }
    return list;
}

static const char *name_of(const struct vcsa_licensed *entity)
{
    return *entity->name ? entity->name : entity->entity;
}

/* Entities with the same key, as one line with how many they are. */
static json_t *groups_json(const struct vcsa_licenses *all, const char *vcenter)
{
    json_t *list = json_array();
    for (size_t i = 0; i < all->entity_count && json_array_size(list) < GROUPS_MAX; i++) {
        const struct vcsa_license *license = &all->entities[i].license;
        long long same = 0;
        bool first = true;
        for (size_t j = 0; j < all->entity_count; j++) {
            if (!strcmp(all->entities[j].entity, vcenter) ||
                strcmp(all->entities[j].license.key, license->key) != 0)
                continue;
            first = first && j >= i;
            same++;
        }
        if (!strcmp(all->entities[i].entity, vcenter) || !first)
            continue;
        json_t *json = license_json(license);
        (void)json_object_set_new(json, "entities", json_integer(same));
        (void)json_array_append_new(list, json);
    }
    return list;
}

static json_t *evaluating_json(const struct vcsa_licenses *all, json_int_t *count)
{
    json_t *names = json_array();
    *count = 0;
    for (size_t i = 0; i < all->entity_count; i++) {
        if (!all->entities[i].license.evaluation)
            continue;
        if ((*count)++ < (json_int_t)EVALUATING_MAX)
            (void)json_array_append_new(names, json_string(name_of(&all->entities[i])));
    }
    return names;
}

static int64_t first_end(const struct vcsa_licenses *all)
{
    int64_t first_ms = 0;
    for (size_t i = 0; i < all->entity_count; i++) {
        int64_t at_ms = all->entities[i].license.expires_ms;
        if (at_ms && (!first_ms || at_ms < first_ms))
            first_ms = at_ms;
    }
    return first_ms;
}

enum slipway_outcome vcsa_op_license_state(struct slipway_call *call)
{
    auto_sdk struct vcsa_sdk sdk;
    auto_licenses struct vcsa_licenses all = {.keys = NULL};
    enum slipway_outcome outcome;
    if (!vcsa_sdk_open(&sdk, call, &outcome))
        return outcome;
    enum vsphere_answer answer = vcsa_licenses_read(&sdk, &all);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(&sdk, answer);
    const char *uuid = sdk.soap.service.instance_uuid;
    json_int_t evaluating = 0, cpus = 0;
    json_t *names = evaluating_json(&all, &evaluating);
    for (size_t i = 0; i < all.host_count; i++)
        cpus += (json_int_t)all.hosts[i].cpus;
    return vcsa_done(
        &sdk.rest,
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:b, s:o, s:o}", "vcenter",
                  vcenter_json(&all, vcsa_licensed_find(&all, uuid)), "others",
                  groups_json(&all, uuid), "keys", keys_json(&all), "evaluation", names,
                  "evaluation_count", evaluating, "hosts", (json_int_t)all.host_count,
                  "cpus", cpus, "hosts_known", all.hosts_known, "expires_at",
                  expiry_json(first_end(&all)), "days_left", days_json(first_end(&all))));
}
