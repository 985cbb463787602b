/*
 * arm.c - the automatic recoveries of a book, pinned into a playbook (known.h: known_arm).
 *
 * Issues are asked in order and the first that matches counts, so one for a human that
 * stands before an automatic one is pinned too, without operations: what is shown as its
 * failure must not be treated as another's.
 */
#include <stdlib.h>
#include <string.h>

#include "known/internal.h"
#include "util/xalloc.h"

static bool concerns(const struct known_issue *issue, const char *const *kinds,
                     size_t count)
{
    for (size_t i = 0; i < issue->kind_count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (!strcmp(issue->kinds[i], kinds[k]))
                return true;
        }
    }
    return !issue->kind_count;
}

/* One past the last automatic one that concerns us. */
static size_t end_of(const struct known_book *book, const char *const *kinds,
                     size_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < book->issue_count; i++) {
        if (book->issues[i].at_most && concerns(&book->issues[i], kinds, count))
            end = i + 1;
    }
    return end;
}

static void pin_operations(const struct known_issue *issue, struct playbook *out)
{
    out->recovery_ops =
        xreallocarray(out->recovery_ops, out->recovery_op_count + issue->recovery_count,
                      sizeof *out->recovery_ops);
    for (size_t i = 0; i < issue->recovery_count; i++) {
        const struct known_operation *op = &issue->recovery[i];
        out->recovery_ops[out->recovery_op_count++] = (struct operation){
            .id = xasprintf("%s.%zuof%zu", issue->id, i + 1, issue->recovery_count),
            .use = xstrdup(op->use),
            .repeat = op->repeat,
            .with = xstrdup(op->with),
            .timeout_ms = op->timeout_ms};
    }
}

static void pin(const struct known_issue *issue, struct playbook *out)
{
    int count = issue->at_most ? (int)issue->recovery_count : 0;
    out->recoveries =
        xreallocarray(out->recoveries, out->recovery_count + 1, sizeof *out->recoveries);
    out->recoveries[out->recovery_count++] =
        (struct recovery){.issue = xstrdup(issue->id),
                          .match = xstrdup(issue->sql),
                          .phases = issue->phases,
                          .at_most = issue->at_most,
                          .first = (int)out->recovery_op_count,
                          .count = count};
    if (count)
        pin_operations(issue, out);
}

void known_arm(const struct known_book *book, const char *const *kinds, size_t kind_count,
               struct playbook *out)
{
    size_t end = end_of(book, kinds, kind_count);
    for (size_t i = 0; i < end && out->recovery_count < RECOVERIES_MAX; i++) {
        if (concerns(&book->issues[i], kinds, kind_count))
            pin(&book->issues[i], out);
    }
}
