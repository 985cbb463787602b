/* plan_when_markdown.c - the sections about time of a plan as Markdown; see plan_when.h. */
#include "report/plan_when.h"
#include "report/plan_words.h"
#include "util/auto.h"
#include "util/duration.h"

static void write_slots(const struct plan_view *view, const struct plan_when *when,
                        struct buf *out)
{
    char text[LOCAL_TIME_ROOM];
    if (!when->has_slots)
        return;
    buf_adds(out, "\n## Slots\n\n| wave | first start | last end | nights | without |\n"
                  "|---|---|---|--:|--:|\n");
    for (size_t i = 0; i < view->plan->wave_count; i++) {
        const struct wave_slots *wave = &when->waves[i];
        buf_addc(out, '|');
        markdown_cell(out, view->plan->waves[i].name);
        markdown_cell(out, wave->from_ms ? when_local(view, wave->from_ms, text) : "-");
        markdown_cell(out, wave->until_ms ? when_local(view, wave->until_ms, text) : "-");
        buf_addf(out, " %d | %d |\n", wave->nights, wave->missing);
    }
}

static void write_calendar(const struct plan_view *view, const struct calendar_use *use,
                           struct buf *out)
{
    const struct plan_calendar *c = &view->plan->time.calendars[use->calendar];
    char when[LOCAL_TIME_ROOM], length[32];
    buf_addf(out, "| %s |", c->freeze ? "freeze" : "window");
    markdown_cell(out, c->scope);
    markdown_cell(out, calendar_words(c));
    buf_addf(out, " %d |", use->targets);
    markdown_cell(out,
                  use->openings ? when_local(view, use->next.from_ms, when) : "never");
    markdown_cell(out, duration_format(use->next.until_ms - use->next.from_ms, length,
                                       sizeof length));
    buf_addf(out, " %zu |\n", use->openings);
}

static void write_calendars(const struct plan_view *view, const struct plan_when *when,
                            struct buf *out)
{
    if (!when->calendar_count)
        return;
    buf_adds(out,
             "\n## Calendars\n\n| | binds | calendar | targets | first | for | times "
             "|\n|---|---|---|--:|---|--:|--:|\n");
    for (size_t i = 0; i < when->calendar_count; i++)
        write_calendar(view, &when->calendars[i], out);
}

static void write_paces(const struct plan_when *when, struct buf *out)
{
    if (when->pace_count)
        buf_adds(out, "\n## How long one target takes\n\n");
    for (size_t i = 0; i < when->pace_count; i++) {
        const struct pace_group *group = &when->paces[i];
        buf_adds(out, "- **");
        markdown_text(out, group->names);
        buf_addf(out, "**, %d %s: ", group->targets,
                 group->targets == 1 ? "target" : "targets");
        markdown_text(out, group->words);
        buf_addc(out, '\n');
    }
}

void plan_when_markdown(const struct plan_view *view, const struct plan_when *when,
                        struct buf *out)
{
    write_slots(view, when, out);
    write_calendars(view, when, out);
    write_paces(when, out);
}
