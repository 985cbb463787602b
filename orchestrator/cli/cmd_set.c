/*
 * cmd_set.c - slipway set: turn a number while it runs.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"
#include <errno.h>
#include <stdlib.h>

static int run(struct cli *cli)
{
    struct control_request request = {.verb = "set",
                                      .setting = cli->arguments[0],
                                      .wave = cli_option(cli, "wave"),
                                      .reason = cli_option(cli, "reason")};
    char *end = NULL;
    errno = 0;
    request.number = strtoll(cli->arguments[1], &end, 10);
    if (errno || *end || end == cli->arguments[1])
        return cli_fail(cli, EXIT_USAGE, "%s is no whole number", cli->arguments[1]);
    return cli_control(cli, &request, "set");
}

static const struct cli_option options[] = {
    {"wave", "WAVE", "for wave_budget: which one", false},
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_set = {
    .name = "set",
    .summary = "turn a number while it runs",
    .arguments = "SETTING VALUE",
    .arguments_min = 2,
    .arguments_max = 2,
    .description = "SETTING is in_flight, budget (of the campaign), wave_budget (with "
                   "--wave), domain:KEY\n"
                   "(domain:site=rbx) or limit:KEY (limit:manager=mgmt-1). Lowering "
                   "stops new starts; what is\n"
                   "under way is not touched.",
    .example = "  slipway set in_flight 80 --reason 'quiet night'\n  slipway set "
               "domain:site=rbx 5 --reason 'cooling works again'",
    .options = options,
    .run = run,
};
