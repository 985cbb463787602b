/*
 * forecast_work.c - the runs behind `slipway forecast`: the plan as it is with every
 * seed, the same with what-if, then fewer seeds for each rule lifted and for each change
 * that might hold the deadline. Every run is the real engine; threads share the plan and
 * write different rows. Cannot fail.
 */
#include "cli/forecast_work.h"

#include <stdlib.h>
#include <string.h>

#include "calendar/zone.h"
#include "cli/crew.h"
#include "forecast/tally.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define RUNS_PER_TRY   15 /* of a rule lifted: the same seeds with and without it */
#define RUNS_PER_LARGE 3  /* of plans with more targets than FORECAST_LARGE */
#define BINDING_SHOWN  12
#define BINDING_LEAST  3600000
#define VALUES_OF      2  /* labels whose single values are tried */
#define VALUES_MAX     12 /* of each                              */
#define DAY_S          86400
#define NOON_S         43200
#define MONDAY_OFFSET  3 /* 1970-01-01 was a Thursday */

/* ---- nights ---- */

/* From the noon before `from_ms`; nights that have a clock change are longer or
   shorter. */
static size_t make_nights(const char *zone_text, int64_t from_ms, int64_t until_ms,
                          struct forecast_period *out, size_t *first_of_week)
{
    const struct zone *zone = NULL;
    size_t count = 0;
    if (zone_find(zone_text ? zone_text : "UTC", &zone, NULL))
        zone = zone_utc();
    int64_t wall_s = zone_wall(zone, from_ms / 1000);
    int64_t day = (wall_s - NOON_S) / DAY_S;
    *first_of_week = (size_t)((7 - (day + MONDAY_OFFSET) % 7) % 7);
    for (; count < TALLY_PERIODS_MAX; count++, day++) {
        int64_t noon_ms = zone_instant(zone, day * DAY_S + NOON_S) * 1000;
        if (noon_ms >= until_ms)
            break;
        out[count] = (struct forecast_period){
            .from_ms = noon_ms,
            .until_ms = zone_instant(zone, (day + 1) * DAY_S + NOON_S) * 1000};
    }
    return count;
}

/* ---- all seeds ---- */

struct seeds {
    const struct model *model;
    const struct run_options *options;
    struct tally *tally;
};

static void run_seed(void *data, size_t index)
{
    struct seeds *seeds = data;
    struct run_options options = *seeds->options;
    struct forecast_run run = {0};
    options.seed = index + 1;
    forecast_run(seeds->model, &options, &run);
    tally_add(seeds->tally, index, &run);
    forecast_run_clear(&run);
}

static void look_out(const struct plan *plan, const struct forecast_ask *ask,
                     struct forecast_run *usual, struct forecast_outlook *out)
{
    auto_model struct model *model = model_create(plan, true);
    struct run_options options = ask->run;
    auto_free struct forecast_period *nights = xcalloc(TALLY_PERIODS_MAX, sizeof *nights);
    size_t first_of_week;
    int64_t until_ms = plan->time.horizon_ms
                           ? plan->time.horizon_ms
                           : ask->run.start_ms + HORIZON_DAYS * 86400000LL;
    size_t count =
        make_nights(plan->time.zone, ask->run.start_ms, until_ms, nights, &first_of_week);
    struct tally tally;
    tally_create(&tally, (size_t)ask->seeds, nights, count, first_of_week);
    options.seed = 0;
    forecast_run(model, &options, usual);
    struct seeds seeds = {model, &ask->run, &tally};
    crew_do((size_t)ask->seeds, run_seed, &seeds);
    tally_outlook(&tally, plan, usual, ask->deadline_ms, out);
    tally_clear(&tally);
}

/* ---- what binds ---- */

struct tries {
    const struct plan *plan;
    const struct forecast_ask *ask;
    struct binding_try *items;
    int runs;
};

static void run_try(void *data, size_t index)
{
    struct tries *tries = data;
    struct binding_try *one = &tries->items[index];
    binding_run(tries->plan, &one->what, &tries->ask->run, tries->runs, &one->change);
}

static int runs_of(const struct plan *plan, const struct forecast_ask *ask)
{
    int runs = plan->target_count > FORECAST_LARGE ? RUNS_PER_LARGE : RUNS_PER_TRY;
    return ask->seeds < runs ? ask->seeds : runs;
}

/* The most expensive first; only such as can be taken apart. */
static const struct binding_try *expensive(const struct binding_try *tries, size_t count,
                                           size_t nth)
{
    size_t skipped = 0;
    for (;; skipped++) {
        const struct binding_try *best = NULL;
        for (size_t i = 0; i < count; i++) {
            const struct binding_try *t = &tries[i];
            size_t above = 0;
            for (size_t k = 0; k < count; k++)
                above += tries[k].change.saves_ms > t->change.saves_ms ||
                         (tries[k].change.saves_ms == t->change.saves_ms && k < i);
            if (above == skipped)
                best = t;
        }
        if (!best || best->change.saves_ms < BINDING_LEAST)
            return NULL;
        if (!best->what.domain_count && !best->what.without_scope)
            continue;
        if (!nth--)
            return best;
    }
}

static void find_binding(const struct plan *plan, const struct forecast_ask *ask,
                         const struct forecast_run *usual, struct forecast *out)
{
    auto_free struct binding_try *items =
        xcalloc((size_t)(VALUES_OF + 1) * BINDING_TRIES_MAX, sizeof *items);
    struct forecast_change planned = {.kind = "as planned"};
    struct tries tries = {plan, ask, items, runs_of(plan, ask)};
    size_t count = binding_tries(plan, &ask->run, items), rules = count;
    binding_run(plan, &(struct what_if){0}, &ask->run, tries.runs, &planned);
    crew_do(count, run_try, &tries);
    for (size_t i = 0; i < count; i++)
        binding_saves(&planned, plan->time.horizon_ms, &items[i].change);
    for (size_t nth = 0; nth < VALUES_OF; nth++) {
        const struct binding_try *of = expensive(items, rules, nth);
        if (of)
            count += binding_values(plan, of, usual, &items[count], VALUES_MAX);
    }
    tries.items = &items[rules];
    crew_do(count - rules, run_try, &tries);
    out->binding = xcalloc(count + 1, sizeof *out->binding);
    for (size_t i = 0; i < count; i++) {
        binding_saves(&planned, plan->time.horizon_ms, &items[i].change);
        out->binding[i] = items[i].change;
    }
    out->binding_count = binding_rank(out->binding, count, BINDING_LEAST);
    if (out->binding_count > BINDING_SHOWN)
        out->binding_count = BINDING_SHOWN;
}

/* ---- what would hold the deadline ---- */

struct remedies {
    const struct plan *plan;
    const struct forecast_ask *ask;
    struct remedy *items;
    int runs;
};

static void run_remedy(void *data, size_t index)
{
    struct remedies *remedies = data;
    struct remedy *one = &remedies->items[index];
    binding_run(remedies->plan, &one->what, &remedies->ask->run, remedies->runs,
                &one->change);
}

/* A smaller change of the same kind holds it already. */
static bool is_more_than_needed(const struct forecast *f, const struct forecast_change *c)
{
    for (size_t i = 0; i < f->remedy_count; i++) {
        const struct forecast_change *r = &f->remedies[i];
        if (!strcmp(r->kind, c->kind) &&
            (!strcmp(c->kind, "soak") ||
             (strcmp(c->kind, "window") != 0 && !strcmp(r->key, c->key))))
            return true;
    }
    return false;
}

static void find_remedies(const struct plan *plan, const struct forecast_ask *ask,
                          struct forecast *out)
{
    bool late = ask->deadline_ms &&
                (!out->planned.p90_ms || out->planned.p90_ms > ask->deadline_ms);
    if (!late)
        return;
    auto_free struct remedy *items = xcalloc(REMEDIES_MAX, sizeof *items);
    struct remedies remedies = {plan, ask, items, runs_of(plan, ask)};
    size_t count = remedy_list(plan, ask, items);
    crew_do(count, run_remedy, &remedies);
    out->remedies = xcalloc(count + 1, sizeof *out->remedies);
    for (size_t i = 0; i < count; i++) {
        struct forecast_change *c = &items[i].change;
        if (c->late_ms && c->late_ms <= ask->deadline_ms && !is_more_than_needed(out, c))
            out->remedies[out->remedy_count++] = *c;
        spans_clear(&items[i].windows);
    }
}

/* ---- all of it ---- */

static void describe(const struct forecast_subject *subject,
                     const struct forecast_ask *ask, struct forecast *out)
{
    const struct plan *plan = subject->plan;
    *out = (struct forecast){
        .campaign = xstrdup(plan->campaign),
        .digest = xstrdup_null(plan->digest),
        .zone = xstrdup(plan->time.zone ? plan->time.zone : "UTC"),
        .start_ms = ask->run.start_ms,
        .deadline_ms = ask->deadline_ms,
        .horizon_ms = plan->time.horizon_ms,
        .targets = (int)plan->target_count,
        .running = subject->engine != NULL,
        .in_flight = plan->in_flight,
        .failure_per_million = ask->run.failure_per_million,
        .failure_samples = ask->failure_given ? 0 : subject->settled,
        .failure_given = ask->failure_given,
        .human_ms = ask->run.human_ms,
        .approval_ms = ask->run.approval_ms,
        .what_if = xstrdup_null(ask->what_text),
    };
    for (int i = 0; subject->engine && i < TARGET_STATE_COUNT; i++)
        out->settled += machine_is_final(&target_machine, i)
                            ? engine_state(subject->engine)->count_by_state[i]
                            : 0;
}

void forecast_work(const struct forecast_subject *subject, const struct forecast_ask *ask,
                   struct forecast *out)
{
    struct forecast_run usual = {0}, other = {0};
    struct plan plan = *subject->plan;
    if (subject->engine) /* calendars may have been replaced since it was planned */
        plan.time = *engine_time(subject->engine);
    describe(subject, ask, out);
    look_out(&plan, ask, &usual, &out->planned);
    if (ask->changes) {
        auto_variant struct variant *variant = variant_create(&plan, &ask->what);
        look_out(&variant->plan, ask, &other, &out->changed);
    }
    find_binding(&plan, ask, &usual, out);
    find_remedies(&plan, ask, out);
    forecast_run_clear(&usual);
    forecast_run_clear(&other);
}
