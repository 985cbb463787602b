/*
 * condense.c - see condense.h. First the steps are cut into pieces, then a playbook is
 * made of the pieces, then what each pace takes for each piece. A function; the only
 * failure is no memory, which ends the process.
 */
#include "forecast/condense.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "forecast/draw.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define PREPARE_AHEAD 2 /* as the engine prepares: so many times in_flight */

/* Zeroed memory that lives as long as the model. */
static void *own(struct model *model, size_t count, size_t size)
{
    void *memory = xcalloc(count + 1, size);
    model->owned[model->owned_count++] = memory;
    return memory;
}

/* ---- which limits can decide anything ---- */

static int askers(const struct plan *plan, enum phase phase)
{
    int most = plan->in_flight * (phase == PHASE_PREPARE ? PREPARE_AHEAD : 1);
    return most < (int)plan->target_count ? most : (int)plan->target_count;
}

/* The nth limit of a step that can bind, or -1. */
static int binding_limit(const struct plan *plan, int step, size_t nth)
{
    const struct step *s = &plan->playbook.steps[step];
    for (size_t i = 0; i < s->limit_count; i++) {
        int limit = plan_limit(plan, s->limits[i]);
        if (limit >= 0 && plan->limits[limit].max < askers(plan, s->phase) && !nth--)
            return limit;
    }
    return -1;
}

static bool same_limits(const struct plan *plan, int a, int b)
{
    for (size_t i = 0; i < STEP_LIMITS_MAX; i++) {
        int limit = binding_limit(plan, a, i);
        if (limit != binding_limit(plan, b, i))
            return false;
        if (limit < 0)
            break;
    }
    return true;
}

static bool places_can_bind(const struct plan *plan)
{
    auto_free int *users = xcalloc(plan->limit_count + 1, sizeof *users);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_target *t = &plan->targets[i];
        if (t->manager_limit >= 0)
            users[t->manager_limit]++;
        if (t->datastore_limit >= 0)
            users[t->datastore_limit]++;
    }
    for (size_t i = 0; i < plan->limit_count; i++) {
        int most = users[i] < plan->in_flight ? users[i] : plan->in_flight;
        if (plan->limits[i].max < most)
            return true;
    }
    return false;
}

/* Snapshots stay if their places can bind, or if they decide what can be undone. */
static bool keeps_snapshots(const struct plan *plan)
{
    if (plan->playbook.rollback != ROLLBACK_SNAPSHOT)
        return false;
    for (size_t i = 0; i < plan->target_count; i++) {
        if (*plan->targets[i].link_group)
            return true;
    }
    return places_can_bind(plan);
}

/* ---- pieces ---- */

static bool begins_piece(const struct model *model, int step, int first)
{
    const struct plan *plan = model->whole;
    const struct step *s = &plan->playbook.steps[step];
    return step == first || !same_limits(plan, step - 1, step) ||
           (s->phase == PHASE_CHANGE &&
            (plan->time.overrun == OVERRUN_WAIT || (model->snapshots && s->snapshot)));
}

static void cut_phase(struct model *model, enum phase phase, size_t *count)
{
    int first, end;
    plan_phase(model->whole, phase, &first, &end);
    for (int i = first; i < end; i++) {
        if (begins_piece(model, i, first))
            model->pieces[(*count)++].first = i;
        model->pieces[*count - 1].end = i + 1;
    }
}

static int64_t typical_ms(const struct model_pace *pace, struct model_piece piece)
{
    int64_t total_ms = 0;
    for (int i = piece.first; i < piece.end; i++)
        total_ms += pace->steps[i].typical_ms;
    return total_ms;
}

static int longest_step(const struct playbook *p, struct model_piece piece)
{
    int longest = piece.first;
    for (int i = piece.first; i < piece.end; i++) {
        if (p->steps[i].op.timeout_ms > p->steps[longest].op.timeout_ms)
            longest = i;
    }
    return longest;
}

static void fill_step(struct model *model, struct model_piece piece, struct step *out)
{
    const struct playbook *p = &model->whole->playbook;
    const struct step *like = &p->steps[longest_step(p, piece)];
    bool limited = binding_limit(model->whole, piece.first, 0) >= 0;
    *out = (struct step){
        .op = {.id = like->op.id, .use = "sleep", .with = "{}"},
        .phase = like->phase,
        .on_failure = like->on_failure,
        .snapshot = model->snapshots && p->steps[piece.first].snapshot,
        .limits = limited ? p->steps[piece.first].limits : NULL,
        .limit_count = limited ? p->steps[piece.first].limit_count : 0,
    };
    for (int i = piece.first; i < piece.end; i++)
        out->op.timeout_ms += p->steps[i].op.timeout_ms;
    out->op.repeat =
        out->phase == PHASE_PREPARE && !limited ? SLIPWAY_READ : SLIPWAY_IDEMPOTENT;
}

/* What is undone natively, or by snapshots that are not kept, is undone by one step. */
static void add_rollback(struct model *model, struct step *steps, size_t *count)
{
    if (model->snapshots || model->whole->playbook.rollback == ROLLBACK_NONE)
        return;
    model->plan.playbook.rollback = ROLLBACK_NATIVE;
    steps[(*count)++] = (struct step){
        .op = {.id = "rollback",
               .use = "sleep",
               .with = "{}",
               .repeat = SLIPWAY_IDEMPOTENT},
        .phase = PHASE_ROLLBACK,
        .on_failure = ON_FAILURE_PARK,
    };
}

/* The worst case stays what the whole plan has: what no step of the small one accounts
   for (checks, a way back by snapshots that are not kept) goes to the last of them. */
static void keep_worst_case(struct model *model, struct step *steps, size_t count)
{
    int64_t left_ms = engine_needed_ms(model->whole);
    struct step *last = NULL;
    if (model->snapshots)
        left_ms -= model->plan.playbook.boot_timeout_ms;
    for (size_t i = 0; i < count; i++) {
        if (steps[i].phase == PHASE_PREPARE)
            continue;
        left_ms -= steps[i].op.timeout_ms;
        last = &steps[i];
    }
    if (last)
        last->op.timeout_ms += left_ms;
}

static void make_playbook(struct model *model)
{
    struct playbook *p = &model->plan.playbook;
    struct step *steps = own(model, p->step_count + 1, sizeof *steps);
    size_t count = 0;
    cut_phase(model, PHASE_PREPARE, &count);
    cut_phase(model, PHASE_CHANGE, &count);
    for (size_t i = 0; i < count; i++)
        fill_step(model, model->pieces[i], &steps[i]);
    add_rollback(model, steps, &count);
    /* the way back stays as long: link groups count it apart */
    p->boot_timeout_ms = playbook_timeouts(&model->whole->playbook).rollback_ms;
    keep_worst_case(model, steps, count);
    p->steps = steps;
    p->step_count = count;
    p->check_count = p->read_count = 0;
}

static void keep_playbook(struct model *model)
{
    for (size_t i = 0; i < model->plan.playbook.step_count; i++)
        model->pieces[i] = (struct model_piece){(int)i, (int)i + 1};
}

/* ---- paces ---- */

/* What no step accounts for goes to the last piece of a phase: checks, snapshots. */
static void add_rest(const struct model *model, struct model_pace *pace, enum phase phase,
                     int64_t total_ms)
{
    const struct playbook *p = &model->plan.playbook;
    int last = -1;
    for (size_t i = 0; i < p->step_count; i++) {
        if (p->steps[i].phase != phase)
            continue;
        last = (int)i;
        total_ms -= typical_ms(pace, model->pieces[i]);
        total_ms -= p->steps[i].snapshot ? SNAPSHOT_TYPICAL_MS : 0;
    }
    if (last < 0)
        return;
    pace->rest_ms[last] = total_ms > 0 ? total_ms : 0;
}

static void fill_pace(struct model *model, const struct plan_pace *from,
                      struct model_pace *out)
{
    const struct playbook *small = &model->plan.playbook;
    const struct playbook *whole = &model->whole->playbook;
    out->steps = from->steps;
    out->rollback_ms = from->rollback_ms;
    out->sigma = xcalloc(whole->step_count + 1, sizeof *out->sigma);
    out->piece_ms = xcalloc(small->step_count + 1, sizeof *out->piece_ms);
    out->rest_ms = xcalloc(small->step_count + 1, sizeof *out->rest_ms);
    for (size_t i = 0; i < whole->step_count; i++)
        out->sigma[i] = draw_sigma(from->steps[i].typical_ms, from->steps[i].slow_ms,
                                   from->steps[i].samples);
    if (model->condensed) {
        add_rest(model, out, PHASE_PREPARE, from->prepare_ms);
        add_rest(model, out, PHASE_CHANGE, from->change_ms);
        add_rest(model, out, PHASE_ROLLBACK, from->rollback_ms);
    }
    for (size_t i = 0; i < small->step_count; i++)
        out->piece_ms[i] = typical_ms(out, model->pieces[i]) + out->rest_ms[i];
}

/* Where the plan knows nothing: the time-outs. */
static struct plan_pace pace_of_timeouts(struct model *model)
{
    const struct playbook *p = &model->whole->playbook;
    struct plan_pace pace = {.steps = own(model, p->step_count, sizeof *pace.steps)};
    for (size_t i = 0; i < p->step_count; i++) {
        int64_t ms = p->steps[i].op.timeout_ms;
        pace.steps[i] = (struct step_pace){ms, ms, 0};
        pace.prepare_ms += p->steps[i].phase == PHASE_PREPARE ? ms : 0;
        pace.change_ms += p->steps[i].phase == PHASE_CHANGE ? ms : 0;
        pace.rollback_ms += p->steps[i].phase >= PHASE_ROLLBACK ? ms : 0;
    }
    if (p->rollback == ROLLBACK_SNAPSHOT)
        pace.rollback_ms += p->boot_timeout_ms;
    return pace;
}

static void make_paces(struct model *model)
{
    const struct plan_time *time = &model->whole->time;
    struct plan_pace unknown = pace_of_timeouts(model);
    model->pace_count = time->pace_count + 1;
    model->paces = own(model, model->pace_count, sizeof *model->paces);
    model->pace_of = own(model, model->whole->target_count, sizeof *model->pace_of);
    for (size_t i = 0; i < time->pace_count; i++)
        fill_pace(model, &time->paces[i], &model->paces[i]);
    fill_pace(model, &unknown, &model->paces[time->pace_count]);
    for (size_t i = 0; i < model->whole->target_count; i++) {
        int pace = time->slots ? time->slots[i].pace : -1;
        model->pace_of[i] = pace >= 0 ? pace : (int)time->pace_count;
    }
}

/* The small plan's paces name its own steps; what must fit into a window stays. */
static void translate_paces(struct model *model)
{
    struct plan_time *time = &model->plan.time;
    size_t steps = model->plan.playbook.step_count;
    struct step_pace *rows = own(model, time->pace_count * steps, sizeof *rows);
    struct plan_pace *paces = own(model, time->pace_count, sizeof *paces);
    for (size_t i = 0; i < time->pace_count; i++) {
        paces[i] = time->paces[i];
        paces[i].steps = &rows[i * steps];
        for (size_t k = 0; k < steps; k++) {
            struct model_piece piece = model->pieces[k];
            struct step_pace *row = &paces[i].steps[k];
            *row = (struct step_pace){.typical_ms = model->paces[i].piece_ms[k],
                                      .slow_ms = model->paces[i].rest_ms[k]};
            for (int s = piece.first; s < piece.end; s++)
                row->slow_ms += time->paces[i].steps[s].slow_ms;
        }
    }
    time->paces = paces;
    time->step_count = steps;
}

static int failing_step(const struct model *model)
{
    const struct playbook *p = &model->plan.playbook;
    int worst = -1;
    for (size_t i = 0; i < p->step_count; i++) {
        if (p->steps[i].phase == PHASE_CHANGE &&
            (worst < 0 || model->paces[0].piece_ms[i] > model->paces[0].piece_ms[worst]))
            worst = (int)i;
    }
    return worst;
}

struct model *model_create(const struct plan *whole, bool condense)
{
    struct model *model = xcalloc(1, sizeof *model);
    model->plan = *whole;
    model->whole = whole;
    model->condensed = condense;
    model->snapshots =
        condense ? keeps_snapshots(whole) : whole->playbook.rollback == ROLLBACK_SNAPSHOT;
    model->pieces = own(model, whole->playbook.step_count + 1, sizeof *model->pieces);
    if (condense)
        make_playbook(model);
    else
        keep_playbook(model);
    make_paces(model);
    if (condense)
        translate_paces(model);
    model->longest = failing_step(model);
    return model;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->pace_count; i++) {
        free(model->paces[i].sigma);
        free(model->paces[i].piece_ms);
        free(model->paces[i].rest_ms);
    }
    for (size_t i = 0; i < model->owned_count; i++)
        free(model->owned[i]);
    free(model);
}

int64_t model_duration_ms(const struct model *model, uint64_t seed, int target, int step,
                          int repeat)
{
    const struct model_pace *pace = &model->paces[model->pace_of[target]];
    struct model_piece piece = model->pieces[step];
    if (!seed)
        return pace->piece_ms[step];
    int64_t total_ms = pace->rest_ms[step];
    for (int i = piece.first; i < piece.end; i++)
        total_ms += draw_time(seed + (uint64_t)repeat * 0x51ed2701u, target, i,
                              pace->steps[i].typical_ms, pace->sigma[i],
                              model->whole->playbook.steps[i].op.timeout_ms);
    return total_ms;
}
