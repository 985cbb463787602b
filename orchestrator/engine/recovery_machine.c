/*
 * recovery_machine.c - a known issue is recovered from, between two attempts of a step.
 *
 *   idle ─begin─► running ─done─► retrying ─cured────► idle
 *     ▲              │             │   │
 *     │              │             │   └──in vain────► idle
 *     └────fail──────┘   running ◄─┴─begin
 *
 * Running: its operations are made, one activity after the other. Retrying: the step's
 * attempt is made again; it may meet the same issue, or another one, and then the next
 * recovery begins, as often as each may. Invariant: an activity that recovers belongs to a
 * recovery that runs.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[RECOVERY_STATE_COUNT] = {"idle", "running", "retrying"};

static const char *const events[RECOVERY_EVENT_COUNT] = {"begin", "done", "fail", "cured",
                                                         "in_vain"};

static const struct transition table[] = {
    {RECOVERY_IDLE, RECOVERY_BEGIN, RECOVERY_RUNNING},
    {RECOVERY_RETRYING, RECOVERY_BEGIN, RECOVERY_RUNNING},

    {RECOVERY_RUNNING, RECOVERY_DONE, RECOVERY_RETRYING},
    {RECOVERY_RUNNING, RECOVERY_FAIL, RECOVERY_IDLE},

    {RECOVERY_RETRYING, RECOVERY_CURED, RECOVERY_IDLE},
    {RECOVERY_RETRYING, RECOVERY_IN_VAIN, RECOVERY_IDLE},
};

const struct machine recovery_machine = {
    .name = "recovery",
    .states = states,
    .state_count = RECOVERY_STATE_COUNT,
    .events = events,
    .event_count = RECOVERY_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << RECOVERY_IDLE,
};
