/*
 * license_assign.c - vcsa.license_assign: gives a vCenter, or its hosts, a key that fits.
 *
 *   who needs it ─► DecodeLicense ─► room ─► AddLicense ─► UpdateAssignedLicense ─► read back
 *      nobody: DONE     dry check                │ the answer's own properties
 *                                                ▼ say whether it took the key
 *
 * Who needs it: the vCenter, or each host of the key's major version, that evaluates or
 * holds a key of another major version. A licence that fits is left alone unless
 * `replace` says otherwise. Adding and assigning the same key again changes nothing, so a
 * lost answer is repaired by doing it all again.
 *
 * Failure: a key for another product, version or edition, or one without room, changes
 * nothing: FAILED, with figures. A licence that reads back differently is FAILED.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/license.h"
#include "vcsa/operations.h"

/* One assignment that is to be made. */
struct wish {
    const char *entity, *name; /* borrowed */
    long long units;           /* instances or CPUs */
};

struct assigning {
    struct vcsa_sdk *sdk;
    struct vcsa_licenses all;
    json_t *planned; /* what the plan took from a pool, if the step names no key */
    struct slipway_secret key;
    char mask[VCSA_LICENSE_MASK];
    enum vcsa_product product;
    struct vcsa_license license; /* what the key is good for, as far as it is known */
    struct wish *wishes;
    size_t wish_count, wish_room;
};

static void assigning_free(struct assigning *a)
{
    a->sdk->rest.call->host->secret_free(&a->key);
    explicit_bzero(&a->license, sizeof a->license);
    vcsa_licenses_free(&a->all);
    json_decref(a->planned);
    free(a->wishes);
}

static bool key_acceptable(const struct slipway_secret *key)
{
    if (key->length < 8 || key->length >= VCSA_LICENSE_KEY_MAX ||
        strlen(key->bytes) != key->length)
        return false;
    return vsphere_ref_valid(key->bytes); /* printable, no blanks, no markup */
}

/* {"key", "edition"} that the plan took from a pool for this appliance; NULL: none. */
static json_t *planned_of(const struct vcsa_talk *rest, const char *product)
{
    const char *text = rest->call->target;
    auto_json json_t *target = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    json_t *own = json_object_get(json_object_get(target, "licenses"), product);
    return json_object_get(own, "key") ? json_incref(own) : NULL;
}

static bool has_key(const struct assigning *a)
{
    return a->planned || json_object_get(a->sdk->rest.with, "key");
}

static enum slipway_outcome take_arguments(struct assigning *a)
{
    struct vcsa_talk *rest = &a->sdk->rest;
    const char *product = json_text(rest->with, "product");
    a->product =
        product && !strcmp(product, "esxi") ? VCSA_PRODUCT_ESXI : VCSA_PRODUCT_VCENTER;
    const json_t *key = json_object_get(rest->with, "key");
    a->planned = key ? NULL : planned_of(rest, product ? product : "vcenter");
    auto_free char *reference =
        json_canonical(key ? key : json_object_get(a->planned, "key"));
    if (!has_key(a))
        return SLIPWAY_DONE;
    if (rest->call->host->secret(rest->call, reference, &a->key, &rest->err))
        return vcsa_say(rest, SLIPWAY_REFUSED, "%s", rest->err.text);
    if (!key_acceptable(&a->key))
        return vcsa_say(rest, SLIPWAY_REFUSED,
                        "the licence key is no line such as ABCDE-...-VWXYZ: is it the "
                        "right secret?");
    (void)vcsa_license_mask(a->key.bytes, a->mask);
    return SLIPWAY_DONE;
}

/* --- what the key is good for ------------------------------------------------------------ */

/* A dry question. A release that cannot answer leaves it to what the manager knows. */
static enum vsphere_answer decode(struct assigning *a)
{
    struct vsphere_talk *soap = &a->sdk->soap;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(soap, &request, "DecodeLicense", "LicenseManager",
                         soap->service.license_manager);
    xml_write_element(&request.writer, "licenseKey", a->key.bytes);
    enum vsphere_answer answer = vsphere_send(soap, &request, &reply);
    const struct vcsa_license *known = vcsa_license_known(&a->all, a->key.bytes);
    if (answer == VSPHERE_OK)
        vcsa_license_decode(xml_child(reply.body, VSPHERE_NS, "returnval"), NULL,
                            &a->license);
    else if (known)
        a->license = *known;
    bool missing =
        answer == VSPHERE_FAULT && soap->fault.kind == VSPHERE_FAULT_UNSUPPORTED;
    return missing ? VSPHERE_OK : answer;
}

static bool is_edition(const struct vcsa_license *license, const char *wanted)
{
    return strcasestr(license->edition, wanted) || strcasestr(license->name, wanted);
}

/* Major version that it must be good for. Hosts are chosen by the key's own. */
static int major_wanted(const struct assigning *a)
{
    int own = vcsa_major(a->license.version);
    return a->product == VCSA_PRODUCT_ESXI && own ? own : a->all.major;
}

static enum slipway_outcome judge_key(struct assigning *a)
{
    struct vcsa_talk *rest = &a->sdk->rest;
    const struct vcsa_license *key = &a->license;
    const char *edition = json_text(a->planned ? a->planned : rest->with, "edition");
    if (*key->trouble)
        return vcsa_say(rest, SLIPWAY_FAILED,
                        "%s: vpxd does not take the key %s: %s; replace it in its pool",
                        rest->target.name, a->mask, key->trouble);
    if (!*key->version) /* not told: reading back will tell */
        return SLIPWAY_DONE;
    if (!vcsa_license_fits(key, a->product, major_wanted(a)))
        return vcsa_say(rest, SLIPWAY_FAILED,
                        "%s: the key %s is for %s %s and not for %s %d; give the pool "
                        "another one",
                        rest->target.name, a->mask,
                        *key->product_name ? key->product_name : key->name, key->version,
                        vcsa_product_name(a->product), major_wanted(a));
    if (edition && !is_edition(key, edition))
        return vcsa_say(rest, SLIPWAY_FAILED,
                        "%s: the key %s is of the edition %s (%s), and the pool says %s",
                        rest->target.name, a->mask, key->edition, key->name, edition);
    return SLIPWAY_DONE;
}

/* --- who needs it ------------------------------------------------------------------------ */

static void want(struct assigning *a, const char *entity, const char *name, int major,
                 long long units)
{
    const struct vcsa_licensed *now = vcsa_licensed_find(&a->all, entity);
    bool replace = json_is_true(json_object_get(a->sdk->rest.with, "replace"));
    bool ours = now && !strcasecmp(now->license.key, a->key.bytes);
    bool fits = now && vcsa_license_fits(&now->license, a->product, major);
    if (ours || (fits && !replace))
        return;
    *vec_push(a->wishes, a->wish_count, a->wish_room) =
        (struct wish){.entity = entity, .name = name, .units = units};
}

static void gather(struct assigning *a)
{
    int major = major_wanted(a);
    if (a->product == VCSA_PRODUCT_VCENTER)
        want(a, a->sdk->soap.service.instance_uuid, a->sdk->rest.target.name, major, 1);
    for (size_t i = 0; a->product == VCSA_PRODUCT_ESXI && i < a->all.host_count; i++) {
        const struct vcsa_license_host *host = &a->all.hosts[i];
        if (host->major == major)
            want(a, host->ref, host->name, major, host->cpus > 0 ? host->cpus : 1);
    }
}

/* vpxd lets CPUs be exceeded; the contract does not. */
static enum slipway_outcome judge_room(struct assigning *a)
{
    const struct vcsa_license *known = vcsa_license_known(&a->all, a->key.bytes);
    const struct vcsa_license *key = known ? known : &a->license;
    long long used = key->used > 0 ? key->used : 0, needed = 0;
    for (size_t i = 0; i < a->wish_count; i++)
        needed += a->wishes[i].units;
    if (key->total <= 0 || used + needed <= key->total)
        return SLIPWAY_DONE;
    return vcsa_say(
        &a->sdk->rest, SLIPWAY_FAILED,
        "%s: the key %s is good for %lld, %lld are used here and %lld more are "
        "needed; nothing was assigned: give the pool a larger key",
        a->sdk->rest.target.name, a->mask, key->total, used, needed);
}

/* --- effects --------------------------------------------------------------------------------- */

/* A bad key is no fault: the licence that comes back says it. */
static enum vsphere_answer add_key(struct assigning *a)
{
    struct vsphere_talk *soap = &a->sdk->soap;
    struct vcsa_license added;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    if (vcsa_license_known(&a->all, a->key.bytes))
        return VSPHERE_OK;
    vsphere_talk_request(soap, &request, "AddLicense", "LicenseManager",
                         soap->service.license_manager);
    xml_write_element(&request.writer, "licenseKey", a->key.bytes);
    enum vsphere_answer answer = vsphere_send(soap, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    vcsa_license_decode(xml_child(reply.body, VSPHERE_NS, "returnval"), NULL, &added);
    bool bad = *added.trouble || added.evaluation;
    if (bad)
        (void)vsphere_because(soap, VSPHERE_NO,
                              "%s: vpxd did not take the key %s: %s; replace it in its "
                              "pool",
                              a->sdk->rest.target.name, a->mask,
                              *added.trouble ? added.trouble : "it is for evaluation");
    explicit_bzero(&added, sizeof added);
    return bad ? VSPHERE_NO : VSPHERE_OK;
}

static enum vsphere_answer assign(struct assigning *a, const struct wish *wish)
{
    struct vsphere_talk *soap = &a->sdk->soap;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(soap, &request, "UpdateAssignedLicense",
                         "LicenseAssignmentManager", a->all.assignment_manager);
    xml_write_element(&request.writer, "entity", wish->entity);
    xml_write_element(&request.writer, "licenseKey", a->key.bytes);
    xml_write_element(&request.writer, "entityDisplayName", wish->name);
    return vsphere_send(soap, &request, &reply);
}

static enum vsphere_answer assign_all(struct assigning *a)
{
    enum vsphere_answer answer = add_key(a);
    for (size_t i = 0; i < a->wish_count && answer == VSPHERE_OK; i++)
        answer = assign(a, &a->wishes[i]);
    return answer;
}

static enum slipway_outcome read_back(struct assigning *a)
{
    auto_licenses struct vcsa_licenses after = {.keys = NULL};
    enum vsphere_answer answer = vcsa_licenses_read(a->sdk, &after);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(a->sdk, answer);
    for (size_t i = 0; i < a->wish_count; i++) {
        const struct vcsa_licensed *now = vcsa_licensed_find(&after, a->wishes[i].entity);
        if (now && !strcasecmp(now->license.key, a->key.bytes))
            continue;
        return vcsa_say(&a->sdk->rest, SLIPWAY_FAILED,
                        "%s: the key %s was assigned to %s, and it reads back %s; look "
                        "at Administration > Licenses",
                        a->sdk->rest.target.name, a->mask, a->wishes[i].name,
                        now ? "another licence" : "no licence");
    }
    return SLIPWAY_DONE;
}

/* --- the operation ------------------------------------------------------------------------------ */

static enum slipway_outcome give(struct assigning *a)
{
    enum vsphere_answer answer = vcsa_licenses_read(a->sdk, &a->all);
    if (answer == VSPHERE_OK)
        answer = decode(a);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(a->sdk, answer);
    enum slipway_outcome outcome = judge_key(a);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    gather(a);
    outcome = judge_room(a);
    if (outcome != SLIPWAY_DONE || !a->wish_count)
        return outcome;
    answer = assign_all(a);
    return answer == VSPHERE_OK ? read_back(a) : vcsa_sdk_outcome(a->sdk, answer);
}

/* No pool had a key for it, and the plan says so: nothing is to be done here. */
static enum slipway_outcome nothing_planned(struct assigning *a)
{
    struct vcsa_talk *rest = &a->sdk->rest;
    rest->call->host->say(rest->call, "%s: the plan has no key for its %s",
                          rest->target.name, vcsa_product_name(a->product));
    return vcsa_done(rest,
                     json_pack("{s:b, s:i, s:n}", "changed", 0, "assigned", 0, "key"));
}

enum slipway_outcome vcsa_license_assign_start(struct slipway_call *call)
{
    auto_sdk struct vcsa_sdk sdk;
    enum slipway_outcome outcome;
    if (!vcsa_sdk_open(&sdk, call, &outcome))
        return outcome;
    __attribute__((cleanup(assigning_free))) struct assigning a = {.sdk = &sdk};
    outcome = take_arguments(&a);
    if (outcome == SLIPWAY_DONE && !has_key(&a))
        return nothing_planned(&a);
    if (outcome == SLIPWAY_DONE)
        outcome = give(&a);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    return vcsa_done(
        &sdk.rest, json_pack("{s:b, s:I, s:s, s:s, s:s}", "changed", a.wish_count > 0,
                             "assigned", (json_int_t)a.wish_count, "key", a.mask,
                             "edition", a.license.edition, "version", a.license.version));
}

int vcsa_license_check(const char *text, struct slipway_error *err)
{
    auto_json json_t *with = json_parse(text, strlen(text), JSON_BYTES_MAX, err);
    const char *product = json_text(with, "product");
    if (!with)
        return -1;
    if (!product || !strcmp(product, "vcenter") || !strcmp(product, "esxi") ||
        strstr(product, "${"))
        return 0;
    return slipway_error_set(err, -1, "product is vcenter or esxi");
}
