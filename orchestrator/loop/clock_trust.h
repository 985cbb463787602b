/*
 * clock_trust.h - may windows be judged by this machine's clock?
 *
 * Not if nobody keeps it (no NTP: the kernel says unsynchronised), unless an operator
 * vouches for it; and not after it was stepped by more than CLOCK_STEP_MAX_MS, until it
 * is kept by NTP and has stood still for CLOCK_SETTLE_MS: then our time goes on from it,
 * forwards only. A clock that was set back cannot be followed, our time never runs
 * backwards: that lasts until it has caught up.
 *
 * Pure on the readings it is given; clock_trust_read() takes them from the system.
 */
#ifndef LOOP_CLOCK_TRUST_H
#define LOOP_CLOCK_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_STEP_MAX_MS  30000 /* what NTP puts right in small steps is less */
#define CLOCK_SETTLE_MS    60000
#define CLOCK_SENTENCE_MAX 240

struct clock_reading {
    int64_t now_ms;    /* ours                           */
    int64_t drift_ms;  /* the wall clock minus ours      */
    bool synchronised; /* as the kernel knows            */
};
struct clock_reading clock_trust_read(void);

struct clock_trust {
    bool vouched;        /* --trust-clock: unsynchronised is fine          */
    int64_t accepted_ms; /* drift that was vouched for                     */
    int64_t stepped_ms;  /* our time when it was seen first; 0: no step    */
    int64_t step_ms;     /* how far it was stepped: since then it stands still */
};

struct clock_verdict {
    bool trusted;
    char sentence[CLOCK_SENTENCE_MAX]; /* why not; or what was put right, "" if nothing */
    int64_t forward_ms; /* our time should go on this much later; 0: as it is */
};

/* An operator says that the clock is right as it is now. */
void clock_trust_vouch(struct clock_trust *trust, const struct clock_reading *reading);
struct clock_verdict clock_trust_look(struct clock_trust *trust,
                                      const struct clock_reading *reading);

#endif
