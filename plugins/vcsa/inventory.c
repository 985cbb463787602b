/*
 * inventory.c - vcsa.inventory: what a vCenter manages, as vpxd tells it.
 *
 *   one container view over hosts, virtual machines and datastores, read in pages
 *   root folder: overallStatus, triggeredAlarmState ─► red ones, with their names
 *
 * With a `baseline` (an earlier result) it also says what is missing: a host or datastore
 * that was there, a host that was connected, fewer virtual machines. What came to be
 * meanwhile is fine; people go on working.
 *
 * Failure: vpxd not being up is RETRY. An alarm whose name cannot be read is shown by its
 * reference.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/operations.h"
#include "vcsa/sdk_names.h"

#define NAMED_MAX    2000u /* hosts, datastores whose names are kept for a comparison */
#define TROUBLE_MAX  100u  /* hosts not connected that are listed                     */
#define HOST_VERSION "summary.config.product.version"
#define ALARMS_MAX   20u /* red alarms that are listed                              */

struct inventory {
    json_t *hosts, *datastores; /* names                                     */
    json_t *connected;          /* names of hosts                            */
    json_t *not_connected;      /* [{name, state}]                           */
    json_t *alarms;             /* [{alarm, entity, since, acknowledged}], red */
    long long host_count, vm_count, datastore_count;
    long long not_connected_count, maintenance, lost_vms, inaccessible, alarm_count;
    char status[16];
    char oldest_host[VCSA_VERSION_MAX]; /* of ESXi; "" if none tells */
};

static void inventory_free(struct inventory *inventory)
{
    json_decref(inventory->hosts);
    json_decref(inventory->datastores);
    json_decref(inventory->connected);
    json_decref(inventory->not_connected);
    json_decref(inventory->alarms);
}

static bool is(const struct xml_node *object, const char *path, const char *value)
{
    const char *text = vsphere_property_text(object, path);
    return text && !strcmp(text, value);
}

/* At most `max`; the rest is only counted. */
static void add(json_t *list, size_t max, json_t *item)
{
    if (json_array_size(list) < max)
        (void)json_array_append_new(list, item);
    else
        json_decref(item);
}

static json_t *text_json(const char *text)
{
    char clean[VCSA_SHOWN_MAX];
    return json_string(text_clean(text ? text : "", clean, sizeof clean));
}

/* --- hosts, virtual machines, datastores --------------------------------------------- */

static void take_version(struct inventory *out, const char *version)
{
    bool told = version && version[0] >= '0' && version[0] <= '9' &&
                strlen(version) < sizeof out->oldest_host;
    if (told && (!*out->oldest_host || text_version_cmp(version, out->oldest_host) < 0))
        (void)text_clean(version, out->oldest_host, sizeof out->oldest_host);
}

static void take_host(struct inventory *out, const struct xml_node *object)
{
    const char *name = vsphere_property_text(object, "name");
    const char *state = vsphere_property_text(object, "runtime.connectionState");
    name = name ? name : vsphere_object_ref(object);
    take_version(out, vsphere_property_text(object, HOST_VERSION));
    out->host_count++;
    out->maintenance += is(object, "runtime.inMaintenanceMode", "true");
    add(out->hosts, NAMED_MAX, text_json(name));
    if (state && !strcmp(state, "connected")) {
        add(out->connected, NAMED_MAX, text_json(name));
        return;
    }
    out->not_connected_count++;
    add(out->not_connected, TROUBLE_MAX,
        json_pack("{s:o, s:o}", "name", text_json(name), "state",
                  text_json(state ? state : "unknown")));
}

static void take_datastore(struct inventory *out, const struct xml_node *object)
{
    const char *name = vsphere_property_text(object, "name");
    out->datastore_count++;
    out->inaccessible += is(object, "summary.accessible", "false");
    add(out->datastores, NAMED_MAX, text_json(name ? name : vsphere_object_ref(object)));
}

static void take_object(void *context, const struct xml_node *object)
{
    struct inventory *out = context;
    if (vsphere_object_is(object, "HostSystem")) {
        take_host(out, object);
    } else if (vsphere_object_is(object, "Datastore")) {
        take_datastore(out, object);
    } else if (vsphere_object_is(object, "VirtualMachine")) {
        out->vm_count++;
        out->lost_vms += !is(object, "runtime.connectionState", "connected");
    }
}

static enum vsphere_answer read_objects(struct vcsa_sdk *sdk, struct inventory *out)
{
    static const char *const host[] = {"name", "runtime.connectionState",
                                       "runtime.inMaintenanceMode", HOST_VERSION, NULL};
    static const char *const vm[] = {"runtime.connectionState", NULL};
    static const char *const datastore[] = {"name", "summary.accessible", NULL};
    static const struct vsphere_wish wishes[] = {
        {"HostSystem", host}, {"VirtualMachine", vm}, {"Datastore", datastore}};
    return vcsa_sdk_walk(sdk, wishes, ARRAY_LENGTH(wishes), take_object, out);
}

/* --- alarms ---------------------------------------------------------------------------- */

struct alarms {
    struct inventory *out;
    struct vcsa_sdk_names names;
};

static void take_alarm(struct alarms *alarms, const struct xml_node *state)
{
    const struct xml_node *entity = xml_child(state, VSPHERE_NS, "entity");
    const struct xml_node *alarm = xml_child(state, VSPHERE_NS, "alarm");
    const char *status = xml_child_text(state, VSPHERE_NS, "overallStatus");
    const char *where = vsphere_ref_of(entity, NULL), *what = vsphere_ref_of(alarm, NULL);
    bool acknowledged = false;
    if (!status || strcmp(status, "red") != 0 || !where || !what)
        return;
    (void)xml_boolean(xml_child(state, VSPHERE_NS, "acknowledged"), &acknowledged);
    if (alarms->out->alarm_count++ >= (long long)ALARMS_MAX)
        return;
    vcsa_sdk_names_want(&alarms->names, "Alarm", what);
    vcsa_sdk_names_want(&alarms->names, xml_attribute(entity, "", "type"), where);
    add(alarms->out->alarms, ALARMS_MAX,
        json_pack("{s:o, s:o, s:o, s:b}", "alarm", text_json(what), "entity",
                  text_json(where), "since", vcsa_sdk_text(state, "time"), "acknowledged",
                  acknowledged));
}

static void take_root(void *context, const struct xml_node *object)
{
    struct alarms *alarms = context;
    const char *status = vsphere_property_text(object, "overallStatus");
    (void)text_clean(status ? status : "", alarms->out->status,
                     sizeof alarms->out->status);
    const struct xml_node *states = vsphere_property(object, "triggeredAlarmState");
    const struct xml_node *state = xml_child(states, VSPHERE_NS, "AlarmState");
    for (; state; state = xml_next(state, VSPHERE_NS, "AlarmState"))
        take_alarm(alarms, state);
}

static void name_it(const struct vcsa_sdk_names *names, json_t *alarm, const char *key)
{
    const char *name = vcsa_sdk_names_find(names, json_text(alarm, key));
    if (name && *name)
        (void)json_object_set_new(alarm, key, json_string(name));
}

static enum vsphere_answer read_alarms(struct vcsa_sdk *sdk, struct inventory *out)
{
    static const char *const paths[] = {"overallStatus", "triggeredAlarmState", NULL};
    struct alarms alarms = {.out = out};
    enum vsphere_answer answer = vcsa_sdk_look(
        sdk, "Folder", sdk->soap.service.root_folder, paths, take_root, &alarms);
    if (answer == VSPHERE_OK)
        answer = vcsa_sdk_names_read(sdk, &alarms.names);
    for (size_t i = 0; i < json_array_size(out->alarms); i++) {
        name_it(&alarms.names, json_array_get(out->alarms, i), "alarm");
        name_it(&alarms.names, json_array_get(out->alarms, i), "entity");
    }
    return answer;
}

/* --- against a baseline ---------------------------------------------------------------- */

static bool holds(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!strcmp(json_string_value(json_array_get(names, i)), name))
            return true;
    return false;
}

/* What was in that list before and is not now; "host esx-7" goes into `missing`. */
static void compare_names(const json_t *before, const char *key, const json_t *now,
                          const char *what, json_t *missing)
{
    const json_t *names = json_object_get(before, key);
    for (size_t i = 0; i < json_array_size(names) && i < NAMED_MAX; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name || holds(now, name))
            continue;
        auto_free char *text = xasprintf("%s %s", what, name);
        add(missing, TROUBLE_MAX, text_json(text));
    }
}

static void compare_count(const json_t *before, const char *key, long long now,
                          const char *what, json_t *missing)
{
    long long was = (long long)json_number(before, key, 0);
    if (now >= was)
        return;
    auto_free char *text = xasprintf("%lld of %lld %s", was - now, was, what);
    add(missing, TROUBLE_MAX, text_json(text));
}

/* Names are kept of so many only; beyond that counts have to do. */
static json_t *missing_of(const struct inventory *now, const json_t *before)
{
    json_t *missing = json_array();
    compare_names(before, "host_names", now->hosts, "host", missing);
    compare_names(before, "connected", now->connected, "connection of host", missing);
    compare_names(before, "datastore_names", now->datastores, "datastore", missing);
    compare_count(before, "hosts", now->host_count, "hosts", missing);
    compare_count(before, "vms", now->vm_count, "virtual machines", missing);
    compare_count(before, "datastores", now->datastore_count, "datastores", missing);
    return missing;
}

static bool same_alarm(const json_t *a, const json_t *b)
{
    const char *what = json_text(a, "alarm"), *where = json_text(a, "entity");
    const char *what_b = json_text(b, "alarm"), *where_b = json_text(b, "entity");
    return what && where && what_b && where_b && !strcmp(what, what_b) &&
           !strcmp(where, where_b);
}

/* Red alarms that the baseline did not have: all of them without one. */
static json_t *new_alarms(const struct inventory *now, const json_t *before)
{
    json_t *fresh = json_array();
    const json_t *old = json_object_get(before, "alarms");
    for (size_t i = 0; i < json_array_size(now->alarms); i++) {
        json_t *alarm = json_array_get(now->alarms, i);
        bool known = false;
        for (size_t b = 0; b < json_array_size(old) && !known; b++)
            known = same_alarm(alarm, json_array_get(old, b));
        if (!known)
            (void)json_array_append(fresh, alarm);
    }
    return fresh;
}

/* --- the operation ---------------------------------------------------------------------- */

static json_t *document(const struct inventory *now, const json_t *before)
{
    json_t *missing = missing_of(now, before);
    json_t *result = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "hosts", now->host_count, "vms",
        now->vm_count, "datastores", now->datastore_count, "not_connected_count",
        now->not_connected_count, "maintenance", now->maintenance, "lost_vms",
        now->lost_vms, "inaccessible", now->inaccessible, "alarm_count", now->alarm_count,
        "status", now->status);
    (void)json_object_set_new(result, "oldest_host",
                              *now->oldest_host ? json_string(now->oldest_host)
                                                : json_null());
    (void)json_object_set(result, "host_names", now->hosts);
    (void)json_object_set(result, "connected", now->connected);
    (void)json_object_set(result, "datastore_names", now->datastores);
    (void)json_object_set(result, "not_connected", now->not_connected);
    (void)json_object_set(result, "alarms", now->alarms);
    (void)json_object_set_new(result, "new_alarms", new_alarms(now, before));
    (void)json_object_set_new(result, "at_baseline",
                              json_boolean(json_array_size(missing) == 0));
    (void)json_object_set_new(result, "missing", missing);
    return result;
}

enum slipway_outcome vcsa_op_inventory(struct slipway_call *call)
{
    auto_sdk struct vcsa_sdk sdk;
    enum slipway_outcome outcome;
    if (!vcsa_sdk_open(&sdk, call, &outcome))
        return outcome;
    __attribute__((cleanup(inventory_free))) struct inventory now = {
        .hosts = json_array(),
        .datastores = json_array(),
        .connected = json_array(),
        .not_connected = json_array(),
        .alarms = json_array()};
    enum vsphere_answer answer = read_objects(&sdk, &now);
    if (answer == VSPHERE_OK)
        answer = read_alarms(&sdk, &now);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(&sdk, answer);
    return vcsa_done(&sdk.rest,
                     document(&now, json_object_get(sdk.rest.with, "baseline")));
}
