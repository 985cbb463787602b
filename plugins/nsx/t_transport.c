/*
 * t_transport.c - nsx.t_transport_nodes: are the hosts and edges of an NSX-T cluster as
 * they should be? Two lists say it, and each leaves out what the other one tells:
 *
 *   transport-nodes/state ──────────────────► state: is its configuration realised
 *   transport-zones/transport-node-status ──► name; status UP, DEGRADED, DOWN, UNKNOWN;
 *                                             its connections
 *
 * Well is who is in both, realised (success, in_sync) and UP. A node that is not before an
 * upgrade stops the upgrade at itself, with some of the others changed.
 *
 * Failure: a release that has one of the lists only is judged by that; one without both
 * says so: `told` is false. A list that cannot be read is a failure.
 */
#include <string.h>
#include <strings.h>

#include "nsx/operations.h"
#include "nsx/t_pages.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define NODES_TOLD 100u /* in the result */

struct nodes {
    json_t *by_id; /* id -> {name, state, status, reason} */
    bool states, statuses;
};

/* The node with this id, made if it is not there. Whoever has none is a node too. */
static json_t *node_of(struct nodes *nodes, const json_t *item, const char *key)
{
    char id[NSX_ID_MAX];
    if (!*nsx_member(item, key, id, sizeof id))
        (void)snprintf(id, sizeof id, "a node without id");
    if (!json_object_get(nodes->by_id, id))
        (void)json_object_set_new(nodes->by_id, id, json_object());
    return json_object_get(nodes->by_id, id);
}

static void set_text(json_t *node, const char *key, const json_t *item, const char *from)
{
    char text[NSX_TEXT_MAX];
    if (*nsx_member(item, from, text, sizeof text))
        (void)json_object_set_new(node, key, json_string(text));
}

static void take_state(const json_t *item, void *context)
{
    const json_t *detail;
    size_t i;
    json_t *node = node_of(context, item, "transport_node_id");
    set_text(node, "state", item, "state");
    json_array_foreach(json_object_get(item, "details"), i, detail)
    {
        if (!json_object_get(node, "reason"))
            set_text(node, "reason", detail, "failure_message");
    }
}

static void take_status(const json_t *item, void *context)
{
    char word[24];
    json_t *node = node_of(context, item, "node_uuid");
    set_text(node, "name", item, "node_display_name");
    set_text(node, "status", item, "status");
    (void)nsx_member(item, "mgmt_connection_status", word, sizeof word);
    if (word[0] && strcmp(word, "UP") != 0)
        (void)json_object_set_new(node, "connection",
                                  json_sprintf("connection to the managers %s", word));
    (void)nsx_member(json_object_get(item, "control_connection_status"), "status", word,
                     sizeof word);
    if (word[0] && strcmp(word, "UP") != 0 && !json_object_get(node, "connection"))
        (void)json_object_set_new(node, "connection",
                                  json_sprintf("connection to the controllers %s", word));
}

static const char *told(const json_t *node, const char *key, const char *otherwise)
{
    const char *text = json_text(node, key);
    return text ? text : otherwise;
}

static bool is_well(const struct nodes *nodes, const json_t *node)
{
    const char *state = told(node, "state", "");
    bool realised = !strcasecmp(state, "success") || !strcasecmp(state, "in_sync");
    return (realised || !nodes->states) &&
           (!strcmp(told(node, "status", ""), "UP") || !nodes->statuses);
}

/* "edge-02 (failed, DOWN: its reason)" */
static json_t *text_of(const struct nodes *nodes, const char *id, const json_t *node)
{
    const char *reason = told(node, "reason", told(node, "connection", ""));
    auto_free char *text =
        xasprintf("%s (%s%s%s%s%s)", told(node, "name", id),
                  nodes->states ? told(node, "state", "state not told") : "",
                  nodes->states && nodes->statuses ? ", " : "",
                  nodes->statuses ? told(node, "status", "status not told") : "",
                  reason[0] ? ": " : "", reason);
    return json_safe_string(text, strlen(text));
}

static enum nsx_answer read_lists(struct nsx_talk *talk, struct nodes *nodes)
{
    static const struct nsx_t_list statuses = {
        "/api/v1/transport-zones/transport-node-status?page_size=200", "transport nodes",
        "System > Fabric"};
    static const struct nsx_t_list states = {
        "/api/v1/transport-nodes/state?page_size=200", "transport nodes",
        "System > Fabric"};
    enum nsx_answer answer = nsx_t_each(talk, &statuses, take_status, nodes);
    nodes->statuses = answer == NSX_OK;
    if (answer != NSX_OK && !nsx_t_has_no_list(talk, answer))
        return answer;
    answer = nsx_t_each(talk, &states, take_state, nodes);
    nodes->states = answer == NSX_OK;
    return nsx_t_has_no_list(talk, answer) ? NSX_OK : answer;
}

static json_t *result_of(const struct nodes *nodes)
{
    const char *id;
    json_t *node, *bad = json_array();
    size_t count = 0;
    json_object_foreach(nodes->by_id, id, node)
    {
        if (is_well(nodes, node))
            continue;
        count++;
        if (json_array_size(bad) < NODES_TOLD)
            (void)json_array_append_new(bad, text_of(nodes, id, node));
    }
    return json_pack("{s:b, s:I, s:I, s:o}", "told", nodes->states || nodes->statuses,
                     "count", (json_int_t)json_object_size(nodes->by_id),
                     "not_well_count", (json_int_t)count, "not_well", bad);
}

static void nodes_free(struct nodes *nodes)
{
    json_decref(nodes->by_id);
}

enum slipway_outcome nsx_op_t_transport_nodes(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    __attribute__((cleanup(nodes_free))) struct nodes nodes = {.by_id = json_object()};
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = read_lists(&talk, &nodes);
    return answer == NSX_OK ? nsx_done(&talk, result_of(&nodes))
                            : nsx_read_outcome(&talk, answer);
}
