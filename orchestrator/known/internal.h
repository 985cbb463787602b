/*
 * internal.h - what the files of known/ share: an issue while it is read, and the
 * expression that it becomes.
 */
#ifndef KNOWN_INTERNAL_H
#define KNOWN_INTERNAL_H

#include "known/known.h"

/* What reading the files carries around. */
struct reading {
    struct decoder decoder;
    const struct operation_catalogue *operations;
    struct known_book *book;
};

/* `recovery`, `run`, `at_most`, `phases` of an issue. (recovery.c) */
void recovery_decode(const struct reading *r, const struct fields *fields,
                     struct known_issue *issue);

/* `match:` as it is written. */
struct known_condition {
    char **contains, **matches, **steps, **uses, **states, **kinds;
    size_t contains_count, matches_count, step_count, use_count, state_count, kind_count;
    char *at_least, *below, *where; /* NULL: absent */
};
void known_condition_clear(struct known_condition *condition);

/* The condition as one SQL expression over the columns of a failure; the caller's. */
char *known_condition_sql(const struct known_condition *condition);

/* Of one issue alone. An expression that cannot be evaluated matches nothing. */
bool known_issue_matches(const struct known_book *book, const struct known_issue *issue,
                         const struct known_facts *facts);

void known_issue_clear(struct known_issue *issue);

#endif
