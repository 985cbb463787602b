/*
 * campaign_machine.c - the life of a campaign.
 *
 *   unapproved ──approve──► ready ──start──► running ◄──unpause── paused
 *                                             │  │  └─pause, budget──►│
 *                                             │  │     stranded       │
 *        completed ◄────── all succeeded ─────┘  │                    │
 *        completed_with_failures ◄─ all settled ─┤                    │
 *              │                                 ▼ abort              │
 *              └─reopen─► running             aborting ◄────abort─────┘
 *                                                └─drained─► aborted
 *
 * running: slipway goes on by itself. paused: a human must act; nothing new
 * starts, what runs is finished. Invariant: only `running` admits targets.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[CAMPAIGN_STATE_COUNT] = {
    "unapproved", "ready",   "running",   "paused",
    "aborting",   "aborted", "completed", "completed_with_failures",
};

static const char *const events[CAMPAIGN_EVENT_COUNT] = {
    "approve", "start",   "pause",         "budget_exceeded", "stranded", "unpause",
    "abort",   "drained", "all_succeeded", "all_settled",     "reopen",
};

static const struct transition table[] = {
    {CAMPAIGN_UNAPPROVED, CAMPAIGN_APPROVE, CAMPAIGN_READY},
    {CAMPAIGN_UNAPPROVED, CAMPAIGN_ABORT, CAMPAIGN_ABORTED},
    {CAMPAIGN_READY, CAMPAIGN_START, CAMPAIGN_RUNNING},
    {CAMPAIGN_READY, CAMPAIGN_ABORT, CAMPAIGN_ABORTED},
    {CAMPAIGN_RUNNING, CAMPAIGN_PAUSE, CAMPAIGN_PAUSED},
    {CAMPAIGN_RUNNING, CAMPAIGN_BUDGET_EXCEEDED, CAMPAIGN_PAUSED},
    {CAMPAIGN_RUNNING, CAMPAIGN_STRANDED, CAMPAIGN_PAUSED},
    {CAMPAIGN_RUNNING, CAMPAIGN_ABORT, CAMPAIGN_ABORTING},
    {CAMPAIGN_RUNNING, CAMPAIGN_ALL_SUCCEEDED, CAMPAIGN_COMPLETED},
    {CAMPAIGN_RUNNING, CAMPAIGN_ALL_SETTLED, CAMPAIGN_COMPLETED_WITH_FAILURES},
    {CAMPAIGN_PAUSED, CAMPAIGN_UNPAUSE, CAMPAIGN_RUNNING},
    {CAMPAIGN_PAUSED, CAMPAIGN_ABORT, CAMPAIGN_ABORTING},
    {CAMPAIGN_ABORTING, CAMPAIGN_DRAINED, CAMPAIGN_ABORTED},
    {CAMPAIGN_COMPLETED, CAMPAIGN_REOPEN, CAMPAIGN_RUNNING},
    {CAMPAIGN_COMPLETED_WITH_FAILURES, CAMPAIGN_REOPEN, CAMPAIGN_RUNNING},
};

const struct machine campaign_machine = {
    .name = "campaign",
    .states = states,
    .state_count = CAMPAIGN_STATE_COUNT,
    .events = events,
    .event_count = CAMPAIGN_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << CAMPAIGN_ABORTED | 1u << CAMPAIGN_COMPLETED |
                    1u << CAMPAIGN_COMPLETED_WITH_FAILURES,
};
