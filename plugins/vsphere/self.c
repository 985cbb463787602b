/*
 * self.c - see self.h.
 *
 * Names and addresses are compared first: the appliance's host and what its guest
 * reports against the host of the manager's URL. They miss an alias, and a guest that
 * is off reports nothing; so a vCenter is also asked which one it is, at its own /sdk
 * and without logging in: two that have one instanceUuid are one.
 *
 * Failure: an appliance that does not answer soon says nothing, which is no proof. The
 * guard before the first snapshot asks while it is still up.
 */
#include "vsphere/self.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define ASK_TIMEOUT_MS 5000

/* "https://host:443" to "host". */
static char *host_of(const char *url)
{
    char origin[512];
    const char *host = strstr(http_origin(url, origin, sizeof origin), "://");
    const char *colon = host ? strrchr(host + 3, ':') : NULL;
    return colon ? xstrndup(host + 3, (size_t)(colon - host - 3)) : NULL;
}

static bool same_name(const struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    const char *const names[] = {json_text(talk->target, "host"), vm->ip, vm->guest_host};
    auto_free char *host = host_of(json_text(talk->door, "url"));
    bool same = false;
    for (size_t i = 0; host && i < ARRAY_LENGTH(names); i++)
        same = same || (names[i] && !strcasecmp(names[i], host));
    return same;
}

static bool is_vcenter(const json_t *target)
{
    const char *kind = json_text(target, "kind");
    return json_object_get(json_object_get(target, "rest"), "vami") ||
           (kind && (!strcmp(kind, "vcsa") || !strcmp(kind, "vcenter")));
}

/* Where the appliance itself would be asked; NULL if it is no vCenter. The caller's. */
static json_t *own_door(const struct vsphere_talk *talk)
{
    const json_t *rest = json_object_get(talk->target, "rest");
    const char *url = json_text(rest, "url");
    char origin[512];
    if (!url || !is_vcenter(talk->target))
        return NULL;
    auto_free char *sdk = xasprintf("%s/sdk", http_origin(url, origin, sizeof origin));
    return json_pack("{s:s, s:O?, s:{s:s}}", "url", sdk, "tls",
                     json_object_get(rest, "tls"), "login", "user", "");
}

static bool same_instance(struct vsphere_talk *talk)
{
    json_t *door = NULL;
    if (!talk->service.instance_uuid[0] || talk->service.is_host ||
        !(door = own_door(talk)))
        return false;
    struct vsphere_talk own = {
        .call = talk->call, .plugin = talk->plugin, .timeout_ms = ASK_TIMEOUT_MS};
    struct vsphere_service service;
    vsphere_talk_turn(&own, door, "");
    bool same = vsphere_greet(&own, &service) == VSPHERE_OK &&
                !strcasecmp(service.instance_uuid, talk->service.instance_uuid);
    vsphere_talk_close(&own);
    return same;
}

bool vsphere_manages_itself(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    return same_name(talk, vm) || same_instance(talk);
}

bool vsphere_is_its_own_manager(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    if (!vsphere_manages_itself(talk, vm))
        return false;
    auto_free char *host = host_of(json_text(talk->door, "url"));
    talk->call->host->say(
        talk->call, "the manager %s is this very appliance, and " VSPHERE_SELF_ADVICE,
        host ? host : "");
    return true;
}
