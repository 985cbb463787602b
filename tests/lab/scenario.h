/*
 * scenario.h - what a scenario and a seed do to a fleet, before it is made.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include "lab.h"

/* Apply a scenario file (NULL: none); every mistake is an error with its line. */
int scenario_load(struct lab *lab, const char *file, struct slipway_error *err);
/* Give the share that the command line or the scenario wants a fault each, by seed. */
void scenario_mix(struct lab *lab);
/* True with this probability, by seed. */
bool scenario_chance(struct lab *lab, double share);

#endif
