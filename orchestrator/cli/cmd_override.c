/*
 * cmd_override.c - slipway override: break the glass. For a while windows, freezes,
 * cut-off and notice do not bind one target, or all of them.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "loop/control.h"
#include "util/duration.h"

#define OVERRIDE_DEFAULT_MS 14400000

static int run(struct cli *cli)
{
    const char *length = cli_option(cli, "for");
    struct control_request request = {
        .verb = "override",
        .target = cli->argument_count ? cli->arguments[0] : NULL,
        .reason = cli_option(cli, "reason"),
    };
    int64_t for_ms = OVERRIDE_DEFAULT_MS;
    if (cli_flag(cli, "end") && length)
        return cli_fail(cli, EXIT_USAGE, "give --for or --end, not both");
    if (length && (duration_parse(length, &for_ms) || !for_ms))
        return cli_fail(cli, EXIT_USAGE, "--for needs a duration with units, such as 2h");
    if (cli_flag(cli, "end"))
        return cli_control(cli, &request, "windows bind again");
    request.number = clock_now_ms() + for_ms;
    return cli_control(cli, &request,
                       "windows do not bind for now; see it with: slipway status");
}

static const struct cli_option options[] = {
    {"for", "DURATION", "how long (default 4h, at most 7d)", false},
    {"end", NULL, "windows bind again from now on", false},
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_override = {
    .name = "override",
    .summary = "break the glass: start outside of windows and freezes for a while",
    .arguments = "[TARGET]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description =
        "Windows, freezes, cut-off and notice do not bind the target (without one: all) "
        "until the\n"
        "time is over. Everything else does: waves, holds, domains, limits, budgets, "
        "approvals and the\n"
        "clock. Who did it, when and why is recorded and shown by status, why and "
        "events.",
    .example = "  slipway override vc-0017 --for 2h --reason 'CVE, agreed with acme'\n"
               "  slipway override --end --reason 'done'",
    .options = options,
    .run = run,
};
