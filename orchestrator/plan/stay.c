/*
 * stay.c - planning again without moving anybody who need not move.
 *
 * Waves of the previous plan are known by their names. Each wave prefers those who were
 * in it, then those who are new, then others, the last wave's first: sizes are mostly
 * fixed but for the last, so a gap that is filled from there moves one target and not one
 * of every wave in between.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

struct stay {
    struct map waves; /* names of the waves of this campaign */
    /* parallel to draft->picked: its previous wave */
    int *wave;        /* index into `waves`; -1: none, or there is none of that name */
    const char **was; /* its name; NULL: not in the previous plan */
    size_t gone;      /* targets of the previous plan that are not selected now */
};

void stay_close(struct stay *stay)
{
    if (!stay)
        return;
    map_free(&stay->waves);
    free(stay->wave);
    free(stay->was);
    free(stay);
}

static void find_previous(const struct draft *draft, struct stay *stay)
{
    const struct plan *previous = draft->request->previous;
    auto_map struct map names = {0};
    size_t found = 0;
    for (size_t i = 0; i < previous->target_count; i++)
        (void)map_intern(&names, previous->targets[i].name);
    for (size_t i = 0; i < draft->count; i++) {
        long at = map_find(&names, draft->picked[i]->name);
        stay->wave[i] = -1;
        if (at < 0)
            continue;
        found++;
        stay->was[i] = previous->waves[previous->targets[at].wave].name;
        stay->wave[i] = (int)map_find(&stay->waves, stay->was[i]);
    }
    stay->gone = previous->target_count - found;
}

void stay_open(struct draft *draft)
{
    if (!draft->request->previous)
        return;
    struct stay *stay = xcalloc(1, sizeof *stay);
    for (size_t i = 0; i < draft->strategy->wave_count; i++) {
        auto_free char *name = wave_name(draft->strategy, i);
        (void)map_intern(&stay->waves, name);
    }
    stay->wave = xcalloc(draft->count, sizeof *stay->wave);
    stay->was = xcalloc(draft->count, sizeof *stay->was);
    find_previous(draft, stay);
    draft->stay = stay;
}

int stay_rank(const struct draft *draft, size_t i, const char *wave)
{
    const struct stay *stay = draft->stay;
    if (!stay || stay->wave[i] < 0)
        return stay != NULL;
    if (!strcmp(stay->waves.keys[stay->wave[i]], wave))
        return 0;
    return 1 + (int)stay->waves.count - stay->wave[i];
}

/* ---- what moved ---- */

static const struct plan_wave *wave_named(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->wave_count; i++) {
        if (!strcmp(plan->waves[i].name, name))
            return &plan->waves[i];
    }
    return NULL;
}

/* Why the wave did not keep them all. */
static void add_reason(const struct draft *draft, const char *was, const char *now,
                       struct buf *out)
{
    const struct plan_wave *old = wave_named(draft->request->previous, was);
    const struct plan_wave *same = wave_named(draft->plan, was);
    if (!same)
        buf_addf(out, "there is no wave %s any more", was);
    else if (same->count < old->count)
        buf_addf(out, "%s has %d %s now, it had %d", was, same->count,
                 plural(same->count, "target", "targets"), old->count);
    else if (same->canary)
        buf_addf(out, "%s was chosen anew to show every value of its labels", was);
    else
        buf_addf(out, "%s had a place to fill", now);
}

struct move {
    const char *was, *now;
    int wave;
    struct name_list names;
};

struct moves {
    struct map keys;
    struct move *items;
    size_t count, room, targets;
};

static void moves_clear(struct moves *moves)
{
    for (size_t i = 0; i < moves->count; i++)
        name_list_clear(&moves->items[i].names);
    free(moves->items);
    map_free(&moves->keys);
}
#define auto_moves __attribute__((cleanup(moves_clear)))

static void add_move(struct moves *moves, const char *was, const struct plan *plan,
                     int wave, const char *target)
{
    const char *now = plan->waves[wave].name;
    auto_free char *key = xasprintf("%s\x1f%s", was, now);
    size_t known = moves->count, at = map_intern(&moves->keys, key);
    if (at == known)
        *vec_push(moves->items, moves->count, moves->room) =
            (struct move){.was = was, .now = now, .wave = wave};
    name_list_add(&moves->items[at].names, target);
    moves->targets++;
}

static void note_move(struct draft *draft, struct move *move)
{
    auto_buf struct buf reason = {0};
    add_reason(draft, move->was, move->now, &reason);
    plan_notes_add(&draft->notes, NOTE_WAVE, move->wave,
                   "%s: %zu %s moved here from %s, because %s: %s", move->now,
                   move->names.count,
                   plural((long long)move->names.count, "target", "targets"), move->was,
                   buf_text(&reason), name_list_text(&move->names));
}

void explain_moves(struct draft *draft)
{
    const struct stay *stay = draft->stay;
    auto_moves struct moves moves = {0};
    size_t fresh = 0;
    if (!stay)
        return;
    for (size_t i = 0; i < draft->plan->target_count; i++) {
        const struct plan_target *target = &draft->plan->targets[i];
        const char *was = stay->was[draft->order[i]];
        fresh += was == NULL;
        if (was && strcmp(was, draft->plan->waves[target->wave].name) != 0)
            add_move(&moves, was, draft->plan, target->wave, target->name);
    }
    for (size_t i = 0; i < moves.count; i++)
        note_move(draft, &moves.items[i]);
    plan_notes_add(&draft->notes, NOTE_WAVE, -1,
                   "against the previous plan (%.12s): %zu of %zu %s in the wave they "
                   "had, %zu moved, %zu new, %zu no longer selected",
                   draft->request->previous->digest, draft->count - fresh - moves.targets,
                   draft->count,
                   plural((long long)draft->count, "target stays", "targets stay"),
                   moves.targets, fresh, stay->gone);
}
