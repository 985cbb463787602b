/*
 * stale.h - is a plan still about the world as it is?
 *
 * A plan holds everything that it needs, so files may be edited or go away while it
 * runs. Before it begins it must still be what somebody would plan today: what was
 * changed since is named, and planning again is the way. Age alone is no reason.
 */
#ifndef CLI_STALE_H
#define CLI_STALE_H

#include "cli/cli.h"
#include "model/plan.h"

/* EXIT_STALE, and what moved on stderr, if an input is not what it was: campaign, fleet,
   playbook with its scripts, plugins, calendars, time-zone data, versions that were read
   back since. Files that are not there any more are only mentioned. */
int stale_refuse(struct cli *cli, struct store *store, const struct plan *plan);

/* For a campaign under way: it goes on with what was pinned (or imported since), but
   calendars and time-zone data that changed are mentioned, with what to do. */
void stale_mention(struct cli *cli, const struct plan_time *time);

#endif
