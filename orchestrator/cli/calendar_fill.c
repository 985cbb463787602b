/*
 * calendar_fill.c - from calendars, or a plan's spans, to what people are shown
 * (calendar.h).
 */
#include <stdlib.h>
#include <string.h>

#include "calendar/zone.h"
#include "cli/calendar.h"
#include "engine/window.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define DAY_MS     86400000LL
#define HORIZON_MS (HORIZON_DAYS * DAY_MS)

/* ---- changes of the clock ---- */

static int64_t offset_s(const struct zone *zone, int64_t at_ms)
{
    int64_t at_s = at_ms / 1000;
    return zone_wall(zone, at_s) - at_s;
}

/* "02:30" of a wall time */
static const char *wall_clock(int64_t wall_s, char *out, size_t size)
{
    int minutes = (int)((wall_s % 86400 + 86400) % 86400 / 60);
    (void)snprintf(out, size, "%02d:%02d", minutes / 60, minutes % 60);
    return out;
}

/* The clock went forward just before its start, so that the start may be one that did
   not exist: as seen by the clock before. */
static void note_start(const struct zone *zone, const struct span *span, struct buf *out)
{
    char clock[16], before[16];
    int64_t start_s = span->from_ms / 1000, offset = offset_s(zone, span->from_ms);
    for (int64_t step_s = 1800; step_s <= 7200; step_s += 1800) {
        int64_t earlier = offset_s(zone, span->from_ms - step_s * 1000);
        int64_t later = offset_s(zone, span->from_ms + step_s * 1000);
        if (offset - earlier >= step_s) {
            buf_addf(out, "%s does not exist that day, it is %s then",
                     wall_clock(zone_wall(zone, start_s) - (offset - earlier), before,
                                sizeof before),
                     wall_clock(zone_wall(zone, start_s), clock, sizeof clock));
            return;
        }
        if (offset - later >= step_s) {
            buf_addf(out, "%s comes twice that day, the first one counts",
                     wall_clock(zone_wall(zone, start_s), clock, sizeof clock));
            return;
        }
    }
}

char *calendar_clock_note(const char *name, const struct span *span)
{
    struct slipway_error err;
    const struct zone *zone = NULL;
    auto_buf struct buf text = {0};
    if (!name || zone_find(name, &zone, &err))
        return NULL;
    int64_t change = offset_s(zone, span->until_ms) - offset_s(zone, span->from_ms);
    note_start(zone, span, &text);
    if (change)
        buf_addf(&text, "%sthe clock goes %s in it, its length stays",
                 text.length ? "; " : "", change > 0 ? "forward" : "back");
    return text.length ? buf_take(&text) : NULL;
}

/* ---- openings ---- */

static struct calendar_opening *add_opening(struct calendar_view *view, const char *zone,
                                            const struct span *span)
{
    struct calendar_opening *o =
        vec_push(view->openings, view->opening_count, view->opening_room);
    *o =
        (struct calendar_opening){.span = *span, .note = calendar_clock_note(zone, span)};
    (void)calendar_local(zone, span->from_ms, o->from, sizeof o->from);
    (void)calendar_local(zone, span->until_ms, o->until, sizeof o->until);
    return o;
}

/* The main zone of whose windows a timetable is made. */
static const char *timetable_zone(const struct plan_time *time, int timetable)
{
    const struct timetable *t = timetable < 0 ? NULL : &time->timetables[timetable];
    for (size_t i = 0; t && i < t->calendar_count; i++) {
        const struct plan_calendar *c = &time->calendars[t->calendars[i]];
        if (!c->freeze && strcmp(c->zone, "UTC") != 0)
            return c->zone;
    }
    return time->zone && *time->zone ? time->zone : "UTC";
}

const char *calendar_target_zone(const struct calendar_subject *s)
{
    return timetable_zone(s->time,
                          s->time->slots ? s->time->slots[s->target].timetable : -1);
}

char *calendar_scopes(const struct plan_time *time, int timetable, bool freezes)
{
    auto_buf struct buf out = {0};
    const struct timetable *t = timetable < 0 ? NULL : &time->timetables[timetable];
    for (size_t i = 0; t && i < t->calendar_count; i++) {
        const struct plan_calendar *c = &time->calendars[t->calendars[i]];
        if (c->freeze == freezes && !strstr(buf_text(&out), c->scope))
            buf_addf(&out, "%s%s", out.length ? " and " : "", c->scope);
    }
    return out.length ? buf_take(&out) : xstrdup("any time");
}

static bool freeze_cuts(const struct spans *frozen, const struct span *span)
{
    return spans_contain(frozen, span->until_ms) ||
           spans_contain(frozen, span->from_ms - 1);
}

/* The next openings of one timetable. */
static void add_timetable(const struct plan_time *time, int timetable, size_t count,
                          struct calendar_view *view, const char *summary)
{
    const struct timetable *t = &time->timetables[timetable];
    const char *zone = timetable_zone(time, timetable);
    size_t first = spans_find(&t->open, view->now_ms);
    for (size_t i = first; i < t->open.count && i < first + count; i++) {
        struct calendar_opening *o = add_opening(view, zone, &t->open.items[i]);
        const struct span *span = &o->span;
        o->cut = freeze_cuts(&t->frozen, span);
        int64_t from_ms = span->from_ms > view->now_ms ? span->from_ms : view->now_ms;
        o->too_short = view->needed_ms && t->bound &&
                       (span->until_ms - from_ms < view->needed_ms ||
                        span->until_ms - span->from_ms < time->min_opening_ms);
        o->summary = xstrdup_null(summary);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct calendar_opening *x = a, *y = b;
    return (x->span.from_ms > y->span.from_ms) - (x->span.from_ms < y->span.from_ms);
}

static void keep_first(struct calendar_view *view, size_t count)
{
    if (view->opening_count)
        qsort(view->openings, view->opening_count, sizeof *view->openings, by_start);
    while (view->opening_count > count) {
        struct calendar_opening *last = &view->openings[--view->opening_count];
        free(last->summary);
        free(last->note);
    }
}

/* ---- bindings ---- */

static void add_binding(struct calendar_view *view, const struct plan_calendar *c,
                        size_t targets)
{
    struct calendar_binding *b =
        vec_push(view->bindings, view->binding_count, view->binding_room);
    size_t at = spans_find(&c->spans, view->now_ms);
    bool inside = spans_contain(&c->spans, view->now_ms);
    *b = (struct calendar_binding){
        .source = xstrdup(c->source),
        .scope = xstrdup_null(c->scope),
        .zone = xstrdup(c->zone),
        .digest = xstrdup_null(c->digest),
        .freeze = c->freeze,
        .now = inside,
        .spans = c->spans.count,
        .targets = targets,
        .next_ms = at >= c->spans.count ? 0
                   : inside             ? c->spans.items[at].until_ms
                                        : c->spans.items[at].from_ms,
    };
    if (b->next_ms)
        (void)calendar_local(c->zone, b->next_ms, b->next, sizeof b->next);
}

static size_t *count_by_timetable(const struct calendar_subject *s)
{
    size_t *counts = xcalloc(s->time->timetable_count + 1, sizeof *counts);
    for (size_t i = 0; s->time->slots && i < s->plan->target_count; i++)
        counts[s->time->slots[i].timetable + 1]++; /* 0: bound by nothing */
    return counts;
}

static void add_plan_bindings(const struct calendar_subject *s, const size_t *counts,
                              struct calendar_view *view)
{
    size_t *targets = xcalloc(s->time->calendar_count + 1, sizeof *targets);
    for (size_t t = 0; t < s->time->timetable_count; t++) {
        for (size_t i = 0; i < s->time->timetables[t].calendar_count; i++)
            targets[s->time->timetables[t].calendars[i]] += counts[t + 1];
    }
    for (size_t i = 0; i < s->time->calendar_count; i++)
        add_binding(view, &s->time->calendars[i], targets[i]);
    free(targets);
}

/* ---- the three kinds of subjects ---- */

static void fill_plan(const struct calendar_subject *s, size_t count,
                      struct calendar_view *view)
{
    size_t *counts = count_by_timetable(s);
    add_plan_bindings(s, counts, view);
    for (size_t t = 0; t < s->time->timetable_count; t++) {
        if (!counts[t + 1] || !s->time->timetables[t].bound)
            continue;
        auto_free char *scopes = calendar_scopes(s->time, (int)t, false);
        auto_free char *summary = xasprintf("%s: %zu target%s", scopes, counts[t + 1],
                                            counts[t + 1] == 1 ? "" : "s");
        add_timetable(s->time, (int)t, count, view, summary);
    }
    view->of_plan = true;
    view->unbound = s->time->slots ? counts[0] : s->plan->target_count;
    view->always = view->unbound == s->plan->target_count;
    keep_first(view, count);
    free(counts);
}

static void fill_target(const struct calendar_subject *s, size_t count,
                        struct calendar_view *view)
{
    int timetable = s->time->slots ? s->time->slots[s->target].timetable : -1;
    const struct timetable *t = timetable < 0 ? NULL : &s->time->timetables[timetable];
    view->needed_ms = window_needed_ms(s->plan, s->time, s->target, -1);
    view->always = !t || !t->bound;
    for (size_t i = 0; t && i < t->calendar_count; i++)
        add_binding(view, &s->time->calendars[t->calendars[i]], 1);
    if (t)
        add_timetable(s->time, timetable, count, view, NULL);
}

/* The event that an opening begins with. */
static const char *summary_of(const struct calendar_occurrence *events, size_t count,
                              const struct span *span)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].span.from_ms == span->from_ms && *events[i].uid)
            return events[i].summary;
    }
    return NULL;
}

static int fill_bare(const struct calendar_subject *s, size_t count,
                     struct calendar_view *view, struct slipway_error *err)
{
    struct plan_calendar as = {.source = s->source,
                               .zone = (char *)calendar_zone(s->bare),
                               .digest = (char *)s->digest};
    struct calendar_occurrence *events = NULL;
    size_t event_count = 0;
    int64_t until_ms = s->now_ms + HORIZON_MS;
    int code = calendar_expand(s->bare, s->now_ms, until_ms, &as.spans, err);
    if (!code)
        code = calendar_occurrences(s->bare, s->now_ms, until_ms, &events, &event_count,
                                    err);
    for (size_t i = 0; !code && i < as.spans.count && i < count; i++) {
        const struct span *span = &as.spans.items[i];
        add_opening(view, as.zone, span)->summary =
            xstrdup_null(summary_of(events, event_count, span));
    }
    if (!code)
        add_binding(view, &as, 0);
    view->horizon_ms = until_ms;
    free(events);
    spans_clear(&as.spans);
    return code;
}

int calendar_fill(const struct calendar_subject *s, size_t count,
                  struct calendar_view *view, struct slipway_error *err)
{
    view->subject = xstrdup(s->name);
    view->now_ms = s->now_ms;
    view->zone = xstrdup(s->bare                           ? calendar_zone(s->bare)
                         : s->target >= 0                  ? calendar_target_zone(s)
                         : s->time->zone && *s->time->zone ? s->time->zone
                                                           : "UTC");
    view->zone_data = xstrdup(s->bare || !s->time->zone_data ? zone_data_version()
                                                             : s->time->zone_data);
    if (s->bare)
        return fill_bare(s, count, view, err);
    view->horizon_ms = s->time->horizon_ms;
    if (s->target >= 0)
        fill_target(s, count, view);
    else
        fill_plan(s, count, view);
    return 0;
}
