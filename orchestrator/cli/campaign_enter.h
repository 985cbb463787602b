/*
 * campaign_enter.h - a pinned plan becomes a campaign of the state.
 */
#ifndef CLI_CAMPAIGN_ENTER_H
#define CLI_CAMPAIGN_ENTER_H

#include "cli/cli.h"

/* Enter the plan file's campaign, or find it if it is there already. A campaign
   that is not over keeps another one out, and one that has not begun must not be stale
   (stale.h). An exit code, explained. */
int campaign_enter(struct cli *cli, struct store *store, const char *plan_path,
                   int64_t *id);

#endif
