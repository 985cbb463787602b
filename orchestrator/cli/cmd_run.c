/*
 * cmd_run.c - slipway run: execute the pinned plan.
 */
#include "cli/campaign_enter.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/run_campaign.h"
#include "util/auto.h"

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    int64_t campaign = 0;
    int code = store_create(cli->state_dir, &err);
    if (!code)
        code = cli_open_owner(cli, CLI_OWNER_RUN, &store, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    code = campaign_enter(cli, store, cli->argument_count ? cli->arguments[0] : NULL,
                          &campaign);
    return code ? code : run_campaign(cli, store, campaign);
}

const struct cli_verb cmd_run = {
    .name = "run",
    .summary = "execute the pinned plan; the same plan again resumes it",
    .arguments = "[PLAN.json]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description = "Executes the plan that `slipway plan` pinned: wave by wave, a "
                   "snapshot before every\n"
                   "change, health checks after it, back by snapshot when they fail. "
                   "Ctrl-C once finishes\n"
                   "the calls that are out and stops; twice detaches at once. Neither "
                   "loses anything.",
    .example = "  slipway plan campaign.yaml\n"
               "  slipway run",
    .options = run_options,
    .run = run,
};
