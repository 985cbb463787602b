/*
 * explain_slots.c - about the slots once they are reserved: who got none, who has to be
 * told by when, and whether the last one ends before the deadline.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/clockwork.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

#define OWNERS_SHOWN 12

struct slots {
    const struct plan *plan;
    local_time_fn local;
    struct plan_notes *notes;
};

static void explain_missing(const struct slots *s)
{
    auto_names struct name_list names = {0};
    for (size_t i = 0; i < s->plan->target_count; i++) {
        if (s->plan->time.slots[i].from_ms)
            continue;
        name_list_add(&names, s->plan->targets[i].name);
        if (i < s->notes->mark_count)
            s->notes->marks[i] = MARK_BLOCKED;
    }
    if (names.count)
        plan_notes_add(s->notes, NOTE_STOP, -1, "no slot was found for %zu %s: %s",
                       names.count, plural((long long)names.count, "target", "targets"),
                       name_list_text(&names));
}

static void explain_range(const struct slots *s)
{
    const struct plan_time *time = &s->plan->time;
    char from[LOCAL_TIME_ROOM], until[LOCAL_TIME_ROOM], limit[LOCAL_TIME_ROOM];
    struct span all = {INT64_MAX, 0};
    for (size_t i = 0; i < time->slot_count; i++) {
        const struct plan_slot *slot = &time->slots[i];
        if (slot->from_ms && slot->from_ms < all.from_ms)
            all.from_ms = slot->from_ms;
        if (slot->until_ms > all.until_ms)
            all.until_ms = slot->until_ms;
    }
    if (!all.until_ms)
        return;
    (void)clockwork_local(time, s->local, all.from_ms, from);
    (void)clockwork_local(time, s->local, all.until_ms, until);
    plan_notes_add(s->notes, NOTE_TIME, -1,
                   "reserved: the first slot starts %s, the last one ends %s", from,
                   until);
    if (time->deadline_ms && all.until_ms > time->deadline_ms)
        plan_notes_add(s->notes, NOTE_STOP, -1,
                       "the last slot ends %s, after the deadline %s", until,
                       clockwork_local(time, s->local, time->deadline_ms, limit));
}

/* ---- notice ---- */

struct owner {
    const char *scope;
    int64_t first_ms;
    int targets;
};

static int by_first(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;
    if (x->first_ms != y->first_ms)
        return x->first_ms < y->first_ms ? -1 : 1;
    return strcmp(x->scope, y->scope);
}

/* Somebody's own windows: a label's or an appliance's. */
static bool has_owner(const struct plan_calendar *calendar)
{
    return !calendar->freeze && strchr(calendar->scope, '=');
}

static void add_owners(const struct plan_time *time, const struct plan_slot *slot,
                       struct map *scopes, struct owner *owners)
{
    const struct timetable *table = &time->timetables[slot->timetable];
    const char *last = "";
    for (size_t i = 0; i < table->calendar_count; i++) {
        const struct plan_calendar *calendar = &time->calendars[table->calendars[i]];
        if (!has_owner(calendar) || !strcmp(last, calendar->scope))
            continue;
        last = calendar->scope;
        size_t known = scopes->count, at = map_intern(scopes, calendar->scope);
        if (at == known)
            owners[at] = (struct owner){calendar->scope, INT64_MAX, 0};
        owners[at].targets++;
        if (slot->from_ms < owners[at].first_ms)
            owners[at].first_ms = slot->from_ms;
    }
}

static void note_owner(const struct slots *s, const struct owner *owner)
{
    const struct plan_time *time = &s->plan->time;
    char by[LOCAL_TIME_ROOM], first[LOCAL_TIME_ROOM];
    plan_notes_add(
        s->notes, NOTE_TIME, -1, "tell %s by %s: the first of its %d %s starts %s",
        owner->scope,
        clockwork_local(time, s->local, owner->first_ms - time->min_notice_ms, by),
        owner->targets, plural(owner->targets, "target", "targets"),
        clockwork_local(time, s->local, owner->first_ms, first));
}

static void explain_notice(const struct slots *s)
{
    const struct plan_time *time = &s->plan->time;
    auto_map struct map scopes = {0};
    auto_free struct owner *owners = xcalloc(time->calendar_count + 1, sizeof *owners);
    if (!time->min_notice_ms)
        return;
    for (size_t i = 0; i < time->slot_count; i++) {
        if (time->slots[i].timetable >= 0 && time->slots[i].from_ms)
            add_owners(time, &time->slots[i], &scopes, owners);
    }
    qsort(owners, scopes.count, sizeof *owners, by_first);
    for (size_t i = 0; i < scopes.count && i < OWNERS_SHOWN; i++)
        note_owner(s, &owners[i]);
    if (scopes.count > OWNERS_SHOWN)
        plan_notes_add(s->notes, NOTE_TIME, -1, "and %zu more owners, later",
                       scopes.count - OWNERS_SHOWN);
}

void plan_explain_slots(const struct plan *plan, local_time_fn local,
                        struct plan_notes *notes)
{
    struct slots slots = {plan, local, notes};
    if (!plan->time.slots)
        return;
    explain_missing(&slots);
    explain_range(&slots);
    explain_notice(&slots);
    plan_notes_sort(notes);
}
