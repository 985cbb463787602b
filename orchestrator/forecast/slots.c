/*
 * slots.c - see slots.h. One run without regard for the past says how early it can be
 * over; with a previous plan a second one keeps what can be kept, by the engine's own
 * rule that a target does not start before it was announced. Cannot fail.
 */
#include "forecast/slots.h"

#include <stdlib.h>
#include <string.h>

#include "engine/window.h"
#include "forecast/places.h"
#include "forecast/run.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

static const char *const reason_names[SLOT_REASON_COUNT] = {
    [SLOT_KEPT] = "kept",
    [SLOT_NEW] = "new",
    [SLOT_CALENDAR] = "calendar_changed",
    [SLOT_LONGER] = "takes_longer",
    [SLOT_WAVE] = "other_wave",
    [SLOT_PASSED] = "passed",
    [SLOT_DISPLACED] = "displaced",
    [SLOT_AFRESH] = "afresh",
    [SLOT_LOST] = "no_slot",
};

const char *slot_reason_name(enum slot_reason reason)
{
    return reason_names[reason];
}

void slot_result_clear(struct slot_result *result)
{
    free(result->changes);
    *result = (struct slot_result){0};
}

/* What is known of each target before it is laid. */
struct past {
    int *was;              /* index in the previous plan, -1: none */
    int64_t *was_ms;       /* its slot there, 0: none */
    int64_t *spread_ms;    /* of that */
    enum slot_reason *why; /* why it cannot be kept; SLOT_KEPT: it can */
};

static int64_t notice_ms(const struct plan *plan, const struct slot_options *options)
{
    return plan->time.min_notice_ms ? options->start_ms + plan->time.min_notice_ms : 0;
}

/* ---- running ---- */

static void run_plan(const struct plan *plan, const struct slot_options *options,
                     struct forecast_run *out)
{
    auto_model struct model *model = model_create(plan, true);
    struct run_options run = {.start_ms = options->start_ms,
                              .approval_ms = options->approval_ms};
    forecast_run(model, &run, out);
}

static void blank_slots(struct plan *plan, const struct slot_options *options)
{
    struct plan_time *time = &plan->time;
    if (!time->slots) {
        time->slots = xcalloc(plan->target_count + 1, sizeof *time->slots);
        time->slot_count = plan->target_count;
        for (size_t i = 0; i < time->slot_count; i++)
            time->slots[i] = (struct plan_slot){.timetable = -1, .pace = -1};
    }
    for (size_t i = 0; i < time->slot_count; i++) {
        struct plan_slot *slot = &time->slots[i];
        *slot = (struct plan_slot){.timetable = slot->timetable,
                                   .pace = slot->pace,
                                   .not_before_ms = notice_ms(plan, options)};
    }
}

/* ---- the previous plan ---- */

static bool is_open(const struct plan *plan, int target, int64_t at_ms)
{
    struct window_view view;
    window_look(plan, &plan->time, target, at_ms, &view);
    return view.state == WINDOW_OPEN || view.state == WINDOW_ANY;
}

static bool same_openings(const struct plan *plan, int target, const struct plan *other,
                          int was)
{
    int a = plan->time.slots[target].timetable, b = other->time.slots[was].timetable;
    if (a < 0 || b < 0)
        return a == b;
    const struct spans *x = &plan->time.timetables[a].open;
    const struct spans *y = &other->time.timetables[b].open;
    size_t i = spans_find(x, plan->created_ms), k = spans_find(y, plan->created_ms);
    for (; i < x->count && k < y->count; i++, k++) {
        if (x->items[i].until_ms != y->items[k].until_ms)
            return x->items[i].until_ms >= plan->time.horizon_ms ||
                   y->items[k].until_ms >= other->time.horizon_ms;
    }
    return true;
}

static enum slot_reason why_not_kept(const struct plan *plan,
                                     const struct slot_options *options, int target,
                                     int was, int64_t was_ms)
{
    const struct plan *previous = options->previous;
    int64_t earliest_ms = options->start_ms;
    if (notice_ms(plan, options) > earliest_ms)
        earliest_ms = notice_ms(plan, options);
    if (was < 0 || !was_ms)
        return SLOT_NEW;
    if (strcmp(plan->waves[plan->targets[target].wave].name,
               previous->waves[previous->targets[was].wave].name) != 0)
        return SLOT_WAVE;
    if (was_ms < earliest_ms)
        return SLOT_PASSED;
    if (is_open(plan, target, was_ms))
        return SLOT_KEPT;
    return same_openings(plan, target, previous, was) ? SLOT_LONGER : SLOT_CALENDAR;
}

static void look_back(const struct plan *plan, const struct slot_options *options,
                      struct past *past, struct slot_result *out)
{
    const struct plan *previous = options->previous;
    struct map by_name = {0};
    size_t count = plan->target_count, found = 0;
    past->was = xcalloc(count + 1, sizeof *past->was);
    past->was_ms = xcalloc(count + 1, sizeof *past->was_ms);
    past->spread_ms = xcalloc(count + 1, sizeof *past->spread_ms);
    past->why = xcalloc(count + 1, sizeof *past->why);
    for (size_t i = 0; i < previous->target_count; i++)
        (void)map_intern(&by_name, previous->targets[i].name); /* names are unique */
    for (size_t i = 0; i < count; i++) {
        int was = (int)map_find(&by_name, plan->targets[i].name);
        past->was[i] = was;
        found += was >= 0;
        if (was >= 0 && previous->time.slots) {
            past->was_ms[i] = previous->time.slots[was].from_ms;
            past->spread_ms[i] = previous->time.slots[was].spread_ms;
        }
        past->why[i] = why_not_kept(plan, options, (int)i, was, past->was_ms[i]);
    }
    out->gone = (int)(previous->target_count - found);
    map_free(&by_name);
}

static void past_clear(struct past *past)
{
    free(past->was);
    free(past->was_ms);
    free(past->spread_ms);
    free(past->why);
}

/* ---- keeping ---- */

/* What of the previous plan is kept: first all, if that costs too much the nights. */
enum keep { KEEP_SLOTS, KEEP_OPENINGS, KEEP_COUNT };

static int64_t opening_ms(const struct plan *plan, int target, int64_t at_ms)
{
    int table = plan->time.slots[target].timetable;
    if (table < 0)
        return at_ms;
    const struct spans *open = &plan->time.timetables[table].open;
    size_t i = spans_find(open, at_ms);
    return i < open->count && open->items[i].from_ms < at_ms ? open->items[i].from_ms
                                                             : at_ms;
}

static int64_t length_ms(const struct plan *plan, const struct forecast_run *free_run,
                         int target)
{
    const struct forecast_target *t = &free_run->targets[target];
    int pace = plan->time.slots[target].pace;
    if (t->started_ms && t->changed_ms)
        return t->changed_ms - t->started_ms;
    return pace >= 0 ? plan->time.paces[pace].change_ms : 0;
}

/* Those of a wave whose others are placed go with them, not before. */
static int64_t wave_begin_ms(const struct plan *plan, const struct past *past, int wave)
{
    const struct plan_wave *w = &plan->waves[wave];
    int64_t begin_ms = INT64_MAX;
    for (int i = w->first; i < w->first + w->count; i++) {
        if (past->why[i] == SLOT_KEPT && past->was_ms[i] < begin_ms)
            begin_ms = past->was_ms[i];
    }
    return begin_ms == INT64_MAX ? 0 : begin_ms;
}

/* Not before its place, or not before the opening of it. */
static int64_t announced_ms(const struct plan *plan, const struct slot_options *options,
                            int target, int64_t place_ms, enum keep keep)
{
    int64_t from_ms = keep == KEEP_SLOTS ? place_ms : opening_ms(plan, target, place_ms);
    int64_t least_ms = notice_ms(plan, options);
    return from_ms > least_ms ? from_ms : least_ms;
}

/* Between the others; but nobody waits for a free place much longer than in a plan made
   afresh: then others give way. */
static int64_t place_of(const struct places *places, int target, int64_t from_ms,
                        int64_t takes_ms, int64_t afresh_ms)
{
    int64_t free_ms = places_find(places, target, from_ms, takes_ms);
    if (afresh_ms && (free_ms == INT64_MAX || free_ms > afresh_ms + SLOTS_KEEP_COST_MS))
        return afresh_ms;
    return free_ms;
}

static void place_others(struct plan *plan, const struct slot_options *options,
                         const struct past *past, const struct forecast_run *free_run,
                         enum keep keep, struct places *places)
{
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *wave = &plan->waves[w];
        int64_t begin_ms = wave_begin_ms(plan, past, (int)w);
        for (int i = wave->first; begin_ms && i < wave->first + wave->count; i++) {
            int64_t from_ms = begin_ms > options->start_ms ? begin_ms : options->start_ms;
            int64_t takes_ms = length_ms(plan, free_run, i);
            if (past->why[i] == SLOT_KEPT)
                continue;
            from_ms =
                place_of(places, i, from_ms, takes_ms, free_run->targets[i].started_ms);
            if (from_ms == INT64_MAX)
                continue;
            places_take(places, i, from_ms, from_ms + takes_ms);
            plan->time.slots[i].not_before_ms =
                announced_ms(plan, options, i, from_ms, keep);
        }
    }
}

/* Nobody before the slot that was announced, or at least not before its opening; the
   others into what is left. */
static void announce(struct plan *plan, const struct slot_options *options,
                     const struct past *past, const struct forecast_run *free_run,
                     enum keep keep)
{
    struct places places = {.plan = plan};
    for (int i = 0; i < (int)plan->target_count; i++) {
        plan->time.slots[i].not_before_ms = notice_ms(plan, options);
        if (past->why[i] != SLOT_KEPT)
            continue;
        int64_t from_ms =
            keep == KEEP_SLOTS ? past->was_ms[i] : opening_ms(plan, i, past->was_ms[i]);
        if (from_ms > plan->time.slots[i].not_before_ms)
            plan->time.slots[i].not_before_ms = from_ms;
        places_take(&places, i, past->was_ms[i],
                    past->was_ms[i] + length_ms(plan, free_run, i));
    }
    place_others(plan, options, past, free_run, keep, &places);
    places_clear(&places);
}

static bool costs_too_much(const struct forecast_run *kept,
                           const struct forecast_run *free_run)
{
    if (kept->never > free_run->never)
        return true;
    return kept->finish_ms && free_run->finish_ms &&
           kept->finish_ms > free_run->finish_ms + SLOTS_KEEP_COST_MS;
}

/* ---- writing down ---- */

static void write_slots(struct plan *plan, const struct slot_options *options,
                        const struct forecast_run *run, struct slot_result *out)
{
    int64_t notice = notice_ms(plan, options);
    for (int i = 0; i < (int)plan->target_count; i++) {
        struct plan_slot *slot = &plan->time.slots[i];
        const struct forecast_target *t = &run->targets[i];
        bool placed = t->started_ms && t->changed_ms;
        slot->from_ms = placed ? t->started_ms : 0;
        slot->until_ms = placed ? t->changed_ms : 0;
        slot->not_before_ms = notice;
        if (placed && notice && opening_ms(plan, i, t->started_ms) > notice)
            slot->not_before_ms = opening_ms(plan, i, t->started_ms);
        out->without += !placed;
    }
    out->finish_ms = run->finish_ms;
}

/* Somebody who is there now and was not before. */
static int taker(const struct plan *plan, const struct past *past, int target)
{
    int64_t at_ms = past->was_ms[target];
    for (int i = 0; i < (int)plan->target_count; i++) {
        const struct plan_slot *slot = &plan->time.slots[i];
        if (i != target && slot->from_ms <= at_ms && slot->until_ms > at_ms &&
            slot->from_ms != past->was_ms[i] && past->why[i] != SLOT_KEPT)
            return i;
    }
    return -1;
}

static void list_changes(const struct plan *plan, const struct past *past,
                         struct slot_result *out)
{
    for (int i = 0; i < (int)plan->target_count; i++) {
        int64_t now_ms = plan->time.slots[i].from_ms;
        bool near = past->why[i] == SLOT_KEPT &&
                    llabs(now_ms - past->was_ms[i]) <= past->spread_ms[i];
        if (now_ms && (near || now_ms == past->was_ms[i])) {
            out->kept++;
            continue;
        }
        if (!now_ms && !past->was_ms[i])
            continue;
        struct slot_change change = {.target = i,
                                     .reason = past->why[i],
                                     .was_ms = past->was_ms[i],
                                     .now_ms = now_ms,
                                     .by = -1};
        if (!now_ms)
            change.reason = SLOT_LOST;
        else if (change.reason == SLOT_KEPT)
            change.reason = out->afresh ? SLOT_AFRESH : SLOT_DISPLACED;
        if (change.reason == SLOT_DISPLACED)
            change.by = taker(plan, past, i);
        *vec_push(out->changes, out->change_count, out->change_room) = change;
    }
}

static void lay_again(struct plan *plan, const struct slot_options *options,
                      struct forecast_run *run, struct slot_result *out)
{
    struct past past;
    struct forecast_run kept = {0};
    look_back(plan, options, &past, out);
    out->afresh = true;
    for (int keep = KEEP_SLOTS; out->afresh && keep < KEEP_COUNT; keep++) {
        announce(plan, options, &past, run, (enum keep)keep);
        run_plan(plan, options, &kept);
        out->afresh = costs_too_much(&kept, run);
    }
    write_slots(plan, options, out->afresh ? run : &kept, out);
    list_changes(plan, &past, out);
    forecast_run_clear(&kept);
    past_clear(&past);
}

void slots_lay(struct plan *plan, const struct slot_options *options,
               struct slot_result *out)
{
    struct forecast_run run = {0};
    slot_result_clear(out);
    blank_slots(plan, options);
    run_plan(plan, options, &run);
    if (options->previous)
        lay_again(plan, options, &run, out);
    else
        write_slots(plan, options, &run, out);
    forecast_run_clear(&run);
}

/* ---- spread ---- */

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void slots_spread(struct plan *plan, const struct forecast_run *runs, size_t count)
{
    auto_free int64_t *apart = xcalloc(count + 1, sizeof *apart);
    for (size_t i = 0; i < plan->target_count; i++) {
        struct plan_slot *slot = &plan->time.slots[i];
        size_t known = 0;
        for (size_t k = 0; slot->from_ms && k < count; k++) {
            int64_t start_ms = runs[k].targets[i].started_ms;
            if (start_ms)
                apart[known++] = llabs(start_ms - slot->from_ms);
        }
        if (!known)
            continue;
        qsort(apart, known, sizeof *apart, by_size);
        slot->spread_ms = apart[(known * 9 + 9) / 10 - 1];
    }
}
