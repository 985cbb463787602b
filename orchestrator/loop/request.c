/*
 * request.c - see request.h.
 *
 * Steps, checks and version reads come from the playbook; what slipway does by
 * itself (guard, snapshot, revert, remove, power) is written here, once.
 */
#include "loop/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/arguments.h"
#include "loop/earlier.h"
#include "model/render.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

int request_maker_init(struct request_maker *maker, const struct plan *plan,
                       struct store *store, int64_t campaign, struct slipway_error *err)
{
    json_t *vars = json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, err);
    if (!vars)
        return -1;
    *maker = (struct request_maker){
        .plan = plan, .store = store, .campaign = campaign, .vars = vars};
    return 0;
}

void request_maker_clear(struct request_maker *maker)
{
    json_decref(maker->vars);
    fingerprints_free(&maker->files);
    *maker = (struct request_maker){0};
}

static const struct operation *planned_operation(const struct plan *plan,
                                                 enum activity activity, int index)
{
    switch (activity) {
    case ACTIVITY_STEP:
        return &plan->playbook.steps[index].op;
    case ACTIVITY_CHECK:
        return &plan->playbook.checks[index].op;
    case ACTIVITY_READ:
        return &plan->playbook.reads[index];
    case ACTIVITY_RECOVER:
        return &plan->playbook.recovery_ops[index];
    default:
        return NULL;
    }
}

const char *request_step_id(const struct plan *plan, enum activity activity, int index)
{
    const struct operation *op = planned_operation(plan, activity, index);
    return op ? op->id : activity_name(activity);
}

/* ---- what slipway does by itself ---- */

static json_t *named_snapshot(const struct snapshot_state *snapshot)
{
    return json_pack("{s:s, s:s}", "snapshot",
                     snapshot && snapshot->reference ? snapshot->reference : "", "name",
                     snapshot && snapshot->name ? snapshot->name : "");
}

/* Since when: which finished task can be ours. */
static json_t *snapshot_to_revert_to(const struct action *action)
{
    json_t *with = named_snapshot(action->snapshot);
    (void)json_object_set_new(with, "not_before", json_integer(action->issued_ms));
    return with;
}

/* What a change must find before it is sent. */
static void protect(struct exec_request *request, const struct snapshot_state *snapshot)
{
    auto_json json_t *with = named_snapshot(snapshot);
    request->protection = xstrdup("vsphere.snapshot_find");
    request->protection_with = json_canonical(with);
}

static json_t *own_arguments(const struct plan *plan, const struct action *action)
{
    const struct playbook *p = &plan->playbook;
    switch (action->activity) {
    case ACTIVITY_GUARD:
        return json_pack("{s:s, s:I}", "own", "slipway/", "room_bytes",
                         (json_int_t)p->snapshot_room_bytes);
    case ACTIVITY_SNAPSHOT: {
        auto_free char *name = engine_snapshot_name(plan, action->target, action->index,
                                                    action->incarnation);
        auto_free char *text = xasprintf("before step %s of campaign %s",
                                         p->steps[action->index].op.id, plan->campaign);
        return json_pack("{s:s, s:s, s:b, s:b}", "name", name, "description", text,
                         "memory", p->snapshot_memory, "quiesce", p->snapshot_quiesce);
    }
    case ACTIVITY_REVERT:
        return snapshot_to_revert_to(action);
    case ACTIVITY_PRUNE:
        return named_snapshot(action->snapshot);
    case ACTIVITY_POWER_OFF:
        return json_pack("{s:I}", "grace_ms", (json_int_t)action->grace_ms);
    default:
        return json_object();
    }
}

static const char *own_use(enum activity activity)
{
    switch (activity) {
    case ACTIVITY_GUARD:
        return "vsphere.snapshot_check";
    case ACTIVITY_SNAPSHOT:
        return "vsphere.snapshot_create";
    case ACTIVITY_REVERT:
        return "vsphere.snapshot_revert";
    case ACTIVITY_PRUNE:
        return "vsphere.snapshot_remove";
    case ACTIVITY_POWER_OFF:
        return "vsphere.shut_down";
    default:
        return "vsphere.power_on";
    }
}

static enum slipway_class own_class(enum activity activity)
{
    if (activity == ACTIVITY_GUARD)
        return SLIPWAY_READ;
    bool power = activity == ACTIVITY_POWER_ON || activity == ACTIVITY_POWER_OFF;
    return power ? SLIPWAY_IDEMPOTENT : SLIPWAY_RECONCILABLE;
}

/* ---- templates ---- */

/* What templates brought in is checked as if a person had written it. */
static int check_expanded(const struct request_maker *maker, const char *use, char **with,
                          struct slipway_error *err)
{
    struct plugins_operation found;
    auto_json json_t *json = json_parse(*with, strlen(*with), RENDER_BYTES_MAX, err);
    auto_json json_t *checked = NULL;
    if (!json || plugins_find(maker->plugins, use, &found, err) ||
        arguments_check(found.operation, json, NULL, ARGUMENTS_RUN, &checked, err))
        return -1;
    free(*with);
    *with = json_canonical(checked);
    return 0;
}

static int render_planned(const struct request_maker *maker, const struct action *action,
                          const struct operation *op, struct exec_request *out,
                          struct slipway_error *err)
{
    const struct plan_target *target = &maker->plan->targets[action->target];
    auto_json json_t *steps =
        earlier_results(maker->store, maker->campaign, action->target, op);
    if (strstr(op->with, "${")) {
        auto_json json_t *doc =
            json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
        auto_json json_t *context =
            json_pack("{s:O, s:O, s:O}", "vars", maker->vars, "target",
                      doc ? doc : json_null(), "steps", steps);
        out->with = render_with(op->with, context, err);
    } else {
        out->with = xstrdup(op->with);
    }
    if (!out->with || (maker->plugins && strstr(op->with, "${") &&
                       check_expanded(maker, op->use, &out->with, err)))
        return -1;
    out->expect = xstrdup_null(op->expect);
    out->value = xstrdup_null(op->value);
    if (op->expect || op->value) {
        out->vars = xstrdup(maker->plan->vars);
        out->steps = json_canonical(steps);
    }
    return 0;
}

/* ---- files ---- */

/* What runs is what was planned: a script that was edited since is not begun. What is
   under way already is asked about in any case. */
static int check_files(struct request_maker *maker, const struct operation *op,
                       struct slipway_error *err)
{
    const char *path;
    json_t *pinned;
    auto_json json_t *files =
        op->files ? json_parse(op->files, strlen(op->files), JSON_BYTES_MAX, NULL) : NULL;
    json_object_foreach(files, path, pinned)
    {
        const char *now = fingerprints_look(&maker->files, path);
        const char *planned = json_string_value(pinned);
        if (planned && !strcmp(now, planned))
            continue;
        bool absent = !strcmp(now, "absent");
        return slipway_error_set(
            err, -1,
            "%s %s since the plan was made: put the old one back, or "
            "plan again",
            path, absent ? "is gone" : "was changed");
    }
    return 0;
}

/* ---- the request ---- */

/* campaign-digest.target.step.incarnation.number: unique for ever, because the
   digest covers when the plan was made. The number is that of the attempt's first
   intent: a launch that comes through late and its repetition are one job. Reads
   get an r before the number. */
static char *make_key(const struct plan *plan, const struct action *action)
{
    return xasprintf("%.40s-%.8s.%.60s.%.24s.%d.%s%lld", plan->campaign, plan->digest,
                     plan->targets[action->target].name,
                     request_step_id(plan, action->activity, action->index),
                     action->incarnation, action->intent ? "" : "r",
                     (long long)(action->intent ? action->key : action->call_id));
}

static enum exec_verb verb_of(enum call call)
{
    return call == CALL_POLL ? EXEC_POLL : call == CALL_PROBE ? EXEC_PROBE : EXEC_START;
}

int request_make(struct request_maker *maker, const struct action *action,
                 struct exec_request *out, struct slipway_error *err)
{
    const struct plan *plan = maker->plan;
    const struct operation *op = planned_operation(plan, action->activity, action->index);
    struct exec_request request = {
        .intent = action->call_id,
        .verb = verb_of(action->call),
        .timeout_ms = action->timeout_ms,
    };
    if (op && ((action->call == CALL_START && check_files(maker, op, err)) ||
               render_planned(maker, action, op, &request, err))) {
        exec_request_free(&request);
        return -1;
    }
    if (!op) {
        auto_json json_t *with = own_arguments(plan, action);
        request.with = json_canonical(with);
    }
    bool changes =
        action->activity == ACTIVITY_STEP || action->activity == ACTIVITY_RECOVER;
    request.repeat =
        op ? (changes ? op->repeat : SLIPWAY_READ) : own_class(action->activity);
    request.use = xstrdup(op ? op->use : own_use(action->activity));
    request.target = xstrdup(plan->targets[action->target].doc);
    request.handle = xstrdup_null(action->handle);
    request.key = make_key(plan, action);
    request.fingerprint = xcalloc(SHA256_HEX, 1);
    (void)operation_fingerprint(request.use, request.with, request.fingerprint);
    if (op && action->snapshot)
        protect(&request, action->snapshot);
    /* the engine needs the reference of what was made */
    if (action->activity == ACTIVITY_SNAPSHOT)
        request.value = xstrdup("result ->> '$.snapshot'");
    *out = request;
    return 0;
}
