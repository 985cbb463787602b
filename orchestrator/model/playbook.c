/* playbook.c - a playbook in memory: its recoveries, and giving it back. */
#include "model/playbook.h"

#include <stdlib.h>

static void operation_clear(struct operation *op)
{
    free(op->id);
    free(op->use);
    free(op->with);
    free(op->expect);
    free(op->value);
    free(op->advice);
    free(op->files);
}

const char *const failure_columns[FAILURE_COLUMNS] = {"message", "step", "use",
                                                      "state",   "kind", "version"};

static void recoveries_clear(struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->recovery_count; i++) {
        free(playbook->recoveries[i].issue);
        free(playbook->recoveries[i].match);
    }
    for (size_t i = 0; i < playbook->recovery_op_count; i++)
        operation_clear(&playbook->recovery_ops[i]);
    free(playbook->recoveries);
    free(playbook->recovery_ops);
}

void playbook_take_recoveries(struct playbook *to, const struct playbook *from)
{
    struct playbook copy = playbook_copy(from);
    struct playbook own = *to;
    to->recoveries = copy.recoveries;
    to->recovery_count = copy.recovery_count;
    to->recovery_ops = copy.recovery_ops;
    to->recovery_op_count = copy.recovery_op_count;
    to->recoveries_off = copy.recoveries_off;
    recoveries_clear(&own);
    copy.recoveries = NULL;
    copy.recovery_ops = NULL;
    copy.recovery_count = copy.recovery_op_count = 0;
    playbook_clear(&copy);
}

void playbook_clear(struct playbook *playbook)
{
    recoveries_clear(playbook);
    for (size_t i = 0; i < playbook->step_count; i++) {
        struct step *step = &playbook->steps[i];
        operation_clear(&step->op);
        for (size_t k = 0; k < step->limit_count; k++)
            free(step->limits[k]);
        free(step->limits);
    }
    for (size_t i = 0; i < playbook->check_count; i++) {
        operation_clear(&playbook->checks[i].op);
        free(playbook->checks[i].after);
    }
    for (size_t i = 0; i < playbook->read_count; i++)
        operation_clear(&playbook->reads[i]);
    free(playbook->steps);
    free(playbook->checks);
    free(playbook->reads);
    free(playbook->name);
    free(playbook->digest);
    *playbook = (struct playbook){0};
}
