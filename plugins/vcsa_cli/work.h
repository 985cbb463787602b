/*
 * work.h - what software-packages does for long: stage, validate, install.
 *
 * Each runs as a detached job of plugins/ssh under the intent's key, so that a lost
 * connection, or a slipway that died, costs nothing and repeats nothing. What came of it
 * is read from the lines that it printed, never from its exit status.
 */
#ifndef VCSA_CLI_WORK_H
#define VCSA_CLI_WORK_H

#include "ssh/runner.h"
#include "vcsa_cli/marks.h"
#include "vcsa_cli/talk.h"
#include "vcsa_cli/truth.h"

/* One of the three; static. */
struct work {
    const char *operation;
    enum marks_end good; /* the line that proves its success */
    /* Before anything is started: may it be, or is there nothing to do? PENDING to go on,
       else an outcome that was said. */
    enum slipway_outcome (*ready)(struct talk *talk);
    /* The line was found: success proven, and the result set? */
    enum slipway_outcome (*proven)(struct talk *talk, const struct marks *marks,
                                   const struct buf *log);
    /* No such line, and nobody works any more: what do the files say? */
    enum slipway_outcome (*settle)(struct talk *talk, const struct marks *marks,
                                   const struct buf *log, bool rebooted);
};

const struct work *work_of(const struct slipway_call *call);

/* Launch `command` (a line for appliancesh; $SLIPWAY_REPOSITORY and the like are what
   `job->secret` exports) and give PENDING with a handle, or why not. `answer`: the secret
   variable that goes to its standard input, or NULL. */
enum slipway_outcome work_launch(struct talk *talk, const char *command,
                                 struct runner_job *job, const char *answer);

/* Add "export NAME='secret'" from a reference; -1: said. */
int work_add_secret(struct talk *talk, struct runner_job *job, const char *name,
                    const json_t *reference);

/* PENDING if nobody is at work and nothing is left by half; else said. */
enum slipway_outcome work_idle(struct talk *talk, struct truth *truth);

/* The version that the step names. */
const char *work_version(const struct talk *talk);

extern const struct work work_stage, work_validate, work_install;

#endif
