/*
 * event_link.c - several VEVENTs with one UID: a series, the occurrences of it that were
 * changed (RECURRENCE-ID), and older versions of both.
 *
 * Of two versions the one with the higher SEQUENCE counts. An override takes its
 * occurrence out of the series and stands for itself; one that overrides nothing is
 * refused, as it may be an opening that nobody wants any more; a cancelled one of that
 * kind does no harm. Without its series (a single invitation) an override stands for
 * itself. Work is in order of events, by sorting.
 */
#include <stdlib.h>
#include <string.h>

#include "calendar/civil.h"
#include "calendar/event.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By UID; the series first, then its overrides by time; then by version. */
static int by_version(const void *a, const void *b)
{
    const struct event *e = *(struct event *const *)a, *f = *(struct event *const *)b;
    int result = strcmp(e->uid, f->uid);
    if (!result)
        result = order(e->overrides, f->overrides);
    if (!result && e->overrides)
        result = order(e->overridden.instant_s, f->overridden.instant_s);
    if (!result)
        result = order(e->sequence, f->sequence);
    return result ? result : order(e->line, f->line);
}

static bool same_thing(const struct event *a, const struct event *b)
{
    return !strcmp(a->uid, b->uid) && a->overrides == b->overrides &&
           (!a->overrides || a->overridden.instant_s == b->overridden.instant_s);
}

static int refuse_twice(const struct calendar *calendar, const struct event *event,
                        const struct event *other, struct slipway_error *err)
{
    struct place place = {calendar->source, event->line, err};
    return place_refuse(
        &place,
        "this event and the one at line %d have the same UID%s and the same "
        "SEQUENCE; remove the older one, or give it a UID of its own",
        other->line, event->overrides ? ", RECURRENCE-ID" : "");
}

/* Old versions are dropped; two that are equally new are refused. */
static int drop_old(const struct calendar *calendar, struct event **members,
                    size_t *count, struct slipway_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        bool newer_follows = i + 1 < *count && same_thing(members[i], members[i + 1]);
        if (newer_follows && members[i]->sequence == members[i + 1]->sequence)
            return refuse_twice(calendar, members[i + 1], members[i], err);
        if (newer_follows)
            members[i]->line = 0; /* marks it: see sweep() */
        else
            members[kept++] = members[i];
    }
    *count = kept;
    return 0;
}

static void exclude(struct event *series, const struct moment *moment)
{
    struct day_list *list = moment->is_date || series->all_day
                                ? &series->without_days
                                : &series->without_instants;
    *vec_push(list->items, list->count, list->room) =
        list == &series->without_days ? moment->day : moment->instant_s;
}

static int take_out(const struct calendar *calendar, struct event *series,
                    struct event *override, long *steps, struct slipway_error *err)
{
    struct place place = {calendar->source, override->line, err};
    bool given = false;
    if (event_gives(series, &override->overridden, steps, &given))
        return place_refuse(&place,
                            "the changed occurrences of this series take too long to "
                            "work out; give the series a later DTSTART");
    if (!given && !override->cancelled)
        return place_refuse(
            &place,
            "RECURRENCE-ID is no occurrence of the series at line %d; remove "
            "this event, or give it a UID of its own",
            series->line);
    exclude(series, &override->overridden);
    return 0;
}

static int apply(const struct calendar *calendar, struct event **members, size_t count,
                 long *steps, struct slipway_error *err)
{
    struct event *series = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!members[i]->overrides)
            series = members[i];
        else if (series && !strcmp(series->uid, members[i]->uid) &&
                 take_out(calendar, series, members[i], steps, err))
            return -1;
    }
    return 0;
}

/* Say which of the first exclusions are no occurrence: somebody meant another. */
static void check_exclusions(struct calendar *calendar, const struct event *event,
                             const struct day_list *list, bool days, long *steps)
{
    for (size_t i = 0; i < list->count && i < EXCLUSIONS_CHECKED; i++) {
        struct moment moment = {.is_date = days, .instant_s = list->items[i]};
        bool given = true;
        moment.day =
            days ? list->items[i] : civil_day_of(zone_wall(event->zone, list->items[i]));
        if (event_gives(event, &moment, steps, &given))
            return;
        struct civil date = civil_date(moment.day);
        if (!given)
            calendar_note(
                calendar,
                "line %d: an EXDATE of this event (%04d-%02d-%02d) is none of its "
                "occurrences; it excludes nothing",
                event->line, date.year, date.month, date.day);
    }
}

static void check_all_exclusions(struct calendar *calendar)
{
    long steps = EXCLUSION_STEPS_MAX;
    for (size_t i = 0; i < calendar->count; i++) {
        const struct event *event = &calendar->events[i];
        check_exclusions(calendar, event, &event->without_days, true, &steps);
        check_exclusions(calendar, event, &event->without_instants, false, &steps);
    }
}

/* Remove what drop_old() marked. */
static void sweep(struct calendar *calendar)
{
    size_t kept = 0;
    for (size_t i = 0; i < calendar->count; i++) {
        if (calendar->events[i].line)
            calendar->events[kept++] = calendar->events[i];
        else
            event_clear(&calendar->events[i]);
    }
    calendar->count = kept;
}

int event_link(struct calendar *calendar, long *steps, struct slipway_error *err)
{
    auto_free struct event **members = xcalloc(calendar->count + 1, sizeof *members);
    size_t count = 0;
    for (size_t i = 0; i < calendar->count; i++) {
        struct event *event = &calendar->events[i];
        if (*event->uid)
            members[count++] = event;
    }
    qsort(members, count, sizeof *members, by_version);
    check_all_exclusions(calendar);
    if (drop_old(calendar, members, &count, err) ||
        apply(calendar, members, count, steps, err))
        return -1;
    for (size_t i = 0; i < calendar->count; i++)
        event_settle(&calendar->events[i]);
    sweep(calendar);
    return 0;
}
