/* snapshots_probe.h - `snapshots --probe`: ask the managers, with reads only. */
#ifndef CLI_SNAPSHOTS_PROBE_H
#define CLI_SNAPSHOTS_PROBE_H

#include "cli/cli.h"
#include "report/snapshots.h"

/* Each VM of the list is asked once; who does not answer becomes a note. An exit code,
   explained. */
int snapshots_probe(struct cli *cli, struct store *store, struct snapshot_list *list);

#endif
