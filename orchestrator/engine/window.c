/*
 * window.c - see window.h.
 *
 * A timetable's `open` has the freezes taken out already, so one search finds the opening
 * around an instant or the next one; which calendar says no is looked up from the single
 * calendars only when somebody asks for the whole view.
 */
#include "engine/window.h"

#include <string.h>

#include "engine/engine.h"
#include "util/auto.h"

static const char *const state_names[WINDOW_STATE_COUNT] = {
    [WINDOW_ANY] = "any",
    [WINDOW_OPEN] = "open",
    [WINDOW_CLOSED] = "closed",
    [WINDOW_FROZEN] = "frozen",
    [WINDOW_TOO_SHORT] = "too_short",
    [WINDOW_CUT_OFF] = "cut_off",
    [WINDOW_NOTICE] = "notice",
    [WINDOW_ENDED] = "ended",
};

const char *window_state_name(enum window_state state)
{
    return (unsigned)state < WINDOW_STATE_COUNT ? state_names[state] : "?";
}

int window_state_from(const char *name)
{
    for (int i = 0; name && i < WINDOW_STATE_COUNT; i++) {
        if (!strcmp(state_names[i], name))
            return i;
    }
    return -1;
}

static const struct timetable *table_of(const struct plan_time *time, int target)
{
    if (!time->slots || time->slots[target].timetable < 0)
        return NULL;
    return &time->timetables[time->slots[target].timetable];
}

static int64_t notice_ms(const struct plan_time *time, int target)
{
    return time->slots ? time->slots[target].not_before_ms : 0;
}

bool window_rules_exist(const struct plan_time *time)
{
    for (size_t i = 0; i < time->slot_count; i++) {
        if (time->slots[i].timetable >= 0 || time->slots[i].not_before_ms)
            return true;
    }
    return false;
}

/* ---- what must fit ---- */

static int64_t timeouts_before(const struct plan *plan, int position)
{
    int64_t spent_ms = 0;
    for (int i = 0; i < position; i++) {
        const struct step *step = &plan->playbook.steps[i];
        spent_ms += step->phase == PHASE_CHANGE ? step->op.timeout_ms : 0;
    }
    return spent_ms;
}

/* Somebody's word for the whole says nothing of its parts: a step that is over took what it
   usually takes, and all the rest is left to those that come. */
static int64_t spent_before(const struct plan *plan, const struct plan_pace *pace,
                            int position)
{
    bool word = pace->needed_from == NEEDED_WORST;
    int64_t spent_ms = 0;
    for (int i = 0; i < position; i++) {
        const struct step_pace *step = &pace->steps[i];
        if (plan->playbook.steps[i].phase == PHASE_CHANGE)
            spent_ms += word ? step->typical_ms : step->slow_ms;
    }
    return spent_ms;
}

/* Never more than the time-outs of what is left. */
static int64_t single_needed_ms(const struct plan *plan, const struct plan_time *time,
                                int target, int position)
{
    int64_t most_ms =
        playbook_timeouts_ms(&plan->playbook) - timeouts_before(plan, position);
    int index = time->slots ? time->slots[target].pace : -1;
    int64_t needed_ms = index < 0 ? playbook_worst_ms(&plan->playbook)
                                  : time->paces[index].needed_ms -
                                        spent_before(plan, &time->paces[index], position);
    return needed_ms < 0 ? 0 : needed_ms < most_ms ? needed_ms : most_ms;
}

/* From a position on: its own rest, and those whose turn comes after it. */
static int64_t group_needed_ms(const struct plan *plan, const struct plan_time *time,
                               const struct plan_unit *u, int target, int position)
{
    if (position < 0)
        return plan_unit_needed_ms(plan, time, u);
    int64_t total_ms = playbook_group_undo_ms(&plan->playbook);
    int64_t own_ms = single_needed_ms(plan, time, target, position) -
                     playbook_undo_ms(&plan->playbook);
    if (own_ms > 0 && !plan->targets[target].companion)
        total_ms += own_ms;
    for (int i = target + 1; i < u->first + u->count; i++)
        total_ms += plan_member_needed_ms(plan, time, i);
    return total_ms;
}

int64_t window_needed_ms(const struct plan *plan, const struct plan_time *time,
                         int target, int position)
{
    int unit = plan_unit_of(plan, target);
    return unit < 0 ? single_needed_ms(plan, time, target, position)
                    : group_needed_ms(plan, time, &plan->units[unit], target, position);
}

/* ---- openings ---- */

static bool is_used(const struct plan_time *time, const struct span *opening)
{
    return opening->until_ms - opening->from_ms >= time->min_opening_ms;
}

/* The last instant at which a start in this opening is in time. */
static int64_t latest_ms(const struct plan_time *time, const struct span *opening,
                         int64_t needed_ms)
{
    int64_t reserve_ms = needed_ms > time->cut_off_ms ? needed_ms : time->cut_off_ms;
    return opening->until_ms - (reserve_ms > 1 ? reserve_ms : 1); /* until: outside */
}

static int64_t start_in(const struct span *opening, int64_t from_ms)
{
    return opening->from_ms > from_ms ? opening->from_ms : from_ms;
}

/* The opening of the earliest start from `from_ms` on; NULL: none. */
static const struct span *next_fit(const struct plan_time *time,
                                   const struct timetable *table, int64_t from_ms,
                                   int64_t needed_ms)
{
    const struct spans *open = &table->open;
    for (size_t i = spans_find(open, from_ms); i < open->count; i++) {
        const struct span *opening = &open->items[i];
        if (is_used(time, opening) &&
            start_in(opening, from_ms) <= latest_ms(time, opening, needed_ms))
            return opening;
    }
    return NULL;
}

static int64_t next_start_ms(const struct plan_time *time, int target, int64_t from_ms,
                             int64_t needed_ms, bool notice)
{
    const struct timetable *table = table_of(time, target);
    if (notice && notice_ms(time, target) > from_ms)
        from_ms = notice_ms(time, target);
    if (!table)
        return from_ms;
    const struct span *opening = next_fit(time, table, from_ms, needed_ms);
    return opening ? start_in(opening, from_ms) : INT64_MAX;
}

/* Whoever cannot start then moves it to later, until all can. */
static int64_t group_next_start_ms(const struct plan_time *time,
                                   const struct plan_unit *u, int64_t from_ms,
                                   int64_t needed_ms, bool notice)
{
    int64_t start_ms = from_ms, was_ms;
    do {
        was_ms = start_ms;
        for (int i = u->first; i < u->first + u->count && start_ms != INT64_MAX; i++)
            start_ms = next_start_ms(time, i, start_ms, needed_ms, notice);
    } while (start_ms != was_ms && start_ms != INT64_MAX);
    return start_ms;
}

int64_t window_next_start(const struct plan_time *time, const struct plan *plan,
                          int target, int64_t from_ms)
{
    int unit = plan_unit_of(plan, target);
    int64_t needed_ms = window_needed_ms(plan, time, target, -1);
    return unit < 0
               ? next_start_ms(time, target, from_ms, needed_ms, true)
               : group_next_start_ms(time, &plan->units[unit], from_ms, needed_ms, true);
}

/* ---- who says no ---- */

static bool scope_is_open(const struct plan_time *time, const struct timetable *table,
                          const char *scope, int64_t at_ms)
{
    for (size_t i = 0; i < table->calendar_count; i++) {
        const struct plan_calendar *calendar = &time->calendars[table->calendars[i]];
        if (!calendar->freeze && !strcmp(calendar->scope, scope) &&
            spans_contain(&calendar->spans, at_ms))
            return true;
    }
    return false;
}

/* The freeze at that instant, else the first window whose scope is closed then. */
static int objector(const struct plan_time *time, const struct timetable *table,
                    int64_t at_ms)
{
    int closed = -1;
    for (size_t i = 0; i < table->calendar_count; i++) {
        int index = table->calendars[i];
        const struct plan_calendar *calendar = &time->calendars[index];
        if (calendar->freeze && spans_contain(&calendar->spans, at_ms))
            return index;
        if (!calendar->freeze && closed < 0 &&
            !scope_is_open(time, table, calendar->scope, at_ms))
            closed = index;
    }
    return closed;
}

/* ---- the view ---- */

/* Outside of every opening that can be used. */
static void look_outside(const struct plan_time *time, const struct timetable *table,
                         int64_t now_ms, struct window_view *out)
{
    size_t frozen = spans_find(&table->frozen, now_ms);
    const struct span *next = next_fit(time, table, now_ms, out->needed_ms);
    out->state = now_ms >= time->horizon_ms ? WINDOW_ENDED : WINDOW_CLOSED;
    if (next) {
        out->opens_ms = next->from_ms;
        out->closes_ms = next->until_ms;
        out->next_change_ms = next->from_ms;
    }
    if (out->state == WINDOW_ENDED)
        return;
    out->calendar = objector(time, table, now_ms);
    if (spans_contain(&table->frozen, now_ms)) {
        out->state = WINDOW_FROZEN;
        out->frozen_until_ms = table->frozen.items[frozen].until_ms;
    }
}

static void look_inside(const struct plan_time *time, const struct timetable *table,
                        const struct span *opening, int64_t now_ms,
                        struct window_view *out)
{
    int64_t late_ms = latest_ms(time, opening, out->needed_ms);
    out->opens_ms = opening->from_ms;
    out->closes_ms = opening->until_ms;
    out->calendar = objector(time, table, opening->until_ms);
    if (is_used(time, opening) && now_ms <= late_ms) {
        out->state = WINDOW_OPEN;
        out->next_change_ms = late_ms + 1;
        return;
    }
    bool fits = now_ms + out->needed_ms <= opening->until_ms;
    out->state = !is_used(time, opening) ? WINDOW_CLOSED
                 : fits                  ? WINDOW_CUT_OFF
                                         : WINDOW_TOO_SHORT;
    const struct span *next = next_fit(time, table, opening->until_ms, out->needed_ms);
    out->next_change_ms = next ? next->from_ms : 0;
}

static void look_alone(const struct plan_time *time, int target, bool notice,
                       int64_t now_ms, int64_t needed_ms, struct window_view *out)
{
    const struct timetable *table = table_of(time, target);
    *out =
        (struct window_view){.state = WINDOW_ANY, .calendar = -1, .needed_ms = needed_ms};
    out->member = target;
    if (notice && now_ms < notice_ms(time, target)) {
        int64_t start_ms = next_start_ms(time, target, now_ms, needed_ms, true);
        out->state = WINDOW_NOTICE;
        out->next_change_ms = start_ms == INT64_MAX ? 0 : start_ms;
        return;
    }
    if (!table)
        return;
    size_t i = spans_find(&table->open, now_ms);
    if (i < table->open.count && table->open.items[i].from_ms <= now_ms)
        look_inside(time, table, &table->open.items[i], now_ms, out);
    else
        look_outside(time, table, now_ms, out);
}

static bool is_shut(const struct window_view *view)
{
    return view->state != WINDOW_ANY && view->state != WINDOW_OPEN;
}

/* All may start: until the first of them no longer may, which is whose opening ends first,
   for all of them need the same. */
static void take_open(const struct window_view *view, struct window_view *out)
{
    bool first = out->state == WINDOW_ANY;
    if (view->state == WINDOW_OPEN &&
        (first || view->next_change_ms < out->next_change_ms))
        *out = *view;
}

static void look_together(const struct plan_time *time, const struct plan_unit *u,
                          int target, bool notice, int64_t now_ms, int64_t needed_ms,
                          struct window_view *out)
{
    struct window_view view;
    look_alone(time, target, notice, now_ms, needed_ms, out);
    for (int i = u->first; i < u->first + u->count && !is_shut(out); i++) {
        look_alone(time, i, notice, now_ms, needed_ms, &view);
        if (is_shut(&view))
            *out = view;
        else
            take_open(&view, out);
    }
    if (!is_shut(out))
        return;
    int64_t start_ms = group_next_start_ms(time, u, now_ms, needed_ms, notice);
    out->next_change_ms = start_ms == INT64_MAX ? 0 : start_ms;
}

void window_look_from(const struct plan *plan, const struct plan_time *time, int target,
                      int position, int64_t now_ms, struct window_view *out)
{
    int unit = plan_unit_of(plan, target);
    int64_t needed_ms = window_needed_ms(plan, time, target, position);
    if (unit < 0)
        look_alone(time, target, position < 0, now_ms, needed_ms, out);
    else
        look_together(time, &plan->units[unit], target, position < 0, now_ms, needed_ms,
                      out);
}

void window_look(const struct plan *plan, const struct plan_time *time, int target,
                 int64_t now_ms, struct window_view *out)
{
    window_look_from(plan, time, target, -1, now_ms, out);
}
