/*
 * exec.h - the executor: committed intents in, one result each out.
 *
 *   loop ── exec_submit ──► queue ──► worker ── plugin ──► appliance
 *     ▲                                  │
 *     └── exec_collect ◄── results ◄─────┘     exec_fd() becomes readable
 *
 * Promise: every submitted request yields exactly one result, also when it is
 * cancelled, when its plugin does not exist, misbehaves or never returns, and
 * when the executor stops. The executor knows no engine and no store.
 *
 * What a result says about the effect:
 *   START  outcome; UNKNOWN means in doubt: probe before anything else
 *   POLL   outcome; a cancelled look answers PENDING, because the work goes on
 *   PROBE  `probe`; `outcome` is then DONE if the probe could be asked at all
 *
 * All functions are called from one thread (the loop's). Times are monotonic
 * milliseconds (exec_now_ms).
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/plugin.h"

/* Where look_again_ms is kept, and what it is when the plugin does not say. */
#define EXEC_LOOK_AGAIN_MIN_MS     100
#define EXEC_LOOK_AGAIN_MAX_MS     (15 * 60 * 1000)
#define EXEC_LOOK_AGAIN_DEFAULT_MS 5000

#define EXEC_QUEUE_MAX    65536u /* waiting requests; more answer RETRY     */
#define EXEC_SENTENCE_MAX 1024u  /* bytes of a sentence; the rest is cut    */
#define EXEC_PROGRESS_MAX 160u   /* bytes of a progress text, NUL included  */

enum exec_verb { EXEC_START, EXEC_POLL, EXEC_PROBE };

/*
 * One call. The executor owns the strings after exec_submit(). `with`, `target`,
 * `vars` and `steps` are JSON texts, already expanded and normalised.
 */
struct exec_request {
    int64_t intent;
    enum exec_verb verb;
    enum slipway_class repeat;
    uint32_t flags;     /* SLIPWAY_CALL_*                               */
    int64_t timeout_ms; /* of this call, from the moment it is made     */
    char *use;          /* "ssh.job"; "sleep" is the plugin builtin's   */
    char *key;
    char *fingerprint;
    char *with;
    char *target;
    char *handle; /* NULL before one was committed */
    /* The way back, looked for before START is sent: a READ whose result names what it
       found as `snapshot`, null if it is not there any more. */
    char *protection; /* or NULL: nothing to look for */
    char *protection_with;
    /* After DONE: a check and a value, SQL over result, vars, target, steps. */
    char *expect; /* or NULL */
    char *value;  /* or NULL */
    char *vars;   /* or NULL, as steps */
    char *steps;
};

/* What became of that look. Nothing was sent unless it was found, or not asked for. */
enum exec_protection {
    EXEC_PROTECTION_NONE, /* nothing to look for, or the manager did not answer */
    EXEC_PROTECTION_FOUND,
    EXEC_PROTECTION_GONE,
    EXEC_PROTECTION_UNCLEAR, /* the manager refuses to say: the sentence says why  */
};

enum exec_verdict {
    EXEC_EXPECT_NONE, /* nothing to check, or the step is not DONE       */
    EXEC_EXPECT_TRUE,
    EXEC_EXPECT_FALSE, /* checked and not so; NULL counts as not so       */
    EXEC_EXPECT_ERROR, /* could not be evaluated: inconclusive            */
};

/* Everything text is sanitised, free of known secrets, and the caller's
   (exec_result_free). */
struct exec_result {
    int64_t intent;
    enum exec_verb verb;
    enum slipway_outcome outcome;
    enum slipway_probe probe; /* PROBE only */
    enum exec_protection protection;
    bool canceled;         /* exec_cancel() or exec_stop() reached it   */
    char *result;          /* canonical JSON, or NULL                   */
    char *handle;          /* new handle, or NULL: as it was            */
    char *sentence;        /* for a human; never NULL                   */
    int64_t look_again_ms; /* from now, within the bounds above         */
    enum exec_verdict verdict;
    char *value;    /* as text, NULL if none was asked for or it is SQL's NULL */
    char *progress; /* the last that it said of how far it is; NULL: nothing */
    int percent;    /* with that; -1: not known */
    int64_t started_ms;
    int64_t ended_ms;
};

/* The latest that a running call said about itself. */
struct exec_progress {
    int64_t intent;
    int percent; /* -1: not known */
    char text[EXEC_PROGRESS_MAX];
};

/* An executor is whoever fills this table: the pool, or a simulation. */
struct executor;
struct executor_ops {
    void (*submit)(struct executor *executor, struct exec_request *request);
    void (*cancel)(struct executor *executor, int64_t intent);
    size_t (*collect)(struct executor *executor, struct exec_result *out, size_t max);
    size_t (*progress)(struct executor *executor, struct exec_progress *out, size_t max);
    size_t (*busy)(struct executor *executor);
    int (*fd)(struct executor *executor);
    void (*stop)(struct executor *executor, int64_t deadline_ms);
    void (*destroy)(struct executor *executor);
};
struct executor {
    const struct executor_ops *ops;
};

/* Hand a request over; *request is zeroed. Never blocks, never fails: what
   cannot be done comes back as a result. */
void exec_submit(struct executor *executor, struct exec_request *request);

/* Ask the call of this intent to stop. Still queued: it comes back unissued.
   Running: it is told and ends as it can. Unknown intent: nothing. */
void exec_cancel(struct executor *executor, int64_t intent);

/* Move up to `max` results to `out`; how many. The fd stays readable while
   there are more. */
size_t exec_collect(struct executor *executor, struct exec_result *out, size_t max);

/* Copy the progress that changed since the last time. */
size_t exec_progress(struct executor *executor, struct exec_progress *out, size_t max);

/* Requests without a collected result. 0 = drained. */
size_t exec_busy(struct executor *executor);

/* An eventfd, readable when exec_collect or exec_progress have something. */
int exec_fd(struct executor *executor);

/*
 * Start nothing new, give queued requests back unissued, tell running calls to
 * stop, and wait for them until `deadline_ms` (exec_now_ms's clock). Who has not
 * returned by then is UNKNOWN. Everything can be collected afterwards. (To drain
 * gently, stop submitting and collect until exec_busy() is 0.)
 */
void exec_stop(struct executor *executor, int64_t deadline_ms);

/* Stops within seconds if it was not stopped. Uncollected results are lost: they are
   intents in doubt, like after a crash. NULL is fine. */
void exec_destroy(struct executor *executor);

void exec_request_free(struct exec_request *request); /* the strings */
void exec_result_free(struct exec_result *result);    /* the strings */

int64_t exec_now_ms(void); /* CLOCK_MONOTONIC */

const char *exec_verb_name(enum exec_verb verb);
const char *exec_outcome_name(enum slipway_outcome outcome);
const char *exec_probe_name(enum slipway_probe probe);

#endif
