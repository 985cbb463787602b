/*
 * evidence.h - what was done to one target and what its checks said, and which known
 * issue that amounts to. `why` and `status` ask here, so that they recognise the same
 * failure by the same words; `report` counts issues by itself (account_issues.c).
 */
#ifndef REPORT_EVIDENCE_H
#define REPORT_EVIDENCE_H

#include "report/issues.h"
#include "store/query.h"

#define EVIDENCE_INTENTS_MAX 10 /* the newest ones */
#define EVIDENCE_CHECKS_MAX  512

struct evidence_check {
    char *id, *text; /* text: may be NULL */
    enum moment moment;
    enum verdict verdict;
    int64_t at_ms;
};

struct evidence_intent {
    int64_t id, issued_ms, deadline_ms, settled_ms;
    enum activity activity;
    int attempt, incarnation;
    char *step, *use, *key, *handle, *outcome, *sentence; /* may be NULL: last three */
};

struct evidence {
    struct evidence_check *checks; /* by check, then in time */
    size_t check_count, check_room;
    struct evidence_intent intents[EVIDENCE_INTENTS_MAX]; /* newest first */
    size_t intent_count;
};

/* Codes of store.h. `out` must be zeroed; evidence_clear() in any case. */
int evidence_load(struct store *store, int64_t campaign, int target, struct evidence *out,
                  struct slipway_error *err);
void evidence_clear(struct evidence *evidence);

/* Who is in trouble, for recognising. NULL: not known, or none. */
struct trouble {
    const char *target, *reason, *version;
    const char *step, *use; /* what it is at, if nothing it was asked has failed */
    enum target_state_id state;
};

/* Its reason is asked first, then what its last failed effects said, newest first, then
   its red checks. False: nobody has seen that before, or nobody knows any (`book` NULL). */
bool evidence_issue(const struct trouble *trouble, const struct evidence *evidence,
                    const struct issue_book *book, struct issue_note *out);

#endif
