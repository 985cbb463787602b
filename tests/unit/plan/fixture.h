/*
 * fixture.h - a planning case from a JSON file, so that a golden plan can be read next
 * to what it was made of. Mistakes in a case end the test.
 *
 *   appliances  [{"name", "site", "version", "link_group", "manager", "datastore",
 *               "calendar", "labels": {}}]
 *   generate    {"count": 100, "prefix": "vc-", "site": ["rbx", "gra"], ...}: appliance
 *               number i (from 1) takes value i modulo the list; other keys are labels
 *   fleet_only  how many of the last appliances are not selected
 *   calendars, windows, freezes, history, slots, before: see fixture_time.h
 *   campaign, holds, now: see the readers below
 *   playbook    left out: cases/playbook.json
 */
#ifndef TESTS_PLAN_FIXTURE_H
#define TESTS_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/planner.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#include "fixture_time.h"

#define CASES "tests/unit/plan/cases"

struct fixture {
    struct fleet fleet;
    struct campaign campaign;
    struct playbook playbook;
    int *selected;
    size_t selected_count;
    struct plan_hold *holds;
    size_t hold_count;
    int64_t now_ms;
    json_t *json; /* the texts of holds stand here */
    struct fixture_time time;
    struct plan *previous;
};

static inline void fixture_clear(struct fixture *f)
{
    fleet_clear(&f->fleet);
    campaign_clear(&f->campaign);
    playbook_clear(&f->playbook);
    free(f->selected);
    free(f->holds);
    fixture_time_clear(&f->time);
    plan_free(f->previous);
    json_decref(f->json);
    *f = (struct fixture){0};
}
#define auto_fixture __attribute__((cleanup(fixture_clear)))

/* The whole file, or NULL if there is none. */
static inline char *read_file(const char *path)
{
    auto_file FILE *file = fopen(path, "rbe");
    auto_buf struct buf text = {0};
    char chunk[4096];
    if (!file)
        return NULL;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buf_add(&text, chunk, n);
    return buf_take(&text);
}

static inline json_t *read_json(const char *path)
{
    auto_free char *text = read_file(path);
    struct slipway_error err = {""};
    if (!text)
        fail_msg("%s: cannot be read", path);
    json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, &err);
    if (!json)
        fail_msg("%s: %s", path, err.text);
    return json;
}

static inline char *text_of(const json_t *o, const char *key)
{
    const char *text = json_text(o, key);
    return xstrdup(text ? text : "");
}

static inline int64_t duration_of(const json_t *o, const char *key, const char *fallback)
{
    const char *text = json_text(o, key);
    int64_t ms = 0;
    assert_int_equal(duration_parse(text ? text : fallback, &ms), 0);
    return ms;
}

/* 5, "10%" or "rest" */
static inline bool amount_of(const json_t *o, const char *key, struct amount *out)
{
    const json_t *value = json_object_get(o, key);
    if (!value)
        return false;
    if (json_is_integer(value))
        *out = (struct amount){SIZE_COUNT, (int)json_integer_value(value)};
    else if (!strcmp(json_string_value(value), "rest"))
        *out = (struct amount){SIZE_REST, 0};
    else
        *out = (struct amount){SIZE_PERCENT,
                               (int)strtol(json_string_value(value), NULL, 10)};
    return true;
}

/* ---- fleet ---- */

static inline struct appliance appliance_from(const json_t *o)
{
    struct appliance a = {
        .name = text_of(o, "name"),
        .host = text_of(o, "host"),
        .kind = xstrdup(json_text(o, "kind") ? json_text(o, "kind") : "vcsa"),
        .site = text_of(o, "site"),
        .version = text_of(o, "version"),
        .link_group = text_of(o, "link_group"),
        .calendar = text_of(o, "calendar"),
        .manager = text_of(o, "manager"),
        .vm_key = xstrdup(""),
        .datastore = text_of(o, "datastore"),
    };
    json_t *labels = json_object_get(o, "labels");
    a.labels = labels ? json_incref(labels) : json_object();
    a.doc = json_pack("{s:s, s:O}", "name", a.name, "labels", a.labels);
    if (!a.doc) /* a name that is no text: the planner must say so */
        a.doc = json_object();
    return a;
}

static inline json_t *generated(const json_t *rule, int number)
{
    json_t *o = json_object(), *labels = json_object(), *values;
    auto_free char *name = xasprintf("%s%d", json_text(rule, "prefix"), number);
    const char *key;
    (void)json_object_set_new(o, "name", json_string(name));
    json_object_foreach((json_t *)(uintptr_t)rule, key, values)
    {
        static const char own[] = " site version link_group manager datastore kind ";
        auto_free char *word = xasprintf(" %s ", key);
        if (json_is_array(values))
            (void)json_object_set(
                strstr(own, word) ? o : labels, key,
                json_array_get(values, (size_t)number % json_array_size(values)));
    }
    (void)json_object_set_new(o, "labels", labels);
    return o;
}

static inline void read_fleet(struct fixture *f, const json_t *o)
{
    const json_t *rule = json_object_get(o, "generate"), *item;
    size_t i;
    json_array_foreach(json_object_get(o, "appliances"), i, item)
    {
        *vec_push(f->fleet.appliances, f->fleet.appliance_count,
                  f->fleet.appliance_room) = appliance_from(item);
    }
    for (int k = 1; k <= json_number(rule, "count", 0); k++) {
        auto_json json_t *one = generated(rule, k);
        *vec_push(f->fleet.appliances, f->fleet.appliance_count,
                  f->fleet.appliance_room) = appliance_from(one);
    }
    f->selected_count =
        f->fleet.appliance_count - (size_t)json_number(o, "fleet_only", 0);
    f->selected = xcalloc(f->selected_count, sizeof *f->selected);
    for (size_t k = 0; k < f->selected_count; k++)
        f->selected[k] = (int)k;
}

/* ---- campaign ---- */

static inline size_t named_limits_of(const json_t *o, struct named_limit *out)
{
    const char *key;
    json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)(uintptr_t)o, key, value)
    {
        out[count++] = (struct named_limit){.name = xstrdup(key),
                                            .max = (int)json_integer_value(value)};
    }
    return count;
}

static inline enum on_exceed on_exceed_of(const json_t *o, enum on_exceed fallback)
{
    int value = on_exceed_from(json_text(o, "on_exceed"));
    return value < 0 ? fallback : (enum on_exceed)value;
}

static inline struct wave_strategy wave_from(const json_t *o, enum on_exceed fallback)
{
    struct wave_strategy wave = {.name = xstrdup_null(json_text(o, "name")),
                                 .soak_ms = duration_of(o, "soak", "0s"),
                                 .gate = json_is_true(json_object_get(o, "gate")),
                                 .on_exceed = on_exceed_of(o, fallback)};
    const json_t *label;
    size_t i;
    assert_true(amount_of(o, "size", &wave.size));
    wave.has_budget = amount_of(o, "budget", &wave.budget);
    json_array_foreach(json_object_get(o, "cover"), i, label)
    {
        wave.cover[wave.cover_count++] = xstrdup(json_string_value(label));
    }
    return wave;
}

static inline void read_strategy(struct strategy *s, const json_t *o)
{
    const json_t *budget = json_object_get(o, "budget"), *wave;
    int mode = budget_mode_from(json_text(budget, "mode"));
    size_t i;
    s->on_exceed = on_exceed_of(budget, ON_EXCEED_PAUSE);
    s->mode = mode < 0 ? BUDGET_NORMAL : (enum budget_mode)mode;
    s->has_wave_budget = amount_of(budget, "wave", &s->wave_budget);
    s->has_campaign_budget = amount_of(budget, "campaign", &s->campaign_budget);
    s->in_flight = (int)json_number(o, "in_flight", 0);
    s->max_unavailable_count =
        named_limits_of(json_object_get(o, "max_unavailable"), s->max_unavailable);
    s->limit_count = named_limits_of(json_object_get(o, "limits"), s->limits);
    s->approval_required = json_is_true(json_object_get(o, "approval"));
    json_array_foreach(json_object_get(o, "waves"), i, wave)
    {
        *vec_push(s->waves, s->wave_count, s->wave_room) = wave_from(wave, s->on_exceed);
    }
}

static inline void read_campaign(struct fixture *f, const json_t *o)
{
    json_t *vars = json_object_get(o, "vars");
    f->campaign.name = text_of(o, "name");
    f->campaign.digest = xstrdup("c0ffee");
    f->campaign.vars = vars ? json_incref(vars) : json_object();
    read_strategy(&f->campaign.strategy, o);
    strategy_time_of(&f->campaign.strategy, o);
}

/* ---- playbook ---- */

static inline struct operation operation_from(const json_t *o)
{
    int repeat = repeat_from(json_text(o, "class"));
    return (struct operation){.id = text_of(o, "id"),
                              .use = text_of(o, "use"),
                              .repeat =
                                  repeat < 0 ? SLIPWAY_READ : (enum slipway_class)repeat,
                              .with = xstrdup("{}"),
                              .timeout_ms = duration_of(o, "timeout", "1m")};
}

static inline struct step step_from(const json_t *o)
{
    struct step step = {.op = operation_from(o),
                        .phase = (enum phase)phase_from(json_text(o, "phase")),
                        .on_failure =
                            (enum on_failure)on_failure_from(json_text(o, "on_failure")),
                        .expected_ms = duration_of(o, "expected", "0s"),
                        .retries = (int)json_number(o, "retries", 0),
                        .snapshot = json_is_true(json_object_get(o, "snapshot"))};
    step.severity = step_severity(step.on_failure);
    const json_t *limits = json_object_get(o, "limits"), *limit;
    size_t i;
    step.limits = xcalloc(json_array_size(limits), sizeof *step.limits);
    json_array_foreach(limits, i, limit)
    {
        step.limits[step.limit_count++] = xstrdup(json_string_value(limit));
    }
    return step;
}

static inline struct check check_from(const json_t *o)
{
    return (struct check){.op = operation_from(o),
                          .for_ms = duration_of(o, "for", "2m"),
                          .every_ms = duration_of(o, "every", "10s"),
                          .stable = (int)json_number(o, "stable", 1),
                          .after = xstrdup_null(json_text(o, "after")),
                          .after_step = (int)json_number(o, "after_step", 0)};
}

static inline void read_playbook(struct playbook *p, const json_t *o)
{
    const json_t *steps = json_object_get(o, "steps"), *item;
    const json_t *checks = json_object_get(o, "checks");
    const json_t *reads = json_object_get(o, "reads");
    size_t i;
    *p = (struct playbook){
        .name = text_of(o, "name"),
        .rollback = (enum rollback_kind)rollback_from(json_text(o, "rollback")),
        .max_depth = (int)json_number(o, "max_depth", 2),
        .snapshot_ttl_ms = duration_of(o, "snapshot_ttl", "72h"),
        .snapshot_settle_ms = 60000,
        .snapshot_room_bytes = json_number(o, "room_gib", 0) * 1024 * 1024 * 1024,
        .boot_timeout_ms = duration_of(o, "boot_timeout", "20m")};
    p->steps = xcalloc(json_array_size(steps), sizeof *p->steps);
    json_array_foreach(steps, i, item) p->steps[p->step_count++] = step_from(item);
    p->checks = xcalloc(json_array_size(checks), sizeof *p->checks);
    json_array_foreach(checks, i, item) p->checks[p->check_count++] = check_from(item);
    p->reads = xcalloc(json_array_size(reads), sizeof *p->reads);
    json_array_foreach(reads, i, item) p->reads[p->read_count++] = operation_from(item);
}

/* ---- the case ---- */

static inline void read_holds(struct fixture *f, const json_t *list)
{
    const json_t *item;
    size_t i;
    f->holds = xcalloc(json_array_size(list), sizeof *f->holds);
    json_array_foreach(list, i, item)
    {
        const char *until = json_text(item, "until");
        struct plan_hold *hold = &f->holds[f->hold_count++];
        *hold = (struct plan_hold){.name = json_text(item, "name"),
                                   .campaign = json_text(item, "campaign"),
                                   .reason = json_text(item, "reason")};
        if (until)
            assert_int_equal(time_parse(until, &hold->until_ms), 0);
    }
}

static inline struct fixture fixture_from(json_t *json);
static inline struct plan *planned(const struct fixture *f, struct plan_notes *notes);

/* The previous plan was made from this case with other values for these members. */
static inline void read_before(struct fixture *f, const json_t *before)
{
    if (!before)
        return;
    json_t *json = json_copy(f->json);
    const char *key;
    json_t *value;
    (void)json_object_del(json, "before");
    json_object_foreach((json_t *)(uintptr_t)before, key, value)(void)
        json_object_set(json, key, value);
    struct fixture earlier = fixture_from(json);
    f->previous = planned(&earlier, NULL);
    fixture_clear(&earlier);
}

static inline struct fixture fixture_from(json_t *json)
{
    struct fixture f = {.json = json};
    json_t *playbook = json_object_get(json, "playbook");
    auto_json json_t *usual = playbook ? NULL : read_json(CASES "/playbook.json");
    const char *now = json_text(json, "now");
    assert_int_equal(time_parse(now ? now : "2026-11-21T02:13:05Z", &f.now_ms), 0);
    read_fleet(&f, json);
    read_campaign(&f, json_object_get(json, "campaign"));
    read_playbook(&f.playbook, playbook ? playbook : usual);
    read_holds(&f, json_object_get(json, "holds"));
    fixture_time_of(json, f.now_ms, &f.fleet, &f.campaign, &f.time);
    read_before(&f, json_object_get(json, "before"));
    return f;
}

static inline struct fixture fixture_of_case(const char *name)
{
    auto_free char *path = xasprintf("%s/%s/case.json", CASES, name);
    return fixture_from(read_json(path));
}

/* From JSON text written with single quotes. */
static inline struct fixture fixture_of_text(const char *text)
{
    auto_free char *copy = xstrdup(text);
    struct slipway_error err = {""};
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *json = json_parse(copy, strlen(copy), JSON_BYTES_MAX, &err);
    if (!json)
        fail_msg("%s in %s", err.text, text);
    return fixture_from(json);
}

static inline struct plan_request request_of(const struct fixture *f)
{
    return (struct plan_request){.fleet = &f->fleet,
                                 .campaign = &f->campaign,
                                 .playbook = &f->playbook,
                                 .selected = f->selected,
                                 .selected_count = f->selected_count,
                                 .holds = f->holds,
                                 .hold_count = f->hold_count,
                                 .calendars = calendars_of(&f->time),
                                 .history = f->time.history,
                                 .history_count = f->time.history_count,
                                 .previous = f->previous,
                                 .now_ms = f->now_ms,
                                 .created_by = "anna",
                                 .slipway_version = "0.1.0",
                                 .fleet_digest = "f1ee7"};
}

/* A plan that must succeed. */
static inline struct plan *planned(const struct fixture *f, struct plan_notes *notes)
{
    struct plan_request request = request_of(f);
    struct slipway_error err = {""};
    struct plan *plan = NULL;
    if (plan_make(&request, &plan, notes, &err))
        fail_msg("no plan: %s", err.text);
    fixture_slots(json_object_get(f->json, "slots"), plan, notes);
    return plan;
}

#endif
