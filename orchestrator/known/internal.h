/*
 * internal.h - what the files of known/ share: an issue while it is read, and the
 * expression that it becomes.
 */
#ifndef KNOWN_INTERNAL_H
#define KNOWN_INTERNAL_H

#include "known/known.h"

/* `match:` as it is written. */
struct known_condition {
    char **contains, **matches, **steps, **uses, **states, **kinds;
    size_t contains_count, matches_count, step_count, use_count, state_count, kind_count;
    char *at_least, *below, *where; /* NULL: absent */
};
void known_condition_clear(struct known_condition *condition);

/* The condition as one SQL expression over the columns below; the caller's. */
char *known_condition_sql(const struct known_condition *condition);

#define KNOWN_COLUMNS 6
extern const char *const known_columns[KNOWN_COLUMNS];

/* Of one issue alone. An expression that cannot be evaluated matches nothing. */
bool known_issue_matches(const struct known_book *book, const struct known_issue *issue,
                         const struct known_facts *facts);

void known_issue_clear(struct known_issue *issue);

#endif
