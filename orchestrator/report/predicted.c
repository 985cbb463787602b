/*
 * predicted.c - see predicted.h. Slots come from the pinned plan, starts from the records:
 * a target that was put back and tried again is compared by its first start.
 */
#include "report/predicted.h"

#include <stdlib.h>
#include <string.h>

#include "model/plan.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define MINUTE_MS 60000 /* slots are whole minutes: within one is within */

/* ---- reading ---- */

static void take_slots(const struct plan *plan, struct predicted *out)
{
    out->zone = xstrdup(plan->time.zone ? plan->time.zone : "UTC");
    out->target_count = plan->target_count;
    out->targets = xcalloc(plan->target_count + 1, sizeof *out->targets);
    out->names = xcalloc(plan->target_count + 1, sizeof *out->names);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_slot *slot = &plan->time.slots[i];
        const struct plan_wave *wave = &plan->waves[plan->targets[i].wave];
        out->names[i] = xstrdup(plan->targets[i].name);
        out->targets[i] = (struct predicted_target){.wave = plan->targets[i].wave,
                                                    .slot_from_ms = slot->from_ms,
                                                    .slot_until_ms = slot->until_ms,
                                                    .spread_ms = slot->spread_ms};
        if (slot->until_ms && slot->until_ms + wave->soak_ms > out->slot_finish_ms)
            out->slot_finish_ms = slot->until_ms + wave->soak_ms;
    }
    out->wave_count = plan->wave_count;
    out->waves = xcalloc(plan->wave_count + 1, sizeof *out->waves);
    for (size_t i = 0; i < plan->wave_count; i++)
        out->waves[i].name = xstrdup(plan->waves[i].name);
    out->all.name = xstrdup("all");
}

static bool has_slots(const struct plan *plan)
{
    for (size_t i = 0; i < plan->time.slot_count; i++) {
        if (plan->time.slots[i].from_ms)
            return true;
    }
    return false;
}

static int visit_move(void *data, const struct store_event *event)
{
    struct predicted *p = data;
    const struct record *r = event->record;
    if (r->target < 0 || r->target >= (int)p->target_count)
        return 0;
    struct predicted_target *t = &p->targets[r->target];
    if ((r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE) && !t->started_ms)
        t->started_ms = r->at_ms;
    bool over = r->event == TARGET_VERIFIED || machine_is_final(&target_machine, r->to);
    if (over && t->started_ms && !t->changed_ms)
        t->changed_ms = r->at_ms;
    return 0;
}

/* ---- comparing ---- */

static int64_t distance_ms(const struct predicted_target *t)
{
    return llabs(t->started_ms - t->slot_from_ms);
}

static bool compares(const struct predicted_target *t)
{
    return t->slot_from_ms && t->started_ms;
}

static void widen(int64_t *first_ms, int64_t *last_ms, int64_t from_ms, int64_t until_ms)
{
    if (from_ms && (!*first_ms || from_ms < *first_ms))
        *first_ms = from_ms;
    if (until_ms > *last_ms)
        *last_ms = until_ms;
}

static void count_target(const struct predicted_target *t, struct predicted_wave *w)
{
    widen(&w->slot_from_ms, &w->slot_until_ms, t->slot_from_ms, t->slot_until_ms);
    widen(&w->started_ms, &w->changed_ms, t->started_ms, t->changed_ms);
    w->slots += t->slot_from_ms != 0;
    w->started += t->started_ms != 0;
    w->within += compares(t) && distance_ms(t) <= t->spread_ms + MINUTE_MS;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of one wave, or of all (-1). */
static int64_t median_off_ms(const struct predicted *p, int wave)
{
    auto_free int64_t *off = xcalloc(p->target_count + 1, sizeof *off);
    size_t count = 0;
    for (size_t i = 0; i < p->target_count; i++) {
        if (compares(&p->targets[i]) && (wave < 0 || p->targets[i].wave == wave))
            off[count++] = distance_ms(&p->targets[i]);
    }
    if (!count)
        return 0;
    qsort(off, count, sizeof *off, by_size);
    return off[(count - 1) / 2];
}

static void pick_worst(struct predicted *p)
{
    for (int i = 0; i < (int)p->target_count; i++) {
        const struct predicted_target *t = &p->targets[i];
        size_t at = p->worst_count;
        if (!compares(t) || distance_ms(t) <= t->spread_ms + MINUTE_MS)
            continue;
        while (at && distance_ms(t) > distance_ms(&p->targets[p->worst[at - 1]]))
            at--;
        if (at == PREDICTED_WORST)
            continue;
        p->worst_count += p->worst_count < PREDICTED_WORST;
        memmove(&p->worst[at + 1], &p->worst[at],
                (p->worst_count - 1 - at) * sizeof *p->worst);
        p->worst[at] = i;
    }
}

static void compare(struct predicted *p)
{
    for (size_t i = 0; i < p->target_count; i++) {
        count_target(&p->targets[i], &p->all);
        count_target(&p->targets[i], &p->waves[p->targets[i].wave]);
    }
    for (size_t i = 0; i < p->wave_count; i++)
        p->waves[i].off_ms = median_off_ms(p, (int)i);
    p->all.off_ms = median_off_ms(p, -1);
    pick_worst(p);
}

int predicted_load(struct store *store, const struct store_campaign *campaign,
                   struct predicted *out, struct slipway_error *err)
{
    struct store_event_filter moves = STORE_ANY_EVENT;
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    size_t length = 0;
    int code = store_plan(store, campaign->id, &text, &length, err);
    if (code)
        return code;
    if (plan_from_json(text, length, &plan, err))
        return STORE_CORRUPT;
    if (!has_slots(plan))
        return STORE_OK;
    take_slots(plan, out);
    moves.kind = RECORD_TARGET;
    code = store_events(store, campaign->id, &moves, visit_move, out, err);
    if (machine_is_final(&campaign_machine, (int)campaign->state))
        out->finish_ms = campaign->since_ms;
    compare(out);
    return code;
}

void predicted_clear(struct predicted *predicted)
{
    for (size_t i = 0; i < predicted->target_count; i++)
        free(predicted->names[i]);
    for (size_t i = 0; i < predicted->wave_count; i++)
        free(predicted->waves[i].name);
    free(predicted->names);
    free(predicted->targets);
    free(predicted->waves);
    free(predicted->all.name);
    free(predicted->zone);
    *predicted = (struct predicted){0};
}
