/*
 * vcenters.c - nsx.t_compute_managers and nsx.v_vcenter: does a manager still reach the
 * vCenters that it works for?
 *
 *   NSX-T  GET fabric/compute-managers ─► each: GET fabric/compute-managers/ID/status
 *              connection_status UP, registration_status REGISTERED
 *   NSX-V  GET /api/2.0/services/vcconfig/status ─► connected
 *
 * An upgrade asks its vCenters for hosts and clusters; one that is not reached stops it on
 * its way, among the hosts. After a vCenter got another certificate its NSX does not trust it
 * any more, until somebody accepts the new one.
 *
 * Failure: a vCenter whose status is not told is not well. A manager without any is told as
 * such: `count` 0.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/t_pages.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define MANAGERS "/api/v1/fabric/compute-managers"

static void add(json_t *result, bool well, json_t *one)
{
    (void)json_array_append(json_object_get(result, "managers"), one);
    if (!well)
        (void)json_array_append(json_object_get(result, "not_well"),
                                json_object_get(one, "name"));
    json_decref(one);
}

/* The first of the errors that come with a status, clean. */
static const char *first_error(const json_t *status, char *out, size_t size)
{
    static const char *const lists[] = {"connection_errors", "registration_errors"};
    *out = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(lists) && !*out; i++)
        (void)nsx_member(json_array_get(json_object_get(status, lists[i]), 0),
                         "error_message", out, size);
    return out;
}

static enum nsx_answer ask_one(struct nsx_talk *talk, const json_t *about, json_t *result)
{
    auto_json json_t *status = NULL;
    char name[160], server[160], connection[24], registration[40], error[300];
    const char *id = json_text(about, "id");
    if (nsx_id_acceptable(id)) { /* else it has no status, and is not well */
        auto_free char *path = xasprintf(MANAGERS "/%s/status", id);
        enum nsx_answer answer = nsx_get(talk, path, &status);
        if (answer != NSX_OK && answer != NSX_ERROR)
            return answer;
    }
    (void)nsx_member(status, "connection_status", connection, sizeof connection);
    (void)nsx_member(status, "registration_status", registration, sizeof registration);
    (void)nsx_member(about, "server", server, sizeof server);
    (void)nsx_member(about, "display_name", name, sizeof name);
    bool well = !strcmp(connection, "UP") && !strcmp(registration, "REGISTERED");
    add(result, well,
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", *name ? name : server, "server",
                  server, "connection", connection, "registration", registration, "error",
                  first_error(status, error, sizeof error)));
    return NSX_OK;
}

static void keep(const json_t *item, void *list)
{
    (void)json_array_append_new(list, json_deep_copy(item));
}

enum slipway_outcome nsx_op_t_compute_managers(struct slipway_call *call)
{
    static const struct nsx_t_list pages = {MANAGERS "?page_size=200", "compute managers",
                                            "System > Fabric > Compute Managers"};
    auto_nsx_talk struct nsx_talk talk;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_json json_t *list = json_array();
    auto_json json_t *result = json_pack("{s:[], s:[]}", "managers", "not_well");
    enum nsx_answer answer = nsx_t_each(&talk, &pages, keep, list);
    for (size_t i = 0;
         answer == NSX_OK && i < json_array_size(list) && i < NSX_VCENTERS_MAX; i++)
        answer = ask_one(&talk, json_array_get(list, i), result);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    (void)json_object_set_new(result, "count",
                              json_integer((json_int_t)json_array_size(list)));
    return nsx_done(&talk, steal_ptr(&result));
}

enum slipway_outcome nsx_op_v_vcenter(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_xml struct xml *xml = NULL;
    bool connected = false;
    if (nsx_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer =
        nsx_get_xml(&talk, "/api/2.0/services/vcconfig/status", &xml);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    const struct xml_node *told = xml_child(xml_root(xml), NULL, "connected");
    bool known = xml_boolean(told, &connected);
    return nsx_done(
        &talk, json_pack("{s:b, s:b}", "connected", known && connected, "known", known));
}
