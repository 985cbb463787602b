/*
 * waves.c - who goes in which wave.
 *
 * The pool holds the targets that no wave has taken yet, in natural order. Each wave
 * takes its size from it, the first ones or those that cover its labels, and the pool
 * closes ranks, so that every later rule ("the rest", a further cover) sees only what
 * is left.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/cover.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

struct pool {
    size_t *at; /* indexes into draft->picked */
    size_t count;
    size_t taken; /* how many entries of draft->order are set */
};

static void pool_clear(struct pool *pool)
{
    free(pool->at);
}
#define auto_pool __attribute__((cleanup(pool_clear)))

/* The size that the strategy asks for, before what is left is looked at. */
static size_t wanted(const struct draft *draft, const struct amount *size, size_t left)
{
    size_t value = size->value > 0 ? (size_t)size->value : 0;
    if (size->kind == SIZE_REST)
        return left;
    if (size->kind == SIZE_COUNT || !value)
        return value;
    size_t share = draft->count * value / 100;
    return share ? share : 1;
}

static void note_size(struct draft *draft, const struct plan_wave *wave, int at,
                      const struct amount *size, size_t asked)
{
    const char *name = wave->name;
    if (size->kind == SIZE_PERCENT)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: %d %% of %zu selected targets is %zu (rounded down, at "
                       "least 1)",
                       name, size->value, draft->count, asked);
    if ((size_t)wave->count < asked)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: its size of %zu is cut to the %d %s that %s left", name,
                       asked, wave->count, plural(wave->count, "target", "targets"),
                       plural(wave->count, "is", "are"));
}

static void note_cover(struct draft *draft, const struct plan_wave *wave, int at,
                       const struct wave_strategy *strategy,
                       const struct cover_result *result)
{
    auto_names struct name_list covered = {0}, missed = {0};
    for (size_t k = 0; k < strategy->cover_count; k++) {
        if (!result->values[k]) {
            plan_notes_add(&draft->notes, NOTE_WARNING, at,
                           "%s: no target that is left has a label \"%s\", so it "
                           "cannot be covered",
                           wave->name, strategy->cover[k]);
            continue;
        }
        auto_free char *text =
            xasprintf("%s (%zu %s)", strategy->cover[k], result->values[k],
                      plural((long long)result->values[k], "value", "values"));
        name_list_add(&covered, text);
    }
    for (size_t i = 0; i < result->missed_count; i++)
        name_list_add(&missed, result->missed[i]);
    if (missed.count)
        plan_notes_add(&draft->notes, NOTE_WARNING, at,
                       "%s: %d %s cannot show every value; not covered: %s", wave->name,
                       wave->count, plural(wave->count, "target", "targets"),
                       name_list_text(&missed));
    else if (covered.count)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: its targets show every value of %s", wave->name,
                       name_list_text(&covered));
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
    return x->position < y->position ? -1 : x->position > y->position;
}

static struct candidate *candidates_of(const struct draft *draft, const struct pool *pool,
                                       const char *wave)
{
    struct candidate *all = xcalloc(pool->count + 1, sizeof *all);
    for (size_t i = 0; i < pool->count; i++)
        all[i] = (struct candidate){stay_rank(draft, pool->at[i], wave), i};
    if (draft->stay)
        qsort(all, pool->count, sizeof *all, by_rank);
    return all;
}

/* Cover with those who were in the wave, if that covers as much as a free choice. */
static void cover_stably(struct cover_request *request, const bool *were, bool *chosen,
                         struct cover_result *out)
{
    struct cover_result kept = {0};
    auto_free bool *stayed = xcalloc(request->pool_count + 1, sizeof *stayed);
    size_t count = 0;
    for (size_t i = 0; i < request->pool_count; i++)
        count += were[i];
    cover_choose(request, chosen, out);
    if (!count || count > request->size)
        return;
    request->kept = were;
    cover_choose(request, stayed, &kept);
    if (kept.missed_count <= out->missed_count) {
        memcpy(chosen, stayed, request->pool_count * sizeof *chosen);
        struct cover_result free_choice = *out;
        *out = kept;
        kept = free_choice;
    }
    cover_result_clear(&kept);
}

static void choose_covering(struct draft *draft, const struct pool *pool, int at,
                            const struct wave_strategy *strategy,
                            const struct candidate *candidates, bool *chosen)
{
    const struct plan_wave *wave = &draft->plan->waves[at];
    auto_free size_t *sorted = xcalloc(pool->count + 1, sizeof *sorted);
    auto_free bool *were = xcalloc(pool->count + 1, sizeof *were);
    auto_free bool *taken = xcalloc(pool->count + 1, sizeof *taken);
    for (size_t i = 0; i < pool->count; i++) {
        sorted[i] = pool->at[candidates[i].position];
        were[i] = draft->stay && candidates[i].rank == 0;
    }
    struct cover_request request = {.picked = draft->picked,
                                    .pool = sorted,
                                    .pool_count = pool->count,
                                    .labels = strategy->cover,
                                    .label_count = strategy->cover_count,
                                    .size = (size_t)wave->count};
    struct cover_result result = {0};
    cover_stably(&request, were, taken, &result);
    for (size_t i = 0; i < pool->count; i++)
        chosen[candidates[i].position] = taken[i];
    note_cover(draft, wave, at, strategy, &result);
    cover_result_clear(&result);
}

static void choose_members(struct draft *draft, const struct pool *pool, int at,
                           const struct wave_strategy *strategy, bool *chosen)
{
    const struct plan_wave *wave = &draft->plan->waves[at];
    auto_free struct candidate *candidates = candidates_of(draft, pool, wave->name);
    if (strategy->cover_count) {
        choose_covering(draft, pool, at, strategy, candidates, chosen);
        return;
    }
    for (int i = 0; i < wave->count; i++)
        chosen[candidates[i].position] = true;
}

/* Move the chosen ones from the pool to the end of the order. */
static void take(struct draft *draft, struct pool *pool, const bool *chosen)
{
    size_t kept = 0;
    for (size_t i = 0; i < pool->count; i++) {
        if (chosen[i])
            draft->order[pool->taken++] = pool->at[i];
        else
            pool->at[kept++] = pool->at[i];
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

static void add_wave(struct draft *draft, struct pool *pool, size_t written)
{
    const struct wave_strategy *strategy = &draft->strategy->waves[written];
    auto_free char *name = wave_name(draft->strategy, written);
    size_t asked = wanted(draft, &strategy->size, pool->count);
    size_t size = asked < pool->count ? asked : pool->count;
    if (!size) {
        plan_notes_add(&draft->notes, NOTE_WAVE, -1, "%s is dropped: %s", name,
                       asked || strategy->size.kind == SIZE_REST
                           ? "no targets are left for it"
                           : "its size is 0");
        return;
    }
    int at = (int)draft->plan->wave_count++;
    draft->written[at] = strategy;
    draft->plan->waves[at] = (struct plan_wave){
        .name = steal_ptr(&name),
        .first = (int)pool->taken,
        .count = (int)size,
        .soak_ms = strategy->soak_ms,
        .gate = strategy->gate,
        .on_exceed = strategy->on_exceed,
        .canary = strategy->cover_count > 0,
    };
    note_size(draft, &draft->plan->waves[at], at, &strategy->size, asked);
    auto_free bool *chosen = xcalloc(pool->count, sizeof *chosen);
    choose_members(draft, pool, at, strategy, chosen);
    take(draft, pool, chosen);
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

static void one_wave_of_all(struct draft *draft)
{
    draft->plan->waves[draft->plan->wave_count++] = (struct plan_wave){
        .name = xstrdup("all"),
        .count = (int)draft->count,
        .on_exceed = draft->strategy->on_exceed,
    };
    for (size_t i = 0; i < draft->count; i++)
        draft->order[i] = i;
}

int waves_choose(struct draft *draft, struct slipway_error *err)
{
    const struct strategy *strategy = draft->strategy;
    size_t room = strategy->wave_count ? strategy->wave_count : 1;
    draft->plan->waves = xcalloc(room, sizeof *draft->plan->waves);
    draft->written = xcalloc(room, sizeof *draft->written);
    draft->order = xcalloc(draft->count, sizeof *draft->order);
    if (!strategy->wave_count) {
        one_wave_of_all(draft);
        return 0;
    }
    if (check_names(strategy, err))
        return -1;
    stay_open(draft);
    auto_pool struct pool pool = {.at = xcalloc(draft->count, sizeof *pool.at)};
    for (; pool.count < draft->count; pool.count++)
        pool.at[pool.count] = pool.count;
    for (size_t i = 0; i < strategy->wave_count; i++)
        add_wave(draft, &pool, i);
    if (pool.count)
        return slipway_error_set(err, -1,
                                 "%zu of %zu selected targets are in no wave; add a wave "
                                 "with `size: rest`, or make the waves bigger",
                                 pool.count, draft->count);
    return 0;
}
