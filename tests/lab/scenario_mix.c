/*
 * scenario_mix.c - chance: who gets a fault, and which, follows from the seed alone.
 *
 * Who is chosen does not depend on the weights, so a scenario with other weights has the
 * same faulty appliances. A kind is drawn from all that fit, by weight, and so are its
 * numbers where one value would say little.
 */
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "scenario.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static double unit(uint64_t *state)
{
    return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

bool scenario_chance(struct lab *lab, double share)
{
    if (!lab->chances)
        lab->chances = lab->seed ^ 0x5bd1e995u;
    return unit(&lab->chances) < share;
}

static const struct fault_kind *draw_kind(const struct appliance *appliance,
                                          uint64_t drawn)
{
    const struct lab *lab = appliance->endpoint.lab;
    uint64_t sum = 0;
    for (size_t i = 0; fault_at(i); i++)
        sum += fault_fits(fault_at(i), appliance) ? (uint64_t)lab->weights[i] : 0;
    uint64_t left = sum ? drawn % sum : 0;
    for (size_t i = 0; sum && fault_at(i); i++) {
        uint64_t weight =
            fault_fits(fault_at(i), appliance) ? (uint64_t)lab->weights[i] : 0;
        if (left < weight)
            return fault_at(i);
        left -= weight;
    }
    return NULL;
}

static void draw_method(struct fault *fault, uint64_t drawn)
{
    static const char *const methods[] = {"CreateSnapshot_Task",
                                          "RemoveSnapshot_Task",
                                          "RevertToSnapshot_Task",
                                          "PowerOnVM_Task",
                                          "PowerOffVM_Task",
                                          "stage",
                                          "install"};
    bool vcsa = fault->appliance->endpoint.lab->vcsa;
    size_t count = ARRAY_LENGTH(methods) - (vcsa ? 0 : 2);
    (void)snprintf(fault->method, sizeof fault->method, "%s", methods[drawn % count]);
}

static void draw(struct appliance *appliance, uint64_t *state)
{
    struct fault fault = {.appliance = appliance, .drawn = true};
    fault.kind = draw_kind(appliance, next_random(state));
    uint64_t drawn = next_random(state);
    if (!fault.kind)
        return;
    fault.number = fault.kind->usual;
    draw_method(&fault, drawn);
    if (fault.kind->value == VALUE_FACTOR)
        fault.number = 2 + (double)(drawn % 4);
    if (strcmp(fault.kind->name, "rest_503") == 0)
        fault.number = 1 + (double)(drawn % 20);
    if (strcmp(fault.kind->name, "session_ends") == 0)
        fault.number = 5 + (double)(drawn % 30);
    fault_add(&fault);
}

void scenario_mix(struct lab *lab)
{
    uint64_t state = lab->seed;
    for (int i = 0; i < lab->appliance_count; i++) {
        bool chosen = next_random(&state) % 100 < (uint64_t)lab->faulty_percent;
        uint64_t own = next_random(&state); /* what one draws does not move the others */
        if (chosen)
            draw(&lab->appliances[i], &own);
    }
}
