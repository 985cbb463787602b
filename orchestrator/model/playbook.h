/*
 * model/playbook.h - a playbook as plain data: the ordered steps that take one
 * appliance from version A to B, with checks and a rollback kind.
 *
 * Everything here is decoded and checked once (playbook/), pinned in the plan
 * and never changed afterwards. Argument documents stay JSON text: only the
 * driver expands their templates, only plugins read them.
 */
#ifndef MODEL_PLAYBOOK_H
#define MODEL_PLAYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/worst.h"
#include "slipway/types.h"

#define PLAYBOOK_STEPS_MAX   64
#define PLAYBOOK_CHECKS_MAX  64
#define PLAYBOOK_READS_MAX   4 /* ways of reading the version back */
#define STEP_LIMITS_MAX      8
#define STEP_RETRIES_MAX     20
#define RECOVERIES_MAX       256
#define RECOVERY_TIMES_MAX   10
#define RECOVERY_STEPS_MAX   16  /* operations of one */
#define OPERATION_ADVICE_MAX 400 /* bytes */

enum phase {
    PHASE_PREPARE,  /* before admission, may run outside the window        */
    PHASE_CHANGE,   /* changes the appliance: window, snapshot, checks     */
    PHASE_ROLLBACK, /* only with `rollback: native`                        */
    PHASE_EVIDENCE, /* reads, before a changed appliance is put back        */
    PHASE_COUNT
};

enum rollback_kind { ROLLBACK_SNAPSHOT, ROLLBACK_NATIVE, ROLLBACK_NONE, ROLLBACK_COUNT };

/* What happens to a target whose step failed for good. */
enum on_failure {
    ON_FAILURE_FAIL,     /* nothing was changed: the target has failed   */
    ON_FAILURE_ROLLBACK, /* put the appliance back                       */
    ON_FAILURE_PARK,     /* leave it as it is for a human                */
    ON_FAILURE_CONTINUE, /* record it and go on                          */
    ON_FAILURE_COUNT
};

/* What the failure of a check means. (A step's is in its on_failure: continue warns.) */
enum failure_severity {
    SEVERITY_BLOCK, /* it counts: it stops, or convicts                    */
    SEVERITY_WARN,  /* it is recorded, and the target goes on               */
    SEVERITY_COUNT
};

/* What a check that was red before the change means. */
enum baseline_rule {
    BASELINE_COMPARE, /* red before and red after: inconclusive, park     */
    BASELINE_REQUIRE, /* must be green before, or nothing is changed      */
    BASELINE_IGNORE,  /* red before is natural (a version): not asked     */
    BASELINE_COUNT
};

/* One use of a plugin's operation. */
struct operation {
    char *id;                  /* unique in the playbook                          */
    char *use;                 /* "ssh.job", "sleep"                              */
    enum slipway_class repeat; /* pinned class                                    */
    char *with;                /* JSON object, with ${...} templates              */
    char *expect;              /* SQL that must be true, or NULL                  */
    char *value;               /* SQL that gives the version text, or NULL        */
    char *advice;              /* what a human does if it fails, or NULL          */
    char *files;               /* JSON object, path to fingerprint of each file
                                  that `with` names; NULL: none                   */
    int64_t timeout_ms;        /* the whole operation, from intent to settlement  */
};

struct step {
    struct operation op;
    enum phase phase;
    enum on_failure on_failure;     /* after the retries                              */
    enum failure_severity severity; /* BLOCK with CONTINUE: it would block, and this
                                       playbook only looks                        */
    int64_t expected_ms;            /* as it usually goes; 0: nobody said              */
    int retries;                    /* further attempts after a certain failure       */
    bool snapshot;                  /* take one before (PHASE_CHANGE only)            */
    char **limits;                  /* names of the resources it uses                 */
    size_t limit_count;
};

struct check {
    struct operation op;
    int64_t for_ms;   /* how long it may take to become green                */
    int64_t every_ms; /* between two looks                                   */
    int stable;       /* greens in a row that count                          */
    enum baseline_rule baseline;
    enum failure_severity severity;
    char *after;    /* id of the change step after which it applies; NULL: the last */
    int after_step; /* its index in steps, worked out by the decoder            */
};

/* What a failure is recognised by: columns of an expression, in this order. What is not
   known of a failure is NULL. */
#define FAILURE_COLUMNS   6
#define FAILURE_BYTES_MAX 8192u /* of a message that are looked at */
extern const char *const failure_columns[FAILURE_COLUMNS]; /* message, step, use, state,
                                                              kind, version           */

/* A known issue that slipway recovers from by itself before it makes a step's attempt
   again; or one that only stands before such ones, so that what is more exact counts. */
struct recovery {
    char *issue;      /* its id                                                   */
    char *match;      /* SQL over failure_columns                                 */
    unsigned phases;  /* 1u << PHASE_...: of the steps that it is for             */
    int at_most;      /* times for each target; 0: nothing is run, a human acts   */
    int first, count; /* its operations: recovery_ops[first .. first + count)     */
};

struct playbook {
    char *name;
    char *digest; /* SHA-256 of the file(s) it came from */
    enum rollback_kind rollback;
    int max_depth;               /* own snapshots kept per VM                    */
    int64_t snapshot_ttl_ms;     /* at most 72 h                                 */
    int64_t snapshot_settle_ms;  /* wait before a lost snapshot call is asked about */
    int64_t snapshot_room_bytes; /* free space asked for on each datastore     */
    bool snapshot_memory, snapshot_quiesce;
    int64_t boot_timeout_ms; /* after a revert: until the version reads back  */
    struct worst worst;      /* what a night must hold, as somebody said        */
    struct step *steps;      /* prepare, then change, rollback, evidence      */
    size_t step_count;
    struct check *checks;
    size_t check_count;
    struct operation *reads; /* ways of reading the installed version         */
    size_t read_count;
    struct recovery *recoveries; /* in the order in which they are asked */
    size_t recovery_count;
    struct operation *recovery_ops;
    size_t recovery_op_count;
    bool recoveries_off; /* somebody wanted none */
};

void playbook_clear(struct playbook *playbook);
/* Give `to` the recoveries of `from` in place of its own. */
void playbook_take_recoveries(struct playbook *to, const struct playbook *from);
/* A deep copy; the caller's. */
struct playbook playbook_copy(const struct playbook *playbook);

/* "SENTENCE. Advice: ADVICE"; the caller's. */
char *advice_add(const char *sentence, const char *advice);
/* The advice in such a sentence, NULL if it has none; *length is that of the bare sentence,
   of any. Borrowed. */
const char *advice_find(const char *sentence, size_t *length);

const char *phase_name(enum phase phase);
const char *rollback_name(enum rollback_kind kind);
const char *on_failure_name(enum on_failure action);
const char *baseline_name(enum baseline_rule rule);
const char *severity_name(enum failure_severity severity);
/* What a step's failure is if the playbook does not say: one that goes on warns. */
static inline enum failure_severity step_severity(enum on_failure action)
{
    return action == ON_FAILURE_CONTINUE ? SEVERITY_WARN : SEVERITY_BLOCK;
}
const char *repeat_name(enum slipway_class repeat);
/* The value whose name this is, or -1. */
int phase_from(const char *name);
int rollback_from(const char *name);
int on_failure_from(const char *name);
int baseline_from(const char *name);
int severity_from(const char *name);
int repeat_from(const char *name);

#endif
