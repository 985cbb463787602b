/*
 * plan_json.c - the pinned plan as canonical JSON, and back.
 *
 * The digest is the SHA-256 of the canonical text of the document without its
 * "digest" member; reading checks it, so a plan that was edited by hand, or cut
 * short, is refused instead of half believed.
 */
#include <stdlib.h>
#include <string.h>

#include "model/plan.h"
#include "model/plan_targets.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/xalloc.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *parsed(const char *text)
{
    json_t *json = text ? json_parse(text, strlen(text), JSON_BYTES_MAX, NULL) : NULL;
    return json ? json : json_object();
}

static json_t *operation_json(const struct operation *op)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "id", op->id, "use", op->use,
                     "class", repeat_name(op->repeat), "with", parsed(op->with), "expect",
                     text_or_null(op->expect), "value", text_or_null(op->value),
                     "timeout_ms", (json_int_t)op->timeout_ms);
}

static json_t *step_json(const struct step *step)
{
    json_t *limits = json_array();
    for (size_t i = 0; i < step->limit_count; i++)
        (void)json_array_append_new(limits, json_string(step->limits[i]));
    return json_pack("{s:o, s:s, s:s, s:i, s:b, s:o}", "operation",
                     operation_json(&step->op), "phase", phase_name(step->phase),
                     "on_failure", on_failure_name(step->on_failure), "retries",
                     step->retries, "snapshot", step->snapshot, "limits", limits);
}

static json_t *check_json(const struct check *check)
{
    return json_pack("{s:o, s:I, s:I, s:i, s:s, s:o, s:i}", "operation",
                     operation_json(&check->op), "for_ms", (json_int_t)check->for_ms,
                     "every_ms", (json_int_t)check->every_ms, "stable", check->stable,
                     "baseline", baseline_name(check->baseline), "after",
                     text_or_null(check->after), "after_step", check->after_step);
}

static json_t *playbook_json(const struct playbook *p)
{
    json_t *steps = json_array(), *checks = json_array(), *reads = json_array();
    for (size_t i = 0; i < p->step_count; i++)
        (void)json_array_append_new(steps, step_json(&p->steps[i]));
    for (size_t i = 0; i < p->check_count; i++)
        (void)json_array_append_new(checks, check_json(&p->checks[i]));
    for (size_t i = 0; i < p->read_count; i++)
        (void)json_array_append_new(reads, operation_json(&p->reads[i]));
    return json_pack(
        "{s:s, s:o, s:s, s:i, s:I, s:I, s:I, s:b, s:b, s:I, s:o, s:o, s:o}", "name",
        p->name, "digest", text_or_null(p->digest), "rollback",
        rollback_name(p->rollback), "max_depth", p->max_depth, "snapshot_ttl_ms",
        (json_int_t)p->snapshot_ttl_ms, "snapshot_settle_ms",
        (json_int_t)p->snapshot_settle_ms, "snapshot_room_bytes",
        (json_int_t)p->snapshot_room_bytes, "snapshot_memory", p->snapshot_memory,
        "snapshot_quiesce", p->snapshot_quiesce, "boot_timeout_ms",
        (json_int_t)p->boot_timeout_ms, "steps", steps, "checks", checks, "reads", reads);
}

static json_t *caps_json(const struct plan_cap *caps, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:i}", "key", caps[i].key, "max", caps[i].max));
    return list;
}

static json_t *wave_json(const struct plan_wave *w)
{
    return json_pack("{s:s, s:i, s:i, s:I, s:i, s:b, s:s, s:b}", "name", w->name, "first",
                     w->first, "count", w->count, "soak_ms", (json_int_t)w->soak_ms,
                     "budget", w->budget, "gate", w->gate, "on_exceed",
                     on_exceed_name(w->on_exceed), "canary", w->canary);
}

/* The members are written in the order of their names: `digest` comes after the first
   group, `targets` after the second. */
static json_t *first_members(const struct plan *plan)
{
    return json_pack(
        "{s:b, s:i, s:s, s:o, s:o, s:I}", "approval_required", plan->approval_required,
        "budget", plan->budget, "campaign", plan->campaign, "campaign_digest",
        text_or_null(plan->campaign_digest), "created_by", text_or_null(plan->created_by),
        "created_ms", (json_int_t)plan->created_ms);
}

static json_t *second_members(const struct plan *plan)
{
    return json_pack("{s:o, s:o, s:i, s:o, s:s, s:s, s:o, s:i, s:o}", "domains",
                     caps_json(plan->domains, plan->domain_count), "fleet_digest",
                     text_or_null(plan->fleet_digest), "in_flight", plan->in_flight,
                     "limits", caps_json(plan->limits, plan->limit_count), "mode",
                     budget_mode_name(plan->mode), "on_exceed",
                     on_exceed_name(plan->on_exceed), "playbook",
                     playbook_json(&plan->playbook), "slipway_plan", PLAN_FORMAT,
                     "slipway_version", text_or_null(plan->slipway_version));
}

static json_t *last_members(const struct plan *plan)
{
    json_t *waves = json_array();
    for (size_t i = 0; i < plan->wave_count; i++)
        (void)json_array_append_new(waves, wave_json(&plan->waves[i]));
    return json_pack("{s:o, s:o, s:o}", "time", plan_time_json(&plan->time), "vars",
                     parsed(plan->vars), "waves", waves);
}

/* The members without the braces. Takes the object. */
static void add_members(struct buf *out, json_t *object)
{
    auto_free char *text = json_canonical(object);
    buf_add(out, text + 1, strlen(text) - 2);
    json_decref(object);
}

char *plan_to_json(struct plan *plan)
{
    auto_buf struct buf head = {0}, tail = {0};
    buf_addc(&head, '{');
    add_members(&head, first_members(plan));
    buf_addc(&head, ',');
    add_members(&tail, second_members(plan));
    buf_adds(&tail, ",\"targets\":");
    plan_targets_write(plan, &tail);
    buf_addc(&tail, ',');
    add_members(&tail, last_members(plan));
    buf_addc(&tail, '}');
    if (!plan->digest) {
        plan->digest = xmalloc(SHA256_HEX);
        sha256_pair(head.data, head.length, tail.data, tail.length, plan->digest);
    }
    buf_addf(&head, "\"digest\":\"%s\",", plan->digest);
    buf_add(&head, tail.data, tail.length);
    return buf_take(&head);
}

/* ---- reading ---- */

struct reader {
    bool bad;
    const char *what; /* the member that is missing or of the wrong type */
};

static char *read_text(struct reader *r, const json_t *o, const char *key)
{
    const char *text = json_text(o, key);
    if (!text) {
        r->bad = true;
        r->what = key;
        return xstrdup("");
    }
    return xstrdup(text);
}

static char *read_text_or_null(const json_t *o, const char *key)
{
    return xstrdup_null(json_text(o, key));
}

static int64_t read_number(struct reader *r, const json_t *o, const char *key)
{
    if (!json_is_integer(json_object_get(o, key))) {
        r->bad = true;
        r->what = key;
    }
    return (int64_t)json_number(o, key, 0);
}

/* A number that must lie in [low, high]. */
static int read_int(struct reader *r, const json_t *o, const char *key, int64_t low,
                    int64_t high)
{
    int64_t number = read_number(r, o, key);
    if (number < low || number > high) {
        r->bad = true;
        r->what = key;
        return (int)low;
    }
    return (int)number;
}

static int read_name(struct reader *r, const json_t *o, const char *key,
                     int (*from)(const char *))
{
    int value = from(json_text(o, key));
    if (value < 0) {
        r->bad = true;
        r->what = key;
        return 0;
    }
    return value;
}

static bool read_bool(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

static char *read_document(struct reader *r, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    if (!json_is_object(value)) {
        r->bad = true;
        r->what = key;
    }
    return json_canonical(value);
}

static size_t read_array(struct reader *r, const json_t *o, const char *key, size_t max)
{
    const json_t *list = json_object_get(o, key);
    if (!json_is_array(list) || json_array_size(list) > max) {
        r->bad = true;
        r->what = key;
        return 0;
    }
    return json_array_size(list);
}

static void read_operation(struct reader *r, const json_t *o, struct operation *op)
{
    op->id = read_text(r, o, "id");
    op->use = read_text(r, o, "use");
    op->repeat = (enum slipway_class)read_name(r, o, "class", repeat_from);
    op->with = read_document(r, o, "with");
    op->expect = read_text_or_null(o, "expect");
    op->value = read_text_or_null(o, "value");
    op->timeout_ms = read_number(r, o, "timeout_ms");
}

static void read_step(struct reader *r, const json_t *o, struct step *step)
{
    read_operation(r, json_object_get(o, "operation"), &step->op);
    step->phase = (enum phase)read_name(r, o, "phase", phase_from);
    step->on_failure = (enum on_failure)read_name(r, o, "on_failure", on_failure_from);
    step->retries = read_int(r, o, "retries", 0, STEP_RETRIES_MAX);
    step->snapshot = read_bool(o, "snapshot");
    const json_t *limits = json_object_get(o, "limits");
    size_t count = read_array(r, o, "limits", STEP_LIMITS_MAX);
    step->limits = xcalloc(count, sizeof *step->limits);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(limits, i));
        step->limits[step->limit_count++] = xstrdup(name ? name : "");
    }
}

static void read_check(struct reader *r, const json_t *o, struct check *check)
{
    read_operation(r, json_object_get(o, "operation"), &check->op);
    check->for_ms = read_number(r, o, "for_ms");
    check->every_ms = read_number(r, o, "every_ms");
    check->stable = read_int(r, o, "stable", 1, 1000);
    check->baseline = (enum baseline_rule)read_name(r, o, "baseline", baseline_from);
    check->after = read_text_or_null(o, "after");
    check->after_step = read_int(r, o, "after_step", -1, PLAYBOOK_STEPS_MAX);
}

static void read_playbook_lists(struct reader *r, const json_t *o, struct playbook *p)
{
    const json_t *steps = json_object_get(o, "steps");
    const json_t *checks = json_object_get(o, "checks");
    const json_t *reads = json_object_get(o, "reads");
    p->step_count = read_array(r, o, "steps", PLAYBOOK_STEPS_MAX);
    p->steps = xcalloc(p->step_count, sizeof *p->steps);
    for (size_t i = 0; i < p->step_count; i++)
        read_step(r, json_array_get(steps, i), &p->steps[i]);
    p->check_count = read_array(r, o, "checks", PLAYBOOK_CHECKS_MAX);
    p->checks = xcalloc(p->check_count, sizeof *p->checks);
    for (size_t i = 0; i < p->check_count; i++)
        read_check(r, json_array_get(checks, i), &p->checks[i]);
    p->read_count = read_array(r, o, "reads", PLAYBOOK_READS_MAX);
    p->reads = xcalloc(p->read_count, sizeof *p->reads);
    for (size_t i = 0; i < p->read_count; i++)
        read_operation(r, json_array_get(reads, i), &p->reads[i]);
}

static void read_playbook(struct reader *r, const json_t *o, struct playbook *p)
{
    p->name = read_text(r, o, "name");
    p->digest = read_text_or_null(o, "digest");
    p->rollback = (enum rollback_kind)read_name(r, o, "rollback", rollback_from);
    p->max_depth = read_int(r, o, "max_depth", 1, 8);
    p->snapshot_ttl_ms = read_number(r, o, "snapshot_ttl_ms");
    p->snapshot_settle_ms = read_number(r, o, "snapshot_settle_ms");
    p->snapshot_room_bytes = read_number(r, o, "snapshot_room_bytes");
    p->snapshot_memory = read_bool(o, "snapshot_memory");
    p->snapshot_quiesce = read_bool(o, "snapshot_quiesce");
    p->boot_timeout_ms = read_number(r, o, "boot_timeout_ms");
    read_playbook_lists(r, o, p);
}

static void read_caps(struct reader *r, const json_t *o, const char *key,
                      struct plan_cap **caps, size_t *count)
{
    const json_t *list = json_object_get(o, key);
    *count = read_array(r, o, key, PLAN_TARGETS_MAX);
    *caps = xcalloc(*count, sizeof **caps);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        (*caps)[i].key = read_text(r, item, "key");
        (*caps)[i].max = read_int(r, item, "max", 0, IN_FLIGHT_MAX);
    }
}

static void read_wave(struct reader *r, const json_t *o, struct plan_wave *w)
{
    w->name = read_text(r, o, "name");
    w->first = read_int(r, o, "first", 0, PLAN_TARGETS_MAX);
    w->count = read_int(r, o, "count", 0, PLAN_TARGETS_MAX);
    w->soak_ms = read_number(r, o, "soak_ms");
    w->budget = read_int(r, o, "budget", 0, PLAN_TARGETS_MAX);
    w->gate = read_bool(o, "gate");
    w->on_exceed = (enum on_exceed)read_name(r, o, "on_exceed", on_exceed_from);
    w->canary = read_bool(o, "canary");
}

static void read_target(struct reader *r, const json_t *o, const struct plan *plan,
                        struct plan_target *t)
{
    t->name = read_text(r, o, "name");
    t->site = read_text(r, o, "site");
    t->version = read_text(r, o, "version");
    t->link_group = read_text(r, o, "link_group");
    t->manager = read_text(r, o, "manager");
    t->doc = read_document(r, o, "doc");
    t->wave = read_int(r, o, "wave", 0, (int64_t)plan->wave_count - 1);
    int limits = (int)plan->limit_count - 1;
    t->manager_limit = read_int(r, o, "manager_limit", -1, limits);
    t->datastore_limit = read_int(r, o, "datastore_limit", -1, limits);
    const json_t *domains = json_object_get(o, "domains");
    t->domain_count = (int)read_array(r, o, "domains", TARGET_DOMAINS_MAX);
    for (int i = 0; i < t->domain_count; i++) {
        const json_t *item = json_array_get(domains, (size_t)i);
        json_int_t index = json_is_integer(item) ? json_integer_value(item) : -1;
        r->bad = r->bad || index < 0 || index >= (json_int_t)plan->domain_count;
        t->domains[i] = r->bad ? 0 : (int)index;
    }
}

/* Waves must tile the targets, or the engine would index outside. */
static void check_tiling(struct reader *r, const struct plan *plan)
{
    int next = 0;
    for (size_t i = 0; i < plan->wave_count; i++) {
        r->bad = r->bad || plan->waves[i].first != next;
        next += plan->waves[i].count;
        for (int k = plan->waves[i].first; !r->bad && k < next; k++)
            r->bad = k >= (int)plan->target_count || plan->targets[k].wave != (int)i;
    }
    r->bad = r->bad || next != (int)plan->target_count;
    if (r->bad && !r->what)
        r->what = "waves";
}

static void read_lists(struct reader *r, const json_t *o, struct plan *plan)
{
    read_caps(r, o, "domains", &plan->domains, &plan->domain_count);
    read_caps(r, o, "limits", &plan->limits, &plan->limit_count);
    const json_t *waves = json_object_get(o, "waves");
    plan->wave_count = read_array(r, o, "waves", STRATEGY_WAVES_MAX);
    plan->waves = xcalloc(plan->wave_count, sizeof *plan->waves);
    for (size_t i = 0; i < plan->wave_count; i++)
        read_wave(r, json_array_get(waves, i), &plan->waves[i]);
}

static void read_targets(struct reader *r, const json_t *o, struct plan *plan)
{
    const json_t *targets = json_object_get(o, "targets");
    plan->target_count = read_array(r, o, "targets", PLAN_TARGETS_MAX);
    plan->targets = xcalloc(plan->target_count, sizeof *plan->targets);
    for (size_t i = 0; i < plan->target_count; i++)
        read_target(r, json_array_get(targets, i), plan, &plan->targets[i]);
}

static void read_plan(struct reader *r, const json_t *o, struct plan *plan)
{
    plan->campaign = read_text(r, o, "campaign");
    plan->digest = read_text(r, o, "digest");
    plan->created_ms = read_number(r, o, "created_ms");
    plan->created_by = read_text_or_null(o, "created_by");
    plan->slipway_version = read_text_or_null(o, "slipway_version");
    plan->campaign_digest = read_text_or_null(o, "campaign_digest");
    plan->fleet_digest = read_text_or_null(o, "fleet_digest");
    plan->vars = read_document(r, o, "vars");
    read_playbook(r, json_object_get(o, "playbook"), &plan->playbook);
    plan->in_flight = read_int(r, o, "in_flight", 1, IN_FLIGHT_MAX);
    plan->budget = read_int(r, o, "budget", 0, PLAN_TARGETS_MAX);
    plan->mode = (enum budget_mode)read_name(r, o, "mode", budget_mode_from);
    plan->on_exceed = (enum on_exceed)read_name(r, o, "on_exceed", on_exceed_from);
    plan->approval_required = read_bool(o, "approval_required");
    read_lists(r, o, plan);
}

/* After the targets: the rules are about each of them. */
static void read_time(struct reader *r, const json_t *o, struct plan *plan)
{
    if (!r->bad &&
        plan_time_read(json_object_get(o, "time"), plan->target_count,
                       plan->playbook.step_count, plan->created_ms, &plan->time)) {
        r->bad = true;
        r->what = "time";
    }
}

static bool is_known_format(const json_t *document)
{
    json_int_t format = json_number(document, "slipway_plan", 0);
    return format >= 1 && format <= PLAN_FORMAT;
}

static int check_digest(json_t *document, struct slipway_error *err)
{
    auto_free char *claimed = xstrdup_null(json_text(document, "digest"));
    auto_json json_t *bare = json_copy(document);
    (void)json_object_del(bare, "digest");
    auto_free char *text = json_canonical(bare);
    char digest[SHA256_HEX];
    sha256_hex(text, strlen(text), digest);
    if (!claimed || strcmp(claimed, digest) != 0)
        return slipway_error_set(
            err, -1,
            "the plan does not match its digest: it was edited or cut "
            "short; make it anew with: slipway plan CAMPAIGN.yaml");
    return 0;
}

/* A text that slipway wrote, byte for byte: the digest is that of the text, and the
   targets need no tree. -1: read it the general way. */
static int read_canonical(const char *text, size_t length, struct plan *plan)
{
    struct plan_spans spans;
    char digest[SHA256_HEX];
    if (plan_spans_find(text, length, &spans) || spans.digest > spans.targets)
        return -1;
    const char *behind = spans.digest + spans.digest_length, *end = text + length;
    const char *after_targets = spans.targets + spans.targets_length;
    sha256_pair(text, (size_t)(spans.digest - text), behind, (size_t)(end - behind),
                digest);
    auto_buf struct buf rest = {0};
    buf_add(&rest, text, (size_t)(spans.targets - text));
    buf_adds(&rest, "[]");
    buf_add(&rest, after_targets, (size_t)(end - after_targets));
    auto_json json_t *document =
        json_parse(buf_text(&rest), rest.length, JSON_BYTES_MAX, NULL);
    const char *claimed = json_text(document, "digest");
    if (!claimed || strcmp(claimed, digest) != 0 || !is_known_format(document))
        return -1;
    struct reader reader = {0};
    read_plan(&reader, document, plan);
    if (reader.bad || plan_targets_read(plan, spans.targets, spans.targets_length))
        return -1;
    check_tiling(&reader, plan);
    read_time(&reader, document, plan);
    return reader.bad ? -1 : 0;
}

static int read_general(const char *text, size_t length, struct plan *plan,
                        struct slipway_error *err)
{
    struct slipway_error why = {""};
    auto_json json_t *document = json_parse(text, length, JSON_BYTES_MAX, &why);
    if (!document)
        return slipway_error_set(err, -1, "not a plan: %s", why.text);
    if (!is_known_format(document))
        return slipway_error_set(
            err, -1,
            "not a plan of format %d; make it anew with: slipway plan "
            "CAMPAIGN.yaml",
            PLAN_FORMAT);
    if (check_digest(document, err))
        return -1;
    struct reader reader = {0};
    read_plan(&reader, document, plan);
    read_targets(&reader, document, plan);
    check_tiling(&reader, plan);
    read_time(&reader, document, plan);
    if (reader.bad)
        return slipway_error_set(err, -1, "the plan's member \"%s\" is missing or wrong",
                                 reader.what ? reader.what : "?");
    return 0;
}

int plan_from_json(const char *text, size_t length, struct plan **out,
                   struct slipway_error *err)
{
    auto_plan struct plan *plan = xcalloc(1, sizeof *plan);
    if (read_canonical(text, length, plan)) {
        plan_free(plan);
        plan = xcalloc(1, sizeof *plan);
        if (read_general(text, length, plan, err))
            return -1;
    }
    *out = steal_ptr(&plan);
    return 0;
}
