/*
 * words_when.h - instants of windows for people: in the campaign's zone and in UTC; and
 * what stands in the way of a start, with when that changes.
 */
#ifndef REPORT_WORDS_WHEN_H
#define REPORT_WORDS_WHEN_H

#include "engine/admission.h"
#include "model/timetable.h"
#include "util/buf.h"

/* Whose local time is meant; `local` NULL: only UTC. */
struct when {
    int64_t now_ms;
    const char *zone;
    local_time_fn local;
};

/* How far a reserved slot may move: ", give or take 20m", or that its night may be
   another one. Nothing if it does not. */
void words_spread(struct buf *out, const struct plan_slot *slot);

/* "Sat 2026-11-28 23:00 CET (2026-11-28 22:00Z, in 6d2h)" */
void words_instant(struct buf *out, const struct when *when, int64_t at_ms);

/* The blocker's sentence, and when time changes it. */
void words_blocker(struct buf *out, const struct when *when,
                   const struct blocker *blocker, const struct time_facts *facts);

/* "open until ...", "frozen until ...; next start that fits: ..." */
void words_window(struct buf *out, const struct when *when,
                  const struct time_facts *facts);

/* True if the window keeps what has begun from going on with its next step. */
bool words_window_holds(const struct time_facts *facts);

/* "12 targets wait for time; the next can start Sat ... " */
void words_time_wait(struct buf *out, const struct when *when, int targets,
                     int64_t next_ms, const char *target);

#endif
