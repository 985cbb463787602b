/*
 * live.h - the picture of a running campaign that is drawn again and again on a
 * terminal: a frame of facts in, lines that fit the window out. Where the cursor goes
 * is the caller's (cli/run_live.c).
 */
#ifndef REPORT_LIVE_H
#define REPORT_LIVE_H

#include <stdbool.h>

#include "store/query.h"
#include "util/buf.h"

#define LIVE_WAVES_SHOWN    8
#define LIVE_BUSY_SHOWN     8
#define LIVE_WAITS_SHOWN    4
#define LIVE_FAILURES_SHOWN 3
#define LIVE_WHO_MAX        80
#define LIVE_TEXT_MAX       240
#define LIVE_LINES_MAX      40

struct live_wave {
    char name[LIVE_WHO_MAX];
    enum wave_state_id state;
    int total, good, bad, in_flight, soaking;
    int64_t soak_end_ms; /* 0: nobody soaks */
};

struct live_target {
    char name[LIVE_WHO_MAX];
    enum target_state_id state;
    int64_t since_ms;
    char text[LIVE_TEXT_MAX]; /* what it is doing, or why it failed */
};

struct live_wait {
    int count;
    char text[LIVE_TEXT_MAX];
};

struct live_frame {
    char campaign[LIVE_WHO_MAX];
    enum campaign_state_id state;
    char reason[LIVE_TEXT_MAX];
    int64_t now_ms, started_ms;
    int done, total;
    int done_last_hour;
    int64_t left_ms; /* estimate; -1: not known */
    int counts[TARGET_STATE_COUNT];
    struct live_wave waves[LIVE_WAVES_SHOWN];
    size_t wave_count, wave_total;
    struct live_target busy[LIVE_BUSY_SHOWN]; /* longest first */
    size_t busy_count, busy_total;
    struct live_wait waits[LIVE_WAITS_SHOWN]; /* most first */
    size_t wait_count;
    struct live_target failures[LIVE_FAILURES_SHOWN]; /* newest first */
    size_t failure_count, failure_total;
    bool draining;
    int calls; /* under way */
};

struct live_screen {
    int columns, rows;
    bool colour;
};

/* One line without a new line, and the columns it takes. */
struct live_line {
    struct buf text;
    int columns;
    int priority; /* the greatest numbers are dropped first from a low window */
};

struct live_picture {
    struct live_line lines[LIVE_LINES_MAX];
    size_t count;
};

/* At most screen->rows - 1 lines, none wider than screen->columns - 1. `out` must be
   zeroed; live_picture_clear() frees it. All text is neutralised. */
void live_draw(const struct live_frame *frame, const struct live_screen *screen,
               struct live_picture *out);
void live_picture_clear(struct live_picture *picture);

#endif
