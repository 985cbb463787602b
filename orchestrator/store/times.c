/*
 * times.c - a campaign's time rules from its rows.
 *
 * Of a plan of 10,000 targets `status` and `why` need only the calendars, the slots and
 * how long things take: that is written to a row of its own when the campaign is made.
 * What happened to time since (a calendar, an override, the clock, an approval) are
 * records; time_event says which ones, so that they are found without reading all.
 * Only if a calendar was replaced is the whole plan decoded: it names whom it binds.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "store/internal.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

void store_times_clear(struct store_times *t)
{
    if (t->plan)
        times_clear(&t->times, t->plan);
    if (t->plan && !t->plan->targets)
        t->plan->target_count = 0; /* there are no rows of them to free */
    plan_free(t->plan);
    *t = (struct store_times){0};
}

/* ---- writing ---- */

/* How much of the worst case is neither a change step's nor an undo step's. */
static int64_t rest_ms(const struct plan *plan)
{
    int64_t steps_ms = 0;
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        steps_ms += step->phase == PHASE_PREPARE ? 0 : step->op.timeout_ms;
    }
    return engine_needed_ms(plan) - steps_ms;
}

static int64_t checks_ms(const struct plan *plan)
{
    int64_t total_ms = 0;
    for (size_t i = 0; i < plan->playbook.check_count; i++)
        total_ms += plan->playbook.checks[i].for_ms;
    return total_ms;
}

/* Link groups need room for all of their members, one after another: who they are, and
   what of the worst case is a boot, and what checks. */
static json_t *units_document(const struct plan *plan)
{
    json_t *list = json_array(), *companions = json_array();
    for (size_t i = 0; i < plan->unit_count; i++)
        (void)json_array_append_new(
            list, json_pack("[i,i]", plan->units[i].first, plan->units[i].count));
    for (size_t i = 0; i < plan->target_count; i++) {
        if (plan->targets[i].companion)
            (void)json_array_append_new(companions, json_integer((json_int_t)i));
    }
    int64_t boot_ms = plan->playbook.boot_timeout_ms;
    return json_pack("{s:I, s:I, s:o, s:o}", "boot_ms", (json_int_t)boot_ms, "checks_ms",
                     (json_int_t)checks_ms(plan), "companions", companions, "groups",
                     list);
}

static json_t *time_document(const struct plan *plan)
{
    struct worst said = plan->playbook.worst;
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        (void)json_array_append_new(
            steps, json_pack("[i,I]", (int)step->phase, (json_int_t)step->op.timeout_ms));
    }
    json_t *document = json_pack(
        "{s:I, s:I, s:o, s:o}", "created_ms", (json_int_t)plan->created_ms, "rest_ms",
        (json_int_t)rest_ms(plan), "steps", steps, "time", plan_time_json(&plan->time));
    if (plan->unit_count)
        (void)json_object_set_new(document, "units", units_document(plan));
    if (said.change_ms || said.rollback_ms)
        (void)json_object_set_new(
            document, "worst",
            json_pack("[I,I]", (json_int_t)said.change_ms, (json_int_t)said.rollback_ms));
    return document;
}

int times_add_plan(struct store *store, int64_t campaign, const struct plan *plan)
{
    if (!plan->time.slots)
        return STORE_OK;
    auto_json json_t *json = time_document(plan);
    auto_free char *text = json_canonical(json);
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_PLAN_TIME);
    put_int(&sql, campaign);
    put_blob(&sql, text, strlen(text));
    return sql_write(&sql, "adding the time rules of a plan");
}

static bool is_of_time(enum record_kind kind)
{
    return kind == RECORD_CALENDAR || kind == RECORD_OVERRIDE || kind == RECORD_CLOCK ||
           kind == RECORD_APPROVED || kind == RECORD_OVERRUN;
}

int times_note(struct store *store, int64_t campaign, const struct record *r)
{
    if (!is_of_time(r->kind))
        return STORE_OK;
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_TIME_EVENT);
    put_int(&sql, campaign);
    put_int(&sql, r->seq);
    return sql_write(&sql, "noting a record about time");
}

/* ---- reading ---- */

static int read_steps(const json_t *steps, struct playbook *out)
{
    size_t count = json_array_size(steps);
    out->steps = xcalloc(count + 1, sizeof *out->steps);
    out->step_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(steps, i);
        json_int_t phase = json_integer_value(json_array_get(pair, 0));
        out->steps[i] = (struct step){
            .phase = phase == PHASE_CHANGE     ? PHASE_CHANGE
                     : phase == PHASE_ROLLBACK ? PHASE_ROLLBACK
                     : phase == PHASE_EVIDENCE ? PHASE_EVIDENCE
                                               : PHASE_PREPARE,
            .op = {.id = xstrdup(""),
                   .use = xstrdup(""),
                   .with = xstrdup("{}"),
                   .timeout_ms = json_integer_value(json_array_get(pair, 1))}};
    }
    return json_is_array(steps) ? 0 : -1;
}

static int read_groups(const json_t *groups, size_t targets, struct plan *out)
{
    size_t count = json_array_size(groups);
    int next = 0;
    out->units = xcalloc(count + 1, sizeof *out->units);
    for (; out->unit_count < count; out->unit_count++) {
        const json_t *pair = json_array_get(groups, out->unit_count);
        struct plan_unit *u = &out->units[out->unit_count];
        u->first = (int)json_integer_value(json_array_get(pair, 0));
        u->count = (int)json_integer_value(json_array_get(pair, 1));
        if (u->first < next || u->count < 1 || u->count > (int)targets - u->first)
            return -1;
        next = u->first + u->count;
    }
    return 0;
}

/* Rows of targets are there only to say who is a companion. */
static int read_units(const json_t *units, size_t targets, struct plan *out)
{
    const json_t *companions = json_object_get(units, "companions");
    if (!units)
        return 0;
    out->target_count = targets;
    out->targets = xcalloc(targets + 1, sizeof *out->targets);
    for (size_t i = 0; i < json_array_size(companions); i++) {
        json_int_t at = json_integer_value(json_array_get(companions, i));
        if (at < 0 || (size_t)at >= targets)
            return -1;
        out->targets[at].companion = true;
    }
    out->playbook.boot_timeout_ms = json_number(units, "boot_ms", 0);
    out->playbook.check_count = 1;
    out->playbook.checks = xcalloc(1, sizeof *out->playbook.checks);
    out->playbook.checks[0].for_ms = json_number(units, "checks_ms", 0);
    return read_groups(json_object_get(units, "groups"), targets, out);
}

/* A plan of which only what window.c asks for is there. */
static int read_document(const char *text, size_t length, size_t targets,
                         struct plan *out)
{
    auto_json json_t *json = json_parse(text, length, STORE_PLAN_MAX, NULL);
    out->created_ms = json_number(json, "created_ms", 0);
    out->playbook.rollback = ROLLBACK_SNAPSHOT;
    out->playbook.boot_timeout_ms = json_number(json, "rest_ms", 0);
    const json_t *worst = json_object_get(json, "worst");
    out->playbook.worst = (struct worst){json_integer_value(json_array_get(worst, 0)),
                                         json_integer_value(json_array_get(worst, 1))};
    if (!json || read_steps(json_object_get(json, "steps"), &out->playbook) ||
        read_units(json_object_get(json, "units"), targets, out))
        return -1;
    return plan_time_read(json_object_get(json, "time"), targets,
                          out->playbook.step_count, out->created_ms, &out->time);
}

static int load_row(struct store *store, int64_t campaign, struct store_times *out,
                    size_t *targets, struct slipway_error *err)
{
    size_t length = 0;
    auto_sql struct sql sql = sql_use(store, STATEMENT_PLAN_TIME);
    put_int(&sql, campaign);
    if (!sql_next(&sql)) {
        int code = sql_end(&sql, err);
        return code ? code
                    : slipway_error_set(err, STORE_NO_SUCH, "there is no campaign %lld",
                                        (long long)campaign);
    }
    const void *bytes = take_blob(&sql, &length);
    *targets = (size_t)take_int(&sql);
    out->plan = xcalloc(1, sizeof *out->plan);
    if (bytes && length && read_document(bytes, length, *targets, out->plan))
        return slipway_error_set(err, STORE_CORRUPT,
                                 "%s: the time rules of campaign %lld are damaged; run: "
                                 "slipway doctor",
                                 store->path, (long long)campaign);
    return sql_end(&sql, err);
}

/* Calendars name their targets by labels, which only the whole plan has. */
static int load_whole(struct store *store, int64_t campaign, struct store_times *out,
                      struct slipway_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(store, campaign, &text, &length, err);
    if (code)
        return code;
    plan_free(out->plan);
    out->plan = NULL;
    return plan_from_json(text, length, &out->plan, err) ? STORE_CORRUPT : STORE_OK;
}

struct fold {
    struct times *times;
    struct plan *plan;
    bool calendars; /* seen */
};

/* One pass over the records; false: one of them does not fit. */
static bool fold_records(struct store *store, int64_t campaign, struct fold *fold,
                         struct slipway_error *err, int *code)
{
    bool fits = true, changed = false;
    auto_sql struct sql sql = sql_use(store, STATEMENT_TIME_EVENTS);
    put_int(&sql, campaign);
    struct record record;
    while (fits && sql_next(&sql) && !record_take(&sql, &record)) {
        fold->calendars = fold->calendars || record.kind == RECORD_CALENDAR;
        if (fold->times)
            fits = !times_apply(fold->times, fold->plan, &record, &changed);
    }
    *code = sql_end(&sql, err);
    return fits;
}

int store_times_load(struct store *store, int64_t campaign, struct store_times *out,
                     struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    auto_store_times struct store_times loaded = {0};
    size_t targets = 0;
    int code = load_row(store, campaign, &loaded, &targets, err);
    struct fold look = {.times = NULL};
    if (!code)
        (void)fold_records(store, campaign, &look, err, &code);
    if (!code && look.calendars)
        code = load_whole(store, campaign, &loaded, err);
    if (code)
        return code;
    times_create(&loaded.times, loaded.plan);
    /* what is folded in is indexed by target, also without rows of them */
    if (!loaded.plan->targets)
        loaded.plan->target_count = targets;
    struct fold fold = {.times = &loaded.times, .plan = loaded.plan};
    if (!fold_records(store, campaign, &fold, err, &code))
        return slipway_error_set(err, STORE_CORRUPT,
                                 "%s: a record about time does not fit campaign %lld; "
                                 "run: slipway doctor",
                                 store->path, (long long)campaign);
    if (!code) {
        *out = loaded;
        loaded = (struct store_times){0};
    }
    return code;
}
