/* compare_strategy.c - waves, budgets, caps, limits and rules about time. */
#include <stdlib.h>
#include <string.h>

#include "plan/comparison.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

/* ---- waves ---- */

static const struct plan_wave *wave_named(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (!strcmp(plan->waves[i].name, name))
            return &plan->waves[i];
    }
    return NULL;
}

static void compare_wave(const struct comparison *c, const struct plan_wave *was,
                         const struct plan_wave *now)
{
    auto_free char *soak = xasprintf("%s: the soak", now->name);
    auto_free char *budget = xasprintf("%s: the budget", now->name);
    auto_free char *gate = xasprintf("%s: the gate", now->name);
    auto_free char *action = xasprintf("%s: on_exceed", now->name);
    comparison_duration(c, soak, was->soak_ms, now->soak_ms);
    comparison_number(c, budget, was->budget, now->budget);
    comparison_text(c, CHANGE_STRATEGY, gate, yes_no(was->gate), yes_no(now->gate));
    comparison_text(c, CHANGE_STRATEGY, action, on_exceed_name(was->on_exceed),
                    on_exceed_name(now->on_exceed));
}

static void compare_waves(const struct comparison *c)
{
    for (size_t i = 0; i < c->now->wave_count; i++) {
        const struct plan_wave *now = &c->now->waves[i];
        const struct plan_wave *was = wave_named(c->was, now->name);
        if (was)
            compare_wave(c, was, now);
        else
            comparison_add(c, CHANGE_STRATEGY, "the wave %s is new", now->name);
    }
    for (size_t i = 0; i < c->was->wave_count; i++) {
        if (!wave_named(c->now, c->was->waves[i].name))
            comparison_add(c, CHANGE_STRATEGY, "the wave %s is gone",
                           c->was->waves[i].name);
    }
}

/* ---- caps ---- */

/* Of "customer=acme" the label, because one number in the file caps all of its values; a
   limit without a value stays as it is. */
static void caps_of(const struct plan_cap *caps, size_t count, struct map *labels,
                    int *max)
{
    for (size_t i = 0; i < count; i++) {
        auto_free char *label = xstrndup(caps[i].key, strcspn(caps[i].key, "="));
        max[map_intern(labels, label)] = caps[i].max;
    }
}

static void compare_caps(const struct comparison *c, const char *what,
                         const struct plan_cap *was, size_t was_count,
                         const struct plan_cap *now, size_t now_count)
{
    auto_map struct map labels = {0}, was_labels = {0}, now_labels = {0};
    auto_free int *was_max = xcalloc(was_count + 1, sizeof *was_max);
    auto_free int *now_max = xcalloc(now_count + 1, sizeof *now_max);
    caps_of(was, was_count, &was_labels, was_max);
    caps_of(now, now_count, &now_labels, now_max);
    for (size_t i = 0; i < now_labels.count; i++)
        (void)map_intern(&labels, now_labels.keys[i]);
    for (size_t i = 0; i < was_labels.count; i++)
        (void)map_intern(&labels, was_labels.keys[i]);
    for (size_t i = 0; i < labels.count; i++) {
        if (!strcmp(labels.keys[i], "link_group"))
            continue; /* nobody wrote that cap */
        long a = map_find(&was_labels, labels.keys[i]);
        long b = map_find(&now_labels, labels.keys[i]);
        auto_free char *old = a < 0 ? NULL : xasprintf("%d", was_max[a]);
        auto_free char *new = b < 0 ? NULL : xasprintf("%d", now_max[b]);
        auto_free char *name = xasprintf("%s of %s", what, labels.keys[i]);
        comparison_text(c, CHANGE_STRATEGY, name, old, new);
    }
}

/* ---- time ---- */

static void compare_rules(const struct comparison *c)
{
    const struct plan_time *was = &c->was->time, *now = &c->now->time;
    char a[LOCAL_TIME_ROOM], b[LOCAL_TIME_ROOM];
    comparison_duration(c, "cut_off", was->cut_off_ms, now->cut_off_ms);
    comparison_duration(c, "min_opening", was->min_opening_ms, now->min_opening_ms);
    comparison_duration(c, "min_notice", was->min_notice_ms, now->min_notice_ms);
    comparison_text(c, CHANGE_STRATEGY, "overrun", overrun_name(was->overrun),
                    overrun_name(now->overrun));
    comparison_text(c, CHANGE_STRATEGY, "zone", was->zone, now->zone);
    if (was->deadline_ms != now->deadline_ms)
        comparison_text(
            c, CHANGE_STRATEGY, "deadline",
            was->deadline_ms ? clockwork_local(now, c->local, was->deadline_ms, a) : NULL,
            now->deadline_ms ? clockwork_local(now, c->local, now->deadline_ms, b)
                             : NULL);
}

void compare_strategies(const struct comparison *c)
{
    const struct plan *was = c->was, *now = c->now;
    comparison_number(c, "in_flight", was->in_flight, now->in_flight);
    comparison_number(c, "the budget of the campaign", was->budget, now->budget);
    comparison_text(c, CHANGE_STRATEGY, "the budget's mode", budget_mode_name(was->mode),
                    budget_mode_name(now->mode));
    comparison_text(c, CHANGE_STRATEGY, "on_exceed", on_exceed_name(was->on_exceed),
                    on_exceed_name(now->on_exceed));
    comparison_text(c, CHANGE_STRATEGY, "approval.required",
                    yes_no(was->approval_required), yes_no(now->approval_required));
    compare_waves(c);
    compare_caps(c, "max_unavailable", was->domains, was->domain_count, now->domains,
                 now->domain_count);
    compare_caps(c, "the limit", was->limits, was->limit_count, now->limits,
                 now->limit_count);
    compare_rules(c);
}
