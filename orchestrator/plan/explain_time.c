/*
 * explain_time.c - what the calendars make of the campaign: who never gets an opening
 * that is long enough (window starvation), who has no calendar at all, when nothing may
 * start, and how long ahead owners are told.
 *
 * Targets that share a timetable and a pace share the answer, so it is worked out once
 * for each pair.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/clockwork.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"
#include "util/xalloc.h"

#define GROUPS_SHOWN  10
#define FREEZES_SHOWN 12

/* Targets with one timetable and one pace. */
struct group {
    const struct timetable *table;
    const struct plan_pace *pace;
    struct opening best; /* the longest there is */
    bool starved;
    struct name_list names;
};

struct groups {
    struct map keys;
    struct group *items;
    size_t count, room;
};

static void groups_clear(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        name_list_clear(&groups->items[i].names);
    free(groups->items);
    map_free(&groups->keys);
}
#define auto_groups __attribute__((cleanup(groups_clear)))

static void judge(const struct plan *plan, struct group *group)
{
    struct span range = clockwork_range(plan);
    int64_t needed_ms = clockwork_reserve_ms(&plan->time, group->pace);
    group->best = clockwork_longest(&plan->time, group->table, &range);
    group->starved = group->best.usable_ms < needed_ms;
}

static struct group *group_of(struct groups *groups, const struct plan *plan,
                              const struct plan_slot *slot)
{
    auto_free char *key = xasprintf("%d %d", slot->timetable, slot->pace);
    size_t known = groups->count, at = map_intern(&groups->keys, key);
    if (at < known)
        return &groups->items[at];
    struct group *group = vec_push(groups->items, groups->count, groups->room);
    *group = (struct group){.table = &plan->time.timetables[slot->timetable],
                            .pace = &plan->time.paces[slot->pace]};
    judge(plan, group);
    return group;
}

static void add_opening(const struct draft *draft, const struct group *group,
                        struct buf *out)
{
    const struct plan_time *time = &draft->plan->time;
    const struct opening *best = &group->best;
    char length[32], least[32], when[LOCAL_TIME_ROOM];
    if (!best->whole_ms) {
        buf_adds(out, "there is no opening at all");
        return;
    }
    buf_addf(out, "the longest opening is %s (%s)",
             duration_format(best->whole_ms, length, sizeof length),
             clockwork_local(time, draft->request->calendars.local, best->from_ms, when));
    if (best->whole_ms < time->min_opening_ms)
        buf_addf(out, ", and under %s none is used",
                 duration_format(time->min_opening_ms, least, sizeof least));
    else if (best->usable_ms < best->whole_ms)
        buf_addf(out, ", of which %s can be used",
                 duration_format(best->usable_ms, length, sizeof length));
}

/* Names last: they are cut first. */
static void note_starved(struct draft *draft, struct group *group)
{
    const struct plan_time *time = &draft->plan->time;
    auto_buf struct buf best = {0};
    char needed[32], limit[LOCAL_TIME_ROOM];
    size_t count = group->names.count;
    add_opening(draft, group, &best);
    plan_notes_add(
        &draft->notes, NOTE_STOP, -1,
        "%zu %s no opening before %s %s that is long enough: %s %s, %s: %s", count,
        plural((long long)count, "target has", "targets have"),
        time->deadline_ms ? "the deadline" : "the end of the calendars",
        clockwork_local(time, draft->request->calendars.local,
                        clockwork_range(draft->plan).until_ms, limit),
        plural((long long)count, "it needs", "they need"),
        duration_format(clockwork_reserve_ms(time, group->pace), needed, sizeof needed),
        buf_text(&best), name_list_text(&group->names));
}

static void explain_starvation(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    auto_groups struct groups groups = {0};
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_slot *slot = &plan->time.slots[i];
        if (slot->timetable < 0 || plan_unit_of(plan, (int)i) >= 0)
            continue; /* link groups: explain_units.c */
        struct group *group = group_of(&groups, plan, slot);
        if (!group->starved)
            continue;
        name_list_add(&group->names, plan->targets[i].name);
        draft->notes.marks[i] = MARK_BLOCKED;
    }
    for (size_t i = 0; i < groups.count; i++) {
        if (groups.items[i].starved && shown++ < GROUPS_SHOWN)
            note_starved(draft, &groups.items[i]);
        else if (groups.items[i].starved)
            more += groups.items[i].names.count;
    }
    if (more)
        plan_notes_add(&draft->notes, NOTE_STOP, -1,
                       "%zu more %s no opening that is long enough: --json lists them",
                       more, plural((long long)more, "target has", "targets have"));
}

static bool has_windows(const struct plan_time *time)
{
    for (size_t i = 0; i < time->calendar_count; i++) {
        if (!time->calendars[i].freeze)
            return true;
    }
    return false;
}

/* Somebody wrote calendars and may think that they bind everybody. */
static void explain_unbound(struct draft *draft)
{
    const struct plan_time *time = &draft->plan->time;
    auto_names struct name_list names = {0};
    if (!has_windows(time))
        return;
    for (size_t i = 0; i < draft->plan->target_count; i++) {
        int table = time->slots[i].timetable;
        if (table < 0 || !time->timetables[table].bound)
            name_list_add(&names, draft->plan->targets[i].name);
    }
    if (names.count)
        plan_notes_add(&draft->notes, NOTE_WARNING, -1,
                       "%zu %s no window and may start at any time: %s", names.count,
                       plural((long long)names.count, "target has", "targets have"),
                       name_list_text(&names));
}

/* "Black Friday" as its calendar is called for people: scope and first days. */
static bool note_freeze(struct draft *draft, const struct plan_calendar *calendar)
{
    const struct plan_time *time = &draft->plan->time;
    struct span range = clockwork_range(draft->plan);
    local_time_fn local = draft->request->calendars.local;
    char from[LOCAL_TIME_ROOM], until[LOCAL_TIME_ROOM];
    size_t first = spans_find(&calendar->spans, draft->plan->created_ms), count = 0;
    for (size_t i = first; i < calendar->spans.count; i++)
        count += calendar->spans.items[i].from_ms < range.until_ms;
    if (!count)
        return false;
    const struct span *span = &calendar->spans.items[first];
    auto_free char *more =
        count > 1 ? xasprintf(", and %zu more", count - 1) : xstrdup("");
    plan_notes_add(&draft->notes, NOTE_TIME, -1, "frozen: %s from %s to %s%s",
                   calendar->scope, clockwork_local(time, local, span->from_ms, from),
                   clockwork_local(time, local, span->until_ms, until), more);
    return true;
}

static void explain_freezes(struct draft *draft)
{
    const struct plan_time *time = &draft->plan->time;
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < time->calendar_count; i++) {
        if (!time->calendars[i].freeze)
            continue;
        if (shown < FREEZES_SHOWN)
            shown += note_freeze(draft, &time->calendars[i]);
        else
            more++;
    }
    if (more)
        plan_notes_add(&draft->notes, NOTE_TIME, -1, "and %zu more freezes", more);
}

static void explain_rules(struct draft *draft)
{
    const struct plan_time *time = &draft->plan->time;
    char text[32], when[LOCAL_TIME_ROOM];
    if (time->min_notice_ms)
        plan_notes_add(&draft->notes, NOTE_TIME, -1,
                       "min_notice is %s: owners are told that long before, so nothing "
                       "starts before %s",
                       duration_format(time->min_notice_ms, text, sizeof text),
                       clockwork_local(time, draft->request->calendars.local,
                                       clockwork_range(draft->plan).from_ms, when));
    if (time->overrun == OVERRUN_WAIT && time->calendar_count)
        plan_notes_add(&draft->notes, NOTE_TIME, -1,
                       "overrun is wait: a target whose window closes finishes its step "
                       "and stands half done until the next window");
    if (time->calendar_count)
        plan_notes_add(
            &draft->notes, NOTE_TIME, -1,
            "calendars are worked out until %s%s%s; behind that nothing starts",
            clockwork_local(time, draft->request->calendars.local, time->horizon_ms,
                            when),
            *time->zone_data ? ", with time-zone data " : "", time->zone_data);
}

void explain_time(struct draft *draft)
{
    explain_starvation(draft);
    explain_unbound(draft);
    explain_freezes(draft);
    explain_rules(draft);
}
