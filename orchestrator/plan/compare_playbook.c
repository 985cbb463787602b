/*
 * compare_playbook.c - which steps, checks and reads are not what they were, the
 * variables, and the plugins that carry them out.
 *
 * A script is not in the plan, only in the playbook's digest: if that differs and nothing
 * else does, a file that the playbook names is another.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/comparison.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"

static bool same(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

/* "timeout, with" */
static void part(struct buf *parts, bool differs, const char *name)
{
    if (differs)
        buf_addf(parts, "%s%s", parts->length ? ", " : "", name);
}

static void operation_parts(const struct operation *a, const struct operation *b,
                            struct buf *parts)
{
    part(parts, !same(a->use, b->use), "use");
    part(parts, !same(a->with, b->with), "with");
    part(parts, !same(a->files, b->files), "content of its files");
    part(parts, !same(a->expect, b->expect), "expect");
    part(parts, !same(a->value, b->value), "value");
    part(parts, a->repeat != b->repeat, "class");
    part(parts, a->timeout_ms != b->timeout_ms, "timeout");
    part(parts, !same(a->advice, b->advice), "advice");
}

static bool same_limits(const struct step *a, const struct step *b)
{
    bool equal = a->limit_count == b->limit_count;
    for (size_t i = 0; equal && i < a->limit_count; i++)
        equal = same(a->limits[i], b->limits[i]);
    return equal;
}

static void step_parts(const void *was, const void *now, struct buf *parts)
{
    const struct step *a = was, *b = now;
    operation_parts(&a->op, &b->op, parts);
    part(parts, a->phase != b->phase, "phase");
    part(parts, a->on_failure != b->on_failure || a->retries != b->retries, "on_failure");
    part(parts, a->snapshot != b->snapshot, "snapshot");
    part(parts, a->expected_ms != b->expected_ms, "expected");
    part(parts, !same_limits(a, b), "limits");
}

static void check_parts(const void *was, const void *now, struct buf *parts)
{
    const struct check *a = was, *b = now;
    operation_parts(&a->op, &b->op, parts);
    part(parts, a->for_ms != b->for_ms, "for");
    part(parts, a->every_ms != b->every_ms, "every");
    part(parts, a->stable != b->stable, "stable");
    part(parts, a->baseline != b->baseline, "baseline");
    part(parts, a->severity != b->severity, "severity");
    part(parts, !same(a->after, b->after), "after");
}

static void read_parts(const void *was, const void *now, struct buf *parts)
{
    operation_parts(was, now, parts);
}

/* Steps, checks or reads of both plans: each begins with its operation. */
struct items {
    const char *what;
    const void *was, *now;
    size_t was_count, now_count, size;
    void (*parts)(const void *was, const void *now, struct buf *parts);
};

static const struct operation *operation_at(const void *items, size_t size, size_t i)
{
    return (const struct operation *)((const char *)items + i * size);
}

static const struct operation *find(const void *items, size_t size, size_t count,
                                    const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (same(operation_at(items, size, i)->id, id))
            return operation_at(items, size, i);
    }
    return NULL;
}

static void compare_items(const struct comparison *c, const struct items *l)
{
    for (size_t i = 0; i < l->now_count; i++) {
        const struct operation *now = operation_at(l->now, l->size, i);
        const struct operation *was = find(l->was, l->size, l->was_count, now->id);
        auto_buf struct buf parts = {0};
        if (was)
            l->parts(was, now, &parts);
        if (!was)
            comparison_add(c, CHANGE_PLAYBOOK, "the %s %s is new", l->what, now->id);
        else if (parts.length)
            comparison_add(c, CHANGE_PLAYBOOK, "the %s %s changed: %s", l->what, now->id,
                           buf_text(&parts));
    }
    for (size_t i = 0; i < l->was_count; i++) {
        const char *id = operation_at(l->was, l->size, i)->id;
        if (!find(l->now, l->size, l->now_count, id))
            comparison_add(c, CHANGE_PLAYBOOK, "the %s %s is gone", l->what, id);
    }
}

static void compare_settings(const struct comparison *c)
{
    const struct playbook *a = &c->was->playbook, *b = &c->now->playbook;
    auto_buf struct buf parts = {0};
    part(&parts, a->rollback != b->rollback, "rollback");
    part(&parts, a->boot_timeout_ms != b->boot_timeout_ms, "boot_timeout");
    part(&parts,
         a->worst.change_ms != b->worst.change_ms ||
             a->worst.rollback_ms != b->worst.rollback_ms,
         "worst");
    part(&parts,
         a->max_depth != b->max_depth || a->snapshot_ttl_ms != b->snapshot_ttl_ms ||
             a->snapshot_settle_ms != b->snapshot_settle_ms ||
             a->snapshot_room_bytes != b->snapshot_room_bytes ||
             a->snapshot_memory != b->snapshot_memory ||
             a->snapshot_quiesce != b->snapshot_quiesce,
         "snapshot");
    comparison_text(c, CHANGE_PLAYBOOK, "the playbook", a->name, b->name);
    if (parts.length)
        comparison_add(c, CHANGE_PLAYBOOK, "the playbook changed: %s", buf_text(&parts));
}

static void compare_order(const struct comparison *c)
{
    const struct playbook *a = &c->was->playbook, *b = &c->now->playbook;
    bool moved = false;
    for (size_t i = 0; a->step_count == b->step_count && i < a->step_count; i++)
        moved = moved || !same(a->steps[i].op.id, b->steps[i].op.id);
    if (moved)
        comparison_add(c, CHANGE_PLAYBOOK, "the steps have another order");
}

void compare_playbooks(const struct comparison *c)
{
    const struct playbook *a = &c->was->playbook, *b = &c->now->playbook;
    size_t before = c->out->count;
    const struct items lists[] = {
        {"step", a->steps, b->steps, a->step_count, b->step_count, sizeof *a->steps,
         step_parts},
        {"health check", a->checks, b->checks, a->check_count, b->check_count,
         sizeof *a->checks, check_parts},
        {"version read", a->reads, b->reads, a->read_count, b->read_count,
         sizeof *a->reads, read_parts},
    };
    compare_settings(c);
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        compare_items(c, &lists[i]);
    compare_order(c);
    if (c->out->count == before && !same(a->digest, b->digest))
        comparison_add(
            c, CHANGE_PLAYBOOK,
            "a script or file that playbook %s uses, or a comment in it, changed",
            b->name);
}

/* ---- vars ---- */

static char *value_text(const json_t *value)
{
    return value ? json_canonical(value) : NULL;
}

static void compare_var(const struct comparison *c, const char *key, const json_t *was,
                        const json_t *now)
{
    auto_free char *a = value_text(was), *b = value_text(now);
    auto_buf struct buf what = {0};
    buf_addf(&what, "vars.%s", key);
    comparison_text(c, CHANGE_VARS, buf_text(&what), a, b);
}

void compare_vars(const struct comparison *c)
{
    auto_json json_t *was =
        json_parse(c->was->vars, strlen(c->was->vars), JSON_BYTES_MAX, NULL);
    auto_json json_t *now =
        json_parse(c->now->vars, strlen(c->now->vars), JSON_BYTES_MAX, NULL);
    const char *key;
    json_t *value;
    json_object_foreach(was, key, value) /* NEVER: a key without a value */
        compare_var(c, key, value, json_object_get(now, key));
    json_object_foreach(now, key, value) /* NEVER: a key without a value */
    {
        if (!json_object_get(was, key))
            compare_var(c, key, NULL, value);
    }
}

/* ---- plugins ---- */

static const struct plan_plugin *plugin_of(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->plugin_count; i++) {
        if (same(plan->plugins[i].name, name))
            return &plan->plugins[i];
    }
    return NULL;
}

static void compare_plugin(const struct comparison *c, const struct plan_plugin *was,
                           const struct plan_plugin *now)
{
    if (!same(was->version, now->version))
        comparison_add(c, CHANGE_PLUGIN, "the plugin %s changed from version %s to %s",
                       now->name, was->version, now->version);
    else if (!same(was->digest, now->digest))
        comparison_add(c, CHANGE_PLUGIN, "the file of the plugin %s changed", now->name);
}

/* A plan from before plugins were pinned says nothing about them. */
void compare_plugins(const struct comparison *c)
{
    for (size_t i = 0; c->was->plugin_count && i < c->now->plugin_count; i++) {
        const struct plan_plugin *now = &c->now->plugins[i];
        const struct plan_plugin *was = plugin_of(c->was, now->name);
        if (was)
            compare_plugin(c, was, now);
        else
            comparison_add(c, CHANGE_PLUGIN, "the plugin %s is used now", now->name);
    }
    for (size_t i = 0; i < c->was->plugin_count; i++) {
        if (!plugin_of(c->now, c->was->plugins[i].name))
            comparison_add(c, CHANGE_PLUGIN, "the plugin %s is no longer used",
                           c->was->plugins[i].name);
    }
}
