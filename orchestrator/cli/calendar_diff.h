/*
 * calendar_diff.h - what a changed calendar moves: openings, and the slots that were
 * reserved in them.
 */
#ifndef CLI_CALENDAR_DIFF_H
#define CLI_CALENDAR_DIFF_H

#include "cli/calendar.h"

/* Openings that vanish, appear or move, of what ends after `now_ms`. An opening moved if
   one that vanished has a new one within half a week. Both are settled. */
void calendar_diff_spans(const struct spans *before, const struct spans *after,
                         int64_t now_ms, const char *zone, struct calendar_moves *out);

/* The slots that cannot be kept under `after`, and the next room for each. */
void calendar_diff_slots(const struct calendar_subject *subject,
                         const struct plan_time *after, struct calendar_moves *out);

/* A target's slot as it stands under `time`: the reserved one if it can be kept (or is
   past), else as long a one at the next start that fits. from_ms 0: there is none. */
struct plan_slot calendar_slot_now(const struct calendar_subject *subject,
                                   const struct plan_time *time, int target);

#endif
