/*
 * stale_plan.c - the plan that was pinned against the one that today's files give
 * (stale_lines.h): who is chosen, how they are reached, which versions they have, where
 * they go, and with what.
 *
 * What follows from the clock or from a history that grew (slots, paces) is not compared:
 * age alone is no reason.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/stale_lines.h"
#include "util/auto.h"
#include "util/map.h"
#include <stdarg.h>

/* Names for one sentence: how many, and the first few. */
struct named {
    size_t count;
    struct buf text;
};

__attribute__((format(printf, 2, 3))) static void name(struct named *named,
                                                       const char *format, ...)
{
    va_list args;
    if (named->count++ >= STALE_NAMED_MAX)
        return;
    if (named->text.length)
        buf_adds(&named->text, ", ");
    va_start(args, format);
    buf_addv(&named->text, format, args);
    va_end(args);
}

/* "3 targets are no longer chosen: a, b, c"; one and many are worded by the caller. */
static void tell(struct named *named, const char *one, const char *many,
                 struct stale_lines *lines)
{
    if (named->count)
        stale_moved(lines, "%zu %s: %s%s", named->count, named->count == 1 ? one : many,
                    buf_text(&named->text),
                    named->count > STALE_NAMED_MAX ? ", ..." : "");
    buf_free(&named->text);
    *named = (struct named){0};
}

static bool same(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

/* ---- targets ---- */

static void map_targets(const struct plan *plan, struct map *map)
{
    for (size_t i = 0; i < plan->target_count; i++)
        (void)map_intern(map, plan->targets[i].name);
}

static void compare_chosen(const struct plan *then, const struct plan *now,
                           const struct map *then_names, const struct map *now_names,
                           struct stale_lines *lines)
{
    struct named gone = {0}, new = {0};
    for (size_t i = 0; i < then->target_count; i++) {
        if (map_find(now_names, then->targets[i].name) < 0)
            name(&gone, "%s", then->targets[i].name);
    }
    for (size_t i = 0; i < now->target_count; i++) {
        if (map_find(then_names, now->targets[i].name) < 0)
            name(&new, "%s", now->targets[i].name);
    }
    tell(&gone, "target is no longer chosen", "targets are no longer chosen", lines);
    tell(&new, "target is chosen that was not", "targets are chosen that were not",
         lines);
}

static const char *or_unknown(const char *version)
{
    return version && *version ? version : "unknown";
}

static void compare_each(const struct plan *then, const struct plan *now,
                         const struct map *now_names, struct stale_lines *lines)
{
    struct named version = {0}, doc = {0}, wave = {0};
    for (size_t i = 0; i < then->target_count; i++) {
        const struct plan_target *a = &then->targets[i];
        long at = map_find(now_names, a->name);
        if (at < 0)
            continue;
        const struct plan_target *b = &now->targets[at];
        const char *from = then->waves[a->wave].name, *to = now->waves[b->wave].name;
        if (!same(a->version, b->version))
            name(&version, "%s %s -> %s", a->name, or_unknown(a->version),
                 or_unknown(b->version));
        if (!same(a->doc, b->doc))
            name(&doc, "%s", a->name);
        if (!same(from, to))
            name(&wave, "%s from %s to %s", a->name, from, to);
    }
    tell(&version, "target was changed outside of this plan",
         "targets were changed outside of this plan", lines);
    tell(&doc, "target is reached otherwise, or has other labels",
         "targets are reached otherwise, or have other labels", lines);
    tell(&wave, "target would go in another wave", "targets would go in another wave",
         lines);
}

/* ---- with what ---- */

static void compare_plugins(const struct plan *then, const struct plan *now,
                            struct stale_lines *lines)
{
    struct named other = {0};
    for (size_t i = 0; i < then->plugin_count; i++) {
        const struct plan_plugin *a = &then->plugins[i];
        for (size_t j = 0; j < now->plugin_count; j++) {
            const struct plan_plugin *b = &now->plugins[j];
            if (!same(a->name, b->name) ||
                (same(a->version, b->version) && same(a->digest, b->digest)))
                continue;
            if (same(a->version, b->version))
                name(&other, "%s (another file)", a->name);
            else
                name(&other, "%s %s -> %s", a->name, a->version, b->version);
        }
    }
    tell(&other, "plugin is another one", "plugins are other ones", lines);
}

static bool same_operation(const struct operation *a, const struct operation *b)
{
    return same(a->use, b->use) && same(a->with, b->with) && same(a->expect, b->expect) &&
           same(a->value, b->value) && a->timeout_ms == b->timeout_ms;
}

static const struct step *find_step(const struct playbook *playbook, const char *id)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (same(playbook->steps[i].op.id, id))
            return &playbook->steps[i];
    }
    return NULL;
}

static void compare_steps(const struct plan *then, const struct plan *now,
                          struct stale_lines *lines)
{
    struct named steps = {0};
    for (size_t i = 0; i < then->playbook.step_count; i++) {
        const struct step *a = &then->playbook.steps[i];
        const struct step *b = find_step(&now->playbook, a->op.id);
        if (!b)
            name(&steps, "%s is gone", a->op.id);
        else if (!same_operation(&a->op, &b->op) || a->phase != b->phase)
            name(&steps, "%s", a->op.id);
    }
    for (size_t i = 0; i < now->playbook.step_count; i++) {
        if (!find_step(&then->playbook, now->playbook.steps[i].op.id))
            name(&steps, "%s is new", now->playbook.steps[i].op.id);
    }
    tell(&steps, "step changed", "steps changed", lines);
}

static void compare_strategy(const struct plan *then, const struct plan *now,
                             struct stale_lines *lines)
{
    if (!same(then->vars, now->vars))
        stale_moved(lines, "vars are %s, they were %s", now->vars, then->vars);
    if (then->in_flight != now->in_flight)
        stale_moved(lines, "in_flight is %d, it was %d", now->in_flight, then->in_flight);
    if (then->budget != now->budget || then->mode != now->mode)
        stale_moved(lines, "the budget is %d (%s), it was %d (%s)", now->budget,
                    budget_mode_name(now->mode), then->budget,
                    budget_mode_name(then->mode));
    if (then->wave_count != now->wave_count)
        stale_moved(lines, "there are %zu waves, there were %zu", now->wave_count,
                    then->wave_count);
    if (then->approval_required != now->approval_required)
        stale_moved(lines, "an approval is%s required now",
                    now->approval_required ? "" : " not");
}

void stale_plan(const struct plan *then, const struct plan *now,
                struct stale_lines *lines)
{
    auto_map struct map then_names = {0}, now_names = {0};
    map_targets(then, &then_names);
    map_targets(now, &now_names);
    compare_chosen(then, now, &then_names, &now_names, lines);
    compare_each(then, now, &now_names, lines);
    compare_strategy(then, now, lines);
    compare_steps(then, now, lines);
    compare_plugins(then, now, lines);
}
