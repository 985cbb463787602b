/*
 * page_risk.c - how much is down at once, the arithmetic of the budgets, the room that
 * snapshots need, and everything that could stop it.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

#define DOMAINS_SHOWN 12
#define STORES_SHOWN  60

static bool same_wave_or_all(int wave, size_t wave_count)
{
    return wave < 0 || (size_t)wave < wave_count;
}

/* The notes of a kind as a list; false: there are none. */
static bool add_notes(const struct page *page, enum note_kind kind, const char *heading,
                      const char *sign, struct buf *out)
{
    const struct plan_notes *notes = page->view->notes;
    bool any = false;
    for (size_t i = 0; i < notes->count; i++) {
        const struct plan_note *note = &notes->items[i];
        if (note->kind != kind || !same_wave_or_all(note->wave, page->plan->wave_count))
            continue;
        if (!any)
            buf_addf(out, "<h3>%s</h3><ul class=\"notes\">", heading);
        any = true;
        buf_addf(out, "<li>%s", sign);
        page_prose(out, note->text);
        buf_adds(out, "</li>");
    }
    buf_adds(out, any ? "</ul>" : "");
    return any;
}

/* ---- blast radius ---- */

static void add_total_chart(const struct page *page, const struct page_plot *plot,
                            struct buf *out)
{
    char at[PAGE_WHEN_MAX];
    auto_buf struct buf desc = {0};
    auto_free char *cap = xasprintf("in_flight %d", page->plan->in_flight);
    buf_addf(&desc, "In flight may be %d at once.", page->plan->in_flight);
    if (page->planned.peak)
        buf_addf(&desc, " Planned: at most %d, first on %s.", page->planned.peak,
                 page_day(page->planned.peak_at, at));
    if (page->began_ms)
        buf_addf(&desc, " Really: at most %d.", page->actual.peak);
    buf_adds(out, "<h3>All targets in work</h3><p>");
    page_prose(out, buf_text(&desc));
    buf_adds(out, "</p>");
    page_chart_svg(plot,
                   &(struct page_chart){.id = "blast",
                                        .title = "Targets in work at once over time",
                                        .desc = buf_text(&desc),
                                        .planned = &page->planned,
                                        .actual = page->began_ms ? &page->actual : NULL,
                                        .cap = page->plan->in_flight,
                                        .cap_words = cap},
                   out);
}

static void add_domain_chart(const struct page *page, const struct page_plot *plot,
                             struct buf *out)
{
    char at[PAGE_WHEN_MAX];
    auto_buf struct buf desc = {0};
    if (page->worst_domain < 0)
        return;
    const struct plan_cap *cap = &page->plan->domains[page->worst_domain];
    auto_free char *words = xasprintf("max_unavailable %d", cap->max);
    buf_addf(
        &desc,
        "%s comes nearest to its cap: planned at most %d of %d at once, first on %s.",
        cap->key, page->worst_planned.peak, cap->max,
        page_day(page->worst_planned.peak_at, at));
    buf_adds(out, "<h3>The fullest domain: ");
    page_text(out, cap->key);
    buf_adds(out, "</h3><p>");
    page_prose(out, buf_text(&desc));
    buf_adds(out, "</p>");
    page_chart_svg(
        plot,
        &(struct page_chart){.id = "domain",
                             .title = "Targets of the fullest domain in work at once",
                             .desc = buf_text(&desc),
                             .planned = &page->worst_planned,
                             .actual = page->began_ms ? &page->worst_actual : NULL,
                             .cap = cap->max,
                             .cap_words = words},
        out);
}

struct ranked {
    size_t domain;
    int peak, planned;
};

static int fullest_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->planned != y->planned)
        return y->planned - x->planned;
    if (x->peak != y->peak)
        return y->peak - x->peak;
    return x->domain < y->domain ? -1 : 1;
}

static void add_domain_row(const struct page *page, const struct ranked *r,
                           struct buf *out)
{
    const struct plan_facts *facts = &page->view->notes->facts;
    const struct plan_cap *cap = &page->plan->domains[r->domain];
    const struct page_domain *domain = &page->domains[r->domain];
    char at[PAGE_WHEN_MAX];
    buf_adds(out, "<tr><th scope=\"row\">");
    page_text(out, cap->key);
    buf_addf(out, "</th><td class=\"r\">%d</td>",
             r->domain < facts->peak_count ? facts->peaks[r->domain].targets : 0);
    if (page->has_slots)
        buf_addf(out, "<td class=\"r\">%d</td><td>%s</td>", domain->planned,
                 domain->planned ? page_day(domain->at, at) : "");
    if (page->began_ms)
        buf_addf(out, "<td class=\"r\">%d</td>", domain->actual);
    buf_addf(out, "<td class=\"r\">%d</td><td class=\"r\">%d</td></tr>", r->peak,
             cap->max);
}

static void add_domains(const struct page *page, struct buf *out)
{
    const struct plan_facts *facts = &page->view->notes->facts;
    size_t count = page->plan->domain_count;
    auto_free struct ranked *order = xcalloc(count + 1, sizeof *order);
    for (size_t d = 0; d < count; d++)
        order[d] = (struct ranked){d, d < facts->peak_count ? facts->peaks[d].peak : 0,
                                   page->domains[d].planned};
    if (!count)
        return;
    qsort(order, count, sizeof *order, fullest_first);
    buf_adds(out,
             "<div class=\"wide\"><table class=\"plain\"><caption>Down at once, by "
             "domain, the fullest first</caption><thead><tr><th scope=\"col\">domain</th>"
             "<th scope=\"col\" class=\"r\">targets</th>");
    if (page->has_slots)
        buf_adds(
            out,
            "<th scope=\"col\" class=\"r\">planned at once</th><th scope=\"col\">first "
            "on</th>");
    if (page->began_ms)
        buf_adds(out, "<th scope=\"col\" class=\"r\">really</th>");
    buf_adds(out, "<th scope=\"col\" class=\"r\">at worst</th><th scope=\"col\" "
                  "class=\"r\">max_unavailable</th>"
                  "</tr></thead><tbody>");
    for (size_t i = 0; i < count && i < DOMAINS_SHOWN; i++)
        add_domain_row(page, &order[i], out);
    buf_adds(out, "</tbody></table></div>");
    if (count > DOMAINS_SHOWN)
        buf_addf(out, "<p>%zu more domains, none of them fuller.</p>",
                 count - DOMAINS_SHOWN);
}

void page_blast_html(const struct page *page, struct buf *out)
{
    struct page_plot plot = page_plot_of(page);
    page_section(out, "blast", "Blast radius");
    if (page->axis.count) {
        add_total_chart(page, &plot, out);
        add_domain_chart(page, &plot, out);
        buf_adds(out, "<ul class=\"legend\"><li><svg width=\"26\" height=\"12\" "
                      "aria-hidden=\"true\"><rect class=\"area\" width=\"26\" "
                      "height=\"12\"/></svg> planned</li>");
        if (page->began_ms)
            buf_adds(out,
                     "<li><svg width=\"26\" height=\"12\" aria-hidden=\"true\"><path "
                     "class=\"really\" d=\"M0 6H26\"/></svg> really</li>");
        buf_adds(
            out,
            "<li><svg width=\"26\" height=\"12\" aria-hidden=\"true\"><path "
            "class=\"cap\" d=\"M0 6H26\"/></svg> cap, drawn where it is near</li></ul>");
    } else {
        buf_adds(out,
                 "<p class=\"none\">Over time nothing can be said without slots; the "
                 "bounds below hold whatever happens.</p>");
    }
    add_domains(page, out);
    page_section_end(out);
}

/* ---- budgets ---- */

static void add_wave(const struct page *page, size_t i, struct buf *out)
{
    const struct plan_wave *wave = &page->plan->waves[i];
    const struct plan_facts *all = &page->view->notes->facts;
    struct wave_facts facts =
        i < all->wave_count ? all->waves[i] : (struct wave_facts){0};
    const struct account *account = page->view->account;
    auto_buf struct buf words = {0};
    char text[32];
    buf_addf(out, "<tr><td class=\"r\">%zu</td><th scope=\"row\">", i);
    page_text(out, wave->name);
    buf_addf(out,
             "</th><td class=\"r\">%d</td><td class=\"r\">%d</td><td class=\"r\">%d</td>"
             "<td class=\"r\">%s</td><td>%s</td><td>%s</td><td>",
             wave->count, facts.at_once, facts.down, share_text(facts.share, text),
             wave->soak_ms ? duration_format(wave->soak_ms, (char[32]){0}, 32) : "none",
             wave->gate ? "approval" : "none");
    budget_words(wave->budget, wave->count, wave->on_exceed, &words);
    page_text(out, buf_text(&words));
    buf_addf(out, "</td><td class=\"r\">%d</td>", facts.worst_failures);
    if (account && i < account->status.store.wave_count)
        buf_addf(out, "<td class=\"r\">%d</td>", account->status.store.waves[i].failed);
    buf_adds(out, "</tr>");
}

static void add_waves(const struct page *page, struct buf *out)
{
    buf_adds(
        out,
        "<div class=\"wide\"><table class=\"plain\"><caption>Waves and what each "
        "of them tolerates</caption><thead><tr><th scope=\"col\" class=\"r\">#</th><th "
        "scope=\"col\">wave</th><th scope=\"col\" class=\"r\">targets</th><th "
        "scope=\"col\" class=\"r\">at once</th><th scope=\"col\" class=\"r\">down at "
        "worst</th><th "
        "scope=\"col\" class=\"r\">of the fleet</th><th scope=\"col\">soak</th><th "
        "scope=\"col\">gate</th><th scope=\"col\">failures</th><th "
        "scope=\"col\" class=\"r\">can fail at worst</th>");
    if (page->view->account)
        buf_adds(out, "<th scope=\"col\" class=\"r\">failed</th>");
    buf_adds(out, "</tr></thead><tbody>");
    for (size_t i = 0; i < page->plan->wave_count; i++)
        add_wave(page, i, out);
    buf_adds(out, "</tbody></table></div>");
}

static void add_store(const struct page *page, const struct page_store *store,
                      struct buf *out)
{
    int64_t each = page->plan->playbook.snapshot_room_bytes * page->snapshots_each;
    int64_t most = each * store->planned.peak;
    char at[PAGE_WHEN_MAX], room[32];
    buf_adds(out, "<tr><th scope=\"row\">");
    page_text(out, *store->name ? store->name : "datastore not named");
    buf_addf(out, "</th><td class=\"r\">%d</td>", store->targets);
    if (page->has_slots) {
        buf_addf(out, "<td class=\"r\">%d</td><td class=\"r\">%s</td><td>%s</td><td>",
                 store->planned.peak * page->snapshots_each,
                 most ? words_bytes(most, room, sizeof room) : "not asked for",
                 store->planned.peak ? page_day(store->planned.peak_at, at) : "");
        auto_free char *title =
            xasprintf("Snapshots kept on %.100s over the nights, at most %d",
                      *store->name ? store->name : "all datastores",
                      store->planned.peak * page->snapshots_each);
        page_spark_svg(page, &store->planned, title, out);
        buf_adds(out, "</td>");
    }
    buf_adds(out, "</tr>");
}

static void add_stores(const struct page *page, struct buf *out)
{
    char room[32], ttl[32];
    buf_adds(out, "<h3>Snapshots and the room they need</h3>");
    if (!page->snapshots_each) {
        buf_adds(out, "<p>This playbook takes no snapshots.</p>");
        return;
    }
    buf_addf(out,
             "<p>At most %d %s of each target, kept until its soak is over and %s at "
             "most. ",
             page->snapshots_each, page->snapshots_each == 1 ? "snapshot" : "snapshots",
             duration_format(page->plan->playbook.snapshot_ttl_ms, ttl, sizeof ttl));
    if (page->plan->playbook.snapshot_room_bytes)
        buf_addf(
            out,
            "Room asked for: %s each; how large a snapshot really becomes, "
            "depends on what is written meanwhile.</p>",
            words_bytes(page->plan->playbook.snapshot_room_bytes, room, sizeof room));
    else
        buf_adds(out, "The playbook asks for no room (snapshot: room), so that the space "
                      "is not known here.</p>");
    buf_addf(out,
             "<div class=\"wide\"><table class=\"plain\"><caption>%s</caption><thead><tr>"
             "<th scope=\"col\">datastore or manager</th><th scope=\"col\" "
             "class=\"r\">targets</th>",
             page->has_slots ? "Most kept at once, by the plan's slots"
                             : "Where they lie");
    if (page->has_slots)
        buf_adds(out, "<th scope=\"col\" class=\"r\">snapshots at once</th><th "
                      "scope=\"col\" class=\"r\">room</th>"
                      "<th scope=\"col\">first on</th><th scope=\"col\">over time</th>");
    buf_adds(out, "</tr></thead><tbody>");
    for (size_t i = 0; i < page->store_count && i < STORES_SHOWN; i++)
        add_store(page, &page->stores[i], out);
    buf_adds(out, "</tbody></table></div>");
    if (page->store_count > STORES_SHOWN)
        buf_addf(out, "<p>%zu more.</p>", page->store_count - STORES_SHOWN);
}

void page_budget_html(const struct page *page, struct buf *out)
{
    auto_buf struct buf words = {0};
    page_section(out, "budgets", "Budgets and room");
    buf_addf(&words, "In %s mode ", budget_mode_name(page->plan->mode));
    campaign_budget_words(page->plan, &words);
    buf_adds(&words, page->plan->mode == BUDGET_STRICT
                         ? "; what is failed, in doubt or in flight counts, so that the "
                           "budget can never be exceeded."
                         : "; what is failed or in doubt counts.");
    buf_adds(out, "<p>");
    page_prose(out, buf_text(&words));
    buf_adds(out, "</p>");
    add_waves(page, out);
    (void)add_notes(page, NOTE_BUDGET, "The arithmetic", "", out);
    (void)add_notes(page, NOTE_DOMAIN, "Domains", "", out);
    (void)add_notes(page, NOTE_UNIT, "Link groups", "", out);
    (void)add_notes(page, NOTE_LIMIT, "Limits", "", out);
    add_stores(page, out);
    (void)add_notes(page, NOTE_SNAPSHOT, "About snapshots", "", out);
    page_section_end(out);
}

/* ---- what could stop it ---- */

static void add_starved(const struct page *page, struct buf *out)
{
    size_t count = page->plan->target_count - (size_t)page->slots, shown = 0;
    if (!page->has_slots || !count)
        return;
    buf_addf(out,
             "<h3>Targets without a slot</h3><p>No start that fits was found for %zu "
             "%s before %s.</p><ul class=\"notes\">",
             count, count == 1 ? "target" : "targets",
             page->time->deadline_ms ? "the deadline" : "the end of the calendars");
    for (size_t i = 0; i < page->plan->target_count && shown < PAGE_LIST_MAX; i++) {
        const struct plan_slot *slot = &page->time->slots[i];
        char needed[32], longest[32];
        if (page->targets[i].slot)
            continue;
        shown++;
        buf_addf(out, "<li>∅ <a href=\"#t%zu\">", i);
        page_text(out, page->plan->targets[i].name);
        buf_adds(out, "</a>: ");
        int64_t most_ms = page_longest_opening(page, slot);
        if (most_ms < page_needed(page, slot))
            buf_addf(out,
                     "its windows never open long enough: it needs %s, the longest "
                     "opening has %s",
                     duration_format(page_needed(page, slot), needed, sizeof needed),
                     duration_format(most_ms, longest, sizeof longest));
        else
            buf_adds(out, "its windows are long enough, but all starts in them are taken "
                          "by others, or too late");
        buf_adds(out, "</li>");
    }
    if (shown < count)
        buf_addf(out, "<li>%zu more</li>", count - shown);
    buf_adds(out, "</ul>");
}

static void add_failures(const struct page *page, struct buf *out)
{
    const struct account *account = page->view->account;
    if (!account || !account->failure_count)
        return;
    buf_adds(out, "<h3>What failed, by reason</h3><ul class=\"notes\">");
    for (size_t i = 0; i < account->failure_count && i < PAGE_LIST_MAX; i++) {
        const struct account_failure *f = &account->failures[i];
        buf_addf(out, "<li>✗ %d: ", f->count);
        page_prose(out, f->reason);
        buf_adds(out, " (");
        for (size_t k = 0; k < f->name_count; k++) {
            buf_adds(out, k ? ", " : "");
            page_text(out, f->names[k]);
        }
        buf_adds(out, f->count > (int)f->name_count ? " …)</li>" : ")</li>");
    }
    buf_adds(out, "</ul>");
}

void page_stops_html(const struct page *page, struct buf *out)
{
    page_section(out, "stops", "What could stop it");
    size_t before = out->length;
    add_failures(page, out);
    (void)add_notes(page, NOTE_STOP, "What would stop it as things stand", "! ", out);
    (void)add_notes(page, NOTE_WARNING, "Warnings", "! ", out);
    add_starved(page, out);
    (void)add_notes(page, NOTE_TIME, "About time", "", out);
    (void)add_notes(page, NOTE_TARGET, "About targets", "", out);
    if (out->length == before)
        buf_adds(out, page->view->notes->count
                          ? "<p>Nothing that was known when the plan was made. Licences, "
                            "room and health are asked for again on each appliance right "
                            "before its change, by the steps and checks below.</p>"
                          : "<p class=\"none\">The planner's remarks are not kept with a "
                            "campaign; they stand in the report that was made with the "
                            "plan.</p>");
    page_section_end(out);
}
