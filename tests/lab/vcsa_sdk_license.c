/*
 * vcsa_sdk_license.c - licences of a vCenter and its hosts.
 *
 * A key says what it is good for: "VC008-S0010-ABCDE-ABCDE-00001" is for vCenter 8, Standard,
 * ten instances; ES for ESXi, counted in CPUs. Anything else is a bad key: AddLicense takes
 * it without a fault and says so in its answer, as vpxd does.
 *
 * A key of another major version than the vCenter's (its hosts': than theirs) counts for
 * nothing: whoever holds one evaluates. So an upgrade to another major version ends every
 * licence by itself, and a revert brings it back.
 */
#include <stdio.h>
#include <string.h>

#include "vcsa_sdk.h"

#define EVALUATION "00000-00000-00000-00000-00000"

struct key {
    bool good, vcenter;
    int major, total;
};

static struct key key_read(const char *text)
{
    struct key key = {.good = false};
    char product[3] = "", edition = 0;
    int end = 0;
    if (sscanf(text, "%2[A-Z]%3d-%c%4d-%*5[A-Z0-9]-%*5[A-Z0-9]-%*5[A-Z0-9]%n", product,
               &key.major, &edition, &key.total, &end) != 4 ||
        end != 29 || text[end])
        return key;
    key.vcenter = strcmp(product, "VC") == 0;
    key.good = key.vcenter || strcmp(product, "ES") == 0;
    return key;
}

static int vcenter_major(const struct appliance *appliance)
{
    auto_free char *version = vcsa_text(appliance, "version");
    return (int)strtol(version, NULL, 10);
}

/* Hosts stay as they are when their vCenter is upgraded, also to a new appliance. */
int vcsa_sdk_host_major(const struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    json_int_t moved = json_number(disk, "host_major", 0);
    return moved ? (int)moved : (int)strtol(appliance->first_version, NULL, 10);
}

/* {"keys": [...], "assigned": {entity: key}}, the caller's. */
static json_t *licenses_of(const struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    json_t *kept = json_object_get(disk, "licenses");
    if (kept)
        return json_incref(kept);
    char uuid[40];
    auto_free char *own = xasprintf("VC%03d-S0001-LABXX-LABXX-%05d",
                                    vcsa_sdk_host_major(appliance), appliance->index + 1);
    auto_free char *hosts =
        xasprintf("ES%03d-P0032-LABXX-LABXX-%05d", vcsa_sdk_host_major(appliance),
                  appliance->index + 1);
    json_t *assigned = json_object();
    (void)vcsa_sdk_uuid(appliance, uuid);
    json_object_set_new(assigned, uuid,
                        json_string(appliance->faults.evaluation ? EVALUATION : own));
    for (int i = 1; i <= SDK_HOSTS; i++) {
        char ref[24];
        (void)snprintf(ref, sizeof ref, "host-%d", i);
        json_object_set_new(assigned, ref, json_string(hosts));
    }
    return json_pack("{s:[s, s], s:o}", "keys", own, hosts, "assigned", assigned);
}

/* What the import of a major upgrade brings along. */
void vcsa_sdk_take_licenses(struct appliance *to, const struct appliance *from)
{
    char old[40], new[40];
    json_t *licenses = licenses_of(from);
    json_t *assigned = json_object_get(licenses, "assigned");
    const char *key = json_text(assigned, vcsa_sdk_uuid(from, old));
    if (strcmp(old, vcsa_sdk_uuid(to, new)) != 0 && key) {
        json_object_set_new(assigned, new, json_string(key));
        (void)json_object_del(assigned, old);
    }
    vcsa_disk_set(to, "host_major", json_integer(vcsa_sdk_host_major(from)));
    vcsa_disk_set(to, "licenses", licenses);
}

static int used(const json_t *licenses, const char *key, bool cpus)
{
    const char *entity;
    json_t *value;
    int count = 0;
    json_object_foreach(json_object_get(licenses, "assigned"), entity, value)
    {
        if (strcmp(json_string_value(value), key) == 0)
            count += cpus ? 2 : 1;
    }
    return count;
}

static void property(struct buf *out, const char *key, const char *value)
{
    buf_addf(out,
             "<properties><key>%s</key><value xsi:type=\"xsd:string\">%s</value>"
             "</properties>",
             key, value);
}

static void write_evaluation(struct buf *out)
{
    soap_element(out, "licenseKey", EVALUATION);
    buf_adds(out, "<editionKey>eval</editionKey><name>Product Evaluation</name><total>0"
                  "</total><used>0</used><costUnit/>");
    buf_adds(out, "<properties><key>expirationHours</key><value xsi:type=\"xsd:long\">"
                  "1432</value></properties>");
}

static void write_license(struct buf *out, const json_t *licenses, const char *text)
{
    struct key key = key_read(text);
    char number[32];
    if (strcmp(text, EVALUATION) == 0) {
        write_evaluation(out);
        return;
    }
    soap_element(out, "licenseKey", text);
    if (!key.good) {
        buf_adds(out, "<editionKey/><name/><total>0</total><used>0</used><costUnit/>");
        property(out, "diagnostic", "License file not found or malformed.");
        return;
    }
    soap_element(out, "editionKey",
                 key.vcenter ? "vc.standard.instance" : "esx.enterprisePlus.cpuPackage");
    buf_addf(out, "<name>VMware %s %d</name><total>%d</total><used>%d</used>",
             key.vcenter ? "vCenter Server Standard" : "vSphere Enterprise Plus",
             key.major, key.total, used(licenses, text, !key.vcenter));
    soap_element(out, "costUnit", key.vcenter ? "server" : "cpuPackage");
    property(out, "ProductName",
             key.vcenter ? "VMware VirtualCenter Server" : "VMware ESX Server");
    (void)snprintf(number, sizeof number, "%d.0", key.major);
    property(out, "ProductVersion", number);
}

void vcsa_sdk_licenses(const struct appliance *appliance, struct buf *out)
{
    auto_json json_t *licenses = licenses_of(appliance);
    size_t index;
    json_t *key;
    buf_adds(out, "<val xsi:type=\"ArrayOfLicenseManagerLicenseInfo\">");
    json_array_foreach(json_object_get(licenses, "keys"), index, key)
    {
        buf_adds(out, "<LicenseManagerLicenseInfo>");
        write_license(out, licenses, json_string_value(key));
        buf_adds(out, "</LicenseManagerLicenseInfo>");
    }
    buf_adds(out, "</val>");
}

/* ---- methods ---- */

static void answer_license(struct soap_call *call, const json_t *licenses,
                           const char *key)
{
    buf_adds(&call->out, "<returnval>");
    write_license(&call->out, licenses, key);
    buf_adds(&call->out, "</returnval>");
}

void vcsa_sdk_decode_license(struct soap_call *call)
{
    auto_free char *key = soap_text(call->method, "licenseKey");
    auto_json json_t *licenses = licenses_of(call->vcenter);
    answer_license(call, licenses, key);
}

static bool knows(const json_t *licenses, const char *key)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(licenses, "keys"), index, item)
    {
        if (strcmp(json_string_value(item), key) == 0)
            return true;
    }
    return false;
}

static void record(const struct soap_call *call, const char *kind, const char *entity,
                   const char *key)
{
    ledger_add(call->lab, kind,
               json_pack("{s:s, s:s*, s:s, s:s}", "appliance", call->vcenter->name,
                         "entity", entity, "key", key, "outcome", "success"));
}

static void add_key(const struct soap_call *call, json_t *licenses, const char *key)
{
    if (!key_read(key).good || knows(licenses, key))
        return;
    json_array_append_new(json_object_get(licenses, "keys"), json_string(key));
    vcsa_disk_set(call->vcenter, "licenses", json_incref(licenses));
    record(call, "license_add", NULL, key);
}

void vcsa_sdk_add_license(struct soap_call *call)
{
    auto_free char *key = soap_text(call->method, "licenseKey");
    auto_json json_t *licenses = licenses_of(call->vcenter);
    add_key(call, licenses, key);
    answer_license(call, licenses, key);
}

static const char *counting_key(const struct appliance *appliance, const char *entity,
                                const char *text)
{
    struct key key = key_read(text);
    int major = key.vcenter ? vcenter_major(appliance) : vcsa_sdk_host_major(appliance);
    bool host = strncmp(entity, "host-", 5) == 0;
    return key.good && key.vcenter != host && key.major == major ? text : EVALUATION;
}

void vcsa_sdk_query_assigned(struct soap_call *call)
{
    auto_free char *wanted = soap_text(call->method, "entityId");
    auto_json json_t *licenses = licenses_of(call->vcenter);
    const char *entity;
    json_t *value;
    json_object_foreach(json_object_get(licenses, "assigned"), entity, value)
    {
        bool host = strncmp(entity, "host-", 5) == 0;
        if (wanted && strcmp(wanted, entity) != 0)
            continue;
        buf_addf(&call->out,
                 "<returnval><entityId>%s</entityId><scope>lab</scope>"
                 "<entityDisplayName>%s%s%s</entityDisplayName><assignedLicense>",
                 entity, host ? "esx-" : "", host ? entity + 5 : call->vcenter->name,
                 host ? ".lab" : "");
        write_license(&call->out, licenses,
                      counting_key(call->vcenter, entity, json_string_value(value)));
        buf_adds(&call->out, "</assignedLicense></returnval>");
    }
}

void vcsa_sdk_update_assigned(struct soap_call *call)
{
    auto_free char *entity = soap_text(call->method, "entity");
    auto_free char *key = soap_text(call->method, "licenseKey");
    auto_json json_t *licenses = licenses_of(call->vcenter);
    json_t *assigned = json_object_get(licenses, "assigned");
    if (!json_object_get(assigned, entity)) {
        soap_fault(call, "LicenseEntityNotFound", "The entity is not licensed here.",
                   NULL);
        return;
    }
    if (strcmp(counting_key(call->vcenter, entity, key), key) != 0) {
        soap_fault(call, "InvalidArgument", "The license is not valid for this asset.",
                   "<invalidProperty>licenseKey</invalidProperty>");
        return;
    }
    add_key(call, licenses, key);
    json_object_set_new(assigned, entity, json_string(key));
    vcsa_disk_set(call->vcenter, "licenses", json_incref(licenses));
    record(call, "license_assign", entity, key);
    answer_license(call, licenses, key);
}
