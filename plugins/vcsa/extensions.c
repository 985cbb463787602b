/*
 * extensions.c - vcsa.extensions: which solutions are registered with this vCenter (backup,
 * NSX, replication, the vCenter's own), with their versions and the certificates that it
 * expects of them.
 *
 *   ExtensionManager.extensionList ─► key, version, server[].url, .serverThumbprint
 *
 * `stale` are those that the vCenter itself serves, and of which it expects another
 * certificate than it shows: its certificate was replaced, and these were forgotten.
 *
 * With a `baseline` (an earlier result): `missing` are keys that were there and are not;
 * `changed` are those whose thumbprints are others now, which is how a solution loses its
 * vCenter; `updated` are other versions, which an update brings along.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa/operations.h"
#include "vcsa/own.h"
#include "vcsa/sdk_talk.h"

#define EXTENSIONS_MAX  400u
#define THUMBPRINTS_MAX 8u

static json_t *thumbprints_of(const struct xml_node *extension)
{
    json_t *list = json_array();
    const struct xml_node *server = xml_child(extension, VSPHERE_NS, "server");
    for (; server; server = xml_next(server, VSPHERE_NS, "server")) {
        const char *text = xml_child_text(server, VSPHERE_NS, "serverThumbprint");
        if (text && *text && json_array_size(list) < THUMBPRINTS_MAX)
            (void)json_array_append_new(list, vcsa_sdk_text(server, "serverThumbprint"));
    }
    return list;
}

struct listing {
    json_t *map; /* key to what is known of it */
    json_t *stale;
    const struct vcsa_own *own;
};

/* Is it served here, and expected with a certificate that is not shown here? */
static bool is_stale(const struct vcsa_own *own, const struct xml_node *extension)
{
    const struct xml_node *server = xml_child(extension, VSPHERE_NS, "server");
    for (; server; server = xml_next(server, VSPHERE_NS, "server")) {
        const char *url = xml_child_text(server, VSPHERE_NS, "url");
        const char *text = xml_child_text(server, VSPHERE_NS, "serverThumbprint");
        if (url && text && *text && own->thumbprint[0] && vcsa_own_serves(own, url) &&
            !vcsa_own_shows(own, text))
            return true;
    }
    return false;
}

static void take_manager(void *context, const struct xml_node *object)
{
    const struct listing *listing = context;
    json_t *map = listing->map;
    const struct xml_node *list = vsphere_property(object, "extensionList");
    const struct xml_node *extension = xml_child(list, VSPHERE_NS, "Extension");
    for (; extension && json_object_size(map) < EXTENSIONS_MAX;
         extension = xml_next(extension, VSPHERE_NS, "Extension")) {
        auto_json json_t *key = vcsa_sdk_text(extension, "key");
        if (json_string_length(key) && is_stale(listing->own, extension))
            (void)json_array_append(listing->stale, key);
        if (json_string_length(key))
            (void)json_object_set_new(
                map, json_string_value(key),
                json_pack("{s:o, s:o, s:o}", "version",
                          vcsa_sdk_text(extension, "version"), "company",
                          vcsa_sdk_text(extension, "company"), "thumbprints",
                          thumbprints_of(extension)));
    }
}

static void compare(const json_t *before, const json_t *now, json_t *result)
{
    json_t *missing = json_array(), *changed = json_array(), *updated = json_array();
    const char *key;
    json_t *was;
    json_object_foreach((json_t *)(uintptr_t)before, key, was)
    {
        const json_t *is = json_object_get(now, key);
        if (!is)
            (void)json_array_append_new(missing, json_string(key));
        else if (!json_equal(json_object_get(is, "thumbprints"),
                             json_object_get(was, "thumbprints")))
            (void)json_array_append_new(changed, json_string(key));
        else if (!json_equal(json_object_get(is, "version"),
                             json_object_get(was, "version")))
            (void)json_array_append_new(updated, json_string(key));
    }
    (void)json_object_set_new(
        result, "at_baseline",
        json_boolean(json_array_size(missing) + json_array_size(changed) == 0));
    (void)json_object_set_new(result, "missing", missing);
    (void)json_object_set_new(result, "changed", changed);
    (void)json_object_set_new(result, "updated", updated);
}

enum slipway_outcome vcsa_op_extensions(struct slipway_call *call)
{
    static const char *const paths[] = {"extensionList", NULL};
    auto_sdk struct vcsa_sdk sdk;
    enum slipway_outcome outcome;
    if (!vcsa_sdk_open(&sdk, call, &outcome))
        return outcome;
    struct vcsa_own own;
    auto_json json_t *map = json_object(), *stale = json_array();
    struct listing listing = {map, stale, &own};
    vcsa_own_read(&sdk.rest, &own);
    enum vsphere_answer answer = vsphere_connect(&sdk.soap);
    const char *manager = sdk.soap.service.extension_manager;
    if (answer == VSPHERE_OK && !*manager)
        answer =
            vsphere_because(&sdk.soap, VSPHERE_NO, "%s: vpxd names no extension manager",
                            sdk.rest.target.name);
    if (answer == VSPHERE_OK)
        answer = vcsa_sdk_look(&sdk, "ExtensionManager", manager, paths, take_manager,
                               &listing);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(&sdk, answer);
    const json_t *baseline = json_object_get(sdk.rest.with, "baseline");
    auto_json json_t *result =
        json_pack("{s:I, s:O, s:O}", "count", (json_int_t)json_object_size(map),
                  "extensions", map, "stale", stale);
    compare(json_object_get(baseline, "extensions"), map, result);
    return vcsa_done(&sdk.rest, steal_ptr(&result));
}
