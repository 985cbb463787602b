/*
 * upgrade.h - major upgrades: a second appliance that takes the first one's place.
 *
 * The installer (DIR/installer/.../vcsa-deploy, a script) speaks to the lab through the
 * FIFO DIR/control and files in DIR/installer/requests. From the moment that the second
 * stage begins it is an observer only: the new appliance goes on by itself.
 */
#ifndef LAB_UPGRADE_H
#define LAB_UPGRADE_H

#include "vcsa.h"

#define LAB_TWIN_NET   0x80 /* temporary addresses are so many networks up */
#define LAB_TWIN_INDEX 8192 /* of the processes of new appliances          */
#define LAB_DEPLOY_MS  2000 /* the first stage                             */

struct upgrade {
    struct appliance *origin;
    char state[24]; /* of the deployment: "CONFIG_IN_PROGRESS" */
    int subtask;    /* the one that runs, or failed            */
    bool failed, has_identity;
};

/* Files of the installer, and its settings. -1 with errno. */
int upgrade_prepare(struct lab *lab);
/* A line of the control FIFO: "deploy VERB ID TEMPLATE". */
void upgrade_obey(struct lab *lab, const char *line);
/* The deployment's own path, and what a new appliance does not answer yet. True: it was
   answered. */
bool upgrade_answers(struct rest_call *call);
/* Where its new appliance is until it has the old one's address. */
void upgrade_temporary(const struct appliance *origin, char *out, size_t size);
/* A new appliance has booted; under lab->lock. */
void upgrade_booted(struct appliance *twin);
/* Who answers at an appliance's own address, and at its temporary one (NULL: nobody). */
struct endpoint *upgrade_endpoint(struct appliance *origin, bool temporary);
/* Before the end: its counts of requests. */
void upgrade_write_requests(const struct lab *lab);

/* deploy_script.c */
extern const char script_deploy[];

#endif
