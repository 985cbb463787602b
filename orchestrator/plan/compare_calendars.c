/*
 * compare_calendars.c - which windows and freezes are not what they were, and what that
 * does to their openings.
 *
 * A calendar is known by its scope, its kind and its source. Openings are compared from
 * the making of the later plan to the nearer of the two horizons: before and behind that
 * one of them knows nothing. Whoever's own calendar it is may have got company ("appliance"
 * instead of "appliance=vc-1"), which is no change.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/comparison.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

#define OPENINGS_SHOWN 3

static const char *scope_of(const struct plan_calendar *calendar)
{
    return strncmp(calendar->scope, "appliance", 9) ? calendar->scope : "appliance";
}

static char *key_of(const struct plan_calendar *calendar)
{
    return xasprintf("%s\x1f%d\x1f%s", scope_of(calendar), calendar->freeze,
                     calendar->source);
}

static const char *kind_of(const struct plan_calendar *calendar)
{
    return calendar->freeze ? "freeze" : "window";
}

static const char *source_of(const struct plan_calendar *calendar)
{
    const char *slash = *calendar->source == '/' ? strrchr(calendar->source, '/') : NULL;
    return slash ? slash + 1 : calendar->source;
}

static struct spans common(const struct comparison *c, const struct spans *spans)
{
    const struct plan *was = c->was, *now = c->now;
    struct spans range = {0};
    spans_add(&range,
              was->created_ms > now->created_ms ? was->created_ms : now->created_ms,
              was->time.horizon_ms < now->time.horizon_ms ? was->time.horizon_ms
                                                          : now->time.horizon_ms);
    struct spans cut = spans_intersect(spans, &range);
    spans_clear(&range);
    return cut;
}

/* "; opens newly Sat ... to ..., and 3 more" */
static void add_openings(const struct comparison *c, const char *words,
                         const struct spans *spans, struct buf *out)
{
    char from[LOCAL_TIME_ROOM], until[LOCAL_TIME_ROOM];
    if (!spans->count)
        return;
    buf_addf(out, "; %s", words);
    for (size_t i = 0; i < spans->count && i < OPENINGS_SHOWN; i++)
        buf_addf(
            out, "%s%s to %s", i ? ", " : " ",
            clockwork_local(&c->now->time, c->local, spans->items[i].from_ms, from),
            clockwork_local(&c->now->time, c->local, spans->items[i].until_ms, until));
    if (spans->count > OPENINGS_SHOWN)
        buf_addf(out, " and %zu more", spans->count - OPENINGS_SHOWN);
}

static void compare_one(const struct comparison *c, const struct plan_calendar *was,
                        const struct plan_calendar *now)
{
    auto_buf struct buf text = {0};
    struct spans a = common(c, &was->spans), b = common(c, &now->spans);
    struct spans more = spans_subtract(&b, &a), less = spans_subtract(&a, &b);
    add_openings(c, now->freeze ? "frozen newly" : "opens newly", &more, &text);
    add_openings(c, now->freeze ? "no longer frozen" : "no longer open", &less, &text);
    bool edited = strcmp(was->digest, now->digest) != 0;
    if (edited || text.length)
        comparison_add(c, CHANGE_CALENDAR, "%s of %s: %s changed%s", kind_of(now),
                       now->scope, source_of(now),
                       text.length ? buf_text(&text) : ", but moves no opening");
    spans_clear(&a);
    spans_clear(&b);
    spans_clear(&more);
    spans_clear(&less);
}

static void index_calendars(const struct plan_time *time, struct map *keys, size_t *at)
{
    for (size_t i = 0; i < time->calendar_count; i++) {
        auto_free char *key = key_of(&time->calendars[i]);
        size_t known = keys->count, slot = map_intern(keys, key);
        if (slot == known)
            at[slot] = i;
    }
}

void compare_calendars(const struct comparison *c)
{
    const struct plan_time *was = &c->was->time, *now = &c->now->time;
    auto_map struct map was_keys = {0}, now_keys = {0};
    auto_free size_t *was_at = xcalloc(was->calendar_count + 1, sizeof *was_at);
    auto_free size_t *now_at = xcalloc(now->calendar_count + 1, sizeof *now_at);
    index_calendars(was, &was_keys, was_at);
    index_calendars(now, &now_keys, now_at);
    for (size_t i = 0; i < now_keys.count; i++) {
        const struct plan_calendar *calendar = &now->calendars[now_at[i]];
        long at = map_find(&was_keys, now_keys.keys[i]);
        if (at >= 0)
            compare_one(c, &was->calendars[was_at[at]], calendar);
        else
            comparison_add(c, CHANGE_CALENDAR, "%s of %s: %s is new", kind_of(calendar),
                           calendar->scope, source_of(calendar));
    }
    for (size_t i = 0; i < was_keys.count; i++) {
        const struct plan_calendar *calendar = &was->calendars[was_at[i]];
        if (map_find(&now_keys, was_keys.keys[i]) < 0)
            comparison_add(c, CHANGE_CALENDAR, "%s of %s: %s no longer binds anybody",
                           kind_of(calendar), calendar->scope, source_of(calendar));
    }
}
