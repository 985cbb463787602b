/*
 * target_machine.c - the life of one appliance inside a campaign.
 *
 *      ┌───── opening passed ─┐
 *      ▼                      │
 *   pending ─► preparing ─► ready ─► snapshotting ─► changing ─► checking
 *                 │                       ▲   (bare: skipped)      │ │
 *                 │ nothing to do         └──────── next step ─────┘ │
 *                 ▼                                                  ▼
 *             succeeded ◄── cleaning ◄────────────────────────── soaking
 *
 *   convicted, or asked by an operator: ─► rolling_back ─► rolled_back
 *                                                └───────► stranded
 *   certain failure, nothing changed:   ─► failed
 *   cannot be decided by a machine:     ─► parked ─► back to where it was
 *   taken out by an operator:           ─► skipped
 *
 * A member of a link group (group_machine.c) takes the way of the diagram together with
 * the others: it waits in snapshotting for its turn and in soaking for everybody, it is
 * rolled back with everybody, and as a companion it goes from snapshotting to soaking.
 *
 * Preparing may happen outside the window; snapshotting to checking is "in
 * flight". Invariants: a target in flight passed admission; rolled_back means
 * the old version was read back and the checks that were green are green;
 * cleaning never runs before the soak's verdict.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[TARGET_STATE_COUNT] = {
    "pending",     "preparing", "ready",    "snapshotting", "changing",
    "checking",    "soaking",   "cleaning", "succeeded",    "rolling_back",
    "rolled_back", "stranded",  "parked",   "skipped",      "failed",
};

static const char *const events[TARGET_EVENT_COUNT] = {
    "prepare",       "prepared",  "unready",   "admit",    "admit_bare", "protected",
    "changed",       "next_step", "next_bare", "verified", "soaked",     "cleaned",
    "nothing_to_do", "fail",      "roll_back", "restored", "strand",     "park",
    "skip",          "retry",     "continue",  "spared",
};

static const struct transition table[] = {
    {TARGET_PENDING, TARGET_PREPARE, TARGET_PREPARING},
    {TARGET_PENDING, TARGET_SKIP, TARGET_SKIPPED},
    {TARGET_PENDING, TARGET_FAIL, TARGET_FAILED}, /* with its group */
    {TARGET_PENDING, TARGET_PARK, TARGET_PARKED},

    {TARGET_PREPARING, TARGET_PREPARED, TARGET_READY},
    {TARGET_PREPARING, TARGET_NOTHING_TO_DO, TARGET_SUCCEEDED},
    {TARGET_PREPARING, TARGET_FAIL, TARGET_FAILED},
    {TARGET_PREPARING, TARGET_PARK, TARGET_PARKED},
    {TARGET_PREPARING, TARGET_SKIP, TARGET_SKIPPED},

    {TARGET_READY, TARGET_ADMIT, TARGET_SNAPSHOTTING},
    {TARGET_READY, TARGET_ADMIT_BARE, TARGET_CHANGING},
    {TARGET_READY, TARGET_UNREADY, TARGET_PENDING},
    {TARGET_READY, TARGET_SKIP, TARGET_SKIPPED},
    {TARGET_READY, TARGET_FAIL, TARGET_FAILED}, /* with its group */
    {TARGET_READY, TARGET_PARK, TARGET_PARKED},

    {TARGET_SNAPSHOTTING, TARGET_PROTECTED, TARGET_CHANGING},
    {TARGET_SNAPSHOTTING, TARGET_FAIL, TARGET_FAILED},
    {TARGET_SNAPSHOTTING, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_SNAPSHOTTING, TARGET_PARK, TARGET_PARKED},
    {TARGET_SNAPSHOTTING, TARGET_SPARED, TARGET_SOAKING},

    {TARGET_CHANGING, TARGET_CHANGED, TARGET_CHECKING},
    {TARGET_CHANGING, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_CHANGING, TARGET_PARK, TARGET_PARKED},
    {TARGET_CHANGING, TARGET_FAIL, TARGET_FAILED},

    {TARGET_CHECKING, TARGET_NEXT_STEP, TARGET_SNAPSHOTTING},
    {TARGET_CHECKING, TARGET_NEXT_BARE, TARGET_CHANGING},
    {TARGET_CHECKING, TARGET_VERIFIED, TARGET_SOAKING},
    {TARGET_CHECKING, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_CHECKING, TARGET_PARK, TARGET_PARKED},
    {TARGET_CHECKING, TARGET_FAIL, TARGET_FAILED},

    {TARGET_SOAKING, TARGET_SOAKED, TARGET_CLEANING},
    {TARGET_SOAKING, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_SOAKING, TARGET_PARK, TARGET_PARKED},
    {TARGET_SOAKING, TARGET_FAIL, TARGET_FAILED},

    {TARGET_CLEANING, TARGET_CLEANED, TARGET_SUCCEEDED},
    {TARGET_CLEANING, TARGET_PARK, TARGET_PARKED},

    {TARGET_SUCCEEDED, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},

    {TARGET_ROLLING_BACK, TARGET_RESTORED, TARGET_ROLLED_BACK},
    {TARGET_ROLLING_BACK, TARGET_STRAND, TARGET_STRANDED},
    {TARGET_ROLLING_BACK, TARGET_PARK, TARGET_PARKED},

    {TARGET_ROLLED_BACK, TARGET_RETRY, TARGET_PENDING},
    {TARGET_ROLLED_BACK, TARGET_SKIP, TARGET_SKIPPED},
    {TARGET_STRANDED, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_STRANDED, TARGET_SKIP, TARGET_SKIPPED},
    {TARGET_PARKED, TARGET_RETRY, TARGET_PENDING},
    {TARGET_PARKED, TARGET_CONTINUE, TARGET_PARKED}, /* to the remembered state */
    {TARGET_PARKED, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_PARKED, TARGET_SKIP, TARGET_SKIPPED},
    {TARGET_SKIPPED, TARGET_RETRY, TARGET_PENDING},
    {TARGET_SKIPPED, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_FAILED, TARGET_RETRY, TARGET_PENDING},
    {TARGET_FAILED, TARGET_ROLL_BACK, TARGET_ROLLING_BACK},
    {TARGET_FAILED, TARGET_SKIP, TARGET_SKIPPED},
};

const struct machine target_machine = {
    .name = "target",
    .states = states,
    .state_count = TARGET_STATE_COUNT,
    .events = events,
    .event_count = TARGET_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << TARGET_SUCCEEDED | 1u << TARGET_ROLLED_BACK |
                    1u << TARGET_STRANDED | 1u << TARGET_PARKED | 1u << TARGET_SKIPPED |
                    1u << TARGET_FAILED,
};
