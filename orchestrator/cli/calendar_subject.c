/*
 * calendar_subject.c - what is meant by SOURCE, TARGET or nothing (calendar.h).
 *
 * A campaign under way is asked through a replay of its records, because calendars may
 * have been replaced since it was planned.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "cli/calendar.h"
#include "cli/plan_file.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define BRIEF_MS (6LL * 86400 * 1000) /* within these a weekday is enough */

/* ---- times ---- */

const char *calendar_local(const char *zone, int64_t at_ms, char *out, size_t size)
{
    if (!zone || zone_local(zone, at_ms, out, size))
        (void)time_minute(at_ms, out, size);
    return out;
}

/* "Sun 03:00 CET" of "Sun 2026-11-29 03:00 CET". */
static const char *without_date(const char *local, char *out, size_t size)
{
    if (strlen(local) > 15 && local[3] == ' ' && local[14] == ' ')
        (void)snprintf(out, size, "%.4s%s", local, local + 15);
    else
        (void)snprintf(out, size, "%s", local);
    return out;
}

const char *calendar_local_span(const char *zone, const struct span *span, char *out,
                                size_t size)
{
    char from[CALENDAR_LOCAL_MAX], until[CALENDAR_LOCAL_MAX], brief[CALENDAR_LOCAL_MAX];
    char utc[32];
    (void)calendar_local(zone, span->from_ms, from, sizeof from);
    (void)calendar_local(zone, span->until_ms, until, sizeof until);
    (void)time_minute(span->from_ms, utc, sizeof utc);
    bool far = span->until_ms - span->from_ms > BRIEF_MS;
    (void)snprintf(out, size, "%s to %s (%s)", from,
                   far ? until : without_date(until, brief, sizeof brief), utc);
    return out;
}

int calendar_number(const struct cli *cli, const char *name, int fallback, int *out)
{
    const char *text = cli_option(cli, name);
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : fallback;
    if (text && (end == text || *end || value < 1 || value > CALENDAR_COUNT_MAX))
        return cli_fail(cli, EXIT_USAGE, "--%s needs a number from 1 to %d", name,
                        CALENDAR_COUNT_MAX);
    *out = (int)value;
    return EXIT_DONE;
}

/* ---- bare calendars ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size && !strcasecmp(text + length - size, end);
}

bool calendar_is_source(const char *word)
{
    return strchr(word, ' ') || strchr(word, '/') || strstr(word, "..") ||
           ends_with(word, ".ics") || !access(word, F_OK);
}

static bool is_file(const char *word)
{
    return ends_with(word, ".ics") || !access(word, F_OK) ||
           (strchr(word, '/') && !strchr(word, ' '));
}

int calendar_source_open(const struct cli *cli, const char *word, struct calendar **out,
                         char **source, char digest[SHA256_HEX],
                         struct slipway_error *err)
{
    char whole[PATH_MAX];
    const char *opened = word;
    struct calendar_options options = {.zone = cli_option(cli, "zone")};
    if (is_file(word)) {
        if (!realpath(word, whole))
            return slipway_error_set(err, -1, "%s: cannot be read: there is no such file",
                                     word);
        opened = whole;
    }
    if (calendar_open(opened, &options, out, digest, err))
        return -1;
    *source = xstrdup(opened);
    return 0;
}

/* ---- plans ---- */

static char *plan_name(const struct plan *plan, const char *what)
{
    return xasprintf("%s %s (%.8s)", what, plan->campaign, plan->digest);
}

static int open_campaign(struct cli *cli, const struct store_campaign *campaign,
                         struct calendar_subject *out)
{
    struct slipway_error err = {""};
    int code = driver_open(out->store, campaign->id, &out->driver, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    out->plan = (struct plan *)driver_plan(out->driver);
    out->time = engine_time(driver_engine(out->driver));
    out->begun = campaign->started_ms != 0;
    out->state = campaign->state;
    out->name = plan_name(out->plan, "campaign");
    return EXIT_DONE;
}

static int open_plan_file(struct cli *cli, const char *path, struct calendar_subject *out)
{
    auto_free char *text = NULL;
    int code = plan_file_load(cli, path, &out->plan, &text);
    if (code)
        return code;
    out->time = &out->plan->time;
    out->name = plan_name(out->plan, "the plan of");
    return EXIT_DONE;
}

/* The newest campaign, unless it is over and a plan was pinned after it. */
static int open_state(struct cli *cli, struct calendar_subject *out)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    auto_free char *pinned = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    bool has_plan = !cli->common_campaign && !access(pinned, F_OK);
    int code = store_open_reader(cli->state_dir, &out->store, &err);
    if (!code)
        code = store_find_campaign(out->store, cli->common_campaign, &campaign, &err);
    if (code == STORE_NO_SUCH && !has_plan && !cli->common_campaign)
        return cli_fail(cli, EXIT_ERROR,
                        "there is neither a plan nor a campaign yet; make a plan with: "
                        "slipway plan CAMPAIGN.yaml");
    if (code && !(has_plan && (code == STORE_NO_SUCH || code == STORE_MISSING)))
        return cli_store_failure(cli, code, &err);
    if (code || (has_plan && machine_is_final(&campaign_machine, (int)campaign.state)))
        return open_plan_file(cli, NULL, out);
    return open_campaign(cli, &campaign, out);
}

int calendar_subject_plan(struct cli *cli, const char *path, struct calendar_subject *out)
{
    out->now_ms = clock_now_ms();
    out->target = -1;
    return path ? open_plan_file(cli, path, out) : open_state(cli, out);
}

static int open_target(struct cli *cli, const char *word, struct calendar_subject *out)
{
    int code = open_state(cli, out);
    char clean[128];
    if (code)
        return code;
    out->target = plan_target_index(out->plan, word);
    if (out->target < 0)
        return cli_fail(cli, EXIT_ERROR,
                        "%s is no target of %s, no file, and no short form such as 'Sat "
                        "23:00 +4h Europe/Paris'",
                        text_clean(word, clean, sizeof clean), out->name);
    free(out->name);
    out->name = xasprintf("%s in campaign %s", word, out->plan->campaign);
    return EXIT_DONE;
}

int calendar_subject_open(struct cli *cli, const char *word, struct calendar_subject *out)
{
    struct slipway_error err = {""};
    out->now_ms = clock_now_ms();
    out->target = -1;
    if (!word || ends_with(word, ".json"))
        return calendar_subject_plan(cli, word, out);
    if (!calendar_is_source(word))
        return open_target(cli, word, out);
    if (calendar_source_open(cli, word, &out->bare, &out->source, out->digest, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    out->name = xstrdup(word);
    return EXIT_DONE;
}

void calendar_subject_close(struct calendar_subject *subject)
{
    if (!subject->driver)
        plan_free(subject->plan);
    driver_close(subject->driver);
    store_close(subject->store);
    calendar_free(subject->bare);
    free(subject->source);
    free(subject->name);
    *subject = (struct calendar_subject){0};
}
