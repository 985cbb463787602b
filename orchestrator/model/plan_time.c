/*
 * plan_time.c - the time rules of a plan in memory: which calendars bind which targets,
 * and what is open then. The rules stand in timetable.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model/timetable.h"
#include "util/auto.h"
#include "util/xalloc.h"

static void calendar_clear(struct plan_calendar *calendar)
{
    free(calendar->source);
    free(calendar->scope);
    free(calendar->zone);
    free(calendar->digest);
    spans_clear(&calendar->spans);
}

static void timetable_clear(struct timetable *table)
{
    free(table->calendars);
    spans_clear(&table->open);
    spans_clear(&table->frozen);
}

void plan_time_clear(struct plan_time *time)
{
    free(time->zone);
    free(time->zone_data);
    for (size_t i = 0; i < time->calendar_count; i++)
        calendar_clear(&time->calendars[i]);
    free(time->calendars);
    for (size_t i = 0; i < time->timetable_count; i++)
        timetable_clear(&time->timetables[i]);
    free(time->timetables);
    for (size_t i = 0; i < time->pace_count; i++) {
        free(time->paces[i].kind);
        free(time->paces[i].version);
        free(time->paces[i].steps);
    }
    free(time->paces);
    free(time->slots);
    *time = (struct plan_time){0};
}

/* Windows of the scope of `first` that come from there on, added up. */
static struct spans scope_spans(const struct plan_time *time,
                                const struct timetable *table, size_t first)
{
    const char *scope = time->calendars[table->calendars[first]].scope;
    struct spans open = {0};
    for (size_t i = first; i < table->calendar_count; i++) {
        const struct plan_calendar *calendar = &time->calendars[table->calendars[i]];
        if (calendar->freeze || strcmp(calendar->scope, scope) != 0)
            continue;
        for (size_t k = 0; k < calendar->spans.count; k++)
            spans_add(&open, calendar->spans.items[k].from_ms,
                      calendar->spans.items[k].until_ms);
    }
    spans_settle(&open);
    return open;
}

/* Its scope was not met before: each is counted once. */
static bool is_first_of_scope(const struct plan_time *time, const struct timetable *table,
                              size_t index)
{
    const char *scope = time->calendars[table->calendars[index]].scope;
    for (size_t i = 0; i < index; i++) {
        const struct plan_calendar *calendar = &time->calendars[table->calendars[i]];
        if (!calendar->freeze && !strcmp(calendar->scope, scope))
            return false;
    }
    return true;
}

static void replace(struct spans *spans, struct spans with)
{
    spans_clear(spans);
    *spans = with;
}

static void settle_table(const struct plan_time *time, int64_t created_ms,
                         struct timetable *table)
{
    spans_clear(&table->open);
    spans_clear(&table->frozen);
    table->bound = false;
    spans_add(&table->open, created_ms, time->horizon_ms);
    for (size_t i = 0; i < table->calendar_count; i++) {
        const struct plan_calendar *calendar = &time->calendars[table->calendars[i]];
        if (calendar->freeze) {
            replace(&table->frozen, spans_union(&table->frozen, &calendar->spans));
            continue;
        }
        table->bound = true;
        if (!is_first_of_scope(time, table, i))
            continue;
        struct spans scope = scope_spans(time, table, i);
        replace(&table->open, spans_intersect(&table->open, &scope));
        spans_clear(&scope);
    }
    replace(&table->open, spans_subtract(&table->open, &table->frozen));
}

void plan_time_settle(struct plan_time *time, int64_t created_ms)
{
    for (size_t i = 0; i < time->timetable_count; i++)
        settle_table(time, created_ms, &time->timetables[i]);
}

int plan_time_add_calendar(struct plan_time *time, const struct plan_calendar *calendar)
{
    struct plan_calendar copy = {
        .source = xstrdup(calendar->source),
        .scope = xstrdup(calendar->scope),
        .zone = xstrdup(calendar->zone ? calendar->zone : "UTC"),
        .digest = xstrdup(calendar->digest ? calendar->digest : ""),
        .freeze = calendar->freeze,
        .spans = spans_copy(&calendar->spans),
    };
    *vec_push(time->calendars, time->calendar_count, time->calendar_room) = copy;
    return (int)time->calendar_count - 1;
}

int plan_time_add_timetable(struct plan_time *time, const int *calendars, size_t count)
{
    if (!count)
        return -1;
    for (size_t i = 0; i < time->timetable_count; i++) {
        const struct timetable *table = &time->timetables[i];
        if (table->calendar_count == count &&
            !memcmp(table->calendars, calendars, count * sizeof *calendars))
            return (int)i;
    }
    struct timetable table = {.calendars = xcalloc(count, sizeof *calendars),
                              .calendar_count = count};
    memcpy(table.calendars, calendars, count * sizeof *calendars);
    *vec_push(time->timetables, time->timetable_count, time->timetable_room) = table;
    return (int)time->timetable_count - 1;
}
