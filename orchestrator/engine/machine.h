/*
 * machine.h - a state machine is a table.
 *
 * Each machine of the engine is one file: a diagram, the states, the table
 * {from, event, to} and what must hold. An event that the table does not list
 * for a state is rejected and recorded, never ignored. tests/unit/engine walks
 * every state x event of every machine.
 */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

struct transition {
    int from, event, to;
};

struct machine {
    const char *name;
    const char *const *states;
    int state_count;
    const char *const *events;
    int event_count;
    const struct transition *table;
    size_t table_length;
    unsigned final_states; /* bit per state: nothing goes on by itself from here */
};

/* The state after `event` in `from`, or -1 if the table does not list it. */
int machine_next(const struct machine *machine, int from, int event);
const char *machine_state(const struct machine *machine, int state);
const char *machine_event(const struct machine *machine, int event);
/* The state with this name, or -1. */
int machine_state_from(const struct machine *machine, const char *name);
int machine_event_from(const struct machine *machine, const char *name);
bool machine_is_final(const struct machine *machine, int state);

#endif
