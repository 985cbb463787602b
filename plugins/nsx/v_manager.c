/*
 * v_manager.c - nsx.v_version, v_components and v_system: an NSX-V manager as it is now.
 *
 *   GET global/info ─────► versionInfo: major, minor, patch, build
 *   GET components ──────► every <component>, wherever it stands in the document
 *   GET summary/system ──► how full processor, memory and storage are
 *
 * SSH and the replicator (which runs on a primary of several managers only) may be stopped.
 *
 * Failure: a document without what was asked for is a failure, never a good state.
 */
#include "nsx/v_manager.h"

#include <string.h>

#include "nsx/operations.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"

#define SEARCH_DEPTH 8

const char *nsx_v_child(const struct xml_node *node, const char *name, char *out,
                        size_t size)
{
    const char *text = xml_child_text(node, NULL, name);
    return text_clean(text ? text : "", out, size);
}

/* --- version ------------------------------------------------------------------------------ */

enum nsx_answer nsx_v_version_read(struct nsx_talk *talk, char version[NSX_VERSION_MAX])
{
    static const char *const names[] = {"majorVersion", "minorVersion", "patchVersion",
                                        "buildNumber"};
    auto_xml struct xml *xml = NULL;
    long long parts[4];
    enum nsx_answer answer = nsx_get_xml(talk, NSX_V "/global/info", &xml);
    if (answer != NSX_OK)
        return answer;
    const struct xml_node *info = xml_child(xml_root(xml), NULL, "versionInfo");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (!xml_number(xml_child(info, NULL, names[i]), &parts[i]) || parts[i] < 0 ||
            parts[i] > 999999999)
            return nsx_because(talk, NSX_ERROR, "%s: it does not tell its version",
                               talk->target.name);
    (void)snprintf(version, NSX_VERSION_MAX, "%lld.%lld.%lld.%lld", parts[0], parts[1],
                   parts[2], parts[3]);
    return NSX_OK;
}

enum slipway_outcome nsx_op_v_version(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    char version[NSX_VERSION_MAX];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_v_version_read(&talk, version);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const char *build = strrchr(version, '.') + 1;
    return nsx_done(&talk,
                    json_pack("{s:s, s:s%, s:s}", "version", version, "release", version,
                              (size_t)(build - version - 1), "build", build));
}

/* --- components ----------------------------------------------------------------------------- */

static bool may_be_stopped(const char *id)
{
    return !strcmp(id, "SSH") || !strcmp(id, "NSXREPLICATOR");
}

static void take_component(const struct xml_node *node, struct nsx_v_components *out)
{
    char id[64], name[96], status[32];
    bool enabled = true;
    (void)nsx_v_child(node, "componentId", id, sizeof id);
    if (!id[0] || json_object_size(out->all) >= NSX_LIST_MAX)
        return;
    (void)xml_boolean(xml_child(node, NULL, "enabled"), &enabled);
    (void)nsx_v_child(node, "status", status, sizeof status);
    (void)json_object_set_new(out->all, id,
                              json_pack("{s:s, s:s, s:b}", "name",
                                        nsx_v_child(node, "name", name, sizeof name),
                                        "status", status, "enabled", enabled));
    if (enabled && strcmp(status, "RUNNING") != 0 && !may_be_stopped(id))
        (void)json_array_append_new(out->down, json_string(id));
}

static void search(const struct xml_node *node, size_t depth,
                   struct nsx_v_components *out)
{
    for (const struct xml_node *at = xml_child(node, NULL, NULL); at;
         at = xml_next(at, NULL, NULL)) {
        if (xml_is(at, NULL, "component"))
            take_component(at, out);
        else if (depth < SEARCH_DEPTH)
            search(at, depth + 1, out);
    }
}

enum nsx_answer nsx_v_components_read(struct nsx_talk *talk, struct nsx_v_components *out)
{
    auto_xml struct xml *xml = NULL;
    enum nsx_answer answer = nsx_get_xml(talk, NSX_V "/components", &xml);
    if (answer != NSX_OK)
        return answer;
    nsx_v_components_free(out);
    *out = (struct nsx_v_components){json_object(), json_array()};
    search(xml_root(xml), 0, out);
    return json_object_size(out->all)
               ? NSX_OK
               : nsx_because(talk, NSX_ERROR, "%s: it tells of no component",
                             talk->target.name);
}

void nsx_v_components_free(struct nsx_v_components *components)
{
    json_decref(components->all);
    json_decref(components->down);
    *components = (struct nsx_v_components){NULL, NULL};
}

static bool runs(const json_t *all, const char *id)
{
    const char *status = json_text(json_object_get(all, id), "status");
    return status && !strcmp(status, "RUNNING");
}

json_t *nsx_v_missing(const struct nsx_v_components *components, const json_t *baseline)
{
    const json_t *before = json_object_get(baseline, "components");
    if (!json_is_object(before))
        return json_incref(components->down);
    json_t *missing = json_array();
    const char *id;
    json_t *about;
    json_object_foreach((json_t *)(uintptr_t)before, id, about)
    {
        if (runs(before, id) && !runs(components->all, id) && !may_be_stopped(id))
            (void)json_array_append_new(missing, json_string(id));
    }
    return missing;
}

enum slipway_outcome nsx_op_v_components(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_v_components struct nsx_v_components components = {NULL, NULL};
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_v_components_read(&talk, &components);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    json_t *missing = nsx_v_missing(&components, json_object_get(talk.with, "baseline"));
    return nsx_done(&talk, json_pack("{s:O, s:O, s:b, s:o}", "components", components.all,
                                     "down", components.down, "at_baseline",
                                     !json_array_size(missing), "missing", missing));
}

/* --- how full ---------------------------------------------------------------------------------- */

static json_t *percent_of(const struct xml_node *root, const char *holder)
{
    long long percent = 0;
    const struct xml_node *used =
        xml_child(xml_child(root, NULL, holder), NULL, "usedPercentage");
    return xml_number(used, &percent) && percent >= 0 && percent <= 100
               ? json_integer(percent)
               : json_null();
}

enum slipway_outcome nsx_op_v_system(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_xml struct xml *xml = NULL;
    char name[128], host[128];
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_get_xml(&talk, NSX_V "/summary/system", &xml);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const struct xml_node *root = xml_root(xml);
    return nsx_done(&talk,
                    json_pack("{s:s, s:s, s:o, s:o, s:o}", "name",
                              nsx_v_child(root, "applianceName", name, sizeof name),
                              "host", nsx_v_child(root, "hostName", host, sizeof host),
                              "storage_percent", percent_of(root, "storageInfoDto"),
                              "memory_percent", percent_of(root, "memInfoDto"),
                              "cpu_percent", percent_of(root, "cpuInfoDto")));
}
