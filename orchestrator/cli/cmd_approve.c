/*
 * cmd_approve.c - slipway approve: a human says yes to the plan, to a wave's gate
 * or to a gate step.
 *
 * A plan that was not run yet is entered as a campaign here, so that what is
 * approved is pinned: another plan needs another approval.
 */
#include <unistd.h>

#include "cli/campaign_enter.h"
#include "cli/cli.h"
#include "cli/plan_file.h"
#include "cli/verbs.h"
#include "loop/control.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* The plan file's campaign, if it is not in the state yet and nobody runs. */
static int enter_plan(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_free char *path = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    struct store_owner owner = {0};
    int64_t campaign = 0;
    if (cli->common_campaign || access(path, F_OK))
        return EXIT_DONE;
    if (!store_owner(cli->state_dir, &owner, &err) && owner.running)
        return EXIT_DONE;
    int code = store_open_owner(cli->state_dir, "slipway approve", &store, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    return campaign_enter(cli, store, NULL, &campaign);
}

static int run(struct cli *cli)
{
    struct control_request request = {
        .verb = "approve",
        .target = cli_option(cli, "target"),
        .wave = cli_option(cli, "wave"),
        .reason = cli_option(cli, "reason"),
    };
    int code = request.target || request.wave ? EXIT_DONE : enter_plan(cli);
    return code ? code : cli_control(cli, &request, "approved");
}

static const struct cli_option options[] = {
    {"wave", "WAVE", "this wave's gate, by name or number from 0", false},
    {"target", "TARGET", "the gate step that this target waits in", false},
    {"reason", "TEXT", "remark; recorded with who and when", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_approve = {
    .name = "approve",
    .summary = "say yes: to the plan, to a wave's gate, to a gate step",
    .arguments = "",
    .description = "Without options: the campaign if it waits for approval, else the "
                   "gated wave and all\n"
                   "gate steps that wait. Who approved what, when and with which remark "
                   "is recorded.",
    .example = "  slipway approve --reason 'CHG-4711'\n"
               "  slipway approve --wave second --reason 'canary was quiet'",
    .options = options,
    .run = run,
};
