/*
 * vcsa_sdk_props.c - RetrievePropertiesEx of a vCenter's own vpxd.
 *
 *   ContainerView.view ─► hosts, machines, datastores      in pages
 *   Folder group-d1: overallStatus, triggeredAlarmState    LicenseManager, ExtensionManager
 *   TaskManager.recentTask ─► tasks                        Alarm.info.name, ManagedEntity.name
 *
 * A property that a type does not have fails the whole call, as on a real vCenter.
 */
#include <stdio.h>
#include <string.h>

#include "vcsa_sdk.h"

struct object {
    const char *type; /* static */
    char ref[24];
    int index; /* from 1 */
};

struct answer {
    struct soap_call *call;
    const xmlNode *spec;
    char **objects;
    size_t count, room;
};

static void text_value(struct buf *out, const char *text)
{
    buf_adds(out, "<val xsi:type=\"xsd:string\">");
    soap_escape(out, text);
    buf_adds(out, "</val>");
}

/* ---- what each type has; false: it has no such property ---- */

static bool host_is_lost(const struct appliance *appliance, int index)
{
    return appliance->faults.host_lost && index == SDK_HOSTS &&
           vcsa_sdk_changed(appliance);
}

/* After a revert the host knows a newer certificate and agent than the database does. */
static const char *host_state(const struct appliance *appliance, int index)
{
    bool reverted = appliance->incarnation > 0 && index == SDK_HOSTS;
    if (appliance->faults.host_lost_revert && reverted)
        return "disconnected";
    return host_is_lost(appliance, index) ? "notResponding" : "connected";
}

static void name_of(const struct object *object, char out[48])
{
    const char *stem = strcmp(object->type, "HostSystem") == 0       ? "esx-%d.lab"
                       : strcmp(object->type, "Datastore") == 0      ? "ds-%d"
                       : strcmp(object->type, "VirtualMachine") == 0 ? "machine-%d"
                                                                     : "Datacenters";
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", object->index);
    const char *mark = strstr(stem, "%d");
    (void)snprintf(out, 48, "%.*s%s%s", (int)(mark ? mark - stem : (long)strlen(stem)),
                   stem, mark ? digits : "", mark ? mark + 2 : "");
}

static bool host_value(const struct appliance *appliance, const struct object *object,
                       const char *path, struct buf *out)
{
    if (strcmp(path, "runtime.connectionState") == 0)
        text_value(out, host_state(appliance, object->index));
    else if (strcmp(path, "runtime.inMaintenanceMode") == 0)
        buf_adds(out, "<val xsi:type=\"xsd:boolean\">false</val>");
    else if (strcmp(path, "summary.config.product.version") == 0)
        text_value(out, vcsa_sdk_host_major(appliance) == 8 ? "8.0.2" : "7.0.3");
    else if (strcmp(path, "summary.hardware.numCpuPkgs") == 0)
        buf_adds(out, "<val xsi:type=\"xsd:short\">2</val>");
    else
        return false;
    return true;
}

static void write_alarms(const struct appliance *appliance, struct buf *out)
{
    buf_adds(out, "<val xsi:type=\"ArrayOfAlarmState\">");
    buf_adds(out,
             "<AlarmState><key>alarm-1.host-1</key><entity type=\"HostSystem\">host-1"
             "</entity><alarm type=\"Alarm\">alarm-1</alarm><overallStatus>yellow"
             "</overallStatus><time>2026-01-01T00:00:00Z</time><acknowledged>true"
             "</acknowledged></AlarmState>");
    if (appliance->faults.red_alarm)
        buf_adds(out,
                 "<AlarmState><key>alarm-2.host-2</key><entity type=\"HostSystem\">"
                 "host-2</entity><alarm type=\"Alarm\">alarm-2</alarm><overallStatus>"
                 "red</overallStatus><time>2026-01-01T00:00:00Z</time><acknowledged>"
                 "false</acknowledged></AlarmState>");
    buf_adds(out, "</val>");
}

static void write_extension(struct buf *out, const char *key, const char *version,
                            const char *host, const char *thumbprint)
{
    buf_addf(
        out,
        "<Extension><description><label>%s</label><summary>%s</summary></description>"
        "<key>%s</key><company>Lab</company><version>%s</version><server><url>"
        "https://%s:443/%s/sdk</url><type>SOAP</type><serverThumbprint>%s"
        "</serverThumbprint></server><lastHeartbeatTime>2026-01-01T00:00:00Z"
        "</lastHeartbeatTime></Extension>",
        key, key, key, version, host, key, thumbprint);
}

/* The vCenter's own ones follow its version and are served by itself; a solution loses its
   certificate by fault. */
static void write_extensions(const struct appliance *appliance, struct buf *out)
{
    auto_free char *version = vcsa_text(appliance, "version");
    bool lost = appliance->faults.extension_lost && vcsa_sdk_changed(appliance);
    char live[LAB_THUMBPRINT_SIZE];
    vcsa_thumbprint(appliance, live);
    buf_adds(out, "<val xsi:type=\"ArrayOfExtension\">");
    write_extension(out, "com.vmware.vim.sms", version, appliance->host,
                    appliance->faults.old_thumbprint ? LAB_OLD_THUMBPRINT : live);
    write_extension(out, "com.lab.backup", "12.1", "solution.lab",
                    lost ? "DE:AD" : "AA:BB:CC");
    write_extension(out, "com.vmware.nsx.management.nsxt",
                    appliance->faults.old_nsx ? "3.1.3" : "4.1.2", "nsx.lab", "44:55:66");
    buf_adds(out, "</val>");
}

static void write_task(struct buf *out, const struct object *object)
{
    bool runs = object->index == 2;
    buf_addf(out,
             "<val xsi:type=\"TaskInfo\"><key>%s</key><task type=\"Task\">%s</task>"
             "<descriptionId>VirtualMachine.migrate</descriptionId><entity type=\""
             "VirtualMachine\">vm-1</entity><entityName>machine-1</entityName><state>%s"
             "</state><cancelled>false</cancelled><cancelable>true</cancelable>%s"
             "<queueTime>2026-01-01T00:00:00Z</queueTime></val>",
             object->ref, object->ref, runs ? "running" : "success",
             runs ? "<progress>40</progress>" : "");
}

static bool value_of(const struct appliance *appliance, const struct object *object,
                     const char *path, struct buf *out)
{
    const char *type = object->type;
    char name[48];
    bool entity = strcmp(type, "Alarm") != 0 && strstr(type, "Manager") == NULL &&
                  strcmp(type, "Task") != 0;
    name_of(object, name);
    if (entity && strcmp(path, "name") == 0)
        text_value(out, name);
    else if (strcmp(type, "HostSystem") == 0)
        return host_value(appliance, object, path, out);
    else if (strcmp(type, "VirtualMachine") == 0 &&
             strcmp(path, "runtime.connectionState") == 0)
        text_value(out, "connected");
    else if (strcmp(type, "Datastore") == 0 && strcmp(path, "summary.accessible") == 0)
        buf_adds(out, "<val xsi:type=\"xsd:boolean\">true</val>");
    else if (strcmp(type, "Folder") == 0 && strcmp(path, "overallStatus") == 0)
        text_value(out, appliance->faults.red_alarm ? "red" : "green");
    else if (strcmp(type, "Folder") == 0 && strcmp(path, "triggeredAlarmState") == 0)
        write_alarms(appliance, out);
    else if (strcmp(type, "Alarm") == 0 && strcmp(path, "info.name") == 0)
        text_value(out, object->index == 2 ? "Host connection and power state"
                                           : "Host memory usage");
    else if (strcmp(type, "ExtensionManager") == 0 && strcmp(path, "extensionList") == 0)
        write_extensions(appliance, out);
    else if (strcmp(type, "LicenseManager") == 0 && strcmp(path, "licenses") == 0)
        vcsa_sdk_licenses(appliance, out);
    else if (strcmp(type, "LicenseManager") == 0 &&
             strcmp(path, "licenseAssignmentManager") == 0)
        buf_adds(out, "<val type=\"LicenseAssignmentManager\" xsi:type=\""
                      "ManagedObjectReference\">LicenseAssignmentManager</val>");
    else if (strcmp(type, "Task") == 0 && strcmp(path, "info") == 0)
        write_task(out, object);
    else
        return false;
    return true;
}

/* ---- which objects ---- */

static const struct family {
    const char *type, *stem; /* stem NULL: there is one, and this is its reference */
    const char *ref;
    int count;
    bool entity;
} families[] = {
    {"HostSystem", "host-", NULL, SDK_HOSTS, true},
    {"VirtualMachine", "vm-", NULL, SDK_VMS, true},
    {"Datastore", "datastore-", NULL, SDK_DATASTORES, true},
    {"Alarm", "alarm-", NULL, 2, false},
    {"Task", "task-", NULL, 2, false},
    {"Folder", NULL, "group-d1", 1, true},
    {"ExtensionManager", NULL, "ExtensionManager", 1, false},
    {"LicenseManager", NULL, "LicenseManager", 1, false},
    {"TaskManager", NULL, "TaskManager", 1, false},
    {"ContainerView", NULL, "session[vpxd]view", 1, false},
};

static const struct family *family_of(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_LENGTH(families); i++)
        if (strcmp(families[i].type, type) == 0)
            return &families[i];
    return NULL;
}

static struct object object_of(const struct family *family, int index)
{
    struct object object = {.type = family->type, .index = index};
    if (family->stem)
        (void)snprintf(object.ref, sizeof object.ref, "%s%d", family->stem, index);
    else
        (void)snprintf(object.ref, sizeof object.ref, "%s", family->ref);
    return object;
}

static bool find(const char *type, const char *ref, struct object *out)
{
    const struct family *family = family_of(type);
    for (int i = 1; family && i <= family->count; i++) {
        *out = object_of(family, i);
        if (strcmp(out->ref, ref) == 0)
            return true;
    }
    return false;
}

static bool wants(const xmlNode *set, const struct object *object)
{
    auto_free char *type = soap_text(set, "type");
    if (!type || strcmp((const char *)set->name, "propSet") != 0)
        return false;
    const struct family *family = family_of(object->type);
    return strcmp(type, object->type) == 0 ||
           (family->entity && strcmp(type, "ManagedEntity") == 0);
}

static bool add_paths(struct answer *answer, const struct object *object,
                      const xmlNode *set, struct buf *out)
{
    for (const xmlNode *node = soap_next(set, NULL); node; node = soap_next(set, node)) {
        if (strcmp((const char *)node->name, "pathSet") != 0)
            continue;
        auto_free char *path = soap_content(node);
        auto_buf struct buf value = {0};
        if (!value_of(answer->call->vcenter, object, path, &value)) {
            auto_buf struct buf field = {0};
            soap_element(&field, "name", path);
            soap_fault(answer->call, "InvalidProperty",
                       "The property is not defined for the object.", buf_text(&field));
            return false;
        }
        buf_addf(out, "<propSet><name>%s</name>%s</propSet>", path, buf_text(&value));
    }
    return true;
}

static bool add_object(struct answer *answer, const struct object *object)
{
    auto_buf struct buf text = {0};
    bool wanted = false;
    buf_adds(&text, "<objects>");
    soap_moref(&text, "obj", object->type, object->ref);
    for (const xmlNode *set = soap_next(answer->spec, NULL); set;
         set = soap_next(answer->spec, set)) {
        if (!wants(set, object))
            continue;
        wanted = true;
        if (!add_paths(answer, object, set, &text))
            return false;
    }
    buf_adds(&text, "</objects>");
    if (wanted)
        *vec_push(answer->objects, answer->count, answer->room) = buf_take(&text);
    return true;
}

static bool add_family(struct answer *answer, const char *type, int count)
{
    const struct family *family = family_of(type);
    for (int i = 1; i <= count && i <= family->count; i++) {
        struct object object = object_of(family, i);
        if (!add_object(answer, &object))
            return false;
    }
    return true;
}

static bool traverse(struct answer *answer, const struct object *from)
{
    if (strcmp(from->type, "ContainerView") == 0)
        return add_family(answer, "HostSystem", SDK_HOSTS) &&
               add_family(answer, "VirtualMachine", SDK_VMS) &&
               add_family(answer, "Datastore", SDK_DATASTORES);
    if (strcmp(from->type, "TaskManager") == 0) /* the second one still runs */
        return add_family(answer, "Task",
                          answer->call->vcenter->faults.busy_vpxd ? 2 : 1);
    return true;
}

static bool add_object_set(struct answer *answer, const xmlNode *set)
{
    const xmlNode *node = soap_child(set, "obj");
    auto_free char *type = soap_attribute(node, "type");
    auto_free char *ref = soap_content(node);
    struct object object;
    if (!find(type, ref, &object)) {
        soap_fault(answer->call, "ManagedObjectNotFound",
                   "The object has already been deleted or has not been completely "
                   "created.",
                   NULL);
        return false;
    }
    bool skip = soap_bool(set, "skip", false);
    if (!skip && !add_object(answer, &object))
        return false;
    return !soap_child(set, "selectSet") || traverse(answer, &object);
}

static bool collect(struct answer *answer)
{
    const xmlNode *method = answer->call->method;
    for (const xmlNode *spec = soap_next(method, NULL); spec;
         spec = soap_next(method, spec)) {
        if (strcmp((const char *)spec->name, "specSet") != 0)
            continue;
        answer->spec = spec;
        for (const xmlNode *set = soap_next(spec, NULL); set; set = soap_next(spec, set))
            if (strcmp((const char *)set->name, "objectSet") == 0 &&
                !add_object_set(answer, set))
                return false;
    }
    return true;
}

/* ---- pages: one unfinished answer at a time ---- */

static void forget(struct sdk_page *page)
{
    for (size_t i = page->next; i < page->count; i++)
        free(page->objects[i]);
    free(page->objects);
    *page = (struct sdk_page){.count = 0};
}

static void send_page(struct soap_call *call)
{
    struct sdk_page *page = &call->vcenter->vcsa->page;
    size_t end = page->size && page->next + page->size < page->count
                     ? page->next + page->size
                     : page->count;
    buf_adds(&call->out, "<returnval>");
    if (end < page->count)
        soap_element(&call->out, "token", page->token);
    for (; page->next < end; page->next++) {
        buf_adds(&call->out, page->objects[page->next]);
        free(page->objects[page->next]);
    }
    buf_adds(&call->out, "</returnval>");
    if (page->next == page->count)
        forget(page);
}

void vcsa_sdk_retrieve(struct soap_call *call)
{
    struct answer answer = {.call = call};
    struct sdk_page *page = &call->vcenter->vcsa->page;
    const xmlNode *options = soap_child(call->method, "options");
    auto_free char *size = options ? soap_text(options, "maxObjects") : NULL;
    bool fine = collect(&answer);
    forget(page);
    *page = (struct sdk_page){.objects = answer.objects,
                              .count = answer.count,
                              .size = size ? (size_t)strtoul(size, NULL, 10) : 0};
    (void)snprintf(page->token, sizeof page->token, "page-%u",
                   atomic_fetch_add(&call->lab->next_id, 1u));
    if (fine && page->count)
        send_page(call);
    else
        forget(page);
}

void vcsa_sdk_continue(struct soap_call *call)
{
    auto_free char *token = soap_text(call->method, "token");
    const struct sdk_page *page = &call->vcenter->vcsa->page;
    if (page->count && strcmp(page->token, token) == 0)
        send_page(call);
    else
        soap_fault(call, "InvalidArgument", "The token is not known.",
                   "<invalidProperty>token</invalidProperty>");
}
