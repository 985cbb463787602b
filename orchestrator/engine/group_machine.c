/*
 * group_machine.c - the life of a link group: appliances that share replicated state, so
 * that they are protected and put back as one, and changed one after another.
 *
 *   gathering ─admit─► guarding ─► shutting_down ─► snapshotting ─► starting ─► proving
 *      │   │               │             │                │            │          │
 *      │   └─────fail──────┴► failed     │                │            │          ▼
 *      │                                 │                │            │       changing
 *      └─leave─► left                    │   roll back    │            │          │
 *                  │                     ▼                ▼            ▼          ▼
 *                  └─────roll back──►  halting ◄──────────┴────────────┴────── soaking
 *                                      │     │                                    │
 *        a snapshot is missing, so     │     │ halted                             ▼
 *        nothing was changed yet       │     ▼                                 cleaning
 *                      ┌───────────────┘  powering_off                            │
 *                      │                     ▼                                    ▼
 *                      │                  reverting                           succeeded
 *                      ▼                     │
 *                  restarting ◄──────────────┘
 *                      ▼
 *                  restoring ─► clearing ─► rolled_back
 *
 *   guarding:  ─look again─► guarding, if it stood there until the guards' answers were old
 *   halting to restoring:  ─strand─► stranded ─roll back─► halting
 *   failed, rolled_back, left:  ─retry─► gathering
 *
 * From one phase to the next goes the whole group or nobody: each member arrives, and the
 * last one moves it on (all arrived). In changing it is one member's turn after another's.
 * A member that fails for certain before there is a snapshot of everybody turns the group
 * back; one that parks stops it where it is, and the others park with it.
 *
 * Invariants (engine_check_invariants, tests/sim): a snapshot is taken only while every
 * member is off; a change begins only when every member has its snapshot and is up again;
 * at most one member is changed at a time; nobody is reverted unless every member is off
 * and nothing is under way or in doubt anywhere in the group; nobody is powered on again
 * before every member was reverted.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[GROUP_STATE_COUNT] = {
    "gathering", "guarding",     "shutting_down", "snapshotting", "starting",
    "proving",   "changing",     "soaking",       "cleaning",     "succeeded",
    "halting",   "powering_off", "reverting",     "restarting",   "restoring",
    "clearing",  "rolled_back",  "stranded",      "failed",       "left",
};

static const char *const events[GROUP_EVENT_COUNT] = {
    "admit", "arrive", "all_arrived", "all_changed", "all_clean", "roll_back",  "halted",
    "bare",  "strand", "fail",        "leave",       "retry",     "look_again",
};

static const struct transition table[] = {
    {GROUP_GATHERING, GROUP_ADMIT, GROUP_GUARDING},
    {GROUP_GATHERING, GROUP_FAIL, GROUP_FAILED},
    {GROUP_GATHERING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_GUARDING, GROUP_ARRIVE, GROUP_GUARDING},
    {GROUP_GUARDING, GROUP_LOOK_AGAIN, GROUP_GUARDING}, /* it waited for long */
    {GROUP_GUARDING, GROUP_ALL_ARRIVED, GROUP_SHUTTING_DOWN},
    {GROUP_GUARDING, GROUP_FAIL, GROUP_FAILED}, /* nobody was touched yet */

    {GROUP_SHUTTING_DOWN, GROUP_ARRIVE, GROUP_SHUTTING_DOWN},
    {GROUP_SHUTTING_DOWN, GROUP_ALL_ARRIVED, GROUP_SNAPSHOTTING},
    {GROUP_SHUTTING_DOWN, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_SHUTTING_DOWN, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_SNAPSHOTTING, GROUP_ARRIVE, GROUP_SNAPSHOTTING},
    {GROUP_SNAPSHOTTING, GROUP_ALL_ARRIVED, GROUP_STARTING},
    {GROUP_SNAPSHOTTING, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_SNAPSHOTTING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_STARTING, GROUP_ARRIVE, GROUP_STARTING},
    {GROUP_STARTING, GROUP_ALL_ARRIVED, GROUP_PROVING},
    {GROUP_STARTING, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_STARTING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_PROVING, GROUP_ARRIVE, GROUP_PROVING},
    {GROUP_PROVING, GROUP_ALL_ARRIVED, GROUP_CHANGING},
    {GROUP_PROVING, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_PROVING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_CHANGING, GROUP_ALL_CHANGED, GROUP_SOAKING},
    {GROUP_CHANGING, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_CHANGING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_SOAKING, GROUP_ARRIVE, GROUP_SOAKING},
    {GROUP_SOAKING, GROUP_ALL_ARRIVED, GROUP_CLEANING},
    {GROUP_SOAKING, GROUP_ROLL_BACK, GROUP_HALTING},
    {GROUP_SOAKING, GROUP_LEAVE, GROUP_LEFT},

    {GROUP_CLEANING, GROUP_ALL_CLEAN, GROUP_SUCCEEDED},

    {GROUP_HALTING, GROUP_HALTED, GROUP_POWERING_OFF},
    {GROUP_HALTING, GROUP_BARE, GROUP_RESTARTING},
    {GROUP_HALTING, GROUP_STRAND, GROUP_STRANDED},

    {GROUP_POWERING_OFF, GROUP_ARRIVE, GROUP_POWERING_OFF},
    {GROUP_POWERING_OFF, GROUP_ALL_ARRIVED, GROUP_REVERTING},
    {GROUP_POWERING_OFF, GROUP_STRAND, GROUP_STRANDED},

    {GROUP_REVERTING, GROUP_ARRIVE, GROUP_REVERTING},
    {GROUP_REVERTING, GROUP_ALL_ARRIVED, GROUP_RESTARTING},
    {GROUP_REVERTING, GROUP_STRAND, GROUP_STRANDED},

    {GROUP_RESTARTING, GROUP_ARRIVE, GROUP_RESTARTING},
    {GROUP_RESTARTING, GROUP_ALL_ARRIVED, GROUP_RESTORING},
    {GROUP_RESTARTING, GROUP_STRAND, GROUP_STRANDED},

    {GROUP_RESTORING, GROUP_ARRIVE, GROUP_RESTORING},
    {GROUP_RESTORING, GROUP_ALL_ARRIVED, GROUP_CLEARING},
    {GROUP_RESTORING, GROUP_STRAND, GROUP_STRANDED},

    {GROUP_CLEARING, GROUP_ALL_CLEAN, GROUP_ROLLED_BACK},

    {GROUP_STRANDED, GROUP_ROLL_BACK, GROUP_HALTING}, /* from its beginning */
    {GROUP_STRANDED, GROUP_LEAVE, GROUP_LEFT},
    {GROUP_ROLLED_BACK, GROUP_RETRY, GROUP_GATHERING},
    {GROUP_ROLLED_BACK, GROUP_LEAVE, GROUP_LEFT},
    {GROUP_FAILED, GROUP_RETRY, GROUP_GATHERING},
    {GROUP_FAILED, GROUP_LEAVE, GROUP_LEFT},
    {GROUP_LEFT, GROUP_RETRY, GROUP_GATHERING},
    {GROUP_LEFT, GROUP_ROLL_BACK, GROUP_HALTING},
};

const struct machine group_machine = {
    .name = "group",
    .states = states,
    .state_count = GROUP_STATE_COUNT,
    .events = events,
    .event_count = GROUP_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << GROUP_SUCCEEDED | 1u << GROUP_STRANDED |
                    1u << GROUP_ROLLED_BACK | 1u << GROUP_FAILED | 1u << GROUP_LEFT,
};
