/*
 * page_html.c - the frame of the report: its head with the policy that forbids every
 * load, its navigation, its sections in order, and where it comes from.
 */
#include "report/page_html.h"

#include <string.h>

#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

#define COMMANDS_SHOWN 200

void page_section(struct buf *out, const char *id, const char *title)
{
    buf_addf(out, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s</h2>\n",
             id, id, id, title);
}

void page_section_end(struct buf *out)
{
    buf_adds(out, "</section>\n");
}

/* ---- where it comes from ---- */

static void add_term(struct buf *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buf_addf(out, "<div><dt>%s</dt><dd>", name);
    page_prose(out, value);
    buf_adds(out, "</dd></div>");
}

static void add_origin(const struct page *page, struct buf *out)
{
    const struct plan *plan = page->plan;
    const struct plan_time *time = page->time;
    char at[PAGE_WHEN_MAX], until[PAGE_WHEN_MAX];
    auto_buf struct buf made = {0}, zone = {0}, vars = {0};
    auto_json json_t *values =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    buf_addf(&made, "%s by %s", page_when(page->clock, plan->created_ms, at),
             plan->created_by ? plan->created_by : "nobody known");
    page_members(&vars, values);
    buf_addf(&zone, "%s, %s", page->clock->zone,
             time->zone_data && *time->zone_data ? "time-zone data "
                                                 : "time-zone data not "
                                                   "recorded");
    buf_adds(&zone, time->zone_data ? time->zone_data : "");
    buf_adds(out, "<dl class=\"facts\">");
    add_term(out, "plan digest", plan->digest);
    add_term(out, "plan made", buf_text(&made));
    add_term(out, "report made", page_when(page->clock, page->view->now_ms, until));
    add_term(out, "playbook", plan->playbook.name);
    add_term(out, "playbook digest", plan->playbook.digest);
    add_term(out, "campaign digest", plan->campaign_digest);
    add_term(out, "fleet digest", plan->fleet_digest);
    add_term(out, "variables", buf_text(&vars));
    add_term(out, "slipway", plan->slipway_version);
    add_term(out, "zone", buf_text(&zone));
    if (time->horizon_ms)
        add_term(out, "calendars read until",
                 page_when(page->clock, time->horizon_ms, at));
    add_term(out, "approval", plan->approval_required ? "required" : "not asked for");
    add_term(out, "pinned in", page->view->plan_file);
    add_term(out, "this report again", page->view->again);
    buf_adds(out, "</dl>");
}

static void add_moves(const struct page *page, const char *heading,
                      const struct account_move *moves, size_t count, bool who,
                      struct buf *out)
{
    char at[PAGE_WHEN_MAX];
    if (!count)
        return;
    buf_addf(out, "<h3>%s</h3><ol class=\"moments\">", heading);
    for (size_t i = 0; i < count && i < COMMANDS_SHOWN; i++) {
        buf_addf(out, "<li>%s ", page_stamp(page->clock, moves[i].at_ms, at));
        if (who) {
            page_text(out, moves[i].who);
            buf_adds(out, ": ");
        }
        page_prose(out, moves[i].what);
        if (moves[i].actor) {
            buf_adds(out, ", by ");
            page_text(out, moves[i].actor);
        }
        buf_adds(out, "</li>");
    }
    buf_adds(out, "</ol>");
    if (count > COMMANDS_SHOWN)
        buf_addf(out, "<p>%zu more: slipway events</p>", count - COMMANDS_SHOWN);
}

void page_about_html(const struct page *page, struct buf *out)
{
    const struct account *account = page->view->account;
    page_section(out, "about", "Where this comes from");
    add_origin(page, out);
    if (account) {
        add_moves(page, "Campaign and waves", account->timeline, account->timeline_count,
                  true, out);
        add_moves(page, "Who did what", account->commands, account->command_count, false,
                  out);
    }
    buf_adds(out,
             "<p>The digest covers every target, version, step, calendar and slot of "
             "the plan: two reports with the same digest tell of the same plan.</p>");
    page_section_end(out);
}

/* ---- the frame ---- */

static void add_head(const struct page *page, struct buf *out)
{
    buf_adds(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
             "&#39;none&#39;; style-src &#39;sha256-");
    page_csp_hash(out, page_css);
    buf_adds(out, "&#39;; script-src &#39;sha256-");
    page_csp_hash(out, page_js);
    buf_adds(out, "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, "
                  "initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<meta "
                  "name=\"generator\" content=\"slipway\">\n<title>");
    page_text(out, page->plan->campaign);
    buf_adds(out, page->view->account ? " – campaign" : " – plan");
    buf_addf(out, "</title>\n<style>%s</style>\n</head>\n", page_css);
}

static void add_title(const struct page *page, struct buf *out)
{
    const struct account *account = page->view->account;
    char at[PAGE_WHEN_MAX];
    auto_buf struct buf state = {0};
    buf_addf(out, "<header><p class=\"kind\">%s</p><h1>",
             !account      ? "Dry-run report: nothing has been changed"
             : page->ended ? "Report of a finished campaign"
                           : "Report of a running campaign");
    page_text(out, page->plan->campaign);
    buf_adds(out, "</h1><p>");
    if (account) {
        words_state(&state, machine_state(&campaign_machine,
                                          (int)account->status.store.campaign.state));
        buf_adds(out, "State: <b>");
        page_text(out, buf_text(&state));
        buf_adds(out, "</b>. ");
    }
    buf_addf(out, "As of %s. Plan <code>%.12s</code></p></header>\n",
             page_when(page->clock, page->view->now_ms, at),
             page->plan->digest ? page->plan->digest : "not pinned");
}

/* Some sections are only there if there is something to tell. */
static bool has_section(const struct page *page, const char *id)
{
    if (!strcmp(id, "forecast"))
        return page->view->forecast != NULL;
    if (!strcmp(id, "links"))
        return page_has_links(page);
    if (!strcmp(id, "warnings"))
        return page_has_warnings(page);
    return strcmp(id, "evidence") != 0 || page_has_evidence(page);
}

static void add_navigation(const struct page *page, struct buf *out)
{
    static const char *const items[][2] = {
        {"summary", "Summary"},   {"timeline", "Timeline"},  {"timetable", "Timetable"},
        {"forecast", "Forecast"}, {"blast", "Blast radius"}, {"budgets", "Budgets"},
        {"links", "Link groups"}, {"warnings", "Warnings"},  {"evidence", "Evidence"},
        {"stops", "Stops"},       {"steps", "Steps"},        {"calendars", "Calendars"},
        {"targets", "Targets"},   {"about", "Origin"}};
    buf_adds(out, "<nav aria-label=\"Sections\"><ul>");
    for (size_t i = 0; i < ARRAY_LENGTH(items); i++)
        if (has_section(page, items[i][0]))
            buf_addf(out, "<li><a href=\"#%s\">%s</a></li>", items[i][0], items[i][1]);
    buf_adds(out, "</ul></nav>\n");
}

void page_html(const struct page_view *view, struct buf *out)
{
    auto_page struct page page = {0};
    page_make(view, &page);
    add_head(&page, out);
    buf_addf(out,
             "<body%s>\n<a class=\"skip\" href=\"#summary\">Skip to the summary</a>\n",
             view->plan->target_count > PAGE_LIST_MAX ? " class=\"many\"" : "");
    add_title(&page, out);
    add_navigation(&page, out);
    buf_adds(out, "<main>\n");
    page_summary_html(&page, out);
    page_timeline_html(&page, out);
    page_timetable_html(&page, out);
    page_forecast_html(&page, out);
    page_blast_html(&page, out);
    page_budget_html(&page, out);
    page_links_html(&page, out);
    page_warnings_html(&page, out);
    page_evidence_html(&page, out);
    page_stops_html(&page, out);
    page_steps_html(&page, out);
    page_calendars_html(&page, out);
    page_targets_html(&page, out);
    page_about_html(&page, out);
    auto_json json_t *data = page_schedule_of(&page);
    buf_adds(out, "</main>\n<script type=\"application/json\" id=\"data\">");
    page_script_json(out, data);
    buf_addf(out, "</script>\n<script>%s</script>\n</body>\n</html>\n", page_js);
}
