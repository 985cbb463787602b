/*
 * exec_command.h - a program, its arguments and its environment, out of a step's `with`.
 */
#ifndef PLUGINS_EXEC_COMMAND_H
#define PLUGINS_EXEC_COMMAND_H

#include "slipway/plugin.h"
#include "util/json.h"

#define EXEC_ARGUMENTS_MAX   256u
#define EXEC_ENVIRONMENT_MAX 64u
#define EXEC_JOB_MARK        "{job}" /* in arguments of a job: its folder */

struct exec_command {
    char *program; /* resolved and checked */
    char *argv[EXEC_ARGUMENTS_MAX + 1];
    char *environment[EXEC_ENVIRONMENT_MAX + 6];
    char name[160]; /* of the program, for sentences */
};

/* The members argv and env of `with`, beyond their types. Pure. */
int exec_command_check(const json_t *with, struct slipway_error *err);

/* Fill `out` (zeroed); free it in both cases. `folder` takes the place of EXEC_JOB_MARK;
   NULL leaves it alone. -1 with a sentence: nothing was started. */
int exec_command_prepare(const struct slipway_call *call, const json_t *with,
                         const json_t *target, const char *folder,
                         struct exec_command *out, struct slipway_error *err);
void exec_command_free(struct exec_command *command);
#define auto_exec_command __attribute__((cleanup(exec_command_free)))

#endif
