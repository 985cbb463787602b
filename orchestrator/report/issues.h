/*
 * issues.h - known issues as reports see them: somebody else recognises a failure, here
 * it is only shown.
 *
 * Failures are recognised when they are printed, from the sentences that are stored, so
 * that what is learnt tomorrow explains what failed today.
 */
#ifndef REPORT_ISSUES_H
#define REPORT_ISSUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "report/layout.h"

/* What a row says of a failure; NULL: not known. */
struct issue_facts {
    const char *target, *message, *step, *use, *state, *version;
};

/* A recognised failure. Everything is borrowed from the book. */
struct issue_note {
    const char *id, *title, *severity, *source, *cause, *advice;
    char *const *commands; /* a recovery, for an operator to type */
    size_t command_count;
};

struct issue_book {
    bool (*find)(void *data, const struct issue_facts *facts, struct issue_note *out);
    void *data;
};

/* False if nothing is known of it, or nobody knows anything (`book` NULL). */
bool issue_find(const struct issue_book *book, const struct issue_facts *facts,
                struct issue_note *out);

/* What it is, its cause, what to do next, and what to type. */
void issue_write(const struct issue_note *issue, const char *indent,
                 const struct layout *layout);

/* {id, title, severity, source, cause, advice, recovery}; NULL gives null. */
json_t *issue_json(const struct issue_note *issue);

#endif
