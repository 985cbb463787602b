/*
 * issue_shelf.h - the known issues, as reading verbs hand them to reports.
 */
#ifndef CLI_ISSUE_SHELF_H
#define CLI_ISSUE_SHELF_H

#include "known/known.h"
#include "model/plan.h"
#include "report/issues.h"
#include "store/query.h"

struct issue_shelf {
    struct store *store; /* set these two, borrowed; the rest zeroed */
    int64_t campaign;
    struct known_book book;
    struct plan *plan; /* read when the kind of an appliance is asked for */
    bool plan_asked;
    char *commands[KNOWN_RECOVERY_MAX]; /* of the issue that was found last */
    struct issue_book face;
};

/* The files that are installed and those of ./playbooks/known-issues. Mistakes in them
   never keep a report from being made: one line on stderr says that nothing is known
   then, and NULL is returned. */
const struct issue_book *issue_shelf_open(struct issue_shelf *shelf);
void issue_shelf_close(struct issue_shelf *shelf);
#define auto_issue_shelf __attribute__((cleanup(issue_shelf_close)))

#endif
