/*
 * cmd_rollback.c - slipway rollback: put a target back to where it was before the campaign.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "rollback",
                                      .target = cli->arguments[0],
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "rolling back");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_rollback = {
    .name = "rollback",
    .summary = "put a target back to where it was before the campaign",
    .arguments = "TARGET",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Reverts to our snapshot (or runs the playbook's native rollback), "
        "powers on, reads the old\n"
        "version back and repeats the checks. For targets that soak, are "
        "parked, failed, stranded,\n"
        "or succeeded with something to go back to. Of a link group that goes as "
        "one all members go\n"
        "back: all are shut down, all reverted, and only then started.",
    .example = "  slipway rollback vc-0017 --reason 'customer called'",
    .options = options,
    .run = run,
};
