/*
 * cmd_resume.c - slipway resume: go on after any interruption.
 *
 * Every effect that was under way is asked about at its appliance or manager
 * before anything new is issued.
 */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/plan_file.h"
#include "cli/verbs.h"
#include "cli/run_campaign.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* The newest campaign is over, and a plan that was pinned later was never entered
   (run was killed before it could): going on would be with the wrong one. */
static int refuse_forgotten_plan(struct cli *cli, const struct store_campaign *campaign)
{
    auto_free char *path = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    char self[512];
    if (cli->common_campaign ||
        !machine_is_final(&campaign_machine, (int)campaign->state) || access(path, F_OK))
        return EXIT_DONE;
    int code = plan_file_load(cli, NULL, &plan, &text);
    if (code || !strcmp(plan->digest, campaign->digest))
        return code;
    return cli_fail(
        cli, EXIT_ERROR,
        "campaign %s is over, and the plan of %s (%.8s) was not started yet: start "
        "it with: %s run, or name a campaign with --campaign",
        campaign->name, plan->campaign, plan->digest,
        cli_command(cli, self, sizeof self));
}

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    int code = cli_open_owner(cli, CLI_OWNER_RESUME, &store, &err);
    if (!code)
        code = store_find_campaign(store, cli->common_campaign, &campaign, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    code = refuse_forgotten_plan(cli, &campaign);
    if (code)
        return code;
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
