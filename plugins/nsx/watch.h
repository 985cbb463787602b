/*
 * watch.h - what is remembered between two looks at something long: the handle of an
 * upgrade, of either family, and of the upgrade coordinator's own.
 *
 * Times are wall clock, because another process may look next; a stepped clock makes a
 * look early or late, never a wrong answer.
 */
#ifndef NSX_WATCH_H
#define NSX_WATCH_H

#include "nsx/talk.h"

/* Seconds since 1970, 0: not so. */
struct nsx_watch {
    char from[NSX_VERSION_MAX]; /* the version before                         */
    int64_t asked_s;            /* when it was asked for                      */
    int64_t silent_s;           /* since when nobody answers                  */
    int64_t reached_s;          /* since when it is over but not yet all well */
    int old_looks;              /* looks in a row at a state as if nothing were */
    bool untold; /* asked to go on with what stood still, and the answer was lost    */
};

void nsx_watch_read(const struct slipway_call *call, struct nsx_watch *out);
/* A watch that begins now. */
struct nsx_watch nsx_watch_begin(const char *from);
void nsx_watch_keep(struct nsx_talk *talk, const struct nsx_watch *watch);
/* PENDING with it. */
enum slipway_outcome nsx_watch_on(struct nsx_talk *talk, const struct nsx_watch *watch);

/* Nobody answers: PENDING up to `silence`, then UNKNOWN. */
enum slipway_outcome nsx_watch_silence(struct nsx_talk *talk, struct nsx_watch *watch);
/* It is over, but not all is well (`what`): PENDING up to `settle`, then FAILED. */
enum slipway_outcome nsx_watch_settle(struct nsx_talk *talk, struct nsx_watch *watch,
                                      const char *what);
/* A look as if nothing had been asked for: true a few times in a row. */
bool nsx_watch_flaps(struct nsx_watch *watch);

/* An effect's fate is unknown: a probe finds what was before. */
enum slipway_outcome nsx_watch_lost(struct nsx_talk *talk, enum nsx_answer answer,
                                    const char *what, const struct nsx_watch *watch);

/* For probes: UNKNOWN with the sentence, look again later. */
enum slipway_probe nsx_probe_unknown(struct nsx_talk *talk);
/* Wait for the second look; false: asked to stop. */
bool nsx_probe_wait(struct nsx_talk *talk);

#endif
