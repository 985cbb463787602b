/*
 * cmd_retry.c - slipway retry: try failed, rolled-back or parked targets again.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "retry",
                                      .target =
                                          cli->argument_count ? cli->arguments[0] : NULL,
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "will be tried again");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_retry = {
    .name = "retry",
    .summary = "try failed, rolled-back or parked targets again",
    .arguments = "[TARGET]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description =
        "Without a target: all that failed, were rolled back or are parked. A "
        "target whose change\n"
        "had begun goes on where it was parked, and what is in doubt is asked "
        "about first;\n"
        "any other starts from the beginning. With a member of a link group all "
        "of the group goes on.",
    .example = "  slipway retry vc-0017 --reason 'password fixed'\n  slipway retry "
               "--reason 'repository is back'",
    .options = options,
    .run = run,
};
