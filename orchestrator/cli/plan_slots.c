/*
 * plan_slots.c - see plan_slots.h. One run of the engine finds the slots (forecast/), some
 * more with drawn durations their spread. Cannot fail: targets that find no opening are
 * left without a slot, and the planner's notes say so.
 */
#include "cli/plan_slots.h"

#include <string.h>

#include "calendar/zone.h"
#include "cli/crew.h"
#include "plan/planner.h"
#include "forecast/run.h"
#include "forecast/slots.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define SPREAD_RUNS       20
#define SPREAD_RUNS_LARGE 6 /* of plans with more targets than LARGE */
#define LARGE             3000
#define MOVES_SHOWN       5 /* of each reason */
#define AT_MAX            64

/* ---- spread ---- */

struct spread {
    const struct model *model;
    int64_t start_ms;
    struct forecast_run *runs;
};

static void run_one(void *data, size_t index)
{
    struct spread *spread = data;
    struct run_options options = {.seed = index + 1, .start_ms = spread->start_ms};
    forecast_run(spread->model, &options, &spread->runs[index]);
}

static void find_spread(struct plan *plan)
{
    size_t count = plan->target_count > LARGE ? SPREAD_RUNS_LARGE : SPREAD_RUNS;
    auto_model struct model *model = model_create(plan, true);
    auto_free struct forecast_run *runs = xcalloc(count, sizeof *runs);
    struct spread spread = {model, plan->created_ms, runs};
    crew_do(count, run_one, &spread);
    slots_spread(plan, runs, count);
    for (size_t i = 0; i < count; i++)
        forecast_run_clear(&runs[i]);
}

/* ---- what moved ---- */

static const char *reason_words(enum slot_reason reason)
{
    static const char *const words[SLOT_REASON_COUNT] = {
        [SLOT_KEPT] = "kept",
        [SLOT_NEW] = "new in the plan",
        [SLOT_CALENDAR] = "moved, because its calendars no longer allow the old slot",
        [SLOT_LONGER] = "moved, because it takes longer than was thought",
        [SLOT_WAVE] = "moved to another wave",
        [SLOT_PASSED] =
            "moved, because the old slot has begun or is nearer than the notice",
        [SLOT_DISPLACED] = "moved to give way",
        [SLOT_AFRESH] =
            "laid afresh: with the old slots it would end more than a day later",
        [SLOT_LOST] = "without a slot now",
    };
    return words[reason];
}

static void at(const struct plan *plan, int64_t ms, char out[AT_MAX])
{
    if (ms)
        (void)zone_local(plan->time.zone ? plan->time.zone : "UTC", ms, out, AT_MAX);
    else
        (void)snprintf(out, AT_MAX, "no slot");
}

static void tell_one(const struct plan *plan, const struct slot_change *c,
                     struct buf *out)
{
    char was[AT_MAX], now[AT_MAX];
    at(plan, c->was_ms, was);
    at(plan, c->now_ms, now);
    buf_addf(out, "%s%s", out->length ? "; " : "", plan->targets[c->target].name);
    if (c->was_ms)
        buf_addf(out, " from %s to %s", was, now);
    else
        buf_addf(out, " %s", now);
    if (c->by >= 0)
        buf_addf(out, " (%s is there)", plan->targets[c->by].name);
}

static void tell_reason(const struct plan *plan, const struct slot_result *result,
                        enum slot_reason reason, struct plan_notes *notes)
{
    auto_buf struct buf list = {0};
    int count = 0;
    for (size_t i = 0; i < result->change_count; i++) {
        const struct slot_change *c = &result->changes[i];
        if (c->reason == reason && count++ < MOVES_SHOWN)
            tell_one(plan, c, &list);
    }
    if (!count)
        return;
    if (count > MOVES_SHOWN)
        buf_addf(&list, "; and %d more", count - MOVES_SHOWN);
    plan_notes_add(notes, NOTE_TIME, -1, "%d slot%s %s: %s", count, count == 1 ? "" : "s",
                   reason_words(reason), buf_text(&list));
}

static void tell_moves(const struct plan *plan, const struct slot_result *result,
                       struct plan_notes *notes)
{
    plan_notes_add(notes, NOTE_TIME, -1,
                   "against the plan before: %d slot%s kept, %zu moved or new, %d gone",
                   result->kept, result->kept == 1 ? "" : "s", result->change_count,
                   result->gone);
    for (int reason = SLOT_KEPT + 1; reason < SLOT_REASON_COUNT; reason++)
        tell_reason(plan, result, (enum slot_reason)reason, notes);
}

void plan_slots_reserve(struct plan *plan, const struct plan *previous,
                        struct plan_notes *notes)
{
    struct slot_result result = {0};
    struct slot_options options = {.start_ms = plan->created_ms,
                                   .previous = previous && previous->time.slots ? previous
                                                                                : NULL};
    if (!plan->time.horizon_ms && !plan->time.min_notice_ms && !plan->time.deadline_ms)
        return;
    slots_lay(plan, &options, &result);
    find_spread(plan);
    if (options.previous && notes)
        tell_moves(plan, &result, notes);
    plan_explain_slots(plan, zone_local, notes);
    plan_pin(plan);
    slot_result_clear(&result);
}
