/*
 * timetables.c - whose calendar binds whom: the rules of fleet and campaign become one
 * timetable for each combination that some target has (model/timetable.h).
 *
 * Rules are found by label and value in a map, not by trying each on each target: ten
 * thousand targets and hundreds of rules are usual. Calendars and timetables get their
 * numbers in the order in which the plan's targets meet them, so the order of the fleet's
 * file leaves no trace; a calendar that binds no target is not in the plan.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

#define NONE (-1)

/* The rules of one list, by label and value. */
struct rule_index {
    const struct time_rules *rules;
    const int *opened; /* of each rule; NULL: none of them was */
    bool freeze;
    const char *everybody; /* the scope of rules without a label */
    struct map labels;     /* the labels that rules have */
    struct map values;     /* "label=value": its chain; "": everybody's */
    int *first, *last;     /* of a chain: rules */
    int *next;             /* by rule */
};

/* Calendar indexes of the target that is looked at. */
struct gathering {
    struct draft *draft;
    struct map calendars, timetables; /* numbered as in plan->time */
    size_t *owners;                   /* by opened calendar: who has it as their own */
    struct rule_index indexes[4];
    size_t index_count;
    int *found;
    size_t found_count, found_room;
    size_t spans;
};

static void gathering_clear(struct gathering *g)
{
    for (size_t i = 0; i < g->index_count; i++) {
        map_free(&g->indexes[i].labels);
        map_free(&g->indexes[i].values);
        free(g->indexes[i].first);
        free(g->indexes[i].last);
        free(g->indexes[i].next);
    }
    map_free(&g->calendars);
    map_free(&g->timetables);
    free(g->owners);
    free(g->found);
}
#define auto_gathering __attribute__((cleanup(gathering_clear)))

static char *value_key(const char *label, const char *value)
{
    return label ? xasprintf("%s=%s", label, value) : xstrdup("");
}

static void index_rules(struct gathering *g, const struct time_rules *rules,
                        const int *opened, bool freeze, const char *everybody)
{
    struct rule_index *index = &g->indexes[g->index_count++];
    *index = (struct rule_index){
        .rules = rules, .opened = opened, .freeze = freeze, .everybody = everybody};
    index->first = xcalloc(rules->count + 1, sizeof *index->first);
    index->last = xcalloc(rules->count + 1, sizeof *index->last);
    index->next = xcalloc(rules->count + 1, sizeof *index->next);
    for (size_t i = 0; opened && i < rules->count; i++) {
        const struct time_rule *rule = &rules->items[i];
        auto_free char *key = value_key(rule->label, rule->value);
        size_t known = index->values.count, at = map_intern(&index->values, key);
        if (rule->label)
            (void)map_intern(&index->labels, rule->label);
        if (at == known)
            index->first[at] = (int)i;
        else
            index->next[index->last[at]] = (int)i;
        index->last[at] = (int)i;
        index->next[i] = NONE;
    }
}

/* ---- calendars ---- */

static void pin_calendar(struct gathering *g, int opened, const char *scope, bool freeze)
{
    struct plan_calendar pinned = g->draft->request->calendars.items[opened];
    pinned.scope = (char *)(uintptr_t)scope; /* copied, like all of it */
    pinned.freeze = freeze;
    g->spans += pinned.spans.count;
    (void)plan_time_add_calendar(&g->draft->plan->time, &pinned);
}

/* The target is bound by an opened calendar in this scope. */
static void add_calendar(struct gathering *g, int opened, const char *scope, bool freeze)
{
    if (opened < 0)
        return;
    auto_free char *key = xasprintf("%d %d %s", opened, freeze, scope);
    size_t known = g->calendars.count, at = map_intern(&g->calendars, key);
    if (at == known)
        pin_calendar(g, opened, scope, freeze);
    for (size_t i = 0; i < g->found_count; i++) {
        if (g->found[i] == (int)at)
            return;
    }
    *vec_push(g->found, g->found_count, g->found_room) = (int)at;
}

static void add_chain(struct gathering *g, const struct rule_index *index,
                      const char *key, const char *scope)
{
    long chain = map_find(&index->values, key);
    for (int i = chain < 0 ? NONE : index->first[chain]; i != NONE; i = index->next[i])
        add_calendar(g, index->opened[i], scope, index->freeze);
}

static void add_rules(struct gathering *g, const struct rule_index *index,
                      const struct appliance *appliance, bool labels_too)
{
    for (size_t i = 0; labels_too && i < index->labels.count; i++) {
        const char *label = index->labels.keys[i];
        const char *value = appliance_attribute(appliance, label);
        auto_free char *key = value ? value_key(label, value) : NULL;
        if (key)
            add_chain(g, index, key, key);
    }
    add_chain(g, index, "", index->everybody);
}

static int own_calendar(const struct gathering *g, const struct appliance *appliance)
{
    const struct plan_request *r = g->draft->request;
    return r->calendars.appliances
               ? r->calendars.appliances[appliance - r->fleet->appliances]
               : NONE;
}

static void add_own(struct gathering *g, const struct appliance *appliance, int opened)
{
    bool shared = g->owners[opened] > 1;
    auto_free char *scope =
        shared ? xstrdup("appliance") : xasprintf("appliance=%s", appliance->name);
    add_calendar(g, opened, scope, false);
}

static void count_owners(struct gathering *g)
{
    g->owners = xcalloc(g->draft->request->calendars.count + 1, sizeof *g->owners);
    for (size_t i = 0; i < g->draft->count; i++) {
        int own = own_calendar(g, g->draft->picked[i]);
        if (own >= 0)
            g->owners[own]++;
    }
}

/* ---- timetables ---- */

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* plan_time_add_timetable() with a map instead of a search. */
static int timetable_of(struct gathering *g)
{
    struct plan_time *time = &g->draft->plan->time;
    auto_buf struct buf key = {0};
    if (!g->found_count)
        return NONE;
    qsort(g->found, g->found_count, sizeof *g->found, ascending);
    for (size_t i = 0; i < g->found_count; i++)
        buf_addf(&key, "%d ", g->found[i]);
    size_t known = g->timetables.count, at = map_intern(&g->timetables, buf_text(&key));
    if (at == known) {
        struct timetable table = {.calendars =
                                      xcalloc(g->found_count, sizeof *table.calendars),
                                  .calendar_count = g->found_count};
        memcpy(table.calendars, g->found, g->found_count * sizeof *g->found);
        *vec_push(time->timetables, time->timetable_count, time->timetable_room) = table;
    }
    return (int)at;
}

static int gather(struct gathering *g, const struct appliance *appliance)
{
    int own = own_calendar(g, appliance);
    g->found_count = 0;
    if (own >= 0)
        add_own(g, appliance, own);
    for (size_t i = 0; i < g->index_count; i++) {
        /* its own calendar stands in for the fleet's windows of its labels */
        bool labels_too = i > 0 || own < 0;
        add_rules(g, &g->indexes[i], appliance, labels_too);
    }
    return timetable_of(g);
}

static int check_sizes(const struct gathering *g, struct slipway_error *err)
{
    const struct plan_time *time = &g->draft->plan->time;
    if (time->calendar_count > PLAN_CALENDARS_MAX ||
        time->timetable_count > TIMETABLES_MAX || g->spans > PLAN_SPANS_MAX)
        return slipway_error_set(
            err, -1,
            "the calendars of this campaign are too much for one plan (%zu calendars, "
            "%zu combinations, %zu openings; at most %d, %d and %d): let rules for a "
            "label take the place of calendars of single appliances",
            time->calendar_count, time->timetable_count, g->spans, PLAN_CALENDARS_MAX,
            TIMETABLES_MAX, PLAN_SPANS_MAX);
    return 0;
}

static void pin_rules(struct draft *draft)
{
    const struct plan_request *r = draft->request;
    const struct strategy *s = draft->strategy;
    struct plan_time *time = &draft->plan->time;
    const char *zone = s->zone ? s->zone : r->fleet->zone ? r->fleet->zone : "UTC";
    time->zone = xstrdup(zone);
    time->cut_off_ms = s->cut_off_ms;
    time->min_opening_ms = s->min_opening_ms;
    time->min_notice_ms = s->min_notice_ms;
    time->deadline_ms = s->deadline_ms;
    time->overrun = s->overrun;
    time->slots = xcalloc(draft->count, sizeof *time->slots);
    time->slot_count = draft->count;
}

/* A plan without calendars depends on no zone. */
static void pin_range(struct draft *draft)
{
    const struct plan_calendars *c = &draft->request->calendars;
    struct plan_time *time = &draft->plan->time;
    bool any = time->calendar_count > 0;
    time->horizon_ms = any ? c->horizon_ms : 0;
    time->zone_data = xstrdup(any && c->zone_data ? c->zone_data : "");
    plan_time_settle(time, draft->plan->created_ms);
}

int timetables_set(struct draft *draft, struct slipway_error *err)
{
    const struct plan_request *r = draft->request;
    const struct plan_calendars *c = &r->calendars;
    const struct strategy *s = draft->strategy;
    auto_gathering struct gathering g = {.draft = draft};
    pin_rules(draft);
    index_rules(&g, &r->fleet->windows, c->fleet_windows, false, "fleet");
    index_rules(&g, &s->windows, c->campaign_windows, false, "campaign");
    index_rules(&g, &r->fleet->freezes, c->fleet_freezes, true, "fleet");
    index_rules(&g, &s->freezes, c->campaign_freezes, true, "campaign");
    count_owners(&g);
    for (size_t i = 0; i < draft->count; i++) {
        draft->plan->time.slots[i].timetable = gather(&g, draft_appliance(draft, i));
        if (check_sizes(&g, err))
            return -1;
    }
    pin_range(draft);
    return 0;
}
