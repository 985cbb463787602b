/*
 * page_targets.c - the calendars, and every target's own page: its slot, its values for
 * the shared steps, the way to it, and what happened to it. Kept short, because there
 * may be thousands.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "report/plan_when.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

/* ---- calendars ---- */

static void add_opening(const struct page *page, const struct span *span, struct buf *out)
{
    char range[PAGE_RANGE_MAX];
    buf_adds(out, page_range(page->clock, span, range));
}

static void add_openings(const struct page *page, const struct timetable *table,
                         int64_t from_ms, const char *between, struct buf *out)
{
    size_t first = spans_find(&table->open, from_ms);
    for (size_t i = first; i < table->open.count && i < first + PAGE_OPENINGS_SHOWN;
         i++) {
        buf_adds(out, i > first ? between : "");
        add_opening(page, &table->open.items[i], out);
    }
    if (first >= table->open.count)
        buf_adds(out, "none before the calendars end");
}

static void add_calendar(const struct page *page, const struct plan_calendar *c,
                         struct buf *out)
{
    buf_addf(out, "<li>%s ", c->freeze ? "freeze" : "window");
    page_text(out, c->scope);
    buf_adds(out, ": <code>");
    page_text(out, c->source);
    buf_adds(out, "</code> in ");
    page_text(out, c->zone);
    if (c->digest && *c->digest) {
        buf_adds(out, ", digest ");
        page_short(out, c->digest, 12);
    }
    (void)page;
    buf_adds(out, "</li>");
}

void page_calendars_html(const struct page *page, struct buf *out)
{
    page_section(out, "calendars", "Calendars");
    if (!page->has_slots || !page->time->timetable_count) {
        buf_adds(out, "<p class=\"none\">No window and no freeze binds this plan.</p>");
        page_section_end(out);
        return;
    }
    buf_adds(out,
             "<p>Each combination of calendars that some target has, worked out when "
             "the plan was made. All scopes must be open; a freeze beats every "
             "window.</p><ul class=\"tables\">");
    for (size_t i = 0; i < page->time->timetable_count && i < PAGE_TIMETABLES_SHOWN;
         i++) {
        const struct timetable *table = &page->time->timetables[i];
        buf_addf(out, "<li id=\"c%zu\"><ul>", i);
        for (size_t k = 0; k < table->calendar_count; k++)
            add_calendar(page, &page->time->calendars[table->calendars[k]], out);
        buf_adds(out, "</ul><p>Next openings: ");
        add_openings(page, table,
                     page->view->account ? page->view->now_ms : page->plan->created_ms,
                     "; ", out);
        buf_adds(out, "</p></li>");
    }
    buf_adds(out, "</ul>");
    if (page->time->timetable_count > PAGE_TIMETABLES_SHOWN)
        buf_addf(out, "<p>%zu more combinations.</p>",
                 page->time->timetable_count - PAGE_TIMETABLES_SHOWN);
    page_section_end(out);
}

/* ---- one target ---- */

static void open_term(struct buf *out, const char *name)
{
    buf_addf(out, "<dt>%s</dt><dd>", name);
}

static void add_term(struct buf *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    open_term(out, name);
    page_prose(out, value);
    buf_adds(out, "</dd>");
}

static void add_slot(const struct page *page, size_t i, struct buf *out)
{
    const struct plan_slot *slot = page->targets[i].slot;
    char range[PAGE_RANGE_MAX], from[PAGE_WHEN_MAX], text[64];
    if (!page->has_slots)
        return;
    open_term(out, "slot");
    if (!slot) {
        buf_adds(out, "none was found</dd>");
        return;
    }
    buf_addf(
        out, "%s (%s)",
        page_range(page->clock, &(struct span){slot->from_ms, slot->until_ms}, range),
        time_minute(slot->from_ms, text, sizeof text));
    if (slot->spread_ms)
        buf_addf(out,
                 slot_is_early(page->plan, slot)
                     ? ", the start may come up to %s later"
                     : ", the start may move by %s either way",
                 duration_format(slot->spread_ms, text, sizeof text));
    if (slot->not_before_ms)
        buf_addf(out, ", not before %s, which its owner was told",
                 page_when(page->clock, slot->not_before_ms, from));
    buf_adds(out, "</dd>");
}

static void add_times(const struct page *page, size_t i, struct buf *out)
{
    if (i >= page->time->slot_count)
        return;
    const struct plan_slot *slot = &page->time->slots[i];
    if (slot->timetable >= 0 && (size_t)slot->timetable < page->time->timetable_count) {
        int64_t from_ms =
            page->view->account ? page->view->now_ms : page->plan->created_ms;
        open_term(out, "next openings");
        add_openings(page, &page->time->timetables[slot->timetable], from_ms, "; ", out);
        if (slot->timetable < PAGE_TIMETABLES_SHOWN)
            buf_addf(out, " (<a href=\"#c%d\">calendars</a>)", slot->timetable);
        buf_adds(out, "</dd>");
    }
    if (slot->pace >= 0 && (size_t)slot->pace < page->time->pace_count) {
        const struct plan_pace *pace = &page->time->paces[slot->pace];
        char change[32], needed[32];
        open_term(out, "takes");
        buf_addf(out, "typically %s, %s must fit (<a href=\"#p%d\">times</a>)</dd>",
                 duration_format(pace->change_ms, change, sizeof change),
                 duration_format(pace->needed_ms, needed, sizeof needed), slot->pace);
    }
}

/* How it is reached: parts of its document, on one line each. */
static void add_ways(const json_t *doc, struct buf *out)
{
    static const char *const parts[] = {"host", "kind", "labels", "ssh",
                                        "rest", "vm",   "manager"};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        const json_t *part = json_object_get(doc, parts[i]);
        auto_buf struct buf text = {0};
        if (!part || (json_is_object(part) && !json_object_size(part)))
            continue;
        if (json_is_object(part))
            page_members(&text, part);
        else
            page_flat(&text, parts[i], part);
        add_term(out, parts[i], buf_text(&text));
    }
}

static void add_values(const json_t *doc, const struct map *paths, struct buf *out)
{
    for (size_t i = 0; i < paths->count; i++) {
        auto_buf struct buf value = {0};
        page_target_value(doc, paths->keys[i], &value);
        buf_adds(out, "<dt>${target.");
        page_text(out, paths->keys[i]);
        buf_adds(out, "}</dt><dd data-p=\"target.");
        page_text(out, paths->keys[i]);
        buf_adds(out, "\">");
        page_prose(out, buf_text(&value));
        buf_adds(out, "</dd>");
    }
}

static void add_course(const struct page *page, size_t i, struct buf *out)
{
    const struct page_course *course = page->targets[i].course;
    char at[PAGE_WHEN_MAX];
    if (!course || !course->moment_count)
        return;
    buf_adds(out, "<dt>happened</dt><dd><ol class=\"moments\">");
    for (size_t k = 0; k < course->moment_count; k++) {
        const struct page_moment *m = &course->moments[k];
        buf_addf(out, "<li>%s ", page_stamp(page->clock, m->at_ms, at));
        page_prose(out, m->text);
        buf_adds(out, "</li>");
    }
    buf_adds(out, "</ol>");
    if (course->left_out) {
        buf_addf(out, "and %d more: %s events --target ", course->left_out, "slipway");
        page_text(out, page->plan->targets[i].name);
    }
    buf_adds(out, "</dd>");
}

static void add_target(const struct page *page, size_t i, const struct map *paths,
                       struct buf *out)
{
    const struct plan_target *target = &page->plan->targets[i];
    const struct page_target *t = &page->targets[i];
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    char at[PAGE_WHEN_MAX];
    auto_buf struct buf state = {0};
    buf_adds(out, "<details class=\"t\"><summary><b>");
    page_text(out, target->name);
    buf_adds(out, "</b> ");
    page_text(out, page->plan->waves[target->wave].name);
    if (t->slot)
        buf_addf(out, ", %s", page_stamp(page->clock, t->slot->from_ms, at));
    buf_addf(out, " <span class=\"%s\">%s %s</span></summary><dl id=\"t%zu\">",
             page_state_class(t->state), page_state_sign(t->state),
             page_state_word(page, i, &state), i);
    add_slot(page, i, out);
    add_term(out, "site", target->site);
    add_term(out, "version", *target->version ? target->version : "not known");
    add_term(out, "link group", target->link_group);
    add_times(page, i, out);
    add_ways(doc, out);
    add_values(doc, paths, out);
    add_course(page, i, out);
    buf_adds(out, "</dl></details>\n");
}

void page_targets_html(const struct page *page, struct buf *out)
{
    auto_map struct map paths = {0};
    page_target_paths(page->plan, &paths);
    page_section(out, "targets", "Targets");
    buf_adds(out,
             "<p>One for each: open it for its slot, its calendars, how it is reached "
             "and the values that it puts into the <a href=\"#steps\">steps</a>");
    buf_adds(out, page->view->account ? ", and what happened to it, when.</p>" : ".</p>");
    if (page->plan->target_count > PAGE_LIST_MAX)
        buf_adds(out,
                 "<p class=\"paper\">On paper they are left out: there are too many. "
                 "They are in the file.</p>");
    for (size_t i = 0; i < page->plan->target_count; i++)
        add_target(page, i, &paths, out);
    page_section_end(out);
}
