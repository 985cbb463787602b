/*
 * paces.c - how long targets take: one pace for each kind and version found.
 *
 * This fleet's own history comes first, as soon as there are PACE_SAMPLES_MIN samples of
 * a part; else what the playbook says: `expected`, or the time-out. No part is ever taken
 * to last longer than its time-out.
 *
 * What a target needs before its window closes: the history's, as soon as it knows every
 * part of the change; until then what `worst:` says; else the time-outs. And the way back,
 * as `worst:` says or at its time-outs. Never more than all the time-outs.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"
#include "util/xalloc.h"

/* Without history: nobody writes these into a playbook. */
#define SNAPSHOT_USUAL_MS 60000LL
#define SNAPSHOT_SLOW_MS  600000LL
#define LOOK_USUAL_MS     3000LL
#define BOOT_USUAL_MS     300000LL

struct pacing {
    struct draft *draft;
    struct map history; /* by part, kind, version and id */
    size_t *at;         /* index into the request's history, parallel to the map */
};

/* \x1f stands in no name. */
static char *history_key(enum pace_part part, const char *kind, const char *version,
                         const char *id)
{
    return xasprintf("%d\x1f%s\x1f%s\x1f%s", (int)part, kind, version, id ? id : "");
}

/* The history of a part, or NULL if it has too few samples to say something. */
static const struct plan_history *known(const struct pacing *p,
                                        const struct plan_pace *pace, enum pace_part part,
                                        const char *id)
{
    auto_free char *key = history_key(part, pace->kind, pace->version, id);
    long at = map_find(&p->history, key);
    const struct plan_history *h = at < 0 ? NULL : &p->draft->request->history[p->at[at]];
    return h && h->samples >= PACE_SAMPLES_MIN ? h : NULL;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the history says of a part, within its time-out; else the other two. */
static struct step_pace pace_of(const struct plan_history *h, int64_t usual_ms,
                                int64_t slow_ms, int64_t timeout_ms)
{
    timeout_ms = smaller(timeout_ms, DURATION_MAX_MS); /* sums stay numbers */
    if (!h)
        return (struct step_pace){smaller(usual_ms, timeout_ms),
                                  smaller(slow_ms, timeout_ms), 0};
    return (struct step_pace){smaller(h->median_ms, timeout_ms),
                              smaller(h->p95_ms, timeout_ms), h->samples};
}

/* The author's word; else a look takes what a look takes, and anything else its time-out. */
static int64_t usual_of(const struct step *step)
{
    if (step->expected_ms > 0)
        return step->expected_ms;
    return step->op.repeat == SLIPWAY_READ ? smaller(LOOK_USUAL_MS, step->op.timeout_ms)
                                           : step->op.timeout_ms;
}

static struct step_pace step_of(const struct pacing *p, const struct plan_pace *pace,
                                const struct step *step)
{
    int64_t timeout_ms = step->op.timeout_ms;
    return pace_of(known(p, pace, PACE_STEP, step->op.id), usual_of(step), timeout_ms,
                   timeout_ms);
}

static struct step_pace snapshot_of(const struct pacing *p, const struct plan_pace *pace)
{
    return pace_of(known(p, pace, PACE_SNAPSHOT, NULL), SNAPSHOT_USUAL_MS,
                   SNAPSHOT_SLOW_MS, INT64_MAX);
}

/* Checks are made one after another, then the version is read. */
static struct step_pace checks_of(const struct pacing *p, const struct plan_pace *pace)
{
    const struct playbook *book = &p->draft->plan->playbook;
    int64_t usual_ms = LOOK_USUAL_MS * (int64_t)book->read_count, slow_ms = 0;
    for (size_t i = 0; i < book->check_count; i++) {
        const struct check *check = &book->checks[i];
        int64_t for_ms = smaller(check->for_ms, DURATION_MAX_MS);
        int64_t every_ms = smaller(check->every_ms, DURATION_MAX_MS);
        usual_ms += smaller(LOOK_USUAL_MS + (check->stable - 1) * every_ms, for_ms);
        slow_ms += for_ms;
    }
    return pace_of(known(p, pace, PACE_CHECKS, NULL), usual_ms, slow_ms, INT64_MAX);
}

/* Its own steps, or a revert and a boot: as it usually goes. What it takes at worst is
   never the history's to say: too few rollbacks are ever seen. */
static int64_t rollback_ms(const struct pacing *p, const struct plan_pace *pace)
{
    const struct playbook *book = &p->draft->plan->playbook;
    int64_t typical_ms = 0;
    for (size_t i = 0; i < book->step_count; i++)
        typical_ms += book->steps[i].phase > PHASE_CHANGE ? pace->steps[i].typical_ms : 0;
    if (book->rollback == ROLLBACK_SNAPSHOT)
        typical_ms += pace_of(known(p, pace, PACE_ROLLBACK, NULL),
                              SNAPSHOT_USUAL_MS + BOOT_USUAL_MS, 0, INT64_MAX)
                          .typical_ms;
    return typical_ms;
}

/* A change at worst. */
struct slow_change {
    int64_t all_ms;  /* each part as the history knows it, else its time-out */
    int64_t seen_ms; /* only what the history knows                          */
    bool seen_whole;
};

static void add_part(struct slow_change *slow, const struct step_pace *part)
{
    slow->all_ms += part->slow_ms;
    slow->seen_ms += part->samples ? part->slow_ms : 0;
    slow->seen_whole = slow->seen_whole && part->samples;
}

static void add_step(const struct pacing *p, const struct step *step,
                     const struct step_pace *own, struct plan_pace *pace,
                     struct slow_change *slow)
{
    const struct playbook *book = &p->draft->plan->playbook;
    if (step->phase == PHASE_PREPARE)
        pace->prepare_ms += own->typical_ms;
    if (step->phase != PHASE_CHANGE)
        return;
    pace->change_ms += own->typical_ms;
    add_part(slow, own);
    if (step->snapshot && book->rollback == ROLLBACK_SNAPSHOT) {
        struct step_pace snapshot = snapshot_of(p, pace);
        pace->change_ms += snapshot.typical_ms;
        add_part(slow, &snapshot);
    }
}

/* The history counts once it knows the whole change. Until then somebody's word does, if
   there is one, unless what was seen of the change is more than that already. */
static void set_needed(const struct playbook *book, const struct slow_change *slow,
                       struct plan_pace *pace)
{
    int64_t needed_ms = slow->all_ms;
    pace->needed_from = slow->seen_whole ? NEEDED_HISTORY : NEEDED_TIMEOUTS;
    if (!slow->seen_whole && book->worst.change_ms) {
        needed_ms = playbook_worst(book).change_ms;
        needed_ms = slow->seen_ms > needed_ms ? slow->seen_ms : needed_ms;
        pace->needed_from = NEEDED_WORST;
    }
    pace->needed_ms =
        smaller(needed_ms, playbook_timeouts(book).change_ms) + playbook_undo_ms(book);
}

static void fill_pace(const struct pacing *p, struct plan_pace *pace)
{
    const struct playbook *book = &p->draft->plan->playbook;
    struct slow_change slow = {.seen_whole = true};
    for (size_t i = 0; i < book->step_count; i++) {
        pace->steps[i] = step_of(p, pace, &book->steps[i]);
        add_step(p, &book->steps[i], &pace->steps[i], pace, &slow);
    }
    struct step_pace checks = checks_of(p, pace);
    add_part(&slow, &checks);
    pace->change_ms += checks.typical_ms;
    pace->rollback_ms = rollback_ms(p, pace) + checks.typical_ms;
    set_needed(book, &slow, pace);
}

static void read_history(struct pacing *p)
{
    const struct plan_request *r = p->draft->request;
    p->at = xcalloc(r->history_count + 1, sizeof *p->at);
    for (size_t i = 0; i < r->history_count; i++) {
        const struct plan_history *h = &r->history[i];
        auto_free char *key = history_key(h->part, h->kind, h->version, h->id);
        size_t count = p->history.count, at = map_intern(&p->history, key);
        if (at == count)
            p->at[at] = i;
    }
}

void paces_set(struct draft *draft)
{
    struct plan_time *time = &draft->plan->time;
    struct pacing pacing = {.draft = draft};
    auto_map struct map paces = {0};
    read_history(&pacing);
    time->step_count = draft->plan->playbook.step_count;
    for (size_t i = 0; i < draft->count; i++) {
        const struct appliance *a = draft_appliance(draft, i);
        auto_free char *key = xasprintf("%s\x1f%s", a->kind, a->version);
        size_t before = paces.count, at = map_intern(&paces, key);
        time->slots[i].pace = (int)at;
        if (at < before)
            continue;
        struct plan_pace *pace = vec_push(time->paces, time->pace_count, time->pace_room);
        *pace = (struct plan_pace){
            .kind = xstrdup(a->kind),
            .version = xstrdup(a->version),
            .steps = xcalloc(time->step_count + 1, sizeof *pace->steps)};
        fill_pace(&pacing, pace);
    }
    map_free(&pacing.history);
    free(pacing.at);
}
