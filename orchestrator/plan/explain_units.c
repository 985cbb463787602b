/*
 * explain_units.c - what link groups cost that go as one: who is in them, how long all of
 * one is down together, and how long the changes of its members take after that.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/clockwork.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

#define UNITS_SHOWN 12

/* "vc-1, vc-2, vc-3, of which vc-3 is not changed" */
static void add_members(const struct plan *plan, const struct plan_unit *unit,
                        struct buf *out)
{
    auto_names struct name_list members = {0}, companions = {0};
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        name_list_add(&members, plan->targets[i].name);
        if (plan->targets[i].companion)
            name_list_add(&companions, plan->targets[i].name);
    }
    buf_adds(out, name_list_text(&members));
    if (companions.count)
        buf_addf(out, ", of which %s %s along and %s not changed",
                 name_list_text(&companions),
                 plural((long long)companions.count, "comes", "come"),
                 plural((long long)companions.count, "is", "are"));
}

/* Whole minutes: nobody knows it better. */
static const char *minutes(int64_t ms, char out[32])
{
    return duration_format((ms + 59999) / 60000 * 60000, out, 32);
}

static void note_unit(struct draft *draft, size_t at)
{
    const struct plan *plan = draft->plan;
    const struct plan_unit *unit = &plan->units[at];
    const struct unit_facts *facts = &draft->notes.facts.units[at];
    auto_buf struct buf members = {0};
    char down[32], worst[32], change[32], needed[32];
    add_members(plan, unit, &members);
    plan_notes_add(
        &draft->notes, NOTE_UNIT, plan->targets[unit->first].wave,
        "%s: all %d are down together for about %s, at most %s; then %s, in about %s; %s "
        "must be left of a window: %s",
        unit->name, unit->count, minutes(facts->down_ms, down),
        minutes(facts->down_worst_ms, worst),
        facts->changed == 1 ? "one is changed" : "one after another is changed",
        minutes(facts->change_ms, change), minutes(facts->needed_ms, needed),
        buf_text(&members));
}

static bool same_kind(const struct draft *draft, const struct plan_unit *unit)
{
    const char *kind = draft_appliance(draft, (size_t)unit->first)->kind;
    for (int i = unit->first + 1; i < unit->first + unit->count; i++) {
        if (strcmp(draft_appliance(draft, (size_t)i)->kind, kind) != 0)
            return false;
    }
    return true;
}

static void warn_kinds(struct draft *draft)
{
    auto_names struct name_list mixed = {0};
    for (size_t i = 0; i < draft->plan->unit_count; i++) {
        if (!same_kind(draft, &draft->plan->units[i]))
            name_list_add(&mixed, draft->plan->units[i].name);
    }
    if (mixed.count)
        plan_notes_add(
            &draft->notes, NOTE_WARNING, -1,
            "link groups whose members are of several kinds, though the checks "
            "of this playbook are made on all of them: %s",
            name_list_text(&mixed));
}

/* ---- openings ---- */

/* When all of its members may be changed; *bound: some window or freeze says when. */
static struct spans common_openings(const struct plan *plan, const struct plan_unit *unit,
                                    bool *bound)
{
    struct spans common = {0};
    *bound = false;
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        int table = plan->time.slots[i].timetable;
        if (table < 0)
            continue;
        const struct spans *open = &plan->time.timetables[table].open;
        struct spans both = *bound ? spans_intersect(&common, open) : spans_copy(open);
        spans_clear(&common);
        common = both;
        *bound = true;
    }
    return common;
}

/* True if it is. */
static bool stop_if_starved(struct draft *draft, size_t at, bool told)
{
    const struct plan *plan = draft->plan;
    const struct plan_unit *unit = &plan->units[at];
    const struct plan_time *time = &plan->time;
    struct span range = clockwork_range(plan);
    int64_t needed_ms = draft->notes.facts.units[at].needed_ms;
    bool bound;
    struct timetable together = {.open = common_openings(plan, unit, &bound)};
    struct opening best = clockwork_longest(time, &together, &range);
    char needed[32], longest[32], when[LOCAL_TIME_ROOM];
    spans_clear(&together.open);
    needed_ms = needed_ms > time->cut_off_ms ? needed_ms : time->cut_off_ms;
    if (!bound || best.usable_ms >= needed_ms)
        return false;
    for (int i = unit->first; i < unit->first + unit->count; i++)
        draft->notes.marks[i] = MARK_BLOCKED;
    if (!told)
        return true;
    auto_free char *found =
        best.usable_ms
            ? xasprintf("the longest one is %s (%s)",
                        duration_format(best.usable_ms, longest, sizeof longest),
                        clockwork_local(time, draft->request->calendars.local,
                                        best.from_ms, when))
            : xstrdup("there is none");
    plan_notes_add(&draft->notes, NOTE_STOP, plan->targets[unit->first].wave,
                   "link group %s goes as one and needs %s in an opening that all of its "
                   "%d members have: %s",
                   unit->name, duration_format(needed_ms, needed, sizeof needed),
                   unit->count, found);
    return true;
}

void explain_units(struct draft *draft)
{
    size_t count = draft->plan->unit_count;
    if (!count)
        return;
    plan_notes_add(
        &draft->notes, NOTE_UNIT, -1,
        "the members of a link group are shut down, snapshotted and started "
        "together; if one of them fails, all of them are reverted together: for "
        "budgets that is one failure");
    for (size_t i = 0; i < count && i < UNITS_SHOWN; i++)
        note_unit(draft, i);
    if (count > UNITS_SHOWN)
        plan_notes_add(&draft->notes, NOTE_UNIT, -1, "and %zu more link groups: --json",
                       count - UNITS_SHOWN);
    size_t starved = 0;
    for (size_t i = 0; i < count; i++)
        starved += stop_if_starved(draft, i, starved < UNITS_SHOWN);
    if (starved > UNITS_SHOWN)
        plan_notes_add(&draft->notes, NOTE_STOP, -1,
                       "%zu more link groups have no opening that all of their members "
                       "share and that is long enough: --json lists them",
                       starved - UNITS_SHOWN);
    warn_kinds(draft);
}
