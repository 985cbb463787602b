/*
 * expand.c - from events to what they open in a range; see event.h, calendar.h.
 *
 * Rules give local days; the time of day is put on them and the zone's rule makes the
 * instant: a start in a gap moves forward, a start that occurs twice means the first. The
 * end is the elapsed length behind the start, for all-day events local midnight. Only
 * days near the range are asked of a rule, and what is asked is counted, so that no
 * calendar takes longer than the bound in limits.h.
 */
#include <stdlib.h>

#include "calendar/civil.h"
#include "calendar/event.h"
#include "calendar/limits.h"
#include "util/auto.h"
#include "util/xalloc.h"

struct expansion {
    const struct event *event;
    const struct rule *rule;
    int64_t from_s, until_s;
    event_visit_fn visit;
    void *data;
    bool ended;
};

static bool listed(const struct day_list *list, int64_t value)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->items[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low] == value;
}

/* The end of an occurrence whose wall time is known. */
static int64_t end_of(const struct event *event, int64_t wall_s, int64_t start_s)
{
    if (event->all_day)
        return zone_instant(event->zone, wall_s + event->length_s);
    if (wall_s == event->start_wall_s)
        return event->first_end_s;
    return start_s + event->length_s;
}

/* One occurrence, if nothing excludes it and it touches the range. */
static int meet(struct expansion *expansion, int64_t wall_s, int64_t start_s,
                int64_t end_s)
{
    const struct event *event = expansion->event;
    if (start_s >= expansion->until_s || end_s <= expansion->from_s ||
        listed(&event->without_days, civil_day_of(wall_s)) ||
        listed(&event->without_instants, start_s))
        return 0;
    expansion->ended = expansion->visit(start_s, end_s, expansion->data) != 0;
    return expansion->ended;
}

/* UNTIL includes its own instant; a date includes its day. */
static bool behind_until(const struct event *event, const struct rule *rule,
                         int64_t wall_s, int64_t start_s)
{
    const struct written_time *until = &rule->until;
    if (!rule->has_until)
        return false;
    if (until->is_utc && !event->all_day)
        return start_s > until->wall_s;
    if (event->all_day || until->is_date)
        return civil_day_of(wall_s) > civil_day_of(until->wall_s);
    return wall_s > until->wall_s;
}

static int visit_day(int64_t day, void *data)
{
    struct expansion *expansion = data;
    const struct event *event = expansion->event;
    int64_t clock = event->start_wall_s - civil_day_of(event->start_wall_s) * DAY_S;
    int64_t wall = day * DAY_S + clock;
    int64_t start = zone_instant(event->zone, wall);
    if (behind_until(event, expansion->rule, wall, start))
        return 1;
    return meet(expansion, wall, start, end_of(event, wall, start));
}

static int walk_rules(struct expansion *expansion, long *steps)
{
    const struct event *event = expansion->event;
    int64_t length = event->length_s;
    if (event->first_end_s - event->start_wall_s > length)
        length = event->first_end_s - event->start_wall_s;
    int64_t from = civil_day_of(expansion->from_s - length) - 3;
    int64_t until = civil_day_of(expansion->until_s) + 3;
    for (size_t i = 0; i < event->rule_count && !expansion->ended; i++) {
        expansion->rule = &event->rules[i];
        if (rule_walk(&event->rules[i], civil_day_of(event->start_wall_s), from, until,
                      steps, visit_day, expansion))
            return -1;
    }
    return 0;
}

int event_occurrences(const struct event *event, int64_t from_s, int64_t until_s,
                      long *steps, event_visit_fn visit, void *data)
{
    struct expansion expansion = {.event = event,
                                  .from_s = from_s,
                                  .until_s = until_s,
                                  .visit = visit,
                                  .data = data};
    if (event->cancelled)
        return 0;
    (*steps)--;
    if (!event->rule_count) {
        int64_t start = zone_instant(event->zone, event->start_wall_s);
        if (meet(&expansion, event->start_wall_s, start,
                 end_of(event, event->start_wall_s, start)))
            return 0;
    }
    for (size_t i = 0; i < event->extra_count; i++) {
        const struct extra *extra = &event->extras[i];
        int64_t start = extra->start.instant_s;
        int64_t end = extra->length_s >= 0 ? start + extra->length_s
                                           : end_of(event, extra->start.wall_s, start);
        if (meet(&expansion, extra->start.wall_s, start, end))
            return 0;
    }
    *steps -= (long)event->extra_count;
    return walk_rules(&expansion, steps);
}

struct search {
    const struct event *event;
    const struct moment *moment;
    bool found;
};

static int compare(int64_t from_s, int64_t until_s, void *data)
{
    struct search *search = data;
    const struct moment *moment = search->moment;
    (void)until_s;
    if (moment->is_date || search->event->all_day)
        search->found |=
            civil_day_of(zone_wall(search->event->zone, from_s)) == moment->day;
    else
        search->found |= from_s == moment->instant_s;
    return search->found;
}

int event_gives(const struct event *event, const struct moment *moment, long *steps,
                bool *out)
{
    struct event plain = *event;
    plain.without_days = plain.without_instants = (struct day_list){0};
    plain.cancelled = false;
    struct search search = {.event = event, .moment = moment};
    int64_t day = moment->day * DAY_S;
    if (event_occurrences(&plain, day - 2 * DAY_S, day + 3 * DAY_S, steps, compare,
                          &search))
        return -1;
    *out = search.found;
    return 0;
}

struct gathering {
    const struct event *event;
    struct calendar_occurrence *items;
    size_t count, room;
};

static int gather(int64_t from_s, int64_t until_s, void *data)
{
    struct gathering *all = data;
    if (all->count > OCCURRENCES_MAX)
        return 1;
    *vec_push(all->items, all->count, all->room) =
        (struct calendar_occurrence){.span = {from_s * 1000, until_s * 1000},
                                     .summary = all->event->summary,
                                     .uid = all->event->uid};
    return 0;
}

static int by_span(const void *a, const void *b)
{
    const struct calendar_occurrence *x = a, *y = b;
    if (x->span.from_ms != y->span.from_ms)
        return x->span.from_ms < y->span.from_ms ? -1 : 1;
    if (x->span.until_ms != y->span.until_ms)
        return x->span.until_ms < y->span.until_ms ? -1 : 1;
    return ((uintptr_t)x->uid > (uintptr_t)y->uid) -
           ((uintptr_t)x->uid < (uintptr_t)y->uid);
}

/* A day that a rule and an RDATE both name is one occurrence. */
static size_t without_doubles(struct calendar_occurrence *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct calendar_occurrence *last = kept ? &items[kept - 1] : NULL;
        if (last && last->uid == items[i].uid &&
            last->span.from_ms == items[i].span.from_ms &&
            last->span.until_ms == items[i].span.until_ms)
            continue;
        items[kept++] = items[i];
    }
    return kept;
}

/* The second that an instant lies in, within the years that events can have. */
static int64_t bounded_s(int64_t ms)
{
    int64_t least = civil_days(YEAR_FIRST, 1, 1) * DAY_S;
    int64_t most = civil_days(YEAR_LAST + 1, 1, 1) * DAY_S;
    int64_t second = ms / 1000 - (ms % 1000 < 0);
    return second < least ? least : second > most ? most : second;
}

int calendar_occurrences(const struct calendar *calendar, int64_t from_ms,
                         int64_t until_ms, struct calendar_occurrence **out,
                         size_t *count, struct slipway_error *err)
{
    struct gathering all = {0};
    long steps = EXPANSION_STEPS_MAX;
    int failed = 0;
    int64_t from = bounded_s(from_ms), until = bounded_s(until_ms);
    until += until_ms % 1000 != 0; /* the second that it ends in, too */
    for (size_t i = 0; i < calendar->count && !failed && from < until; i++) {
        all.event = &calendar->events[i];
        failed = event_occurrences(all.event, from, until, &steps, gather, &all);
        if (all.count > OCCURRENCES_MAX)
            break;
    }
    auto_free struct calendar_occurrence *items = all.items;
    struct place place = {calendar->source, all.event ? all.event->line : 1, err};
    if (failed)
        return place_refuse(&place,
                            "the rules of this calendar take too long to work out; give "
                            "its events an UNTIL or later starts");
    if (all.count > OCCURRENCES_MAX)
        return place_refuse(&place,
                            "more than %d events in the range that is asked for; remove "
                            "what is no maintenance",
                            OCCURRENCES_MAX);
    if (all.count)
        qsort(items, all.count, sizeof *items, by_span);
    *count = without_doubles(items, all.count);
    *out = steal_ptr(&items);
    return 0;
}

int calendar_expand(const struct calendar *calendar, int64_t from_ms, int64_t until_ms,
                    struct spans *out, struct slipway_error *err)
{
    auto_free struct calendar_occurrence *items = NULL;
    struct spans spans = {0};
    size_t count = 0;
    if (calendar_occurrences(calendar, from_ms, until_ms, &items, &count, err))
        return -1;
    for (size_t i = 0; i < count; i++)
        spans_add(&spans, items[i].span.from_ms, items[i].span.until_ms);
    spans_settle(&spans);
    *out = spans;
    return 0;
}
