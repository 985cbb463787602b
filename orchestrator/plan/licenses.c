/*
 * licenses.c - which target gets which licence key, and whether they suffice.
 *
 * A key is good for one product and major version. Whoever goes to another major version
 * needs one of it: a vCenter one instance, its hosts as many CPUs as the label `esxi_cpus`
 * says. Appliances of the fleet that are at that version already hold one each and come
 * first; then the targets in the order of the plan. Pools are used in the order of the
 * file, each until it is empty, so the same plan gives the same keys, and no instance is
 * given twice. A target whose label `license_edition` names an edition gets that one only.
 *
 * What a target gets stands in its document under `licenses`, pinned with the plan:
 * {"vcenter": {"pool", "key", "edition", "major", "units"}}. The key itself stays a secret
 * reference.
 *
 * Failure: who gets none has no such member; the notes tell how many and why.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define EDITION_LABEL "license_edition"
#define CPUS_LABEL    "esxi_cpus"
#define CPUS_MAX      1000000

struct allocation {
    const struct fleet *fleet;
    long long *left; /* parallel to fleet->license_pools */
    int major;       /* that the campaign goes to */
};

static int major_of(const char *version)
{
    size_t digits = version ? strspn(version, "0123456789") : 0;
    return digits && digits < 4 ? (int)strtol(version, NULL, 10) : 0;
}

/* Licences are those of vCenters; other kinds have versions too. */
static bool is_vcenter(const struct appliance *a)
{
    return !strncasecmp(a->kind, "vc", 2);
}

static long long units_of(const struct appliance *a, enum license_product product)
{
    const char *text = json_text(a->labels, CPUS_LABEL);
    if (product == LICENSE_VCENTER)
        return 1;
    long long cpus =
        text && strspn(text, "0123456789") == strlen(text) ? strtoll(text, NULL, 10) : 0;
    return cpus <= CPUS_MAX ? cpus : 0;
}

/* Take it out of the first pool with room for it; -1: there is none. */
static int take(struct allocation *a, enum license_product product, const char *edition,
                long long units)
{
    for (size_t i = 0; i < a->fleet->license_pool_count; i++) {
        const struct license_pool *pool = &a->fleet->license_pools[i];
        bool fits = pool->product == product && pool->major == a->major &&
                    a->left[i] >= units &&
                    (!edition || !strcasecmp(edition, pool->edition));
        if (!fits)
            continue;
        a->left[i] -= units;
        return (int)i;
    }
    return -1;
}

static bool moves(const struct appliance *a, int major)
{
    int now = major_of(a->version);
    return is_vcenter(a) && now && now != major;
}

/* Everybody who is at that version holds a licence of it, whatever this campaign does. */
static void take_held(struct allocation *a, struct license_tally *tally)
{
    for (size_t i = 0; i < a->fleet->appliance_count; i++) {
        const struct appliance *at = &a->fleet->appliances[i];
        long long units = units_of(at, tally->product);
        if (!is_vcenter(at) || major_of(at->version) != a->major || !units)
            continue;
        if (take(a, tally->product, json_text(at->labels, EDITION_LABEL), units) >= 0)
            tally->held += units;
    }
}

static void give(struct plan_target *target, const struct license_pool *pool,
                 long long units)
{
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    json_t *licenses = json_object_get(doc, "licenses"); /* of another product */
    if (!licenses) {
        licenses = json_object();
        (void)json_object_set_new(doc, "licenses", licenses);
    }
    (void)json_object_set_new(licenses, license_product_name(pool->product),
                              json_pack("{s:s, s:O, s:s, s:i, s:I}", "pool", pool->name,
                                        "key", pool->key, "edition", pool->edition,
                                        "major", pool->major, "units",
                                        (json_int_t)units));
    free(target->doc);
    target->doc = json_canonical(doc);
}

static void allocate(struct draft *draft, struct allocation *a,
                     struct license_tally *tally)
{
    take_held(a, tally);
    for (size_t i = 0; i < draft->plan->target_count; i++) {
        const struct appliance *at = draft_appliance(draft, i);
        long long units = units_of(at, tally->product);
        if (!moves(at, a->major) || !units)
            continue;
        int pool = take(a, tally->product, json_text(at->labels, EDITION_LABEL), units);
        tally->targets++;
        tally->needed += units;
        tally->without += pool < 0;
        tally->missing += pool < 0 ? units : 0;
        if (pool >= 0)
            give(&draft->plan->targets[i], &a->fleet->license_pools[pool], units);
    }
}

void licenses_set(struct draft *draft)
{
    const struct fleet *fleet = draft->request->fleet;
    struct allocation a = {.fleet = fleet};
    a.major = major_of(json_text(draft->request->campaign->vars, "target_version"));
    a.left = xcalloc(fleet->license_pool_count + 1, sizeof *a.left);
    for (size_t i = 0; i < fleet->license_pool_count; i++)
        a.left[i] = fleet->license_pools[i].count;
    for (int p = 0; a.major && p < LICENSE_PRODUCT_COUNT; p++) {
        struct license_tally *tally = &draft->licenses[p];
        tally->product = (enum license_product)p;
        tally->major = a.major;
        for (size_t i = 0; i < fleet->license_pool_count; i++) {
            const struct license_pool *pool = &fleet->license_pools[i];
            bool fits = pool->product == tally->product && pool->major == a.major;
            tally->pools += fits;
            tally->total += fits ? pool->count : 0;
        }
        allocate(draft, &a, tally);
    }
    free(a.left);
}

/* --- notes --------------------------------------------------------------------------------- */

static const char *unit_name(enum license_product product)
{
    return product == LICENSE_VCENTER ? "instances" : "CPUs";
}

/* Other playbooks bring other things to another major version. */
static bool speaks_to_vcenters(const struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->step_count; i++)
        if (!strncmp(playbook->steps[i].op.use, "vcsa", 4))
            return true;
    return false;
}

static void explain(struct draft *draft, const struct license_tally *t)
{
    const char *product = license_product_name(t->product);
    const char *unit = unit_name(t->product);
    bool silent = !t->pools && !speaks_to_vcenters(&draft->plan->playbook);
    if (!t->targets || silent)
        return;
    if (!t->pools)
        plan_notes_add(
            &draft->notes, NOTE_WARNING, -1,
            "licences: %d %s to another major version, whose keys end with it, "
            "and the fleet has no license_pools for %s %d: %lld %s will "
            "evaluate for sixty days",
            t->targets, plural(t->targets, "target goes", "targets go"), product,
            t->major, t->needed, unit);
    else if (t->without)
        plan_notes_add(&draft->notes, NOTE_STOP, -1,
                       "licences: %d of %d targets get no key for %s %d: the pools have "
                       "%lld %s, %lld are held by appliances that are there already, "
                       "%lld are needed and %lld are missing; add a key to license_pools",
                       t->without, t->targets, product, t->major, t->total, unit, t->held,
                       t->needed, t->missing);
    else
        plan_notes_add(&draft->notes, NOTE_TARGET, -1,
                       "licences: %d %s a key for %s %d: %lld of %lld %s; %lld are held "
                       "already, %lld will be left",
                       t->targets, plural(t->targets, "target gets", "targets get"),
                       product, t->major, t->needed, t->total, unit, t->held,
                       t->total - t->held - t->needed);
}

void explain_licenses(struct draft *draft)
{
    for (int p = 0; p < LICENSE_PRODUCT_COUNT; p++)
        explain(draft, &draft->licenses[p]);
}
