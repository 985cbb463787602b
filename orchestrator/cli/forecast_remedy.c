/*
 * forecast_remedy.c - changes of a plan that somebody could decide on, small ones first:
 * more at once, more of a site or customer at once, shorter soaks, one more night a week.
 */
#include <stdio.h>
#include <string.h>

#include "calendar/zone.h"
#include "cli/forecast_work.h"
#include "util/duration.h"

#define DAY_S         86400
#define WEEKDAYS      7
#define MONDAY_OFFSET 3
#define SLICE_S       900 /* starts of openings are looked at by quarters of an hour */
#define LONGEST_MS    (8LL * 3600 * 1000)

static const char *const weekday_names[WEEKDAYS] = {"Mon", "Tue", "Wed", "Thu",
                                                    "Fri", "Sat", "Sun"};

struct list {
    struct remedy *items;
    size_t count;
};

static struct remedy *add(struct list *list, const char *kind, const char *key, int from,
                          int to)
{
    if (list->count == REMEDIES_MAX)
        return NULL;
    struct remedy *one = &list->items[list->count++];
    *one = (struct remedy){.change = {.from = from, .to = to}};
    (void)snprintf(one->change.kind, sizeof one->change.kind, "%s", kind);
    (void)snprintf(one->change.key, sizeof one->change.key, "%s", key);
    (void)snprintf(one->key, sizeof one->key, "%s", key);
    return one;
}

/* The next larger numbers worth trying: 10 -> 12, 15, 20, 40. */
static int larger(int from, int nth)
{
    static const int percent[] = {125, 150, 200, 400};
    int to = (from * percent[nth] + 99) / 100;
    return to > from + nth ? to : from + nth + 1;
}

static void add_in_flight(const struct plan *plan, struct list *list)
{
    for (int nth = 0; nth < 4; nth++) {
        int to = larger(plan->in_flight, nth);
        struct remedy *one = add(list, "in_flight", "", plan->in_flight, to);
        if (one)
            one->what.in_flight = to;
    }
}

static bool is_first_of_label(const struct plan *plan, size_t index, char *label,
                              size_t size)
{
    (void)snprintf(label, size, "%s", plan->domains[index].key);
    label[strcspn(label, "=")] = '\0';
    if (!strcmp(label, "link_group"))
        return false; /* never more than one */
    for (size_t i = 0; i < index; i++) {
        if (variant_is_of(plan->domains[i].key, label))
            return false;
    }
    return true;
}

static void add_domains(const struct plan *plan, struct list *list)
{
    char label[FORECAST_KEY_MAX];
    for (size_t i = 0; i < plan->domain_count; i++) {
        if (!is_first_of_label(plan, i, label, sizeof label))
            continue;
        for (int nth = 0; nth < 4; nth++) {
            int from = plan->domains[i].max, to = larger(from, nth);
            struct remedy *one = add(list, "max_unavailable", label, from, to);
            if (!one)
                return;
            one->what.domains[0] = (struct what_if_cap){one->key, to};
            one->what.domain_count = 1;
        }
    }
}

static void add_soaks(const struct plan *plan, struct list *list)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < plan->wave_count; i++)
        longest_ms =
            plan->waves[i].soak_ms > longest_ms ? plan->waves[i].soak_ms : longest_ms;
    struct remedy *one = longest_ms > 3600000 ? add(list, "soak", "of 1h", 0, 0) : NULL;
    if (one) {
        one->what.has_soak = true;
        one->what.soak_ms = 3600000;
    }
    one = longest_ms ? add(list, "soak", "of 0s", 0, 0) : NULL;
    if (one)
        one->what.has_soak = true;
}

/* ---- one more night ---- */

/* The usual opening of this plan: when on the day it begins and how long it is, and how
   many begin on which weekday. */
struct custom {
    int start_s;
    int64_t length_ms;
    int by_day[WEEKDAYS], all;
};

static void look_at_opening(const struct zone *zone, const struct span *opening,
                            int *by_slice, struct custom *out)
{
    int64_t wall_s = zone_wall(zone, opening->from_ms / 1000);
    int slice = (int)(wall_s % DAY_S / SLICE_S);
    int64_t length_ms = opening->until_ms - opening->from_ms;
    if (length_ms > LONGEST_MS)
        return; /* open for days: nobody's night */
    out->by_day[(wall_s / DAY_S + MONDAY_OFFSET) % WEEKDAYS]++;
    out->all++;
    if (++by_slice[slice] > by_slice[out->start_s / SLICE_S] || !out->length_ms) {
        out->start_s = slice * SLICE_S;
        out->length_ms = length_ms;
    }
}

static struct custom custom_of(const struct plan *plan, const struct zone *zone)
{
    struct custom custom = {0};
    int by_slice[DAY_S / SLICE_S] = {0};
    for (size_t i = 0; i < plan->time.timetable_count; i++) {
        const struct timetable *table = &plan->time.timetables[i];
        for (size_t k = 0; table->bound && k < table->open.count && k < 30; k++)
            look_at_opening(zone, &table->open.items[k], by_slice, &custom);
    }
    return custom;
}

static void add_nights(const struct plan *plan, const struct forecast_ask *ask,
                       struct list *list)
{
    const struct zone *zone = NULL;
    const char *name = plan->time.zone ? plan->time.zone : "UTC";
    if (zone_find(name, &zone, NULL))
        return;
    struct custom custom = custom_of(plan, zone);
    for (int day = 0; custom.all && day < WEEKDAYS; day++) {
        char form[FORECAST_KEY_MAX], length[32];
        (void)snprintf(form, sizeof form, "%s %02d:%02d +%s %s", weekday_names[day],
                       custom.start_s / 3600, custom.start_s / 60 % 60,
                       duration_format(custom.length_ms, length, sizeof length), name);
        struct remedy *one = add(list, "window", form, 0, 0);
        if (!one ||
            forecast_windows(plan, form, ask->run.start_ms, &one->windows, NULL)) {
            list->count -= one != NULL;
            return;
        }
        one->what.windows = &one->windows;
    }
}

size_t remedy_list(const struct plan *plan, const struct forecast_ask *ask,
                   struct remedy out[REMEDIES_MAX])
{
    struct list list = {.items = out};
    add_in_flight(plan, &list);
    add_soaks(plan, &list);
    add_nights(plan, ask, &list);
    add_domains(plan, &list);
    return list.count;
}
