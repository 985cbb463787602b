/*
 * ground.h - plans for forecasts, made by hand: so many targets of so many customers at
 * three sites, a playbook that takes 45 minutes, weekly windows. Instants are counted
 * from Monday 2026-11-02 00:00 UTC.
 */
#ifndef TESTS_FORECAST_GROUND_H
#define TESTS_FORECAST_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/window.h"
#include "forecast/run.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MONDAY 1793577600000LL /* 2026-11-02 00:00 UTC */

struct ground {
    int targets, customers, in_flight, customer_max, site_max;
    int canary; /* targets of a first wave; 0: one wave */
    int64_t soak_ms;
    int64_t typical_ms, slow_ms; /* of the change step */
    int samples;
    int weeks;  /* of windows; 0: no calendars */
    int repo;   /* limit on the change step; 0: none */
    int budget; /* of the campaign */
    bool snapshot, link_groups;
};

static const struct ground usual_ground = {.targets = 60,
                                           .customers = 6,
                                           .in_flight = 8,
                                           .customer_max = 2,
                                           .site_max = 5,
                                           .canary = 3,
                                           .soak_ms = 2 * HOUR,
                                           .typical_ms = 40 * MINUTE,
                                           .slow_ms = 60 * MINUTE,
                                           .samples = 50,
                                           .weeks = 12,
                                           .budget = 1000};

static inline struct step ground_step(const char *id, enum phase phase,
                                      int64_t timeout_ms)
{
    return (struct step){
        .op = {.id = xstrdup(id),
               .use = xstrdup("ssh.job"),
               .with = xstrdup("{}"),
               .repeat = phase == PHASE_PREPARE ? SLIPWAY_READ : SLIPWAY_RECONCILABLE,
               .timeout_ms = timeout_ms},
        .phase = phase,
        .on_failure = phase == PHASE_PREPARE ? ON_FAILURE_FAIL : ON_FAILURE_ROLLBACK};
}

static inline void ground_playbook(const struct ground *g, struct playbook *p)
{
    *p = (struct playbook){.name = xstrdup("patch"),
                           .digest = xstrdup(""),
                           .rollback = g->snapshot ? ROLLBACK_SNAPSHOT : ROLLBACK_NATIVE,
                           .max_depth = 2,
                           .snapshot_ttl_ms = 72 * HOUR,
                           .snapshot_settle_ms = MINUTE,
                           .boot_timeout_ms = 20 * MINUTE};
    p->steps = xcalloc(8, sizeof *p->steps);
    p->steps[p->step_count++] = ground_step("space", PHASE_PREPARE, 10 * MINUTE);
    p->steps[p->step_count++] = ground_step("stage", PHASE_PREPARE, 30 * MINUTE);
    p->steps[p->step_count++] = ground_step("upgrade", PHASE_CHANGE, 90 * MINUTE);
    p->steps[2].snapshot = g->snapshot;
    p->steps[2].limits = xcalloc(1, sizeof(char *));
    p->steps[2].limits[0] = xstrdup("repo");
    p->steps[2].limit_count = 1;
    p->steps[p->step_count++] = ground_step("restart", PHASE_CHANGE, 20 * MINUTE);
    if (!g->snapshot)
        p->steps[p->step_count++] = ground_step("undo", PHASE_ROLLBACK, 30 * MINUTE);
    p->checks = xcalloc(1, sizeof *p->checks);
    p->checks[p->check_count++] = (struct check){.op = {.id = xstrdup("health"),
                                                        .use = xstrdup("ssh.run"),
                                                        .with = xstrdup("{}"),
                                                        .repeat = SLIPWAY_READ,
                                                        .timeout_ms = MINUTE},
                                                 .for_ms = 2 * MINUTE,
                                                 .every_ms = 10 * SECOND,
                                                 .stable = 1,
                                                 .baseline = BASELINE_COMPARE,
                                                 .after_step = 3};
}

static inline int ground_domain(struct plan *plan, const char *key, int max)
{
    for (size_t i = 0; i < plan->domain_count; i++) {
        if (!strcmp(plan->domains[i].key, key))
            return (int)i;
    }
    *vec_push(plan->domains, plan->domain_count, plan->domain_room) =
        (struct plan_cap){xstrdup(key), max};
    return (int)plan->domain_count - 1;
}

static inline void ground_target(const struct ground *g, struct plan *plan, int i)
{
    static const char *const sites[] = {"rbx", "gra", "sbg"};
    struct plan_target *t = &plan->targets[i];
    auto_free char *customer = xasprintf("customer=c%02d", i % g->customers);
    auto_free char *site = xasprintf("site=%s", sites[i % 3]);
    *t = (struct plan_target){.name = xasprintf("vc-%04d", i + 1),
                              .site = xstrdup(sites[i % 3]),
                              .version = xstrdup("8.0"),
                              .link_group = g->link_groups && i % 4 < 2
                                                ? xasprintf("sso-%d", i / 4)
                                                : xstrdup(""),
                              .manager = xstrdup(""),
                              .doc = xstrdup("{}"),
                              .wave = g->canary && i >= g->canary,
                              .manager_limit = -1,
                              .datastore_limit = -1};
    if (g->customer_max)
        t->domains[t->domain_count++] = ground_domain(plan, customer, g->customer_max);
    if (g->site_max)
        t->domains[t->domain_count++] = ground_domain(plan, site, g->site_max);
}

static inline void ground_waves(const struct ground *g, struct plan *plan)
{
    int canary = g->canary;
    plan->wave_count = canary ? 2 : 1;
    plan->waves = xcalloc(canary ? 2 : 1, sizeof *plan->waves);
    plan->waves[0] = (struct plan_wave){.name = xstrdup(canary ? "canary" : "all"),
                                        .count = canary ? canary : g->targets,
                                        .soak_ms = g->soak_ms,
                                        .budget = g->budget};
    if (canary)
        plan->waves[1] = (struct plan_wave){.name = xstrdup("rest"),
                                            .first = canary,
                                            .count = g->targets - canary,
                                            .soak_ms = g->soak_ms,
                                            .budget = g->budget};
}

/* Every customer has one night a week, 22:00 to 02:00, on a weekday of its own. */
static inline void ground_calendars(const struct ground *g, struct plan *plan)
{
    struct plan_time *time = &plan->time;
    for (int c = 0; c < g->customers && g->weeks; c++) {
        struct plan_calendar calendar = {.source = xasprintf("c%02d.ics", c),
                                         .scope = xasprintf("customer=c%02d", c),
                                         .zone = xstrdup("UTC"),
                                         .digest = xstrdup("")};
        for (int week = 0; week < g->weeks; week++) {
            int64_t from_ms = MONDAY + (week * 7 + c % 7) * DAY + 22 * HOUR;
            spans_add(&calendar.spans, from_ms, from_ms + 4 * HOUR);
        }
        int index = plan_time_add_calendar(time, &calendar);
        (void)plan_time_add_timetable(time, &index, 1);
        free(calendar.source);
        free(calendar.scope);
        free(calendar.zone);
        free(calendar.digest);
        spans_clear(&calendar.spans);
    }
    time->horizon_ms = g->weeks ? MONDAY + (g->weeks + 1) * 7 * DAY : 0;
}

static inline void ground_pace(const struct ground *g, struct plan *plan)
{
    struct plan_pace pace = {
        .kind = xstrdup("vcsa"),
        .version = xstrdup("8.0"),
        .steps = xcalloc(plan->playbook.step_count + 1, sizeof(struct step_pace)),
        .needed_ms = g->slow_ms + 30 * MINUTE,
        .prepare_ms = 12 * MINUTE,
        .change_ms = g->typical_ms + 6 * MINUTE,
        .rollback_ms = 15 * MINUTE};
    pace.steps[0] = (struct step_pace){MINUTE, 2 * MINUTE, g->samples};
    pace.steps[1] = (struct step_pace){10 * MINUTE, 20 * MINUTE, g->samples};
    pace.steps[2] = (struct step_pace){g->typical_ms, g->slow_ms, g->samples};
    pace.steps[3] = (struct step_pace){4 * MINUTE, 6 * MINUTE, g->samples};
    if (!g->snapshot)
        pace.steps[4] = (struct step_pace){15 * MINUTE, 20 * MINUTE, g->samples};
    plan->time.step_count = plan->playbook.step_count;
    *vec_push(plan->time.paces, plan->time.pace_count, plan->time.pace_room) = pace;
}

static inline struct plan *ground_plan(const struct ground *g)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->campaign = xstrdup("patch");
    plan->created_ms = MONDAY;
    plan->created_by = xstrdup("anna");
    plan->slipway_version = xstrdup("0.1.0");
    plan->campaign_digest = xstrdup("");
    plan->fleet_digest = xstrdup("");
    plan->vars = xstrdup("{}");
    plan->in_flight = g->in_flight;
    plan->budget = g->budget;
    ground_playbook(g, &plan->playbook);
    if (g->repo)
        *vec_push(plan->limits, plan->limit_count, plan->limit_room) =
            (struct plan_cap){xstrdup("repo"), g->repo};
    plan->targets = xcalloc((size_t)g->targets, sizeof *plan->targets);
    plan->target_count = (size_t)g->targets;
    for (int i = 0; i < g->targets; i++)
        ground_target(g, plan, i);
    ground_waves(g, plan);
    ground_calendars(g, plan);
    ground_pace(g, plan);
    plan->time.zone = xstrdup("UTC");
    plan->time.zone_data = xstrdup("");
    plan->time.slots = xcalloc((size_t)g->targets, sizeof *plan->time.slots);
    plan->time.slot_count = (size_t)g->targets;
    for (int i = 0; i < g->targets; i++)
        plan->time.slots[i].timetable = g->weeks ? i % g->customers : -1;
    plan_time_settle(&plan->time, plan->created_ms);
    return plan;
}

static inline void auto_run_fn(struct forecast_run *run)
{
    forecast_run_clear(run);
}
#define auto_run __attribute__((cleanup(auto_run_fn)))

#endif
