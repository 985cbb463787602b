/*
 * forecast_text.c - a forecast on a terminal: when it ends, how many go in which week and
 * night, what binds it, what would hold its deadline, who goes last (see forecast.h).
 */
#include <stdio.h>
#include <string.h>

#include "report/forecast.h"
#include "report/layout.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"
#include "util/timefmt.h"

#define AT_MAX  64
#define BAR_MAX 24 /* columns */
#define DAY_MS  86400000LL
#define NEVER   "not before the calendars' horizon"

static const char *at(const struct forecast_view *view, int64_t ms, char *out)
{
    if (!ms)
        (void)snprintf(out, AT_MAX, "%s", NEVER);
    else if (!view->local || view->local(view->forecast->zone, ms, out, AT_MAX))
        (void)time_minute(ms, out, AT_MAX);
    return out;
}

/* "Sat 2026-11-28" */
static const char *day(const struct forecast_view *view, int64_t ms, char *out)
{
    char *blank = strrchr(at(view, ms, out), ' ');
    for (int parts = 0; blank && parts < 2; parts++) {
        *blank = '\0';
        blank = strrchr(out, ' ');
        if (parts == 0 && (!blank || strlen(blank) != strlen(" 00:00")))
            break;
    }
    return out;
}

static const char *took(int64_t ms, char *out)
{
    return duration_format(ms < DAY_MS ? ms : ms / 3600000 * 3600000, out, AT_MAX);
}

/* ---- when it ends ---- */

/* One row: what, as planned, and with the changes if there are any. */
static void add_row(const struct forecast_view *view, struct table *table,
                    const char *what, const char *planned, const char *changed)
{
    table_add(table, what);
    table_add(table, planned);
    table_add(table, view->forecast->what_if ? changed : NULL);
}

static void add_end(const struct forecast_view *view, struct table *table,
                    const char *what, int64_t planned_ms, int64_t changed_ms)
{
    char planned[AT_MAX], changed[AT_MAX];
    add_row(view, table, what, at(view, planned_ms, planned),
            at(view, changed_ms, changed));
}

static const char *span_words(int64_t from_ms, int64_t until_ms, char *out)
{
    if (!until_ms)
        return "";
    return took(until_ms - from_ms, out);
}

static void add_after(const struct forecast_view *view, struct table *table,
                      int64_t planned_ms, int64_t changed_ms)
{
    int64_t start_ms = view->forecast->start_ms;
    char planned[AT_MAX], changed[AT_MAX];
    add_row(view, table, "  after", span_words(start_ms, planned_ms, planned),
            span_words(start_ms, changed_ms, changed));
}

static void add_counts(const struct forecast_view *view, struct table *table,
                       const char *what, struct forecast_counts planned,
                       struct forecast_counts changed)
{
    char left[AT_MAX], right[AT_MAX];
    (void)snprintf(left, sizeof left, "%d (%d)", planned.p50, planned.p90);
    (void)snprintf(right, sizeof right, "%d (%d)", changed.p50, changed.p90);
    add_row(view, table, what, left, right);
}

static void held_words(const struct forecast_outlook *o, char *out)
{
    (void)snprintf(out, AT_MAX, "held in %d of %d runs", o->in_time, o->runs);
}

static const char *late_words(const struct forecast *f, const struct forecast_outlook *o,
                              char *out)
{
    if (!o->p90_ms || o->p90_ms <= f->deadline_ms)
        return "-";
    return took(o->p90_ms - f->deadline_ms, out);
}

static void add_deadline(const struct forecast_view *view, struct table *table)
{
    const struct forecast *f = view->forecast;
    char planned[AT_MAX], changed[AT_MAX];
    auto_buf struct buf what = {0};
    if (!f->deadline_ms)
        return;
    buf_addf(&what, "deadline %s", at(view, f->deadline_ms, planned));
    held_words(&f->planned, planned);
    held_words(&f->changed, changed);
    add_row(view, table, buf_text(&what), planned, changed);
    add_row(view, table, "  nine in ten late by", late_words(f, &f->planned, planned),
            late_words(f, &f->changed, changed));
}

static void write_ends(const struct forecast_view *view, const struct layout *layout)
{
    const struct forecast *f = view->forecast;
    const struct forecast_outlook *p = &f->planned, *c = &f->changed;
    auto_table struct table table = {.columns = 3};
    add_row(view, &table, "", "as planned", f->what_if);
    add_end(view, &table, "half of the runs end by", p->p50_ms, c->p50_ms);
    add_after(view, &table, p->p50_ms, c->p50_ms);
    add_end(view, &table, "nine in ten end by", p->p90_ms, c->p90_ms);
    add_after(view, &table, p->p90_ms, c->p90_ms);
    add_end(view, &table, "if all goes as usual", p->usual_ms, c->usual_ms);
    add_deadline(view, &table);
    add_counts(view, &table, "nights with starts", p->nights, c->nights);
    add_counts(view, &table, "failures", p->failed, c->failed);
    add_counts(view, &table, "rolled back", p->rolled_back, c->rolled_back);
    add_counts(view, &table, "pauses", p->pauses, c->pauses);
    table_write(&table, f->what_if ? 0 : 1, table_rows(&table), "  ", layout);
    layout_paragraph(layout, "  ", COLOUR_DIM,
                     "counts: in half of the runs (in nine of ten)");
}

static void write_assumptions(const struct forecast_view *view,
                              const struct layout *layout)
{
    const struct forecast *f = view->forecast;
    auto_buf struct buf text = {0};
    char human[AT_MAX];
    int permille = f->failure_per_million / 1000;
    if (f->failure_given)
        buf_addf(&text, "Of 1,000 changes %d fail (given)", permille);
    else if (f->failure_samples)
        buf_addf(&text,
                 "Of 1,000 changes %d fail, as %d targets of earlier campaigns did",
                 permille, f->failure_samples);
    else
        buf_adds(&text, "No change fails, because no history says how many do "
                        "(--failure-rate 2% says it)");
    if (f->failure_per_million)
        buf_addf(&text, "; somebody looks at a pause after %s",
                 duration_format(f->human_ms, human, sizeof human));
    buf_adds(&text, ". Durations are drawn between typical and slow.");
    if (f->planned.never)
        buf_addf(&text,
                 " %d target%s find%s no opening that is long enough before the "
                 "calendars' horizon; slipway calendar check lists them.",
                 f->planned.never, f->planned.never == 1 ? "" : "s",
                 f->planned.never == 1 ? "s" : "");
    layout_paragraph(layout, "  ", COLOUR_DIM, buf_text(&text));
}

/* ---- weeks and nights ---- */

static int most_starts(const struct forecast_period *periods, size_t count)
{
    int most = 1;
    for (size_t i = 0; i < count; i++)
        most = periods[i].starts.p90 > most ? periods[i].starts.p90 : most;
    return most;
}

static void add_bar(struct table *table, int value, int most)
{
    auto_buf struct buf bar = {0};
    int length = (value * BAR_MAX + most - 1) / most;
    for (int i = 0; i < length; i++)
        buf_adds(&bar, "\u2588");
    table_add(table, buf_text(&bar));
}

static void period_heads(struct table *table, const char *first, bool changed)
{
    table_add(table, first);
    table_add(table, "starts");
    table_add(table, "8 in 10 runs");
    table_add(table, "");
    table_add(table, changed ? "changed" : NULL);
    table_add(table, NULL);
}

/* The period of the other outlook that begins at the same time. */
static const struct forecast_period *other(const struct forecast_period *periods,
                                           size_t count, int64_t from_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (periods[i].from_ms == from_ms)
            return &periods[i];
    }
    return NULL;
}

static void add_period(const struct forecast_view *view, struct table *table,
                       const struct forecast_period *p, const struct forecast_period *c,
                       int most)
{
    char text[AT_MAX];
    table_add(table, day(view, p->from_ms, text));
    table_addf(table, "%d", p->starts.p50);
    table_addf(table, "%d to %d", p->starts.p10, p->starts.p90);
    add_bar(table, p->starts.p50, most);
    if (view->forecast->what_if)
        table_addf(table, "%d", c ? c->starts.p50 : 0);
    else
        table_add(table, NULL);
    table_add(table, p->before_deadline ? NULL : "after the deadline");
}

static void write_periods(const struct forecast_view *view, const char *heading,
                          const char *first, bool weeks, const struct layout *layout)
{
    const struct forecast_outlook *p = &view->forecast->planned;
    const struct forecast_outlook *c = &view->forecast->changed;
    const struct forecast_period *periods = weeks ? p->weeks : p->periods;
    size_t count = weeks ? p->week_count : p->period_count;
    auto_table struct table table = {.columns = 6,
                                     .right = {false, true, true, false, true}};
    int most = most_starts(periods, count);
    period_heads(&table, first, view->forecast->what_if != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct forecast_period *also =
            other(weeks ? c->weeks : c->periods, weeks ? c->week_count : c->period_count,
                  periods[i].from_ms);
        if (periods[i].starts.p90 || periods[i].usual)
            add_period(view, &table, &periods[i], also, most);
    }
    size_t rows = table_rows(&table);
    size_t shown = view->full || weeks || rows <= FORECAST_NIGHTS_SHOWN
                       ? rows
                       : FORECAST_NIGHTS_SHOWN;
    layout_heading(layout, heading);
    table_write(&table, 0, shown, "  ", layout);
    if (shown < rows)
        layout_paragraph(layout, "  ", COLOUR_DIM, "more nights: --full");
}

/* ---- what binds ---- */

static void write_binding(const struct forecast_view *view, const struct layout *layout)
{
    const struct forecast *f = view->forecast;
    auto_table struct table table = {.columns = 3};
    char text[AT_MAX];
    layout_heading(layout, "What binds: each rule lifted alone, the rest as planned");
    table_add(&table, "rule");
    table_add(&table, "half of the runs end");
    table_add(&table, "earlier by");
    table.right[2] = true;
    auto_map struct map told = {0};
    for (size_t i = 0; i < f->binding_count; i++) {
        const struct forecast_change *b = &f->binding[i];
        auto_buf struct buf rule = {0};
        size_t before = told.count;
        forecast_words_change(&rule, b);
        if (map_intern(&told, buf_text(&rule)) < before)
            continue; /* the same rule, known by its calendar and by its label */
        table_add(&table, buf_text(&rule));
        table_add(&table, at(view, b->finish_ms, text));
        table_add(&table, took(b->saves_ms, text));
    }
    if (f->binding_count)
        table_write(&table, 0, table_rows(&table), "  ", layout);
    else
        layout_paragraph(layout, "  ", COLOUR_NONE,
                         "No single rule costs an hour or more: what is left is work, or "
                         "rules that only bind together.");
}

static void write_remedies(const struct forecast_view *view, const struct layout *layout)
{
    const struct forecast *f = view->forecast;
    auto_table struct table table = {.columns = 2};
    char text[AT_MAX];
    bool late =
        f->deadline_ms && (!f->planned.p90_ms || f->planned.p90_ms > f->deadline_ms);
    if (!late)
        return;
    layout_heading(layout, "What would hold the deadline in nine of ten runs");
    for (size_t i = 0; i < f->remedy_count; i++) {
        auto_buf struct buf words = {0};
        forecast_words_change(&words, &f->remedies[i]);
        table_add(&table, buf_text(&words));
        table_addf(&table, "ends by %s", at(view, f->remedies[i].late_ms, text));
    }
    if (f->remedy_count)
        table_write(&table, 0, table_rows(&table), "  ", layout);
    else
        layout_paragraph(layout, "  ", COLOUR_NONE,
                         "No single change that was tried (in_flight and max_unavailable "
                         "up to four times, no soak, one more night a week) is enough; "
                         "combine some with the options of this verb.");
}

static void write_last(const struct forecast_view *view, const struct layout *layout)
{
    const struct forecast_outlook *p = &view->forecast->planned;
    auto_table struct table table = {.columns = 3};
    char text[AT_MAX];
    if (!p->last_count)
        return;
    layout_heading(layout, "Last to go, if all goes as usual");
    for (size_t i = 0; i < p->last_count; i++) {
        table_add(&table, p->last[i].name);
        table_add(&table, at(view, p->last[i].started_ms, text));
        table_add(&table, p->last[i].why);
    }
    table_write(&table, 0, table_rows(&table), "  ", layout);
}

void forecast_text(const struct forecast_view *view, struct buf *out)
{
    const struct forecast *f = view->forecast;
    struct layout layout = {out, view->colour};
    auto_buf struct buf title = {0};
    char text[AT_MAX];
    buf_adds(&title, "Forecast of ");
    words_clean(&title, f->campaign);
    buf_addf(&title, " (%.8s): ", f->digest ? f->digest : "");
    words_count(&title, f->targets - f->settled, "target");
    if (f->running)
        buf_addf(&title, " left of %d", f->targets);
    buf_addf(&title, ", %d virtual runs from %s", f->planned.runs,
             at(view, f->start_ms, text));
    layout_line(&layout, "", COLOUR_BOLD, buf_text(&title));
    buf_addc(out, '\n');
    write_ends(view, &layout);
    buf_addc(out, '\n');
    write_assumptions(view, &layout);
    write_periods(view, "By week", "week of", true, &layout);
    write_periods(view, "By night", "night of", false, &layout);
    write_binding(view, &layout);
    write_remedies(view, &layout);
    write_last(view, &layout);
}
