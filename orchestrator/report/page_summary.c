/*
 * page_summary.c - the first screen of a report: sentences that can be read aloud in a
 * minute, a few numbers, and who must act by when.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

/* ---- sentences ---- */

struct speaker {
    page_sentence_fn say;
    void *data;
};

__attribute__((format(printf, 2, 3))) static void say(const struct speaker *speaker,
                                                      const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    speaker->say(speaker->data, buf_text(&text));
}

static void say_what(const struct page *page, const struct speaker *s)
{
    const struct plan *plan = page->plan;
    const char *verb = page->ended ? "was to bring" : "brings";
    auto_buf struct buf what = {0};
    words_count(&what, (int)plan->target_count, "appliance");
    if (page->view->notes->facts.fleet_count > (int)plan->target_count)
        buf_addf(&what, " (of %d in the fleet)", page->view->notes->facts.fleet_count);
    if (*page->version_to)
        buf_addf(&what, " to version %s", page->version_to);
    say(s, "This campaign %s %s with the playbook %s, in %zu %s.", verb, buf_text(&what),
        plan->playbook.name, plan->wave_count, plan->wave_count == 1 ? "wave" : "waves");
}

static int64_t last_soak(const struct page *page)
{
    const struct plan *plan = page->plan;
    return plan->wave_count ? plan->waves[plan->wave_count - 1].soak_ms : 0;
}

static void say_when(const struct page *page, const struct speaker *s)
{
    char first[PAGE_WHEN_MAX], last[PAGE_WHEN_MAX], day[PAGE_WHEN_MAX], soak[32];
    if (!page->has_slots) {
        say(s, "It is not planned with calendars: a target goes as soon as its wave is "
               "open and there is room, at any hour.");
        return;
    }
    if (!page->slots) {
        say(s, "No target has a slot: nothing of it can start as things stand.");
        return;
    }
    say(s, "The first change %s planned for %s, the last one to end by %s.",
        page->started ? "was" : "is", page_when(page->clock, page->first_ms, first),
        page_when(page->clock, page->last_ms, last));
    if (!page->time->timetable_count && !page->started)
        say(s, "No window and no freeze binds it: these times hold if it is run at once, "
               "and move with its start.");
    if (last_soak(page))
        say(s, "After that the last wave is watched for %s.",
            duration_format(last_soak(page), soak, sizeof soak));
    say(s, "It takes %d %s; most start in the %s of %s, %d of them.", page->nights,
        page->axis.weeks    ? "weeks"
        : page->nights == 1 ? "night"
                            : "nights",
        page->axis.weeks ? "week" : "night",
        page_day(page->axis.columns[page->busiest].day, day),
        page->axis.columns[page->busiest].planned);
    if (page->slots < (int)page->plan->target_count)
        say(s, "%d %s no slot: see what could stop it.",
            (int)page->plan->target_count - page->slots,
            (int)page->plan->target_count - page->slots == 1 ? "target has"
                                                             : "targets have");
}

static void say_deadline(const struct page *page, const struct speaker *s)
{
    char at[PAGE_WHEN_MAX], by[32];
    int64_t deadline_ms = page->time->deadline_ms;
    int64_t end_ms = page->last_ms ? page->last_ms + last_soak(page) : 0;
    if (!deadline_ms)
        return;
    if (!end_ms)
        say(s, "The deadline is %s.", page_when(page->clock, deadline_ms, at));
    else if (end_ms <= deadline_ms)
        say(s, "The deadline, %s, leaves %s in hand.",
            page_when(page->clock, deadline_ms, at),
            duration_format(deadline_ms - end_ms, by, sizeof by));
    else
        say(s, "The deadline, %s, is missed by %s.",
            page_when(page->clock, deadline_ms, at),
            duration_format(end_ms - deadline_ms, by, sizeof by));
}

static void say_risk(const struct page *page, const struct speaker *s)
{
    const struct plan *plan = page->plan;
    const char *action = plan->on_exceed == ON_EXCEED_ABORT ? "is given up" : "pauses";
    int most = plan->in_flight;
    for (size_t i = 0; i < page->view->notes->facts.wave_count; i++) {
        if (!i)
            most = 0;
        if (page->view->notes->facts.waves[i].at_once > most)
            most = page->view->notes->facts.waves[i].at_once;
    }
    say(s, "At most %d %s changed at the same time.", most, most == 1 ? "is" : "are");
    if (plan->budget >= (int)plan->target_count)
        say(s, "No number of failures stops the campaign as a whole.");
    else if (!plan->budget)
        say(s, "No failure is tolerated: the first one, and the campaign %s.", action);
    else
        say(s, "At worst %d may fail in all; with one more the campaign %s.",
            plan->budget, action);
    if (plan->playbook.rollback == ROLLBACK_SNAPSHOT)
        say(s, "An appliance that fails its checks is put back by itself, from a "
               "snapshot taken before the change.");
    else if (plan->playbook.rollback == ROLLBACK_NATIVE)
        say(s, "An appliance that fails its checks is put back by its own steps.");
    else
        say(s, "There is no rollback: an appliance that fails its checks stays as it is, "
               "for a human.");
}

static void say_course(const struct page *page, const struct speaker *s)
{
    char at[PAGE_WHEN_MAX], late[32];
    auto_buf struct buf state = {0};
    if (!page->view->account)
        return;
    const struct store_campaign *c = &page->view->account->status.store.campaign;
    words_state(&state, machine_state(&campaign_machine, (int)c->state));
    page_when(page->clock, page->ended ? c->since_ms : page->view->now_ms, at);
    if (page->ended)
        say(s, "The campaign ended %s: %s.", at, buf_text(&state));
    else
        say(s, "As of %s the campaign is %s.", at, buf_text(&state));
    if (c->reason && *c->reason)
        say(s, "The reason: %s.", c->reason);
    say(s, "%d of %zu %s done, %d failed.", page->counts[PAGE_DONE],
        page->plan->target_count, page->counts[PAGE_DONE] == 1 ? "is" : "are",
        page->counts[PAGE_FAILED]);
    int busy = page->counts[PAGE_WORKING] + page->counts[PAGE_SOAKING];
    if (busy)
        say(s, "%d %s in work or being watched.", busy, busy == 1 ? "is" : "are");
    const struct status_time *t = &page->view->account->status.time;
    if (t->overruns)
        say(s, "%d %s went on after the window had closed, the longest for %s.",
            t->overruns, t->overruns == 1 ? "change" : "changes",
            words_took(t->longest_overrun_ms, late, sizeof late));
    if (page->ended && page->ended_ms && page->last_ms) {
        int64_t off_ms = page->ended_ms - page->last_ms;
        say(s, "The last change ended %s %s than planned.",
            duration_format(off_ms < 0 ? -off_ms : off_ms, late, sizeof late),
            off_ms < 0 ? "earlier" : "later");
    }
}

static void say_stops(const struct page *page, const struct speaker *s)
{
    const struct plan_notes *notes = page->view->notes;
    int stops = 0, warnings = 0;
    for (size_t i = 0; i < notes->count; i++) {
        stops += notes->items[i].kind == NOTE_STOP;
        warnings += notes->items[i].kind == NOTE_WARNING;
    }
    if (stops)
        say(s, "%d %s would stop it as things stand.", stops,
            stops == 1 ? "thing" : "things");
    if (warnings)
        say(s, "%d %s should be known before it begins.", warnings,
            warnings == 1 ? "thing" : "things");
}

void page_summary_sentences(const struct page *page, page_sentence_fn speak, void *data)
{
    struct speaker speaker = {speak, data};
    if (page->view->account) {
        say_course(page, &speaker);
        speak(data, NULL);
    }
    say_what(page, &speaker);
    say_when(page, &speaker);
    say_deadline(page, &speaker);
    speak(data, NULL);
    say_risk(page, &speaker);
    say_stops(page, &speaker);
}

/* ---- in HTML ---- */

static void add_sentence(void *data, const char *sentence)
{
    struct buf *out = data;
    if (!sentence) {
        buf_adds(out, "</p><p class=\"lead\">");
        return;
    }
    page_prose(out, sentence);
    buf_addc(out, ' ');
}

static void add_tile(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "<div><dt>%s</dt><dd>", name);
    page_text(out, value);
    buf_adds(out, "</dd></div>");
}

static void add_number(struct buf *out, const char *name, int value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%d", value);
    add_tile(out, name, text);
}

static void add_tiles(const struct page *page, struct buf *out)
{
    char at[PAGE_WHEN_MAX];
    buf_adds(out, "<dl class=\"tiles\">");
    add_number(out, "Targets", (int)page->plan->target_count);
    if (page->view->account) {
        add_number(out, "Done", page->counts[PAGE_DONE]);
        add_number(out, "Failed", page->counts[PAGE_FAILED]);
    }
    if (page->has_slots) {
        add_number(out, page->axis.weeks ? "Weeks with work" : "Nights with work",
                   page->nights);
        add_tile(out, "First start planned", page_when(page->clock, page->first_ms, at));
        add_tile(out, "Last end planned", page_when(page->clock, page->last_ms, at));
        add_number(out, "At once, planned", page->planned.peak);
    } else {
        add_tile(out, "Slots", "not planned with calendars");
        add_number(out, "In flight, at most", page->plan->in_flight);
    }
    if (page->began_ms) {
        add_tile(out, "First start", page_when(page->clock, page->began_ms, at));
        if (page->ended && page->ended_ms)
            add_tile(out, "Last end", page_when(page->clock, page->ended_ms, at));
    }
    buf_adds(out, "</dl>");
}

static void add_action(const struct page *page, const struct page_action *action,
                       struct buf *out)
{
    char at[PAGE_WHEN_MAX];
    buf_adds(out, "<tr><th scope=\"row\">");
    if (action->by_ms)
        buf_adds(out, page_when(page->clock, action->by_ms, at));
    else
        page_text(out, action->when);
    buf_adds(out, "</th><td>");
    page_text(out, action->who);
    buf_adds(out, "</td><td>");
    if (action->late)
        buf_adds(out, "<span class=\"s2\">! too late already:</span> ");
    buf_adds(out, action->done ? "<span class=\"s3\">✓ done:</span> " : "");
    page_prose(out, action->what);
    buf_adds(out, "</td></tr>");
}

static void add_action_rows(const struct page *page, const struct page_action *items,
                            size_t count, const char *caption, struct buf *out)
{
    buf_addf(
        out,
        "<div class=\"wide\"><table class=\"plain acts\"><caption>%s</caption><thead><tr>"
        "<th scope=\"col\">by</th><th scope=\"col\">who</th><th "
        "scope=\"col\">what</th></tr></thead><tbody>",
        caption);
    for (size_t i = 0; i < count; i++)
        add_action(page, &items[i], out);
    buf_adds(out, "</tbody></table></div>");
}

/* Those that are still to be given; the others are only counted. */
static void add_notices(const struct page *page, const struct page_action *items,
                        size_t count, struct buf *out)
{
    char caption[80], notice[32];
    (void)snprintf(caption, sizeof caption,
                   "Notices to owners, %s before their first slot",
                   duration_format(page->time->min_notice_ms, notice, sizeof notice));
    size_t past = 0;
    while (past < count && items[past].done)
        past++;
    size_t shown =
        count - past > PAGE_NOTICES_SHOWN + 2 ? PAGE_NOTICES_SHOWN : count - past;
    if (past)
        buf_addf(out,
                 "<p>%zu %s to owners %s past: their first target has had its turn.</p>",
                 past, past == 1 ? "notice" : "notices", past == 1 ? "is" : "are");
    if (shown)
        add_action_rows(page, items + past, shown, caption, out);
    if (past + shown < count) {
        buf_addf(out, "<details><summary>%zu more notices, later</summary>",
                 count - past - shown);
        add_action_rows(page, items + past + shown, count - past - shown, caption, out);
        buf_adds(out, "</details>");
    }
}

void page_actions_html(const struct page *page, struct buf *out)
{
    auto_page_actions struct page_actions actions = {0};
    size_t own = 0;
    page_actions_make(page, &actions);
    while (own < actions.count && !actions.items[own].notice)
        own++;
    buf_adds(out, "<h3 id=\"acts\">Who must act</h3>");
    if (!actions.count)
        buf_adds(out, "<p>Nobody: no approval, no gate and no notice is asked for.</p>");
    if (own)
        add_action_rows(page, actions.items, own, "Approvals and gates", out);
    add_notices(page, actions.items + own, actions.count - own, out);
}

void page_summary_html(const struct page *page, struct buf *out)
{
    page_section(out, "summary", "Summary");
    buf_adds(out, "<p class=\"lead\">");
    page_summary_sentences(page, add_sentence, out);
    buf_adds(out, "</p>");
    add_tiles(page, out);
    page_actions_html(page, out);
    page_section_end(out);
}
