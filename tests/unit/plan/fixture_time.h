/*
 * fixture_time.h - what a planning case says about time; included by fixture.h.
 *
 *   zone        of the fleet; times in sentences stay UTC
 *   calendars   {"acme": {"from": "2026-11-28T22:00:00Z", "for": "4h", "every": "7d",
 *               "times": 8}}: what calendar/ would have made of a file or short form;
 *               appliances and rules name them
 *   windows, freezes  of the fleet: [{"customer": "acme", "calendar": "acme"}, "all"]
 *   campaign    the same, and cut_off, min_opening, min_notice, deadline, overrun
 *   history     [{"part": "step", "kind", "version", "id", "median", "p95", "samples"}]
 *   slots       {"vc-1": ["2026-11-28T22:10:00Z", "2026-11-28T23:00:00Z"]}: set as the
 *               forecast would
 *   before      other values of these members, of which the previous plan was made
 */
#ifndef TESTS_PLAN_FIXTURE_TIME_H
#define TESTS_PLAN_FIXTURE_TIME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

struct fixture_time {
    struct plan_calendar *items;
    size_t count;
    int *appliances, *fleet_windows, *fleet_freezes, *campaign_windows, *campaign_freezes;
    struct plan_history *history;
    size_t history_count;
    int64_t horizon_ms;
};

static inline void fixture_time_clear(struct fixture_time *t)
{
    for (size_t i = 0; i < t->count; i++)
        spans_clear(&t->items[i].spans);
    free(t->items);
    free(t->appliances);
    free(t->fleet_windows);
    free(t->fleet_freezes);
    free(t->campaign_windows);
    free(t->campaign_freezes);
    free(t->history);
}

static inline int64_t instant_of(const json_t *o, const char *key)
{
    const char *text = json_text(o, key);
    int64_t ms = 0;
    if (text && time_parse(text, &ms))
        fail_msg("%s: %s is no instant", key, text);
    return ms;
}

static inline int64_t length_of(const json_t *o, const char *key)
{
    const char *text = json_text(o, key);
    int64_t ms = 0;
    if (text && duration_parse(text, &ms))
        fail_msg("%s: %s is no duration", key, text);
    return ms;
}

/* ---- rules ---- */

static inline void rules_of(const json_t *list, struct time_rules *out)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct time_rule *rule = vec_push(out->items, out->count, out->room);
        const char *key;
        json_t *value;
        *rule = (struct time_rule){.calendar = xstrdup_null(json_string_value(item))};
        json_object_foreach((json_t *)(uintptr_t)item, key, value)
        {
            if (!strcmp(key, "calendar")) {
                rule->calendar = xstrdup(json_string_value(value));
                continue;
            }
            rule->label = xstrdup(key);
            rule->value = xstrdup(json_string_value(value));
        }
    }
}

static inline void strategy_time_of(struct strategy *s, const json_t *o)
{
    int overrun = overrun_from(json_text(o, "overrun"));
    rules_of(json_object_get(o, "windows"), &s->windows);
    rules_of(json_object_get(o, "freezes"), &s->freezes);
    s->cut_off_ms = length_of(o, "cut_off");
    s->min_opening_ms = length_of(o, "min_opening");
    s->min_notice_ms = length_of(o, "min_notice");
    s->deadline_ms = instant_of(o, "deadline");
    s->overrun = overrun < 0 ? OVERRUN_FINISH : (enum overrun_rule)overrun;
}

/* ---- calendars ---- */

static inline struct plan_calendar calendar_from(const char *name, const json_t *o)
{
    struct plan_calendar c = {.source = (char *)(uintptr_t)name,
                              .zone = (char *)(uintptr_t) "Europe/Paris",
                              .digest = (char *)(uintptr_t)name};
    int64_t from_ms = instant_of(o, "from"), every_ms = length_of(o, "every");
    for (json_int_t i = 0; i < json_number(o, "times", 1); i++)
        spans_add(&c.spans, from_ms + i * every_ms,
                  from_ms + i * every_ms + length_of(o, "for"));
    return c;
}

/* A calendar that the case does not have was not opened. */
static inline int calendar_index(const struct fixture_time *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (name && !strcmp(t->items[i].source, name))
            return (int)i;
    }
    return -1;
}

static inline int *indexes_of(const struct fixture_time *t,
                              const struct time_rules *rules)
{
    int *indexes = xcalloc(rules->count + 1, sizeof *indexes);
    for (size_t i = 0; i < rules->count; i++)
        indexes[i] = calendar_index(t, rules->items[i].calendar);
    return indexes;
}

/* Again after the fleet was shuffled. */
static inline void own_calendars(const struct fleet *fleet, struct fixture_time *t)
{
    free(t->appliances);
    t->appliances = xcalloc(fleet->appliance_count + 1, sizeof *t->appliances);
    for (size_t i = 0; i < fleet->appliance_count; i++)
        t->appliances[i] = calendar_index(t, fleet->appliances[i].calendar);
}

/* ---- history ---- */

static inline void history_of(const json_t *list, struct fixture_time *t)
{
    static const char *const parts[] = {"step", "snapshot", "checks", "rollback"};
    const json_t *item;
    size_t i;
    t->history = xcalloc(json_array_size(list) + 1, sizeof *t->history);
    json_array_foreach(list, i, item)
    {
        struct plan_history *h = &t->history[t->history_count++];
        *h = (struct plan_history){.kind = json_text(item, "kind"),
                                   .version = json_text(item, "version"),
                                   .id = json_text(item, "id"),
                                   .median_ms = length_of(item, "median"),
                                   .p95_ms = length_of(item, "p95"),
                                   .samples = (int)json_number(item, "samples", 0)};
        for (size_t p = 0; p < ARRAY_LENGTH(parts); p++) {
            if (!strcmp(parts[p], json_text(item, "part")))
                h->part = (enum pace_part)p;
        }
    }
}

static inline void fixture_time_of(const json_t *json, int64_t now_ms,
                                   struct fleet *fleet, struct campaign *campaign,
                                   struct fixture_time *t)
{
    const json_t *calendars = json_object_get(json, "calendars");
    const char *name;
    json_t *value;
    fleet->zone = xstrdup_null(json_text(json, "zone"));
    rules_of(json_object_get(json, "windows"), &fleet->windows);
    rules_of(json_object_get(json, "freezes"), &fleet->freezes);
    t->items = xcalloc(json_object_size(calendars) + 1, sizeof *t->items);
    json_object_foreach((json_t *)(uintptr_t)calendars, name, value)
        t->items[t->count++] = calendar_from(name, value);
    own_calendars(fleet, t);
    t->fleet_windows = indexes_of(t, &fleet->windows);
    t->fleet_freezes = indexes_of(t, &fleet->freezes);
    t->campaign_windows = indexes_of(t, &campaign->strategy.windows);
    t->campaign_freezes = indexes_of(t, &campaign->strategy.freezes);
    t->horizon_ms = now_ms + HORIZON_DAYS * 24LL * 3600 * 1000;
    history_of(json_object_get(json, "history"), t);
}

static inline struct plan_calendars calendars_of(const struct fixture_time *t)
{
    return (struct plan_calendars){.items = t->items,
                                   .count = t->count,
                                   .appliances = t->appliances,
                                   .fleet_windows = t->fleet_windows,
                                   .fleet_freezes = t->fleet_freezes,
                                   .campaign_windows = t->campaign_windows,
                                   .campaign_freezes = t->campaign_freezes,
                                   .horizon_ms = t->horizon_ms,
                                   .zone_data = "2026b"};
}

/* ---- slots ---- */

static inline void fixture_slots(const json_t *slots, struct plan *plan,
                                 struct plan_notes *notes)
{
    const char *name;
    json_t *range;
    if (!slots)
        return;
    json_object_foreach((json_t *)(uintptr_t)slots, name, range)
    {
        int target = plan_target_index(plan, name);
        if (target < 0)
            continue;
        struct plan_slot *slot = &plan->time.slots[target];
        assert_int_equal(
            time_parse(json_string_value(json_array_get(range, 0)), &slot->from_ms), 0);
        assert_int_equal(
            time_parse(json_string_value(json_array_get(range, 1)), &slot->until_ms), 0);
        slot->spread_ms = 5LL * 60 * 1000;
    }
    plan_pin(plan);
    if (notes)
        plan_explain_slots(plan, NULL, notes);
}

#endif
