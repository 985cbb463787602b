/* machine.c - looking things up in the tables of machine.h. */
#include "engine/machine.h"

#include <string.h>

int machine_next(const struct machine *machine, int from, int event)
{
    for (size_t i = 0; i < machine->table_length; i++) {
        if (machine->table[i].from == from && machine->table[i].event == event)
            return machine->table[i].to;
    }
    return -1;
}

const char *machine_state(const struct machine *machine, int state)
{
    return state >= 0 && state < machine->state_count ? machine->states[state] : "?";
}

const char *machine_event(const struct machine *machine, int event)
{
    return event >= 0 && event < machine->event_count ? machine->events[event] : "?";
}

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; name && i < count; i++) {
        if (!strcmp(names[i], name))
            return i;
    }
    return -1;
}

int machine_state_from(const struct machine *machine, const char *name)
{
    return find(machine->states, machine->state_count, name);
}

int machine_event_from(const struct machine *machine, const char *name)
{
    return find(machine->events, machine->event_count, name);
}

bool machine_is_final(const struct machine *machine, int state)
{
    return (machine->final_states >> state) & 1u;
}
