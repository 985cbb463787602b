/*
 * plan_text.c - the plan as calm, aligned text: what it is, who goes when, what is done,
 * what it risks, what would stop it, what to type next.
 *
 * Colour only repeats what the text says.
 */
#include "report/plan_text.h"

#include <string.h>

#include "report/layout.h"
#include "report/plan_when.h"
#include "report/plan_words.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/text.h"
#include "util/timefmt.h"

#define PATH_SHOWN 1024

static void labelled(const struct layout *layout, const char *lead, const char *text)
{
    layout_paragraph(layout, lead, COLOUR_NONE, text);
}

static void write_header(const struct plan_view *view, const struct layout *layout)
{
    const struct plan *plan = view->plan;
    auto_buf struct buf text = {0};
    char at[32];
    buf_addf(&text, "%s  (digest %.*s)", plan->campaign, DIGEST_SHOWN,
             plan->digest ? plan->digest : "none");
    layout_paragraph(layout, "Plan ", COLOUR_BOLD, buf_text(&text));
    buf_addc(layout->out, '\n');
    buf_reset(&text);
    buf_addf(&text, "%s, %s", plan->playbook.name,
             rollback_words(plan->playbook.rollback));
    labelled(layout, "  Playbook  ", buf_text(&text));
    buf_reset(&text);
    vars_words(plan, &text);
    if (text.length)
        labelled(layout, "  Vars      ", buf_text(&text));
    buf_reset(&text);
    buf_addf(&text, "%s", time_iso(plan->created_ms, at, sizeof at));
    if (plan->created_by)
        buf_addf(&text, " by %s", plan->created_by);
    if (plan->slipway_version)
        buf_addf(&text, ", slipway %s", plan->slipway_version);
    labelled(layout, "  Made      ", buf_text(&text));
    buf_reset(&text);
    target_words(view, &text);
    labelled(layout, "  Targets   ", buf_text(&text));
    buf_reset(&text);
    buf_addf(&text, "%s mode; ", budget_mode_name(plan->mode));
    campaign_budget_words(plan, &text);
    labelled(layout, "  Failures  ", buf_text(&text));
    buf_reset(&text);
    rules_words(view, &text);
    if (text.length)
        labelled(layout, "  Time      ", buf_text(&text));
}

static void write_waves(const struct plan_view *view, const struct layout *layout)
{
    const struct plan *plan = view->plan;
    static const char *const heads[] = {"#",     "wave", "targets", "at once", "down",
                                        "share", "soak", "gate",    "failures"};
    auto_table struct table table = {
        .columns = ARRAY_LENGTH(heads),
        .right = {true, false, true, true, true, true, true}};
    char text[32];
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < plan->wave_count; i++) {
        const struct plan_wave *wave = &plan->waves[i];
        struct wave_facts facts = facts_at(view, i);
        auto_buf struct buf budget = {0};
        table_addf(&table, "%zu", i); /* the canary is wave 0, here and for --wave */
        table_add(&table, wave->name);
        table_addf(&table, "%d", wave->count);
        table_addf(&table, "%d", facts.at_once);
        table_addf(&table, "%d", facts.down);
        table_add(&table, share_text(facts.share, text));
        table_add(&table, wave->soak_ms
                              ? duration_format(wave->soak_ms, text, sizeof text)
                              : "-");
        table_add(&table, wave->gate ? "approval" : "-");
        budget_words(wave->budget, wave->count, wave->on_exceed, &budget);
        table_add(&table, buf_text(&budget));
    }
    layout_heading(layout, "Waves");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    layout_paragraph(layout, "  ", COLOUR_NONE,
                     "at once: changed together at most; down: those and failed ones not "
                     "yet back, at most; share: that, of the fleet");
}

/* ---- targets ---- */

static void add_slot(const struct plan_view *view, struct table *table, size_t target)
{
    const struct plan_time *time = &view->plan->time;
    auto_buf struct buf text = {0};
    if (target < time->slot_count && time->slots[target].from_ms)
        slot_words(view, &time->slots[target], &text);
    table_add(table, buf_text(&text));
}

static void add_targets(const struct plan_view *view, struct table *table, int first,
                        int end)
{
    for (int i = first; i < end; i++) {
        const struct plan_target *target = &view->plan->targets[i];
        table_add(table, mark_text(mark_at(view, (size_t)i)));
        table_add(table, target->name);
        table_add(table, target->site);
        table_add(table, *target->version ? target->version : "version not known");
        table_add(table, target->link_group);
        add_slot(view, table, (size_t)i);
    }
}

static void write_targets(const struct plan_view *view, const struct layout *layout)
{
    const struct plan *plan = view->plan;
    auto_table struct table table = {.columns = 6};
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *wave = &plan->waves[w];
        struct listing list = listing_of(view, wave);
        int end = wave->first + wave->count;
        add_targets(view, &table, wave->first, wave->first + list.head);
        add_targets(view, &table, end - list.tail, end);
    }
    layout_heading(layout, "Targets");
    size_t row = 0;
    for (size_t w = 0; w < plan->wave_count; w++) {
        struct listing list = listing_of(view, &plan->waves[w]);
        layout_paragraph(layout, "  ", COLOUR_NONE, plan->waves[w].name);
        table_write(&table, row, row + (size_t)list.head, "    ", layout);
        row += (size_t)list.head;
        if (list.skipped)
            buf_addf(layout->out, "    … and %d more: --full\n", list.skipped);
        table_write(&table, row, row + (size_t)list.tail, "    ", layout);
        row += (size_t)list.tail;
    }
}

static void write_legend(const struct plan_view *view, const struct layout *layout)
{
    static const char *const words[] = {"to change", "already there", "held",
                                        "cannot start", "along with its link group"};
    int counts[ARRAY_LENGTH(words)] = {0};
    auto_buf struct buf text = {0};
    for (size_t i = 0; i < view->plan->target_count; i++)
        counts[mark_at(view, i)]++;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (counts[i])
            buf_addf(&text, "%s%s %d %s", text.length ? ", " : "",
                     mark_text((enum target_mark)i), counts[i], words[i]);
    }
    layout_paragraph(layout, "  ", COLOUR_NONE, buf_text(&text));
}

/* ---- what is done on each ---- */

static void write_steps(const struct plan *plan, const struct layout *layout)
{
    auto_table struct table table = {.columns = 6,
                                     .right = {true, false, false, false, true}};
    char limit[32];
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        auto_buf struct buf words = {0};
        step_words(plan, step, &words);
        table_addf(&table, "%zu", i + 1);
        table_add(&table, phase_name(step->phase));
        table_add(&table, step->op.id);
        table_add(&table, step->op.use);
        table_add(&table, duration_format(step->op.timeout_ms, limit, sizeof limit));
        table_add(&table, buf_text(&words));
    }
    layout_heading(layout, "Steps on each target, with their time-outs");
    table_write(&table, 0, table_rows(&table), "  ", layout);
}

static void write_checks(const struct plan *plan, const struct layout *layout)
{
    auto_table struct table table = {.columns = 3};
    auto_buf struct buf reads = {0};
    for (size_t i = 0; i < plan->playbook.check_count; i++) {
        auto_buf struct buf words = {0};
        check_words(&plan->playbook.checks[i], &words);
        table_add(&table, plan->playbook.checks[i].op.id);
        table_add(&table, plan->playbook.checks[i].op.use);
        table_add(&table, buf_text(&words));
    }
    for (size_t i = 0; i < plan->playbook.read_count; i++)
        buf_addf(&reads, "%s%s (%s)", i ? ", " : "", plan->playbook.reads[i].id,
                 plan->playbook.reads[i].use);
    layout_heading(layout, "Health checks");
    if (!plan->playbook.check_count)
        labelled(layout, "  ", "none");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    if (reads.length)
        labelled(layout, "  version is read by: ", buf_text(&reads));
}

/* What slipway does by itself before it tries a failed step again. */
static void write_recoveries(const struct plan *plan, const struct layout *layout)
{
    const struct playbook *p = &plan->playbook;
    auto_table struct table table = {.columns = 2};
    for (size_t i = 0; i < p->recovery_count; i++) {
        auto_buf struct buf words = {0};
        recovery_words(p, &p->recoveries[i], &words);
        if (!words.length)
            continue;
        table_add(&table, p->recoveries[i].issue);
        table_add(&table, buf_text(&words));
    }
    if (p->recoveries_off || table_rows(&table))
        layout_heading(layout, "Recoveries of known issues that run by themselves");
    if (p->recoveries_off)
        labelled(layout, "  ", "none: they are switched off");
    table_write(&table, 0, table_rows(&table), "  ", layout);
}

/* ---- risk ---- */

static void write_peaks(const struct plan_view *view, const struct layout *layout)
{
    const struct plan *plan = view->plan;
    auto_table struct table table = {.columns = 4, .right = {false, true}};
    size_t worst[PEAKS_SHOWN], count = top_peaks(view, worst);
    for (size_t i = 0; i < count; i++) {
        const struct domain_peak *peak = &view->notes->facts.peaks[worst[i]];
        table_add(&table, plan->domains[worst[i]].key);
        table_addf(&table, "%d of %d", peak->peak, peak->targets);
        table_add(&table, "down at once");
        table_addf(&table, "first in %s", plan->waves[peak->wave].name);
    }
    if (!count)
        return;
    layout_heading(layout, "Blast radius at its peak");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    if (plan->domain_count > count)
        buf_addf(layout->out, "  … and %zu more, none of them worse\n",
                 plan->domain_count - count);
}

static bool has_notes(const struct plan_notes *notes, enum note_kind kind)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->items[i].kind == kind)
            return true;
    }
    return false;
}

static void write_note(const struct plan_note *note, const char *lead,
                       enum layout_colour colour, bool full, const struct layout *layout)
{
    auto_buf struct buf names = {0};
    layout_paragraph(layout, lead, colour, note->text);
    if (full && note->target_count > 1) {
        words_names(&names, (const char *const *)note->targets, note->target_count,
                    note->target_count);
        layout_paragraph(layout, "    on: ", COLOUR_NONE, buf_text(&names));
    }
}

static void write_notes(const struct plan_view *view, const struct layout *layout)
{
    const struct plan_notes *notes = view->notes;
    for (size_t s = 0; s < note_section_count; s++) {
        enum note_kind kind = note_sections[s].kind;
        bool loud = kind == NOTE_STOP || kind == NOTE_WARNING;
        enum layout_colour colour = kind == NOTE_STOP ? COLOUR_RED : COLOUR_YELLOW;
        if (!has_notes(notes, kind))
            continue;
        layout_heading(layout, note_sections[s].heading);
        for (size_t i = 0; i < notes->count; i++) {
            if (notes->items[i].kind == kind)
                write_note(&notes->items[i], loud ? "  ! " : "  - ",
                           loud ? colour : COLOUR_NONE, view->full, layout);
        }
    }
}

static void write_next(const struct plan_view *view, const struct layout *layout)
{
    bool approve = view->plan->approval_required;
    auto_buf struct buf file = {0};
    if (view->pinned && view->elsewhere)
        text_sanitize(&file, view->pinned, strlen(view->pinned), PATH_SHOWN);
    layout_heading(layout, "Next");
    if (view->pinned)
        layout_paragraph(layout, "  pinned in      ", COLOUR_NONE, view->pinned);
    /* a plan elsewhere can be approved once `run` has entered it */
    if (approve && !view->elsewhere)
        buf_addf(layout->out, "  approve with   %s approve\n", view->command);
    buf_addf(layout->out, "  run with       %s run%s%s\n", view->command,
             file.length ? " " : "", buf_text(&file));
    if (approve && view->elsewhere)
        buf_addf(layout->out, "  approve with   %s approve, then: %s resume\n",
                 view->command, view->command);
}

void plan_text(const struct plan_view *view, struct buf *out)
{
    struct layout layout = {out, view->colour};
    auto_plan_when struct plan_when when;
    plan_when_of(view, &when);
    write_header(view, &layout);
    write_waves(view, &layout);
    write_targets(view, &layout);
    write_legend(view, &layout);
    plan_when_text(view, &when, &layout);
    write_steps(view->plan, &layout);
    write_checks(view->plan, &layout);
    write_recoveries(view->plan, &layout);
    write_peaks(view, &layout);
    write_notes(view, &layout);
    if (view->command)
        write_next(view, &layout);
}
