/*
 * exec_child.h - one program run to its end: input, output, time, signals.
 */
#ifndef PLUGINS_EXEC_CHILD_H
#define PLUGINS_EXEC_CHILD_H

#include <stdbool.h>

#include "slipway/plugin.h"
#include "util/buf.h"

#define EXEC_OUTPUT_MAX     (256u * 1024u)  /* of standard output, by default */
#define EXEC_OUTPUT_CEILING (1024u * 1024u) /* at most                        */
#define EXEC_ERRORS_KEPT    (4u * 1024u)    /* the end of standard error      */
#define EXEC_TERM_MS        2000 /* between the polite signal and the other one */
#define EXEC_DRAIN_MS       200  /* for output still in the pipe at the end   */

struct exec_job {
    const char *program; /* resolved and checked */
    char *const *argv;
    char *const *environment;
    const char *input;
    size_t input_length;
    size_t output_max;
    int64_t timeout_ms; /* 0: only the call's deadline counts */
};

enum exec_how {
    EXEC_EXITED,      /* by itself: `code` is its exit status             */
    EXEC_SIGNALED,    /* by signal `code`, not one of ours                */
    EXEC_LATE,        /* its time was over: the whole group was killed    */
    EXEC_CANCELED,    /* the host asked to stop: likewise                 */
    EXEC_NOT_STARTED, /* certain: it never ran; `code` is the errno       */
};

struct exec_end {
    enum exec_how how;
    int code;
    struct buf output; /* at most output_max bytes */
    bool output_cut;   /* there was more, and it is gone */
    struct buf errors; /* the end of standard error */
};

/* Run it in a process group of its own and wait. Nothing of the group survives
   the return, unless a member left the group itself. */
void exec_child_run(struct slipway_call *call, const struct exec_job *job,
                    struct exec_end *end);
void exec_end_free(struct exec_end *end);
#define auto_exec_end __attribute__((cleanup(exec_end_free)))

#endif
