/*
 * job_parts.h - from a step's `with` to what a job is made of.
 */
#ifndef SSH_JOB_PARTS_H
#define SSH_JOB_PARTS_H

#include <jansson.h>

#include "ssh/runner.h"

/* Check script or argv, env, secret_env and verify. Pure. */
int job_parts_check(const json_t *with, struct slipway_error *err);

/* Read the script, fetch the secrets, write main. -1 with a sentence; `job` is
   to be freed in any case. */
int job_parts_build(struct slipway_call *call, const json_t *with, struct runner_job *job,
                    struct slipway_error *err);

/* Append "exec 'word' 'word'" as a line of its own. */
void job_parts_exec(struct buf *main, const char *const *words, size_t count);

#endif
