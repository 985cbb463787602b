/*
 * cmd_resume.c - slipway resume: go on after any interruption.
 *
 * Every effect that was under way is asked about at its appliance or manager
 * before anything new is issued.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/run_campaign.h"
#include "util/auto.h"

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    int code = store_open_owner(cli->state_dir, "slipway resume", &store, &err);
    if (!code)
        code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    return run_campaign(cli, store, campaign.id);
}

const struct cli_verb cmd_resume = {
    .name = "resume",
    .summary = "go on where it stopped, after asking what became of what was under way",
    .arguments = "",
    .description = "Takes an interrupted campaign up again: after Ctrl-C, a crash, a "
                   "power cut, a reboot\n"
                   "or a pause. What was under way is asked about first and adopted, "
                   "never repeated.",
    .example = "  slipway resume\n"
               "  slipway resume --no-wait    # from cron: exit 5 if it only waits",
    .options = run_options,
    .run = run,
};
