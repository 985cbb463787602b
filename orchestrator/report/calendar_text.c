/*
 * calendar_text.c - which calendars bind, and the next openings, for people
 * (calendar.h): local time first, because that is what the owner of an appliance
 * knows, and UTC beside it, because that is what logs know.
 */
#include <string.h>

#include "report/calendar.h"
#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/timefmt.h"

#define DIGEST_SHOWN 8

static const char *took(int64_t ms, char *out, size_t size)
{
    return duration_format(ms, out, size);
}

/* ---- openings ---- */

static void add_remarks(const struct calendar_view *view,
                        const struct calendar_opening *opening, struct buf *out)
{
    char needed[32];
    if (opening->span.from_ms <= view->now_ms)
        buf_adds(out, "open now");
    if (opening->too_short)
        buf_addf(out, "%stoo short: %s are needed", out->length ? "; " : "",
                 took(view->needed_ms, needed, sizeof needed));
    if (opening->cut)
        buf_addf(out, "%sa freeze cuts it", out->length ? "; " : "");
    if (opening->note)
        buf_addf(out, "%s%s", out->length ? "; " : "", opening->note);
}

static void add_opening(const struct calendar_view *view,
                        const struct calendar_opening *opening, struct table *table)
{
    auto_buf struct buf remarks = {0};
    char from[32], until[32], length[32];
    add_remarks(view, opening, &remarks);
    table_add(table, opening->from);
    table_add(table, opening->until);
    table_add(table, took(opening->span.until_ms - opening->span.from_ms, length,
                          sizeof length));
    table_add(table, time_minute(opening->span.from_ms, from, sizeof from));
    table_add(table, time_minute(opening->span.until_ms, until, sizeof until));
    table_add(table, opening->summary);
    table_add(table, buf_text(&remarks));
}

static void write_openings(const struct calendar_view *view, const struct layout *layout)
{
    static const char *const heads[] = {"opens",        "closes", "length", "opens (UTC)",
                                        "closes (UTC)", "event",  ""};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    bool events = false;
    for (size_t i = 0; i < view->opening_count; i++)
        events = events || view->openings[i].summary;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, i == 5 && !events ? NULL : heads[i]);
    for (size_t i = 0; i < view->opening_count; i++)
        add_opening(view, &view->openings[i], &table);
    table_write(&table, 0, table_rows(&table), "  ", layout);
}

static void write_no_opening(const struct calendar_view *view,
                             const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char horizon[32];
    if (view->always) {
        buf_adds(&text, "No window binds it: open at any time");
        buf_adds(&text, view->binding_count ? ", but for freezes." : ".");
    } else if (view->horizon_ms) {
        buf_addf(&text, "Never opens before %s.",
                 time_minute(view->horizon_ms, horizon, sizeof horizon));
    } else {
        buf_adds(&text, "Never opens.");
    }
    layout_paragraph(layout, "", COLOUR_NONE, buf_text(&text));
}

/* What the times mean, once, below the table. */
static void write_legend(const struct calendar_view *view, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    char needed[32];
    buf_addf(&text, "Local times of %s", view->zone);
    if (view->zone_data && *view->zone_data)
        buf_addf(&text, " (time-zone data %s)", view->zone_data);
    if (view->needed_ms)
        buf_addf(&text, "; a change with its rollback needs %s",
                 took(view->needed_ms, needed, sizeof needed));
    buf_addc(&text, '.');
    buf_addc(layout->out, '\n');
    layout_paragraph(layout, "", COLOUR_DIM, buf_text(&text));
}

void calendar_next_text(const struct calendar_view *view, bool colour, struct buf *out)
{
    struct layout layout = {out, colour};
    auto_buf struct buf head = {0};
    buf_addf(&head, "Next openings of %s", view->subject);
    layout_paragraph(&layout, "", COLOUR_BOLD, buf_text(&head));
    if (view->opening_count)
        write_openings(view, &layout);
    if (!view->opening_count || view->always)
        write_no_opening(view, &layout);
    write_legend(view, &layout);
}

/* ---- bindings ---- */

static void add_binding(const struct calendar_view *view,
                        const struct calendar_binding *binding, struct table *table)
{
    table_add(table, binding->freeze ? "freeze" : "window");
    table_add(table, binding->scope);
    if (view->of_plan && binding->targets)
        table_addf(table, "%zu", binding->targets);
    else
        table_add(table, view->of_plan ? "-" : NULL);
    table_add(table, binding->now ? (binding->freeze ? "frozen" : "open")
                                  : (binding->freeze ? "-" : "closed"));
    table_add(table, binding->next_ms ? binding->next : "never changes");
    table_add(table, binding->zone);
    table_addf(table, "%.*s", DIGEST_SHOWN, binding->digest ? binding->digest : "-");
}

/* The source has a line of its own: paths are longer than columns. */
static void write_bindings(const struct calendar_view *view, const struct layout *layout)
{
    static const char *const heads[] = {"",      "binds", "targets", "now",
                                        "until", "zone",  "digest"};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads)};
    table.right[2] = true;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, i == 2 && !view->of_plan ? NULL : heads[i]);
    for (size_t i = 0; i < view->binding_count; i++)
        add_binding(view, &view->bindings[i], &table);
    table_write(&table, 0, 1, "  ", layout);
    for (size_t i = 0; i < view->binding_count; i++) {
        table_write(&table, i + 1, i + 2, "  ", layout);
        layout_line(layout, "      ", COLOUR_DIM, view->bindings[i].source);
    }
}

void calendar_show_text(const struct calendar_view *view, bool colour, struct buf *out)
{
    struct layout layout = {out, colour};
    auto_buf struct buf head = {0};
    buf_addf(&head, "Calendars of %s", view->subject);
    layout_paragraph(&layout, "", COLOUR_BOLD, buf_text(&head));
    if (view->binding_count)
        write_bindings(view, &layout);
    else
        layout_paragraph(&layout, "  ", COLOUR_NONE,
                         "No calendar binds it: open at any time.");
    if (view->unbound) {
        auto_buf struct buf text = {0};
        words_count(&text, (int)view->unbound, "target");
        buf_adds(&text, " without any calendar: open at any time");
        layout_paragraph(&layout, "  ", COLOUR_NONE, buf_text(&text));
    }
    if (view->opening_count) {
        layout_heading(&layout, "Next openings");
        write_openings(view, &layout);
    } else if (view->binding_count && !view->of_plan) {
        layout_heading(&layout, "Next openings");
        write_no_opening(view, &layout);
    }
    write_legend(view, &layout);
}
