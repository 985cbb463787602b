/*
 * page_forecast.c - see page_forecast.h. The same runs as `slipway forecast` without
 * options. A campaign that is over has none: what happened stands on the page.
 */
#include "cli/page_forecast.h"

#include "cli/forecast_work.h"
#include "loop/clock.h"
#include "util/auto.h"

static bool is_over(const struct forecast_subject *subject)
{
    const struct engine_state *state =
        subject->engine ? engine_state(subject->engine) : NULL;
    return state && machine_is_final(&campaign_machine, (int)state->campaign);
}

int page_forecast_make(struct cli *cli, struct plan *plan, struct forecast *out,
                       bool *made)
{
    struct forecast_subject subject = {.plan = plan};
    struct forecast_ask ask = {.seeds = 0};
    int code = EXIT_DONE;
    *made = false;
    if (!cli_flag(cli, "forecast"))
        return EXIT_DONE;
    if (!cli_option(cli, "html"))
        return cli_fail(cli, EXIT_USAGE,
                        "--forecast goes onto the page of --html FILE; without a page "
                        "say: slipway forecast");
    if (plan)
        forecast_subject_history(cli, &subject);
    else
        code = forecast_subject_open(cli, NULL, &subject);
    if (!code && subject.plan && !is_over(&subject)) {
        code = forecast_ask_read(cli, &subject, clock_now_ms(), &ask);
        if (!code)
            forecast_work(&subject, &ask, out);
        *made = !code;
    }
    forecast_ask_clear(&ask);
    if (plan)
        subject.plan = NULL; /* the caller's */
    forecast_subject_close(&subject);
    return code;
}
