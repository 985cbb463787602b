/*
 * doctor.h - the parts of `slipway doctor`. Each looks at one thing, changes nothing
 * and adds what it found.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "report/findings.h"

#define DOCTOR_IN_FLIGHT 40 /* reckoned with while there is no campaign */

/* File descriptors. A target in flight holds an SSH session, its channel's file and a REST
   connection; managers, database, log and the event loop share the rest. */
#define DOCTOR_FILES_EACH 4
#define DOCTOR_FILES_BASE 128

/* Versions of the libraries as they run, and the plugins. */
void doctor_libraries(const struct cli *cli, struct findings *findings);
/* Clock, time zones, file descriptors, memory that can be locked, core files. */
void doctor_machine(int in_flight, struct findings *findings);
/* The state directory and its database. *in_flight is what the newest campaign may
   have in flight, untouched if there is none. *store is the caller's; NULL if it could
   not be opened. */
void doctor_state(const struct cli *cli, bool thorough, int *in_flight,
                  struct store **store, struct findings *findings);
/* `version` as in "2025b", "" if it is not known; `year` is now. */
void doctor_zone_data(const char *version, int year, struct findings *findings);
/* OpenSSL's version number and its text. */
void doctor_openssl(unsigned long number, const char *version, struct findings *findings);
/* The systemd unit that is installed, if any. */
void doctor_service(struct findings *findings);
/* One unit file. */
void doctor_unit(const char *path, struct findings *findings);
/* The files that the imported inventory refers to. */
void doctor_inventory(struct store *store, struct findings *findings);

#endif
