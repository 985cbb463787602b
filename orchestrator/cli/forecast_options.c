/* forecast_options.c - the options of `slipway forecast` (forecast_work.h). */
#include <stdlib.h>
#include <string.h>

#include "calendar/calendar.h"
#include "cli/forecast_work.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DAY_MS      86400000LL
#define SAMPLES_MIN 20 /* fewer changes say nothing about a rate */
#define MILLION     1000000

/* ---- one option ---- */

static int bad(const struct cli *cli, const char *name, const char *text, const char *why)
{
    char clean[120];
    return cli_fail(cli, EXIT_USAGE, "--%s %s: %s", name,
                    text_clean(text, clean, sizeof clean), why);
}

static int read_number(const struct cli *cli, const char *name, int low, int high,
                       int *out)
{
    const char *text = cli_option(cli, name);
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : 0;
    if (!text)
        return EXIT_DONE;
    if (end == text || *end || value < low || value > high) {
        char why[80];
        (void)snprintf(why, sizeof why, "a number from %d to %d is needed", low, high);
        return bad(cli, name, text, why);
    }
    *out = (int)value;
    return EXIT_DONE;
}

static int read_duration(const struct cli *cli, const char *name, int64_t *out)
{
    const char *text = cli_option(cli, name);
    if (text && duration_parse(text, out))
        return bad(cli, name, text,
                   "a duration with its unit is needed, as in 30m or 2h");
    return EXIT_DONE;
}

static int read_instant(const struct cli *cli, const char *name, const struct plan *plan,
                        int64_t *out)
{
    const char *text = cli_option(cli, name);
    struct slipway_error err = {""};
    struct calendar_options options = {.zone = plan->time.zone};
    if (text && calendar_instant(text, &options, out, &err))
        return bad(cli, name, text, err.text);
    return EXIT_DONE;
}

/* "2%", "0.5%" */
static int read_rate(const struct cli *cli, struct forecast_ask *out)
{
    const char *text = cli_option(cli, "failure-rate");
    char *end = NULL;
    double percent = text ? strtod(text, &end) : 0;
    if (!text)
        return EXIT_DONE;
    if (end == text || strcmp(end, "%") != 0 || !(percent >= 0) || percent > 100)
        return bad(cli, "failure-rate", text, "a percentage is needed, as in 2% or 0.5%");
    out->run.failure_per_million = (int)(percent * MILLION / 100);
    out->failure_given = true;
    return EXIT_DONE;
}

/* "site=20,customer=acme=2": the last `=` begins the number. */
static int read_caps(const struct cli *cli, const char *name, const struct plan_cap *caps,
                     size_t cap_count, char **text, struct what_if_cap *out,
                     size_t *count)
{
    *text = xstrdup_null(cli_option(cli, name));
    char *next = *text;
    while (next && *next) {
        char *word = next, *comma = strchr(word, ','), *end = NULL;
        next = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
        char *equals = strrchr(word, '=');
        long max = equals ? strtol(equals + 1, &end, 10) : 0;
        if (!equals || end == equals + 1 || *end || max < 1 || max > IN_FLIGHT_MAX)
            return bad(cli, name, word, "label=number is needed, as in site=20");
        *equals = '\0';
        size_t known = 0;
        for (size_t i = 0; i < cap_count; i++)
            known += variant_is_of(caps[i].key, word);
        if (!known)
            return bad(cli, name, word, "the plan has no rule for it");
        if (*count == WHAT_IF_CAPS_MAX)
            return bad(cli, name, word, "too many of them");
        out[(*count)++] = (struct what_if_cap){word, (int)max};
    }
    return EXIT_DONE;
}

int forecast_windows(const struct plan *plan, const char *form, int64_t from_ms,
                     struct spans *out, struct slipway_error *err)
{
    auto_calendar struct calendar *calendar = NULL;
    struct calendar_options options = {.zone = plan->time.zone};
    int64_t until_ms =
        plan->time.horizon_ms ? plan->time.horizon_ms : from_ms + HORIZON_DAYS * DAY_MS;
    if (calendar_parse_short(form, &options, &calendar, err))
        return -1;
    return calendar_expand(calendar, from_ms, until_ms, out, err);
}

static int read_windows(const struct cli *cli, const struct plan *plan,
                        struct forecast_ask *out)
{
    const char *form = cli_option(cli, "add-window");
    struct slipway_error err = {""};
    if (!form)
        return EXIT_DONE;
    if (forecast_windows(plan, form, out->run.start_ms, &out->windows, &err))
        return bad(cli, "add-window", form, err.text);
    out->what.windows = &out->windows;
    return EXIT_DONE;
}

/* ---- all of them ---- */

static void tell(struct buf *text, const struct cli *cli, const char *name,
                 const char *words)
{
    const char *value = cli_option(cli, name);
    char clean[80];
    if (value)
        buf_addf(text, "%s%s %s", text->length ? ", " : "", words,
                 text_clean(value, clean, sizeof clean));
}

static void describe_changes(const struct cli *cli, struct forecast_ask *out)
{
    struct buf text = {0};
    tell(&text, cli, "in-flight", "in_flight");
    tell(&text, cli, "max-unavailable", "max_unavailable");
    tell(&text, cli, "limit", "limit");
    tell(&text, cli, "soak", "soak");
    tell(&text, cli, "budget", "budget");
    tell(&text, cli, "add-window", "also");
    out->changes = text.length > 0;
    out->what_text = out->changes ? buf_take(&text) : NULL;
}

static void take_defaults(const struct forecast_subject *subject, int64_t now_ms,
                          struct forecast_ask *out)
{
    const struct plan *plan = subject->plan;
    *out = (struct forecast_ask){.deadline_ms = plan->time.deadline_ms};
    out->run.start_ms = now_ms > plan->created_ms ? now_ms : plan->created_ms;
    out->run.human_ms = FORECAST_HUMAN_MS;
    out->run.from = subject->engine ? engine_state(subject->engine) : NULL;
    out->run.from_plan = subject->engine ? engine_plan(subject->engine) : NULL;
    out->seeds =
        plan->target_count > FORECAST_LARGE ? FORECAST_SEEDS_LARGE : FORECAST_SEEDS_USUAL;
    if (subject->settled >= SAMPLES_MIN)
        out->run.failure_per_million =
            (int)((int64_t)subject->failed * MILLION / subject->settled);
}

static int read_changes(const struct cli *cli, const struct plan *plan,
                        struct forecast_ask *out)
{
    struct what_if *what = &out->what;
    int code = read_number(cli, "in-flight", 1, IN_FLIGHT_MAX, &what->in_flight);
    if (!code)
        code = read_duration(cli, "soak", &what->soak_ms);
    if (!code)
        code = read_number(cli, "budget", 0, PLAN_TARGETS_MAX, &what->budget);
    if (!code)
        code = read_caps(cli, "max-unavailable", plan->domains, plan->domain_count,
                         &out->cap_text, what->domains, &what->domain_count);
    if (!code)
        code = read_caps(cli, "limit", plan->limits, plan->limit_count, &out->limit_text,
                         what->limits, &what->limit_count);
    if (!code)
        code = read_windows(cli, plan, out);
    what->has_soak = cli_option(cli, "soak") != NULL;
    what->has_budget = cli_option(cli, "budget") != NULL;
    return code;
}

int forecast_ask_read(struct cli *cli, const struct forecast_subject *subject,
                      int64_t now_ms, struct forecast_ask *out)
{
    const struct plan *plan = subject->plan;
    take_defaults(subject, now_ms, out);
    int code = read_instant(cli, "from", plan, &out->run.start_ms);
    if (!code)
        code = read_instant(cli, "deadline", plan, &out->deadline_ms);
    if (!code)
        code = read_number(cli, "seeds", 1, FORECAST_SEEDS_MAX, &out->seeds);
    if (!code)
        code = read_rate(cli, out);
    if (!code)
        code = read_duration(cli, "pause", &out->run.human_ms);
    if (!code)
        code = read_duration(cli, "approval", &out->run.approval_ms);
    if (!code)
        code = read_changes(cli, plan, out);
    if (!code)
        describe_changes(cli, out);
    return code;
}

void forecast_ask_clear(struct forecast_ask *ask)
{
    free(ask->what_text);
    free(ask->cap_text);
    free(ask->limit_text);
    spans_clear(&ask->windows);
    *ask = (struct forecast_ask){0};
}
