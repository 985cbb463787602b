/*
 * why_time.c - what time says of one target: its window and who closes it, its reserved
 * slot, who stands before it, and an override. Nothing without time rules.
 */
#include "report/why_parts.h"

#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"

static struct when when_of(const struct why_view *view)
{
    const struct why *why = view->why;
    return (struct when){why->now_ms, why->facts.facts.time.zone, view->local};
}

static void paragraph(const struct layout *layout, const char *lead,
                      enum layout_colour colour, const struct buf *text)
{
    if (text->length)
        layout_paragraph(layout, lead, colour, buf_text(text));
}

static void write_slot(const struct why_view *view, const struct layout *layout)
{
    const struct plan_slot *slot = &view->why->facts.facts.time.slot;
    const struct when when = when_of(view);
    auto_buf struct buf text = {0};
    char took[WORDS_TIME_MAX];
    if (!slot->from_ms)
        return;
    words_instant(&text, &when, slot->from_ms);
    buf_addf(&text, ", for %s",
             words_took(slot->until_ms - slot->from_ms, took, sizeof took));
    words_spread(&text, slot);
    paragraph(layout, "  Planned slot  ", COLOUR_NONE, &text);
}

static void write_override(const struct why_view *view, const struct layout *layout)
{
    const struct time_facts *t = &view->why->facts.facts.time;
    const struct when when = when_of(view);
    auto_buf struct buf text = {0};
    if (!t->override_until_ms)
        return;
    buf_adds(&text, "windows and freezes do not bind it until ");
    words_instant(&text, &when, t->override_until_ms);
    buf_adds(&text, ": ");
    words_clean(&text, t->override_reason);
    if (t->override_actor) {
        buf_adds(&text, ", by ");
        words_clean(&text, t->override_actor);
    }
    paragraph(layout, "  OVERRIDE  ", COLOUR_YELLOW, &text);
}

/* Nobody else takes the place of one that stands half changed. */
static void write_between(const struct why_view *view, const struct layout *layout)
{
    const struct why *why = view->why;
    if (words_is_between(&why->target, why->now_ms) &&
        words_window_holds(&why->facts.facts.time))
        layout_paragraph(layout, "  Stands    ", COLOUR_YELLOW,
                         "between two steps, until an opening holds the rest; it keeps "
                         "its place in flight and in its domains, because it is half "
                         "changed (to go on now: slipway override)");
}

void why_time_text(const struct why_view *view, const struct layout *layout)
{
    const struct why *why = view->why;
    const struct time_facts *t = &why->facts.facts.time;
    const struct when when = when_of(view);
    auto_buf struct buf text = {0};
    write_override(view, layout);
    if (t->window.state != WINDOW_ANY) {
        words_window(&text, &when, t);
        paragraph(layout, "  Window    ", COLOUR_NONE, &text);
    }
    write_slot(view, layout);
    write_between(view, layout);
    buf_reset(&text);
    if (why->queue) {
        words_count(&text, why->queue, "target");
        buf_addf(&text, " that come%s before it %s not started either",
                 why->queue == 1 ? "s" : "", why->queue == 1 ? "has" : "have");
        paragraph(layout, "  Queue     ", COLOUR_NONE, &text);
    }
}

void why_blocker_text(const struct why_view *view, const struct blocker *blocker,
                      struct buf *out)
{
    const struct when when = when_of(view);
    words_blocker(out, &when, blocker, &view->why->facts.facts.time);
}

json_t *why_time_json(const struct why_view *view)
{
    const struct why *why = view->why;
    const struct time_facts *t = &why->facts.facts.time;
    const struct window_view *w = &t->window;
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o,"
        " s:o, s:i}",
        "window", window_state_name(w->state), "zone", words_json_text(t->zone), "opens",
        words_json_time(w->opens_ms), "closes", words_json_time(w->closes_ms),
        "next_change", words_json_time(w->next_change_ms), "needed_ms",
        (json_int_t)w->needed_ms, "frozen_until", words_json_time(w->frozen_until_ms),
        "calendar", words_json_text(t->calendar), "calendar_scope",
        words_json_text(t->calendar_scope), "slot_from", words_json_time(t->slot.from_ms),
        "slot_until", words_json_time(t->slot.until_ms), "slot_spread_ms",
        (json_int_t)t->slot.spread_ms, "override_until",
        words_json_time(t->override_until_ms), "override_reason",
        words_json_text(t->override_reason), "override_actor",
        words_json_text(t->override_actor), "clock_not_trusted",
        words_json_text(t->clock), "approval_ended",
        words_json_time(t->approval_ended_ms), "targets_before_it", why->queue);
}
