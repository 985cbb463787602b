/*
 * run_campaign.h - what `run` and `resume` share: plugins, executor, control
 * socket, view, loop, and the exit code with its last words.
 */
#ifndef CLI_RUN_CAMPAIGN_H
#define CLI_RUN_CAMPAIGN_H

#include "cli/cli.h"

extern const struct cli_option run_options[];

/* The store is the caller's and owned by this process. */
int run_campaign(struct cli *cli, struct store *store, int64_t campaign);

#endif
