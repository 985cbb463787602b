/*
 * page_forecast.c - the forecast on the page: when it is over in half and in nine tenths
 * of the runs, how many fail in them, what binds and what would help. Compact: `slipway
 * forecast` has weeks and nights. Nothing if nobody made one.
 */
#include "report/page_html.h"

#include "report/forecast.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"

#define CHANGES_SHOWN 5
#define NEVER         "not before the calendars end"

static const char *end_words(const struct page *page, int64_t at_ms,
                             char out[PAGE_WHEN_MAX])
{
    return at_ms ? page_when(page->clock, at_ms, out) : NEVER;
}

static void add_row(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "<tr><th scope=\"row\">%s</th><td>", name);
    page_text(out, value);
    buf_adds(out, "</td></tr>");
}

/* "2, in nine of ten runs at most 5" */
static void add_counts(struct buf *out, const char *name,
                       const struct forecast_counts *counts)
{
    auto_buf struct buf text = {0};
    buf_addf(&text, "%d", counts->p50);
    if (counts->p90 != counts->p50)
        buf_addf(&text, ", in nine of ten runs at most %d", counts->p90);
    add_row(out, name, buf_text(&text));
}

static void add_outlook(const struct page *page, const struct forecast *f,
                        struct buf *out)
{
    const struct forecast_outlook *o = &f->planned;
    char at[PAGE_WHEN_MAX];
    auto_buf struct buf in_time = {0};
    buf_adds(out, "<div class=\"wide\"><table class=\"plain\"><caption>When it is over"
                  "</caption><tbody>");
    add_row(out, "if all goes as usual", end_words(page, o->usual_ms, at));
    add_row(out, "half of the runs", end_words(page, o->p50_ms, at));
    add_row(out, "nine of ten runs", end_words(page, o->p90_ms, at));
    if (f->deadline_ms) {
        buf_addf(&in_time, "%d of %d runs", o->in_time, o->runs);
        add_row(out, "before the deadline", buf_text(&in_time));
    }
    add_counts(out, "nights with a start", &o->nights);
    add_counts(out, "targets that fail", &o->failed);
    add_counts(out, "targets that are put back", &o->rolled_back);
    add_counts(out, "pauses for a human", &o->pauses);
    buf_adds(out, "</tbody></table></div>");
}

static void add_changes(const struct page *page, const char *caption,
                        const struct forecast_change *changes, size_t count,
                        struct buf *out)
{
    char at[PAGE_WHEN_MAX], saves[32];
    if (!count)
        return;
    buf_addf(out,
             "<div class=\"wide\"><table class=\"plain\"><caption>%s</caption><thead><tr>"
             "<th scope=\"col\">rule</th><th scope=\"col\">saves</th><th scope=\"col\">"
             "half of the runs end</th></tr></thead><tbody>",
             caption);
    auto_map struct map told = {0};
    for (size_t i = 0; i < count && told.count < CHANGES_SHOWN; i++) {
        const struct forecast_change *c = &changes[i];
        auto_buf struct buf words = {0};
        forecast_words_change(&words, c);
        size_t before = told.count;
        if (map_intern(&told, buf_text(&words)) < before)
            continue; /* the same rule, known by its calendar and by its label */
        buf_adds(out, "<tr><th scope=\"row\">");
        page_text(out, buf_text(&words));
        buf_addf(out, "</th><td>%s</td><td>",
                 c->saves_ms > 0 ? words_took(c->saves_ms, saves, sizeof saves)
                                 : "nothing");
        page_text(out, end_words(page, c->finish_ms, at));
        buf_adds(out, "</td></tr>");
    }
    buf_adds(out, "</tbody></table></div>");
}

void page_forecast_html(const struct page *page, struct buf *out)
{
    const struct forecast *f = page->view->forecast;
    char at[PAGE_WHEN_MAX];
    if (!f)
        return;
    page_section(out, "forecast", "Forecast");
    buf_addf(out, "<p>From %d virtual runs of this plan%s, starting %s, with ",
             f->planned.runs, f->running ? " from where it stands" : "",
             page_when(page->clock, f->start_ms, at));
    buf_addf(out,
             "%d.%d %% of the changes failing (%s). Failures that hit many at once, "
             "and a network that breaks, are not in it.</p>",
             f->failure_per_million / 10000, f->failure_per_million / 1000 % 10,
             f->failure_given     ? "as given"
             : f->failure_samples ? "as in earlier campaigns"
                                  : "nothing is known of earlier campaigns");
    add_outlook(page, f, out);
    add_changes(page, "What binds: each rule lifted alone", f->binding, f->binding_count,
                out);
    add_changes(page, "What would hold the deadline: one change each", f->remedies,
                f->remedy_count, out);
    page_section_end(out);
}
