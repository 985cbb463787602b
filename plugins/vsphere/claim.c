/*
 * claim.c - see claim.h.
 *
 * The first appliance that is found to be a machine keeps it for the life of the
 * process. That one may be the wrong one: a human decides, and until then only one
 * of the two is changed. One manager under two URLs counts as two.
 */
#include "vsphere/claim.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vsphere/find.h"

/* On a set of hosts a machine moves, and only its identities stay with it. */
static char *key_of(const struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    const json_t *manager = json_object_get(talk->target, "manager");
    const char *url = json_text(manager, "url"), *set = json_text(manager, "name");
    if (!vm->through)
        return xasprintf("%s %s", url ? url : "", vm->ref);
    if (!vm->uuid && !vm->instance_uuid)
        return xasprintf("%s %s %s", set ? set : "", vm->through, vm->ref);
    return xasprintf("%s %s %s", set ? set : "", vm->uuid ? vm->uuid : "",
                     vm->instance_uuid ? vm->instance_uuid : "");
}

bool vsphere_claim(struct vsphere_talk *talk, const struct vsphere_vm *vm,
                   char owner[VSPHERE_OWNER_MAX])
{
    struct vsphere_claims *claims = &talk->plugin->claims;
    const char *text = json_text(talk->target, "name"), *name = text ? text : "";
    auto_free char *key = key_of(talk, vm);
    (void)pthread_mutex_lock(&talk->plugin->lock);
    size_t known = claims->machines.count;
    size_t at = map_intern(&claims->machines, key);
    if (at == known)
        *vec_push(claims->owners, claims->count, claims->room) = xstrdup(name);
    (void)text_clean(claims->owners[at], owner, VSPHERE_OWNER_MAX);
    bool alone = !strcmp(claims->owners[at], name);
    (void)pthread_mutex_unlock(&talk->plugin->lock);
    return alone;
}

bool vsphere_claim_power(struct vsphere_talk *talk, const struct vsphere_vm *vm)
{
    char owner[VSPHERE_OWNER_MAX];
    if (vsphere_claim(talk, vm, owner) || !vsphere_names_machine(talk))
        return true;
    talk->call->host->say(talk->call,
                          "%s, the vm that this step names, is the virtual machine of "
                          "appliance %s: it is not touched",
                          vm->ref, owner);
    return false;
}

void vsphere_claims_free(struct vsphere_claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        free(claims->owners[i]);
    free(claims->owners);
    map_free(&claims->machines);
}
