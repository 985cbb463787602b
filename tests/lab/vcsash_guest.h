/*
 * vcsash_guest.h - what the tools share: the appliance that they run on, from inside.
 */
#ifndef LAB_VCSASH_GUEST_H
#define LAB_VCSASH_GUEST_H

#include "parts.h"

#define GUEST_CONF  "etc/applmgmt/appliance/"
#define GUEST_STAGE "storage/core/software-update/stage/stageDir.json"
#define GUEST_LOG   "var/log/vmware/applmgmt/"

struct guest {
    char *root, *name, *lab, *outside;
    char *faults; /* lines NAME=NUMBER */
};

/* ---- vcsash_guest.c ---- */
/* From SLIPWAY_GUEST_ROOT; ends the process if that is not set. */
void guest_enter(struct guest *guest);
/* A number of the faults file; 0 if it is not there. */
double guest_fault(const struct guest *guest, const char *name);
/* A small file of the guest's disk, "" if absent; the caller's. */
char *guest_read(const struct guest *guest, const char *file);
void guest_write(const struct guest *guest, const char *file, const char *text);
/* Installed version; the caller's. */
char *guest_version(const struct guest *guest);
bool guest_older(const struct guest *guest, const char *version);
/* A member of vcsa.json. */
json_int_t guest_number(const struct guest *guest, const char *key);
bool guest_true(const struct guest *guest, const char *key);
/* The guest's clock, in seconds since 1970. */
int64_t guest_now_s(const struct guest *guest);
/* "VERB NAME" to the lab. */
void guest_ask(const struct guest *guest, const char *verb);
/* One line into the ledger; the members are stolen. */
void guest_ledger(const struct guest *guest, const char *kind, json_t *members);
void guest_sleep(double seconds);
/* Print and flush: a reader sees it at once. */
__attribute__((format(printf, 1, 2))) void guest_say(const char *format, ...);

/* ---- the tools ---- */
int guest_appliancesh(const struct guest *guest, int argc, char **argv);
/* Words behind "software-packages"; the caller ends with 0 whatever came of it. */
void guest_packages(const struct guest *guest, int argc, char **argv);
int guest_vdcrepadmin(const struct guest *guest, int argc, char **argv);
void guest_service_control(const struct guest *guest, int argc, char **argv);
/* Of the stage, "" if nothing is staged; the caller's. */
char *guest_staged(const struct guest *guest);

#endif
