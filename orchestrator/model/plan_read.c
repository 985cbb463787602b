/*
 * plan_read.c - the pinned plan out of its JSON text.
 *
 * The digest is checked: a plan that was edited by hand, or cut short, is refused
 * instead of half believed. A text that slipway wrote is read without a tree of its
 * targets; any other spelling of the same document the general way.
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

static void read_caps(struct plan_reader *r, const json_t *o, const char *key,
                      struct plan_cap **caps, size_t *count)
{
    const json_t *list = json_object_get(o, key);
    *count = plan_read_array(r, o, key, PLAN_TARGETS_MAX);
    *caps = xcalloc(*count, sizeof **caps);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        (*caps)[i].key = plan_read_text(r, item, "key");
        (*caps)[i].max = plan_read_int(r, item, "max", 0, IN_FLIGHT_MAX);
    }
}

static void read_wave(struct plan_reader *r, const json_t *o, struct plan_wave *w)
{
    w->name = plan_read_text(r, o, "name");
    w->first = plan_read_int(r, o, "first", 0, PLAN_TARGETS_MAX);
    w->count = plan_read_int(r, o, "count", 0, PLAN_TARGETS_MAX);
    w->soak_ms = plan_read_number(r, o, "soak_ms");
    w->budget = plan_read_int(r, o, "budget", 0, PLAN_TARGETS_MAX);
    w->gate = plan_read_bool(o, "gate");
    w->on_exceed = (enum on_exceed)plan_read_name(r, o, "on_exceed", on_exceed_from);
    w->canary = plan_read_bool(o, "canary");
}

static void read_target(struct plan_reader *r, const json_t *o, const struct plan *plan,
                        struct plan_target *t)
{
    t->name = plan_read_text(r, o, "name");
    t->site = plan_read_text(r, o, "site");
    t->version = plan_read_text(r, o, "version");
    t->link_group = plan_read_text(r, o, "link_group");
    t->manager = plan_read_text(r, o, "manager");
    t->doc = plan_read_document(r, o, "doc");
    t->companion = plan_read_bool(o, "companion");
    t->wave = plan_read_int(r, o, "wave", 0, (int64_t)plan->wave_count - 1);
    int limits = (int)plan->limit_count - 1;
    t->manager_limit = plan_read_int(r, o, "manager_limit", -1, limits);
    t->datastore_limit = plan_read_int(r, o, "datastore_limit", -1, limits);
    const json_t *domains = json_object_get(o, "domains");
    t->domain_count = (int)plan_read_array(r, o, "domains", TARGET_DOMAINS_MAX);
    for (int i = 0; i < t->domain_count; i++) {
        const json_t *item = json_array_get(domains, (size_t)i);
        json_int_t index = json_is_integer(item) ? json_integer_value(item) : -1;
        r->bad = r->bad || index < 0 || index >= (json_int_t)plan->domain_count;
        t->domains[i] = r->bad ? 0 : (int)index;
    }
}

/* Waves must tile the targets, or the engine would index outside. */
static void check_tiling(struct plan_reader *r, const struct plan *plan)
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

/* A unit that is not whole, or not in one wave, would be reverted in part. */
static bool unit_fits(const struct plan *plan, const struct plan_unit *u)
{
    bool changes = false;
    for (int i = u->first; i < u->first + u->count; i++) {
        const struct plan_target *t = &plan->targets[i];
        if (t->wave != plan->targets[u->first].wave ||
            strcmp(t->link_group, u->name) != 0)
            return false;
        changes = changes || !t->companion;
    }
    return changes;
}

/* After the targets. Plans before format 3 have no units, and no companions. */
static void check_units(struct plan_reader *r, const struct plan *plan)
{
    int next = 0, companions = 0, together = 0;
    bool bad = plan->unit_count && plan->playbook.rollback != ROLLBACK_SNAPSHOT;
    for (size_t i = 0; i < plan->unit_count && !r->bad && !bad; i++) {
        const struct plan_unit *u = &plan->units[i];
        bad = u->first < next || u->count > (int)plan->target_count - u->first ||
              !unit_fits(plan, u);
        next = u->first + u->count;
        for (int k = u->first; k < next && !bad; k++)
            together += plan->targets[k].companion;
    }
    for (size_t i = 0; i < plan->target_count; i++)
        companions += plan->targets[i].companion;
    if (r->bad || (!bad && companions == together))
        return;
    r->bad = true;
    r->what = "units";
}

static void read_units(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    bool has = json_number(o, "slipway_plan", 0) >= 3;
    const json_t *list = json_object_get(o, "units");
    size_t count = has ? plan_read_array(r, o, "units", PLAN_TARGETS_MAX) : 0;
    plan->units = xcalloc(count + 1, sizeof *plan->units);
    for (; plan->unit_count < count; plan->unit_count++) {
        const json_t *item = json_array_get(list, plan->unit_count);
        struct plan_unit *u = &plan->units[plan->unit_count];
        u->name = plan_read_text(r, item, "name");
        u->first = plan_read_int(r, item, "first", 0, PLAN_TARGETS_MAX);
        u->count = plan_read_int(r, item, "count", 1, PLAN_TARGETS_MAX);
    }
}

/* Plans of older slipways do not name them. */
static void read_plugins(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    const json_t *list = json_object_get(o, "plugins");
    size_t count = list ? plan_read_array(r, o, "plugins", PLAN_PLUGINS_MAX) : 0;
    plan->plugins = xcalloc(count + 1, sizeof *plan->plugins);
    for (; plan->plugin_count < count; plan->plugin_count++) {
        const json_t *item = json_array_get(list, plan->plugin_count);
        struct plan_plugin *p = &plan->plugins[plan->plugin_count];
        p->name = plan_read_text(r, item, "name");
        p->version = plan_read_text(r, item, "version");
        p->digest = plan_read_text(r, item, "digest");
    }
}

static void read_lists(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    read_caps(r, o, "domains", &plan->domains, &plan->domain_count);
    read_caps(r, o, "limits", &plan->limits, &plan->limit_count);
    const json_t *waves = json_object_get(o, "waves");
    plan->wave_count = plan_read_array(r, o, "waves", STRATEGY_WAVES_MAX);
    plan->waves = xcalloc(plan->wave_count, sizeof *plan->waves);
    for (size_t i = 0; i < plan->wave_count; i++)
        read_wave(r, json_array_get(waves, i), &plan->waves[i]);
    read_units(r, o, plan);
}

/* Plans of older slipways do not tell, and most leave nobody out. */
static void read_absent(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    const json_t *list = json_object_get(o, "absent");
    size_t count = list ? plan_read_array(r, o, "absent", PLAN_TARGETS_MAX) : 0;
    plan->absent = xcalloc(count + 1, sizeof *plan->absent);
    for (; plan->absent_count < count; plan->absent_count++) {
        const json_t *item = json_array_get(list, plan->absent_count);
        struct plan_absent *absent = &plan->absent[plan->absent_count];
        absent->name = plan_read_text(r, item, "name");
        absent->reason = plan_read_text(r, item, "reason");
    }
}

static void read_targets(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    const json_t *targets = json_object_get(o, "targets");
    plan->target_count = plan_read_array(r, o, "targets", PLAN_TARGETS_MAX);
    plan->targets = xcalloc(plan->target_count, sizeof *plan->targets);
    for (size_t i = 0; i < plan->target_count; i++)
        read_target(r, json_array_get(targets, i), plan, &plan->targets[i]);
}

static void read_plan(struct plan_reader *r, const json_t *o, struct plan *plan)
{
    plan->campaign = plan_read_text(r, o, "campaign");
    plan->after = plan_read_text_or_null(o, "after");
    plan->digest = plan_read_text(r, o, "digest");
    plan->created_ms = plan_read_number(r, o, "created_ms");
    plan->created_by = plan_read_text_or_null(o, "created_by");
    plan->slipway_version = plan_read_text_or_null(o, "slipway_version");
    plan->campaign_digest = plan_read_text_or_null(o, "campaign_digest");
    plan->fleet_digest = plan_read_text_or_null(o, "fleet_digest");
    plan->campaign_file = plan_read_text_or_null(o, "campaign_file");
    plan->fleet_file = plan_read_text_or_null(o, "fleet_file");
    plan->vars = plan_read_document(r, o, "vars");
    plan_read_playbook(r, json_object_get(o, "playbook"), &plan->playbook);
    read_plugins(r, o, plan);
    read_absent(r, o, plan);
    plan->in_flight = plan_read_int(r, o, "in_flight", 1, IN_FLIGHT_MAX);
    plan->budget = plan_read_int(r, o, "budget", 0, PLAN_TARGETS_MAX);
    plan->mode = (enum budget_mode)plan_read_name(r, o, "mode", budget_mode_from);
    plan->on_exceed = (enum on_exceed)plan_read_name(r, o, "on_exceed", on_exceed_from);
    plan->approval_required = plan_read_bool(o, "approval_required");
    read_lists(r, o, plan);
}

/* After the targets: the rules are about each of them. */
static void read_time(struct plan_reader *r, const json_t *o, struct plan *plan)
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
    struct plan_reader reader = {0};
    read_plan(&reader, document, plan);
    if (reader.bad || plan_targets_read(plan, spans.targets, spans.targets_length))
        return -1;
    check_tiling(&reader, plan);
    check_units(&reader, plan);
    read_time(&reader, document, plan);
    return reader.bad ? -1 : 0;
}

static int refuse_format(const json_t *document, struct slipway_error *err)
{
    json_int_t format = json_number(document, "slipway_plan", 0);
    if (format > PLAN_FORMAT)
        return slipway_error_set(err, -1,
                                 "a newer slipway wrote this plan (format %lld, this one "
                                 "knows %d); use the newer slipway",
                                 (long long)format, PLAN_FORMAT);
    return slipway_error_set(
        err, -1, "not a plan of format %d; make it anew with: slipway plan CAMPAIGN.yaml",
        PLAN_FORMAT);
}

static int read_general(const char *text, size_t length, struct plan *plan,
                        struct slipway_error *err)
{
    struct slipway_error why = {""};
    auto_json json_t *document = json_parse(text, length, JSON_BYTES_MAX, &why);
    if (!document)
        return slipway_error_set(err, -1, "not a plan: %s", why.text);
    if (!is_known_format(document))
        return refuse_format(document, err);
    if (check_digest(document, err))
        return -1;
    struct plan_reader reader = {0};
    read_plan(&reader, document, plan);
    read_targets(&reader, document, plan);
    check_tiling(&reader, plan);
    check_units(&reader, plan);
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
