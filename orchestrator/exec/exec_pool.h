/*
 * exec_pool.h - the executor for real: plugins on a bounded set of threads.
 */
#ifndef EXEC_EXEC_POOL_H
#define EXEC_EXEC_POOL_H

#include "exec/exec.h"
#include "exec/plugins.h"

#define EXEC_WORKERS_DEFAULT  64u
#define EXEC_WORKERS_MAX      256u
#define EXEC_GRACE_DEFAULT_MS 10000 /* past its deadline a call may still return */
#define EXEC_WRITTEN_OFF_MAX  32u   /* threads given up and replaced             */
#define EXEC_TIDY_DEFAULT_MS  5000

/* Zero means the default. */
struct exec_pool_options {
    struct plugins *plugins; /* borrowed, opened, outlives the pool */
    unsigned workers;
    int64_t grace_ms;
    int64_t tidy_ms;
    unsigned written_off_max;
    const char *credentials_dir; /* default: $CREDENTIALS_DIRECTORY */
    int log_fd;                  /* default: standard error         */
    bool log_debug;              /* a line for every call too       */
};

/* NULL with a sentence if not even the descriptors can be had. Threads start
   when there is work. */
struct executor *exec_pool_create(const struct exec_pool_options *options,
                                  struct slipway_error *err);

/* Threads written off since the start (for `doctor` and tests). */
unsigned exec_pool_written_off(const struct executor *executor);

#endif
