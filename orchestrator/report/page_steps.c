/*
 * page_steps.c - what is done on each target, once for all of them: steps in order with
 * operation, arguments, time-outs, what happens when one fails; checks; and how long it
 * takes by kind and version.
 */
#include <string.h>

#include "report/needed_words.h"
#include "report/page_html.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"

static void add_term(struct buf *out, const char *name, const char *value)
{
    buf_adds(out, "<div><dt>");
    page_text(out, name);
    buf_adds(out, "</dt><dd>");
    page_prose(out, value);
    buf_adds(out, "</dd></div>");
}

static void add_duration(struct buf *out, const char *name, int64_t ms)
{
    char text[32];
    add_term(out, name, duration_format(ms, text, sizeof text));
}

static void add_operation(const struct plan *plan, const struct operation *op,
                          const char *phase, struct buf *out)
{
    buf_addf(out, "<li><p class=\"op\"><span class=\"phase\">%s</span> <b>", phase);
    page_text(out, op->id);
    buf_adds(out, "</b> <code>");
    page_text(out, op->use);
    buf_adds(out, "</code></p>");
    page_arguments_html(plan, op->with, out);
}

static void add_expectation(const struct operation *op, struct buf *out)
{
    if (op->expect)
        add_term(out, "must be true", op->expect);
    if (op->value)
        add_term(out, "gives the version", op->value);
    if (op->advice)
        add_term(out, "if it fails", op->advice);
}

static const char *repeat_words(enum slipway_class repeat)
{
    switch (repeat) {
    case SLIPWAY_READ:
        return "reads only";
    case SLIPWAY_IDEMPOTENT:
        return "harmless to repeat";
    case SLIPWAY_RECONCILABLE:
        return "asked about before it is ever repeated";
    default:
        return "never repeated by itself: in doubt means a human";
    }
}

static const char *baseline_words(enum baseline_rule rule)
{
    switch (rule) {
    case BASELINE_COMPARE:
        return "asked too: what was red before convicts nobody";
    case BASELINE_REQUIRE:
        return "must be green, or nothing is changed";
    default:
        return "not asked";
    }
}

static void add_step(const struct page *page, const struct step *step, struct buf *out)
{
    auto_buf struct buf words = {0};
    step_words(page->plan, step, &words);
    add_operation(page->plan, &step->op, phase_name(step->phase), out);
    buf_adds(out, "<dl class=\"facts\">");
    add_duration(out, "time-out", step->op.timeout_ms);
    add_term(out, "kind of effect", repeat_words(step->op.repeat));
    add_term(out, "rules", buf_text(&words));
    add_expectation(&step->op, out);
    buf_adds(out, "</dl></li>");
}

static void add_check(const struct page *page, const struct check *check, struct buf *out)
{
    auto_buf struct buf words = {0};
    check_words(check, &words);
    add_operation(page->plan, &check->op, "check", out);
    buf_adds(out, "<dl class=\"facts\">");
    add_duration(out, "time-out", check->op.timeout_ms);
    add_term(out, "rules", buf_text(&words));
    add_term(out, "before the change", baseline_words(check->baseline));
    add_expectation(&check->op, out);
    buf_adds(out, "</dl></li>");
}

static void add_read(const struct page *page, const struct operation *read,
                     struct buf *out)
{
    add_operation(page->plan, read, "version", out);
    buf_adds(out, "<dl class=\"facts\">");
    add_duration(out, "time-out", read->timeout_ms);
    add_expectation(read, out);
    buf_adds(out, "</dl></li>");
}

/* ---- how long ---- */

static void pace_name(const struct plan_pace *pace, struct buf *out)
{
    page_text(out, *pace->kind ? pace->kind : "any kind");
    buf_addc(out, ' ');
    page_text(out, *pace->version ? pace->version : "version not known");
}

static void add_pace_cell(struct buf *out, int64_t ms)
{
    char text[32];
    buf_addf(out, "<td class=\"r\">%s</td>", duration_format(ms, text, sizeof text));
}

static void add_needed(const struct page *page, const struct plan_pace *pace,
                       struct buf *out)
{
    auto_buf struct buf words = {0};
    needed_words(page->plan, pace, &words);
    buf_adds(out, "must fit: ");
    page_text(out, buf_text(&words));
    buf_adds(out, "<br>");
}

static void add_paces(const struct page *page, struct buf *out)
{
    buf_adds(out, "<h3>How long it takes</h3>");
    if (!page->time->pace_count) {
        const struct plan_facts *facts = &page->view->notes->facts;
        buf_adds(out, "<p>Nothing was measured: at full time-outs preparing takes ");
        char a[32], b[32], c[32];
        buf_addf(out, "%s, the change %s, a rollback %s.</p>",
                 duration_format(facts->prepare_ms, a, sizeof a),
                 duration_format(facts->change_ms, b, sizeof b),
                 duration_format(facts->rollback_ms, c, sizeof c));
        return;
    }
    buf_adds(out,
             "<div class=\"wide\"><table class=\"plain\"><caption>By kind and version "
             "found: typical times; what must fit into a window is the slow change "
             "and the worst rollback</caption><thead><tr><th scope=\"col\">kind and "
             "version</th><th scope=\"col\" class=\"r\">prepare</th><th scope=\"col\" "
             "class=\"r\">change</th>"
             "<th scope=\"col\" class=\"r\">rollback</th><th scope=\"col\" "
             "class=\"r\">must fit</th><th "
             "scope=\"col\">steps: typical, slow, measured</th></tr></thead><tbody>");
    for (size_t i = 0; i < page->time->pace_count; i++) {
        const struct plan_pace *pace = &page->time->paces[i];
        buf_addf(out, "<tr id=\"p%zu\"><th scope=\"row\">", i);
        pace_name(pace, out);
        buf_adds(out, "</th>");
        add_pace_cell(out, pace->prepare_ms);
        add_pace_cell(out, pace->change_ms);
        add_pace_cell(out, pace->rollback_ms);
        add_pace_cell(out, pace->needed_ms);
        buf_adds(out, "<td>");
        add_needed(page, pace, out);
        for (size_t s = 0; pace->steps && s < page->plan->playbook.step_count; s++) {
            char typical[32], slow[32];
            buf_adds(out, s ? "; " : "");
            page_text(out, page->plan->playbook.steps[s].op.id);
            buf_addf(out, " %s, %s, ",
                     duration_format(pace->steps[s].typical_ms, typical, sizeof typical),
                     duration_format(pace->steps[s].slow_ms, slow, sizeof slow));
            if (pace->steps[s].samples)
                buf_addf(out, "%d times", pace->steps[s].samples);
            else
                buf_adds(out, "never");
        }
        buf_adds(out, "</td></tr>");
    }
    buf_adds(out, "</tbody></table></div>");
}

/* What slipway does by itself before it tries a failed step again. */
static void add_recoveries(const struct playbook *p, struct buf *out)
{
    bool begun = false;
    for (size_t i = 0; i < p->recovery_count; i++) {
        auto_buf struct buf words = {0};
        recovery_words(p, &p->recoveries[i], &words);
        if (!words.length)
            continue;
        if (!begun)
            buf_adds(out, "<h3>Recoveries of known issues that run by themselves</h3>"
                          "<dl class=\"facts\" id=\"recoveries\">");
        begun = true;
        add_term(out, p->recoveries[i].issue, buf_text(&words));
    }
    if (begun)
        buf_adds(out, "</dl>");
}

void page_steps_html(const struct page *page, struct buf *out)
{
    const struct playbook *p = &page->plan->playbook;
    page_section(out, "steps", "What is done on each target");
    buf_adds(out,
             "<p>The same on every target, in this order. <var>${…}</var> stands for "
             "what differs: the values are with each target below; what begins with "
             "<var>steps.</var> is the result of an earlier step and not known yet. "
             "Secrets are shown as references only.</p><p><b>");
    page_text(out, rollback_words(p->rollback));
    buf_adds(out, "</b>");
    if (p->rollback == ROLLBACK_SNAPSHOT)
        buf_addf(out, "; %d at most are kept%s%s", p->max_depth,
                 p->snapshot_memory ? ", with memory" : "",
                 p->snapshot_quiesce ? ", quiesced" : "");
    buf_adds(out, ".</p><ol class=\"steps\" id=\"step-list\">");
    for (size_t i = 0; i < p->step_count; i++)
        add_step(page, &p->steps[i], out);
    buf_adds(out, "</ol><h3>Checks</h3><ol class=\"steps\" id=\"check-list\">");
    for (size_t i = 0; i < p->check_count; i++)
        add_check(page, &p->checks[i], out);
    for (size_t i = 0; i < p->read_count; i++)
        add_read(page, &p->reads[i], out);
    buf_adds(out, "</ol>");
    if (!p->check_count && !p->read_count)
        buf_adds(out, "<p class=\"none\">None: nothing tells a good change from a bad "
                      "one.</p>");
    add_recoveries(p, out);
    add_paces(page, out);
    page_section_end(out);
}
