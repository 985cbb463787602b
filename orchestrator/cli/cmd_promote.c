/*
 * cmd_promote.c - slipway promote: end a soak now.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "promote",
                                      .target =
                                          cli->argument_count ? cli->arguments[0] : NULL,
                                      .wave = cli_option(cli, "wave"),
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "promoted: the soak ends now");
}

static const struct cli_option options[] = {
    {"wave", "WAVE", "only this wave, by name or number from 0", false},
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_promote = {
    .name = "promote",
    .summary = "end a soak now",
    .arguments = "[TARGET]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description = "Targets that soak (of one wave with --wave, or one target) get their "
                   "final checks at once.",
    .example = "  slipway promote --wave canary --reason 'quiet all night'",
    .options = options,
    .run = run,
};
