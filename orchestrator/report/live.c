/*
 * live.c - see live.h.
 *
 * Each line is made of coloured pieces and cut at the window's edge, because a line
 * that wraps would make the next redraw miss its place. A window that is too low loses
 * the least important lines first.
 */
#include "report/live.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"

#define BAR_WIDTH_MAX 40
#define NAME_LEAST    12 /* columns of the names' column */
#define NAME_MOST     28
#define STATE_WIDTH   13
#define COLUMNS_LEAST 20
#define ROWS_LEAST    3

enum colour { PLAIN, BOLD, DIM, GREEN, YELLOW, RED };

enum priority { FIRST, WAVES, BUSY, FAILURES, WAITS, COUNTS, HINT, EMPTY };

struct drawing {
    const struct live_frame *frame;
    const struct live_screen *screen;
    struct live_picture *out;
    int name_width;
};

static struct live_line *new_line(struct drawing *d, enum priority priority)
{
    if (d->out->count == LIVE_LINES_MAX)
        return NULL;
    struct live_line *line = &d->out->lines[d->out->count++];
    line->priority = (int)priority;
    return line;
}

/* Bytes of the longest beginning that takes at most `room` columns. */
static size_t fitting(const char *text, int room)
{
    size_t length = strlen(text);
    if (text_columns(text) <= room)
        return length;
    auto_buf struct buf part = {0};
    buf_adds(&part, text);
    while (length && text_columns(part.data) > room - 1) {
        do
            length--;
        while (length && ((unsigned char)part.data[length] & 0xc0) == 0x80);
        part.data[length] = '\0';
    }
    return length;
}

static void put_text(struct drawing *d, struct live_line *line, enum colour colour,
                     const char *text)
{
    static const char *const codes[] = {"",         "\x1b[1m",  "\x1b[2m",
                                        "\x1b[32m", "\x1b[33m", "\x1b[31m"};
    auto_buf struct buf clean = {0};
    if (!line)
        return;
    int room = d->screen->columns - 1 - line->columns;
    words_clean(&clean, text);
    if (room <= 0 || !clean.length)
        return;
    size_t length = fitting(buf_text(&clean), room);
    bool cut = length < clean.length;
    clean.data[length] = '\0';
    const char *code = d->screen->colour ? codes[colour] : "";
    buf_addf(&line->text, "%s%s%s%s", code, clean.data, cut ? "…" : "",
             *code ? "\x1b[0m" : "");
    line->columns += text_columns(clean.data) + cut;
}

__attribute__((format(printf, 4, 5))) static void put(struct drawing *d,
                                                      struct live_line *line,
                                                      enum colour colour,
                                                      const char *format, ...)
{
    auto_buf struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    put_text(d, line, colour, buf_text(&text));
}

/* At most `width` columns of it. */
static void put_cut(struct drawing *d, struct live_line *line, enum colour colour,
                    const char *text, int width)
{
    auto_buf struct buf clean = {0};
    words_clean(&clean, text);
    size_t length = fitting(buf_text(&clean), width);
    if (length == clean.length) {
        put_text(d, line, colour, buf_text(&clean));
        return;
    }
    clean.data[length] = '\0';
    put(d, line, colour, "%s…", clean.data);
}

/* Blanks up to a column. */
static void pad_to(struct drawing *d, struct live_line *line, int column)
{
    if (line && line->columns < column)
        put(d, line, PLAIN, "%*s", column - line->columns, "");
}

static enum colour target_colour(enum target_state_id state)
{
    switch (state) {
    case TARGET_STRANDED:
    case TARGET_FAILED:
    case TARGET_ROLLED_BACK:
    case TARGET_ROLLING_BACK:
        return RED;
    case TARGET_PARKED:
        return YELLOW;
    case TARGET_SUCCEEDED:
        return GREEN;
    default:
        return PLAIN;
    }
}

static void put_state(struct drawing *d, struct live_line *line, enum colour colour,
                      const char *state)
{
    auto_buf struct buf words = {0};
    words_state(&words, state);
    put_text(d, line, colour, buf_text(&words));
}

/* ---- sections ---- */

static enum colour campaign_colour(enum campaign_state_id state)
{
    switch (state) {
    case CAMPAIGN_RUNNING:
    case CAMPAIGN_COMPLETED:
        return GREEN;
    case CAMPAIGN_ABORTED:
    case CAMPAIGN_COMPLETED_WITH_FAILURES:
        return RED;
    default:
        return YELLOW;
    }
}

static void draw_head(struct drawing *d)
{
    const struct live_frame *f = d->frame;
    struct live_line *line = new_line(d, FIRST);
    char took[WORDS_TIME_MAX];
    put_text(d, line, BOLD, f->campaign);
    put(d, line, PLAIN, "  ");
    put_state(d, line, campaign_colour(f->state),
              machine_state(&campaign_machine, (int)f->state));
    if (f->started_ms)
        put(d, line, PLAIN, " %s",
            words_took(f->now_ms - f->started_ms, took, sizeof took));
    put(d, line, PLAIN, "  %d of %d done, %d in the last hour", f->done, f->total,
        f->done_last_hour);
    if (f->state == CAMPAIGN_RUNNING && f->left_ms >= 0)
        put(d, line, PLAIN, ", about %s left", words_took(f->left_ms, took, sizeof took));
    if (*f->reason && f->state != CAMPAIGN_RUNNING) {
        line = new_line(d, FIRST);
        put(d, line, YELLOW, "  %s", f->reason);
    }
}

static int share(int part, int total, int width)
{
    int cells = total ? (int)((int64_t)part * width / total) : 0;
    return part && !cells ? 1 : cells;
}

static void put_cells(struct drawing *d, struct live_line *line, enum colour colour,
                      char cell, int count)
{
    char cells[BAR_WIDTH_MAX + 1];
    count = count > BAR_WIDTH_MAX ? BAR_WIDTH_MAX : count < 0 ? 0 : count;
    memset(cells, cell, (size_t)count);
    cells[count] = '\0';
    put_text(d, line, colour, cells);
}

static void draw_bar(struct drawing *d, struct live_line *line, const struct live_wave *w)
{
    int width = d->screen->columns - d->name_width - 53;
    width = width > BAR_WIDTH_MAX ? BAR_WIDTH_MAX : width < 8 ? 8 : width;
    int good = share(w->good, w->total, width);
    int bad = share(w->bad, w->total, width);
    int busy = share(w->in_flight + w->soaking, w->total, width);
    while (good + bad + busy > width && good) /* small shares were rounded up */
        good--;
    while (good + bad + busy > width && busy)
        busy--;
    put(d, line, PLAIN, "[");
    put_cells(d, line, GREEN, '#', good);
    put_cells(d, line, RED, 'x', bad);
    put_cells(d, line, YELLOW, '>', busy);
    put_cells(d, line, DIM, '.', width - good - bad - busy);
    put(d, line, PLAIN, "] ");
}

static void draw_wave(struct drawing *d, const struct live_wave *w)
{
    struct live_line *line = new_line(d, WAVES);
    char at[WORDS_TIME_MAX];
    put_cut(d, line, w->state == WAVE_OPEN ? BOLD : PLAIN, w->name, d->name_width);
    pad_to(d, line, d->name_width + 3);
    draw_bar(d, line, w);
    put(d, line, PLAIN, "%d of %d", w->good, w->total);
    if (w->bad)
        put(d, line, RED, ", %d failed", w->bad);
    if (w->in_flight)
        put(d, line, PLAIN, ", %d in flight", w->in_flight);
    if (w->soaking && w->soak_end_ms)
        put(d, line, PLAIN, ", %d soak to %s", w->soaking,
            words_at(w->soak_end_ms, d->frame->now_ms, at, sizeof at));
    if (w->state == WAVE_GATED)
        put(d, line, YELLOW, ", waits for approval");
}

static void draw_counts(struct drawing *d)
{
    struct live_line *line = new_line(d, COUNTS);
    bool first = true;
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (!d->frame->counts[i])
            continue;
        put(d, line, PLAIN, "%s%d ", first ? "" : ", ", d->frame->counts[i]);
        put_state(d, line, target_colour((enum target_state_id)i),
                  machine_state(&target_machine, i));
        first = false;
    }
}

static void draw_target(struct drawing *d, const struct live_target *t,
                        enum priority priority)
{
    struct live_line *line = new_line(d, priority);
    char took[WORDS_TIME_MAX];
    put(d, line, PLAIN, "  ");
    put_cut(d, line, PLAIN, t->name, d->name_width);
    pad_to(d, line, d->name_width + 3);
    put_state(d, line, target_colour(t->state),
              machine_state(&target_machine, (int)t->state));
    pad_to(d, line, d->name_width + 3 + STATE_WIDTH);
    put(d, line, PLAIN, "%6s  ",
        words_took(d->frame->now_ms - t->since_ms, took, sizeof took));
    put_text(d, line, priority == FAILURES ? RED : PLAIN, t->text);
}

static void draw_more(struct drawing *d, size_t total, size_t shown,
                      enum priority priority)
{
    if (total > shown)
        put(d, new_line(d, priority), DIM, "  … and %zu more", total - shown);
}

static void draw_lists(struct drawing *d)
{
    const struct live_frame *f = d->frame;
    if (f->busy_count)
        (void)new_line(d, EMPTY);
    for (size_t i = 0; i < f->busy_count; i++)
        draw_target(d, &f->busy[i], BUSY);
    draw_more(d, f->busy_total, f->busy_count, BUSY);
    if (f->wait_count)
        (void)new_line(d, EMPTY);
    for (size_t i = 0; i < f->wait_count; i++)
        put(d, new_line(d, WAITS), PLAIN, "  %d %s", f->waits[i].count, f->waits[i].text);
    if (f->failure_count)
        (void)new_line(d, EMPTY);
    for (size_t i = 0; i < f->failure_count; i++)
        draw_target(d, &f->failures[i], FAILURES);
    draw_more(d, f->failure_total, f->failure_count, FAILURES);
}

static void draw_hint(struct drawing *d)
{
    (void)new_line(d, EMPTY);
    if (d->frame->draining)
        put(d, new_line(d, FIRST), YELLOW,
            "stopping: %d call%s to finish first; Ctrl-C again detaches at once",
            d->frame->calls, d->frame->calls == 1 ? "" : "s");
    else
        put(d, new_line(d, HINT), DIM,
            "Ctrl-C stops cleanly; elsewhere: slipway status, why TARGET, pause, hold "
            "TARGET");
}

/* ---- the window ---- */

static void widen(int *width, const char *name)
{
    auto_buf struct buf clean = {0};
    words_clean(&clean, name);
    int columns = text_columns(buf_text(&clean));
    *width = columns > *width ? columns : *width;
}

static int name_width(const struct live_frame *f)
{
    int width = NAME_LEAST;
    for (size_t i = 0; i < f->wave_count; i++)
        widen(&width, f->waves[i].name);
    for (size_t i = 0; i < f->busy_count; i++)
        widen(&width, f->busy[i].name);
    for (size_t i = 0; i < f->failure_count; i++)
        widen(&width, f->failures[i].name);
    return width > NAME_MOST ? NAME_MOST : width;
}

static void drop(struct live_picture *p, size_t at)
{
    buf_free(&p->lines[at].text);
    memmove(&p->lines[at], &p->lines[at + 1], (p->count - at - 1) * sizeof p->lines[0]);
    p->count--;
    p->lines[p->count] = (struct live_line){.columns = 0};
}

static void fit(struct live_picture *p, int rows)
{
    while (p->count && (int)p->count > rows) {
        size_t least = p->count - 1;
        for (size_t i = p->count; i-- > 0;) {
            if (p->lines[i].priority > p->lines[least].priority)
                least = i;
        }
        drop(p, least);
    }
}

void live_draw(const struct live_frame *frame, const struct live_screen *screen,
               struct live_picture *out)
{
    struct live_screen window = *screen;
    window.columns = window.columns < COLUMNS_LEAST ? COLUMNS_LEAST : window.columns;
    window.rows = window.rows < ROWS_LEAST ? ROWS_LEAST : window.rows;
    struct drawing d = {frame, &window, out, name_width(frame)};
    draw_head(&d);
    for (size_t i = 0; i < frame->wave_count; i++)
        draw_wave(&d, &frame->waves[i]);
    if (frame->wave_total > frame->wave_count)
        put(&d, new_line(&d, WAVES), DIM, "… and %zu more waves",
            frame->wave_total - frame->wave_count);
    draw_counts(&d);
    draw_lists(&d);
    draw_hint(&d);
    fit(out, window.rows - 1);
}

void live_picture_clear(struct live_picture *picture)
{
    for (size_t i = 0; i < picture->count; i++)
        buf_free(&picture->lines[i].text);
    *picture = (struct live_picture){.count = 0};
}
