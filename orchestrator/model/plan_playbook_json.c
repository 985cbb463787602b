/* plan_playbook_json.c - the playbook inside a plan as JSON, and back. */
#include <string.h>

#include "model/plan_members.h"
#include "util/json.h"
#include "util/xalloc.h"

/* Of what is seldom there, only what is there: older plans keep their digests. */
static json_t *operation_json(const struct operation *op)
{
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "id", op->id, "use", op->use,
                  "class", repeat_name(op->repeat), "with", plan_parsed(op->with),
                  "expect", plan_text_or_null(op->expect), "value",
                  plan_text_or_null(op->value), "timeout_ms", (json_int_t)op->timeout_ms);
    if (op->advice)
        (void)json_object_set_new(o, "advice", json_string(op->advice));
    if (op->files)
        (void)json_object_set_new(o, "files", plan_parsed(op->files));
    return o;
}

static json_t *step_json(const struct step *step)
{
    json_t *limits = json_array();
    for (size_t i = 0; i < step->limit_count; i++)
        (void)json_array_append_new(limits, json_string(step->limits[i]));
    json_t *o = json_pack("{s:o, s:s, s:I, s:s, s:i, s:b, s:o}", "operation",
                          operation_json(&step->op), "phase", phase_name(step->phase),
                          "expected_ms", (json_int_t)step->expected_ms, "on_failure",
                          on_failure_name(step->on_failure), "retries", step->retries,
                          "snapshot", step->snapshot, "limits", limits);
    if (step->severity != step_severity(step->on_failure))
        (void)json_object_set_new(o, "severity",
                                  json_string(severity_name(step->severity)));
    return o;
}

static json_t *check_json(const struct check *check)
{
    json_t *o = json_pack(
        "{s:o, s:I, s:I, s:i, s:s, s:o, s:i}", "operation", operation_json(&check->op),
        "for_ms", (json_int_t)check->for_ms, "every_ms", (json_int_t)check->every_ms,
        "stable", check->stable, "baseline", baseline_name(check->baseline), "after",
        plan_text_or_null(check->after), "after_step", check->after_step);
    if (check->severity != SEVERITY_BLOCK)
        (void)json_object_set_new(o, "severity",
                                  json_string(severity_name(check->severity)));
    return o;
}

static json_t *recovery_json(const struct playbook *p, const struct recovery *r)
{
    json_t *phases = json_array(), *operations = json_array();
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (r->phases >> i & 1u)
            (void)json_array_append_new(phases, json_string(phase_name((enum phase)i)));
    }
    for (int i = r->first; i < r->first + r->count; i++)
        (void)json_array_append_new(operations, operation_json(&p->recovery_ops[i]));
    return json_pack("{s:s, s:s, s:o, s:i, s:o}", "issue", r->issue, "match", r->match,
                     "phases", phases, "at_most", r->at_most, "operations", operations);
}

static void add_recoveries(const struct playbook *p, json_t *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->recovery_count; i++)
        (void)json_array_append_new(list, recovery_json(p, &p->recoveries[i]));
    if (p->recovery_count)
        (void)json_object_set(out, "recoveries", list);
    json_decref(list);
    if (p->recoveries_off)
        (void)json_object_set_new(out, "recoveries_off", json_true());
}

static void add_worst(const struct worst *worst, json_t *out)
{
    if (worst->change_ms || worst->rollback_ms)
        (void)json_object_set_new(out, "worst",
                                  json_pack("{s:I, s:I}", "change_ms",
                                            (json_int_t)worst->change_ms, "rollback_ms",
                                            (json_int_t)worst->rollback_ms));
}

json_t *plan_playbook_json(const struct playbook *p)
{
    json_t *steps = json_array(), *checks = json_array(), *reads = json_array();
    for (size_t i = 0; i < p->step_count; i++)
        (void)json_array_append_new(steps, step_json(&p->steps[i]));
    for (size_t i = 0; i < p->check_count; i++)
        (void)json_array_append_new(checks, check_json(&p->checks[i]));
    for (size_t i = 0; i < p->read_count; i++)
        (void)json_array_append_new(reads, operation_json(&p->reads[i]));
    json_t *o = json_pack(
        "{s:s, s:o, s:s, s:i, s:I, s:I, s:I, s:b, s:b, s:I, s:o, s:o, s:o}", "name",
        p->name, "digest", plan_text_or_null(p->digest), "rollback",
        rollback_name(p->rollback), "max_depth", p->max_depth, "snapshot_ttl_ms",
        (json_int_t)p->snapshot_ttl_ms, "snapshot_settle_ms",
        (json_int_t)p->snapshot_settle_ms, "snapshot_room_bytes",
        (json_int_t)p->snapshot_room_bytes, "snapshot_memory", p->snapshot_memory,
        "snapshot_quiesce", p->snapshot_quiesce, "boot_timeout_ms",
        (json_int_t)p->boot_timeout_ms, "steps", steps, "checks", checks, "reads", reads);
    add_worst(&p->worst, o);
    add_recoveries(p, o);
    return o;
}

/* ---- reading ---- */

static void read_operation(struct plan_reader *r, const json_t *o, struct operation *op)
{
    op->id = plan_read_text(r, o, "id");
    op->use = plan_read_text(r, o, "use");
    op->repeat = (enum slipway_class)plan_read_name(r, o, "class", repeat_from);
    op->with = plan_read_document(r, o, "with");
    op->expect = plan_read_text_or_null(o, "expect");
    op->value = plan_read_text_or_null(o, "value");
    op->advice = plan_read_text_or_null(o, "advice");
    if (json_object_get(o, "files"))
        op->files = plan_read_document(r, o, "files");
    op->timeout_ms = plan_read_number(r, o, "timeout_ms");
}

static void read_step(struct plan_reader *r, const json_t *o, struct step *step)
{
    read_operation(r, json_object_get(o, "operation"), &step->op);
    step->phase = (enum phase)plan_read_name(r, o, "phase", phase_from);
    step->on_failure =
        (enum on_failure)plan_read_name(r, o, "on_failure", on_failure_from);
    step->severity =
        json_object_get(o, "severity")
            ? (enum failure_severity)plan_read_name(r, o, "severity", severity_from)
            : step_severity(step->on_failure);
    step->expected_ms = json_number(o, "expected_ms", 0);
    step->retries = plan_read_int(r, o, "retries", 0, STEP_RETRIES_MAX);
    step->snapshot = plan_read_bool(o, "snapshot");
    const json_t *limits = json_object_get(o, "limits");
    size_t count = plan_read_array(r, o, "limits", STEP_LIMITS_MAX);
    step->limits = xcalloc(count, sizeof *step->limits);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(limits, i));
        step->limits[step->limit_count++] = xstrdup(name ? name : "");
    }
}

static void read_check(struct plan_reader *r, const json_t *o, struct check *check)
{
    read_operation(r, json_object_get(o, "operation"), &check->op);
    check->for_ms = plan_read_number(r, o, "for_ms");
    check->every_ms = plan_read_number(r, o, "every_ms");
    check->stable = plan_read_int(r, o, "stable", 1, 1000);
    check->baseline = (enum baseline_rule)plan_read_name(r, o, "baseline", baseline_from);
    if (json_object_get(o, "severity"))
        check->severity =
            (enum failure_severity)plan_read_name(r, o, "severity", severity_from);
    check->after = plan_read_text_or_null(o, "after");
    check->after_step = plan_read_int(r, o, "after_step", -1, PLAYBOOK_STEPS_MAX);
}

static void read_playbook_lists(struct plan_reader *r, const json_t *o,
                                struct playbook *p)
{
    const json_t *steps = json_object_get(o, "steps");
    const json_t *checks = json_object_get(o, "checks");
    const json_t *reads = json_object_get(o, "reads");
    p->step_count = plan_read_array(r, o, "steps", PLAYBOOK_STEPS_MAX);
    p->steps = xcalloc(p->step_count, sizeof *p->steps);
    for (size_t i = 0; i < p->step_count; i++)
        read_step(r, json_array_get(steps, i), &p->steps[i]);
    p->check_count = plan_read_array(r, o, "checks", PLAYBOOK_CHECKS_MAX);
    p->checks = xcalloc(p->check_count, sizeof *p->checks);
    for (size_t i = 0; i < p->check_count; i++)
        read_check(r, json_array_get(checks, i), &p->checks[i]);
    p->read_count = plan_read_array(r, o, "reads", PLAYBOOK_READS_MAX);
    p->reads = xcalloc(p->read_count, sizeof *p->reads);
    for (size_t i = 0; i < p->read_count; i++)
        read_operation(r, json_array_get(reads, i), &p->reads[i]);
}

static unsigned read_phases(struct plan_reader *r, const json_t *o)
{
    unsigned phases = 0;
    size_t count = plan_read_array(r, o, "phases", PHASE_COUNT);
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(json_object_get(o, "phases"), i);
        int phase = phase_from(json_string_value(name));
        r->bad = r->bad || phase < 0;
        phases |= phase < 0 ? 0 : 1u << phase;
    }
    return phases;
}

static void read_recovery(struct plan_reader *r, const json_t *o, struct playbook *p,
                          struct recovery *recovery)
{
    const json_t *operations = json_object_get(o, "operations");
    size_t count = plan_read_array(r, o, "operations", RECOVERY_STEPS_MAX);
    recovery->issue = plan_read_text(r, o, "issue");
    recovery->match = plan_read_text(r, o, "match");
    recovery->phases = read_phases(r, o);
    recovery->at_most = plan_read_int(r, o, "at_most", 0, RECOVERY_TIMES_MAX);
    recovery->first = (int)p->recovery_op_count;
    recovery->count = (int)count;
    p->recovery_ops = xreallocarray(p->recovery_ops, p->recovery_op_count + count + 1,
                                    sizeof *p->recovery_ops);
    for (size_t i = 0; i < count; i++) {
        p->recovery_ops[p->recovery_op_count] = (struct operation){.id = NULL};
        read_operation(r, json_array_get(operations, i),
                       &p->recovery_ops[p->recovery_op_count++]);
    }
}

/* Absent in most plans, and in all older ones. */
static void read_recoveries(struct plan_reader *r, const json_t *o, struct playbook *p)
{
    const json_t *list = json_object_get(o, "recoveries");
    p->recoveries_off = json_is_true(json_object_get(o, "recoveries_off"));
    size_t count = list ? plan_read_array(r, o, "recoveries", RECOVERIES_MAX) : 0;
    p->recoveries = xcalloc(count, sizeof *p->recoveries);
    p->recovery_count = count;
    for (size_t i = 0; i < count; i++)
        read_recovery(r, json_array_get(list, i), p, &p->recoveries[i]);
}

/* 0 where nobody said anything. */
static void read_worst(struct plan_reader *r, const json_t *o, struct worst *worst)
{
    const json_t *said = json_object_get(o, "worst");
    if (!said)
        return;
    worst->change_ms = plan_read_number(r, said, "change_ms");
    worst->rollback_ms = plan_read_number(r, said, "rollback_ms");
}

void plan_read_playbook(struct plan_reader *r, const json_t *o, struct playbook *p)
{
    p->name = plan_read_text(r, o, "name");
    p->digest = plan_read_text_or_null(o, "digest");
    p->rollback = (enum rollback_kind)plan_read_name(r, o, "rollback", rollback_from);
    p->max_depth = plan_read_int(r, o, "max_depth", 1, 8);
    p->snapshot_ttl_ms = plan_read_number(r, o, "snapshot_ttl_ms");
    p->snapshot_settle_ms = plan_read_number(r, o, "snapshot_settle_ms");
    p->snapshot_room_bytes = plan_read_number(r, o, "snapshot_room_bytes");
    p->snapshot_memory = plan_read_bool(o, "snapshot_memory");
    p->snapshot_quiesce = plan_read_bool(o, "snapshot_quiesce");
    p->boot_timeout_ms = plan_read_number(r, o, "boot_timeout_ms");
    read_worst(r, o, &p->worst);
    read_playbook_lists(r, o, p);
    read_recoveries(r, o, p);
}
