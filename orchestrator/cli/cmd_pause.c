/*
 * cmd_pause.c - slipway pause: stop starting anything new; what runs comes to a safe place.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "pause",
                                      .reason = cli_option(cli, "reason")};
    return cli_control(cli, &request, "paused: nothing new starts");
}

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_pause = {
    .name = "pause",
    .summary = "stop starting anything new; what runs comes to a safe place",
    .arguments = "",
    .arguments_min = 0,
    .arguments_max = 0,
    .description =
        "Nothing new is started. Steps that run are finished and checked, and put back "
        "if their\n"
        "checks fail. The pause outlives restarts; only `slipway unpause` ends it.",
    .example = "  slipway pause --reason 'customer X reports errors'",
    .options = options,
    .run = run,
};
