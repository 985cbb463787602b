/*
 * stale.c - see stale.h.
 *
 * Digests say that a file changed; a plan that is made from today's files says what that
 * moves, and finds what no digest covers: an inventory, plugins.
 */
#include "cli/stale.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "cli/inputs.h"
#include "cli/stale_lines.h"
#include "loop/clock.h"
#include "plan/compare.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- lines ---- */

__attribute__((format(printf, 1, 0))) static char *sentence(const char *format,
                                                            va_list args)
{
    auto_buf struct buf text = {0};
    buf_addv(&text, format, args);
    return buf_take(&text);
}

void stale_moved(struct stale_lines *lines, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *vec_push(lines->moved, lines->moved_count, lines->moved_room) =
        sentence(format, args);
    va_end(args);
}

void stale_unknown(struct stale_lines *lines, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *vec_push(lines->unknown, lines->unknown_count, lines->unknown_room) =
        sentence(format, args);
    va_end(args);
}

void stale_lines_clear(struct stale_lines *lines)
{
    for (size_t i = 0; i < lines->moved_count; i++)
        free(lines->moved[i]);
    for (size_t i = 0; i < lines->unknown_count; i++)
        free(lines->unknown[i]);
    free(lines->moved);
    free(lines->unknown);
    *lines = (struct stale_lines){0};
}

static void print_lines(const struct cli *cli, const char *lead, char *const *items,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)cli_fail(cli, EXIT_DONE, "%s%s", lead, items[i]);
}

/* ---- files ---- */

static bool same(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static void compare_files(const struct plan *plan, const struct inputs *now,
                          struct stale_lines *lines)
{
    if (!same(plan->campaign_digest, now->campaign.digest))
        stale_moved(lines, "%s changed", plan->campaign_file);
    if (!same(plan->fleet_digest, now->fleet_digest))
        stale_moved(lines, "%s changed",
                    plan->fleet_file ? plan->fleet_file : "the inventory");
}

/* The first problem stands for all: lint tells the rest. */
static void tell_problem(const struct inputs *now, struct stale_lines *lines)
{
    for (size_t i = 0; i < now->problems.count; i++) {
        const struct problem *p = &now->problems.items[i];
        if (p->severity != PROBLEM_ERROR)
            continue;
        auto_free char *line = problem_line(p);
        stale_moved(lines, "%s", line);
        lines->broken = true;
        return;
    }
}

/* Calendars that both have are compared here, opening by opening, and made equal, so that
   plan_compare() is left with those that came or went. Only openings count: calendar
   programs write a file anew without moving anything in it. */
static void settle_calendars(const struct plan_time *then, struct plan_time *today,
                             int64_t now_ms, struct stale_lines *lines)
{
    struct span within = {now_ms, then->horizon_ms < today->horizon_ms
                                      ? then->horizon_ms
                                      : today->horizon_ms};
    for (size_t i = 0; i < today->calendar_count; i++) {
        struct plan_calendar *c = &today->calendars[i];
        for (size_t j = 0; j < then->calendar_count; j++) {
            const struct plan_calendar *old = &then->calendars[j];
            if (!same(old->source, c->source) || !same(old->scope, c->scope) ||
                old->freeze != c->freeze)
                continue;
            if (!same(old->digest, c->digest) || !same(then->zone_data, today->zone_data))
                stale_openings(old, &c->spans, &within, lines);
            xreplace(&c->digest, old->digest);
            spans_clear(&c->spans);
            c->spans = spans_copy(&old->spans);
        }
    }
}

/* Waves and slots only follow, and history grows by itself: causes count. */
static void add_causes(const struct plan *plan, const struct plan *today,
                       struct stale_lines *lines)
{
    auto_differences struct plan_differences all = {0};
    plan_compare(plan, today, zone_local, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (plan_change_is_cause(all.items[i].change))
            stale_moved(lines, "%s", all.items[i].text);
    }
}

static int compare(struct cli *cli, const struct plan *plan, struct plugins *plugins,
                   struct inputs *now, struct stale_lines *lines)
{
    auto_plan struct plan *today = NULL;
    auto_plan_notes struct plan_notes notes = {0};
    compare_files(plan, now, lines);
    if (!now->selected_count) {
        stale_moved(lines, "the selector chooses nobody any more");
        return EXIT_DONE;
    }
    /* what runs against known issues is what was pinned, whoever learnt more since */
    playbook_take_recoveries(&now->playbook, &plan->playbook);
    now->armed = true;
    int code = inputs_plan(cli, now, plugins, plan, &today, &notes);
    if (code)
        return code;
    settle_calendars(&plan->time, &today->time, now->now_ms, lines);
    add_causes(plan, today, lines);
    return EXIT_DONE;
}

/* Where the files went away only calendars and zone data are left to compare. */
static bool is_gone(const struct plan *plan, struct stale_lines *lines)
{
    const char *gone = !plan->campaign_file                ? "the file of the campaign"
                       : access(plan->campaign_file, F_OK) ? plan->campaign_file
                       : plan->fleet_file && access(plan->fleet_file, F_OK)
                           ? plan->fleet_file
                           : NULL;
    if (gone)
        stale_unknown(lines, "%s is not there any more", gone);
    return gone;
}

static int read_inputs(struct cli *cli, const struct plan *plan,
                       struct stale_lines *lines)
{
    struct plugins *plugins = NULL;
    struct inputs now = {0};
    if (is_gone(plan, lines)) {
        stale_time(&plan->time, clock_now_ms(), lines);
        return EXIT_DONE;
    }
    int code = cli_plugins(cli, &plugins);
    if (code)
        return code;
    if (inputs_load(cli, plan->campaign_file, plan->fleet_file, plugins, &now))
        tell_problem(&now, lines);
    else
        code = compare(cli, plan, plugins, &now, lines);
    inputs_clear(&now);
    plugins_free(plugins);
    return code;
}

/* ---- verdicts ---- */

static int refuse(struct cli *cli, const struct plan *plan,
                  const struct stale_lines *lines)
{
    auto_buf struct buf file = {0};
    char self[512];
    words_quoted(&file, plan->campaign_file ? plan->campaign_file : "CAMPAIGN.yaml");
    (void)cli_fail(cli, EXIT_STALE,
                   "the plan of %s (%.12s) is stale, %zu thing%s changed since it was "
                   "made:",
                   plan->campaign, plan->digest, lines->moved_count,
                   lines->moved_count == 1 ? "" : "s");
    print_lines(cli, "  - ", lines->moved, lines->moved_count);
    return cli_fail(cli, EXIT_STALE, "plan again with: %s plan %s",
                    cli_command(cli, self, sizeof self), buf_text(&file));
}

int stale_refuse(struct cli *cli, struct store *store, const struct plan *plan)
{
    auto_stale_lines struct stale_lines lines = {0};
    int code = read_inputs(cli, plan, &lines);
    if (code)
        return code;
    if (!lines.broken)
        stale_versions(store, plan, &lines);
    print_lines(cli, "not compared with the plan: ", lines.unknown, lines.unknown_count);
    return lines.moved_count ? refuse(cli, plan, &lines) : EXIT_DONE;
}

void stale_mention(struct cli *cli, const struct plan_time *time)
{
    auto_stale_lines struct stale_lines lines = {0};
    char self[512];
    stale_time(time, clock_now_ms(), &lines);
    if (!lines.moved_count)
        return;
    print_lines(cli, "since the plan was made: ", lines.moved, lines.moved_count);
    (void)cli_fail(cli, EXIT_DONE,
                   "the campaign goes on with what was pinned; take a changed calendar "
                   "with: %s calendar import FILE",
                   cli_command(cli, self, sizeof self));
}
