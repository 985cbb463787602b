/*
 * faults.h - what may go wrong with an appliance: the kinds, and when they strike.
 *
 * A kind is a member of struct faults that is not 0 while it is on. One that strikes so many
 * times counts down; -1 strikes always. Everything here is under lab->lock, or before
 * anybody is served.
 */
#ifndef LAB_FAULTS_H
#define LAB_FAULTS_H

#include "parts.h"

enum fault_fit {
    FIT_LINUX = 1,
    FIT_VCSA = 2,
    FIT_LINKED = 4,
    FIT_NSX = 8,
    FIT_ALL = FIT_LINUX | FIT_VCSA | FIT_NSX
};

/* What the number of a fault means. */
enum fault_value { VALUE_TIMES, VALUE_NUMBER, VALUE_FACTOR, VALUE_REPLY };

struct fault_kind {
    const char *name;
    size_t offset; /* in struct faults; of an int, of a double for VALUE_FACTOR */
    enum fault_value value;
    const char *parameter; /* its number's name; "times" strikes so often */
    double usual;          /* the number if none is given */
    unsigned fits;         /* FIT_... */
    int weight;            /* in a mix, before the scenario's own weights */
};

/* One fault of one appliance: what, when, for how long. */
struct fault {
    struct fault *next;
    struct appliance *appliance;
    const struct fault_kind *kind;
    double number;
    char method[64];           /* VALUE_REPLY */
    int64_t after_ms, for_ms;  /* 0: at once, for ever */
    int at_install, at_effect; /* 0: not by count */
    bool on, drawn;
};

const struct fault_kind *fault_find(const char *name);
/* By index, NULL behind the last one: to draw from all of them. */
const struct fault_kind *fault_at(size_t index);
bool fault_fits(const struct fault_kind *kind, const struct appliance *appliance);
/* Copied; one without a trigger is on from now on. */
void fault_add(const struct fault *fault);
/* The disks are made and everybody is served: times begin to count. */
void faults_start(struct lab *lab);
/* True, counting down, if this member of struct faults is on. */
bool fault_hits(int *left);
/* An installation begins; a task of the VM ended. */
void fault_on_install(struct appliance *appliance);
void fault_on_effect(struct appliance *appliance);
/* Somebody repaired the machine: nothing is wrong with it any more. */
void faults_repair(struct appliance *appliance);
/* One line each into outside/NAME/faults, as comments. */
void faults_describe(const struct appliance *appliance, struct buf *out);
/* `slipway-lab faults`: who has what. */
int faults_report(const char *dir);

#endif
