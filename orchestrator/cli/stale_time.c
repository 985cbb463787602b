/*
 * stale_time.c - calendars and time-zone data since a plan was made (stale_lines.h).
 *
 * Calendar programs write a file anew without moving anything in it, so what counts is
 * whether an opening moved, not whether a byte did.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "cli/calendar_diff.h"
#include "cli/stale_lines.h"
#include "util/auto.h"

static size_t count_kind(const struct calendar_moves *moves, enum calendar_move_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < moves->count; i++)
        count += moves->items[i].kind == kind;
    return count;
}

/* "4 openings moved, 1 new, 2 gone; the first: ... instead of ..." */
static void tell_moves(const struct plan_calendar *c, const struct calendar_moves *moves,
                       struct stale_lines *lines)
{
    static const enum calendar_move_kind kinds[] = {MOVE_MOVED, MOVE_NEW, MOVE_GONE};
    const struct calendar_move *first = &moves->items[0];
    auto_buf struct buf text = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t count = count_kind(moves, kinds[i]);
        if (count && !text.length)
            buf_addf(&text, "%zu %s%s %s", count, c->freeze ? "freeze" : "opening",
                     count == 1 ? "" : "s", calendar_move_name(kinds[i]));
        else if (count)
            buf_addf(&text, ", %zu %s", count, calendar_move_name(kinds[i]));
    }
    stale_moved(lines, "%s (%s) changed: %s; the first: %s%s%s%s", c->source, c->scope,
                buf_text(&text),
                first->kind == MOVE_GONE ? first->before_text : first->after_text,
                first->kind == MOVE_MOVED ? " instead of " : "",
                first->kind == MOVE_MOVED ? first->before_text : "",
                first->kind == MOVE_GONE ? " is gone" : "");
}

void stale_openings(const struct plan_calendar *then, const struct spans *today,
                    const struct span *within, struct stale_lines *lines)
{
    struct spans range = {0};
    struct calendar_moves moves = {0};
    spans_add(&range, within->from_ms, within->until_ms);
    struct spans a = spans_intersect(&then->spans, &range);
    struct spans b = spans_intersect(today, &range);
    calendar_diff_spans(&a, &b, within->from_ms, then->zone, &moves);
    if (moves.count)
        tell_moves(then, &moves, lines);
    calendar_moves_clear(&moves);
    spans_clear(&a);
    spans_clear(&b);
    spans_clear(&range);
}

static void compare_spans(const struct plan_time *time, const struct plan_calendar *c,
                          const struct calendar *calendar, int64_t now_ms,
                          struct stale_lines *lines)
{
    struct slipway_error err = {""};
    struct spans spans = {0};
    struct span within = {now_ms, time->horizon_ms};
    if (calendar_expand(calendar, now_ms, time->horizon_ms, &spans, &err))
        stale_moved(lines, "%s (%s) changed and is not good any more: %s", c->source,
                    c->scope, err.text);
    else
        stale_openings(c, &spans, &within, lines);
    spans_clear(&spans);
}

static void compare_calendar(const struct plan_time *time, const struct plan_calendar *c,
                             int64_t now_ms, struct stale_lines *lines)
{
    struct slipway_error err = {""};
    struct calendar_options options = {.zone = c->zone};
    auto_calendar struct calendar *calendar = NULL;
    char digest[SHA256_HEX] = "";
    if (*c->source == '/' && access(c->source, F_OK)) {
        stale_unknown(lines, "%s (%s) is not there any more", c->source, c->scope);
        return;
    }
    if (calendar_open(c->source, &options, &calendar, digest, &err))
        stale_moved(lines, "%s (%s) changed and is not good any more: %s", c->source,
                    c->scope, err.text);
    else if (strcmp(digest, c->digest) != 0)
        compare_spans(time, c, calendar, now_ms, lines);
}

void stale_time(const struct plan_time *time, int64_t now_ms, struct stale_lines *lines)
{
    const char *version = zone_data_version();
    const char *pinned = time->zone_data ? time->zone_data : "";
    if (!time->calendar_count)
        return;
    if (strcmp(version, pinned) != 0)
        stale_moved(lines, "time-zone data is %s, the plan was made with %s",
                    *version ? version : "of no known version",
                    *pinned ? pinned : "data of no known version");
    for (size_t i = 0; i < time->calendar_count; i++)
        compare_calendar(time, &time->calendars[i], now_ms, lines);
}
