/*
 * cmd_skip.c - slipway skip: take a target out of the campaign.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {
        .verb = "skip", .target = cli->arguments[0], .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "skipped");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_skip = {
    .name = "skip",
    .summary = "take a target out of the campaign",
    .arguments = "TARGET",
    .arguments_min = 1,
    .arguments_max = 1,
    .description = "The target is left as it is and no longer waited for. Not while an "
                   "effect is under way.\n"
                   "A member of a link group takes all of it out.",
    .example = "  slipway skip vc-0017 --reason 'decommissioned'",
    .options = options,
    .run = run,
};
