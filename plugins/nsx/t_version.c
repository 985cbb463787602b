/*
 * t_version.c - nsx.t_version: the version of every manager of a cluster.
 *
 *   GET /api/v1/node/version ─► the manager that answers
 *   GET /api/v1/cluster ──────► who belongs to it
 *     GET /api/v1/cluster/ID/node/version ─► each of them
 *       no such path in this release ─► GET /api/v1/upgrade/nodes?component_type=MP: what
 *                                        the coordinator says of them
 *
 * `version` is that of the manager's software, `product` that of the product, which an
 * upgrade sets at its very end.
 *
 * Failure: a manager that cannot be asked makes the whole read fail: half of a cluster is
 * no answer.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/t_cluster.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static enum nsx_answer read_version(struct nsx_talk *talk, const char *path,
                                    char version[NSX_VERSION_MAX],
                                    char product[NSX_VERSION_MAX])
{
    auto_json json_t *value = NULL;
    char ignored[NSX_VERSION_MAX];
    enum nsx_answer answer = nsx_get(talk, path, &value);
    if (answer != NSX_OK)
        return answer;
    (void)nsx_member(value, "node_version", version, NSX_VERSION_MAX);
    (void)nsx_member(value, "product_version", product, NSX_VERSION_MAX);
    if (!version[0])
        (void)snprintf(version, NSX_VERSION_MAX, "%s", product);
    if (!product[0])
        (void)snprintf(product, NSX_VERSION_MAX, "%s", version);
    return nsx_version_take(version, ignored)
               ? NSX_OK
               : nsx_because(talk, NSX_ERROR, "%s: %s tells no version",
                             talk->target.name, path);
}

static struct nsx_t_node *add_node(struct nsx_t_nodes *out, const json_t *about,
                                   const char *id_key, const char *name_key)
{
    const char *id = json_text(about, id_key);
    if (out->count == NSX_NODES_MAX || !nsx_id_acceptable(id))
        return NULL;
    struct nsx_t_node *node = &out->items[out->count++];
    *node = (struct nsx_t_node){.version = ""};
    (void)snprintf(node->id, sizeof node->id, "%s", id);
    (void)nsx_member(about, name_key, node->name, sizeof node->name);
    return node;
}

static enum nsx_answer list_nodes(struct nsx_talk *talk, struct nsx_t_nodes *out)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/cluster", &value);
    if (answer != NSX_OK)
        return answer;
    const json_t *nodes = json_object_get(value, "nodes");
    size_t count = json_array_size(nodes);
    for (size_t i = 0; i < count; i++)
        if (!add_node(out, json_array_get(nodes, i), "node_uuid", "fqdn"))
            return nsx_because(
                talk, NSX_ERROR,
                "%s: manager %zu of %zu has no usable id, or they are more "
                "than %u",
                talk->target.name, i + 1, count, NSX_NODES_MAX);
    return out->count ? NSX_OK
                      : nsx_because(talk, NSX_ERROR, "%s: it tells of no manager at all",
                                    talk->target.name);
}

static enum nsx_answer ask_each(struct nsx_talk *talk, struct nsx_t_nodes *out)
{
    char ignored[NSX_VERSION_MAX];
    for (size_t i = 0; i < out->count; i++) {
        struct nsx_t_node *node = &out->items[i];
        auto_free char *path = xasprintf("/api/v1/cluster/%s/node/version", node->id);
        enum nsx_answer answer = read_version(talk, path, node->version, ignored);
        if (answer != NSX_OK)
            return answer;
    }
    out->source = "nodes";
    return NSX_OK;
}

static enum nsx_answer ask_coordinator(struct nsx_talk *talk, struct nsx_t_nodes *out)
{
    auto_json json_t *value = NULL;
    size_t members = out->count;
    enum nsx_answer answer =
        nsx_get(talk, "/api/v1/upgrade/nodes?component_type=MP", &value);
    if (answer != NSX_OK)
        return answer;
    const json_t *nodes = json_object_get(value, "results");
    out->count = 0;
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const json_t *about = json_array_get(nodes, i);
        struct nsx_t_node *node = add_node(out, about, "id", "display_name");
        if (node)
            (void)nsx_member(about, "component_version", node->version,
                             sizeof node->version);
    }
    out->source = "coordinator";
    return out->count == members
               ? NSX_OK
               : nsx_because(
                     talk, NSX_ERROR,
                     "%s: the cluster has %zu managers, and the upgrade "
                     "coordinator knows %zu of them; look at the coordinator's node "
                     "list",
                     talk->target.name, members, out->count);
}

enum nsx_answer nsx_t_nodes_read(struct nsx_talk *talk, struct nsx_t_nodes *out)
{
    *out = (struct nsx_t_nodes){.source = ""};
    enum nsx_answer answer =
        read_version(talk, "/api/v1/node/version", out->version, out->product);
    if (answer == NSX_OK)
        answer = list_nodes(talk, out);
    if (answer != NSX_OK)
        return answer;
    answer = ask_each(talk, out);
    return nsx_is_absent(talk, answer) ? ask_coordinator(talk, out) : answer;
}

bool nsx_t_nodes_have(const struct nsx_t_nodes *nodes, const char *wanted, char *why,
                      size_t size)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const struct nsx_t_node *node = &nodes->items[i];
        if (nsx_version_is(node->version, wanted))
            continue;
        (void)snprintf(why, size, "manager %s has %s",
                       node->name[0] ? node->name : node->id,
                       node->version[0] ? node->version : "no version that it tells");
        return false;
    }
    return nodes->count > 0;
}

/* --- the operation ---------------------------------------------------------------------- */

static json_t *nodes_json(const struct nsx_t_nodes *nodes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < nodes->count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "id", nodes->items[i].id, "name",
                            nodes->items[i].name, "version", nodes->items[i].version));
    return list;
}

static bool all_same(const struct nsx_t_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (strcmp(nodes->items[i].version, nodes->version) != 0)
            return false;
    return true;
}

enum slipway_outcome nsx_op_t_version(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_nodes nodes;
    char release[NSX_VERSION_MAX] = "";
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_nodes_read(&talk, &nodes);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    (void)nsx_version_take(nodes.version, release);
    const char *dot = strrchr(nodes.version, '.');
    return nsx_done(&talk,
                    json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:s, s:o}", "version",
                              release, "told", nodes.version, "build", dot ? dot + 1 : "",
                              "product", nodes.product, "same", all_same(&nodes),
                              "settled", nsx_version_is(nodes.product, release), "count",
                              (int)nodes.count, "source", nodes.source, "nodes",
                              nodes_json(&nodes)));
}
