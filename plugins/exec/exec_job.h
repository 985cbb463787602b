/*
 * exec_job.h - the operations `job` and `job_stop`: programs that outlive slipway.
 */
#ifndef PLUGINS_EXEC_JOB_H
#define PLUGINS_EXEC_JOB_H

#include "slipway/plugin.h"

#define EXEC_JOB_TAIL_MAX (32u * 1024u) /* of output and of errors, in the result */
#define EXEC_JOB_LOOK_MS  5000          /* between two looks, at most             */
#define EXEC_JOB_GRACE_MS 10000         /* between the polite signal and the other */

enum slipway_outcome exec_job_start(struct slipway_call *call);
enum slipway_outcome exec_job_poll(struct slipway_call *call);
enum slipway_probe exec_job_probe(struct slipway_call *call);
int exec_job_check(const char *with, struct slipway_error *err);

enum slipway_outcome exec_job_stop_start(struct slipway_call *call);
enum slipway_outcome exec_job_stop_poll(struct slipway_call *call);
int exec_job_stop_check(const char *with, struct slipway_error *err);

/* --- exec_job_family.c ---------------------------------------------------------------- */

/* Where the last three parts of a key begin (step, incarnation, number), or NULL. */
const char *exec_job_step(const char *key);
/* "vc-0001.deploy" out of the key of any step of that target: what the keys of all jobs
   of the step have in common. The caller's. */
char *exec_job_family(const struct slipway_call *call, const char *step);
/* Visit the folders of that family; stops and returns what `visit` gives but 0. */
int exec_job_each(const char *job_dir, const char *family,
                  int (*visit)(void *data, const char *folder), void *data);

#endif
