/*
 * status_time.c - what time does to a campaign: who waits for an opening and until when,
 * overrides, a clock that nobody trusts, an approval that ended, and overruns.
 */
#include <stdlib.h>
#include <string.h>

#include "report/status_parts.h"
#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/xalloc.h"

void status_time_clear(struct status_time *time)
{
    free(time->zone);
    free(time->next_target);
    free(time->override_reason);
    free(time->override_actor);
    free(time->clock);
    *time = (struct status_time){0};
}

/* ---- loading ---- */

struct looking {
    struct status *status;
    const struct store_times *times;
};

static int visit_waiting(void *data, const struct store_target *t)
{
    struct looking *looking = data;
    struct status_time *out = &looking->status->time;
    struct time_facts facts;
    times_facts(&looking->times->times, looking->times->plan, t->index,
                looking->status->now_ms, &facts);
    if (time_facts_open(&facts))
        return 0;
    int64_t next_ms = facts.window.next_change_ms;
    out->waiting++;
    if (!next_ms || (out->next_ms && out->next_ms <= next_ms))
        return 0;
    out->next_ms = next_ms;
    xreplace(&out->next_target, t->name);
    return 0;
}

static int load_waiting(struct store *store, int64_t campaign, struct looking *looking,
                        struct slipway_error *err)
{
    int code = STORE_OK;
    const struct store_status *s = &looking->status->store;
    for (size_t i = 0; i < s->wave_count && !code; i++) {
        struct store_target_filter filter = STORE_ANY_TARGET;
        filter.wave = s->waves[i].index;
        filter.states = 1u << TARGET_PENDING | 1u << TARGET_READY;
        if (s->waves[i].state == WAVE_OPEN)
            code = store_targets(store, campaign, &filter, visit_waiting, looking, err);
    }
    return code;
}

static int visit_overrun(void *data, const struct store_event *event)
{
    struct status_time *out = data;
    out->overruns++;
    if (event->record->number > out->longest_overrun_ms)
        out->longest_overrun_ms = event->record->number;
    return 0;
}

static void take_rules(const struct store_times *t, int64_t now_ms,
                       struct status_time *out)
{
    const struct times *times = &t->times;
    out->rules = times->rules;
    out->zone = xstrdup(times->time->zone ? times->time->zone : "UTC");
    if (times->all.until_ms > now_ms) {
        out->override_until_ms = times->all.until_ms;
        out->override_reason = xstrdup_null(times->all.reason);
        out->override_actor = xstrdup_null(times->all.actor);
    }
    for (size_t i = 0; times->targets && i < t->plan->target_count; i++)
        out->overridden += times->targets[i].until_ms > now_ms;
    if (times_need_clock(times))
        out->clock = xstrdup_null(times->clock);
    if (times->approved_until_ms && times->approved_until_ms <= now_ms)
        out->approval_ended_ms = times->approved_until_ms;
}

int status_time_load(struct store *store, int64_t campaign,
                     const struct store_times *times, struct status *out,
                     struct slipway_error *err)
{
    struct looking looking = {out, times};
    struct store_event_filter overruns = STORE_ANY_EVENT;
    overruns.kind = RECORD_OVERRUN;
    take_rules(times, out->now_ms, &out->time);
    if (!out->time.rules)
        return STORE_OK;
    int code = load_waiting(store, campaign, &looking, err);
    if (!code)
        code = store_events(store, campaign, &overruns, visit_overrun, &out->time, err);
    return code;
}

/* ---- words ---- */

static void line(const struct layout *layout, const char *lead, enum layout_colour colour,
                 const struct buf *text)
{
    layout_paragraph(layout, lead, colour, buf_text(text));
}

static void write_override(const struct status_time *t, const struct when *when,
                           const struct layout *layout)
{
    auto_buf struct buf text = {0};
    if (t->override_until_ms) {
        buf_adds(&text, "windows and freezes do not bind until ");
        words_instant(&text, when, t->override_until_ms);
        buf_adds(&text, ": ");
        words_clean(&text, t->override_reason);
        if (t->override_actor) {
            buf_adds(&text, ", by ");
            words_clean(&text, t->override_actor);
        }
    } else if (t->overridden) {
        buf_adds(&text, "windows and freezes do not bind ");
        words_count(&text, t->overridden, "target");
    }
    if (text.length)
        line(layout, "  OVERRIDE  ", COLOUR_YELLOW, &text);
}

void status_time_text(const struct status_view *view, const struct layout *layout)
{
    const struct status_time *t = &view->status->time;
    const struct when when = {view->status->now_ms, t->zone, view->local};
    auto_buf struct buf text = {0};
    char took[WORDS_TIME_MAX];
    write_override(t, &when, layout);
    words_clean(&text, t->clock);
    if (text.length)
        line(layout, "  CLOCK     ", COLOUR_RED, &text);
    buf_reset(&text);
    if (t->approval_ended_ms) {
        buf_adds(&text, "expired ");
        words_instant(&text, &when, t->approval_ended_ms);
        buf_adds(&text, ": nothing starts before it is approved again");
        line(layout, "  Approval  ", COLOUR_RED, &text);
    }
    buf_reset(&text);
    if (t->waiting) {
        words_time_wait(&text, &when, t->waiting, t->next_ms, t->next_target);
        line(layout, "  Windows   ", COLOUR_NONE, &text);
    } else if (t->rules) {
        layout_paragraph(layout, "  Windows   ", COLOUR_NONE, "nobody waits for one");
    }
    buf_reset(&text);
    if (t->overruns) {
        words_count(&text, t->overruns, "change");
        buf_addf(&text, " ended after the window's close, at most %s late",
                 words_took(t->longest_overrun_ms, took, sizeof took));
        line(layout, "  Overruns  ", COLOUR_YELLOW, &text);
    }
}

json_t *status_time_json(const struct status_view *view)
{
    const struct status_time *t = &view->status->time;
    return json_pack(
        "{s:b, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:i, s:I}", "rules",
        t->rules, "zone", words_json_text(t->zone), "waiting", t->waiting, "next_start",
        words_json_time(t->next_ms), "next_target", words_json_text(t->next_target),
        "override_until", words_json_time(t->override_until_ms), "override_reason",
        words_json_text(t->override_reason), "override_actor",
        words_json_text(t->override_actor), "overridden_targets", t->overridden,
        "clock_not_trusted", words_json_text(t->clock), "approval_ended",
        words_json_time(t->approval_ended_ms), "overruns", t->overruns,
        "longest_overrun_ms", (json_int_t)t->longest_overrun_ms);
}
