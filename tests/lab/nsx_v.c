/*
 * nsx_v.c - an NSX-V manager: version, components, how full it is, backups. XML, plain Basic.
 *
 * A backup that is asked for without Content-Type application/xml is answered well and never
 * made; settings without a pass phrase are refused, and neither password nor pass phrase is
 * ever told. What upgrades stands in nsx_v_upgrade.c.
 */
#include <stdio.h>
#include <string.h>

#include "nsx.h"
#include "rest_parts.h"

#define BASE    "/api/1.0/appliance-management"
#define HOUR_MS (3600LL * 1000)

void nsx_v_send(struct nsx_call *call, const char *xml)
{
    nsx_text(call, 200, "application/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    buf_adds(&call->reply->body, xml);
}

void nsx_v_error(struct nsx_call *call, unsigned status, const char *text)
{
    auto_free char *xml =
        xasprintf("<error><details>%s</details><errorCode>%u</errorCode>"
                  "<moduleName>appliance-management</moduleName></error>",
                  text, status + 22000);
    nsx_text(call, status, "application/xml", xml);
}

json_t *nsx_v_first_disk(const struct appliance *appliance, int64_t now)
{
    const struct faults *faults = &appliance->faults;
    int64_t age = faults->old_backup ? 90 * HOUR_MS : 3 * HOUR_MS;
    json_t *backups = json_array();
    if (!faults->no_backup)
        json_array_append_new(backups, json_integer((json_int_t)(now - age)));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:b}", "version", NSX_V_OLD, "to", "",
                     "status", "NOT_STARTED", "services",
                     faults->red_before ? "STOPPED" : "RUNNING", "backups", backups,
                     "phrase", 1);
}

/* ---- what it is ---- */

static void send_info(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *version = json_text(disk, "version");
    int parts[4] = {0};
    (void)sscanf(version, "%d.%d.%d.%d", &parts[0], &parts[1], &parts[2], &parts[3]);
    auto_free char *xml = xasprintf(
        "<globalInfo><currentLoggedInUser>admin</currentLoggedInUser><versionInfo>"
        "<majorVersion>%d</majorVersion><minorVersion>%d</minorVersion>"
        "<patchVersion>%d</patchVersion><buildNumber>%d</buildNumber></versionInfo>"
        "</globalInfo>",
        parts[0], parts[1], parts[2], parts[3]);
    nsx_v_send(call, xml);
}

static void send_components(struct nsx_call *call)
{
    static const char *const ids[] = {"VPOSTGRES", "RABBITMQ", "NSX"};
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *services = json_text(disk, "services");
    auto_buf struct buf xml = {0};
    buf_adds(&xml, "<components>");
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
        buf_addf(&xml,
                 "<component><componentId>%s</componentId><name>%s service</name>"
                 "<status>%s</status><enabled>true</enabled><usedBy><string>NSX</string>"
                 "</usedBy></component>",
                 ids[i], ids[i], i < 2 ? "RUNNING" : services);
    buf_adds(&xml,
             "<component><componentId>SSH</componentId><name>SSH Service</name>"
             "<status>STOPPED</status><enabled>true</enabled></component>"
             "<component><componentId>NSXREPLICATOR</componentId><name>NSX Universal "
             "Synchronization Service</name><status>STOPPED</status><enabled>false"
             "</enabled></component></components>");
    nsx_v_send(call, buf_text(&xml));
}

static void send_system(struct nsx_call *call)
{
    auto_free char *xml = xasprintf(
        "<systemSummary><hostName>nsxmgr</hostName><applianceName>vShield Virtual "
        "Appliance Management</applianceName><cpuInfoDto><usedPercentage>11"
        "</usedPercentage></cpuInfoDto><memInfoDto><usedPercentage>52</usedPercentage>"
        "</memInfoDto><storageInfoDto><totalStorage>86G</totalStorage><usedPercentage>%d"
        "</usedPercentage></storageInfoDto></systemSummary>",
        call->appliance->faults.disk_full ? 97 : 31);
    nsx_v_send(call, xml);
}

/* ---- backups ---- */

/* Text of the first such element, "" if there is none; into `out`. */
static const char *element(const char *xml, const char *name, char *out, size_t size)
{
    auto_free char *open = xasprintf("<%s>", name);
    const char *at = strstr(xml, open);
    size_t length = at ? strcspn(at + strlen(open), "<") : 0;
    (void)snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1),
                   at ? at + strlen(open) : "");
    return out;
}

static void put_settings(struct nsx_call *call)
{
    static const char *const names[] = {
        "transferProtocol", "hostNameIPAddress", "port",
        "userName",         "backupDirectory",   "fileNamePrefix"};
    const char *xml = call->request->body;
    char text[256];
    auto_json json_t *settings = json_object();
    if (!element(xml, "passPhrase", text, sizeof text)[0] ||
        !element(xml, "password", text, sizeof text)[0]) {
        nsx_v_error(call, 400, "passPhrase and password must be given.");
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        json_object_set_new(settings, names[i],
                            json_string(element(xml, names[i], text, sizeof text)));
    json_object_set_new(settings, "frequency",
                        json_string(element(xml, "frequency", text, sizeof text)));
    nsx_disk_set(call->appliance, "settings", steal_ptr(&settings));
    nsx_note(call->appliance, "nsx_settings", NULL, "success");
    call->reply->status = 200;
}

static void send_settings(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    json_t *settings = json_object_get(disk, "settings"), *value;
    const char *name, *frequency = json_text(settings, "frequency");
    auto_buf struct buf xml = {0};
    if (!settings) {
        nsx_v_send(call, "<backupRestoreSettings><ftpSettings><transferProtocol>SFTP"
                         "</transferProtocol><hostNameIPAddress>backup.lab.example"
                         "</hostNameIPAddress><port>22</port><userName>nsx</userName>"
                         "<backupDirectory>/nsx</backupDirectory><fileNamePrefix>lab-"
                         "</fileNamePrefix></ftpSettings><backupFrequency><frequency>"
                         "DAILY</frequency><hourOfDay>2</hourOfDay><minuteOfHour>0"
                         "</minuteOfHour></backupFrequency></backupRestoreSettings>");
        return;
    }
    buf_adds(&xml, "<backupRestoreSettings><ftpSettings>");
    json_object_foreach(settings, name, value)
    {
        if (strcmp(name, "frequency") != 0)
            buf_addf(&xml, "<%s>%s</%s>", name, json_string_value(value), name);
    }
    buf_addf(&xml,
             "</ftpSettings><backupFrequency><frequency>%s</frequency></backupFrequency>"
             "</backupRestoreSettings>",
             frequency ? frequency : "");
    nsx_v_send(call, buf_text(&xml));
}

static void end_backup(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    json_array_append_new(json_object_get(disk, "backups"),
                          json_integer((json_int_t)lab_now_ms()));
    nsx_disk_put(appliance, steal_ptr(&disk));
    nsx_note(appliance, "backup", NULL, "success");
}

static void begin_backup(struct nsx_call *call)
{
    const char *type = web_header(call->request, "Content-Type");
    call->reply->status = 200;
    if (type && strcmp(type, "application/xml") == 0)
        nsx_after(call->appliance, lab_scaled(call->appliance->endpoint.lab, 2000),
                  end_backup);
}

static void send_backups(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const json_t *backups = json_object_get(disk, "backups");
    auto_buf struct buf xml = {0};
    buf_adds(&xml, "<list>");
    for (size_t i = 0; i < json_array_size(backups); i++)
        buf_addf(&xml,
                 "<backupFileProperties><fileName>lab-%zu</fileName><fileSize>94912"
                 "</fileSize><creationTime>%lld</creationTime></backupFileProperties>",
                 i, (long long)json_integer_value(json_array_get(backups, i)));
    buf_adds(&xml, "</list>");
    nsx_v_send(call, buf_text(&xml));
}

static void send_vcenter(struct nsx_call *call)
{
    auto_free char *xml = xasprintf(
        "<vcConfigStatus><connected>%s</connected><lastInventorySyncTime>%lld"
        "</lastInventorySyncTime></vcConfigStatus>",
        call->appliance->faults.vcenter_lost ? "false" : "true", (long long)lab_now_ms());
    nsx_v_send(call, xml);
}

/* ---- routes ---- */

void nsx_v_answer(struct nsx_call *call)
{
    static const struct {
        const char *method, *path;
        void (*fn)(struct nsx_call *);
    } routes[] = {
        {"GET", BASE "/global/info", send_info},
        {"GET", BASE "/components", send_components},
        {"GET", BASE "/summary/system", send_system},
        {"GET", BASE "/backuprestore/backupsettings", send_settings},
        {"PUT", BASE "/backuprestore/backupsettings", put_settings},
        {"GET", BASE "/backuprestore/backups", send_backups},
        {"POST", BASE "/backuprestore/backup", begin_backup},
        {"GET", "/api/2.0/services/vcconfig/status", send_vcenter},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!nsx_is(call, routes[i].method, routes[i].path))
            continue;
        routes[i].fn(call);
        return;
    }
    if (!nsx_v_handle_upgrade(call))
        nsx_text(call, 404, "text/html", "<html><body>404 Not Found</body></html>");
}
