/*
 * plan_markdown.c - the plan as GitHub-flavoured Markdown, to be pasted into the ticket
 * that asks for the change.
 *
 * Texts from outside are neutralised and every character that could become a link, a
 * tag or a table is escaped.
 */
#include <string.h>

#include "report/plan_when.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/timefmt.h"

#define CELL_MAX 512 /* bytes */

void markdown_text(struct buf *out, const char *text)
{
    words_markdown(out, text, CELL_MAX);
}

void markdown_cell(struct buf *out, const char *text)
{
    buf_addc(out, ' ');
    markdown_text(out, text);
    buf_adds(out, " |");
}

static void add_item(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "- **%s:** ", name);
    markdown_text(out, text);
    buf_addc(out, '\n');
}

static void write_header(const struct plan_view *view, struct buf *out)
{
    const struct plan *plan = view->plan;
    auto_buf struct buf text = {0};
    char at[32];
    buf_adds(out, "# Plan ");
    markdown_text(out, plan->campaign);
    buf_adds(out, "\n\n");
    add_item(out, "Digest", plan->digest ? plan->digest : "none");
    buf_addf(&text, "%s, %s", plan->playbook.name,
             rollback_words(plan->playbook.rollback));
    add_item(out, "Playbook", buf_text(&text));
    buf_reset(&text);
    vars_words(plan, &text);
    if (text.length)
        add_item(out, "Vars", buf_text(&text));
    buf_reset(&text);
    buf_addf(&text, "%s by %s", time_iso(plan->created_ms, at, sizeof at),
             plan->created_by ? plan->created_by : "nobody known");
    add_item(out, "Made", buf_text(&text));
    buf_reset(&text);
    target_words(view, &text);
    add_item(out, "Targets", buf_text(&text));
    buf_reset(&text);
    buf_addf(&text, "%s mode; ", budget_mode_name(plan->mode));
    campaign_budget_words(plan, &text);
    add_item(out, "Failures", buf_text(&text));
    buf_reset(&text);
    rules_words(view, &text);
    if (text.length)
        add_item(out, "Time", buf_text(&text));
}

static void write_waves(const struct plan_view *view, struct buf *out)
{
    const struct plan *plan = view->plan;
    char text[32];
    buf_adds(out, "\n## Waves\n\n| # | wave | targets | at once | down | share | soak | "
                  "gate | failures |\n|--:|---|--:|--:|--:|--:|--:|---|---|\n");
    for (size_t i = 0; i < plan->wave_count; i++) {
        const struct plan_wave *wave = &plan->waves[i];
        struct wave_facts facts = facts_at(view, i);
        auto_buf struct buf budget = {0};
        budget_words(wave->budget, wave->count, wave->on_exceed, &budget);
        buf_addf(out, "| %zu |", i);
        markdown_cell(out, wave->name);
        buf_addf(out, " %d | %d | %d | %s |", wave->count, facts.at_once, facts.down,
                 share_text(facts.share, text));
        markdown_cell(out, duration_format(wave->soak_ms, text, sizeof text));
        markdown_cell(out, wave->gate ? "approval" : "none");
        markdown_cell(out, buf_text(&budget));
        buf_addc(out, '\n');
    }
}

static void add_names(const struct plan_view *view, struct buf *out, int first, int end)
{
    for (int i = first; i < end; i++) {
        buf_adds(out, i > first ? ", " : "");
        markdown_text(out, view->plan->targets[i].name);
    }
}

static void write_targets(const struct plan_view *view, struct buf *out)
{
    const struct plan *plan = view->plan;
    buf_adds(out, "\n## Targets\n\n");
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *wave = &plan->waves[w];
        struct listing list = listing_of(view, wave);
        int end = wave->first + wave->count;
        buf_adds(out, "- **");
        markdown_text(out, wave->name);
        buf_adds(out, ":** ");
        add_names(view, out, wave->first, wave->first + list.head);
        if (list.skipped)
            buf_addf(out, ", … %d more …, ", list.skipped);
        add_names(view, out, end - list.tail, end);
        buf_addc(out, '\n');
    }
}

static void write_steps(const struct plan *plan, struct buf *out)
{
    char limit[32];
    buf_adds(
        out,
        "\n## Steps\n\n| phase | step | uses | time-out | |\n|---|---|---|--:|---|\n");
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        auto_buf struct buf words = {0};
        step_words(plan, step, &words);
        buf_adds(out, "|");
        markdown_cell(out, phase_name(step->phase));
        markdown_cell(out, step->op.id);
        markdown_cell(out, step->op.use);
        markdown_cell(out, duration_format(step->op.timeout_ms, limit, sizeof limit));
        markdown_cell(out, buf_text(&words));
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i < plan->playbook.check_count; i++) {
        auto_buf struct buf words = {0};
        check_words(&plan->playbook.checks[i], &words);
        buf_adds(out, "| health |");
        markdown_cell(out, plan->playbook.checks[i].op.id);
        markdown_cell(out, plan->playbook.checks[i].op.use);
        buf_adds(out, " |");
        markdown_cell(out, buf_text(&words));
        buf_addc(out, '\n');
    }
}

static void write_recoveries(const struct plan *plan, struct buf *out)
{
    const struct playbook *p = &plan->playbook;
    bool begun = false;
    for (size_t i = 0; i < p->recovery_count; i++) {
        auto_buf struct buf words = {0};
        recovery_words(p, &p->recoveries[i], &words);
        if (!words.length)
            continue;
        if (!begun)
            buf_adds(out, "\n## Recoveries of known issues that run by themselves\n\n"
                          "| known issue | before it is tried again |\n|---|---|\n");
        begun = true;
        buf_adds(out, "|");
        markdown_cell(out, p->recoveries[i].issue);
        markdown_cell(out, buf_text(&words));
        buf_addc(out, '\n');
    }
}

static void write_peaks(const struct plan_view *view, struct buf *out)
{
    size_t worst[PEAKS_SHOWN], count = top_peaks(view, worst);
    if (!count)
        return;
    buf_adds(out, "\n## Blast radius at its peak\n\n");
    for (size_t i = 0; i < count; i++) {
        const struct domain_peak *peak = &view->notes->facts.peaks[worst[i]];
        buf_adds(out, "- ");
        markdown_text(out, view->plan->domains[worst[i]].key);
        buf_addf(out, ": %d of %d down at once\n", peak->peak, peak->targets);
    }
    if (view->plan->domain_count > count)
        buf_addf(out, "- … and %zu more, none of them worse\n",
                 view->plan->domain_count - count);
}

static void write_notes(const struct plan_view *view, struct buf *out)
{
    const struct plan_notes *notes = view->notes;
    for (size_t s = 0; s < note_section_count; s++) {
        bool headed = false;
        for (size_t i = 0; i < notes->count; i++) {
            if (notes->items[i].kind != note_sections[s].kind)
                continue;
            if (!headed)
                buf_addf(out, "\n## %s\n\n", note_sections[s].heading);
            headed = true;
            buf_adds(out, "- ");
            markdown_text(out, notes->items[i].text);
            buf_addc(out, '\n');
        }
    }
}

void plan_markdown(const struct plan_view *view, struct buf *out)
{
    auto_plan_when struct plan_when when;
    plan_when_of(view, &when);
    write_header(view, out);
    write_waves(view, out);
    write_targets(view, out);
    plan_when_markdown(view, &when, out);
    write_steps(view->plan, out);
    write_recoveries(view->plan, out);
    write_peaks(view, out);
    write_notes(view, out);
}
