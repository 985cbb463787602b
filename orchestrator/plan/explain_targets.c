/*
 * explain_targets.c - what is known about each target before anything starts: its mark,
 * and those that are already there, are held or cannot be protected.
 */
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

struct findings {
    struct name_list same, newer, unknown, bare;
};

static void findings_clear(struct findings *f)
{
    name_list_clear(&f->same);
    name_list_clear(&f->newer);
    name_list_clear(&f->unknown);
    name_list_clear(&f->bare);
}
#define auto_findings __attribute__((cleanup(findings_clear)))

static enum target_mark compare_version(const struct plan_target *target,
                                        const char *wanted, struct findings *found)
{
    if (!*target->version) {
        name_list_add(&found->unknown, target->name);
        return MARK_UPGRADE;
    }
    int order = wanted ? text_version_cmp(target->version, wanted) : -1;
    if (order > 0)
        name_list_add(&found->newer, target->name);
    if (order == 0)
        name_list_add(&found->same, target->name);
    return order ? MARK_UPGRADE : MARK_SAME;
}

/* A target that belongs to a domain which may never be down. */
static bool is_shut_out(const struct plan *plan, const struct plan_target *target)
{
    for (int i = 0; i < target->domain_count; i++) {
        if (plan->domains[target->domains[i]].max == 0)
            return true;
    }
    return false;
}

static enum target_mark mark_of(const struct draft *draft,
                                const struct plan_target *target, const char *wanted,
                                struct findings *found)
{
    enum target_mark mark =
        target->companion ? MARK_COMPANION : compare_version(target, wanted, found);
    if (draft->notes.facts.snapshots_each && !*target->manager) {
        name_list_add(&found->bare, target->name);
        mark = MARK_BLOCKED;
    }
    return is_shut_out(draft->plan, target) ? MARK_BLOCKED : mark;
}

static void note_findings(struct draft *draft, struct findings *found, const char *wanted)
{
    struct plan_notes *notes = &draft->notes;
    if (found->same.count)
        plan_notes_add(notes, NOTE_TARGET, -1, "%zu already at %s: %s", found->same.count,
                       wanted, name_list_text(&found->same));
    if (found->newer.count)
        plan_notes_add(notes, NOTE_WARNING, -1, "%zu at a version newer than %s: %s",
                       found->newer.count, wanted, name_list_text(&found->newer));
    if (found->unknown.count)
        plan_notes_add(notes, NOTE_TARGET, -1,
                       "the version of %zu %s is not known; read it with: slipway "
                       "inventory probe (%s)",
                       found->unknown.count,
                       plural((long long)found->unknown.count, "target", "targets"),
                       name_list_text(&found->unknown));
    if (found->bare.count)
        plan_notes_add(notes, NOTE_STOP, -1,
                       "%zu %s no vm.manager, so no snapshot can be taken and no change "
                       "starts: %s",
                       found->bare.count,
                       plural((long long)found->bare.count, "target has", "targets have"),
                       name_list_text(&found->bare));
}

/* A hold belongs to the campaign in which it was said. Whoever said it may think of the
   appliance, so they are told here; the engine knows nothing of it. */
static void note_holds(struct draft *draft)
{
    const struct plan_request *r = draft->request;
    auto_map struct map names = {0};
    for (size_t i = 0; r->hold_count && i < draft->count; i++)
        (void)map_intern(&names, draft->plan->targets[i].name);
    size_t held = 0;
    for (size_t i = 0; i < r->hold_count; i++) {
        const struct plan_hold *hold = &r->holds[i];
        long at = map_find(&names, hold->name);
        char until[40] = "it is released";
        if (at < 0 || (hold->until_ms && hold->until_ms <= r->now_ms))
            continue;
        if (hold->until_ms)
            (void)time_minute(hold->until_ms, until, sizeof until);
        held++;
        plan_notes_add(&draft->notes, NOTE_WARNING, draft->plan->targets[at].wave,
                       "%s is held in campaign %s until %s: %s", hold->name,
                       hold->campaign ? hold->campaign : "?", until,
                       hold->reason && *hold->reason ? hold->reason : "no reason given");
    }
    if (held)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "a hold binds its own campaign only: leave such a target out with "
                       "`select`, or hold it again when this plan was entered (slipway "
                       "approve, or run) and before its wave opens");
}

/* If one of a link group cannot start, none of it can. */
static void mark_units(struct draft *draft)
{
    enum target_mark *marks = draft->notes.marks;
    for (size_t u = 0; u < draft->plan->unit_count; u++) {
        int first = draft->plan->units[u].first,
            end = first + draft->plan->units[u].count;
        bool blocked = false;
        for (int i = first; i < end; i++)
            blocked = blocked || marks[i] == MARK_BLOCKED;
        for (int i = first; blocked && i < end; i++)
            marks[i] = MARK_BLOCKED;
    }
}

void explain_targets(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    auto_findings struct findings found = {0};
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    const char *wanted = json_text(vars, "target_version");
    draft->notes.mark_count = plan->target_count;
    draft->notes.marks = xcalloc(plan->target_count, sizeof *draft->notes.marks);
    for (size_t i = 0; i < plan->target_count; i++)
        draft->notes.marks[i] = mark_of(draft, &plan->targets[i], wanted, &found);
    mark_units(draft);
    note_findings(draft, &found, wanted);
    note_holds(draft);
}
