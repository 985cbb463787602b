/*
 * license.c - reads licences: from vim25's lists of properties to a few facts.
 *
 *   LicenseManager.{licenses, licenseAssignmentManager}
 *   QueryAssignedLicenses(instanceUuid), then of everybody
 *   hosts in pages: name, version, CPUs
 *
 * Names of properties differ between releases and between a licence and its assignment;
 * all of them are looked through, without regard to case. What is not told stays unknown.
 *
 * Failure: assignments of very many hosts do not fit into one answer; then only the
 * vCenter's own is known, and `hosts_known` says so.
 */
#include "vcsa/license.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/moment.h"
#include "vcsa/release.h"

#define PROPERTIES_MAX 400u         /* of one licence                     */
#define COUNT_MAX      1000000000LL /* of servers, CPUs, cores: told or used */
#define HOUR_MS        (3600LL * 1000)

static const char EVALUATION_KEY[] = "00000-00000-00000-00000-00000";

void vcsa_licenses_free(struct vcsa_licenses *licenses)
{
    if (licenses->keys)
        explicit_bzero(licenses->keys, licenses->key_count * sizeof *licenses->keys);
    if (licenses->entities)
        explicit_bzero(licenses->entities,
                       licenses->entity_count * sizeof *licenses->entities);
    free(licenses->keys);
    free(licenses->entities);
    free(licenses->hosts);
    *licenses = (struct vcsa_licenses){.keys = NULL};
}

int vcsa_major(const char *version)
{
    size_t digits = strspn(version, "0123456789");
    return digits && digits < 4 ? (int)strtol(version, NULL, 10) : 0;
}

const char *vcsa_license_mask(const char *key, char out[VCSA_LICENSE_MASK])
{
    size_t length = strlen(key);
    char clean[16];
    (void)text_clean(length > 10 ? key + length - 5 : "", clean, sizeof clean);
    (void)snprintf(out, VCSA_LICENSE_MASK, "*****-%s", clean);
    return out;
}

bool vcsa_license_fits(const struct vcsa_license *license, enum vcsa_product product,
                       int major)
{
    return !license->evaluation && license->product == product &&
           vcsa_major(license->version) == major;
}

const char *vcsa_product_name(enum vcsa_product product)
{
    static const char *const names[] = {"other", "vcenter", "esxi"};
    return names[product];
}

/* --- one licence ------------------------------------------------------------------------ */

/* Sums of them must stay numbers. */
static void take_count(const struct xml_node *node, long long *out)
{
    long long count;
    if (xml_number(node, &count))
        *out = count < -1 ? -1 : count > COUNT_MAX ? COUNT_MAX : count;
}

static void take_property(const char *key, const struct xml_node *value,
                          struct vcsa_license *out)
{
    const char *text = xml_text(value);
    int64_t at = 0;
    long long hours = 0;
    bool yes = false;
    if (!strcasecmp(key, "ProductName"))
        (void)text_clean(text, out->product_name, sizeof out->product_name);
    else if (!strcasecmp(key, "ProductVersion"))
        (void)text_clean(text, out->version, sizeof out->version);
    else if (!strcasecmp(key, "Evaluation") && xml_boolean(value, &yes))
        out->evaluation = out->evaluation || yes;
    else if (!strcasecmp(key, "expirationDate") && !vcsa_moment_parse(text, &at))
        out->expires_ms = at;
    else if (!strcasecmp(key, "expirationHours") && xml_number(value, &hours) &&
             hours >= 0 && hours < 1000000 && !out->expires_ms)
        out->expires_ms = vcsa_wall_ms() + hours * HOUR_MS;
    else if ((!strcasecmp(key, "diagnostic") || !strcasecmp(key, "error") ||
              !strcasecmp(key, "localizedMessage")) &&
             *text)
        (void)text_clean(text, out->trouble, sizeof out->trouble);
}

static void take_properties(const struct xml_node *holder, struct vcsa_license *out)
{
    const struct xml_node *item = xml_child(holder, VSPHERE_NS, "properties");
    for (size_t i = 0; item && i < PROPERTIES_MAX; i++) {
        const char *key = xml_child_text(item, VSPHERE_NS, "key");
        const struct xml_node *value = xml_child(item, VSPHERE_NS, "value");
        if (key && value)
            take_property(key, value, out);
        item = xml_next(item, VSPHERE_NS, "properties");
    }
}

static enum vcsa_product product_of(const struct vcsa_license *license)
{
    const char *const told[] = {license->product_name, license->name};
    for (size_t i = 0; i < ARRAY_LENGTH(told); i++) {
        if (strcasestr(told[i], "vcenter") || strcasestr(told[i], "virtualcenter"))
            return VCSA_PRODUCT_VCENTER;
        if (strcasestr(told[i], "esx") || strcasestr(told[i], "vsphere"))
            return VCSA_PRODUCT_ESXI;
    }
    if (!strncasecmp(license->edition, "vc", 2))
        return VCSA_PRODUCT_VCENTER;
    return strncasecmp(license->edition, "esx", 3) ? VCSA_PRODUCT_OTHER
                                                   : VCSA_PRODUCT_ESXI;
}

static void take_text(const struct xml_node *info, const char *child, char *out,
                      size_t size)
{
    const char *text = xml_child_text(info, VSPHERE_NS, child);
    (void)text_clean(text ? text : "", out, size);
}

void vcsa_license_decode(const struct xml_node *info, const struct xml_node *assignment,
                         struct vcsa_license *out)
{
    const char *key = xml_child_text(info, VSPHERE_NS, "licenseKey");
    *out = (struct vcsa_license){.used = -1};
    (void)snprintf(out->key, sizeof out->key, "%s", key ? key : "");
    take_text(info, "editionKey", out->edition, sizeof out->edition);
    take_text(info, "name", out->name, sizeof out->name);
    take_count(xml_child(info, VSPHERE_NS, "total"), &out->total);
    take_count(xml_child(info, VSPHERE_NS, "used"), &out->used);
    out->evaluation =
        !strcmp(out->key, EVALUATION_KEY) || !strncasecmp(out->edition, "eval", 4);
    take_properties(info, out);
    take_properties(assignment, out);
    out->product = product_of(out);
}

/* --- lists -------------------------------------------------------------------------------- */

const struct vcsa_licensed *vcsa_licensed_find(const struct vcsa_licenses *licenses,
                                               const char *entity)
{
    for (size_t i = 0; i < licenses->entity_count; i++)
        if (!strcmp(licenses->entities[i].entity, entity))
            return &licenses->entities[i];
    return NULL;
}

const struct vcsa_license *vcsa_license_known(const struct vcsa_licenses *licenses,
                                              const char *key)
{
    for (size_t i = 0; i < licenses->key_count; i++)
        if (!strcasecmp(licenses->keys[i].key, key))
            return &licenses->keys[i];
    return NULL;
}

static void take_manager(void *context, const struct xml_node *object)
{
    struct vcsa_licenses *out = context;
    const char *ref =
        vsphere_ref_of(vsphere_property(object, "licenseAssignmentManager"), NULL);
    if (ref)
        (void)snprintf(out->assignment_manager, sizeof out->assignment_manager, "%s",
                       ref);
    const struct xml_node *list = vsphere_property(object, "licenses");
    const struct xml_node *info =
        xml_child(list, VSPHERE_NS, "LicenseManagerLicenseInfo");
    for (; info && out->key_count < VCSA_LICENSE_KEYS_MAX;
         info = xml_next(info, VSPHERE_NS, "LicenseManagerLicenseInfo"))
        vcsa_license_decode(info, NULL,
                            vec_push(out->keys, out->key_count, out->key_room));
}

static void take_assignment(struct vcsa_licenses *out, const struct xml_node *node)
{
    const char *entity = xml_child_text(node, VSPHERE_NS, "entityId");
    const struct xml_node *info = xml_child(node, VSPHERE_NS, "assignedLicense");
    if (!vsphere_ref_valid(entity) || !info || vcsa_licensed_find(out, entity) ||
        out->entity_count >= VCSA_LICENSED_MAX)
        return;
    struct vcsa_licensed *item =
        vec_push(out->entities, out->entity_count, out->entity_room);
    *item = (struct vcsa_licensed){.entity = ""};
    (void)snprintf(item->entity, sizeof item->entity, "%s", entity);
    take_text(node, "entityDisplayName", item->name, sizeof item->name);
    vcsa_license_decode(info, node, &item->license);
}

/* `entity` NULL: of everybody. */
static enum vsphere_answer read_assigned(struct vcsa_sdk *sdk, struct vcsa_licenses *out,
                                         const char *entity)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(&sdk->soap, &request, "QueryAssignedLicenses",
                         "LicenseAssignmentManager", out->assignment_manager);
    if (entity)
        xml_write_element(&request.writer, "entityId", entity);
    enum vsphere_answer answer = vsphere_send(&sdk->soap, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    const struct xml_node *node = xml_child(reply.body, VSPHERE_NS, "returnval");
    for (; node; node = xml_next(node, VSPHERE_NS, "returnval"))
        take_assignment(out, node);
    return VSPHERE_OK;
}

static void take_host(void *context, const struct xml_node *object)
{
    struct vcsa_licenses *out = context;
    const char *name = vsphere_property_text(object, "name");
    const char *version = vsphere_property_text(object, "summary.config.product.version");
    if (!vsphere_object_is(object, "HostSystem") || out->host_count >= VCSA_LICENSED_MAX)
        return;
    struct vcsa_license_host *host =
        vec_push(out->hosts, out->host_count, out->host_room);
    *host = (struct vcsa_license_host){.major = version ? vcsa_major(version) : 0};
    (void)snprintf(host->ref, sizeof host->ref, "%s", vsphere_object_ref(object));
    (void)text_clean(name ? name : host->ref, host->name, sizeof host->name);
    take_count(vsphere_property(object, "summary.hardware.numCpuPkgs"), &host->cpus);
}

static enum vsphere_answer read_hosts(struct vcsa_sdk *sdk, struct vcsa_licenses *out)
{
    static const char *const paths[] = {"name", "summary.config.product.version",
                                        "summary.hardware.numCpuPkgs", NULL};
    return vcsa_sdk_walk(sdk, &(struct vsphere_wish){"HostSystem", paths}, 1, take_host,
                         out);
}

static enum vsphere_answer read_everybody(struct vcsa_sdk *sdk, struct vcsa_licenses *out)
{
    enum vsphere_answer answer = read_assigned(sdk, out, sdk->soap.service.instance_uuid);
    if (answer != VSPHERE_OK)
        return answer;
    answer = read_assigned(sdk, out, NULL);
    out->hosts_known = answer == VSPHERE_OK;
    return answer == VSPHERE_NO ? VSPHERE_OK : answer;
}

enum vsphere_answer vcsa_licenses_read(struct vcsa_sdk *sdk, struct vcsa_licenses *out)
{
    static const char *const paths[] = {"licenses", "licenseAssignmentManager", NULL};
    const struct vsphere_service *service = &sdk->soap.service;
    struct vcsa_release release;
    *out = (struct vcsa_licenses){.keys = NULL};
    enum vsphere_answer answer = vsphere_connect(&sdk->soap);
    if (answer != VSPHERE_OK)
        return answer;
    if (!*service->license_manager || !*service->instance_uuid)
        return vsphere_because(&sdk->soap, VSPHERE_NO,
                               "%s: vpxd names no licence manager",
                               sdk->rest.target.name);
    if (vcsa_sdk_about(&sdk->rest, &release) != VCSA_OK)
        return vsphere_because(&sdk->soap, VSPHERE_LATER, "%s", sdk->rest.err.text);
    out->major = vcsa_major(release.version);
    answer = vcsa_sdk_look(sdk, "LicenseManager", service->license_manager, paths,
                           take_manager, out);
    if (answer == VSPHERE_OK && !*out->assignment_manager)
        return vsphere_because(&sdk->soap, VSPHERE_NO,
                               "%s: vpxd names no manager of assigned licences; does the "
                               "user have the privilege Global.Licenses?",
                               sdk->rest.target.name);
    if (answer == VSPHERE_OK)
        answer = read_everybody(sdk, out);
    return answer == VSPHERE_OK ? read_hosts(sdk, out) : answer;
}
