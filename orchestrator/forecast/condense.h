/*
 * condense.h - a plan made small for virtual time: the same targets, waves, domains,
 * limits, budgets and timetables, but a playbook of few long steps.
 *
 * Steps that follow each other and hold the same limits become one, whose duration is
 * that of all of them with their checks, readings and snapshots. The engine and all
 * rules of admission stay the real ones.
 *
 * What is kept apart, because it can decide when somebody starts:
 *   - a limit that can bind (fewer places than targets that may ask for it): the steps
 *     that hold it, or the snapshots of a manager or a datastore, stay steps
 *   - every change step if `overrun: wait` sends it to the next window
 *   - link groups, and playbooks that are undone by snapshot while snapshots are kept
 * What is lost: a target fails at the end of its longest step, once, and not in a check,
 * a reading or the soak; retries are part of a step's duration; snapshots that are not
 * kept cost their time, but no place at their manager. `whole` loses nothing of that
 * but the failures' places, and takes ten times as long.
 */
#ifndef FORECAST_CONDENSE_H
#define FORECAST_CONDENSE_H

#include "model/plan.h"

/* Assumed where no history speaks: how long a manager is busy with one. */
#define SNAPSHOT_TYPICAL_MS 120000
#define PRUNE_TYPICAL_MS    180000
/* Of a link group: until all are off, and until each answers again. */
#define SHUT_DOWN_TYPICAL_MS 120000
#define START_TYPICAL_MS     300000

/* How long targets of one pace take for each step of the small plan. */
struct model_pace {
    const struct step_pace *steps; /* of the whole playbook                  */
    double *sigma;                 /* parallel to them                       */
    int64_t *piece_ms;             /* typical, per step of the small plan    */
    int64_t *rest_ms;              /* the part of it that no step accounts for */
    int64_t rollback_ms;           /* typical; with snapshots: of the revert */
};

struct model_piece {
    int first, end; /* its steps in the whole playbook */
};

struct model {
    struct plan plan; /* small; shares with the whole one what it does not change  */
    const struct plan *whole;
    bool condensed, snapshots;
    struct model_piece *pieces; /* parallel to plan.playbook.steps */
    struct model_pace *paces;
    size_t pace_count;
    int *pace_of;   /* per target */
    int longest;    /* change step of the small plan in which a target fails */
    void *owned[8]; /* freed with it */
    size_t owned_count;
};

/* The whole plan is borrowed and must outlive it. The caller's, model_free(). Threads
   may share it: nothing changes it any more. */
struct model *model_create(const struct plan *whole, bool condense);
void model_free(struct model *model);

static inline void auto_model_fn(struct model **model)
{
    model_free(*model);
}
#define auto_model __attribute__((cleanup(auto_model_fn)))

/* How long this target takes for a step of the small plan. Seed 0: what is typical. */
int64_t model_duration_ms(const struct model *model, uint64_t seed, int target, int step,
                          int repeat);

#endif
