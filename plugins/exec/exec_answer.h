/*
 * exec_answer.h - what a program's end and its output mean.
 */
#ifndef PLUGINS_EXEC_ANSWER_H
#define PLUGINS_EXEC_ANSWER_H

#include "exec/exec_child.h"

/* Exit codes with a meaning of their own; every other one is a failure. */
enum {
    EXEC_CODE_DONE = 0,
    EXEC_CODE_LATER = 21,        /* no effect, try later                    */
    EXEC_CODE_INCONCLUSIVE = 22, /* nobody can say whether it happened       */
    EXEC_CODE_NOTHING_TO_DO = 23 /* already as wanted                        */
};

/* After "start" and "poll"; `name` is the program, for sentences. */
enum slipway_outcome exec_answer_started(struct slipway_call *call, const char *name,
                                         const struct exec_end *end);
enum slipway_outcome exec_answer_polled(struct slipway_call *call, const char *name,
                                        const struct exec_end *end);
/* After "probe". */
enum slipway_probe exec_answer_probed(struct slipway_call *call, const char *name,
                                      const struct exec_end *end);

#endif
