/*
 * input.h - what the engine is told, and what it asks for.
 *
 * Inputs and actions are plain data. Strings of an input are borrowed for the
 * length of the step; strings of an action point into the engine's state and
 * are valid until the next step.
 */
#ifndef ENGINE_INPUT_H
#define ENGINE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/state.h"
#include "slipway/types.h"

enum input_kind {
    INPUT_OWNER,   /* a process took the state: calls of the last one are lost   */
    INPUT_TICK,    /* time went on                                               */
    INPUT_OUTCOME, /* an executor's answer                                       */
    INPUT_COMMAND, /* an operator's verb                                         */
    INPUT_CLOCK,   /* number = 1: the clock is trusted, 0: not, with a sentence   */
};

enum verb {
    VERB_APPROVE, /* wave, -1: the campaign; number = until when it holds, 0: for
                     good; detail = the digest that was looked at, NULL: any */
    VERB_PAUSE,
    VERB_UNPAUSE,
    VERB_ABORT,
    VERB_PROMOTE, /* wave: end its soak now */
    VERB_RETRY,   /* target, -1: all failed ones */
    VERB_SKIP,
    VERB_ROLLBACK,
    VERB_HOLD, /* number = expiry, 0: none */
    VERB_RELEASE,
    VERB_SET,      /* setting, number */
    VERB_CALENDAR, /* detail = a document of calendar_change.h */
    VERB_OVERRIDE, /* target, -1: all; number = until when, 0: ends it; reason */
    VERB_COUNT
};
const char *verb_name(enum verb verb);
int verb_from(const char *name);

enum expect_verdict { EXPECTED_NOTHING, EXPECTED_TRUE, EXPECTED_FALSE, EXPECTED_ERROR };

/* Before a change is sent the manager is asked for what it would be put back to. */
enum protection {
    PROTECTION_NOT_ASKED, /* or found                                              */
    PROTECTION_GONE,      /* nothing was sent: the snapshot is not there any more  */
    PROTECTION_UNCLEAR,   /* nothing was sent: nobody can say which snapshot it is */
};

struct outcome {
    int64_t call_id;
    int target;
    enum slipway_outcome outcome; /* of a start or a poll */
    enum slipway_probe probe;     /* of a probe            */
    enum expect_verdict expect;
    enum protection protection;
    const char *value;     /* version read, snapshot reference; NULL if none */
    const char *handle;    /* NULL if none                                   */
    const char *sentence;  /* NULL if none                                   */
    int64_t look_again_ms; /* from now; 0: the engine's default              */
    int recovery; /* of the playbook, that this failure is for: index + 1; 0: none */
};

struct command {
    enum verb verb;
    int target; /* -1: none */
    int wave;   /* -1: none */
    int64_t number;
    const char *setting; /* in_flight, budget, wave_budget, domain:KEY, limit:KEY */
    const char *reason;
    const char *actor;
    const char *detail; /* approve: digest; calendar: document */
};

struct input {
    enum input_kind kind;
    int64_t number; /* INPUT_OWNER: the epoch; INPUT_CLOCK: trusted */
    const char *actor;
    const char *sentence; /* INPUT_CLOCK: why */
    struct outcome outcome;
    struct command command;
};

/* What is wanted of an executor. */
struct action {
    enum call call;
    int64_t call_id; /* comes back in the outcome; unique in this process */
    int target;
    enum activity activity;
    int index;
    enum moment moment;
    int attempt;
    int incarnation;
    int64_t intent;    /* 0: a read */
    int64_t key;       /* the intent that the key names: the first of this attempt */
    int64_t issued_ms; /* of the intent */
    const char *handle;
    int64_t timeout_ms; /* of this call */
    int64_t grace_ms;   /* power off: how long the guest is asked */
    /* Of a revert or prune; of a change: without it the change is not sent. */
    const struct snapshot_state *snapshot;
};

#endif
