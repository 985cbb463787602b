/*
 * waves.c - who goes in which wave.
 *
 * The pool holds the lots (single targets, and link groups whole) that no wave has taken
 * yet, in natural order. Each wave takes its size from it, the first ones or those that
 * cover its labels, and the pool closes ranks, so that every later rule ("the rest", a
 * further cover) sees only what is left.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "plan/lots.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

static void pool_clear(struct pool *pool)
{
    free(pool->members);
    free(pool->lots);
}
#define auto_pool __attribute__((cleanup(pool_clear)))

/* A unit's lot stands where the first of it would. */
static void fill_pool(const struct draft *draft, struct pool *pool)
{
    auto_free size_t *next = xcalloc(draft->unit_count + 1, sizeof *next);
    auto_free bool *met = xcalloc(draft->unit_count + 1, sizeof *met);
    size_t placed = 0;
    pool->members = xcalloc(draft->count, sizeof *pool->members);
    pool->lots = xcalloc(draft->count, sizeof *pool->lots);
    pool->changed = draft->changed;
    for (size_t i = 0; i < draft->count; i++) {
        int unit = draft->unit_of[i];
        if (unit < 0 || !met[unit]) {
            pool->lots[pool->count++] =
                unit < 0 ? (struct lot){placed, 1, 1}
                         : (struct lot){placed, draft->units[unit].count,
                                        draft->units[unit].changed};
            placed += pool->lots[pool->count - 1].count;
        }
        size_t at = pool->lots[pool->count - 1].first;
        if (unit >= 0) {
            next[unit] = met[unit] ? next[unit] : at;
            met[unit] = true;
            at = next[unit]++;
        }
        pool->members[at] = i;
    }
}

const char *lot_name(const struct draft *draft, const struct pool *pool,
                     const struct lot *lot)
{
    return draft->units[draft->unit_of[pool->members[lot->first]]].name;
}

/* The size that the strategy asks for, before what is left is looked at. */
static size_t wanted(const struct draft *draft, const struct amount *size, size_t left)
{
    size_t value = size->value > 0 ? (size_t)size->value : 0;
    if (size->kind == SIZE_REST)
        return left;
    if (size->kind == SIZE_COUNT || !value)
        return value;
    size_t share = draft->changed * value / 100;
    return share ? share : 1;
}

static void note_size(struct draft *draft, const char *name, int at,
                      const struct amount *size, size_t asked, size_t left)
{
    if (size->kind == SIZE_PERCENT)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: %d %% of %zu selected targets is %zu (rounded down, at "
                       "least 1)",
                       name, size->value, draft->changed, asked);
    if (left < asked)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: its size of %zu is cut to the %zu %s that %s left", name,
                       asked, left, plural((long long)left, "target", "targets"),
                       plural((long long)left, "is", "are"));
}

/* What became of the size, as link groups stay whole. */
static void note_whole(struct draft *draft, const char *name, int at, size_t size,
                       size_t taken, struct name_list *groups)
{
    if (taken < size && groups->count)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: %zu of its %zu places %s empty: link groups go as one, and "
                       "the next ones are bigger than that: %s",
                       name, size - taken, size,
                       plural((long long)(size - taken), "stays", "stay"),
                       name_list_text(groups));
    else if (taken == size && groups->count)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: passed over, because link groups go as one and did not fit "
                       "whole: %s",
                       name, name_list_text(groups));
    else if (taken > size)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: grows from %zu to %zu, because a link group goes as one",
                       name, size, taken);
}

/* The pool as a wave looks at it: who was in it comes first. */
struct candidate {
    int rank;
    size_t position; /* in the pool */
};

static int by_rank(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

static int rank_of(const struct draft *draft, const struct pool *pool,
                   const struct lot *lot, const char *wave)
{
    int best = stay_rank(draft, pool->members[lot->first], wave);
    for (size_t i = 1; i < lot->count; i++) {
        int rank = stay_rank(draft, pool->members[lot->first + i], wave);
        best = rank < best ? rank : best;
    }
    return best;
}

static struct candidate *candidates_of(const struct draft *draft, const struct pool *pool,
                                       const char *wave)
{
    struct candidate *all = xcalloc(pool->count + 1, sizeof *all);
    for (size_t i = 0; i < pool->count; i++)
        all[i] = (struct candidate){rank_of(draft, pool, &pool->lots[i], wave), i};
    if (draft->stay)
        qsort(all, pool->count, sizeof *all, by_rank);
    return all;
}

/* The first ones, as far as they fit whole; at least one. */
static void choose_first(struct draft *draft, const struct pool *pool, const char *wave,
                         size_t size, bool *chosen, struct name_list *passed)
{
    auto_free struct candidate *candidates = candidates_of(draft, pool, wave);
    size_t room = size;
    for (size_t i = 0; room && i < pool->count; i++) {
        const struct lot *lot = &pool->lots[candidates[i].position];
        if (lot->changed > room) {
            name_list_add(passed, lot_name(draft, pool, lot));
            continue;
        }
        chosen[candidates[i].position] = true;
        room -= lot->changed;
    }
    if (room == size) {
        chosen[candidates[0].position] = true;
        name_list_clear(passed);
    }
}

static size_t changed_in(const struct pool *pool, const bool *chosen)
{
    size_t changed = 0;
    for (size_t i = 0; i < pool->count; i++)
        changed += chosen[i] ? pool->lots[i].changed : 0;
    return changed;
}

/* Move the chosen ones from the pool to the end of the order, into the last wave. */
static void take(struct draft *draft, struct pool *pool, const bool *chosen)
{
    struct plan_wave *wave = &draft->plan->waves[draft->plan->wave_count - 1];
    size_t kept = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct lot *lot = &pool->lots[i];
        if (chosen && !chosen[i]) {
            pool->lots[kept++] = *lot;
            continue;
        }
        for (size_t k = 0; k < lot->count; k++)
            draft->order[pool->taken++] = pool->members[lot->first + k];
        wave->count += (int)lot->count;
        pool->changed -= lot->changed;
    }
    pool->count = kept;
}

char *wave_name(const struct strategy *strategy, size_t at)
{
    const struct wave_strategy *wave = &strategy->waves[at];
    if (wave->name)
        return xstrdup(wave->name);
    if (strategy->wave_count == 1 && wave->size.kind == SIZE_REST)
        return xstrdup("all");
    return xasprintf("wave-%zu", at);
}

static void fill_wave(struct draft *draft, struct pool *pool, size_t size,
                      const struct wave_strategy *strategy)
{
    int at = (int)draft->plan->wave_count - 1;
    const char *name = draft->plan->waves[at].name;
    auto_names struct name_list passed = {0};
    auto_free bool *chosen = xcalloc(pool->count, sizeof *chosen);
    if (strategy->cover_count)
        cover_lots(draft, pool, at, size, strategy, chosen);
    else
        choose_first(draft, pool, name, size, chosen, &passed);
    note_whole(draft, name, at, size, changed_in(pool, chosen), &passed);
    take(draft, pool, chosen);
}

/* How many targets it asked for. */
static size_t add_wave(struct draft *draft, struct pool *pool, size_t written)
{
    const struct wave_strategy *strategy = &draft->strategy->waves[written];
    auto_free char *name = wave_name(draft->strategy, written);
    size_t asked = wanted(draft, &strategy->size, pool->changed);
    size_t size = asked < pool->changed ? asked : pool->changed;
    if (!size) {
        plan_notes_add(&draft->notes, NOTE_WAVE, -1, "%s is dropped: %s", name,
                       asked || strategy->size.kind == SIZE_REST
                           ? "no targets are left for it"
                           : "its size is 0");
        return asked;
    }
    int at = (int)draft->plan->wave_count++;
    draft->written[at] = strategy;
    draft->plan->waves[at] = (struct plan_wave){
        .name = steal_ptr(&name),
        .first = (int)pool->taken,
        .soak_ms = strategy->soak_ms,
        .gate = strategy->gate,
        .on_exceed = strategy->on_exceed,
        .canary = strategy->cover_count > 0,
    };
    note_size(draft, draft->plan->waves[at].name, at, &strategy->size, asked,
              pool->changed);
    fill_wave(draft, pool, size, strategy);
    return asked;
}

/* `approve --wave NAME` must mean one wave. */
static int check_names(const struct strategy *strategy, struct slipway_error *err)
{
    auto_map struct map names = {0};
    for (size_t i = 0; i < strategy->wave_count; i++) {
        auto_free char *name = wave_name(strategy, i);
        char clean[160];
        if (map_intern(&names, name) != i)
            return slipway_error_set(err, -1,
                                     "two waves are called \"%s\"; give each wave a name "
                                     "of its own",
                                     text_clean(name, clean, sizeof clean));
    }
    return 0;
}

/* Sizes that were enough for all, but not for link groups whole. */
static void take_passed_over(struct draft *draft, struct pool *pool)
{
    int at = (int)draft->plan->wave_count - 1;
    plan_notes_add(&draft->notes, NOTE_WAVE, at,
                   "%s: takes %zu more than its size, because link groups go as one and "
                   "fitted in no earlier wave",
                   draft->plan->waves[at].name, pool->changed);
    take(draft, pool, NULL);
}

static int choose_written(struct draft *draft, struct pool *pool,
                          struct slipway_error *err)
{
    uint64_t asked = 0;
    for (size_t i = 0; i < draft->strategy->wave_count; i++)
        asked += add_wave(draft, pool, i);
    if (pool->count && asked >= draft->changed)
        take_passed_over(draft, pool);
    if (pool->count)
        return slipway_error_set(err, -1,
                                 "%zu of %zu selected targets are in no wave; add a wave "
                                 "with `size: rest`, or make the waves bigger",
                                 pool->changed, draft->changed);
    return 0;
}

static void one_wave_of_all(struct draft *draft, struct pool *pool)
{
    draft->plan->waves[draft->plan->wave_count++] = (struct plan_wave){
        .name = xstrdup("all"),
        .on_exceed = draft->strategy->on_exceed,
    };
    take(draft, pool, NULL);
}

int waves_choose(struct draft *draft, struct slipway_error *err)
{
    const struct strategy *strategy = draft->strategy;
    size_t room = strategy->wave_count ? strategy->wave_count : 1;
    auto_pool struct pool pool = {.count = 0};
    draft->plan->waves = xcalloc(room, sizeof *draft->plan->waves);
    draft->written = xcalloc(room, sizeof *draft->written);
    draft->order = xcalloc(draft->count, sizeof *draft->order);
    fill_pool(draft, &pool);
    if (!strategy->wave_count) {
        one_wave_of_all(draft, &pool);
        return 0;
    }
    if (check_names(strategy, err))
        return -1;
    stay_open(draft);
    return choose_written(draft, &pool, err);
}
