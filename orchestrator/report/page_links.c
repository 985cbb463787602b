/*
 * page_links.c - link groups, warnings and kept evidence on the page: before the campaign
 * what each group will cost, afterwards what it did cost; what was warned of; and where logs
 * of failures lie. Each is left out if there is none.
 */
#include "report/page_html.h"

#include "report/links.h"
#include "report/words.h"
#include "util/auto.h"

/* A head that begins with > stands over numbers, to the right like them. */
static void begin_table(struct buf *out, const char *caption, const char *const *heads,
                        size_t count)
{
    buf_addf(
        out,
        "<div class=\"wide\"><table class=\"plain\"><caption>%s</caption><thead><tr>",
        caption);
    for (size_t i = 0; i < count; i++)
        buf_addf(out, "<th scope=\"col\"%s>%s</th>",
                 *heads[i] == '>' ? " class=\"r\"" : "", heads[i] + (*heads[i] == '>'));
    buf_adds(out, "</tr></thead><tbody>");
}

static void end_table(struct buf *out, size_t count, size_t shown, const char *more)
{
    buf_adds(out, "</tbody></table></div>");
    if (count > shown)
        buf_addf(out, "<p>%zu more: %s</p>", count - shown, more);
}

static void add_head(struct buf *out, const char *text)
{
    buf_adds(out, "<tr><th scope=\"row\">");
    page_text(out, text);
    buf_adds(out, "</th>");
}

static void add_cell(struct buf *out, const char *text)
{
    buf_adds(out, "<td>");
    page_prose(out, text);
    buf_adds(out, "</td>");
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- link groups, planned ---- */

static void add_planned_row(const struct page *page, size_t at, struct buf *out)
{
    const struct plan *plan = page->plan;
    const struct plan_unit *unit = &plan->units[at];
    const struct unit_facts *facts = &page->view->notes->facts.units[at];
    char took[WORDS_TIME_MAX];
    auto_buf struct buf members = {0}, along = {0};
    for (int i = unit->first; i < unit->first + unit->count; i++) {
        struct buf *list = plan->targets[i].companion ? &along : &members;
        buf_adds(list, list->length ? ", " : "");
        words_clean(list, plan->targets[i].name);
    }
    add_head(out, unit->name);
    add_cell(out, plan->waves[plan->targets[unit->first].wave].name);
    add_cell(out, buf_text(&members));
    add_cell(out, along.length ? buf_text(&along) : "–");
    const int64_t times_ms[] = {facts->down_ms, facts->down_worst_ms, facts->change_ms,
                                facts->needed_ms};
    for (size_t i = 0; i < ARRAY_LENGTH(times_ms); i++)
        buf_addf(out, "<td class=\"r\">%s</td>",
                 link_planned_took(times_ms[i], took, sizeof took));
    buf_adds(out, "</tr>");
}

static void add_planned(const struct page *page, struct buf *out)
{
    static const char *const heads[] = {
        "group",    "wave",          "members",      "only along", ">all down, about",
        ">at most", ">then changed", ">window needs"};
    size_t count = smaller(page->plan->unit_count, page->view->notes->facts.unit_count);
    begin_table(out, "What each group will cost", heads, ARRAY_LENGTH(heads));
    for (size_t i = 0; i < smaller(count, PAGE_LIST_MAX); i++)
        add_planned_row(page, i, out);
    end_table(out, count, PAGE_LIST_MAX, "slipway plan --json");
}

/* ---- link groups, as it went ---- */

static const char *sign_of(const struct link_report *link)
{
    static const char *const signs[] = {
        "", "", "", "<span class=\"s3\" aria-hidden=\"true\">✓ </span>",
        "<span class=\"s2\" aria-hidden=\"true\">✗ </span>"};
    return signs[link->replication];
}

static void add_verdict(const struct link_report *link, struct buf *out)
{
    auto_buf struct buf replication = {0}, back = {0};
    link_replication_words(link, &replication);
    link_back_words(link, &back);
    buf_addf(out, "<td>%s", sign_of(link));
    page_prose(out, buf_text(&replication));
    buf_adds(out, "</td>");
    add_cell(out, buf_text(&back));
}

static void add_outage(const struct page *page, const struct link_report *link,
                       const struct link_outage *o, bool last, struct buf *out)
{
    char at[PAGE_WHEN_MAX], took[WORDS_TIME_MAX];
    auto_buf struct buf planned = {0};
    link_planned_words(link, o, &planned);
    add_head(out, link->name);
    add_cell(out, link_outage_words(o));
    add_cell(out, page_stamp(page->clock, o->down_ms, at));
    add_cell(out, o->back_ms ? page_until(page->clock, o->down_ms, o->back_ms, at)
                             : link_away_words(link));
    buf_addf(out, "<td class=\"r\">%s</td>",
             o->back_ms ? words_took(o->back_ms - o->down_ms, took, sizeof took) : "");
    add_cell(out, buf_text(&planned));
    if (last)
        add_verdict(link, out);
    else
        buf_adds(out, "<td></td><td></td>");
    buf_adds(out, "</tr>");
}

static void add_outages(const struct page *page, const struct link_reports *links,
                        struct buf *out)
{
    static const char *const heads[] = {"group", "down for", "from",        "back",
                                        ">took", "planned",  "replication", "put back"};
    size_t count = 0;
    for (size_t i = 0; i < links->count; i++)
        count += links->items[i].outage_count;
    if (!count)
        return;
    begin_table(out, "When all of a group was down", heads, ARRAY_LENGTH(heads));
    size_t shown = 0;
    for (size_t i = 0; i < links->count; i++) {
        const struct link_report *link = &links->items[i];
        for (size_t k = 0; k < link->outage_count && shown < PAGE_LIST_MAX; k++, shown++)
            add_outage(page, link, &link->outages[k], k + 1 == link->outage_count, out);
    }
    end_table(out, count, PAGE_LIST_MAX, "slipway report --json");
}

static void add_groups(const struct link_reports *links, struct buf *out)
{
    static const char *const heads[] = {"group", "wave", "state", "members"};
    begin_table(out, "Who is in them", heads, ARRAY_LENGTH(heads));
    for (size_t i = 0; i < smaller(links->count, PAGE_LIST_MAX); i++) {
        const struct link_report *link = &links->items[i];
        auto_buf struct buf state = {0}, members = {0};
        words_state(&state, machine_state(&group_machine, (int)link->state));
        link_members_words(link, &members);
        if (!link->outage_count)
            buf_adds(&state, ", nobody was shut down");
        add_head(out, link->name);
        add_cell(out, link->wave);
        add_cell(out, buf_text(&state));
        add_cell(out, buf_text(&members));
        buf_adds(out, "</tr>");
    }
    end_table(out, links->count, PAGE_LIST_MAX, "slipway report --json");
}

bool page_has_links(const struct page *page)
{
    const struct account *account = page->view->account;
    return account ? account->links.count > 0
                   : page->plan->unit_count && page->view->notes->facts.unit_count;
}

void page_links_html(const struct page *page, struct buf *out)
{
    const struct account *account = page->view->account;
    if (!page_has_links(page))
        return;
    page_section(out, "links", "Link groups");
    buf_adds(out, "<p>The members of a link group are shut down, snapshotted and started "
                  "together, changed one after another, and put back together.</p>");
    if (account) {
        add_groups(&account->links, out);
        add_outages(page, &account->links, out);
    } else {
        add_planned(page, out);
    }
    page_section_end(out);
}

/* ---- warnings ---- */

bool page_has_warnings(const struct page *page)
{
    return page->view->account && page->view->account->warned.count;
}

void page_warnings_html(const struct page *page, struct buf *out)
{
    static const char *const heads[] = {"asked by", ">targets", "found", "what to do",
                                        "whom"};
    if (!page_has_warnings(page))
        return;
    const struct warned *warned = &page->view->account->warned;
    page_section(out, "warnings", "Warnings");
    buf_addf(out,
             "<p>What did not stop %d %s, and wants somebody's attention all the "
             "same.</p>",
             warned->targets, warned->targets == 1 ? "target" : "targets");
    begin_table(out, "What was warned of", heads, ARRAY_LENGTH(heads));
    for (size_t i = 0; i < smaller(warned->count, PAGE_LIST_MAX); i++) {
        const struct warned_finding *f = &warned->items[i];
        auto_buf struct buf names = {0};
        warned_names(f, &names);
        add_head(out, f->id);
        buf_addf(out, "<td class=\"r\">%d</td>", f->count);
        add_cell(out, f->text);
        add_cell(out, f->advice ? f->advice : "");
        add_cell(out, buf_text(&names));
        buf_adds(out, "</tr>");
    }
    end_table(out, warned->count, PAGE_LIST_MAX, "slipway report --json");
    page_section_end(out);
}

/* ---- evidence ---- */

bool page_has_evidence(const struct page *page)
{
    return page->view->account && page->view->account->kept.count;
}

void page_evidence_html(const struct page *page, struct buf *out)
{
    static const char *const heads[] = {"target", "step",  "when",
                                        ">files", ">size", ">not to be had"};
    char at[PAGE_WHEN_MAX], size[32];
    if (!page_has_evidence(page))
        return;
    const struct kept *kept = &page->view->account->kept;
    page_section(out, "evidence", "Evidence");
    buf_adds(out,
             "<p>Logs that were kept before a rollback took them away. To read them: "
             "<code>");
    page_prose(out, page->view->command ? page->view->command : "slipway");
    buf_adds(out, " why TARGET --logs</code></p>");
    begin_table(out, "What was kept of whom", heads, ARRAY_LENGTH(heads));
    for (size_t i = 0; i < smaller(kept->count, PAGE_LIST_MAX); i++) {
        const struct kept_bundle *b = &kept->bundles[i];
        add_head(out, b->target);
        add_cell(out, b->step);
        add_cell(out, page_stamp(page->clock, b->at_ms, at));
        buf_addf(out,
                 "<td class=\"r\">%zu</td><td class=\"r\">%s</td><td "
                 "class=\"r\">%zu</td></tr>",
                 b->files, words_bytes(b->bytes, size, sizeof size), b->missing);
    }
    end_table(out, kept->count, PAGE_LIST_MAX, "slipway report --json");
    page_section_end(out);
}
