/*
 * plan_json.c - the pinned plan as canonical JSON, and its digest: the SHA-256 of
 * that text without the "digest" member. plan_read.c reads it.
 */
#include <stdlib.h>
#include <string.h>

#include "model/plan_members.h"
#include "model/plan_targets.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/xalloc.h"

static json_t *caps_json(const struct plan_cap *caps, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:i}", "key", caps[i].key, "max", caps[i].max));
    return list;
}

static json_t *plugins_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->plugin_count; i++) {
        const struct plan_plugin *p = &plan->plugins[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", p->name,
                                                    "version", p->version, "digest",
                                                    p->digest));
    }
    return list;
}

static json_t *wave_json(const struct plan_wave *w)
{
    return json_pack("{s:s, s:i, s:i, s:I, s:i, s:b, s:s, s:b}", "name", w->name, "first",
                     w->first, "count", w->count, "soak_ms", (json_int_t)w->soak_ms,
                     "budget", w->budget, "gate", w->gate, "on_exceed",
                     on_exceed_name(w->on_exceed), "canary", w->canary);
}

static json_t *units_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->unit_count; i++) {
        const struct plan_unit *u = &plan->units[i];
        (void)json_array_append_new(list, json_pack("{s:i, s:i, s:s}", "count", u->count,
                                                    "first", u->first, "name", u->name));
    }
    return list;
}

static json_t *absent_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->absent_count; i++)
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s}", "name", plan->absent[i].name,
                                              "reason", plan->absent[i].reason));
    return list;
}

/* The members are written in the order of their names: `digest` comes after the first
   group, `targets` after the second. */
static json_t *first_members(const struct plan *plan)
{
    json_t *o = json_pack(
        "{s:b, s:i, s:s, s:o, s:o, s:o, s:I}", "approval_required",
        plan->approval_required, "budget", plan->budget, "campaign", plan->campaign,
        "campaign_digest", plan_text_or_null(plan->campaign_digest), "campaign_file",
        plan_text_or_null(plan->campaign_file), "created_by",
        plan_text_or_null(plan->created_by), "created_ms", (json_int_t)plan->created_ms);
    if (plan->after)
        (void)json_object_set_new(o, "after", json_string(plan->after));
    if (plan->absent_count)
        (void)json_object_set_new(o, "absent", absent_json(plan));
    return o;
}

static json_t *second_members(const struct plan *plan)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:o, s:s, s:s, s:o, s:o, s:i, s:o}", "domains",
                     caps_json(plan->domains, plan->domain_count), "fleet_digest",
                     plan_text_or_null(plan->fleet_digest), "fleet_file",
                     plan_text_or_null(plan->fleet_file), "in_flight", plan->in_flight,
                     "limits", caps_json(plan->limits, plan->limit_count), "mode",
                     budget_mode_name(plan->mode), "on_exceed",
                     on_exceed_name(plan->on_exceed), "playbook",
                     plan_playbook_json(&plan->playbook), "plugins", plugins_json(plan),
                     "slipway_plan", PLAN_FORMAT, "slipway_version",
                     plan_text_or_null(plan->slipway_version));
}

static json_t *last_members(const struct plan *plan)
{
    json_t *waves = json_array();
    for (size_t i = 0; i < plan->wave_count; i++)
        (void)json_array_append_new(waves, wave_json(&plan->waves[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "time", plan_time_json(&plan->time), "units",
                     units_json(plan), "vars", plan_parsed(plan->vars), "waves", waves);
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

void plan_pin(struct plan *plan)
{
    free(plan->digest);
    plan->digest = NULL;
    free(plan_to_json(plan));
}
