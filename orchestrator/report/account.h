/*
 * account.h - the account of a campaign, finished or running: what was planned, what
 * happened to whom, how long it took, what failed and why, what is left, who did what.
 *
 *   account_load(store, ...) ─► struct account ─► account_document, account_json
 */
#ifndef REPORT_ACCOUNT_H
#define REPORT_ACCOUNT_H

#include "report/issues.h"
#include "report/kept.h"
#include "report/links.h"
#include "report/predicted.h"
#include "report/sections.h"
#include "report/snapshots.h"
#include "report/status.h"
#include "report/warned.h"

#define ACCOUNT_JSON_SCHEMA  1
#define ACCOUNT_NAMES_SHOWN  5
#define ACCOUNT_COMMANDS_MAX 5000

struct account_target {
    char *name, *wave, *site, *version_from, *version_before, *version_now, *reason;
    enum target_state_id state;
    int64_t first_ms, since_ms;
    int retries;
    bool settled;
};

/* Failures whose reasons differ only in names and numbers. */
struct account_failure {
    char *reason; /* of the first one */
    uint64_t fingerprint;
    int count;
    char *names[ACCOUNT_NAMES_SHOWN];
    size_t name_count;
};

/* What a known issue cost. */
struct account_issue {
    char *id, *title, *advice;
    int targets; /* that met it            */
    int ended;   /* of them: ended by it   */
    int cured;   /* of them: a recovery of it was run, and the step is done */
    int64_t cost_ms;
};

struct account_step {
    char *step;
    int done, failed;
    int64_t total_ms, longest_ms; /* of those that are done */
    char *longest_target;
};

struct account_move {
    int64_t seq, at_ms;
    char *who, *what; /* "wave canary", "opens" */
    char *actor;      /* NULL: slipway itself */
};

struct account {
    struct status status;
    struct account_target *targets; /* in the plan's order */
    size_t target_count, target_room;
    struct account_failure *failures; /* most first */
    size_t failure_count, failure_room;
    struct account_issue *issues; /* dearest first */
    size_t issue_count, issue_room;
    struct account_step *steps; /* in order of appearance */
    size_t step_count, step_room;
    struct account_move *timeline; /* campaign and waves */
    size_t timeline_count, timeline_room;
    struct account_move *commands; /* operators' */
    size_t command_count, command_room;
    struct snapshot_list snapshots;
    struct predicted predicted; /* empty: the plan has no slots */
    struct link_reports links;  /* links_load() */
    struct kept kept;
    struct warned warned; /* warned_load() */
};

/* Codes of store.h. `out` must be zeroed; account_clear() in any case. */
int account_load(struct store *store, int64_t campaign, const char *state_dir,
                 int64_t now_ms, struct account *out, struct slipway_error *err);
/* Count the known issues of an account that was loaded; NULL knows none. Codes of
   store.h. */
int account_find_issues(struct store *store, int64_t campaign,
                        const struct issue_book *book, struct account *account,
                        struct slipway_error *err);
void account_clear(struct account *account);
#define auto_account __attribute__((cleanup(account_clear)))

/* The text without what differs from one target to the next: numbers, hex, its name. */
void account_pattern(const char *reason, const char *target, struct buf *out);

/* `out` must be zeroed. */
void account_document(const struct account *account, struct document *out);
/* The caller's. */
char *account_json(const struct account *account);

#endif
