/*
 * cmd_calendar_import.c - slipway calendar import: what a changed calendar moves, before
 * it is taken.
 *
 * Without --yes nothing is touched. With --yes a campaign under way gets the new spans
 * through its owner, and the file that the plan was made from is replaced, so that the
 * next plan agrees. A plan that was only pinned is left alone: it is stale then, and
 * `slipway run` says so.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/calendar.h"
#include "cli/calendar_diff.h"
#include "cli/calendar_ledger.h"
#include "cli/plan_file.h"
#include "engine/calendar_change.h"
#include "forecast/slots.h"
#include "loop/clock.h"
#include "loop/control.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DAY_MS           86400000LL
#define IMPORT_BYTES_MAX (16u * 1024u * 1024u)
#define IMPORT_NAMED_MAX 6 /* calendars in a sentence */
/* CALENDAR_CHANGE_MAX bytes of "[1795906800000,1795921200000]," */
#define IMPORT_SPANS_USUAL 2000

struct import {
    struct cli *cli;
    struct calendar_subject subject; /* plan NULL: there is none to compare with */
    struct calendar *calendar;
    char *source; /* what was read */
    char *as;     /* what it stands for; NULL: something new */
    char digest[SHA256_HEX];
    struct plan_calendar *changes; /* what the plan's calendars become */
    size_t change_count, change_room;
    struct calendar_import_view view;
};

static void import_clear(struct import *im)
{
    for (size_t i = 0; i < im->change_count; i++)
        calendar_change_clear(&im->changes[i]);
    free(im->changes);
    free(im->source);
    free(im->as);
    calendar_free(im->calendar);
    calendar_subject_close(&im->subject);
    calendar_import_clear(&im->view);
}

/* ---- what it stands for ---- */

/* How the plan would name what the user typed. */
static char *spelled(const char *word)
{
    char *whole = realpath(word, NULL);
    return whole ? whole : xstrdup(word);
}

static bool is_meant(const struct import *im, const struct plan_calendar *c)
{
    return !strcmp(c->source, im->as ? im->as : im->source) &&
           (!cli_flag(im->cli, "freeze") || c->freeze);
}

/* "a.ics (customer=acme), ..." */
static char *known_calendars(const struct plan_time *time)
{
    auto_buf struct buf out = {0};
    for (size_t i = 0; i < time->calendar_count && i < IMPORT_NAMED_MAX; i++)
        buf_addf(&out, "%s%s (%s)", i ? ", " : "", time->calendars[i].source,
                 time->calendars[i].scope);
    if (time->calendar_count > IMPORT_NAMED_MAX)
        buf_addf(&out, " and %zu more", time->calendar_count - IMPORT_NAMED_MAX);
    return out.length ? buf_take(&out) : xstrdup("none");
}

static struct plan_calendar *add_change(struct import *im, const char *source,
                                        const char *scope, bool freeze)
{
    struct plan_calendar *c = vec_push(im->changes, im->change_count, im->change_room);
    *c = (struct plan_calendar){.source = xstrdup(source),
                                .scope = xstrdup(scope),
                                .zone = xstrdup(calendar_zone(im->calendar)),
                                .digest = xstrdup(im->digest),
                                .freeze = freeze};
    return c;
}

static int no_place(struct import *im)
{
    auto_free char *known = im->subject.time ? known_calendars(im->subject.time)
                                             : xstrdup("none: there is no plan");
    if (im->as)
        return cli_fail(im->cli, EXIT_ERROR, "no calendar %s is in %s; it has: %s",
                        im->as, im->subject.name, known);
    return cli_fail(im->cli, EXIT_USAGE,
                    "which calendar does it stand for? say --as SOURCE; or --freeze or "
                    "--label NAME=VALUE if it is a new one. The plan has: %s",
                    known);
}

/* Calendars of the plan with that source, else a new one. */
static int find_changes(struct import *im)
{
    const struct plan_time *time = im->subject.time;
    const char *label = cli_option(im->cli, "label");
    if (label && (!strchr(label, '=') || *label == '='))
        return cli_fail(im->cli, EXIT_USAGE, "--label needs NAME=VALUE");
    for (size_t i = 0; time && !label && i < time->calendar_count; i++) {
        const struct plan_calendar *c = &time->calendars[i];
        if (is_meant(im, c))
            (void)add_change(im, c->source, c->scope, c->freeze);
    }
    if (im->change_count)
        return EXIT_DONE;
    bool new = !im->as && (label || cli_flag(im->cli, "freeze"));
    bool file_only = im->as && !time;
    if (!new && !file_only)
        return no_place(im);
    (void)add_change(im, im->as ? im->as : im->source, label ? label : "campaign",
                     cli_flag(im->cli, "freeze"));
    return EXIT_DONE;
}

/* ---- what it moves ---- */

static const struct plan_calendar *find_old(const struct plan_time *time,
                                            const struct plan_calendar *change)
{
    for (size_t i = 0; time && i < time->calendar_count; i++) {
        const struct plan_calendar *c = &time->calendars[i];
        if (!strcmp(c->source, change->source) && !strcmp(c->scope, change->scope) &&
            c->freeze == change->freeze)
            return c;
    }
    return NULL;
}

/* Without a plan: the file that it stands for, as it is now. */
static int open_old_file(struct import *im, int64_t until_ms, struct spans *out)
{
    struct slipway_error err = {""};
    auto_calendar struct calendar *old = NULL;
    auto_free char *source = NULL;
    char digest[SHA256_HEX];
    if (!im->as || im->subject.time)
        return EXIT_DONE;
    if (calendar_source_open(im->cli, im->as, &old, &source, digest, &err) ||
        calendar_expand(old, im->subject.now_ms, until_ms, out, &err))
        return cli_fail(im->cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

static int compare_openings(struct import *im)
{
    struct slipway_error err = {""};
    const struct plan_time *time = im->subject.time;
    int64_t until_ms = time && time->horizon_ms
                           ? time->horizon_ms
                           : im->subject.now_ms + HORIZON_DAYS * DAY_MS;
    struct spans now = {0}, old_file = {0};
    if (calendar_expand(im->calendar, im->subject.now_ms, until_ms, &now, &err))
        return cli_fail(im->cli, EXIT_ERROR, "%s", err.text);
    int code = open_old_file(im, until_ms, &old_file);
    if (!code) {
        const struct plan_calendar *old = find_old(time, &im->changes[0]);
        calendar_diff_spans(old ? &old->spans : &old_file, &now, im->subject.now_ms,
                            im->changes[0].zone, &im->view.openings);
        for (size_t i = 0; i < im->change_count; i++)
            im->changes[i].spans = spans_copy(&now);
        im->view.same = !im->view.openings.count && (old || im->as);
    }
    spans_clear(&now);
    spans_clear(&old_file);
    return code;
}

/* As the next plan would: nobody moves without need. */
static void lay_again(struct import *im, struct plan_time *after)
{
    struct plan plan = *im->subject.plan;
    struct slot_result result = {0};
    struct slot_options options = {.start_ms = im->subject.now_ms,
                                   .previous = im->subject.plan};
    plan.time = *after;
    slots_lay(&plan, &options, &result);
    *after = plan.time;
    slot_result_clear(&result);
    im->view.replanned = true;
}

static void compare_slots(struct import *im)
{
    struct plan_time after = {0};
    if (!im->subject.time || im->view.same)
        return;
    plan_time_copy(im->subject.time, &after);
    for (size_t i = 0; i < im->change_count; i++)
        calendar_change_apply(im->subject.plan, &after, &im->changes[i]);
    if (!im->subject.driver && after.slots)
        lay_again(im, &after);
    calendar_diff_slots(&im->subject, &after, &im->view.slots);
    plan_time_clear(&after);
}

/* What the engine would refuse is not shown as if it could be taken. */
static int refuse_nobodys(struct import *im)
{
    const struct plan_calendar *change = &im->changes[0];
    if (!im->subject.time ||
        calendar_change_concerns(im->subject.plan, im->subject.time, change))
        return EXIT_DONE;
    return cli_fail(im->cli, EXIT_ERROR, "%s names no target of %s", change->scope,
                    im->subject.name);
}

/* ---- taking it ---- */

static bool under_way(const struct import *im)
{
    return im->subject.driver && im->subject.begun &&
           !machine_is_final(&campaign_machine, (int)im->subject.state);
}

static int send_changes(struct import *im)
{
    for (size_t i = 0; i < im->change_count; i++) {
        auto_free char *document = calendar_change_json(&im->changes[i]);
        struct control_request request = {.verb = "calendar",
                                          .reason = cli_option(im->cli, "reason"),
                                          .detail = document};
        bool alone = false;
        if (!document)
            return cli_fail(im->cli, EXIT_ERROR,
                            "%s has %zu openings until the plan's calendars end, and a "
                            "campaign under way takes about %d at once. Nothing was "
                            "changed. Let it end earlier (UNTIL=, an end date) or join "
                            "openings that touch; or `abort`, and plan again with it",
                            im->source, im->changes[i].spans.count, IMPORT_SPANS_USUAL);
        int code = cli_reach(im->cli, &request, &alone);
        if (code)
            return code;
    }
    im->view.running = true;
    return EXIT_DONE;
}

/* The file that plans are made from, if another one was read. */
static int replace_file(struct import *im)
{
    struct slipway_error err = {""};
    struct stat info;
    auto_buf struct buf bytes = {0};
    if (!im->as || !strcmp(im->as, im->source) || stat(im->as, &info))
        return EXIT_DONE;
    if (file_read(im->source, IMPORT_BYTES_MAX, &bytes, NULL))
        return cli_fail(im->cli, EXIT_ERROR,
                        "%s is no file that could stand for %s: write the form into the "
                        "YAML where that one is named",
                        im->source, im->as);
    if (file_replace(im->as, buf_text(&bytes), bytes.length, info.st_mode & 0777, &err))
        return cli_fail(im->cli, EXIT_ERROR, "%s", err.text);
    return EXIT_DONE;
}

static int take(struct import *im)
{
    int code = EXIT_DONE;
    bool new = !im->as && !find_old(im->subject.time, &im->changes[0]);
    if (new && !under_way(im))
        return cli_fail(im->cli, EXIT_ERROR,
                        "no campaign has begun that could take it: write it under %s: in "
                        "the campaign or the fleet, and plan again",
                        im->changes[0].freeze ? "freezes" : "windows");
    if (under_way(im))
        code = send_changes(im);
    if (!code)
        code = replace_file(im);
    im->view.taken = !code;
    return code;
}

/* ---- what to do next ---- */

static void add_option(struct buf *out, const struct cli *cli, const char *name)
{
    const char *value = cli_option(cli, name);
    if (!value)
        return;
    buf_addf(out, " --%s", name);
    if (*value) {
        buf_addc(out, ' ');
        words_quoted(out, value);
    }
}

static char *next_words(struct import *im)
{
    static const char *const kept[] = {"as", "freeze", "label", "zone", "reason"};
    auto_buf struct buf out = {0};
    char self[512];
    (void)cli_command(im->cli, self, sizeof self);
    if (im->view.same && !im->view.taken)
        return NULL;
    if (im->view.taken) {
        if (im->view.running)
            buf_addf(&out,
                     "Taken: the campaign heeds it from now on. Slots that it hits go to "
                     "the next opening that fits, the others stay as planned; when it "
                     "will be over now, %s forecast says. Tell the owners with: %s "
                     "calendar export",
                     self, self);
        else
            buf_addf(&out,
                     "Taken: a plan that was pinned before is stale. Plan again "
                     "with: %s plan CAMPAIGN.yaml",
                     self);
        return buf_take(&out);
    }
    buf_addf(&out, "Nothing was changed. Take it with: %s calendar import ", self);
    words_quoted(&out, im->cli->arguments[1]);
    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
        add_option(&out, im->cli, kept[i]);
    if (im->cli->common_campaign) {
        buf_adds(&out, " --campaign ");
        words_quoted(&out, im->cli->common_campaign);
    }
    buf_adds(&out, " --yes");
    return buf_take(&out);
}

static int print(struct import *im)
{
    auto_buf struct buf out = {0};
    im->view.file = xstrdup(im->cli->arguments[1]);
    im->view.source = xstrdup_null(cli_option(im->cli, "as"));
    im->view.scope = im->subject.time ? xstrdup(im->changes[0].scope) : NULL;
    im->view.freeze = im->changes[0].freeze;
    im->view.subject = im->subject.time ? xstrdup(im->subject.name) : NULL;
    im->view.next = next_words(im);
    if (im->cli->json) {
        auto_free char *text = calendar_import_json(&im->view);
        buf_addf(&out, "%s\n", text);
    } else {
        calendar_import_text(&im->view, im->cli->colour, &out);
    }
    return cli_print(im->cli, buf_text(&out));
}

/* ---- the word ---- */

/* Without a state there is nothing to compare with but the file itself. */
static int open_subject(struct import *im)
{
    auto_free char *plan = xasprintf("%s/%s", im->cli->state_dir, PLAN_FILE_NAME);
    struct stat info;
    im->subject.now_ms = clock_now_ms();
    if (!im->cli->common_campaign && stat(plan, &info))
        return EXIT_DONE;
    return calendar_subject_plan(im->cli, NULL, &im->subject);
}

static int import_file(struct import *im)
{
    struct slipway_error err = {""};
    const char *as = cli_option(im->cli, "as");
    if (calendar_source_open(im->cli, im->cli->arguments[1], &im->calendar, &im->source,
                             im->digest, &err))
        return cli_fail(im->cli, EXIT_ERROR, "%s", err.text);
    im->as = as ? spelled(as) : NULL;
    int code = open_subject(im);
    if (!code)
        code = find_changes(im);
    if (!code)
        code = compare_openings(im);
    if (!code)
        code = refuse_nobodys(im);
    if (code)
        return code;
    compare_slots(im);
    bool yes = cli_flag(im->cli, "yes");
    if (yes)
        code = take(im);
    if (code)
        return code;
    code = print(im);
    return code ? code : yes || im->view.same ? EXIT_DONE : EXIT_CHANGES;
}

static int import_cron(struct cli *cli, const char *cron)
{
    struct slipway_error err = {""};
    const char *length = cli_option(cli, "duration"), *zone = cli_option(cli, "zone");
    auto_free char *form = NULL;
    auto_buf struct buf out = {0};
    if (cli->argument_count > 1)
        return cli_fail(cli, EXIT_USAGE, "give a FILE or --cron, not both");
    if (!length || !zone)
        return cli_fail(cli, EXIT_USAGE,
                        "--cron needs --duration (cron knows no end) and --zone (cron "
                        "means the clock of its machine)");
    if (calendar_from_cron(cron, length, zone, &form, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (cli->json) {
        auto_json json_t *json =
            json_pack("{s:i, s:o, s:o}", "schema_version", CLI_JSON_SCHEMA, "cron",
                      words_json_text(cron), strncmp(form, "BEGIN:", 6) ? "form" : "ics",
                      json_safe_string(form, strlen(form)));
        auto_free char *text = json_pretty(json);
        buf_addf(&out, "%s\n", text);
    } else {
        buf_addf(&out, "%s%s", form, strncmp(form, "BEGIN:", 6) ? "\n" : "");
    }
    return cli_print(cli, buf_text(&out));
}

int calendar_import(struct cli *cli)
{
    const char *cron = cli_option(cli, "cron");
    struct import im = {.cli = cli};
    if (cron)
        return import_cron(cli, cron);
    if (cli->argument_count < 2)
        return cli_fail(cli, EXIT_USAGE,
                        "calendar import needs a FILE or --cron; see: slipway calendar "
                        "--help");
    int code = import_file(&im);
    import_clear(&im);
    return code;
}
