/*
 * page_markdown.c - the report as Markdown: what the HTML page says, without pictures.
 * The parts that plan_markdown and account_document already tell are theirs; here is the
 * schedule.
 */
#include <string.h>

#include "report/page_html.h"
#include "report/plan_text.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"

static void add_escaped(struct buf *out, const char *text)
{
    words_markdown(out, text, PAGE_PROSE_MAX);
}

static void add_cell(struct buf *out, const char *text)
{
    buf_addc(out, ' ');
    add_escaped(out, text ? text : "");
    buf_adds(out, " |");
}

static void add_sentence(void *data, const char *sentence)
{
    struct buf *out = data;
    add_escaped(out, sentence ? sentence : "");
    buf_addc(out, '\n');
}

static void add_actions(const struct page *page, struct buf *out)
{
    auto_page_actions struct page_actions actions = {0};
    char at[PAGE_WHEN_MAX];
    page_actions_make(page, &actions);
    if (!actions.count)
        return;
    buf_adds(out, "\n## Who must act\n\n| by | who | what |\n|---|---|---|\n");
    for (size_t i = 0; i < actions.count; i++) {
        const struct page_action *a = &actions.items[i];
        buf_addc(out, '|');
        add_cell(out, a->by_ms ? page_when(page->clock, a->by_ms, at) : a->when);
        add_cell(out, a->who);
        add_cell(out, a->what);
        if (a->late) { /* into the cell */
            out->length -= 2;
            buf_adds(out, " (too late already) |");
        }
        buf_addc(out, '\n');
    }
}

static void add_nights(const struct page *page, struct buf *out)
{
    const struct page_grouping *waves = &page->groupings[BY_WAVE];
    char day[PAGE_WHEN_MAX];
    if (!page->axis.count)
        return;
    buf_addf(out, "\n## %s\n\n| %s | planned | begun | waves |\n|---|--:|--:|---|\n",
             page->axis.weeks ? "Weeks" : "Nights",
             page->axis.weeks ? "week of" : "night");
    for (size_t i = 0; i < page->axis.count; i++) {
        const struct page_column *c = &page->axis.columns[i];
        auto_buf struct buf parts = {0};
        if (!c->planned && !c->began)
            continue;
        for (size_t w = 0; w < waves->count; w++) {
            const struct page_cell *cell = &waves->cells[w * page->axis.count + i];
            int count = page->has_slots ? cell->planned : cell->began;
            if (count)
                buf_addf(&parts, "%s%s %d", parts.length ? ", " : "", waves->names[w],
                         count);
        }
        buf_addf(out, "| %s | %d | %d |", page_day(c->day, day), c->planned, c->began);
        add_cell(out, buf_text(&parts));
        buf_addc(out, '\n');
    }
}

static void add_rows(const struct page *page, struct buf *out)
{
    char from[PAGE_WHEN_MAX], utc[32];
    if (!page->slots)
        return;
    buf_adds(out, "\n## Timetable\n\n| planned | UTC | target | wave | site | customer | "
                  "state |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < page->plan->target_count; i++) {
        const struct plan_target *target = &page->plan->targets[i];
        const struct page_target *t = &page->targets[i];
        auto_buf struct buf state = {0};
        buf_addf(out, "| %s | %s |",
                 t->slot ? page_stamp(page->clock, t->slot->from_ms, from) : "no slot",
                 t->slot ? time_minute(t->slot->from_ms, utc, sizeof utc) : "");
        add_cell(out, target->name);
        add_cell(out, page->plan->waves[target->wave].name);
        add_cell(out, target->site);
        add_cell(out, t->customer);
        add_cell(out, page_state_word(page, i, &state));
        buf_addc(out, '\n');
    }
}

static void add_rooms(const struct page *page, struct buf *out)
{
    char room[32];
    if (!page->store_count || !page->slots)
        return;
    buf_adds(out,
             "\n## Room for snapshots\n\n| where | targets | snapshots at once | room "
             "|\n|---|--:|--:|--:|\n");
    for (size_t i = 0; i < page->store_count; i++) {
        const struct page_store *s = &page->stores[i];
        int count = s->planned.peak * page->snapshots_each;
        int64_t bytes = count * page->plan->playbook.snapshot_room_bytes;
        buf_addc(out, '|');
        add_cell(out, *s->name ? s->name : "datastore not named");
        buf_addf(out, " %d | %d | %s |\n", s->targets, count,
                 bytes ? words_bytes(bytes, room, sizeof room) : "not asked for");
    }
}

void page_markdown(const struct page_view *view, struct buf *out)
{
    auto_page struct page page = {0};
    page_make(view, &page);
    if (view->account) {
        auto_document struct document document = {.count = 0};
        account_document(view->account, &document);
        document_markdown(&document, out);
    } else {
        plan_markdown(&(struct plan_view){.plan = view->plan,
                                          .notes = view->notes,
                                          .local = view->zone_local},
                      out);
    }
    buf_adds(out, "\n## Schedule\n\n");
    page_summary_sentences(&page, add_sentence, out);
    add_actions(&page, out);
    add_nights(&page, out);
    add_rows(&page, out);
    add_rooms(&page, out);
}
