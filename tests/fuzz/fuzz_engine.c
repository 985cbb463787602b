/*
 * fuzz_engine.c - any sequence of answers and verbs, in any order, at any time: the
 * engine keeps its invariants, and its records alone give its state again.
 */
#include "fuzz.h"
#include "world.h"

#define STEPS_MAX  400
#define CALLS_KEPT 64

struct bytes {
    const uint8_t *at, *end;
};

static unsigned take(struct bytes *b)
{
    return b->at < b->end ? *b->at++ : 0;
}

struct run {
    struct plan *plan;
    struct engine *live, *replayed;
    struct action calls[CALLS_KEPT];
    size_t call_count;
    int64_t now_ms, epoch;
};

static void keep_calls(struct run *run, const struct engine_output *out)
{
    for (size_t i = 0; i < out->action_count; i++) {
        struct action *slot = run->call_count < CALLS_KEPT
                                  ? &run->calls[run->call_count++]
                                  : &run->calls[out->actions[i].call_id % CALLS_KEPT];
        *slot = out->actions[i];
    }
}

/* An answer to one of the last calls, or to one that nobody made. */
static struct outcome some_outcome(struct run *run, struct bytes *b)
{
    static const char *const texts[] = {NULL, "1.0", "2.0", "snapshot-1", ""};
    unsigned which = take(b), kind = take(b);
    struct outcome o = {
        .call_id = (int64_t)which * 7,
        .target = (int)(which % run->plan->target_count),
        .outcome = (enum slipway_outcome)(kind % 7),
        .probe = (enum slipway_probe)(kind / 7 % 5),
        .expect = (enum expect_verdict)(kind / 35 % 4),
        .value = texts[take(b) % 5],
        .handle = kind & 1 ? "task-9" : NULL,
        .sentence = kind & 2 ? "it said so" : NULL,
        .look_again_ms = (int64_t)take(b) * 100,
    };
    if (run->call_count && which < 250) {
        size_t i = which % run->call_count;
        o.call_id = run->calls[i].call_id;
        o.target = run->calls[i].target;
        run->calls[i] = run->calls[--run->call_count];
    }
    return o;
}

static struct command some_command(const struct run *run, struct bytes *b)
{
    static const char *const settings[] = {"in_flight", "budget", "wave_budget",
                                           "domain:site=s0", "nothing"};
    unsigned verb = take(b), where = take(b);
    return (struct command){
        .verb = (enum verb)(verb % VERB_COUNT),
        .target = (int)(where % (run->plan->target_count + 1)) - 1,
        .wave = (int)(verb / VERB_COUNT % (run->plan->wave_count + 1)) - 1,
        .number = take(b) % 9,
        .setting = settings[where % 5],
        .reason = where & 4 ? "because" : NULL,
        .actor = "fuzz",
    };
}

static struct input some_input(struct run *run, struct bytes *b)
{
    unsigned kind = take(b) % 8;
    struct input input = {.kind = INPUT_TICK, .number = -1};
    if (kind < 4) {
        input.kind = INPUT_OUTCOME;
        input.outcome = some_outcome(run, b);
    } else if (kind < 6) {
        input.kind = INPUT_COMMAND;
        input.command = some_command(run, b);
    } else if (kind == 6) {
        input =
            (struct input){.kind = INPUT_OWNER, .number = ++run->epoch, .actor = "fuzz"};
        run->call_count = 0;
    } else {
        run->now_ms += (int64_t)take(b) * take(b) * 1000;
    }
    return input;
}

static void one_step(struct run *run, const struct input *input)
{
    struct engine_output out = engine_step(run->live, run->now_ms, input, 1);
    for (size_t i = 0; i < out.record_count; i++)
        MUST(!engine_replay(run->replayed, &out.records[i]));
    keep_calls(run, &out);
    engine_check_invariants(run->live);
    run->now_ms += 50;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, data + size};
    unsigned form = take(&b);
    struct plan_shape shape = {.targets = 6,
                               .waves = {2, 4},
                               .budgets = {(int)(form % 2), (int)(form % 3)},
                               .soak_ms = 60000,
                               .in_flight = 1 + (int)(form % 4),
                               .budget = (int)(form % 5),
                               .mode = form & 8 ? BUDGET_STRICT : BUDGET_NORMAL,
                               .sites = 2,
                               .site_max = 1 + (int)(form & 1),
                               .change_steps = 1 + (int)(form / 16 % 2),
                               .approval = form & 64,
                               .gate = form & 128,
                               .retries = (int)(form / 32 % 2)};
    struct run run = {.plan = shape_plan(&shape), .now_ms = WORLD_START_MS};
    run.live = engine_create(run.plan, form);
    run.replayed = engine_create(run.plan, form);
    struct input owner = {.kind = INPUT_OWNER, .number = ++run.epoch, .actor = "fuzz"};
    one_step(&run, &owner);
    for (int i = 0; i < STEPS_MAX && b.at < b.end; i++) {
        struct input input = some_input(&run, &b);
        one_step(&run, &input);
    }
    auto_free char *live = engine_fingerprint(run.live);
    auto_free char *replayed = engine_fingerprint(run.replayed);
    MUST(!strcmp(live, replayed));
    engine_destroy(run.live);
    engine_destroy(run.replayed);
    plan_free(run.plan);
    return 0;
}
