/*
 * probe.c - see probe.h.
 *
 * For each target: its prepare steps of class read, the first way of reading the
 * version, its checks, and (if it will be snapshotted) the guard. All go through
 * the same requests and workers as a real run, with SLIPWAY_CALL_READ_ONLY.
 */
#include "cli/probe.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_pool.h"
#include "loop/request.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

struct question {
    int target;
    enum activity activity;
    int index;
};

struct probing {
    struct plan *plan;
    struct request_maker maker;
    struct executor *executor;
    struct question *questions; /* by call id - 1 */
    size_t count, room;
    struct plan_notes *notes;
};

static void ask(struct probing *p, int target, enum activity activity, int index)
{
    *vec_push(p->questions, p->count, p->room) =
        (struct question){target, activity, index};
    struct action action = {
        .call = CALL_START,
        .call_id = (int64_t)p->count,
        .target = target,
        .activity = activity,
        .index = index,
        .timeout_ms = 30000,
    };
    struct exec_request request;
    struct slipway_error err = {""};
    if (request_make(&p->maker, &action, &request, &err)) {
        plan_notes_add(p->notes, NOTE_WARNING, -1, "%s: %s",
                       p->plan->targets[target].name, err.text);
        return;
    }
    request.flags = SLIPWAY_CALL_READ_ONLY;
    exec_submit(p->executor, &request);
}

static bool takes_snapshot(const struct plan *plan)
{
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        if (plan->playbook.rollback == ROLLBACK_SNAPSHOT &&
            plan->playbook.steps[i].snapshot)
            return true;
    }
    return false;
}

static void ask_all(struct probing *p, int target)
{
    const struct playbook *playbook = &p->plan->playbook;
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].phase == PHASE_PREPARE &&
            playbook->steps[i].op.repeat == SLIPWAY_READ)
            ask(p, target, ACTIVITY_STEP, (int)i);
    }
    if (playbook->read_count)
        ask(p, target, ACTIVITY_READ, 0);
    for (size_t i = 0; i < playbook->check_count; i++) {
        if (playbook->checks[i].baseline != BASELINE_IGNORE)
            ask(p, target, ACTIVITY_CHECK, (int)i);
    }
    if (takes_snapshot(p->plan))
        ask(p, target, ACTIVITY_GUARD, 0);
}

static void judge(struct probing *p, const struct exec_result *result)
{
    const struct question *q = &p->questions[result->intent - 1];
    const struct plan_target *target = &p->plan->targets[q->target];
    const char *id = request_step_id(p->plan, q->activity, q->index);
    char clean[256];
    if (result->outcome != SLIPWAY_DONE)
        plan_notes_add(p->notes, NOTE_STOP, target->wave, "%s: %s: %s", target->name, id,
                       result->sentence);
    else if (result->verdict == EXEC_EXPECT_FALSE && q->activity == ACTIVITY_CHECK)
        plan_notes_add(p->notes, NOTE_WARNING, target->wave,
                       "%s: check %s is red now: it could not convict the change",
                       target->name, id);
    else if (result->verdict == EXEC_EXPECT_FALSE)
        plan_notes_add(p->notes, NOTE_STOP, target->wave, "%s: step %s would fail",
                       target->name, id);
    else if (q->activity == ACTIVITY_READ && result->value && *target->version &&
             strcmp(result->value, target->version) != 0)
        plan_notes_add(p->notes, NOTE_WARNING, target->wave,
                       "%s: the fleet says version %s, the appliance says %s",
                       target->name, target->version,
                       text_clean(result->value, clean, sizeof clean));
}

static void collect_all(struct probing *p)
{
    struct exec_result results[32];
    while (exec_busy(p->executor)) {
        struct pollfd ready = {.fd = exec_fd(p->executor), .events = POLLIN};
        (void)poll(&ready, 1, 1000);
        size_t count = exec_collect(p->executor, results, ARRAY_LENGTH(results));
        for (size_t i = 0; i < count; i++) {
            judge(p, &results[i]);
            exec_result_free(&results[i]);
        }
    }
}

int probe_plan(struct cli *cli, struct plan *plan, struct plugins *plugins,
               struct plan_notes *notes)
{
    struct slipway_error err = {""};
    struct probing p = {.plan = plan, .notes = notes};
    struct exec_pool_options options = {.plugins = plugins};
    free(plan_to_json(plan)); /* sets the digest, which keys need */
    if (plugins_open_all(plugins, &err) ||
        request_maker_init(&p.maker, plan, NULL, 0, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    p.executor = exec_pool_create(&options, &err);
    if (p.executor) {
        for (int i = 0; i < (int)plan->target_count; i++)
            ask_all(&p, i);
        collect_all(&p);
    }
    exec_destroy(p.executor);
    plugins_close_all(plugins);
    request_maker_clear(&p.maker);
    free(p.questions);
    return p.executor ? EXIT_DONE : cli_fail(cli, EXIT_ERROR, "%s", err.text);
}
