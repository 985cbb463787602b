/*
 * why_text.c - one target as text: first why it does not start or how it ended, then
 * what it is doing, then the evidence, then the way out by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "model/playbook.h"
#include "report/gathered.h"
#include "report/layout.h"
#include "report/why_parts.h"
#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/xalloc.h"

static void labelled(const struct layout *layout, const char *lead,
                     const struct buf *text)
{
    if (text->length)
        layout_paragraph(layout, lead, COLOUR_NONE, buf_text(text));
}

static enum layout_colour state_colour(enum target_state_id state)
{
    switch (state) {
    case TARGET_STRANDED:
    case TARGET_FAILED:
    case TARGET_ROLLED_BACK:
        return COLOUR_RED;
    case TARGET_PARKED:
    case TARGET_ROLLING_BACK:
        return COLOUR_YELLOW;
    default:
        return COLOUR_BOLD;
    }
}

/* ---- how it stands ---- */

static void add_named(struct buf *out, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    buf_addf(out, "%s%s ", out->length ? ", " : "", label);
    words_clean(out, value);
}

static void write_versions(const struct store_target *t, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    add_named(&text, "planned from", t->version_from);
    add_named(&text, "read before the change", t->version_before);
    add_named(&text, "read last", t->version_now);
    labelled(layout, "  Version   ", &text);
}

static void write_head(const struct why *why, const struct layout *layout)
{
    const struct store_target *t = &why->target;
    auto_buf struct buf text = {0};
    words_clean(&text, t->name);
    buf_adds(&text, ": ");
    words_state(&text, machine_state(&target_machine, (int)t->state));
    if (t->since_ms) {
        buf_addc(&text, ' ');
        words_since(&text, t->since_ms, why->now_ms);
    }
    if (t->state == TARGET_PARKED) {
        buf_adds(&text, ", it was ");
        words_state(&text, machine_state(&target_machine, (int)t->parked_from));
    }
    layout_paragraph(layout, "Target ", state_colour(t->state), buf_text(&text));
    buf_reset(&text);
    size_t length = 0;
    const char *advice = t->reason ? advice_find(t->reason, &length) : NULL;
    auto_free char *reason = xstrndup(t->reason ? t->reason : "", length);
    words_clean(&text, reason);
    if (t->acknowledged)
        buf_adds(&text, " (seen by a human: it no longer counts)");
    labelled(layout, "  Reason    ", &text);
    buf_reset(&text);
    words_clean(&text, advice);
    labelled(layout, "  Do        ", &text);
    buf_reset(&text);
    add_named(&text, "wave", t->wave_name);
    add_named(&text, "site", t->site);
    add_named(&text, "link group", t->link_group);
    if (t->unit >= 0) {
        buf_adds(&text, " (");
        words_state(&text, machine_state(&group_machine, (int)t->unit_state));
        buf_adds(&text, t->companion ? "; it only goes along)" : ")");
    }
    add_named(&text, "manager", t->manager);
    add_named(&text, "campaign", why->campaign.name);
    labelled(layout, "  Place     ", &text);
    write_versions(t, layout);
}

static void write_owner(const struct why *why, const struct layout *layout)
{
    bool final = machine_is_final(&campaign_machine, (int)why->campaign.state);
    if (!why->owner.running && !final)
        layout_paragraph(layout, "  Owner     ", COLOUR_NONE,
                         "nobody: nothing goes on until somebody resumes the campaign");
}

/* ---- what it is doing ---- */

static void add_until(struct buf *out, const char *label, int64_t at_ms, int64_t now_ms)
{
    char at[WORDS_TIME_MAX], took[WORDS_TIME_MAX];
    if (!at_ms)
        return;
    buf_addf(out, "; %s %s", label, words_at(at_ms, now_ms, at, sizeof at));
    if (at_ms > now_ms)
        buf_addf(out, " (in %s)", words_took(at_ms - now_ms, took, sizeof took));
}

static bool is_settled(const struct store_target *t)
{
    return t->step_state == STEP_FAILED || t->step_state == STEP_DONE;
}

static void write_activity(const struct why *why, const struct layout *layout)
{
    const struct store_target *t = &why->target;
    auto_buf struct buf text = {0};
    words_doing(&text, t, why->now_ms);
    if (!text.length)
        return;
    if (is_settled(t)) {
        labelled(layout, "  Last      ", &text);
        return;
    }
    if (t->begun_ms) {
        buf_adds(&text, "; ");
        words_since(&text, t->begun_ms, why->now_ms);
    }
    if (t->attempt)
        buf_addf(&text, "; failed %d time%s so far", t->attempt,
                 t->attempt == 1 ? "" : "s");
    if (t->intent)
        buf_addf(&text, "; intent %lld", (long long)t->intent);
    if (t->not_before_ms > why->now_ms)
        add_until(&text, "next look at", t->not_before_ms, why->now_ms);
    add_until(&text, "deadline", t->deadline_ms, why->now_ms);
    labelled(layout, "  Doing     ", &text);
}

static void write_doing(const struct why *why, const struct layout *layout)
{
    const struct store_target *t = &why->target;
    auto_buf struct buf text = {0};
    write_activity(why, layout);
    if (t->state == TARGET_SOAKING && t->step_state == STEP_IDLE) {
        buf_adds(&text, "soaks");
        add_until(&text, "until", t->soak_until_ms, why->now_ms);
        labelled(layout, "  Doing     ", &text);
    }
    buf_reset(&text);
    words_clean(&text, why->group);
    labelled(layout, "  Group     ", &text);
    buf_reset(&text);
    if (t->step_state != STEP_IDLE && t->sentence &&
        !(t->reason && strstr(t->reason, t->sentence)))
        words_clean(&text, t->sentence);
    labelled(layout, "  Said      ", &text);
    buf_reset(&text);
    words_clean(&text, t->handle);
    labelled(layout, "  Handle    ", &text);
}

static void write_doubt(const struct why *why, const struct layout *layout)
{
    const struct store_target *t = &why->target;
    auto_buf struct buf text = {0};
    if (t->step_state != STEP_IN_DOUBT)
        return;
    words_activity(&text, t->activity, t->activity_id);
    if (t->doubt_since_ms) {
        buf_addc(&text, ' ');
        words_since(&text, t->doubt_since_ms, why->now_ms);
    }
    buf_addf(&text, ". Asked next: %s", words_question(t->activity));
    layout_paragraph(layout, "  In doubt  ", COLOUR_YELLOW, buf_text(&text));
}

/* ---- why it does not start ---- */

static void write_next_change(const struct why_view *view, int64_t next_ms,
                              const struct layout *layout)
{
    const struct when when = {view->why->now_ms, view->why->facts.facts.time.zone,
                              view->local};
    auto_buf struct buf text = {0};
    words_instant(&text, &when, next_ms);
    layout_paragraph(layout, "  Next change by time: ", COLOUR_NONE, buf_text(&text));
}

static void write_blockers(const struct why_view *view, const struct layout *layout)
{
    const struct why *why = view->why;
    if (!why_awaits_admission(why))
        return;
    char lead[32];
    layout_heading(layout, "Why it does not start");
    for (size_t i = 0; i < why->blocker_count; i++) {
        auto_buf struct buf text = {0};
        why_blocker_text(view, &why->blockers[i], &text);
        (void)snprintf(lead, sizeof lead, "  %zu. ", i + 1);
        layout_paragraph(layout, lead, COLOUR_NONE, buf_text(&text));
    }
    int64_t next_ms = why_next_change_ms(why);
    if (!why->blocker_count)
        layout_paragraph(layout, "  ", COLOUR_NONE,
                         why->owner.running
                             ? "nothing is in its way: it starts now"
                             : "nothing is in its way but that nobody runs the campaign");
    else if (next_ms)
        write_next_change(view, next_ms, layout);
    else
        buf_adds(layout->out, "  Next change: when one of these changes, not by time\n");
}

/* ---- evidence ---- */

static void write_checks(const struct why *why, const struct layout *layout)
{
    auto_table struct table table = {.columns = 4};
    char at[WORDS_TIME_MAX];
    if (!why->evidence.check_count)
        return;
    for (size_t i = 0; i < why->evidence.check_count; i++) {
        const struct evidence_check *c = &why->evidence.checks[i];
        bool same = i && !strcmp(c->id, why->evidence.checks[i - 1].id);
        table_add(&table, same ? "" : c->id);
        table_add(&table, why_moment_word(c->moment));
        table_add(&table, c->verdict == VERDICT_NO_DATA ? "no data"
                                                        : store_verdict_name(c->verdict));
        table_add(&table, words_at(c->at_ms, why->now_ms, at, sizeof at));
    }
    layout_heading(layout, "Checks");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    for (size_t i = 0; i < why->evidence.check_count; i++) {
        const struct evidence_check *c = &why->evidence.checks[i];
        if (c->verdict == VERDICT_GREEN || !c->text || !*c->text)
            continue;
        auto_buf struct buf text = {0};
        buf_addf(&text, "%s %s: %s", c->id, why_moment_word(c->moment), c->text);
        layout_paragraph(layout, "  ! ", COLOUR_RED, buf_text(&text));
    }
}

static void write_snapshots(const struct why *why, const struct layout *layout)
{
    char at[WORDS_TIME_MAX];
    if (!why->snapshot_count)
        return;
    layout_heading(layout, "Snapshots");
    for (size_t i = 0; i < why->snapshot_count; i++) {
        const struct why_snapshot *s = &why->snapshots[i];
        auto_buf struct buf text = {0};
        buf_addf(&text, "%s (%s), taken %s", s->name, s->reference,
                 words_at(s->taken_ms, why->now_ms, at, sizeof at));
        if (s->step)
            buf_addf(&text, " before step %s", s->step);
        if (s->version)
            buf_addf(&text, " at version %s", s->version);
        if (s->removed_ms)
            buf_addf(&text, "; gone since %s",
                     words_at(s->removed_ms, why->now_ms, at, sizeof at));
        else
            buf_addf(&text, "; time limit %s",
                     words_at(s->due_ms, why->now_ms, at, sizeof at));
        layout_paragraph(layout, "  - ", COLOUR_NONE, buf_text(&text));
    }
}

static void add_intent(const struct why *why, const struct evidence_intent *n,
                       struct table *table)
{
    char at[WORDS_TIME_MAX], took[WORDS_TIME_MAX];
    table_addf(table, "%lld", (long long)n->id);
    table_add(table, words_at(n->issued_ms, why->now_ms, at, sizeof at));
    table_add(table, n->step);
    table_add(table, n->use);
    table_add(table, n->outcome ? n->outcome : "open");
    table_add(table, n->settled_ms
                         ? words_took(n->settled_ms - n->issued_ms, took, sizeof took)
                         : "");
}

static void write_intents(const struct why *why, const struct layout *layout)
{
    auto_table struct table table = {.columns = 6,
                                     .right = {true, false, false, false, false, true}};
    if (!why->evidence.intent_count)
        return;
    for (size_t i = why->evidence.intent_count; i-- > 0;)
        add_intent(why, &why->evidence.intents[i], &table);
    layout_heading(layout, "What was done to it (oldest first)");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    for (size_t i = why->evidence.intent_count; i-- > 0;) {
        const struct evidence_intent *n = &why->evidence.intents[i];
        if (!n->sentence || !*n->sentence || !n->outcome || !strcmp(n->outcome, "done"))
            continue;
        auto_buf struct buf text = {0};
        buf_addf(&text, "%lld %s: %s", (long long)n->id, n->step, n->sentence);
        layout_paragraph(layout, "  ! ", COLOUR_RED, buf_text(&text));
    }
}

/* ---- by hand ---- */

/* Not wrapped: commands are there to be pasted. */
static void write_manual(const struct why_view *view, const struct layout *layout)
{
    static const char *const headings[] = {
        [MANUAL_LOOK] = "Where to look",
        [MANUAL_FINISH] = "To finish it by hand",
        [MANUAL_UNDO] = "To undo it by hand",
        [MANUAL_TELL] = "Then tell slipway, one of",
    };
    auto_manual struct manual manual = {.count = 0};
    why_manual(view, &manual);
    for (int kind = 0; kind < MANUAL_KIND_COUNT; kind++) {
        int number = 0;
        for (size_t i = 0; i < manual.count; i++) {
            if ((int)manual.steps[i].kind != kind)
                continue;
            if (!number++)
                layout_heading(layout, headings[kind]);
            if (kind == MANUAL_FINISH || kind == MANUAL_UNDO)
                buf_addf(layout->out, "  %d. %s\n", number, manual.steps[i].text);
            else
                buf_addf(layout->out, "  %s\n", manual.steps[i].text);
        }
    }
}

static void write_hold(const struct why *why, const struct layout *layout)
{
    const struct store_target *t = &why->target;
    auto_buf struct buf text = {0};
    if (!t->hold_reason || (t->hold_until_ms && t->hold_until_ms <= why->now_ms))
        return;
    words_clean(&text, t->hold_reason);
    if (t->hold_actor) {
        buf_adds(&text, ", by ");
        words_clean(&text, t->hold_actor);
    }
    add_until(&text, "until", t->hold_until_ms, why->now_ms);
    layout_paragraph(layout, "  Held      ", COLOUR_YELLOW, buf_text(&text));
}

static void write_issue(const struct why_view *view, const struct layout *layout)
{
    struct issue_note issue;
    if (!why_issue(view, &issue))
        return;
    layout_heading(layout, "A known issue");
    issue_write(&issue, "  ", layout);
}

static void write_logs(const struct why_view *view, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    gathered_words(view->why->logs, &text);
    if (!text.length)
        return;
    buf_addf(&text, "; to read them: %s why %s --logs", view->command,
             view->why->target.name);
    labelled(layout, "  Logs      ", &text);
}

void why_text(const struct why_view *view, struct buf *out)
{
    const struct why *why = view->why;
    struct layout layout = {out, view->colour};
    write_head(why, &layout);
    write_owner(why, &layout);
    write_hold(why, &layout);
    why_time_text(view, &layout);
    write_doing(why, &layout);
    write_doubt(why, &layout);
    write_logs(view, &layout);
    write_issue(view, &layout);
    write_blockers(view, &layout);
    write_checks(why, &layout);
    write_snapshots(why, &layout);
    write_intents(why, &layout);
    write_manual(view, &layout);
}
