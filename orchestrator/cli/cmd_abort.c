/*
 * cmd_abort.c - slipway abort: end the campaign: finish what runs, start nothing more.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "abort",
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request,
                       "aborted: what runs is finished, nothing more starts");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_abort = {
    .name = "abort",
    .summary = "end the campaign: finish what runs, start nothing more",
    .arguments = "",
    .arguments_min = 0,
    .arguments_max = 0,
    .description = "Targets that were not started are skipped; targets in flight are "
                   "finished, checked and\n"
                   "cleaned up, or rolled back. An aborted campaign cannot be taken up "
                   "again: plan a new one.",
    .example = "  slipway abort --reason 'wrong build'",
    .options = options,
    .run = run,
};
