/*
 * page_timetable.c - every target on one line: when, where, whose, what. The rows are
 * plain HTML; a few lines of script sort and filter them, and it reads as well without.
 */
#include <string.h>

#include "report/page_html.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/timefmt.h"

struct column {
    const char *name, *class;
};

static void add_heads(const struct page *page, struct buf *out)
{
    const struct column columns[] = {
        {"target", "c-name"},
        {page->has_slots ? "planned" : NULL, "c-when"},
        {page->has_slots ? "UTC" : NULL, "c-utc"},
        {page->began_ms ? "began" : NULL, "c-when"},
        {page->began_ms ? "ended" : NULL, "c-end"},
        {"wave", "c-wave"},
        {"site", "c-site"},
        {"customer", "c-cust"},
        {"version", "c-ver"},
        {page->has_slots && !page->began_ms ? "calendar" : NULL, "c-cal"},
        {"state", "c-state"}};
    buf_adds(out, "<thead><tr>");
    for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
        if (columns[i].name)
            buf_addf(out, "<th scope=\"col\" class=\"%s\">%s</th>", columns[i].class,
                     columns[i].name);
    }
    buf_adds(out, "</tr></thead>");
}

static void add_cell(struct buf *out, const char *class, const char *label,
                     const char *text)
{
    buf_addf(out, "<td class=\"%s\" data-l=\"%s\">", class, label);
    page_text(out, text);
    buf_adds(out, "</td>");
}

static void add_slot(const struct page *page, size_t i, struct buf *out)
{
    const struct plan_slot *slot = page->targets[i].slot;
    char range[PAGE_RANGE_MAX], utc[32];
    if (!slot) {
        buf_adds(out, "<td class=\"c-when\" data-l=\"planned\">no slot</td><td "
                      "class=\"c-utc\" data-l=\"UTC\"></td>");
        return;
    }
    buf_addf(
        out, "<td class=\"c-when\" data-l=\"planned\">%s",
        page_range(page->clock, &(struct span){slot->from_ms, slot->until_ms}, range));
    buf_addf(out, "</td><td class=\"c-utc\" data-l=\"UTC\">%s</td>",
             time_minute(slot->from_ms, utc, sizeof utc));
}

static void add_course(const struct page *page, size_t i, struct buf *out)
{
    const struct page_course *course = page->targets[i].course;
    char at[PAGE_WHEN_MAX];
    int64_t began_ms = course ? course->began_ms : 0;
    int64_t ended_ms = course && began_ms ? course->ended_ms : 0;
    add_cell(out, "c-when", "began", page_stamp(page->clock, began_ms, at));
    add_cell(out, "c-end", "ended",
             ended_ms ? page_until(page->clock, began_ms, ended_ms, at) : "");
}

static void add_version(const struct page *page, size_t i, struct buf *out)
{
    const char *from = page->plan->targets[i].version;
    buf_adds(out, "<td class=\"c-ver\" data-l=\"version\">");
    page_text(out, *from ? from : "not known");
    if (*page->version_to) {
        buf_adds(out, "&nbsp;→ ");
        page_text(out, page->version_to);
    }
    buf_adds(out, "</td>");
}

/* "customer=acme" of the most particular window, and how many more there are. */
static void add_calendar(const struct page *page, size_t i, struct buf *out)
{
    int index = i < page->time->slot_count ? page->time->slots[i].timetable : -1;
    buf_adds(out, "<td class=\"c-cal\" data-l=\"calendar\">");
    if (index < 0 || (size_t)index >= page->time->timetable_count) {
        buf_adds(out, "any time</td>");
        return;
    }
    const struct timetable *table = &page->time->timetables[index];
    size_t windows = 0;
    const char *scope = NULL;
    for (size_t k = 0; k < table->calendar_count; k++) {
        const struct plan_calendar *c = &page->time->calendars[table->calendars[k]];
        if (c->freeze)
            continue;
        windows++;
        if (!scope || strchr(c->scope, '='))
            scope = c->scope;
    }
    if (index < PAGE_TIMETABLES_SHOWN)
        buf_addf(out, "<a href=\"#c%d\">", index);
    page_text(out, scope ? scope : "any time, but freezes");
    if (windows > 1)
        buf_addf(out, " +%zu", windows - 1);
    buf_adds(out, index < PAGE_TIMETABLES_SHOWN ? "</a></td>" : "</td>");
}

static void add_row(const struct page *page, size_t i, struct buf *out)
{
    const struct plan_target *target = &page->plan->targets[i];
    const struct page_target *t = &page->targets[i];
    auto_buf struct buf state = {0};
    buf_addf(out, "<tr><th scope=\"row\" class=\"c-name\"><a href=\"#t%zu\">", i);
    page_text(out, target->name);
    buf_adds(out, "</a></th>");
    if (page->has_slots)
        add_slot(page, i, out);
    if (page->began_ms)
        add_course(page, i, out);
    add_cell(out, "c-wave", "wave", page->plan->waves[target->wave].name);
    add_cell(out, "c-site", "site", target->site);
    add_cell(out, "c-cust", "customer", t->customer);
    add_version(page, i, out);
    if (page->has_slots && !page->began_ms)
        add_calendar(page, i, out);
    buf_addf(out,
             "<td class=\"c-state %s\" data-l=\"state\"><span "
             "aria-hidden=\"true\">%s</span> %s</td></tr>\n",
             page_state_class(t->state), page_state_sign(t->state),
             page_state_word(page, i, &state));
}

void page_timetable_html(const struct page *page, struct buf *out)
{
    page_section(out, "timetable", "Timetable");
    if (page->has_slots) {
        buf_adds(out, "<p>Times are local in the zone ");
        page_text(out, page->clock->zone);
        buf_adds(out, ".</p>");
    } else {
        buf_adds(out, "<p class=\"none\">This plan has no slots: it was not made with "
                      "calendars, so that nobody can say in which night a target goes. "
                      "The order is that of the plan.</p>");
    }
    buf_adds(out, "<div id=\"filter\" hidden></div>");
    buf_addf(out,
             "<table class=\"rows%s%s\" id=\"rows\"><caption>%zu targets in the "
             "order of the plan</caption>",
             page->has_slots ? " slots" : "", page->began_ms ? " real" : "",
             page->plan->target_count);
    add_heads(page, out);
    buf_adds(out, "<tbody>\n");
    for (size_t i = 0; i < page->plan->target_count; i++)
        add_row(page, i, out);
    buf_adds(out, "</tbody></table>");
    page_section_end(out);
}
