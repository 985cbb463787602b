/*
 * replication.c - vcsa.replication and vcsa.vcha: who this vCenter is tied to.
 *
 *   topology/nodes               the nodes of its SSO domain
 *   topology/replication-status  for each pair: available? how many changes behind?
 *   vcha/cluster?action=get      a high-availability cluster of three
 *
 * Reverting one of several linked vCenters alone corrupts the others' replication; a
 * patch is safe only while everybody has seen everybody's changes, and while the fleet file
 * declares each of them: so its nodes are compared with the declared members.
 *
 * Failure: a release that does not know these paths is alone as far as can be told;
 * `known` is false then.
 */
#include <string.h>

#include "common/members.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

static json_t *text_or_null(const json_t *object, const char *key)
{
    const char *text = json_text(object, key);
    return text ? json_safe_string(text, strlen(text)) : json_null();
}

static json_t *partner_json(const json_t *status)
{
    const json_t *lag = json_object_get(status, "change_lag");
    return json_pack(
        "{s:o, s:o, s:b, s:b, s:o}", "node", text_or_null(status, "node"), "partner",
        text_or_null(status, "replication_partner"), "available",
        json_is_true(json_object_get(status, "partner_available")), "replicating",
        json_is_true(json_object_get(status, "replicating")), "behind",
        json_is_integer(lag) ? json_integer(json_integer_value(lag)) : json_null());
}

/* Both are up and they do not exchange: they contradict each other, and time mends nothing. */
static bool is_broken(const json_t *status)
{
    return json_is_true(json_object_get(status, "partner_available")) &&
           json_is_true(json_object_get(status, "status_available")) &&
           json_is_false(json_object_get(status, "replicating"));
}

/* In step: reachable, telling its status, and nothing behind. */
static bool in_step(const json_t *status)
{
    return json_is_true(json_object_get(status, "partner_available")) &&
           json_is_true(json_object_get(status, "status_available")) &&
           !is_broken(status) && json_number(status, "change_lag", -1) == 0;
}

static void take_status(const json_t *list, json_t *result)
{
    json_t *partners = json_object_get(result, "partners");
    json_t *behind = json_object_get(result, "behind");
    json_t *broken = json_object_get(result, "broken");
    for (size_t i = 0; i < json_array_size(list) && i < VCSA_LIST_MAX; i++) {
        const json_t *status = json_array_get(list, i);
        (void)json_array_append_new(partners, partner_json(status));
        if (in_step(status))
            continue;
        const char *node = json_text(status, "node");
        const char *partner = json_text(status, "replication_partner");
        auto_free char *pair =
            xasprintf("%s from %s", node ? node : "?", partner ? partner : "?");
        (void)json_array_append_new(behind, json_safe_string(pair, strlen(pair)));
        if (is_broken(status))
            (void)json_array_append_new(broken, json_safe_string(pair, strlen(pair)));
    }
}

/* All names that it tells: the nodes, and whoever stands in a status. */
static json_t *told_names(const json_t *names, const json_t *partners)
{
    static const char *const keys[] = {"node", "partner"};
    json_t *told = json_copy((json_t *)(uintptr_t)names);
    for (size_t i = 0; i < json_array_size(partners); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(keys); k++)
            (void)json_array_append(
                told, json_object_get(json_array_get(partners, i), keys[k]));
    return told;
}

static void add_members(const struct vcsa_talk *talk, json_t *result)
{
    auto_json json_t *told =
        told_names(json_object_get(result, "nodes"), json_object_get(result, "partners"));
    auto_json json_t *members = members_compare(
        talk->call, json_object_get(talk->target.document, "link_members"), told,
        members_resolve);
    (void)json_object_update(result, members);
}

enum slipway_outcome vcsa_op_replication(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *nodes = NULL, *status = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_get(&talk, "/vcenter/topology/nodes", &nodes);
    bool known = answer == VCSA_OK;
    if (known)
        answer = vcsa_get(&talk, "/vcenter/topology/replication-status", &status);
    if (answer != VCSA_OK && !vcsa_is_untold(&talk, answer))
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *result =
        json_pack("{s:b, s:[], s:[], s:[], s:[]}", "known", known && answer == VCSA_OK,
                  "nodes", "partners", "behind", "broken");
    json_t *names = json_object_get(result, "nodes");
    for (size_t i = 0; i < json_array_size(nodes) && i < VCSA_LIST_MAX; i++)
        (void)json_array_append_new(names,
                                    text_or_null(json_array_get(nodes, i), "node"));
    take_status(status, result);
    size_t partners = json_array_size(json_object_get(result, "partners"));
    size_t behind = json_array_size(json_object_get(result, "behind"));
    (void)json_object_set_new(result, "linked",
                              json_boolean(json_array_size(names) > 1 || partners > 0));
    (void)json_object_set_new(result, "in_step", json_boolean(behind == 0));
    add_members(&talk, result);
    return vcsa_done(&talk, steal_ptr(&result));
}
