/*
 * cmd_release.c - slipway release: end a hold.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "release",
                                      .target = cli->arguments[0],
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "released");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_release = {
    .name = "release",
    .summary = "end a hold",
    .arguments = "TARGET",
    .arguments_min = 1,
    .arguments_max = 1,
    .description = "The target may start again when its turn comes.",
    .example = "  slipway release vc-0017",
    .options = options,
    .run = run,
};
