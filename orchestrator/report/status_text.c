/*
 * status_text.c - a campaign at a glance, as calm text: how it stands, what moves, what
 * waits for what, what went wrong, what to type next. Empty sections are left out.
 */
#include "report/advice.h"
#include "report/layout.h"
#include "report/status_parts.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"

#define DIGEST_SHOWN 8

static void labelled(const struct layout *layout, const char *lead,
                     const struct buf *text)
{
    if (text->length)
        layout_paragraph(layout, lead, COLOUR_NONE, buf_text(text));
}

static enum layout_colour state_colour(enum campaign_state_id state)
{
    switch (state) {
    case CAMPAIGN_PAUSED:
    case CAMPAIGN_UNAPPROVED:
    case CAMPAIGN_ABORTING:
        return COLOUR_YELLOW;
    case CAMPAIGN_ABORTED:
    case CAMPAIGN_COMPLETED_WITH_FAILURES:
        return COLOUR_RED;
    default:
        return COLOUR_BOLD;
    }
}

static void write_head(const struct status *s, const struct layout *layout)
{
    const struct store_campaign *c = &s->store.campaign;
    auto_buf struct buf text = {0};
    words_clean(&text, c->name);
    buf_adds(&text, ": ");
    words_state(&text, machine_state(&campaign_machine, (int)c->state));
    buf_addc(&text, ' ');
    words_since(&text, c->since_ms ? c->since_ms : c->created_ms, s->now_ms);
    layout_paragraph(layout, "Campaign ", state_colour(c->state), buf_text(&text));
    buf_reset(&text);
    words_clean(&text, c->reason);
    if (c->actor) {
        buf_adds(&text, text.length ? ", by " : "");
        words_clean(&text, c->actor);
    }
    labelled(layout, c->reason && *c->reason ? "  Reason    " : "  By        ", &text);
    buf_reset(&text);
    words_clean(&text, c->playbook);
    buf_addf(&text, ", %d target%s in %d wave%s, digest %.*s", c->target_count,
             c->target_count == 1 ? "" : "s", c->wave_count,
             c->wave_count == 1 ? "" : "s", DIGEST_SHOWN, c->digest);
    labelled(layout, "  Playbook  ", &text);
}

static void write_owner(const struct status *s, const struct layout *layout)
{
    const struct store_owner *o = &s->owner;
    auto_buf struct buf text = {0};
    bool final = machine_is_final(&campaign_machine, (int)s->store.campaign.state);
    if (o->running) {
        words_clean(&text, *o->command ? o->command : "a slipway");
        buf_addf(&text, ", pid %lld on ", (long long)o->pid);
        words_clean(&text, *o->host ? o->host : "this host");
        buf_addc(&text, ' ');
        if (o->since_ms)
            words_since(&text, o->since_ms, s->now_ms);
    } else if (!final) {
        buf_adds(&text, "nobody: nothing goes on until somebody resumes it");
    }
    labelled(layout, "  Owner     ", &text);
}

static void write_progress(const struct status *s, const struct layout *layout)
{
    const int *n = s->store.counts;
    const struct store_campaign *c = &s->store.campaign;
    auto_buf struct buf text = {0};
    char took[WORDS_TIME_MAX];
    buf_addf(&text, "%d of %d succeeded", n[TARGET_SUCCEEDED], c->target_count);
    if (c->in_flight)
        buf_addf(&text, ", %d in flight", c->in_flight);
    buf_addf(&text, "; %d in the last hour", s->store.succeeded_last_hour);
    labelled(layout, "  Progress  ", &text);
    buf_reset(&text);
    if (c->state == CAMPAIGN_RUNNING && s->left_ms >= 0)
        buf_addf(&text,
                 "about %s (an estimate; closed windows, gates and failures come on top)",
                 words_took(s->left_ms, took, sizeof took));
    else if (c->state == CAMPAIGN_RUNNING)
        buf_adds(&text, "not known before the first target is through");
    labelled(layout, "  Time left ", &text);
    buf_reset(&text);
    buf_addf(&text, "%d failed of %d tolerated", c->failed, c->budget);
    if (c->in_doubt)
        buf_addf(&text, ", %d in doubt", c->in_doubt);
    buf_addf(&text, ", %s mode", budget_mode_name(c->mode));
    labelled(layout, "  Failures  ", &text);
}

/* ---- waves ---- */

static int wave_bad(const struct store_wave *w)
{
    return w->counts[TARGET_FAILED] + w->counts[TARGET_ROLLED_BACK] +
           w->counts[TARGET_STRANDED] + w->counts[TARGET_PARKED];
}

static int wave_left(const struct store_wave *w)
{
    return w->target_count - w->counts[TARGET_SUCCEEDED] - w->counts[TARGET_SKIPPED] -
           wave_bad(w) - w->in_flight;
}

static void add_wave(const struct status *s, const struct store_wave *w,
                     struct table *table)
{
    char text[WORDS_TIME_MAX];
    table_addf(table, "%d", w->index);
    table_add(table, w->name);
    table_add(table, machine_state(&wave_machine, (int)w->state));
    table_addf(table, "%d", w->counts[TARGET_SUCCEEDED]);
    table_addf(table, "%d", wave_bad(w));
    table_addf(table, "%d", w->in_flight);
    table_addf(table, "%d", wave_left(w));
    if (w->counts[TARGET_SOAKING] && s->store.next_soak_end_ms)
        table_addf(table, "%d until %s", w->counts[TARGET_SOAKING],
                   words_at(s->store.next_soak_end_ms, s->now_ms, text, sizeof text));
    else
        table_add(table, w->soak_ms ? words_took(w->soak_ms, text, sizeof text) : "-");
    table_addf(table, "%d of %d", w->failed, w->budget);
}

static void write_waves(const struct status *s, const struct layout *layout)
{
    static const char *const heads[] = {"#",         "wave", "state", "done",  "failed",
                                        "in flight", "left", "soak",  "budget"};
    auto_table struct table table = {
        .columns = ARRAY_LENGTH(heads),
        .right = {true, false, false, true, true, true, true}};
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < s->store.wave_count; i++)
        add_wave(s, &s->store.waves[i], &table);
    layout_heading(layout, "Waves");
    table_write(&table, 0, table_rows(&table), "  ", layout);
}

static void write_counts(const struct status *s, const struct layout *layout)
{
    auto_buf struct buf text = {0};
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (!s->store.counts[i])
            continue;
        buf_addf(&text, "%s%d ", text.length ? ", " : "", s->store.counts[i]);
        words_state(&text, machine_state(&target_machine, i));
    }
    layout_heading(layout, "Targets");
    labelled(layout, "  ", &text);
}

/* ---- lists ---- */

static void write_waits(const struct status *s, const struct layout *layout)
{
    if (!s->wait_count)
        return;
    layout_heading(layout, "Waiting");
    for (size_t i = 0; i < s->wait_count && i < STATUS_WAITS_SHOWN; i++) {
        const struct status_wait *w = &s->waits[i];
        auto_buf struct buf text = {0};
        char at[WORDS_TIME_MAX];
        buf_addf(&text, "%d %s: %s", w->count, w->who, w->what);
        if (w->next_ms)
            buf_addf(&text, " (next at %s)",
                     words_at(w->next_ms, s->now_ms, at, sizeof at));
        labelled(layout, "  - ", &text);
    }
    if (s->wait_count > STATUS_WAITS_SHOWN)
        buf_addf(layout->out, "  … and %zu more kinds\n",
                 s->wait_count - STATUS_WAITS_SHOWN);
}

/* What is known of a failure, below its line; the same issue only once a list. */
static void write_issue(const struct status_view *view, const struct status_target *t,
                        struct map *told, const struct layout *layout)
{
    struct issue_note issue;
    if (!status_issue(view, t, &issue))
        return;
    size_t before = told->count;
    if (map_intern(told, issue.id) < before)
        buf_addf(layout->out, "      Known   %s, as above\n", issue.id);
    else
        issue_write(&issue, "      ", layout);
}

static void write_list(const struct status_view *view, const struct status_list *list,
                       const char *heading, enum layout_colour colour,
                       const struct layout *layout)
{
    const struct status *s = view->status;
    auto_map struct map told = {0};
    if (!list->count)
        return;
    layout_heading(layout, heading);
    for (size_t i = 0; i < list->count; i++) {
        const struct status_target *t = &list->items[i];
        auto_buf struct buf text = {0};
        buf_addf(&text, "%s ", t->name);
        words_state(&text, machine_state(&target_machine, (int)t->state));
        if (t->since_ms) {
            buf_addc(&text, ' ');
            words_since(&text, t->since_ms, s->now_ms);
        }
        if (*t->text)
            buf_addf(&text, ": %s", t->text);
        layout_paragraph(layout, colour == COLOUR_NONE ? "  - " : "  ! ", colour,
                         buf_text(&text));
        if (colour == COLOUR_RED)
            write_issue(view, t, &told, layout);
    }
    if (list->total > (int)list->count)
        buf_addf(layout->out, "  … and %d more\n", list->total - (int)list->count);
}

static void write_overdue(const struct status_view *view, const struct layout *layout)
{
    const struct status *s = view->status;
    auto_buf struct buf text = {0}, advice = {0};
    overdue_words(&s->overdue, s->now_ms, &text);
    if (!text.length)
        return;
    overdue_advice(view->command, &advice);
    layout_heading(layout, "Snapshots past their time limit");
    layout_paragraph(layout, "  ! ", COLOUR_RED, buf_text(&text));
    layout_paragraph(layout, "    ", COLOUR_NONE, buf_text(&advice));
}

/* ---- what to type ---- */

static const char *first_of(const struct status_list *list, enum target_state_id state)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].state == state)
            return list->items[i].name;
    }
    return NULL;
}

static void write_next(const struct status_view *view, const struct layout *layout)
{
    const struct status *s = view->status;
    auto_advice struct advice advice = {.count = 0};
    struct advice_facts facts = {
        .command = view->command,
        .state = s->store.campaign.state,
        .counts = s->store.counts,
        .stranded = first_of(&s->human, TARGET_STRANDED),
        .parked = first_of(&s->human, TARGET_PARKED),
        .held = s->held.count ? s->held.items[0].name : NULL,
        .owned = s->owner.running,
    };
    for (size_t i = 0; i < s->human.count; i++) {
        if (s->human.items[i].gate)
            facts.gate_target = s->human.items[i].name;
    }
    for (size_t i = 0; i < s->store.wave_count; i++) {
        if (s->store.waves[i].state == WAVE_GATED)
            facts.gated_wave = s->store.waves[i].name;
    }
    advise(&facts, &advice);
    if (!advice.count)
        return;
    layout_heading(layout, "Next");
    advice_write(&advice, "  ", layout->out);
}

void status_text(const struct status_view *view, struct buf *out)
{
    const struct status *s = view->status;
    struct layout layout = {out, view->colour};
    write_head(s, &layout);
    write_owner(s, &layout);
    write_progress(s, &layout);
    status_time_text(view, &layout);
    write_waves(s, &layout);
    write_counts(s, &layout);
    write_list(view, &s->busy, "At work", COLOUR_NONE, &layout);
    write_waits(s, &layout);
    write_list(view, &s->held, "Held", COLOUR_YELLOW, &layout);
    write_list(view, &s->failed, "Failures", COLOUR_RED, &layout);
    write_list(view, &s->human, "For a human", COLOUR_RED, &layout);
    write_overdue(view, &layout);
    write_next(view, &layout);
}
