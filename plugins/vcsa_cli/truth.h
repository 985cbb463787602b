/*
 * truth.h - what is installed, and what the update service believes: two files of the
 * appliance that different programs write. Where they contradict each other a patch
 * was applied by half.
 */
#ifndef VCSA_CLI_TRUTH_H
#define VCSA_CLI_TRUTH_H

#include "vcsa_cli/parse.h"
#include "vcsa_cli/talk.h"

struct truth {
    char version[CLI_VERSION_MAX]; /* installed; "" if the appliance does not tell */
    struct update_state state;     /* .state is "" if there is no file */
};

enum slipway_outcome truth_read(struct talk *talk, struct truth *out);

/* An operation is under way, by the state file. */
bool truth_busy(const struct truth *truth);
/* A patch was not brought to its end: INSTALL_FAILED, or a state that is about another
   version than the installed one and does not wait for it. */
bool truth_half(const struct truth *truth);

/* {"state", "about", "busy", "half_finished", "installed"}; the caller's. */
json_t *truth_json(const struct truth *truth);

#endif
