/*
 * waves_cover.c - fill a wave with the lots that show every value of its labels.
 *
 * What is covered is chosen target by target (plan/cover.h), then completed to whole link
 * groups. The choice of n targets is the start of that of n + 1, so the most of it whose
 * completion still fits is found by halving; what room is left then goes to targets that
 * stand alone.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/cover.h"
#include "plan/draft.h"
#include "plan/lots.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* The targets of the pool that can be chosen: no companions. */
struct choice {
    const struct draft *draft;
    const struct pool *pool;
    const struct wave_strategy *strategy;
    size_t *at;   /* indexes into draft->picked; who was in the wave comes first */
    size_t *lot;  /* of each: index into pool->lots */
    bool *were;   /* was in this wave of the previous plan */
    bool *single; /* its lot is of one */
    size_t count;
};

static void choice_clear(struct choice *c)
{
    free(c->at);
    free(c->lot);
    free(c->were);
    free(c->single);
}
#define auto_choice __attribute__((cleanup(choice_clear)))

struct ranked {
    int rank;
    size_t at, lot;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void choice_open(struct choice *c, const char *wave)
{
    size_t room = c->pool->changed, count = 0;
    auto_free struct ranked *all = xcalloc(room + 1, sizeof *all);
    for (size_t i = 0; i < c->pool->count; i++) {
        const struct lot *lot = &c->pool->lots[i];
        for (size_t k = lot->first; k < lot->first + lot->count; k++) {
            size_t at = c->pool->members[k];
            if (!c->draft->companion[at])
                all[count++] = (struct ranked){stay_rank(c->draft, at, wave), at, i};
        }
    }
    qsort(all, count, sizeof *all, by_rank);
    c->at = xcalloc(count + 1, sizeof *c->at);
    c->lot = xcalloc(count + 1, sizeof *c->lot);
    c->were = xcalloc(count + 1, sizeof *c->were);
    c->single = xcalloc(count + 1, sizeof *c->single);
    for (size_t i = 0; i < count; i++) {
        c->at[i] = all[i].at;
        c->lot[i] = all[i].lot;
        c->were[i] = c->draft->stay && all[i].rank == 0;
        c->single[i] = c->pool->lots[all[i].lot].count == 1;
    }
    c->count = count;
}

static struct cover_request request_of(const struct choice *c, size_t size,
                                       const bool *kept)
{
    return (struct cover_request){.picked = c->draft->picked,
                                  .pool = c->at,
                                  .pool_count = c->count,
                                  .labels = c->strategy->cover,
                                  .label_count = c->strategy->cover_count,
                                  .size = size,
                                  .kept = kept};
}

/* Cover with those who were in the wave, if that covers as much as a free choice. */
static void cover_stably(const struct choice *c, size_t size, bool *taken)
{
    struct cover_result result = {0}, kept = {0};
    struct cover_request request = request_of(c, size, NULL);
    auto_free bool *stayed = xcalloc(c->count + 1, sizeof *stayed);
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += c->were[i];
    cover_choose(&request, taken, &result);
    if (count && count <= size) {
        request.kept = c->were;
        cover_choose(&request, stayed, &kept);
        if (kept.missed_count <= result.missed_count)
            memcpy(taken, stayed, c->count * sizeof *taken);
    }
    cover_result_clear(&result);
    cover_result_clear(&kept);
}

/* Complete the link groups; how many targets that makes. */
static size_t complete(const struct choice *c, const bool *taken, bool *chosen)
{
    size_t changed = 0;
    memset(chosen, 0, c->pool->count * sizeof *chosen);
    for (size_t i = 0; i < c->count; i++) {
        if (taken[i] && !chosen[c->lot[i]]) {
            chosen[c->lot[i]] = true;
            changed += c->pool->lots[c->lot[i]].changed;
        }
    }
    return changed;
}

static size_t choose(const struct choice *c, size_t size, bool *chosen)
{
    auto_free bool *taken = xcalloc(c->count + 1, sizeof *taken);
    cover_stably(c, size, taken);
    return complete(c, taken, chosen);
}

/* As many as fit whole; at least one. How many targets that makes. */
static size_t choose_fitting(const struct choice *c, size_t size, bool *chosen)
{
    size_t fits = 1, over = size, changed = choose(c, size, chosen);
    if (changed <= size)
        return changed;
    while (over - fits > 1) {
        size_t middle = fits + (over - fits) / 2;
        if (choose(c, middle, chosen) <= size)
            fits = middle;
        else
            over = middle;
    }
    return choose(c, fits, chosen);
}

/* Which of the choice are in chosen lots. */
static bool *targets_of(const struct choice *c, const bool *chosen)
{
    bool *in = xcalloc(c->count + 1, sizeof *in);
    for (size_t i = 0; i < c->count; i++)
        in[i] = chosen[c->lot[i]];
    return in;
}

/* Room that the next link group does not fit into. */
static void fill_up(const struct choice *c, size_t size, bool *chosen)
{
    struct cover_result result = {0};
    struct choice left = *c;
    auto_free bool *in = targets_of(c, chosen), *kept = NULL, *taken = NULL;
    left.at = xcalloc(c->count + 1, sizeof *left.at);
    left.lot = xcalloc(c->count + 1, sizeof *left.lot);
    kept = xcalloc(c->count + 1, sizeof *kept);
    taken = xcalloc(c->count + 1, sizeof *taken);
    left.count = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (!in[i] && !c->single[i])
            continue;
        kept[left.count] = in[i];
        left.at[left.count] = c->at[i];
        left.lot[left.count++] = c->lot[i];
    }
    struct cover_request request = request_of(&left, size, kept);
    cover_choose(&request, taken, &result);
    for (size_t i = 0; i < left.count; i++)
        chosen[left.lot[i]] = chosen[left.lot[i]] || taken[i];
    cover_result_clear(&result);
    free(left.at);
    free(left.lot);
}

static void note_cover(struct draft *draft, int at, size_t count,
                       const struct wave_strategy *strategy,
                       const struct cover_result *result)
{
    const char *wave = draft->plan->waves[at].name;
    auto_names struct name_list covered = {0}, missed = {0};
    for (size_t k = 0; k < strategy->cover_count; k++) {
        if (!result->values[k]) {
            plan_notes_add(&draft->notes, NOTE_WARNING, at,
                           "%s: no target that is left has a label \"%s\", so it "
                           "cannot be covered",
                           wave, strategy->cover[k]);
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
                       "%s: %zu %s cannot show every value; not covered: %s", wave, count,
                       plural((long long)count, "target", "targets"),
                       name_list_text(&missed));
    else if (covered.count)
        plan_notes_add(&draft->notes, NOTE_WAVE, at,
                       "%s: its targets show every value of %s", wave,
                       name_list_text(&covered));
}

static void say_what_is_shown(struct draft *draft, const struct choice *c, int at,
                              const bool *chosen)
{
    struct cover_result result = {0};
    auto_free bool *in = targets_of(c, chosen);
    auto_free bool *taken = xcalloc(c->count + 1, sizeof *taken);
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += in[i];
    struct cover_request request = request_of(c, count, in);
    cover_choose(&request, taken, &result);
    note_cover(draft, at, count, c->strategy, &result);
    cover_result_clear(&result);
}

void cover_lots(struct draft *draft, const struct pool *pool, int at, size_t size,
                const struct wave_strategy *strategy, bool *chosen)
{
    auto_choice struct choice c = {.draft = draft, .pool = pool, .strategy = strategy};
    choice_open(&c, draft->plan->waves[at].name);
    if (choose_fitting(&c, size, chosen) < size)
        fill_up(&c, size, chosen);
    say_what_is_shown(draft, &c, at, chosen);
}
