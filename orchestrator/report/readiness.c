/*
 * readiness.c - from a campaign's records to what keeps each target from a change.
 *
 * How it works: one pass over the records of steps; a step that failed leaves its sentence,
 * one that finished takes it back. What a step's failure weighs comes from the pinned
 * playbook. A target that failed for another reason is not ready because of that one.
 *
 * Failure: codes of store.h; nothing is changed.
 */
#include "report/readiness.h"

#include <stdlib.h>
#include <string.h>

#include "engine/machines.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* Of one target and prepare step. */
struct look {
    bool looked;
    char *text; /* NULL: fine, or not looked at */
};

struct gathering {
    struct readiness *out;
    struct look *looks; /* targets x steps */
    int steps;          /* of the phase prepare: the first ones of the playbook */
};

const char *readiness_verdict_name(enum readiness_verdict verdict)
{
    static const char *const names[] = {"ready", "not_ready", "unknown"};
    return names[verdict];
}

static void finding_clear(struct readiness_finding *finding)
{
    free(finding->step);
    free(finding->text);
    free(finding->advice);
}

void readiness_clear(struct readiness *readiness)
{
    for (size_t i = 0; readiness->plan && i < readiness->plan->target_count; i++) {
        for (size_t j = 0; j < readiness->targets[i].count; j++)
            finding_clear(&readiness->targets[i].findings[j]);
        free(readiness->targets[i].findings);
    }
    free(readiness->targets);
    free(readiness->campaign);
    plan_free(readiness->plan);
    *readiness = (struct readiness){.plan = NULL};
}

/* --- what was looked at ------------------------------------------------------------------ */

static struct look *look_of(const struct gathering *g, int target, int step)
{
    bool there = target >= 0 && (size_t)target < g->out->plan->target_count &&
                 step >= 0 && step < g->steps;
    return there ? &g->looks[(size_t)target * (size_t)g->steps + (size_t)step] : NULL;
}

static int visit_step(void *data, const struct store_event *event)
{
    const struct gathering *g = data;
    const struct record *r = event->record;
    struct look *look =
        r->activity == ACTIVITY_STEP ? look_of(g, r->target, r->index) : NULL;
    if (!look || (r->event != STEP_FINISHED && r->event != STEP_FAIL))
        return 0;
    look->looked = true;
    xreplace(&look->text, r->event == STEP_FAIL ? (r->text ? r->text : "failed") : NULL);
    return 0;
}

static void add_finding(struct readiness_target *target, const char *step,
                        enum failure_severity severity, const char *sentence)
{
    size_t length, lead = strlen(step);
    const char *advice = advice_find(sentence, &length);
    /* "step ID: ...": whoever shows it shows the id */
    if (!strncmp(sentence, "step ", 5) && !strncmp(sentence + 5, step, lead) &&
        !strncmp(sentence + 5 + lead, ": ", 2)) {
        sentence += lead + 7;
        length -= lead + 7;
    }
    *vec_push(target->findings, target->count, target->room) =
        (struct readiness_finding){.step = xstrdup(step),
                                   .severity = severity,
                                   .text = xstrndup(sentence, length),
                                   .advice = xstrdup_null(advice)};
    target->blocks += severity == SEVERITY_BLOCK;
    target->warnings += severity == SEVERITY_WARN;
}

static void take_findings(const struct gathering *g, int target,
                          enum failure_severity severity)
{
    struct readiness_target *out = &g->out->targets[target];
    for (int i = 0; i < g->steps; i++) {
        const struct step *step = &g->out->plan->playbook.steps[i];
        const struct look *look = look_of(g, target, i);
        if (look->text && step->severity == severity)
            add_finding(out, step->op.id, severity, look->text);
    }
}

static bool all_looked(const struct gathering *g, int target)
{
    for (int i = 0; i < g->steps; i++)
        if (!look_of(g, target, i)->looked)
            return false;
    return true;
}

/* --- each target ---------------------------------------------------------------------------- */

static bool ended_badly(enum target_state_id state)
{
    return state == TARGET_FAILED || state == TARGET_PARKED || state == TARGET_STRANDED ||
           state == TARGET_ROLLED_BACK;
}

static int visit_target(void *data, const struct store_target *row)
{
    const struct gathering *g = data;
    struct readiness *out = g->out;
    struct readiness_target *target = &out->targets[row->index];
    take_findings(g, row->index, SEVERITY_BLOCK);
    if (!target->blocks && ended_badly(row->state))
        add_finding(target, machine_state(&target_machine, (int)row->state),
                    SEVERITY_BLOCK, row->reason ? row->reason : "no reason was recorded");
    take_findings(g, row->index, SEVERITY_WARN);
    target->verdict = target->blocks              ? READINESS_NOT
                      : all_looked(g, row->index) ? READINESS_READY
                                                  : READINESS_UNKNOWN;
    out->counts[target->verdict]++;
    out->warned += target->verdict == READINESS_READY && target->warnings > 0;
    return 0;
}

static int load_plan(struct store *store, int64_t campaign, struct readiness *out,
                     struct slipway_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(store, campaign, &text, &length, err);
    if (code)
        return code;
    return plan_from_json(text, length, &out->plan, err) ? STORE_CORRUPT : 0;
}

static void begin(struct readiness *out)
{
    size_t count = out->plan->target_count;
    out->targets = xcalloc(count, sizeof *out->targets);
    for (size_t i = 0; i < count; i++) {
        const struct plan_target *target = &out->plan->targets[i];
        out->targets[i] = (struct readiness_target){.name = target->name,
                                                    .site = target->site,
                                                    .version = target->version,
                                                    .verdict = READINESS_UNKNOWN};
    }
}

int readiness_load(struct store *store, const struct store_campaign *campaign,
                   int64_t now_ms, struct readiness *out, struct slipway_error *err)
{
    int first, end;
    int code = load_plan(store, campaign->id, out, err);
    if (code)
        return code;
    begin(out);
    out->campaign = xstrdup(campaign->name);
    out->began_ms = campaign->started_ms;
    out->now_ms = now_ms;
    plan_phase(out->plan, PHASE_PREPARE, &first, &end);
    struct gathering g = {.out = out, .steps = end - first};
    size_t looks = out->plan->target_count * (size_t)g.steps;
    g.looks = xcalloc(looks, sizeof *g.looks);
    struct store_event_filter steps = STORE_ANY_EVENT;
    struct store_target_filter all = STORE_ANY_TARGET;
    steps.kind = RECORD_STEP;
    code = store_events(store, campaign->id, &steps, visit_step, &g, err);
    if (!code)
        code = store_targets(store, campaign->id, &all, visit_target, &g, err);
    for (size_t i = 0; i < looks; i++)
        free(g.looks[i].text);
    free(g.looks);
    return code;
}
