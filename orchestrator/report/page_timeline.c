/*
 * page_timeline.c - who goes in which night, to look at (page_svg.c): one picture by
 * wave, by site and by customer, chosen by radio buttons and style alone, and the same
 * as a table.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "util/auto.h"

#define ROW_PLAN    26 /* heights */
#define ROW_REAL    36
#define ROW_BAD     46
#define LABEL_CUT   15 /* characters of a row's name */
#define WIDE_COLUMN 60.0
#define HATCH_STEP  7.0
#define BAR_LEAST   3.0

static bool row_has_bad(const struct page *page, const struct page_grouping *g,
                        size_t row)
{
    for (size_t i = 0; i < page->axis.count; i++) {
        if (g->cells[row * page->axis.count + i].bad)
            return true;
    }
    return false;
}

static int row_height(const struct page *page, const struct page_grouping *g, size_t row)
{
    if (!page->began_ms)
        return ROW_PLAN;
    return row_has_bad(page, g, row) ? ROW_BAD : ROW_REAL;
}

/* ---- shades ---- */

/* The parts of the spans that lie in shown hours, as rectangles of one path. */
static void add_shade(const struct page_plot *plot, const struct spans *spans, int y,
                      int height, const char *name, struct buf *out)
{
    const struct page_axis *axis = &plot->page->axis;
    bool any = false;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *s = &spans->items[i];
        size_t c = page_axis_column(axis, s->from_ms);
        for (; c < axis->count && axis->columns[c].from < s->until_ms; c++) {
            const struct page_column *column = &axis->columns[c];
            int64_t from = s->from_ms > column->from ? s->from_ms : column->from;
            int64_t until = s->until_ms < column->until ? s->until_ms : column->until;
            if (from >= until)
                continue;
            double x = page_plot_x(plot, from), end = page_plot_x(plot, until);
            if (until == column->until) /* its edge belongs to the next one */
                end = (double)(c + 1) * plot->column;
            if (!any)
                buf_addf(out, "<path class=\"%s\" d=\"", name);
            buf_addf(out, "M%.1f %dh%.1fv%dh-%.1fz", x, y, end - x, height, end - x);
            any = true;
        }
    }
    buf_adds(out, any ? "\"/>" : "");
}

/* Diagonals from edge to edge: patterns of SVG make printers think for minutes. */
static void add_strokes(double x, double end, int y, int height, struct buf *out)
{
    for (double at = x - height + HATCH_STEP; at < end; at += HATCH_STEP) {
        double left = at < x ? x : at;
        double right = at + height > end ? end : at + height;
        buf_addf(out, "M%.1f %.1fL%.1f %.1f", left, y + height - (left - at), right,
                 y + height - (right - at));
    }
}

static void add_hatch(const struct page_plot *plot, const struct spans *spans, int y,
                      int height, struct buf *out)
{
    bool any = false;
    add_shade(plot, spans, y, height, "frozen", out);
    for (size_t i = 0; i < spans->count; i++) {
        double x = page_plot_x(plot, spans->items[i].from_ms);
        double end = page_plot_x(plot, spans->items[i].until_ms);
        if (end - x < 1)
            continue;
        buf_adds(out, any ? "" : "<path class=\"hatch\" d=\"");
        add_strokes(x, end, y, height, out);
        any = true;
    }
    buf_adds(out, any ? "\"/>" : "");
}

/* ---- cells ---- */

static void add_bar(const struct page_plot *plot, const struct page_interval *i, int y,
                    const char *name, struct buf *out)
{
    double x = page_plot_x(plot, i->from), end = page_plot_x(plot, i->until);
    if (end - x < BAR_LEAST)
        end = x + BAR_LEAST;
    buf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"6\"/>",
             name, x, y, end - x);
}

/* Of the bar, in a column that is wide enough to tell; else of the column. */
static double middle_of(const struct page_plot *plot, const struct page_interval *i,
                        size_t column)
{
    double x = page_plot_x(plot, i->from), end = page_plot_x(plot, i->until);
    if (plot->column < WIDE_COLUMN)
        return ((double)column + .5) * plot->column;
    return x + (end > x ? (end - x) / 2 : 0);
}

static void cell_words(const struct page *page, const char *name, size_t column,
                       const struct page_cell *cell, struct buf *out)
{
    char day[PAGE_WHEN_MAX];
    page_day(page->axis.columns[column].day, day);
    buf_addf(out, "%s%s, ", page->axis.weeks ? "week of " : "", day);
    buf_adds(out, name);
    if (cell->planned)
        buf_addf(out, ": %d planned", cell->planned);
    if (cell->began)
        buf_addf(out, "%s %d begun, %d done, %d failed", cell->planned ? "," : ":",
                 cell->began, cell->done, cell->bad);
}

static void add_cell(const struct page_plot *plot, const char *name, size_t column,
                     const struct page_cell *cell, int y, struct buf *out)
{
    auto_buf struct buf words = {0};
    if (!cell->planned && !cell->began)
        return;
    cell_words(plot->page, name, column, cell, &words);
    buf_adds(out, "<g><title>");
    page_prose(out, buf_text(&words));
    buf_adds(out, "</title>");
    if (cell->planned) {
        buf_addf(out, "<text class=\"n\" x=\"%.1f\" y=\"%d\">%d</text>",
                 middle_of(plot, &cell->plan, column), y + 12, cell->planned);
        add_bar(plot, &cell->plan, y + 16, "bar", out);
    } else
        buf_addf(out, "<text class=\"n\" x=\"%.1f\" y=\"%d\">%d</text>",
                 middle_of(plot, &cell->real, column), y + 12, cell->began);
    if (cell->began)
        add_bar(plot, &cell->real, y + 25, cell->bad ? "real bad" : "real", out);
    if (cell->bad)
        buf_addf(out, "<text class=\"x\" x=\"%.1f\" y=\"%d\">✗ %d</text>",
                 middle_of(plot, &cell->real, column), y + 43, cell->bad);
    buf_adds(out, "</g>");
}

static void add_total(const struct page_plot *plot, struct buf *out)
{
    const struct page_axis *axis = &plot->page->axis;
    for (size_t i = 0; i < axis->count; i++) {
        int count =
            plot->page->has_slots ? axis->columns[i].planned : axis->columns[i].began;
        if (count)
            buf_addf(out, "<text class=\"n all\" x=\"%.1f\" y=\"%d\">%d</text>",
                     ((double)i + .5) * plot->column, plot->head + 15, count);
    }
}

/* ---- one picture ---- */

static int add_labels(const struct page *page, const struct page_grouping *g, int top,
                      struct buf *out)
{
    int y = top, height = top;
    for (size_t i = 0; i < g->count; i++)
        height += row_height(page, g, i);
    buf_addf(out,
             "<svg class=\"labels\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "aria-hidden=\"true\">"
             "<text class=\"row all\" x=\"4\" y=\"%d\">all</text><text class=\"num\" "
             "x=\"%d\" y=\"%d\">%zu</text>",
             PAGE_LABEL_WIDTH, height + 1, PAGE_LABEL_WIDTH, height + 1, top - 7,
             PAGE_LABEL_WIDTH - 6, top - 7, page->plan->target_count);
    for (size_t i = 0; i < g->count; i++) {
        buf_addf(out, "<g><title>");
        page_text(out, *g->names[i] ? g->names[i] : "(none)");
        buf_addf(out, ": %d</title><text class=\"row\" x=\"4\" y=\"%d\">", g->counts[i],
                 y + 17);
        page_short(out, *g->names[i] ? g->names[i] : "(none)", LABEL_CUT);
        buf_addf(out, "</text><text class=\"num\" x=\"%d\" y=\"%d\">%d</text></g>",
                 PAGE_LABEL_WIDTH - 6, y + 17, g->counts[i]);
        y += row_height(page, g, i);
    }
    buf_adds(out, "</svg>");
    return height;
}

static void add_row(const struct page_plot *plot, const struct page_grouping *g,
                    size_t row, int y, struct buf *out)
{
    const struct page *page = plot->page;
    int height = row_height(page, g, row);
    buf_addf(out, "<path class=\"line\" d=\"M0 %d.5H%d\"/>", y, plot->width);
    if (g->any_time[row])
        buf_addf(out,
                 "<rect class=\"open\" x=\"0\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
                 y + 1, plot->column * (double)page->axis.count, height - 1);
    else
        add_shade(plot, &g->open[row], y + 1, height - 1, "open", out);
    struct spans some = spans_subtract(&g->partly[row], &g->frozen[row]);
    add_hatch(plot, &some, y + height - 8, 8, out);
    spans_clear(&some);
    add_hatch(plot, &g->frozen[row], y + 1, height - 1, out);
    for (size_t i = 0; i < page->axis.count; i++)
        add_cell(plot, g->names[row], i, &g->cells[row * page->axis.count + i], y, out);
}

static void add_picture(const struct page_plot *plot, const struct page_grouping *g,
                        struct buf *out)
{
    int top = plot->head + 22, y = top;
    buf_addf(out,
             "<div class=\"scroll by-%s\" tabindex=\"0\" role=\"region\" "
             "aria-labelledby=\"tl-%s-t\">",
             g->noun, g->noun);
    int height = add_labels(plot->page, g, top, out);
    buf_addf(out,
             "<svg class=\"plot\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "role=\"img\" aria-labelledby=\"tl-%s-t tl-%s-d\"><title "
             "id=\"tl-%s-t\">Timeline by %s</title><desc id=\"tl-%s-d\">Rows are %ss, "
             "columns are nights; the numbers are targets that are planned to start. The "
             "table after the picture says the same.</desc>",
             plot->width, height + 1, plot->width, height + 1, g->noun, g->noun, g->noun,
             g->noun, g->noun, g->noun);
    for (size_t i = 0; i < g->count; i++) {
        add_row(plot, g, i, y, out);
        y += row_height(plot->page, g, i);
    }
    page_plot_head(plot, height, out);
    add_total(plot, out);
    buf_addf(out, "<path class=\"line\" d=\"M0 %d.5H%d\"/></svg></div>", height,
             plot->width);
}

/* ---- the same as a table ---- */

static void add_parts(const struct page *page, const struct page_grouping *g,
                      size_t column, struct buf *out)
{
    bool more = false;
    buf_adds(out, "<td>");
    for (size_t i = 0; i < g->count; i++) {
        const struct page_cell *cell = &g->cells[i * page->axis.count + column];
        int count = page->has_slots ? cell->planned : cell->began;
        if (!count)
            continue;
        buf_adds(out, more ? ", " : "");
        page_text(out, *g->names[i] ? g->names[i] : "(none)");
        buf_addf(out, " %d", count);
        more = true;
    }
    buf_adds(out, "</td>");
}

static bool is_shown(const struct page_grouping *g)
{
    return g->count > 1 || (g->count == 1 && *g->names[0]);
}

static void add_table(const struct page *page, struct buf *out)
{
    char day[PAGE_WHEN_MAX];
    buf_addf(out,
             "<details class=\"alt\"><summary>The same as a table</summary><div "
             "class=\"wide\"><table><caption>Targets that start in each %s</caption>"
             "<thead><tr><th scope=\"col\">%s</th>",
             page->axis.weeks ? "week" : "night", page->axis.weeks ? "week of" : "night");
    if (page->has_slots)
        buf_adds(out, "<th scope=\"col\">planned</th>");
    if (page->began_ms)
        buf_adds(out, "<th scope=\"col\">begun</th>");
    for (int k = 0; k < GROUPINGS; k++) {
        if (is_shown(&page->groupings[k]))
            buf_addf(out, "<th scope=\"col\">%ss</th>", page->groupings[k].noun);
    }
    buf_adds(out, "</tr></thead><tbody>");
    for (size_t i = 0; i < page->axis.count; i++) {
        const struct page_column *c = &page->axis.columns[i];
        if (!c->planned && !c->began)
            continue;
        struct page_date d = page_date_of(c->day);
        buf_addf(out, "<tr><th scope=\"row\">%s %s</th>", page_date(c->day, day),
                 page_weekdays[d.weekday]);
        if (page->has_slots)
            buf_addf(out, "<td class=\"r\">%d</td>", c->planned);
        if (page->began_ms)
            buf_addf(out, "<td class=\"r\">%d</td>", c->began);
        for (int k = 0; k < GROUPINGS; k++) {
            if (is_shown(&page->groupings[k]))
                add_parts(page, &page->groupings[k], i, out);
        }
        buf_adds(out, "</tr>");
    }
    buf_adds(out, "</tbody></table></div></details>");
}

static bool is_frozen(const struct page *page)
{
    for (size_t i = 0; i < page->groupings[BY_WAVE].count; i++) {
        if (page->groupings[BY_WAVE].partly[i].count)
            return true;
    }
    return false;
}

static void add_legend(const struct page *page, struct buf *out)
{
    static const char item[] = "<li><svg width=\"26\" height=\"12\" aria-hidden=\"true\">"
                               "<rect class=\"%s\" width=\"%d\" height=\"%d\" "
                               "x=\"1\" y=\"%d\"/></svg> %s</li>";
    buf_adds(out, "<ul class=\"legend\">");
    if (page->has_slots)
        buf_addf(out, item, "bar", 24, 6, 3,
                 "from the first start to the last expected end in that row");
    if (page->has_slots)
        buf_addf(out, item, "open", 24, 12, 0, "windows are open");
    if (is_frozen(page))
        buf_adds(out,
                 "<li><svg width=\"26\" height=\"12\" aria-hidden=\"true\"><rect "
                 "class=\"frozen\" width=\"26\" height=\"12\"/><path "
                 "class=\"hatch\" d=\"M0 5l5-5M0 12l12-12M7 12l12-12M14 "
                 "12l12-12M21 12l5-5\"/></svg> frozen (only a strip at the foot: for "
                 "some of them)</li>");
    if (page->began_ms)
        buf_addf(out, item, "real", 24, 6, 3, "what really happened");
    if (page->began_ms && page->counts[PAGE_FAILED])
        buf_addf(out, item, "real bad", 24, 6, 3,
                 "the same, and ✗ so many of them failed");
    buf_addf(
        out,
        "<li>The number is how many start. Only the hours that are used are drawn%s, "
        "in the zone ",
        page->axis.weeks ? ", a column is a week" : "");
    page_text(out, page->clock->zone);
    buf_adds(out, "; where a line is dashed, nights without anything are left out.</li>"
                  "</ul>");
}

void page_timeline_html(const struct page *page, struct buf *out)
{
    struct page_plot plot = page_plot_of(page);
    page_section(out, "timeline", "Timeline");
    if (!page->axis.count) {
        buf_adds(out, "<p class=\"none\">Nothing to draw: the plan has no slots, and "
                      "nothing has begun. Slots are found when the campaign or its fleet "
                      "names windows or freezes.</p>");
        page_section_end(out);
        return;
    }
    buf_adds(out, "<div class=\"switch\" role=\"group\" aria-label=\"Rows\">");
    for (int k = 0; k < GROUPINGS; k++) {
        const struct page_grouping *g = &page->groupings[k];
        if (is_shown(g))
            buf_addf(out,
                     "<input type=\"radio\" name=\"rows\" id=\"by-%s\"%s><label "
                     "for=\"by-%s\">%s</label>",
                     g->noun, k == BY_WAVE ? " checked" : "", g->noun, g->title);
    }
    for (int k = 0; k < GROUPINGS; k++) {
        if (is_shown(&page->groupings[k]))
            add_picture(&plot, &page->groupings[k], out);
    }
    buf_adds(out, "</div>");
    add_legend(page, out);
    add_table(page, out);
    page_section_end(out);
}
