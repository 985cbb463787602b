/*
 * explain_caps.c - what may be down together, and what is shared: domains, link groups
 * and limits, and the names in them that mean nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

/* Is the domain's key LABEL=... ? */
static bool has_label(const char *key, const char *label)
{
    size_t length = strlen(label);
    return !strncmp(key, label, length) && key[length] == '=';
}

static void note_missing(struct draft *draft, const char *label, size_t missing)
{
    if (missing == draft->count)
        plan_notes_add(
            &draft->notes, NOTE_WARNING, -1,
            "max_unavailable: no target has a label \"%s\", so it caps nothing", label);
    else if (missing)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "max_unavailable: %zu of %zu targets have no \"%s\" and are not "
                       "capped by it",
                       missing, draft->count, label);
}

static void note_domain(struct draft *draft, const struct named_limit *cap)
{
    const struct plan *plan = draft->plan;
    size_t values = 0, biggest = 0, missing = 0;
    for (size_t i = 0; i < plan->domain_count; i++) {
        if (!has_label(plan->domains[i].key, cap->name))
            continue;
        if (!values++ || draft->notes.facts.peaks[i].targets >
                             draft->notes.facts.peaks[biggest].targets)
            biggest = i;
    }
    for (size_t i = 0; i < draft->count; i++)
        missing += appliance_attribute(draft->picked[i], cap->name) == NULL;
    if (values) {
        int targets = draft->notes.facts.peaks[biggest].targets;
        plan_notes_add(&draft->notes, NOTE_DOMAIN, -1,
                       "%s: at most %d down at once of each of %zu %s; the biggest is %s "
                       "with %d %s",
                       cap->name, cap->max, values,
                       plural((long long)values, "value", "values"),
                       plan->domains[biggest].key + strlen(cap->name) + 1, targets,
                       plural(targets, "target", "targets"));
    }
    note_missing(draft, cap->name, missing);
}

/* ---- link groups ---- */

struct groups {
    struct map names;
    int *selected, *all; /* members in the plan, and in the fleet; by name */
};

static void groups_clear(struct groups *groups)
{
    map_free(&groups->names);
    free(groups->selected);
    free(groups->all);
}
#define auto_groups __attribute__((cleanup(groups_clear)))

/* Those that are no units. */
static void count_groups(const struct draft *draft, struct groups *groups)
{
    const struct fleet *fleet = draft->request->fleet;
    for (size_t i = 0; i < draft->count; i++) {
        if (*draft->picked[i]->link_group && draft->unit_of[i] < 0)
            (void)map_intern(&groups->names, draft->picked[i]->link_group);
    }
    groups->selected = xcalloc(groups->names.count, sizeof *groups->selected);
    groups->all = xcalloc(groups->names.count, sizeof *groups->all);
    for (size_t i = 0; i < draft->count; i++) {
        long at = map_find(&groups->names, draft->picked[i]->link_group);
        if (at >= 0)
            groups->selected[at]++;
    }
    for (size_t i = 0; i < fleet->appliance_count; i++) {
        long at = map_find(&groups->names, fleet->appliances[i].link_group);
        if (at >= 0)
            groups->all[at]++;
    }
}

/* "sso-17 (2 of 3)" */
static void add_group(struct name_list *list, const struct groups *groups, size_t i)
{
    auto_free char *text = xasprintf("%s (%d of %d)", groups->names.keys[i],
                                     groups->selected[i], groups->all[i]);
    name_list_add(list, text);
}

/* The engine does not believe that a group is one appliance. */
static void warn_lonely(struct draft *draft, struct name_list *lonely)
{
    if (lonely->count)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "link groups with one member in this fleet: others may be "
                       "elsewhere, so a target of theirs that fails parks instead of "
                       "being reverted; add the others to the fleet, or take link_group "
                       "away if there are none: %s",
                       name_list_text(lonely));
}

static void note_groups(struct draft *draft)
{
    auto_groups struct groups groups = {0};
    auto_names struct name_list together = {0}, lonely = {0}, torn = {0};
    bool reverts = units_apply(&draft->plan->playbook);
    count_groups(draft, &groups);
    for (size_t i = 0; i < groups.names.count; i++) {
        if (groups.all[i] < 2 && reverts)
            name_list_add(&lonely, groups.names.keys[i]);
        if (groups.selected[i] > 1)
            add_group(&together, &groups, i);
        if (groups.selected[i] < groups.all[i])
            add_group(&torn, &groups, i);
    }
    if (together.count)
        plan_notes_add(&draft->notes, NOTE_DOMAIN, -1,
                       "link_group: members are changed one after another in %zu %s",
                       together.count,
                       plural((long long)together.count, "group", "groups"));
    warn_lonely(draft, &lonely);
    if (torn.count)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "link groups that are not selected whole, so that their members "
                       "will run different versions: %s",
                       name_list_text(&torn));
}

/* ---- limits ---- */

static bool uses_limit(const struct step *step, const char *name)
{
    for (size_t i = 0; i < step->limit_count; i++) {
        if (!strcmp(step->limits[i], name))
            return true;
    }
    return false;
}

static void note_counted_for_each(struct draft *draft, const char *name, int max)
{
    auto_map struct map values = {0};
    size_t missing = 0;
    for (size_t i = 0; i < draft->count; i++) {
        const char *value = appliance_attribute(draft->picked[i], name);
        if (value)
            (void)map_intern(&values, value);
        else
            missing++;
    }
    if (values.count)
        plan_notes_add(
            &draft->notes, NOTE_LIMIT, -1,
            "%s: at most %d snapshots, reverts and the like at once on each of "
            "%zu %s%s",
            name, max, values.count, name, plural((long long)values.count, "", "s"));
    if (missing)
        plan_notes_add(
            &draft->notes, NOTE_WARNING, -1,
            "limits: %zu of %zu targets have no %s written and are not limited "
            "by it",
            missing, draft->count, name);
}

/* Many hosts call their disk "datastore1", and the counter cannot tell them apart. */
static void note_shared_datastores(struct draft *draft)
{
    auto_map struct map names = {0};
    auto_names struct name_list shared = {0};
    auto_free const char **manager = xcalloc(draft->count, sizeof *manager);
    for (size_t i = 0; i < draft->count; i++) {
        const struct appliance *a = draft->picked[i];
        if (!*a->datastore)
            continue;
        size_t known = names.count;
        size_t at = map_intern(&names, a->datastore);
        if (at == known) {
            manager[at] = a->manager;
        } else if (manager[at] && strcmp(manager[at], a->manager) != 0) {
            name_list_add(&shared, a->datastore);
            manager[at] = NULL; /* said once */
        }
    }
    if (shared.count)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "limits: several managers have a datastore of the same name: %s; "
                       "each name is counted as one",
                       name_list_text(&shared));
}

static void note_limit(struct draft *draft, const struct named_limit *limit)
{
    const struct playbook *playbook = &draft->plan->playbook;
    if (!strcmp(limit->name, "manager") || !strcmp(limit->name, "datastore")) {
        note_counted_for_each(draft, limit->name, limit->max);
        if (!strcmp(limit->name, "datastore"))
            note_shared_datastores(draft);
        return;
    }
    auto_names struct name_list users = {0};
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (uses_limit(&playbook->steps[i], limit->name))
            name_list_add(&users, playbook->steps[i].op.id);
    }
    if (users.count)
        plan_notes_add(&draft->notes, NOTE_LIMIT, -1,
                       "%s: at most %d at once, used by %s", limit->name, limit->max,
                       name_list_text(&users));
    else
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "limits: no step of the playbook uses \"%s\"", limit->name);
}

static void note_unset_limit(struct draft *draft, const struct step *step,
                             const char *name)
{
    if (!strcmp(name, "manager") || !strcmp(name, "datastore"))
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "step %s uses \"%s\", which counts snapshots, reverts and power, "
                       "not steps",
                       step->op.id, name);
    else
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "step %s uses \"%s\", for which the campaign sets no limit",
                       step->op.id, name);
}

static void note_unset_limits(struct draft *draft)
{
    const struct playbook *playbook = &draft->plan->playbook;
    auto_map struct map seen = {0};
    for (size_t i = 0; i < playbook->step_count; i++) {
        for (size_t k = 0; k < playbook->steps[i].limit_count; k++) {
            const char *name = playbook->steps[i].limits[k];
            size_t known = seen.count;
            if (plan_limit(draft->plan, name) < 0 && map_intern(&seen, name) == known)
                note_unset_limit(draft, &playbook->steps[i], name);
        }
    }
}

void explain_caps(struct draft *draft)
{
    const struct strategy *s = draft->strategy;
    for (size_t i = 0; i < s->max_unavailable_count; i++) {
        if (strcmp(s->max_unavailable[i].name, "link_group") != 0)
            note_domain(draft, &s->max_unavailable[i]);
        else if (draft->unit_count)
            plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                           "max_unavailable: a link group goes down as one, whatever "
                           "link_group says");
        else if (s->max_unavailable[i].max > 1)
            plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                           "max_unavailable: link_group is always 1, not %d",
                           s->max_unavailable[i].max);
    }
    note_groups(draft);
    plan_notes_add(&draft->notes, NOTE_LIMIT, -1, "in flight: at most %d at once%s",
                   draft->plan->in_flight,
                   s->in_flight ? "" : " (the strategy does not say)");
    for (size_t i = 0; i < s->limit_count; i++)
        note_limit(draft, &s->limits[i]);
    note_unset_limits(draft);
}
