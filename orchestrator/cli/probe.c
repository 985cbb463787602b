/*
 * probe.c - see probe.h.
 *
 * For each target: its prepare steps of class read, the first way of reading the
 * version, its checks, and (if it will be snapshotted) the guard. All go through
 * the same requests and workers as a real run, with SLIPWAY_CALL_READ_ONLY.
 *
 * What is judged by an earlier step's result is not asked: nothing has run, so there is
 * none. Each such step or check is named once.
 */
#include "cli/probe.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/probe_findings.h"
#include "exec/exec_pool.h"
#include "loop/request.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

#define GUARD_MS        (30 * 1000)
#define PATIENCE_MAX_MS (10 * 60 * 1000) /* nobody waits longer for a dry run */

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
    struct map told;            /* targets and how what they could not be asked begins */
    size_t count, room;
    struct probe_findings findings;
};

/* What the playbook says of it; NULL for the guard. */
static const struct operation *operation_of(const struct plan *plan,
                                            const struct question *q)
{
    if (q->activity == ACTIVITY_STEP)
        return &plan->playbook.steps[q->index].op;
    if (q->activity == ACTIVITY_READ)
        return &plan->playbook.reads[q->index];
    return q->activity == ACTIVITY_CHECK ? &plan->playbook.checks[q->index].op : NULL;
}

/* The operation's own, since some take minutes anywhere (a precheck, a large inventory). */
static int64_t patience_ms(const struct operation *op)
{
    if (!op || op->timeout_ms <= 0)
        return GUARD_MS;
    return op->timeout_ms < PATIENCE_MAX_MS ? op->timeout_ms : PATIENCE_MAX_MS;
}

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
        .timeout_ms = patience_ms(operation_of(p->plan, &p->questions[p->count - 1])),
    };
    struct exec_request request;
    struct slipway_error err = {""};
    if (request_make(&p->maker, &action, &request, &err)) {
        probe_findings_add(&p->findings, NOTE_WARNING, target, err.text, false);
        return;
    }
    request.flags = SLIPWAY_CALL_READ_ONLY;
    exec_submit(p->executor, &request);
}

static bool needs_earlier(const struct operation *op)
{
    return strstr(op->with, "${steps.") || (op->expect && strstr(op->expect, "steps")) ||
           (op->value && strstr(op->value, "steps"));
}

static bool is_asked(const struct operation *op)
{
    return op->repeat == SLIPWAY_READ && !needs_earlier(op);
}

/* Once for all targets: what the appliances were not asked. */
static void tell_unasked(const struct playbook *playbook, struct plan_notes *notes)
{
    auto_buf struct buf ids = {0};
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].phase == PHASE_PREPARE &&
            needs_earlier(&playbook->steps[i].op))
            buf_addf(&ids, "%s%s", ids.length ? ", " : "", playbook->steps[i].op.id);
    }
    for (size_t i = 0; i < playbook->check_count; i++) {
        if (playbook->checks[i].baseline != BASELINE_IGNORE &&
            needs_earlier(&playbook->checks[i].op))
            buf_addf(&ids, "%s%s", ids.length ? ", " : "", playbook->checks[i].op.id);
    }
    if (ids.length)
        plan_notes_add(notes, NOTE_WARNING, -1,
                       "not asked, because they go by results of earlier steps: %s",
                       buf_text(&ids));
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
        if (playbook->steps[i].phase == PHASE_PREPARE && is_asked(&playbook->steps[i].op))
            ask(p, target, ACTIVITY_STEP, (int)i);
    }
    if (playbook->read_count)
        ask(p, target, ACTIVITY_READ, 0);
    for (size_t i = 0; i < playbook->check_count; i++) {
        if (playbook->checks[i].baseline != BASELINE_IGNORE &&
            !needs_earlier(&playbook->checks[i].op))
            ask(p, target, ACTIVITY_CHECK, (int)i);
    }
    if (takes_snapshot(p->plan))
        ask(p, target, ACTIVITY_GUARD, 0);
}

static bool only_warns(const struct plan *plan, const struct question *q)
{
    if (q->activity == ACTIVITY_STEP)
        return plan->playbook.steps[q->index].severity == SEVERITY_WARN;
    return q->activity == ACTIVITY_CHECK &&
           plan->playbook.checks[q->index].severity == SEVERITY_WARN;
}

static void add_finding(struct probing *p, const struct question *q, const char *what,
                        const struct exec_result *result, enum note_kind kind)
{
    const struct operation *op = operation_of(p->plan, q);
    const char *found = result->sentence;
    bool answered = result->outcome == SLIPWAY_DONE || result->outcome == SLIPWAY_FAILED;
    const char *advice = op && op->advice && answered ? op->advice : "";
    auto_free char *sentence =
        xasprintf("%s%s%s%s%s%s", what, request_step_id(p->plan, q->activity, q->index),
                  *found ? ": " : "", found, *advice ? " - " : "", advice);
    probe_findings_add(&p->findings, only_warns(p->plan, q) ? NOTE_WARNING : kind,
                       q->target, sentence, false);
}

/* A closed door answers every question through it alike: it is told once, and without
   the advice of whichever step came first, which is about something else. */
static bool is_told(struct probing *p, const struct question *q,
                    const struct exec_result *result)
{
    if (result->outcome == SLIPWAY_DONE || result->outcome == SLIPWAY_FAILED ||
        q->activity == ACTIVITY_GUARD)
        return false;
    auto_free char *key = xasprintf("%d %.80s", q->target, result->sentence);
    bool told = map_find(&p->told, key) >= 0;
    (void)map_intern(&p->told, key);
    return told;
}

/* Versions that differ are not alike. */
static void compare_version(struct probing *p, int target, const char *said)
{
    const char *known = p->plan->targets[target].version;
    if (!said || !*known || !strcmp(said, known))
        return;
    auto_free char *sentence =
        xasprintf("the fleet says version %s, the appliance says %s", known, said);
    probe_findings_add(&p->findings, NOTE_WARNING, target, sentence, true);
}

static void judge(struct probing *p, const struct exec_result *result)
{
    const struct question *q = &p->questions[result->intent - 1];
    bool red = result->verdict == EXEC_EXPECT_FALSE;
    if (is_told(p, q, result))
        return;
    if (result->outcome != SLIPWAY_DONE)
        add_finding(p, q, "", result, NOTE_STOP);
    else if (red && q->activity == ACTIVITY_CHECK)
        add_finding(p, q, "red already, so it could not convict the change: check ",
                    result, NOTE_WARNING);
    else if (red)
        add_finding(p, q,
                    only_warns(p->plan, q) ? "would warn: step " : "would fail: step ",
                    result, NOTE_STOP);
    else if (q->activity == ACTIVITY_READ)
        compare_version(p, q->target, result->value);
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
    struct probing p = {.plan = plan, .findings = {.plan = plan}};
    struct exec_pool_options options = {.plugins = plugins};
    free(plan_to_json(plan)); /* sets the digest, which keys need */
    if (plugins_open_all(plugins, &err) ||
        request_maker_init(&p.maker, plan, NULL, 0, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    p.executor = exec_pool_create(&options, &err);
    if (p.executor) {
        for (int i = 0; i < (int)plan->target_count; i++)
            ask_all(&p, i);
        tell_unasked(&plan->playbook, notes);
        collect_all(&p);
        probe_findings_tell(&p.findings, notes);
    }
    exec_destroy(p.executor);
    plugins_close_all(plugins);
    request_maker_clear(&p.maker);
    free(p.questions);
    map_free(&p.told);
    probe_findings_clear(&p.findings);
    return p.executor ? EXIT_DONE : cli_fail(cli, EXIT_ERROR, "%s", err.text);
}
