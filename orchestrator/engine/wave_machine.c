/*
 * wave_machine.c - the life of a wave.
 *
 *   pending ──reached──────────────► open ──all settled──► done
 *      └──reached gate──► gated ──approved──┘ ▲               │
 *                                             └────reopen─────┘
 *
 * Invariant: at most one wave is gated or open, and all before it are done.
 * A wave is done when each of its targets has succeeded (soak included) or
 * will not go on by itself.
 */
#include "engine/machines.h"

#include "util/auto.h"

static const char *const states[WAVE_STATE_COUNT] = {"pending", "gated", "open", "done"};

static const char *const events[WAVE_EVENT_COUNT] = {
    "reached_gate", "reached", "approved", "all_settled", "reopen",
};

static const struct transition table[] = {
    {WAVE_PENDING, WAVE_REACHED_GATE, WAVE_GATED},
    {WAVE_PENDING, WAVE_REACHED, WAVE_OPEN},
    {WAVE_GATED, WAVE_APPROVED, WAVE_OPEN},
    {WAVE_OPEN, WAVE_ALL_SETTLED, WAVE_DONE},
    {WAVE_DONE, WAVE_REOPEN, WAVE_OPEN},
};

const struct machine wave_machine = {
    .name = "wave",
    .states = states,
    .state_count = WAVE_STATE_COUNT,
    .events = events,
    .event_count = WAVE_EVENT_COUNT,
    .table = table,
    .table_length = ARRAY_LENGTH(table),
    .final_states = 1u << WAVE_DONE,
};
