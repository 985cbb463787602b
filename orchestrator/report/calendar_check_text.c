/*
 * calendar_check_text.c - what calendar check found, for people and as JSON
 * (calendar.h).
 */
#include "report/calendar.h"
#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/timefmt.h"

#define STARVED_SHOWN 50

static void write_answer(const struct calendar_check_view *view,
                         const struct calendar_checked *item, const struct layout *layout)
{
    const struct calendar_answer *answer = &item->answer;
    auto_buf struct buf text = {0};
    char at[32], change[32];
    buf_addf(&text, "%s at %s (%s)", answer->open ? "open" : "closed", item->at,
             time_minute(view->at_ms, at, sizeof at));
    if (answer->change_ms)
        buf_addf(&text, ", until %s (%s)", answer->change,
                 time_minute(answer->change_ms, change, sizeof change));
    else
        buf_adds(&text, ", and that does not change before the horizon");
    if (answer->why)
        buf_addf(&text, ": %s", answer->why);
    layout_line(layout, "  ", answer->open ? COLOUR_BOLD : COLOUR_YELLOW,
                buf_text(&text));
}

static void write_checked(const struct calendar_check_view *view,
                          const struct calendar_checked *item,
                          const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char shortest[32], longest[32];
    if (item->problem) {
        layout_line(layout, "", COLOUR_RED, item->problem);
        return;
    }
    if (item->target) {
        layout_line(layout, "", COLOUR_NONE, item->source);
        write_answer(view, item, layout);
        return;
    }
    buf_addf(&text, "%s: ", item->source);
    words_count(&text, (int)item->openings, "opening");
    buf_addf(&text, " in %d days", HORIZON_DAYS);
    if (item->openings) {
        buf_addf(&text, ", of %s",
                 duration_format(item->shortest_ms, shortest, sizeof shortest));
        if (item->longest_ms != item->shortest_ms)
            buf_addf(&text, " to %s",
                     duration_format(item->longest_ms, longest, sizeof longest));
    }
    buf_addf(&text, ", zone %s", item->zone);
    layout_line(layout, "", COLOUR_NONE, buf_text(&text));
    for (size_t i = 0; i < item->note_count; i++)
        layout_paragraph(layout, "  ", COLOUR_NONE, item->notes[i]);
    if (item->noted) {
        buf_reset(&text);
        buf_addf(&text, "%zu %s a change of the clock; the first: %s (%s): %s",
                 item->noted, item->noted == 1 ? "meets" : "meet", item->first_noted.from,
                 time_minute(item->first_noted.span.from_ms, longest, sizeof longest),
                 item->first_noted.note);
        layout_paragraph(layout, "  ", COLOUR_NONE, buf_text(&text));
    }
    if (item->asked)
        write_answer(view, item, layout);
}

static void write_starved(const struct calendar_check_view *view,
                          const struct layout *layout)
{
    static const char *const heads[] = {"target", "needs", "longest opening",
                                        "its calendars"};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    auto_buf struct buf text = {0};
    char until[32], needed[32], longest[32];
    int64_t end_ms = view->deadline_ms ? view->deadline_ms : view->horizon_ms;
    if (!view->starved_count) {
        buf_addf(&text, "each of %zu targets has an opening that is long enough before ",
                 view->targets);
        buf_addf(&text, "%s (%s)", view->end, time_minute(end_ms, until, sizeof until));
        layout_paragraph(layout, "", COLOUR_NONE, buf_text(&text));
        return;
    }
    words_count(&text, (int)view->starved_count, "target");
    buf_addf(&text, " of %zu never %s an opening that is long enough before %s (%s):",
             view->targets, view->starved_count == 1 ? "gets" : "get", view->end,
             time_minute(end_ms, until, sizeof until));
    layout_paragraph(layout, "", COLOUR_YELLOW, buf_text(&text));
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < view->starved_count && i < STARVED_SHOWN; i++) {
        const struct calendar_starved *s = &view->starved[i];
        table_add(&table, s->target);
        table_add(&table, duration_format(s->needed_ms, needed, sizeof needed));
        table_add(&table, s->longest_ms
                              ? duration_format(s->longest_ms, longest, sizeof longest)
                              : "none");
        table_add(&table, s->calendars);
    }
    table_write(&table, 0, table_rows(&table), "  ", layout);
    if (view->starved_count > STARVED_SHOWN)
        buf_addf(layout->out, "  … and %zu more: with --json\n",
                 view->starved_count - STARVED_SHOWN);
}

void calendar_check_text(const struct calendar_check_view *view, bool colour,
                         struct buf *out)
{
    struct layout layout = {out, colour};
    for (size_t i = 0; i < view->count; i++)
        write_checked(view, &view->items[i], &layout);
    if (view->planned)
        write_starved(view, &layout);
}

/* ---- JSON ---- */

static json_t *answer_json(const struct calendar_checked *item)
{
    if (!item->asked)
        return json_null();
    return json_pack("{s:b, s:o, s:o}", "open", item->answer.open, "why",
                     words_json_text(item->answer.why), "next_change",
                     words_json_time(item->answer.change_ms));
}

static json_t *checked_json(const struct calendar_checked *item)
{
    json_t *notes = json_array();
    for (size_t i = 0; i < item->note_count; i++)
        (void)json_array_append_new(notes, words_json_text(item->notes[i]));
    return json_pack("{s:o, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "source",
                     words_json_text(item->source), "good", !item->problem, "problem",
                     words_json_text(item->problem), "zone", words_json_text(item->zone),
                     "openings", (json_int_t)item->openings, "shortest_ms",
                     (json_int_t)item->shortest_ms, "longest_ms",
                     (json_int_t)item->longest_ms, "openings_with_clock_change",
                     (json_int_t)item->noted, "first_clock_change",
                     words_json_text(item->first_noted.note), "notes", notes, "answer",
                     answer_json(item));
}

static json_t *starved_json(const struct calendar_starved *starved)
{
    return json_pack("{s:o, s:I, s:I, s:o}", "target", words_json_text(starved->target),
                     "needed_ms", (json_int_t)starved->needed_ms, "longest_opening_ms",
                     (json_int_t)starved->longest_ms, "calendars",
                     words_json_text(starved->calendars));
}

char *calendar_check_json(const struct calendar_check_view *view)
{
    json_t *items = json_array(), *starved = json_array();
    for (size_t i = 0; i < view->count; i++)
        (void)json_array_append_new(items, checked_json(&view->items[i]));
    for (size_t i = 0; i < view->starved_count; i++)
        (void)json_array_append_new(starved, starved_json(&view->starved[i]));
    auto_json json_t *json =
        json_pack("{s:i, s:o, s:o, s:o}", "schema_version", CALENDAR_JSON_SCHEMA, "at",
                  words_json_time(view->at_ms), "checked", items, "starved", starved);
    if (view->planned) {
        (void)json_object_set_new(json, "targets",
                                  json_integer((json_int_t)view->targets));
        (void)json_object_set_new(json, "deadline", words_json_time(view->deadline_ms));
        (void)json_object_set_new(json, "horizon", words_json_time(view->horizon_ms));
    }
    return json_pretty(json);
}
