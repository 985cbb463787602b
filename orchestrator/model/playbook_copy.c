/*
 * playbook_copy.c - a playbook of one's own: a plan outlives the files and the
 * decoder's memory it came from.
 */
#include "model/playbook.h"

#include "util/xalloc.h"

static struct operation operation_copy(const struct operation *op)
{
    struct operation copy = *op;
    copy.id = xstrdup_null(op->id);
    copy.use = xstrdup_null(op->use);
    copy.with = xstrdup_null(op->with);
    copy.expect = xstrdup_null(op->expect);
    copy.value = xstrdup_null(op->value);
    copy.advice = xstrdup_null(op->advice);
    copy.files = xstrdup_null(op->files);
    return copy;
}

static struct step step_copy(const struct step *step)
{
    struct step copy = *step;
    copy.op = operation_copy(&step->op);
    copy.limits = xcalloc(step->limit_count, sizeof *copy.limits);
    for (size_t i = 0; i < step->limit_count; i++)
        copy.limits[i] = xstrdup(step->limits[i]);
    return copy;
}

static struct check check_copy(const struct check *check)
{
    struct check copy = *check;
    copy.op = operation_copy(&check->op);
    copy.after = xstrdup_null(check->after);
    return copy;
}

static void copy_recoveries(const struct playbook *from, struct playbook *copy)
{
    copy->recoveries = xcalloc(from->recovery_count, sizeof *copy->recoveries);
    for (size_t i = 0; i < from->recovery_count; i++) {
        copy->recoveries[i] = from->recoveries[i];
        copy->recoveries[i].issue = xstrdup(from->recoveries[i].issue);
        copy->recoveries[i].match = xstrdup(from->recoveries[i].match);
    }
    copy->recovery_ops = xcalloc(from->recovery_op_count, sizeof *copy->recovery_ops);
    for (size_t i = 0; i < from->recovery_op_count; i++)
        copy->recovery_ops[i] = operation_copy(&from->recovery_ops[i]);
}

struct playbook playbook_copy(const struct playbook *playbook)
{
    struct playbook copy = *playbook;
    copy.name = xstrdup_null(playbook->name);
    copy.digest = xstrdup_null(playbook->digest);
    copy.steps = xcalloc(playbook->step_count, sizeof *copy.steps);
    for (size_t i = 0; i < playbook->step_count; i++)
        copy.steps[i] = step_copy(&playbook->steps[i]);
    copy.checks = xcalloc(playbook->check_count, sizeof *copy.checks);
    for (size_t i = 0; i < playbook->check_count; i++)
        copy.checks[i] = check_copy(&playbook->checks[i]);
    copy.reads = xcalloc(playbook->read_count, sizeof *copy.reads);
    for (size_t i = 0; i < playbook->read_count; i++)
        copy.reads[i] = operation_copy(&playbook->reads[i]);
    copy_recoveries(playbook, &copy);
    return copy;
}
