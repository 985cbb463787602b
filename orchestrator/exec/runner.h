/*
 * runner.h - makes one plugin call and believes nothing that it answers.
 */
#ifndef EXEC_RUNNER_H
#define EXEC_RUNNER_H

#include "exec/call.h"
#include "exec/plugins.h"
#include "expr/expr.h"

/*
 * Run call->request, begun at call->started_ms, on this thread. `engine` is the thread's expression engine,
 * created when first needed. *out becomes the caller's.
 */
void runner_run(struct call *call, const struct plugins *plugins,
                struct expr_engine **engine, struct exec_result *out);

#endif
