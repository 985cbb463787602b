/*
 * inputs_time.c - open the calendars that bind selected appliances, each once, and work
 * them out up to the horizon.
 *
 * A calendar is known by its source and the zone that its times without one get: the
 * same file may mean something else in the campaign. What cannot be read or understood is
 * a problem at the place that names it, told once however many name it.
 */
#include <stdlib.h>
#include <string.h>

#include "calendar/calendar.h"
#include "calendar/zone.h"
#include "cli/inputs.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

#define DAY_MS 86400000LL
#define NONE   (-1)

struct opening {
    int64_t from_ms, until_ms;
    struct problem_list *problems;
    struct map keys; /* source and zone; parallel to `at` */
    int *at;         /* index into the items, NONE: it could not be opened */
    size_t count, room;
    struct inputs_time *out; /* NULL: only problems are of interest */
};

static void opening_clear(struct opening *o)
{
    map_free(&o->keys);
    free(o->at);
}
#define auto_opening __attribute__((cleanup(opening_clear)))

static void mention_notes(struct opening *o, const struct calendar *calendar,
                          const char *source, const struct place *place)
{
    const char *const *notes;
    size_t count = calendar_notes(calendar, &notes);
    for (size_t i = 0; i < count; i++)
        problem_warning(o->problems, place, "calendar %s: %s", source, notes[i]);
}

/* Its index, or NONE after a problem. */
static int read_one(struct opening *o, const char *source, const char *zone,
                    const struct place *place)
{
    struct calendar_options options = {.zone = zone};
    struct slipway_error err = {""};
    auto_calendar struct calendar *calendar = NULL;
    struct spans spans = {0};
    char digest[SHA256_HEX];
    if (calendar_open(source, &options, &calendar, digest, &err) ||
        calendar_expand(calendar, o->from_ms, o->until_ms, &spans, &err)) {
        problem_error(o->problems, place, "calendar: %s", err.text);
        return NONE;
    }
    mention_notes(o, calendar, source, place);
    if (!o->out) {
        spans_clear(&spans);
        return NONE;
    }
    *vec_push(o->out->items, o->out->count, o->out->room) =
        (struct plan_calendar){.source = xstrdup(source),
                               .zone = xstrdup(calendar_zone(calendar)),
                               .digest = xstrdup(digest),
                               .spans = spans};
    return (int)o->out->count - 1;
}

static int open_once(struct opening *o, const char *source, const char *zone,
                     const struct place *place)
{
    auto_free char *key = xasprintf("%s\x1f%s", source, zone ? zone : "");
    size_t known = o->count, at = map_intern(&o->keys, key);
    if (at == known) {
        int index = read_one(o, source, zone, place);
        *vec_push(o->at, o->count, o->room) = index;
    }
    return o->at[at];
}

/* ---- whom rules bind ---- */

/* The selected ones, then those that come along in their link groups. */
static int target_at(const struct inputs *inputs, size_t i)
{
    return i < inputs->selected_count ? inputs->selected[i]
                                      : inputs->companions[i - inputs->selected_count];
}

/* "label=value" of the targets, for the labels that rules have. */
static void collect_values(const struct inputs *inputs, const struct map *labels,
                           struct map *out)
{
    for (size_t i = 0; i < inputs->selected_count + inputs->companion_count; i++) {
        const struct appliance *a = &inputs->fleet.appliances[target_at(inputs, i)];
        for (size_t k = 0; k < labels->count; k++) {
            const char *value = appliance_attribute(a, labels->keys[k]);
            auto_free char *key =
                value ? xasprintf("%s=%s", labels->keys[k], value) : NULL;
            if (key)
                (void)map_intern(out, key);
        }
    }
}

static bool binds(const struct time_rule *rule, const struct map *values)
{
    if (!rule->label || !values)
        return true;
    auto_free char *key = xasprintf("%s=%s", rule->label, rule->value);
    return map_find(values, key) >= 0;
}

/* `values` NULL: all of them are opened. */
static int *open_rules(struct opening *o, const struct time_rules *rules,
                       const char *zone, const struct map *values)
{
    int *indexes = xcalloc(rules->count + 1, sizeof *indexes);
    for (size_t i = 0; i < rules->count; i++) {
        const struct time_rule *rule = &rules->items[i];
        indexes[i] =
            binds(rule, values) ? open_once(o, rule->calendar, zone, &rule->place) : NONE;
    }
    return indexes;
}

static int open_own(struct opening *o, const struct fleet *fleet,
                    const struct appliance *a)
{
    struct place place = a->place;
    if (!*a->calendar)
        return NONE;
    if (a->calendar_line) {
        place.line = a->calendar_line;
        place.column = a->calendar_column;
    }
    return open_once(o, a->calendar, fleet->zone, &place);
}

static void open_appliances(struct opening *o, struct inputs *inputs)
{
    const struct fleet *fleet = &inputs->fleet;
    int *indexes = xcalloc(fleet->appliance_count + 1, sizeof *indexes);
    for (size_t i = 0; i < fleet->appliance_count; i++)
        indexes[i] = NONE;
    for (size_t i = 0; i < inputs->selected_count + inputs->companion_count; i++) {
        int at = target_at(inputs, i);
        indexes[at] = open_own(o, fleet, &fleet->appliances[at]);
    }
    inputs->time.appliances = indexes;
}

/* ---- zones and the deadline ---- */

static void check_zone(const char *zone, const struct place *place,
                       struct problem_list *problems)
{
    const struct zone *found;
    struct slipway_error err = {""};
    if (zone && zone_find(zone, &found, &err))
        problem_error(problems, place, "zone: %s", err.text);
}

static void load_deadline(struct inputs *inputs, const char *zone)
{
    struct strategy *s = &inputs->campaign.strategy;
    struct calendar_options options = {.zone = zone};
    struct slipway_error err = {""};
    if (s->deadline && calendar_instant(s->deadline, &options, &s->deadline_ms, &err))
        problem_error(&inputs->problems, &s->deadline_place, "deadline: %s", err.text);
}

static void collect_labels(const struct time_rules *rules, struct map *out)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i].label)
            (void)map_intern(out, rules->items[i].label);
    }
}

void inputs_time_load(struct inputs *inputs)
{
    struct inputs_time *time = &inputs->time;
    const struct fleet *fleet = &inputs->fleet;
    const struct strategy *s = &inputs->campaign.strategy;
    const char *zone = s->zone ? s->zone : fleet->zone;
    auto_map struct map labels = {0}, values = {0};
    size_t before = inputs->problems.errors;
    check_zone(fleet->zone, &fleet->zone_place, &inputs->problems);
    check_zone(s->zone, &s->zone_place, &inputs->problems);
    if (inputs->problems.errors != before)
        return; /* each calendar would say it again */
    load_deadline(inputs, zone);
    collect_labels(&fleet->windows, &labels);
    collect_labels(&fleet->freezes, &labels);
    collect_labels(&s->freezes, &labels);
    collect_values(inputs, &labels, &values);
    time->horizon_ms = inputs->now_ms + HORIZON_DAYS * DAY_MS;
    auto_opening struct opening o = {.from_ms = inputs->now_ms,
                                     .until_ms = time->horizon_ms,
                                     .problems = &inputs->problems,
                                     .out = time};
    open_appliances(&o, inputs);
    time->fleet_windows = open_rules(&o, &fleet->windows, fleet->zone, &values);
    time->fleet_freezes = open_rules(&o, &fleet->freezes, fleet->zone, &values);
    time->campaign_windows = open_rules(&o, &s->windows, zone, &values);
    time->campaign_freezes = open_rules(&o, &s->freezes, zone, &values);
}

void inputs_time_clear(struct inputs_time *time)
{
    for (size_t i = 0; i < time->count; i++) {
        free(time->items[i].source);
        free(time->items[i].zone);
        free(time->items[i].digest);
        spans_clear(&time->items[i].spans);
    }
    free(time->items);
    free(time->appliances);
    free(time->fleet_windows);
    free(time->fleet_freezes);
    free(time->campaign_windows);
    free(time->campaign_freezes);
    *time = (struct inputs_time){0};
}

void inputs_check_fleet(const struct fleet *fleet, struct problem_list *problems)
{
    size_t before = problems->errors;
    int64_t now_ms = clock_now_ms();
    auto_opening struct opening o = {.from_ms = now_ms,
                                     .until_ms = now_ms + HORIZON_DAYS * DAY_MS,
                                     .problems = problems};
    check_zone(fleet->zone, &fleet->zone_place, problems);
    if (problems->errors != before)
        return;
    for (size_t i = 0; i < fleet->appliance_count; i++)
        (void)open_own(&o, fleet, &fleet->appliances[i]);
    free(open_rules(&o, &fleet->windows, fleet->zone, NULL));
    free(open_rules(&o, &fleet->freezes, fleet->zone, NULL));
}
