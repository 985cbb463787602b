/*
 * linked.c - see linked.h. What the catalogue does not know keeps nobody out.
 */
#include "cli/linked.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue/path.h"
#include "cli/inputs_after.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

#define NAMES_SHOWN 6u
#define GROUPS_TOLD 12
#define MIXED                                                                            \
    "; the group has releases of two lines meanwhile, which the vendor means for the "   \
    "time of an upgrade only"
#define PLACE_BYTES 160u

/* From one version to the wanted one. */
struct way {
    size_t hops;     /* 0: it is there, or nobody knows */
    size_t upgrades; /* of them: to another line        */
};

struct asking {
    const struct inputs *inputs;
    const char *wanted;
    struct catalogue catalogue;
    struct map versions; /* "KIND VERSION" */
    struct way *ways;    /* parallel to it: one question for each version */
    size_t count, room;
};

static void ask_begin(struct asking *a, const struct inputs *inputs)
{
    auto_problems struct problem_list problems = {0};
    const char *wanted = json_text(inputs->campaign.vars, "target_version");
    a->inputs = inputs;
    if (wanted && !catalogue_load_all(NULL, &a->catalogue, &problems))
        a->wanted = wanted;
}

static void ask_end(struct asking *a)
{
    map_free(&a->versions);
    free(a->ways);
    catalogue_clear(&a->catalogue);
}
#define auto_asking __attribute__((cleanup(ask_end)))

static struct way find_way(const struct asking *a, const struct appliance *at)
{
    const struct product *product =
        a->wanted ? catalogue_product_of_kind(&a->catalogue, at->kind) : NULL;
    auto_path struct path path = {.hop_count = 0};
    struct way way = {0, 0};
    if (!product || !*at->version)
        return way;
    path_find(product, at->version, a->wanted, &path);
    for (size_t i = 0; path.verdict == PATH_FOUND && i < path.hop_count; i++) {
        way.hops++;
        way.upgrades += path.hops[i].kind == HOP_UPGRADE;
    }
    return way;
}

static struct way way_of(struct asking *a, size_t appliance)
{
    const struct appliance *at = &a->inputs->fleet.appliances[appliance];
    auto_free char *key = xasprintf("%s %s", at->kind, at->version);
    size_t known = map_intern(&a->versions, key);
    if (known == a->count)
        *vec_push(a->ways, a->count, a->room) = find_way(a, at);
    return a->ways[known];
}

/* ---- who is left out ---- */

struct groups {
    struct map names;
    bool *far; /* parallel to names: somebody stays several upgrades behind */
};

static void groups_clear(struct groups *groups)
{
    map_free(&groups->names);
    free(groups->far);
}
#define auto_groups __attribute__((cleanup(groups_clear)))

/* Groups of which this campaign takes a member to another line. */
static void find_moved(struct asking *a, const enum out_why *why, struct groups *groups)
{
    const struct inputs *in = a->inputs;
    for (size_t i = 0; i < in->selected_count; i++) {
        const char *group = in->fleet.appliances[in->selected[i]].link_group;
        if (!why[i] && *group && way_of(a, (size_t)in->selected[i]).upgrades)
            (void)map_intern(&groups->names, group);
    }
    groups->far = xcalloc(groups->names.count + 1, sizeof *groups->far);
}

static void find_far(struct asking *a, const bool *changed, struct groups *groups)
{
    const struct fleet *fleet = &a->inputs->fleet;
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        long at =
            changed[i] ? -1 : map_find(&groups->names, fleet->appliances[i].link_group);
        if (at >= 0 && way_of(a, i).upgrades > 1)
            groups->far[at] = true;
    }
}

static bool has_groups(const struct inputs *in)
{
    for (size_t i = 0; i < in->selected_count; i++) {
        if (*in->fleet.appliances[in->selected[i]].link_group)
            return true;
    }
    return false;
}

void linked_leave_out(const struct inputs *in, enum out_why *why)
{
    auto_groups struct groups groups = {.far = NULL};
    auto_asking struct asking a = {.count = 0};
    if (!has_groups(in))
        return;
    auto_free bool *changed = xcalloc(in->fleet.appliance_count + 1, sizeof *changed);
    ask_begin(&a, in);
    find_moved(&a, why, &groups);
    for (size_t i = 0; i < in->selected_count; i++)
        changed[in->selected[i]] = !why[i];
    if (groups.names.count)
        find_far(&a, changed, &groups);
    for (size_t i = 0; i < in->selected_count; i++) {
        long at =
            map_find(&groups.names, in->fleet.appliances[in->selected[i]].link_group);
        if (!why[i] && at >= 0 && groups.far[at])
            why[i] = OUT_LINKED;
    }
}

/* ---- words ---- */

struct names {
    struct buf text;
    const char **all;
    size_t count;
};

static void names_clear(struct names *names)
{
    buf_free(&names->text);
    free(names->all);
}
#define auto_names __attribute__((cleanup(names_clear)))

static void add_name(struct names *names, const struct appliance *a, const char *how)
{
    char name[PLACE_BYTES];
    if (names->count < NAMES_SHOWN)
        buf_addf(&names->text, "%s%s%s%s%s", names->count ? ", " : "",
                 text_clean(a->name, name, sizeof name), how ? " (" : "", how ? how : "",
                 how ? ")" : "");
    names->all = xreallocarray(names->all, names->count + 1, sizeof *names->all);
    names->all[names->count++] = a->name;
}

static const char *names_text(struct names *names)
{
    if (names->count > NAMES_SHOWN)
        buf_addf(&names->text, " and %zu more", names->count - NAMES_SHOWN);
    return buf_text(&names->text);
}

/* "at 6.5.0, which needs 2 hops", "rolled_back in campaign c"; the caller's. */
static char *why_behind(struct asking *a, const struct left_out *out)
{
    const struct inputs *in = a->inputs;
    const struct appliance *at = &in->fleet.appliances[out->appliance];
    char text[PLACE_BYTES];
    if (out->why == OUT_AFTER)
        return xasprintf("%s in campaign %s", after_objection(in, out->appliance),
                         text_clean(in->campaign.after, text, sizeof text));
    return xasprintf("at %s, which needs %zu hops",
                     text_clean(at->version, text, sizeof text),
                     way_of(a, (size_t)out->appliance).hops);
}

/* ---- who goes along ---- */

static const struct left_out *left_out_of(const struct inputs *in, const char *name)
{
    for (size_t i = 0; i < in->out_count; i++) {
        if (!strcmp(in->fleet.appliances[in->out[i].appliance].name, name))
            return &in->out[i];
    }
    return NULL;
}

static void note_unit(struct asking *a, const struct plan *plan,
                      const struct plan_unit *unit, struct plan_notes *notes)
{
    auto_names struct names names = {.count = 0};
    char group[PLACE_BYTES];
    bool mixed = false;
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        const struct plan_target *t = &plan->targets[i];
        const struct left_out *out =
            t->companion ? left_out_of(a->inputs, t->name) : NULL;
        auto_free char *why = out ? why_behind(a, out) : NULL;
        if (!out)
            continue;
        add_name(&names, &a->inputs->fleet.appliances[out->appliance], why);
        mixed = mixed || way_of(a, (size_t)out->appliance).upgrades;
    }
    if (!names.count)
        return;
    bool one = names.count == 1;
    plan_notes_add(
        notes, NOTE_WARNING, plan->targets[unit->first].wave,
        "link group %s: %s %s left out of this campaign and go%s along with it "
        "all the same, unchanged: shut down, snapshotted cold, started and, if "
        "one fails, reverted with the others, because replicas of different "
        "ages must never meet%s",
        text_clean(unit->name, group, sizeof group), names_text(&names),
        one ? "is" : "are", one ? "es" : "", mixed ? MIXED : "");
    plan_notes_whom(notes, names.all, names.count);
}

/* ---- groups that are left out whole ---- */

static bool is_far(struct asking *a, size_t appliance)
{
    for (size_t i = 0; i < a->inputs->out_count; i++) {
        const struct left_out *out = &a->inputs->out[i];
        if (out->appliance == (int)appliance && out->why == OUT_LINKED)
            return false;
    }
    return way_of(a, appliance).upgrades > 1;
}

static void note_far(struct asking *a, const char *group, struct plan_notes *notes)
{
    const struct inputs *in = a->inputs;
    auto_names struct names moved = {.count = 0}, far = {.count = 0};
    char clean[PLACE_BYTES], wanted[PLACE_BYTES];
    for (size_t i = 0; i < in->out_count; i++) {
        const struct appliance *at = &in->fleet.appliances[in->out[i].appliance];
        if (in->out[i].why == OUT_LINKED && !strcmp(at->link_group, group))
            add_name(&moved, at, NULL);
    }
    for (size_t i = 0; i < in->fleet.appliance_count; i++) {
        const struct appliance *at = &in->fleet.appliances[i];
        char version[PLACE_BYTES];
        if (!strcmp(at->link_group, group) && is_far(a, i))
            add_name(&far, at, text_clean(at->version, version, sizeof version));
    }
    plan_notes_add(
        notes, NOTE_WARNING, -1,
        "link group %s is left out whole: %s would become %s while %s stay%s more than "
        "one upgrade behind; linked vCenters of two lines are meant for the time of an "
        "upgrade only: first bring those behind to the line of the others (slipway path "
        "tells how), then plan again",
        text_clean(group, clean, sizeof clean), names_text(&moved),
        text_clean(a->wanted, wanted, sizeof wanted), names_text(&far),
        far.count == 1 ? "s" : "");
    plan_notes_whom(notes, moved.all, moved.count);
}

static void note_groups(struct asking *a, struct plan_notes *notes)
{
    const struct inputs *in = a->inputs;
    auto_map struct map told = {0};
    for (size_t i = 0; i < in->out_count; i++) {
        const char *group = in->fleet.appliances[in->out[i].appliance].link_group;
        if (in->out[i].why == OUT_LINKED)
            (void)map_intern(&told, group);
    }
    for (size_t i = 0; i < told.count && i < GROUPS_TOLD; i++)
        note_far(a, told.keys[i], notes);
    if (told.count > GROUPS_TOLD)
        plan_notes_add(notes, NOTE_WARNING, -1,
                       "%zu more link groups are left out whole for the same reason",
                       told.count - GROUPS_TOLD);
}

void linked_note(const struct inputs *inputs, const struct plan *plan,
                 struct plan_notes *notes)
{
    auto_asking struct asking a = {.count = 0};
    if (!inputs->out_count)
        return;
    ask_begin(&a, inputs);
    for (size_t i = 0; plan && i < plan->unit_count; i++)
        note_unit(&a, plan, &plan->units[i], notes);
    note_groups(&a, notes);
}
