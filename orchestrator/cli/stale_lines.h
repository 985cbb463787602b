/*
 * stale_lines.h - what stale.c collects: one sentence for each thing that moved. Private
 * to stale*.c.
 */
#ifndef CLI_STALE_LINES_H
#define CLI_STALE_LINES_H

#include "cli/cli.h"
#include "model/plan.h"

#define STALE_NAMED_MAX 5 /* targets in one sentence */

struct stale_lines {
    char **moved; /* reasons */
    size_t moved_count, moved_room;
    char **unknown; /* what could not be compared */
    size_t unknown_count, unknown_room;
    bool broken; /* a file cannot be read at all: the rest was not compared */
};
__attribute__((format(printf, 2, 3))) void stale_moved(struct stale_lines *lines,
                                                       const char *format, ...);
__attribute__((format(printf, 2, 3))) void stale_unknown(struct stale_lines *lines,
                                                         const char *format, ...);
void stale_lines_clear(struct stale_lines *lines);
#define auto_stale_lines __attribute__((cleanup(stale_lines_clear)))

/* stale_time.c: calendars and time-zone data. */
void stale_time(const struct plan_time *time, int64_t now_ms, struct stale_lines *lines);
/* What moved in one of them between two instants; nothing if none did. */
void stale_openings(const struct plan_calendar *then, const struct spans *today,
                    const struct span *within, struct stale_lines *lines);
/* stale_versions.c: versions that were read back after the plan was made. */
void stale_versions(struct store *store, const struct plan *plan,
                    struct stale_lines *lines);

#endif
