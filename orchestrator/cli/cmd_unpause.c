/*
 * cmd_unpause.c - slipway unpause: go on after a pause; failures so far no longer count.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "unpause",
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "unpaused: the failures so far are acknowledged");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_unpause = {
    .name = "unpause",
    .summary = "go on after a pause; failures so far no longer count",
    .arguments = "",
    .arguments_min = 0,
    .arguments_max = 0,
    .description = "Ends a pause of an operator, of a failure budget or of a stranded "
                   "target. Whoever\n"
                   "unpauses has looked: the failures so far are acknowledged and no "
                   "longer count against\n"
                   "the budgets, which count anew from here.",
    .example = "  slipway unpause --reason 'one bad disk, replaced'",
    .options = options,
    .run = run,
};
