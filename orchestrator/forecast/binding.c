/*
 * binding.c - see binding.h. The same seeds are drawn for the plan and for each change,
 * so that what differs is the rule and not luck.
 */
#include "forecast/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/tally.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define LAST_LOOKED_AT 40 /* targets that end last: their customers are asked about */

struct list {
    struct binding_try *items;
    size_t count, room;
};

static struct binding_try *add(struct list *list, const char *kind, const char *key,
                               int from)
{
    if (list->count == list->room)
        return NULL;
    struct binding_try *one = &list->items[list->count++];
    *one = (struct binding_try){.change = {.from = from}};
    (void)snprintf(one->change.kind, sizeof one->change.kind, "%s", kind);
    (void)snprintf(one->change.key, sizeof one->change.key, "%s", key);
    (void)snprintf(one->scope, sizeof one->scope, "%s", key);
    return one;
}

static bool has(const struct list *list, const char *kind, const char *key)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i].change.kind, kind) &&
            !strcmp(list->items[i].change.key, key))
            return true;
    }
    return false;
}

/* "site=rbx" -> "site" */
static void label_of(const char *key, char out[FORECAST_KEY_MAX])
{
    (void)snprintf(out, FORECAST_KEY_MAX, "%s", key);
    out[strcspn(out, "=")] = '\0';
}

/* ---- which rules there are ---- */

static void add_numbers(const struct plan *plan, struct list *list)
{
    struct binding_try *one = NULL;
    if (plan->in_flight < (int)plan->target_count)
        one = add(list, "in_flight", "", plan->in_flight);
    if (one)
        one->what.in_flight = (int)plan->target_count;
}

static void add_caps(const struct plan *plan, const char *kind,
                     const struct plan_cap *caps, size_t count, struct list *list)
{
    char label[FORECAST_KEY_MAX];
    bool domains = caps == plan->domains;
    for (size_t i = 0; i < count; i++) {
        label_of(caps[i].key, label);
        struct binding_try *one =
            has(list, kind, label) ? NULL : add(list, kind, label, caps[i].max);
        if (!one)
            continue;
        struct what_if_cap cap = {one->scope, (int)plan->target_count};
        if (domains)
            one->what.domains[one->what.domain_count++] = cap;
        else
            one->what.limits[one->what.limit_count++] = cap;
    }
}

static void add_times(const struct plan *plan, struct list *list)
{
    const struct plan_time *time = &plan->time;
    char label[FORECAST_KEY_MAX];
    struct binding_try *one = NULL;
    for (size_t i = 0; i < time->calendar_count; i++) {
        const struct plan_calendar *calendar = &time->calendars[i];
        label_of(calendar->scope, label);
        const char *kind = calendar->freeze ? "freezes" : "windows";
        const char *key = calendar->freeze ? "" : label;
        one = has(list, kind, key) ? NULL : add(list, kind, key, 0);
        if (one && calendar->freeze)
            one->what.no_freezes = true;
        else if (one)
            one->what.without_scope = one->scope;
    }
    one = time->min_notice_ms ? add(list, "notice", "", 0) : NULL;
    if (one)
        one->what.no_notice = true;
}

static bool soaks(const struct plan *plan)
{
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (plan->waves[i].soak_ms)
            return true;
    }
    return false;
}

static bool has_gates(const struct plan *plan)
{
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (plan->waves[i].gate)
            return true;
    }
    return plan->approval_required;
}

static void add_waiting(const struct plan *plan, const struct run_options *options,
                        struct list *list)
{
    struct binding_try *one = soaks(plan) ? add(list, "soak", "", 0) : NULL;
    if (one)
        one->what.has_soak = true;
    one = plan->wave_count > 1 ? add(list, "waves", "", (int)plan->wave_count) : NULL;
    if (one)
        one->what.one_wave = true;
    one = options->approval_ms && has_gates(plan) ? add(list, "approval", "", 0) : NULL;
    if (one)
        one->what.no_gates = true;
    one = options->failure_per_million ? add(list, "budget", "", plan->budget) : NULL;
    if (one) {
        one->what.has_budget = true;
        one->what.budget = (int)plan->target_count;
    }
}

size_t binding_tries(const struct plan *plan, const struct run_options *options,
                     struct binding_try out[BINDING_TRIES_MAX])
{
    struct list list = {out, 0, BINDING_TRIES_MAX};
    add_numbers(plan, &list);
    add_caps(plan, "max_unavailable", plan->domains, plan->domain_count, &list);
    add_caps(plan, "limit", plan->limits, plan->limit_count, &list);
    add_times(plan, &list);
    add_waiting(plan, options, &list);
    return list.count;
}

/* ---- the values behind a label ---- */

static bool is_late(const struct forecast_run *usual, int target)
{
    int later = 0;
    int64_t own_ms = usual->targets[target].started_ms;
    for (size_t i = 0; i < usual->target_count; i++)
        later += !usual->targets[i].started_ms || usual->targets[i].started_ms > own_ms;
    return !own_ms || later < LAST_LOOKED_AT;
}

static void add_value(const struct binding_try *of, const char *key, int from,
                      struct list *list)
{
    struct binding_try *one =
        has(list, of->change.kind, key) ? NULL : add(list, of->change.kind, key, from);
    if (!one)
        return;
    one->what = of->what;
    for (size_t i = 0; i < one->what.domain_count; i++)
        one->what.domains[i].key = one->scope;
    for (size_t i = 0; i < one->what.limit_count; i++)
        one->what.limits[i].key = one->scope;
    if (one->what.without_scope)
        one->what.without_scope = one->scope;
}

static void add_values_of(const struct plan *plan, const struct binding_try *of,
                          int target, struct list *list)
{
    const struct plan_target *t = &plan->targets[target];
    const struct plan_time *time = &plan->time;
    int table = time->slots ? time->slots[target].timetable : -1;
    for (int i = 0; of->what.domain_count && i < t->domain_count; i++) {
        const struct plan_cap *cap = &plan->domains[t->domains[i]];
        if (variant_is_of(cap->key, of->change.key))
            add_value(of, cap->key, cap->max, list);
    }
    for (size_t i = 0; of->what.without_scope && table >= 0 &&
                       i < time->timetables[table].calendar_count;
         i++) {
        const struct plan_calendar *calendar =
            &time->calendars[time->timetables[table].calendars[i]];
        if (!calendar->freeze && variant_is_of(calendar->scope, of->change.key))
            add_value(of, calendar->scope, 0, list);
    }
}

size_t binding_values(const struct plan *plan, const struct binding_try *of,
                      const struct forecast_run *usual,
                      struct binding_try out[BINDING_TRIES_MAX], size_t room)
{
    struct list list = {out, 0, room < BINDING_TRIES_MAX ? room : BINDING_TRIES_MAX};
    for (int i = 0; i < (int)plan->target_count; i++) {
        if (is_late(usual, i))
            add_values_of(plan, of, i, &list);
    }
    return list.count;
}

/* ---- running ---- */

void binding_run(const struct plan *plan, const struct what_if *what,
                 const struct run_options *options, int runs,
                 struct forecast_change *change)
{
    auto_variant struct variant *variant = variant_create(plan, what);
    auto_model struct model *model = model_create(&variant->plan, true);
    auto_free int64_t *ends = xcalloc((size_t)runs + 1, sizeof *ends);
    struct forecast_run run = {0};
    struct run_options one = *options;
    for (int i = 0; i < runs; i++) {
        one.seed = (uint64_t)i + 1;
        forecast_run(model, &one, &run);
        ends[i] = run.finish_ms;
        change->never = run.never > change->never ? run.never : change->never;
    }
    tally_sort(ends, (size_t)runs, true);
    change->finish_ms = tally_quantile(ends, (size_t)runs, 50);
    change->late_ms = tally_quantile(ends, (size_t)runs, 90);
    forecast_run_clear(&run);
}

void binding_saves(const struct forecast_change *planned, int64_t horizon_ms,
                   struct forecast_change *change)
{
    int64_t with_ms = planned->finish_ms ? planned->finish_ms : horizon_ms;
    int64_t without_ms = change->finish_ms ? change->finish_ms : horizon_ms;
    change->saves_ms = with_ms > without_ms ? with_ms - without_ms : 0;
}

static int by_saving(const void *a, const void *b)
{
    const struct forecast_change *x = a, *y = b;
    if (x->saves_ms != y->saves_ms)
        return x->saves_ms < y->saves_ms ? 1 : -1;
    return strcmp(x->kind, y->kind);
}

size_t binding_rank(struct forecast_change *changes, size_t count, int64_t least_ms)
{
    size_t left = 0;
    if (count)
        qsort(changes, count, sizeof *changes, by_saving);
    while (left < count && changes[left].saves_ms >= least_ms)
        left++;
    return left;
}
