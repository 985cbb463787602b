/*
 * probe.h - `plan --probe`: ask the appliances and managers of a plan what only
 * they know, with reads only (the transport refuses everything else).
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "cli/cli.h"
#include "model/plan.h"
#include "model/plan_notes.h"

/* Adds what was found to the notes: versions that differ, targets that cannot be
   reached, managers that would refuse the snapshot. An exit code, explained. */
int probe_plan(struct cli *cli, struct plan *plan, struct plugins *plugins,
               struct plan_notes *notes);

#endif
