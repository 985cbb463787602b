/*
 * t_cluster.c - nsx.t_cluster: are the managers and controllers of an NSX-T cluster one
 * body? And nsx.t_node: the machine that answers, its clock and its file systems.
 *
 * STABLE is the only good word; INITIALIZING, DEGRADED, UNSTABLE, UNKNOWN, NO_CONTROLLERS
 * and words that are not known yet are not.
 *
 * Failure: an answer without a status is a failure, never STABLE.
 */
#include "nsx/t_cluster.h"

#include <math.h>
#include <string.h>

#include "nsx/operations.h"
#include "util/auto.h"
#include "util/text.h"

/* --- the cluster -------------------------------------------------------------------- */

static void take_groups(const json_t *detailed, struct nsx_t_cluster *out)
{
    const json_t *groups = json_object_get(detailed, "groups");
    auto_json json_t *unstable = json_array();
    for (size_t i = 0; i < json_array_size(groups) && i < NSX_LIST_MAX; i++) {
        char type[64], status[24];
        const json_t *group = json_array_get(groups, i);
        (void)nsx_member(group, "group_status", status, sizeof status);
        if (strcmp(status, "STABLE") != 0)
            (void)json_array_append_new(
                unstable,
                json_string(nsx_member(group, "group_type", type, sizeof type)));
    }
    (void)nsx_names(unstable, out->unstable, sizeof out->unstable);
}

static void take_away(const json_t *nodes, struct nsx_t_cluster *out)
{
    auto_json json_t *away = json_array();
    for (size_t i = 0; i < json_array_size(nodes) && i < NSX_LIST_MAX; i++) {
        char name[64];
        const json_t *node = json_array_get(nodes, i);
        if (!*nsx_member(node, "mgmt_cluster_listen_ip_address", name, sizeof name))
            (void)nsx_member(node, "uuid", name, sizeof name);
        (void)json_array_append_new(away, json_string(name[0] ? name : "?"));
    }
    (void)nsx_names(away, out->away, sizeof out->away);
}

enum nsx_answer nsx_t_cluster_read(struct nsx_talk *talk, struct nsx_t_cluster *out)
{
    auto_json json_t *value = NULL;
    enum nsx_answer answer = nsx_get(talk, "/api/v1/cluster/status", &value);
    if (answer != NSX_OK)
        return answer;
    const json_t *managers = json_object_get(value, "mgmt_cluster_status");
    *out = (struct nsx_t_cluster){
        .online = json_array_size(json_object_get(managers, "online_nodes")),
        .offline = json_array_size(json_object_get(managers, "offline_nodes")),
    };
    (void)nsx_member(managers, "status", out->status, sizeof out->status);
    (void)nsx_member(json_object_get(value, "control_cluster_status"), "status",
                     out->control, sizeof out->control);
    take_away(json_object_get(managers, "offline_nodes"), out);
    take_groups(json_object_get(value, "detailed_cluster_status"), out);
    if (!out->status[0])
        return nsx_because(talk, NSX_ERROR, "%s: it does not tell the cluster's status",
                           talk->target.name);
    out->stable = !strcmp(out->status, "STABLE") && !out->offline &&
                  (!out->control[0] || !strcmp(out->control, "STABLE"));
    return NSX_OK;
}

/* What keeps it from being STABLE, for a human; empty if it is. */
static json_t *problems_of(const struct nsx_t_cluster *cluster)
{
    json_t *list = json_array();
    if (cluster->stable)
        return list;
    if (strcmp(cluster->status, "STABLE") != 0)
        (void)json_array_append_new(list, json_sprintf("managers: %s", cluster->status));
    if (cluster->control[0] && strcmp(cluster->control, "STABLE") != 0)
        (void)json_array_append_new(list,
                                    json_sprintf("controllers: %s", cluster->control));
    if (cluster->offline)
        (void)json_array_append_new(list, json_sprintf("offline: %s", cluster->away));
    if (cluster->unstable[0])
        (void)json_array_append_new(
            list, json_sprintf("groups not STABLE: %s", cluster->unstable));
    return list;
}

enum slipway_outcome nsx_op_t_cluster(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    struct nsx_t_cluster cluster;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_t_cluster_read(&talk, &cluster);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    return nsx_done(&talk,
                    json_pack("{s:b, s:s, s:s, s:i, s:i, s:s, s:s, s:o}", "stable",
                              cluster.stable, "status", cluster.status, "control",
                              cluster.control, "online", (int)cluster.online, "offline",
                              (int)cluster.offline, "away", cluster.away, "unstable",
                              cluster.unstable, "problems", problems_of(&cluster)));
}

/* --- the machine that answers ---------------------------------------------------------- */

/* In newer releases inside system_status. */
static const json_t *member_of(const json_t *value, const char *key)
{
    const json_t *found = json_object_get(value, key);
    return found ? found : json_object_get(json_object_get(value, "system_status"), key);
}

static void add_if_over(json_t *over, const json_t *system, json_int_t most)
{
    char mount[128];
    double total = json_number_value(json_object_get(system, "total"));
    double used = json_number_value(json_object_get(system, "used"));
    if (!isfinite(total) || !isfinite(used) || total <= 0 || used < 0)
        return;
    double percent = used * 100.0 / total;
    if (percent < (double)most)
        return;
    (void)nsx_member(system, "mount", mount, sizeof mount);
    (void)json_array_append_new(over, json_pack("{s:s, s:i}", "mount", mount, "percent",
                                                percent > 1000 ? 1000 : (int)percent));
}

static json_t *systems_over(const json_t *value, json_int_t most)
{
    json_t *over = json_array();
    const json_t *systems = member_of(value, "file_systems");
    for (size_t i = 0; i < json_array_size(systems) && i < NSX_LIST_MAX; i++)
        add_if_over(over, json_array_get(systems, i), most);
    return over;
}

enum slipway_outcome nsx_op_t_node(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *value = NULL;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    int64_t asked_ms = nsx_wall_ms();
    enum nsx_answer answer = nsx_get(&talk, "/api/v1/node/status", &value);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    int64_t between_ms = (asked_ms + nsx_wall_ms()) / 2;
    const json_t *clock = member_of(value, "system_time");
    const json_t *uptime = member_of(value, "uptime");
    json_t *result = json_pack("{s:o, s:b}", "over",
                               systems_over(value, json_number(talk.with, "percent", 85)),
                               "told", json_is_array(member_of(value, "file_systems")));
    json_t *skew = json_null();
    if (json_is_integer(clock)) {
        double away_ms = fabs((double)json_integer_value(clock) - (double)between_ms);
        skew = json_integer((json_int_t)(away_ms > 1e14 ? 1e11 : away_ms / 1000.0));
    }
    (void)json_object_set_new(result, "skew_s", skew);
    (void)json_object_set_new(result, "uptime_s",
                              json_is_integer(uptime)
                                  ? json_integer(json_integer_value(uptime) / 1000)
                                  : json_null());
    return nsx_done(&talk, result);
}
