/*
 * doctor.h - the parts of `slipway doctor`. Each looks at one thing, changes nothing
 * and adds what it found.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "report/findings.h"

#define DOCTOR_IN_FLIGHT 40 /* reckoned with while there is no campaign */

/* Versions of the libraries as they run, and the plugins. */
void doctor_libraries(const struct cli *cli, struct findings *findings);
/* Clock, file descriptors, memory that can be locked. */
void doctor_machine(int in_flight, struct findings *findings);
/* The state directory and its database. *in_flight is what the newest campaign may
   have in flight, untouched if there is none. *store is the caller's; NULL if it could
   not be opened. */
void doctor_state(const struct cli *cli, bool thorough, int *in_flight,
                  struct store **store, struct findings *findings);
/* The files that the imported inventory refers to. */
void doctor_inventory(struct store *store, struct findings *findings);

#endif
