/* compare.c - see compare.h: the list of differences, and the order in which they are
   looked for. */
#include "plan/compare.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "plan/comparison.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DIFFERENCE_TEXT_MAX 480 /* bytes */

static const char *const names[CHANGE_COUNT] = {
    [CHANGE_TARGET_NEW] = "target_new",
    [CHANGE_TARGET_GONE] = "target_gone",
    [CHANGE_VERSION] = "version",
    [CHANGE_APPLIANCE] = "appliance",
    [CHANGE_MEMBER] = "member",
    [CHANGE_PLAYBOOK] = "playbook",
    [CHANGE_VARS] = "vars",
    [CHANGE_PLUGIN] = "plugin",
    [CHANGE_STRATEGY] = "strategy",
    [CHANGE_CALENDAR] = "calendar",
    [CHANGE_ZONE_DATA] = "zone_data",
    [CHANGE_WAVE] = "wave",
    [CHANGE_SLOT] = "slot",
};

const char *plan_change_name(enum plan_change change)
{
    return (size_t)change < CHANGE_COUNT ? names[change] : "?";
}

bool plan_change_is_cause(enum plan_change change)
{
    return change != CHANGE_WAVE && change != CHANGE_SLOT;
}

void comparison_add(const struct comparison *c, enum plan_change change,
                    const char *format, ...)
{
    auto_buf struct buf raw = {0}, clean = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&raw, format, args);
    va_end(args);
    text_sanitize(&clean, buf_text(&raw), raw.length, DIFFERENCE_TEXT_MAX);
    *vec_push(c->out->items, c->out->count, c->out->room) = (struct plan_difference){
        .change = change, .text = buf_take(&clean), .target = -1};
}

void comparison_count(const struct comparison *c, size_t count)
{
    c->out->items[c->out->count - 1].count = (int)count;
}

void comparison_number(const struct comparison *c, const char *what, int64_t was,
                       int64_t now)
{
    if (was != now)
        comparison_add(c, CHANGE_STRATEGY, "%s changed from %lld to %lld", what,
                       (long long)was, (long long)now);
}

void comparison_duration(const struct comparison *c, const char *what, int64_t was_ms,
                         int64_t now_ms)
{
    char was[32], now[32];
    if (was_ms != now_ms)
        comparison_add(c, CHANGE_STRATEGY, "%s changed from %s to %s", what,
                       duration_format(was_ms, was, sizeof was),
                       duration_format(now_ms, now, sizeof now));
}

void comparison_text(const struct comparison *c, enum plan_change change,
                     const char *what, const char *was, const char *now)
{
    was = was ? was : "";
    now = now ? now : "";
    if (strcmp(was, now) != 0)
        comparison_add(c, change, "%s changed from %s to %s", what,
                       *was ? was : "nothing", *now ? now : "nothing");
}

static void compare_zone_data(const struct comparison *c)
{
    const char *was = c->was->time.zone_data, *now = c->now->time.zone_data;
    if (was && now && *was && *now)
        comparison_text(c, CHANGE_ZONE_DATA, "the time-zone data", was, now);
}

void plan_compare(const struct plan *was, const struct plan *now, local_time_fn local,
                  struct plan_differences *out)
{
    plan_differences_clear(out);
    const struct comparison c = {was, now, local, out};
    compare_targets(&c);
    compare_playbooks(&c);
    compare_vars(&c);
    compare_plugins(&c);
    compare_strategies(&c);
    compare_calendars(&c);
    compare_zone_data(&c);
    compare_slots(&c);
}

size_t plan_differences_causes(const struct plan_differences *differences)
{
    size_t causes = 0;
    for (size_t i = 0; i < differences->count; i++)
        causes += plan_change_is_cause(differences->items[i].change);
    return causes;
}

void plan_differences_clear(struct plan_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++)
        free(differences->items[i].text);
    free(differences->items);
    *differences = (struct plan_differences){0};
}
