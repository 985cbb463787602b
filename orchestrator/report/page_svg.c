/*
 * page_svg.c - the pictures of a report: plain SVG whose colours come from the page's
 * style, so that they print, turn dark and work without scripts. What they show stands
 * in a table as well.
 */
#include <stdlib.h>
#include <string.h>

#include "report/page_html.h"
#include "util/auto.h"
#include "util/text.h"

#define PLOT_WIDTH    1050
#define COLUMN_LEAST  30.0
#define COLUMN_MOST   460.0
#define HOURS_COLUMN  110.0 /* from this width on hours are written */
#define CHART_HEIGHT  150
#define CHART_MARGIN  14
#define SPARK_WIDTH   220
#define SPARK_HEIGHT  26
#define SPARK_COLUMNS 440

struct page_plot page_plot_of(const struct page *page)
{
    struct page_plot plot = {.page = page};
    size_t count = page->axis.count;
    double width = count ? PLOT_WIDTH / (double)count : PLOT_WIDTH;
    width = width < COLUMN_LEAST ? COLUMN_LEAST : width;
    plot.column = width > COLUMN_MOST ? COLUMN_MOST : width;
    plot.width = (int)(plot.column * (double)count) + 2;
    plot.hours = plot.column >= HOURS_COLUMN && !page->axis.weeks;
    plot.head = plot.hours ? 56 : 44;
    return plot;
}

double page_plot_x(const struct page_plot *plot, int64_t local)
{
    return page_axis_at(&plot->page->axis, local) * plot->column;
}

void page_short(struct buf *out, const char *text, int characters)
{
    auto_buf struct buf clean = {0}, head = {0};
    text_sanitize(&clean, text, strlen(text), PAGE_TEXT_MAX);
    const char *p = buf_text(&clean);
    int count = 0;
    for (; *p && count < characters; count++) {
        size_t length = 1;
        while (((unsigned char)p[length] & 0xc0) == 0x80)
            length++;
        buf_add(&head, p, length);
        p += length;
    }
    page_text(out, buf_text(&head));
    if (*p)
        buf_adds(out, "…");
}

/* ---- dates ---- */

static void add_hours(const struct page_plot *plot, size_t i, struct buf *out)
{
    const struct page_column *c = &plot->page->axis.columns[i];
    int64_t span = (c->until - c->from) / HOUR_MS;
    int64_t step = 1;
    while ((double)span / (double)step * 34 > plot->column)
        step = step < 2 ? 2 : step < 3 ? 3 : step < 6 ? 6 : step * 2;
    for (int64_t hour = 0; hour < span; hour += step) {
        int64_t of_day = (c->from / HOUR_MS + hour) % 24;
        double x = ((double)i + (double)hour / (double)span) * plot->column;
        buf_addf(out,
                 "<path class=\"tick\" d=\"M%.1f %dv5\"/><text class=\"hour\" x=\"%.1f\" "
                 "y=\"%d\">%02d:00</text>",
                 x, plot->head - 5, x + 3, plot->head - 4, (int)of_day);
    }
}

static bool new_month(const struct page_axis *axis, size_t i)
{
    return !i || page_date_of(axis->columns[i].day).month !=
                     page_date_of(axis->columns[i - 1].day).month;
}

/* Columns until the next month begins. */
static size_t month_columns(const struct page_axis *axis, size_t i)
{
    size_t next = i + 1;
    while (next < axis->count && !new_month(axis, next))
        next++;
    return next - i;
}

static void add_date(const struct page_plot *plot, size_t i, struct buf *out)
{
    const struct page_axis *axis = &plot->page->axis;
    struct page_date d = page_date_of(axis->columns[i].day);
    double x = (double)i * plot->column, middle = x + plot->column / 2;
    if (new_month(axis, i)) {
        bool room = (double)month_columns(axis, i) * plot->column > 58;
        buf_addf(out, "<text class=\"month\" x=\"%.1f\" y=\"11\">%s", x + 2,
                 page_months[d.month]);
        if (room)
            buf_addf(out, " %d", d.year);
        buf_adds(out, "</text>");
    }
    buf_addf(out,
             "<text class=\"wd\" x=\"%.1f\" y=\"25\">%s</text><text class=\"day\" "
             "x=\"%.1f\" y=\"38\">%d</text>",
             middle, axis->weeks ? "week" : page_weekdays[d.weekday], middle, d.day);
}

void page_plot_head(const struct page_plot *plot, int height, struct buf *out)
{
    const struct page_axis *axis = &plot->page->axis;
    for (size_t i = 0; i < axis->count; i++) {
        add_date(plot, i, out);
        if (plot->hours)
            add_hours(plot, i, out);
    }
    buf_adds(out, "<path class=\"grid\" d=\"");
    for (size_t i = 0; i <= axis->count; i++)
        buf_addf(out, "M%.1f %dV%d", (double)i * plot->column + .5,
                 i < axis->count && new_month(axis, i) ? 2 : 16, height);
    buf_adds(out, "\"/><path class=\"gap\" d=\"");
    for (size_t i = 0; i < axis->count; i++) {
        if (axis->columns[i].gap)
            buf_addf(out, "M%.1f 16V%d", (double)i * plot->column + .5, height);
    }
    buf_adds(out, "\"/>");
}

/* ---- steps ---- */

struct pen {
    struct buf *out;
    double height, base; /* of the plot: the value 0 lies at `base` */
    int top;             /* value at the upper edge */
};

static double y_of(const struct pen *pen, int value)
{
    return pen->base - pen->height * value / (pen->top > 0 ? pen->top : 1);
}

/* At most one level for each half pixel, the highest one. */
static void add_steps(const struct pen *pen, const struct page_axis *axis, double scale,
                      const struct page_series *series)
{
    double at = -1, x = 0;
    int value = 0, best = 0;
    for (size_t i = 0; i < series->count; i++) {
        x = page_axis_at(axis, series->levels[i].at) * scale;
        if (at >= 0 && x - at < .5) {
            best = series->levels[i].value > best ? series->levels[i].value : best;
            value = series->levels[i].value;
            continue;
        }
        if (at >= 0 && best != value)
            buf_addf(pen->out, "V%.1fV%.1f", y_of(pen, best), y_of(pen, value));
        else if (at >= 0)
            buf_addf(pen->out, "V%.1f", y_of(pen, value));
        buf_addf(pen->out, at < 0 ? "M%.1f %.1f" : "H%.1f", x, pen->base);
        at = x;
        value = best = series->levels[i].value;
    }
    if (at >= 0)
        buf_addf(pen->out, "V%.1f", y_of(pen, value));
}

static void add_curve(const struct page_plot *plot, const struct pen *pen,
                      const struct page_series *series, const char *name)
{
    if (!series || !series->count)
        return;
    buf_addf(pen->out, "<path class=\"%s\" d=\"", name);
    add_steps(pen, &plot->page->axis, plot->column, series);
    buf_adds(pen->out, "\"/>");
}

static int round_up(int value)
{
    int unit = 1;
    while (value > 10 * unit)
        unit *= 10;
    int half = unit >= 2 ? unit / 2 : 1;
    return (value + half - 1) / half * half;
}

static void add_scale(const struct pen *pen, const struct page_plot *plot, int height,
                      struct buf *out)
{
    int values[] = {0, pen->top / 2, pen->top};
    buf_addf(out,
             "<svg class=\"labels\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "aria-hidden=\"true\">",
             PAGE_LABEL_WIDTH, height, PAGE_LABEL_WIDTH, height);
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        if (i == 1 && (pen->top < 2 || pen->top % 2))
            continue;
        buf_addf(out, "<text class=\"num\" x=\"%d\" y=\"%.1f\">%d</text>",
                 PAGE_LABEL_WIDTH - 6, y_of(pen, values[i]) + 4, values[i]);
    }
    buf_addf(out, "<text class=\"num\" x=\"%d\" y=\"%d\">at once</text></svg>",
             PAGE_LABEL_WIDTH - 6, plot->head - 6);
}

void page_chart_svg(const struct page_plot *plot, const struct page_chart *chart,
                    struct buf *out)
{
    int most = chart->planned->peak;
    int height = plot->head + CHART_HEIGHT + CHART_MARGIN;
    if (chart->actual && chart->actual->peak > most)
        most = chart->actual->peak;
    /* a cap far above everything would press the curve to the ground */
    bool capped = chart->cap > 0 && chart->cap <= 3 * (most > 0 ? most : 1);
    if (capped && chart->cap > most)
        most = chart->cap;
    struct pen pen = {out, CHART_HEIGHT - CHART_MARGIN, plot->head + CHART_HEIGHT,
                      round_up(most > 0 ? most : 1)};
    buf_addf(out,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-labelledby=\"%s-t\">",
             chart->id);
    add_scale(&pen, plot, height, out);
    buf_addf(out,
             "<svg class=\"plot\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
             plot->width, height, plot->width, height, chart->id, chart->id, chart->id);
    page_prose(out, chart->title);
    buf_addf(out, "</title><desc id=\"%s-d\">", chart->id);
    page_prose(out, chart->desc);
    buf_adds(out, "</desc>");
    page_plot_head(plot, (int)pen.base, out);
    add_curve(plot, &pen, chart->planned, "area");
    add_curve(plot, &pen, chart->actual, "really");
    buf_addf(out, "<path class=\"axis\" d=\"M0 %.1fH%d\"/>", pen.base + .5, plot->width);
    if (capped) {
        buf_addf(out,
                 "<path class=\"cap\" d=\"M0 %.1fH%d\"/><text class=\"captext\" x=\"%d\" "
                 "y=\"%.1f\">",
                 y_of(&pen, chart->cap), plot->width, plot->width - 4,
                 y_of(&pen, chart->cap) - 4);
        page_text(out, chart->cap_words);
        buf_adds(out, "</text>");
    }
    buf_adds(out, "</svg></div>");
}

void page_spark_svg(const struct page *page, const struct page_series *series,
                    const char *title, struct buf *out)
{
    struct pen pen = {out, SPARK_HEIGHT - 4, SPARK_HEIGHT - 1, series->peak};
    double scale = page->axis.count ? SPARK_WIDTH / (double)page->axis.count : 0;
    buf_addf(out,
             "<svg class=\"spark\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "role=\"img\"><title>",
             SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT);
    page_prose(out, title);
    buf_addf(out,
             "</title><path class=\"axis\" d=\"M0 %d.5H%d\"/><path class=\"area\" d=\"",
             SPARK_HEIGHT - 1, SPARK_WIDTH);
    add_steps(&pen, &page->axis, scale, series);
    buf_adds(out, "\"/></svg>");
}
