/*
 * install.h - between install.c (asking for it) and install_watch.c (what became of it).
 */
#ifndef VCSA_INSTALL_H
#define VCSA_INSTALL_H

#include "vcsa/release.h"
#include "vcsa/update.h"

/* What is remembered between two looks; the handle. Seconds since 1970, 0: not so. */
struct vcsa_watch {
    char from[VCSA_VERSION_MAX];
    int64_t asked_s;   /* when the installation was asked for       */
    int64_t silent_s;  /* since when nobody answers                 */
    int64_t reached_s; /* since when the new version is read        */
    int64_t idle_s;    /* since when it is idle and has the old one */
};

const char *vcsa_wanted(const struct vcsa_talk *talk);
enum slipway_outcome vcsa_watch_on(struct vcsa_talk *talk,
                                   const struct vcsa_watch *watch);
void vcsa_watch_read(const struct slipway_call *call, struct vcsa_watch *out);
char *vcsa_watch_text(const struct vcsa_talk *talk, const struct vcsa_watch *watch);

/* The end of a watch: services at baseline, or wait for them, or FAILED. */
enum slipway_outcome vcsa_watch_services(struct vcsa_talk *talk,
                                         struct vcsa_watch *watch);
/* The sentence of INSTALL_FAILED. */
void vcsa_say_failed(struct vcsa_talk *talk, const struct vcsa_update *update);

#endif
