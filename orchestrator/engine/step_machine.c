/*
 * step_machine.c - one activity on one target: a step, a check, a snapshot call.
 *
 *   idle ─begin─► waiting ─issue─► issued ─pending─► running
 *                   ▲  ▲             │ │ │             │ │
 *        try later, │  │not started, │ │ └─finished────┼─┼──────► done
 *   attempt failed, │  │lost harmless│ │               │ │ fail
 *                   │  └─────────────┘ │ unknown, lost │ └──────► failed
 *                   │                  ▼               │
 *                   └── not started ─ in_doubt ◄───────┘
 *                                      │ │ └ finished, fail, give up
 *                                      │ └ adopt ─► running
 *
 * Invariants: a call that changes something is issued only from `waiting`, and
 * `issued` is committed before the call; from `in_doubt` only probes go out.
 * Reads change nothing: they are called from `waiting` without being issued.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[STEP_STATE_COUNT] = {
    "idle", "waiting", "issued", "running", "in_doubt", "done", "failed",
};

static const char *const events[STEP_EVENT_COUNT] = {
    "begin",          "issue", "pending", "finished",  "try_later",
    "attempt_failed", "fail",  "unknown", "lost",      "lost_harmless",
    "not_started",    "adopt", "give_up", "ask_again", "reset",
};

static const struct transition table[] = {
    {STEP_IDLE, STEP_BEGIN, STEP_WAITING},
    {STEP_DONE, STEP_BEGIN, STEP_WAITING}, /* the next activity, or this one again */
    {STEP_FAILED, STEP_BEGIN, STEP_WAITING},

    {STEP_WAITING, STEP_ISSUE, STEP_ISSUED},
    {STEP_WAITING, STEP_FINISHED, STEP_DONE}, /* reads */
    {STEP_WAITING, STEP_TRY_LATER, STEP_WAITING},
    {STEP_WAITING, STEP_ATTEMPT_FAILED, STEP_WAITING},
    {STEP_WAITING, STEP_FAIL, STEP_FAILED},

    {STEP_ISSUED, STEP_PENDING, STEP_RUNNING},
    {STEP_ISSUED, STEP_FINISHED, STEP_DONE},
    {STEP_ISSUED, STEP_TRY_LATER, STEP_WAITING},
    {STEP_ISSUED, STEP_ATTEMPT_FAILED, STEP_WAITING},
    {STEP_ISSUED, STEP_FAIL, STEP_FAILED},
    {STEP_ISSUED, STEP_UNKNOWN, STEP_IN_DOUBT},
    {STEP_ISSUED, STEP_LOST, STEP_IN_DOUBT},
    {STEP_ISSUED, STEP_LOST_HARMLESS, STEP_WAITING},

    {STEP_RUNNING, STEP_PENDING, STEP_RUNNING}, /* a new handle */
    {STEP_RUNNING, STEP_FINISHED, STEP_DONE},
    {STEP_RUNNING, STEP_ATTEMPT_FAILED, STEP_WAITING},
    {STEP_RUNNING, STEP_FAIL, STEP_FAILED},
    {STEP_RUNNING, STEP_UNKNOWN, STEP_IN_DOUBT},
    {STEP_RUNNING, STEP_LOST, STEP_IN_DOUBT},

    {STEP_IN_DOUBT, STEP_NOT_STARTED, STEP_WAITING},
    {STEP_IN_DOUBT, STEP_ADOPT, STEP_RUNNING},
    {STEP_IN_DOUBT, STEP_FINISHED, STEP_DONE},
    {STEP_IN_DOUBT, STEP_ATTEMPT_FAILED, STEP_WAITING},
    {STEP_IN_DOUBT, STEP_FAIL, STEP_FAILED},
    {STEP_IN_DOUBT, STEP_GIVE_UP, STEP_IN_DOUBT}, /* parked: a human settles it */

    {STEP_IN_DOUBT, STEP_ASK_AGAIN, STEP_IN_DOUBT},

    {STEP_WAITING, STEP_RESET, STEP_IDLE},
    {STEP_DONE, STEP_RESET, STEP_IDLE},
    {STEP_FAILED, STEP_RESET, STEP_IDLE},
    {STEP_IN_DOUBT, STEP_RESET, STEP_IDLE}, /* by an operator's verb only */
};

const struct machine step_machine = {
    .name = "step",
    .states = states,
    .state_count = STEP_STATE_COUNT,
    .events = events,
    .event_count = STEP_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << STEP_IDLE | 1u << STEP_DONE | 1u << STEP_FAILED,
};
