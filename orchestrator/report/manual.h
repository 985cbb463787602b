/*
 * manual.h - the exact way to finish or undo a change by hand, for targets that a
 * machine cannot decide: which snapshot on which VM at which manager, where to look on
 * the appliance, and what to tell slipway afterwards.
 */
#ifndef REPORT_MANUAL_H
#define REPORT_MANUAL_H

#include <jansson.h>

#include "store/query.h"

#define MANUAL_STEPS_MAX   64
#define MANUAL_MEMBERS_MAX 40 /* of a link group that are listed */

/* Of a link group that goes as one. */
struct manual_member {
    const char *name;
    const json_t *doc;
    const char *snapshot, *reference; /* as below */
    bool changed, off;
};

struct manual_facts {
    const char *command; /* "slipway --state DIR" */
    const char *target;  /* its name */
    const json_t *doc;   /* its document from the plan: host, ssh, vm, manager */
    enum target_state_id state;
    enum step_state_id step_state;
    enum activity activity;
    const char *key;       /* of the last intent of that activity; NULL: none */
    const char *use;       /* "ssh.job"; NULL: none */
    const char *snapshot;  /* oldest of ours that is there: its name; NULL: none */
    const char *reference; /* its reference */
    const char *version_before;
    const char *link_group; /* "": none */
    bool unit;              /* all of it goes as one: verbs are for the whole group */
    bool companion;         /* of a unit: it is not to be changed */
    const struct manual_member *members; /* of the unit, itself too */
    size_t member_count;
};

enum manual_kind {
    MANUAL_LOOK,   /* where the truth is to be seen   */
    MANUAL_FINISH, /* on to the new version           */
    MANUAL_UNDO,   /* back to the old one             */
    MANUAL_TELL,   /* the verb that closes it          */
    MANUAL_KIND_COUNT
};

struct manual_step {
    enum manual_kind kind;
    char *text;
};

struct manual {
    struct manual_step steps[MANUAL_STEPS_MAX];
    size_t count;
};

const char *manual_kind_name(enum manual_kind kind);

/* `out` must be zeroed. */
void manual_make(const struct manual_facts *facts, struct manual *out);
void manual_clear(struct manual *manual);
#define auto_manual __attribute__((cleanup(manual_clear)))

#endif
