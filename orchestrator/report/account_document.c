/* account_document.c - the account as headings, lines and tables (see account.h). */
#include <string.h>

#include "report/account.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define REASON_IN_TABLE 60 /* bytes; whole ones are under "Failures by reason" */

static void heads(struct table *table, const char *const *names, size_t count)
{
    table->columns = count;
    for (size_t i = 0; i < count; i++)
        table_add(table, names[i]);
}

/* ---- how it stands ---- */

static void add_state(struct section *section, const struct store_campaign *c)
{
    auto_buf struct buf text = {0};
    char at[WORDS_TIME_MAX];
    words_state(&text, machine_state(&campaign_machine, (int)c->state));
    if (c->since_ms)
        buf_addf(&text, " since %s", time_iso(c->since_ms, at, sizeof at));
    if (c->reason && *c->reason)
        buf_addf(&text, ": %s", c->reason);
    if (c->actor)
        buf_addf(&text, ", by %s", c->actor);
    section_line(section, "State: %s", buf_text(&text));
}

static void add_times(struct section *section, const struct account *a)
{
    const struct store_campaign *c = &a->status.store.campaign;
    char at[WORDS_TIME_MAX], took[WORDS_TIME_MAX];
    bool final = machine_is_final(&campaign_machine, (int)c->state);
    section_line(section, "Entered: %s%s%s", time_iso(c->created_ms, at, sizeof at),
                 c->created_by ? " by " : "", c->created_by ? c->created_by : "");
    if (c->started_ms)
        section_line(section, "Started: %s, %s %s",
                     time_iso(c->started_ms, at, sizeof at),
                     final ? "took" : "running for",
                     words_took((final ? c->since_ms : a->status.now_ms) - c->started_ms,
                                took, sizeof took));
}

static void add_summary(const struct account *a, struct document *out)
{
    const struct store_campaign *c = &a->status.store.campaign;
    struct section *section = document_section(out, NULL);
    auto_buf struct buf counts = {0};
    add_state(section, c);
    section_line(section, "Playbook: %s", c->playbook);
    section_line(section, "Plan digest: %s", c->digest);
    add_times(section, a);
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (!a->status.store.counts[i])
            continue;
        buf_addf(&counts, "%s%d ", counts.length ? ", " : "", a->status.store.counts[i]);
        words_state(&counts, machine_state(&target_machine, i));
    }
    section_line(section, "Targets: %s, of %d", buf_text(&counts), c->target_count);
    if (a->warned.targets)
        section_line(section, "With warnings: %d, told below", a->warned.targets);
    section_line(section, "Failures counted: %d of %d tolerated, %s mode", c->failed,
                 c->budget, budget_mode_name(c->mode));
}

static void add_waves(const struct account *a, struct document *out)
{
    static const char *const names[] = {"wave",   "state",  "targets", "succeeded",
                                        "failed", "budget", "soak"};
    struct section *section = document_section(out, "Waves");
    struct table *table = &section->table;
    char soak[WORDS_TIME_MAX];
    heads(table, names, ARRAY_LENGTH(names));
    for (size_t i = 2; i < ARRAY_LENGTH(names); i++)
        table->right[i] = true;
    for (size_t i = 0; i < a->status.store.wave_count; i++) {
        const struct store_wave *w = &a->status.store.waves[i];
        table_add(table, w->name);
        table_add(table, machine_state(&wave_machine, (int)w->state));
        table_addf(table, "%d", w->target_count);
        table_addf(table, "%d", w->counts[TARGET_SUCCEEDED]);
        table_addf(table, "%d",
                   w->counts[TARGET_FAILED] + w->counts[TARGET_ROLLED_BACK] +
                       w->counts[TARGET_STRANDED] + w->counts[TARGET_PARKED]);
        table_addf(table, "%d of %d", w->failed, w->budget);
        table_add(table, words_took(w->soak_ms, soak, sizeof soak));
    }
}

static void add_moves(const char *heading, const struct account_move *moves, size_t count,
                      bool with_who, struct document *out)
{
    struct section *section = document_section(out, heading);
    char at[WORDS_TIME_MAX];
    for (size_t i = 0; i < count; i++)
        section_line(section, "%s  %s%s%s%s%s", time_iso(moves[i].at_ms, at, sizeof at),
                     with_who ? moves[i].who : "", with_who ? ": " : "", moves[i].what,
                     moves[i].actor ? ", by " : "", moves[i].actor ? moves[i].actor : "");
}

/* ---- failures, steps ---- */

static void add_failures(const struct account *a, struct document *out)
{
    struct section *section = document_section(out, "Failures by reason");
    for (size_t i = 0; i < a->failure_count; i++) {
        const struct account_failure *f = &a->failures[i];
        auto_buf struct buf names = {0};
        for (size_t k = 0; k < f->name_count; k++)
            buf_addf(&names, "%s%s", k ? ", " : "", f->names[k]);
        if (f->count > (int)f->name_count)
            buf_addf(&names, " and %d more", f->count - (int)f->name_count);
        section_line(section, "%d: %s (%s)", f->count, f->reason, buf_text(&names));
    }
}

static void add_issues(const struct account *a, struct document *out)
{
    static const char *const names[] = {"issue", "targets", "ended by it",
                                        "cured", "time",    "what"};
    struct section *section = document_section(out, "Known issues");
    struct table *table = &section->table;
    char took[WORDS_TIME_MAX];
    if (!a->issue_count)
        return;
    heads(table, names, ARRAY_LENGTH(names));
    for (size_t i = 1; i < 5; i++)
        table->right[i] = true;
    for (size_t i = 0; i < a->issue_count; i++) {
        const struct account_issue *issue = &a->issues[i];
        if (*issue->advice)
            section_line(section, "%s: %s", issue->id, issue->advice);
        table_add(table, issue->id);
        table_addf(table, "%d", issue->targets);
        table_addf(table, "%d", issue->ended);
        table_addf(table, "%d", issue->cured);
        table_add(table, words_took(issue->cost_ms, took, sizeof took));
        table_add(table, issue->title);
    }
}

static void add_steps(const struct account *a, struct document *out)
{
    static const char *const names[] = {"what", "done",    "failed",
                                        "mean", "longest", "on"};
    struct section *section = document_section(out, "How long effects took");
    struct table *table = &section->table;
    char took[WORDS_TIME_MAX];
    heads(table, names, ARRAY_LENGTH(names));
    for (size_t i = 1; i < 5; i++)
        table->right[i] = true;
    for (size_t i = a->step_count; i-- > 0;) { /* intents came newest first */
        const struct account_step *s = &a->steps[i];
        table_add(table, s->step);
        table_addf(table, "%d", s->done);
        table_addf(table, "%d", s->failed);
        table_add(table,
                  s->done ? words_took(s->total_ms / s->done, took, sizeof took) : "-");
        table_add(table, s->done ? words_took(s->longest_ms, took, sizeof took) : "-");
        table_add(table, s->longest_target);
    }
}

/* ---- targets, snapshots ---- */

static void add_targets(const struct account *a, struct document *out)
{
    static const char *const names[] = {"target",    "wave", "state", "before",
                                        "last read", "took", "reason"};
    struct section *section = document_section(out, "Targets");
    struct table *table = &section->table;
    char took[WORDS_TIME_MAX];
    heads(table, names, ARRAY_LENGTH(names));
    table->right[5] = true;
    for (size_t i = 0; i < a->target_count; i++) {
        const struct account_target *t = &a->targets[i];
        auto_buf struct buf state = {0};
        words_state(&state, machine_state(&target_machine, (int)t->state));
        table_add(table, t->name);
        table_add(table, t->wave);
        table_add(table, buf_text(&state));
        table_add(table, t->version_before ? t->version_before : t->version_from);
        table_add(table, t->version_now);
        table_add(table, t->first_ms && t->settled
                             ? words_took(t->since_ms - t->first_ms, took, sizeof took)
                             : "");
        auto_buf struct buf reason = {0};
        if (t->reason)
            text_sanitize(&reason, t->reason, strlen(t->reason), REASON_IN_TABLE);
        table_add(table, buf_text(&reason));
    }
}

static void add_snapshots(const struct account *a, struct document *out)
{
    struct section *section = document_section(out, "Snapshots left");
    char at[WORDS_TIME_MAX], due[WORDS_TIME_MAX];
    auto_overdue struct overdue overdue = {0};
    auto_buf struct buf loud = {0}, advice = {0};
    overdue_find(&a->snapshots, &overdue);
    overdue_words(&overdue, a->status.now_ms, &loud);
    overdue_advice("slipway", &advice);
    if (loud.length)
        section_line(section, "OVERDUE: %s. %s", buf_text(&loud), buf_text(&advice));
    for (size_t i = 0; i < a->snapshots.count; i++) {
        const struct snapshot_row *row = &a->snapshots.rows[i];
        section_line(
            section, "%s: %s (%s%s%s), taken %s, %s %s", row->target_name, row->name,
            *row->reference ? row->reference : "in doubt", *row->manager ? " at " : "",
            row->manager, time_iso(row->taken_ms, at, sizeof at),
            snapshot_is_overdue(row, a->status.now_ms) ? "OVERDUE since" : "time limit",
            time_iso(row->due_ms, due, sizeof due));
    }
}

void account_document(const struct account *a, struct document *out)
{
    out->title = xasprintf("Campaign %s", a->status.store.campaign.name);
    add_summary(a, out);
    add_waves(a, out);
    predicted_section(&a->predicted, out);
    links_section(&a->links, out);
    add_moves("Timeline", a->timeline, a->timeline_count, true, out);
    add_failures(a, out);
    add_issues(a, out);
    warned_section(&a->warned, out);
    kept_section(&a->kept, out);
    add_steps(a, out);
    add_snapshots(a, out);
    add_moves("Who did what", a->commands, a->command_count, false, out);
    add_targets(a, out);
}
