/*
 * page_csv.c - the timetable for spreadsheets (RFC 4180): one line per target. Nothing in
 * it is taken for a formula.
 */
#include "report/page_html.h"
#include "util/auto.h"
#include "util/timefmt.h"

static void field(struct buf *out, const char *text)
{
    buf_adds(out, out->length && out->data[out->length - 1] != '\n' ? "," : "");
    page_csv_field(out, text);
}

static void add_instant(struct buf *out, int64_t at_ms)
{
    char at[32];
    field(out, at_ms ? time_iso(at_ms, at, sizeof at) : "");
}

static void add_row(const struct page *page, size_t i, struct buf *out)
{
    const struct plan_target *target = &page->plan->targets[i];
    const struct page_target *t = &page->targets[i];
    const struct plan_slot *slot = t->slot;
    const struct account *account = page->view->account;
    char at[PAGE_WHEN_MAX], spread[24] = "";
    auto_buf struct buf state = {0};
    field(out, target->name);
    field(out, page->plan->waves[target->wave].name);
    field(out, target->site);
    field(out, t->customer);
    field(out, target->version);
    field(out, page->version_to);
    field(out, page_state_word(page, i, &state));
    field(out, page_stamp(page->clock, slot ? slot->from_ms : 0, at));
    field(out, page_stamp(page->clock, slot ? slot->until_ms : 0, at));
    add_instant(out, slot ? slot->from_ms : 0);
    add_instant(out, slot ? slot->until_ms : 0);
    if (slot)
        (void)snprintf(spread, sizeof spread, "%lld",
                       (long long)(slot->spread_ms / MINUTE_MS));
    field(out, spread);
    add_instant(out, slot && page->time->min_notice_ms
                         ? slot->from_ms - page->time->min_notice_ms
                         : 0);
    add_instant(out, t->course ? t->course->began_ms : 0);
    add_instant(out, t->course && t->course->began_ms ? t->course->ended_ms : 0);
    field(out, account && i < account->target_count ? account->targets[i].reason : "");
    buf_adds(out, "\r\n");
}

void page_csv(const struct page_view *view, struct buf *out)
{
    static const char *const names[] = {"target",
                                        "wave",
                                        "site",
                                        "customer",
                                        "version_from",
                                        "version_to",
                                        "state",
                                        "planned_start_local",
                                        "planned_end_local",
                                        "planned_start",
                                        "planned_end",
                                        "spread_minutes",
                                        "notice_by",
                                        "began",
                                        "ended",
                                        "reason"};
    auto_page struct page page = {0};
    page_make(view, &page);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        field(out, names[i]);
    buf_adds(out, "\r\n");
    for (size_t i = 0; i < view->plan->target_count; i++)
        add_row(&page, i, out);
}
