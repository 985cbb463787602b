/*
 * cmd_forecast.c - slipway forecast: when will it be over, what binds it, and what if.
 * Reads only; the work is in forecast_*.c beside it.
 */
#include "calendar/zone.h"
#include "cli/forecast_work.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "report/forecast.h"
#include "util/auto.h"

static int print_forecast(struct cli *cli, const struct forecast *forecast)
{
    struct forecast_view view = {.forecast = forecast,
                                 .local = zone_local,
                                 .colour = cli->colour,
                                 .full = cli_flag(cli, "full")};
    auto_buf struct buf out = {0};
    if (cli->json) {
        auto_free char *json = forecast_json(&view);
        buf_addf(&out, "%s\n", json);
    } else {
        forecast_text(&view, &out);
    }
    return cli_print(cli, buf_text(&out));
}

static int run(struct cli *cli)
{
    struct forecast_subject subject;
    struct forecast_ask ask = {.seeds = 0};
    auto_forecast struct forecast forecast = {.targets = 0};
    const char *path = cli->argument_count ? cli->arguments[0] : NULL;
    int code = forecast_subject_open(cli, path, &subject);
    if (!code && subject.plan) {
        code = forecast_ask_read(cli, &subject, clock_now_ms(), &ask);
        if (!code)
            forecast_work(&subject, &ask, &forecast);
        if (!code)
            code = print_forecast(cli, &forecast);
    }
    forecast_ask_clear(&ask);
    forecast_subject_close(&subject);
    return code;
}

static const struct cli_option options[] = {
    {"in-flight", "NUMBER", "what if: so many at once", false},
    {"max-unavailable", "LABEL=N",
     "what if: so many of a label's value at once (site=20, customer=acme=2)", false},
    {"limit", "NAME=N", "what if: so many at once of a limit (manager=8)", false},
    {"add-window", "WINDOW",
     "what if: everybody may also be changed then (\"Wed 22:00 +4h Europe/Paris\"); "
     "freezes still beat it",
     false},
    {"soak", "DURATION", "what if: every wave soaks so long", false},
    {"budget", "NUMBER", "what if: so many failures are tolerated", false},
    {"failure-rate", "RATE",
     "so many changes fail (default: as in earlier campaigns of the playbook)", false},
    {"pause", "DURATION", "somebody looks at a pause after so long (default: 4h)", false},
    {"approval", "DURATION", "gates are approved after so long (default: at once)",
     false},
    {"from", "DATE", "the campaign is started then (default: now)", false},
    {"deadline", "DATE", "compare with it (default: the plan's)", false},
    {"fleet", "FILE", "the fleet of a campaign's file, as for plan", false},
    {"seeds", "NUMBER", "so many virtual runs (default: 200; 20 of large plans)", false},
    {"full", NULL, "list every night", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_forecast = {
    .name = "forecast",
    .summary = "when it will be over, what binds it, and what if",
    .arguments = "[FILE]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description =
        "Runs the campaign many times on virtual time: the same engine and the same "
        "rules of admission,\n"
        "durations drawn between typical and slow, failures, and people who answer "
        "after a while.\n"
        "Shows when half and nine tenths of the runs are over, how many appliances go "
        "in which week and\n"
        "night, what each rule costs (it is lifted alone and everything is run again), "
        "and, if the\n"
        "deadline is missed, what would hold it. FILE is a campaign or a plan; without "
        "one: the campaign\n"
        "that is running, from where it stands, else the plan of the state.",
    .example = "  slipway forecast campaign.yaml --deadline 2026-12-24\n"
               "  slipway forecast --in-flight 80 --soak 2h\n"
               "  slipway forecast --add-window 'Wed 22:00 +4h Europe/Paris' --json | jq "
               ".changed.p90_end",
    .options = options,
    .run = run,
};
