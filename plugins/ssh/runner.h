/*
 * runner.h - detached jobs on an appliance: publish, ask.
 *
 * A job is a directory <job_dir>/<key> on the appliance. Launching is
 * idempotent: whoever launches the same key again finds the job as it is. See
 * scripts/launch.sh, supervise.sh and probe.sh for the protocol.
 */
#ifndef SSH_RUNNER_H
#define SSH_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "ssh/bootid.h"
#include "ssh/channel.h"
#include "util/buf.h"

/* What a job is made of. */
struct runner_job {
    struct buf main;   /* shell lines that end in `exec ...`     */
    struct buf script; /* becomes "$SLIPWAY_JOB_DIR/cmd"         */
    struct buf secret; /* shell lines; wiped by runner_job_free  */
    int64_t timeout_s; /* 0: none                                */
    bool one_boot;     /* start only on the boot it was published on */
};

void runner_job_free(struct runner_job *job);
#define auto_job __attribute__((cleanup(runner_job_free)))

/*
 * Publish the job under call->key and have it started. DONE and the boot ids
 * (of the publishing and of now); RETRY, REFUSED, FAILED, CANCELED: certain to
 * be without effect; UNKNOWN: probe. *err holds the sentence unless DONE.
 */
enum slipway_outcome runner_launch(struct connection *connection,
                                   const struct runner_job *job, char born[BOOTID_SIZE],
                                   char now[BOOTID_SIZE], struct slipway_error *err);

enum runner_state {
    RUNNER_UNREACHED,  /* no answer now                                       */
    RUNNER_REFUSED,    /* it cannot be asked (key, password, shell): a human  */
    RUNNER_ABSENT,     /* no such job there                                   */
    RUNNER_UNREADABLE, /* this user cannot tell                               */
    RUNNER_MISMATCH,   /* the key belongs to a job with another fingerprint   */
    RUNNER_CLAIMED,    /* published, not started                              */
    RUNNER_RUNNING,
    RUNNER_DONE,     /* rc is final                                         */
    RUNNER_ORPHANED, /* started, then its supervisor was killed             */
    RUNNER_REBOOTED, /* started before a reboot, and did not end            */
};

struct runner_report {
    enum runner_state state;
    int rc;                 /* with DONE                                  */
    char born[BOOTID_SIZE]; /* boot on which it was published, or ""      */
    char now[BOOTID_SIZE];  /* present boot, or ""                        */
    int64_t age_ms;         /* since the publishing, by the guest's clock:
                                 never negative, otherwise not trusted      */
    int percent;            /* -1: not told                               */
    char progress[200];     /* harmless                                   */
    struct buf out, err;    /* with DONE: the ends of the output          */
};

/* Ask about the job call->key. Opens the connection if it is not open. *err
   holds the sentence with UNREACHED and REFUSED. */
void runner_probe(struct connection *connection, struct slipway_call *call,
                  struct runner_report *report, struct slipway_error *err);
void runner_report_free(struct runner_report *report);
#define auto_report __attribute__((cleanup(runner_report_free)))

/* True if the key can be the name of a directory. */
bool runner_key_valid(const char *key);

/* "no answer since 02:13:05Z; the job goes on there (why)": said to the host,
   and when to look again. Always PENDING. */
enum slipway_outcome runner_say_silent(struct connection *connection,
                                       struct slipway_call *call, const char *what,
                                       const char *why);

#endif
