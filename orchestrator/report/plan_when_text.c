/* plan_when_text.c - the sections about time of `slipway plan`; see plan_when.h. */
#include "report/layout.h"
#include "report/plan_when.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

static void add_calendar(const struct plan_view *view, const struct calendar_use *use,
                         struct table *table)
{
    const struct plan_calendar *c = &view->plan->time.calendars[use->calendar];
    char when[LOCAL_TIME_ROOM], length[32];
    table_add(table, c->freeze ? "freeze" : "window");
    table_add(table, c->scope);
    table_add(table, calendar_words(c));
    table_addf(table, "%d", use->targets);
    if (!use->openings) {
        table_add(table, "never");
        table_add(table, NULL);
        table_add(table, NULL);
        return;
    }
    table_add(table, when_local(view, use->next.from_ms, when));
    table_addf(
        table, "for %s",
        duration_format(use->next.until_ms - use->next.from_ms, length, sizeof length));
    table_addf(table, "%zu", use->openings);
}

static void write_calendars(const struct plan_view *view, const struct plan_when *when,
                            const struct layout *layout)
{
    static const char *const heads[] = {NULL,    "binds", "calendar", "targets",
                                        "first", "",      "times"};
    auto_table struct table table = {
        .columns = ARRAY_LENGTH(heads),
        .right = {false, false, false, true, false, false, true}};
    size_t shown = view->full || when->calendar_count <= CALENDARS_SHOWN
                       ? when->calendar_count
                       : CALENDARS_SHOWN;
    if (!when->calendar_count)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < shown; i++)
        add_calendar(view, &when->calendars[i], &table);
    layout_heading(layout, "Calendars");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    if (when->calendar_count > shown)
        buf_addf(layout->out, "  … and %zu more: --full\n", when->calendar_count - shown);
}

static void write_paces(const struct plan_view *view, const struct plan_when *when,
                        const struct layout *layout)
{
    size_t shown =
        view->full || when->pace_count <= PACES_SHOWN ? when->pace_count : PACES_SHOWN;
    if (!when->pace_count)
        return;
    layout_heading(layout, "How long one target takes");
    for (size_t i = 0; i < shown; i++) {
        const struct pace_group *group = &when->paces[i];
        auto_free char *text =
            xasprintf("%s (%d %s): %s", group->names, group->targets,
                      group->targets == 1 ? "target" : "targets", group->words);
        layout_paragraph(layout, "  - ", COLOUR_NONE, text);
    }
    if (when->pace_count > shown)
        buf_addf(layout->out, "  … and %zu more: --full\n", when->pace_count - shown);
}

static void write_slots(const struct plan_view *view, const struct plan_when *when,
                        const struct layout *layout)
{
    static const char *const heads[] = {"wave", "first start", "last end", "nights",
                                        "without"};
    auto_table struct table table = {.columns = ARRAY_LENGTH(heads),
                                     .right = {false, false, false, true, true}};
    char from[LOCAL_TIME_ROOM], until[LOCAL_TIME_ROOM];
    if (!when->has_slots)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&table, heads[i]);
    for (size_t i = 0; i < view->plan->wave_count; i++) {
        const struct wave_slots *wave = &when->waves[i];
        table_add(&table, view->plan->waves[i].name);
        table_add(&table, wave->from_ms ? when_local(view, wave->from_ms, from) : "-");
        table_add(&table, wave->until_ms ? when_local(view, wave->until_ms, until) : "-");
        table_addf(&table, "%d", wave->nights);
        table_addf(&table, "%d", wave->missing);
    }
    layout_heading(layout, "Slots");
    table_write(&table, 0, table_rows(&table), "  ", layout);
    layout_paragraph(
        layout, "  ", COLOUR_NONE,
        "nights: on which a slot starts; without: targets for which none was "
        "found; last end: of a change, soaks come on top");
}

void plan_when_text(const struct plan_view *view, const struct plan_when *when,
                    const struct layout *layout)
{
    write_slots(view, when, layout);
    write_calendars(view, when, layout);
    write_paces(view, when, layout);
}
