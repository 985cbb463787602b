/*
 * variant.c - see variant.h. The arrays that hold numbers are copied, their texts are
 * not; timetables are settled anew when calendars fall away. Cannot fail.
 */
#include "forecast/variant.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

bool variant_is_of(const char *key, const char *label)
{
    size_t length = strlen(label);
    return !strncmp(key, label, length) && (key[length] == '\0' || key[length] == '=');
}

/* ---- numbers ---- */

static void *copied(const void *items, size_t count, size_t size)
{
    void *copy = xcalloc(count + 1, size);
    if (count)
        memcpy(copy, items, count * size);
    return copy;
}

static void set_caps(struct plan_cap *caps, size_t count, const struct what_if_cap *to,
                     size_t to_count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < to_count; k++) {
            if (variant_is_of(caps[i].key, to[k].key))
                caps[i].max = to[k].max;
        }
    }
}

static void set_waves(struct plan *plan, const struct what_if *what)
{
    for (size_t i = 0; i < plan->wave_count; i++) {
        struct plan_wave *wave = &plan->waves[i];
        if (what->has_soak)
            wave->soak_ms = what->soak_ms;
        if (what->has_budget && wave->budget < what->budget)
            wave->budget = what->budget;
        if (what->no_gates)
            wave->gate = false;
    }
    if (what->has_budget)
        plan->budget = what->budget;
    if (what->no_gates)
        plan->approval_required = false;
}

/* Everybody in the first wave: nobody waits for a wave or its soak. */
static void join_waves(struct plan *plan)
{
    plan->targets = copied(plan->targets, plan->target_count, sizeof *plan->targets);
    for (size_t i = 0; i < plan->target_count; i++)
        plan->targets[i].wave = 0;
    plan->waves[0].first = 0;
    plan->waves[0].count = (int)plan->target_count;
    plan->waves[0].gate = false;
    for (size_t i = 1; i < plan->wave_count; i++)
        plan->waves[0].budget += plan->waves[i].budget;
    plan->wave_count = 1;
}

/* ---- times ---- */

static bool stays(const struct plan_calendar *calendar, const struct what_if *what)
{
    if (calendar->freeze ? what->no_freezes : what->no_windows)
        return false;
    return !what->without_scope || calendar->freeze ||
           !variant_is_of(calendar->scope, what->without_scope);
}

static void drop_calendars(const struct plan_time *time, struct timetable *table,
                           const struct what_if *what)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->calendar_count; i++) {
        if (stays(&time->calendars[table->calendars[i]], what))
            table->calendars[kept++] = table->calendars[i];
    }
    table->calendar_count = kept;
}

static void add_windows(const struct plan *plan, struct timetable *table,
                        const struct spans *windows)
{
    struct spans horizon = {0};
    spans_add(&horizon, plan->created_ms, plan->time.horizon_ms);
    struct spans inside = spans_intersect(windows, &horizon);
    struct spans allowed = spans_subtract(&inside, &table->frozen);
    struct spans open = spans_union(&table->open, &allowed);
    spans_clear(&table->open);
    table->open = open;
    spans_clear(&horizon);
    spans_clear(&inside);
    spans_clear(&allowed);
}

static void copy_timetables(struct plan_time *time)
{
    const struct timetable *tables = time->timetables;
    time->timetables = copied(tables, time->timetable_count, sizeof *tables);
    for (size_t i = 0; i < time->timetable_count; i++) {
        struct timetable *table = &time->timetables[i];
        table->calendars =
            copied(table->calendars, table->calendar_count, sizeof *table->calendars);
        table->open = spans_copy(&table->open);
        table->frozen = spans_copy(&table->frozen);
    }
}

static void set_times(struct plan *plan, const struct what_if *what)
{
    struct plan_time *time = &plan->time;
    copy_timetables(time);
    if (what->no_windows || what->no_freezes || what->without_scope) {
        for (size_t i = 0; i < time->timetable_count; i++)
            drop_calendars(time, &time->timetables[i], what);
        plan_time_settle(time, plan->created_ms);
    }
    for (size_t i = 0; what->windows && i < time->timetable_count; i++)
        add_windows(plan, &time->timetables[i], what->windows);
    if (!time->slots)
        return;
    time->slots = copied(time->slots, time->slot_count, sizeof *time->slots);
    for (size_t i = 0; what->no_notice && i < time->slot_count; i++)
        time->slots[i].not_before_ms = 0;
}

/* ---- the variant ---- */

struct variant *variant_create(const struct plan *plan, const struct what_if *what)
{
    struct variant *variant = xcalloc(1, sizeof *variant);
    struct plan *p = &variant->plan;
    *p = *plan;
    p->domains = copied(plan->domains, plan->domain_count, sizeof *p->domains);
    p->limits = copied(plan->limits, plan->limit_count, sizeof *p->limits);
    p->waves = copied(plan->waves, plan->wave_count, sizeof *p->waves);
    set_caps(p->domains, p->domain_count, what->domains, what->domain_count);
    set_caps(p->limits, p->limit_count, what->limits, what->limit_count);
    if (what->in_flight)
        p->in_flight = what->in_flight;
    set_waves(p, what);
    if (what->one_wave)
        join_waves(p);
    else
        p->targets = copied(p->targets, p->target_count, sizeof *p->targets);
    set_times(p, what);
    return variant;
}

void variant_free(struct variant *variant)
{
    if (!variant)
        return;
    struct plan *p = &variant->plan;
    for (size_t i = 0; i < p->time.timetable_count; i++) {
        free(p->time.timetables[i].calendars);
        spans_clear(&p->time.timetables[i].open);
        spans_clear(&p->time.timetables[i].frozen);
    }
    free(p->time.timetables);
    free(p->time.slots);
    free(p->targets);
    free(p->waves);
    free(p->limits);
    free(p->domains);
    free(variant);
}
