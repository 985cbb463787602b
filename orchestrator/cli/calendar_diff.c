/* calendar_diff.c - see calendar_diff.h. */
#include "cli/calendar_diff.h"

#include <stdlib.h>

#include "engine/engine.h"
#include "engine/window.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define NEAR_MS (84LL * 3600 * 1000) /* half a week */

/* ---- openings ---- */

static void tell(struct calendar_moves *out, const char *zone, const struct span *before,
                 const struct span *after)
{
    struct calendar_move *move = vec_push(out->items, out->count, out->room);
    *move = (struct calendar_move){.kind = !before  ? MOVE_NEW
                                           : !after ? MOVE_GONE
                                                    : MOVE_MOVED};
    if (before) {
        move->before = *before;
        (void)calendar_local_span(zone, before, move->before_text,
                                  sizeof move->before_text);
    }
    if (after) {
        move->after = *after;
        (void)calendar_local_span(zone, after, move->after_text, sizeof move->after_text);
    }
}

/* Those of `a` that `b` does not have, from `now_ms` on. */
static struct spans only_in(const struct spans *a, const struct spans *b, int64_t now_ms)
{
    struct spans out = {0};
    size_t j = 0;
    for (size_t i = spans_find(a, now_ms); i < a->count; i++) {
        while (j < b->count && b->items[j].from_ms < a->items[i].from_ms)
            j++;
        if (j >= b->count || b->items[j].from_ms != a->items[i].from_ms ||
            b->items[j].until_ms != a->items[i].until_ms)
            spans_add(&out, a->items[i].from_ms, a->items[i].until_ms);
    }
    return out;
}

static int64_t apart_ms(const struct span *a, const struct span *b)
{
    int64_t ms = a->from_ms - b->from_ms;
    return ms < 0 ? -ms : ms;
}

void calendar_diff_spans(const struct spans *before, const struct spans *after,
                         int64_t now_ms, const char *zone, struct calendar_moves *out)
{
    struct spans gone = only_in(before, after, now_ms);
    struct spans come = only_in(after, before, now_ms);
    size_t j = 0;
    for (size_t i = 0; i < gone.count; i++) {
        const struct span *old = &gone.items[i];
        while (j < come.count &&
               (come.items[j].from_ms < old->from_ms - NEAR_MS ||
                (j + 1 < come.count &&
                 apart_ms(&come.items[j + 1], old) < apart_ms(&come.items[j], old))))
            tell(out, zone, NULL, &come.items[j++]);
        if (j < come.count && apart_ms(&come.items[j], old) <= NEAR_MS)
            tell(out, zone, old, &come.items[j++]);
        else
            tell(out, zone, old, NULL);
    }
    while (j < come.count)
        tell(out, zone, NULL, &come.items[j++]);
    spans_clear(&gone);
    spans_clear(&come);
}

/* ---- slots ---- */

static bool has_begun(const struct calendar_subject *s, int target)
{
    if (!s->driver)
        return false;
    enum target_state_id state =
        engine_state(driver_engine(s->driver))->targets[target].state;
    return state != TARGET_PENDING && state != TARGET_PREPARING && state != TARGET_READY;
}

struct plan_slot calendar_slot_now(const struct calendar_subject *s,
                                   const struct plan_time *time, int target)
{
    struct plan_slot slot = time->slots[target];
    if (slot.until_ms <= slot.from_ms || slot.from_ms <= s->now_ms ||
        has_begun(s, target))
        return slot;
    int64_t length_ms = slot.until_ms - slot.from_ms;
    int64_t next_ms = window_next_start(time, s->plan, target, slot.from_ms);
    if (next_ms == slot.from_ms)
        return slot;
    slot.from_ms = next_ms == INT64_MAX ? 0 : next_ms;
    slot.until_ms = next_ms == INT64_MAX ? 0 : next_ms + length_ms;
    return slot;
}

void calendar_diff_slots(const struct calendar_subject *s, const struct plan_time *after,
                         struct calendar_moves *out)
{
    for (size_t i = 0; s->time->slots && i < s->plan->target_count; i++) {
        struct plan_slot old = calendar_slot_now(s, s->time, (int)i);
        struct plan_slot new = calendar_slot_now(s, after, (int)i);
        struct calendar_subject one = *s;
        one.target = (int)i;
        if (old.until_ms <= old.from_ms || old.from_ms == new.from_ms)
            continue;
        struct span before = {old.from_ms, old.until_ms};
        struct span then = {new.from_ms, new.until_ms};
        tell(out, calendar_target_zone(&one), &before, new.from_ms ? &then : NULL);
        out->items[out->count - 1].name = xstrdup(s->plan->targets[i].name);
    }
}
