/*
 * cmd_calendar_check.c - slipway calendar check: what is wrong with a calendar, is it
 * open, why, and who would wait for ever.
 *
 * A target is asked with engine/window.h, as the engine itself asks when it decides.
 */
#include <stdlib.h>
#include <string.h>

#include "calendar/zone.h"
#include "cli/calendar.h"
#include "engine/window.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define DAY_MS     86400000LL
#define HORIZON_MS (HORIZON_DAYS * DAY_MS)

/* ---- calendars by themselves ---- */

static void measure(const struct spans *spans, struct calendar_checked *out)
{
    for (size_t i = 0; i < spans->count; i++) {
        int64_t length_ms = spans->items[i].until_ms - spans->items[i].from_ms;
        if (!i || length_ms < out->shortest_ms)
            out->shortest_ms = length_ms;
        if (length_ms > out->longest_ms)
            out->longest_ms = length_ms;
        auto_free char *note = calendar_clock_note(out->zone, &spans->items[i]);
        if (!note || out->noted++)
            continue;
        struct calendar_opening *first = &out->first_noted;
        first->span = spans->items[i];
        first->note = steal_ptr(&note);
        (void)calendar_local(out->zone, first->span.from_ms, first->from,
                             sizeof first->from);
    }
    out->openings = spans->count;
}

static void answer_bare(const struct calendar *calendar, const struct spans *spans,
                        int64_t at_ms, struct calendar_checked *out)
{
    size_t i = spans_find(spans, at_ms);
    bool open = spans_contain(spans, at_ms);
    out->asked = true;
    (void)calendar_local(out->zone, at_ms, out->at, sizeof out->at);
    out->answer = (struct calendar_answer){
        .open = open,
        .change_ms = i >= spans->count ? 0
                     : open            ? spans->items[i].until_ms
                                       : spans->items[i].from_ms,
    };
    if (out->answer.change_ms)
        (void)calendar_local(calendar_zone(calendar), out->answer.change_ms,
                             out->answer.change, sizeof out->answer.change);
}

static void copy_notes(const struct calendar *calendar, struct calendar_checked *out)
{
    const char *const *notes = NULL;
    size_t count = calendar_notes(calendar, &notes);
    for (size_t i = 0; i < count; i++)
        *vec_push(out->notes, out->note_count, out->note_room) = xstrdup(notes[i]);
}

/* The sentence names the file already if it can, of a short form only its column. */
static void check_source(struct cli *cli, const char *word, bool asked, int64_t at_ms,
                         struct calendar_checked *out)
{
    struct slipway_error err = {""};
    auto_calendar struct calendar *calendar = NULL;
    auto_free char *source = NULL;
    struct spans spans = {0};
    char digest[SHA256_HEX];
    *out = (struct calendar_checked){.source = xstrdup(word)};
    if (calendar_source_open(cli, word, &calendar, &source, digest, &err) ||
        calendar_expand(calendar, at_ms, at_ms + HORIZON_MS, &spans, &err)) {
        out->problem = strncmp(err.text, "column ", 7)
                           ? xstrdup(err.text)
                           : xasprintf("%s: %s", word, err.text);
        return;
    }
    out->zone = xstrdup(calendar_zone(calendar));
    measure(&spans, out);
    copy_notes(calendar, out);
    if (asked)
        answer_bare(calendar, &spans, at_ms, out);
    spans_clear(&spans);
}

/* ---- a target ---- */

static char *why(const struct plan_time *time, const struct window_view *view)
{
    char needed[32], next[CALENDAR_LOCAL_MAX];
    const struct plan_calendar *c =
        view->calendar >= 0 ? &time->calendars[view->calendar] : NULL;
    const char *zone = c ? c->zone : time->zone;
    auto_free char *who = c ? xasprintf("%s (%s)", c->source, c->scope)
                            : xstrdup("the end of what the plan knows");
    (void)duration_format(view->needed_ms, needed, sizeof needed);
    (void)calendar_local(zone, view->closes_ms, next, sizeof next);
    switch (view->state) {
    case WINDOW_ANY:
        return xstrdup("no calendar binds it");
    case WINDOW_OPEN:
        return xasprintf("it closes at %s by %s, and what it needs (%s) must fit before",
                         next, who, needed);
    case WINDOW_FROZEN:
        return xasprintf("a freeze: %s", who);
    case WINDOW_TOO_SHORT:
        return xasprintf("the opening until %s is too short for what it needs (%s): %s",
                         next, needed, who);
    case WINDOW_CUT_OFF:
        return xasprintf("after the cut-off before it closes at %s by %s", next, who);
    case WINDOW_NOTICE:
        return xstrdup("its owner was told of a later opening");
    case WINDOW_ENDED:
        return xstrdup("behind the horizon of the plan: plan again");
    default:
        return xasprintf("outside of its windows: %s", who);
    }
}

static void check_target(const struct calendar_subject *subject, int64_t at_ms,
                         struct calendar_checked *out)
{
    struct window_view view = {0};
    window_look(subject->plan, subject->time, subject->target, at_ms, &view);
    *out = (struct calendar_checked){
        .source = xstrdup(subject->name),
        .zone = xstrdup(calendar_target_zone(subject)),
        .asked = true,
        .target = true,
        .answer = {.open = view.state == WINDOW_ANY || view.state == WINDOW_OPEN,
                   .why = why(subject->time, &view),
                   .change_ms = view.next_change_ms},
    };
    (void)calendar_local(out->zone, at_ms, out->at, sizeof out->at);
    if (view.next_change_ms)
        (void)calendar_local(out->zone, view.next_change_ms, out->answer.change,
                             sizeof out->answer.change);
}

static int ask_target(struct cli *cli, const char *name, int64_t at_ms,
                      struct calendar_check_view *view)
{
    auto_calendar_subject struct calendar_subject subject = {0};
    char clean[128];
    int code = calendar_subject_plan(cli, NULL, &subject);
    if (code)
        return code;
    subject.target = plan_target_index(subject.plan, name);
    if (subject.target < 0)
        return cli_fail(cli, EXIT_ERROR, "%s is no target of %s",
                        text_clean(name, clean, sizeof clean), subject.name);
    xreplace(&subject.name, name);
    check_target(&subject, at_ms, vec_push(view->items, view->count, view->room));
    return EXIT_DONE;
}

/* ---- who would wait for ever ---- */

static int64_t longest_ms(const struct plan_time *time, int timetable, int64_t from_ms,
                          int64_t end_ms)
{
    const struct spans *open = &time->timetables[timetable].open;
    int64_t longest = 0;
    for (size_t i = spans_find(open, from_ms); i < open->count; i++) {
        int64_t from = open->items[i].from_ms, until = open->items[i].until_ms;
        if (from >= end_ms)
            break;
        from = from < from_ms ? from_ms : from;
        longest = until - from > longest ? until - from : longest;
    }
    return longest;
}

static void find_starved(const struct calendar_subject *s,
                         struct calendar_check_view *view)
{
    int64_t end_ms = s->time->deadline_ms ? s->time->deadline_ms : INT64_MAX;
    view->targets = s->plan->target_count;
    view->deadline_ms = s->time->deadline_ms;
    view->horizon_ms = s->time->horizon_ms;
    (void)calendar_local(s->time->zone,
                         view->deadline_ms ? view->deadline_ms : view->horizon_ms,
                         view->end, sizeof view->end);
    for (size_t i = 0; s->time->slots && i < s->plan->target_count; i++) {
        int timetable = s->time->slots[i].timetable;
        if (timetable < 0 ||
            window_next_start(s->time, s->plan, (int)i, s->now_ms) < end_ms)
            continue;
        *vec_push(view->starved, view->starved_count, view->starved_room) =
            (struct calendar_starved){
                .target = xstrdup(s->plan->targets[i].name),
                .needed_ms = window_needed_ms(s->plan, s->time, (int)i, -1),
                .longest_ms = longest_ms(s->time, timetable, s->now_ms, end_ms),
                .calendars = calendar_scopes(s->time, timetable, false),
            };
    }
}

static int ask_plan(struct cli *cli, struct calendar_check_view *view)
{
    auto_calendar_subject struct calendar_subject subject = {0};
    int code = calendar_subject_plan(cli, NULL, &subject);
    if (code)
        return code;
    view->planned = true;
    find_starved(&subject, view);
    return EXIT_DONE;
}

/* ---- the word ---- */

static int read_at(struct cli *cli, int64_t *at_ms)
{
    struct slipway_error err = {""};
    struct calendar_options options = {.zone = cli_option(cli, "zone")};
    const char *text = cli_option(cli, "at");
    if (text && calendar_instant(text, &options, at_ms, &err))
        return cli_fail(cli, EXIT_USAGE, "--at: %s", err.text);
    return EXIT_DONE;
}

static int print(struct cli *cli, const struct calendar_check_view *view)
{
    auto_buf struct buf out = {0};
    bool bad = view->starved_count > 0;
    for (size_t i = 0; i < view->count; i++)
        bad = bad || view->items[i].problem;
    if (cli->json) {
        auto_free char *text = calendar_check_json(view);
        buf_addf(&out, "%s\n", text);
    } else {
        calendar_check_text(view, cli->colour, &out);
    }
    int code = cli_print(cli, buf_text(&out));
    return code ? code : bad ? EXIT_ERROR : EXIT_DONE;
}

int calendar_check(struct cli *cli)
{
    auto_calendar_check struct calendar_check_view view = {.at_ms = clock_now_ms()};
    const char *target = cli_option(cli, "target");
    bool asked = cli_flag(cli, "at") || target;
    int code = read_at(cli, &view.at_ms);
    if (code)
        return code;
    if (cli->argument_count < 2 && !target && !cli_flag(cli, "plan"))
        return cli_fail(cli, EXIT_USAGE,
                        "calendar check needs a SOURCE, --target or --plan; see: slipway "
                        "calendar --help");
    for (int i = 1; i < cli->argument_count; i++)
        check_source(cli, cli->arguments[i], asked, view.at_ms,
                     vec_push(view.items, view.count, view.room));
    if (target)
        code = ask_target(cli, target, view.at_ms, &view);
    if (!code && cli_flag(cli, "plan"))
        code = ask_plan(cli, &view);
    return code ? code : print(cli, &view);
}
