/*
 * run.c - see run.h. One loop: go to the next instant at which an executor answers, a
 * human acts or the engine wants to be called; give the engine all that happened then;
 * write down what it recorded; take what it asks for. It ends when nothing will happen
 * any more. Cannot fail; a run that gets nowhere is cut at STEPS_PER_TARGET.
 */
#include "forecast/run.h"

#include <stdlib.h>
#include <string.h>

#include "engine/window.h"
#include "forecast/draw.h"
#include "forecast/happenings.h"
#include "forecast/resume.h"
#include "util/xalloc.h"

#define STEPS_PER_TARGET 2000
#define MILLION          1000000.0

struct world {
    const struct model *model;
    const struct run_options *options;
    struct engine *engine;
    struct forecast_run *out;
    struct happenings happenings;
    struct input *inputs;
    size_t input_count, input_room;
    int64_t now_ms, quantum_ms;
    int64_t *head_start_ms; /* of what runs already; NULL: nothing does */
};

/* ---- executors ---- */

static int64_t rounded_ms(const struct world *world, int64_t at_ms)
{
    return (at_ms + world->quantum_ms - 1) / world->quantum_ms * world->quantum_ms;
}

static bool fails(const struct world *world, const struct action *a)
{
    const struct run_options *o = world->options;
    return o->seed && o->failure_per_million && a->index == world->model->longest &&
           draw_even(o->seed, a->target, 0, DRAW_FAILURE) * MILLION <
               o->failure_per_million;
}

static bool is_gate(const struct operation *op)
{
    return !strcmp(op->use, "gate") || !strcmp(op->use, "builtin.gate");
}

static int64_t step_ms(struct world *world, const struct action *a)
{
    const struct model *model = world->model;
    if (is_gate(&model->plan.playbook.steps[a->index].op))
        return world->options->approval_ms;
    int64_t takes_ms = model_duration_ms(model, world->options->seed, a->target, a->index,
                                         a->attempt + a->incarnation);
    if (world->head_start_ms && world->head_start_ms[a->target]) {
        int64_t least_ms = takes_ms / 20; /* longer than expected: soon over */
        takes_ms -= world->head_start_ms[a->target];
        takes_ms = takes_ms > least_ms ? takes_ms : least_ms;
        world->head_start_ms[a->target] = 0;
    }
    return takes_ms;
}

/* How long an executor is busy with it. */
static int64_t takes_ms(struct world *world, const struct action *a)
{
    const struct model *model = world->model;
    switch (a->activity) {
    case ACTIVITY_STEP:
        return step_ms(world, a);
    case ACTIVITY_SNAPSHOT:
        return SNAPSHOT_TYPICAL_MS;
    case ACTIVITY_PRUNE:
        return PRUNE_TYPICAL_MS;
    case ACTIVITY_REVERT:
        return model->paces[model->pace_of[a->target]].rollback_ms;
    case ACTIVITY_POWER_OFF:
        return SHUT_DOWN_TYPICAL_MS;
    case ACTIVITY_POWER_ON: /* after a revert it is part of the rollback's pace */
        return a->moment == MOMENT_RESTORED ? 0 : START_TYPICAL_MS;
    default: /* a look */
        return 0;
    }
}

static void take_action(struct world *world, const struct action *a)
{
    int64_t busy_ms = takes_ms(world, a);
    happenings_add(
        &world->happenings,
        (struct happening){
            .at_ms = busy_ms ? rounded_ms(world, world->now_ms + busy_ms) : world->now_ms,
            .kind = HAPPENING_ANSWER,
            .target = a->target,
            .wave = -1,
            .call_id = a->call_id,
            .fails = a->activity == ACTIVITY_STEP && fails(world, a),
        });
}

static struct input answer(const struct happening *h)
{
    return (struct input){
        .kind = INPUT_OUTCOME,
        .outcome = {.call_id = h->call_id,
                    .target = h->target,
                    .outcome = h->fails ? SLIPWAY_FAILED : SLIPWAY_DONE,
                    .probe = SLIPWAY_PROBE_DONE,
                    .value = "1"}, /* every version, every snapshot: nobody compares */
    };
}

/* ---- people ---- */

static void call_human(struct world *world, enum happening_kind kind, int target,
                       int wave)
{
    int64_t after_ms = kind == HAPPENING_APPROVE ? world->options->approval_ms
                                                 : world->options->human_ms;
    happenings_add(&world->happenings,
                   (struct happening){.at_ms = world->now_ms + after_ms,
                                      .kind = kind,
                                      .target = target,
                                      .wave = wave});
}

/* False: meanwhile nobody waits for it any more. */
static bool human_acts(const struct world *world, const struct happening *h,
                       struct command *out)
{
    const struct engine_state *s = engine_state(world->engine);
    *out = (struct command){.target = h->target, .wave = h->wave, .actor = "forecast"};
    switch (h->kind) {
    case HAPPENING_LOOK:
        out->verb = VERB_UNPAUSE;
        return s->campaign == CAMPAIGN_PAUSED;
    case HAPPENING_SETTLE:
        out->verb = VERB_SKIP;
        return s->targets[h->target].state == TARGET_PARKED ||
               s->targets[h->target].state == TARGET_STRANDED;
    default:
        out->verb = VERB_APPROVE;
        return h->wave >= 0 ? s->waves[h->wave].state == WAVE_GATED
                            : s->campaign == CAMPAIGN_UNAPPROVED;
    }
}

/* ---- what the engine recorded ---- */

static void settled(struct world *world, const struct record *r)
{
    struct forecast_target *t = &world->out->targets[r->target];
    if (r->to == TARGET_PARKED || r->to == TARGET_STRANDED)
        call_human(world, HAPPENING_SETTLE, r->target, -1);
    if (t->ended_ms)
        return; /* a human has settled what was given up before */
    t->ended_ms = r->at_ms;
    t->state = (unsigned char)r->to;
    world->out->failed += r->to != TARGET_SUCCEEDED && r->to != TARGET_SKIPPED;
    world->out->rolled_back += r->to == TARGET_ROLLED_BACK;
}

static void target_moved(struct world *world, const struct record *r)
{
    struct forecast_target *t = &world->out->targets[r->target];
    if (r->event == TARGET_PREPARED && !t->prepared_ms)
        t->prepared_ms = r->at_ms;
    if ((r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE) && !t->started_ms)
        t->started_ms = r->at_ms;
    if (r->event == TARGET_VERIFIED ||
        (machine_is_final(&target_machine, r->to) && !t->changed_ms && t->started_ms))
        t->changed_ms = r->at_ms;
    if (machine_is_final(&target_machine, r->to))
        settled(world, r);
}

static void absorb(struct world *world, const struct record *r)
{
    switch (r->kind) {
    case RECORD_TARGET:
        target_moved(world, r);
        break;
    case RECORD_WAVE:
        if (r->to == WAVE_GATED)
            call_human(world, HAPPENING_APPROVE, -1, r->wave);
        break;
    case RECORD_CAMPAIGN:
        if (r->to == CAMPAIGN_PAUSED) {
            world->out->pauses++;
            call_human(world, HAPPENING_LOOK, -1, -1);
        }
        if (machine_is_final(&campaign_machine, r->to))
            world->out->finish_ms = r->at_ms;
        break;
    default:
        break;
    }
}

/* ---- the loop ---- */

static void step(struct world *world)
{
    struct engine_output output =
        engine_step(world->engine, world->now_ms, world->inputs, world->input_count);
    (void)engine_take_changes(world->engine);
    world->out->steps++;
    world->input_count = 0;
    for (size_t i = 0; i < output.record_count; i++)
        absorb(world, &output.records[i]);
    for (size_t i = 0; i < output.action_count; i++)
        take_action(world, &output.actions[i]);
}

static struct input *new_input(struct world *world)
{
    return vec_push(world->inputs, world->input_count, world->input_room);
}

static void gather(struct world *world)
{
    while (happenings_next_ms(&world->happenings) <= world->now_ms) {
        struct happening h = happenings_take(&world->happenings);
        struct command command;
        if (h.kind == HAPPENING_ANSWER)
            *new_input(world) = answer(&h);
        else if (human_acts(world, &h, &command))
            *new_input(world) = (struct input){.kind = INPUT_COMMAND, .command = command};
    }
}

/* False: nothing will happen any more, or not in time. */
static bool go_on(struct world *world, int64_t end_ms)
{
    int64_t next_ms = happenings_next_ms(&world->happenings);
    int64_t deadline_ms = engine_deadline(world->engine);
    next_ms = next_ms < deadline_ms ? next_ms : deadline_ms;
    if (next_ms > end_ms)
        return false;
    world->now_ms = next_ms > world->now_ms ? next_ms : world->now_ms;
    gather(world);
    step(world);
    return true;
}

static void begin(struct world *world)
{
    const struct run_options *o = world->options;
    if (o->from)
        world->head_start_ms = resume_replay(
            world->engine, world->model, o->from,
            o->from_plan ? o->from_plan : world->model->whole, o->start_ms, world->out);
    const struct engine_state *s = engine_state(world->engine);
    if (s->campaign == CAMPAIGN_UNAPPROVED)
        call_human(world, HAPPENING_APPROVE, -1, -1);
    if (s->campaign == CAMPAIGN_PAUSED)
        call_human(world, HAPPENING_LOOK, -1, -1);
    for (int i = 0; o->from && i < (int)world->model->plan.wave_count; i++) {
        if (s->waves[i].state == WAVE_GATED)
            call_human(world, HAPPENING_APPROVE, -1, i);
    }
    *new_input(world) =
        (struct input){.kind = INPUT_OWNER, .number = s->epoch + 1, .actor = "forecast"};
    step(world);
}

static void count_never(struct forecast_run *out)
{
    for (size_t i = 0; i < out->target_count; i++)
        out->never +=
            !out->targets[i].ended_ms || out->targets[i].state == TARGET_SKIPPED;
    if (out->never)
        out->finish_ms = 0;
}

void forecast_run(const struct model *model, const struct run_options *options,
                  struct forecast_run *out)
{
    const struct plan *plan = &model->plan;
    long steps_max = STEPS_PER_TARGET * ((long)plan->target_count + 1);
    int64_t end_ms = options->start_ms + FORECAST_OPEN_DAYS * 86400000LL;
    forecast_run_clear(out);
    out->target_count = plan->target_count;
    out->targets = xcalloc(plan->target_count + 1, sizeof *out->targets);
    struct world world = {
        .model = model,
        .options = options,
        .out = out,
        .engine = engine_create(plan, options->seed),
        .now_ms = options->start_ms,
        .quantum_ms = options->quantum_ms ? options->quantum_ms : FORECAST_QUANTUM_MS,
    };
    begin(&world);
    while (out->steps < steps_max && go_on(&world, end_ms))
        ;
    count_never(out);
    engine_destroy(world.engine);
    happenings_clear(&world.happenings);
    free(world.inputs);
    free(world.head_start_ms);
}
