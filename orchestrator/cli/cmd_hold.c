/*
 * cmd_hold.c - slipway hold: keep a target from starting, with reason and expiry.
 */
#include "cli/cli.h"
#include "cli/verbs.h"
#include "loop/control.h"
#include "loop/clock.h"
#include "util/duration.h"
#include "util/timefmt.h"

static int run(struct cli *cli)
{
    const char *length = cli_option(cli, "for"), *until = cli_option(cli, "until");
    struct control_request request = {
        .verb = "hold", .target = cli->arguments[0], .reason = cli_option(cli, "reason")};
    int64_t ms = 0;
    if (length && until)
        return cli_fail(cli, EXIT_USAGE, "give --for or --until, not both");
    if (length && duration_parse(length, &ms))
        return cli_fail(cli, EXIT_USAGE,
                        "--for needs a duration with units, such as 12h");
    if (length)
        request.number = clock_now_ms() + ms;
    if (until && time_parse(until, &request.number))
        return cli_fail(cli, EXIT_USAGE,
                        "--until needs a time, such as 2026-12-01T06:00:00Z");
    return cli_control(cli, &request, "held");
}

static const struct cli_option options[] = {
    {"for", "DURATION", "expires after this", false},
    {"until", "TIME", "expires then (UTC)", false},
    {"reason", "TEXT", "why; recorded with who and when", true},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_hold = {
    .name = "hold",
    .summary = "keep a target from starting, with reason and expiry",
    .arguments = "TARGET",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "An operator's veto on one appliance. One that is in flight finishes its step "
        "and begins\n"
        "no other. Expires by itself with --for or --until, else holds until released.",
    .example = "  slipway hold vc-0017 --for 12h --reason 'customer demo'",
    .options = options,
    .run = run,
};
