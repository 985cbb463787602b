/*
 * facts.c - what a plan amounts to: how much can be down at once, how much can fail,
 * how long it takes at worst. Worked out from the plan alone.
 *
 * All numbers are bounds that hold whatever happens, not forecasts. At one time no more
 * targets of a wave are being changed than: its count, in_flight, in strict mode the
 * smaller budget + 1, and for each capped label the sum of what its values allow. Down
 * can be all that can fail, because a failed one may stay so: in normal mode the tolerated
 * ones and those that then run, in strict mode one more than is tolerated. What a soak
 * finds out later, and what is still down from an earlier wave, comes on top. Times take
 * every step at its full time-out; no snapshots, no pauses between retries, no windows,
 * no waiting for limits.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

struct tally {
    const struct plan *plan;
    size_t *group_of; /* by domain: its label */
    size_t group_count;
    int *targets; /* by domain: targets of the wave that have it */
    int *allowed; /* by label: sum of what its values allow to be down */
    int *having;  /* by label: targets of the wave that have one of its values */
};

static void tally_clear(struct tally *tally)
{
    free(tally->group_of);
    free(tally->targets);
    free(tally->allowed);
    free(tally->having);
}
#define auto_tally __attribute__((cleanup(tally_clear)))

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void tally_start(struct tally *tally)
{
    const struct plan *plan = tally->plan;
    auto_map struct map labels = {0};
    tally->group_of = xcalloc(plan->domain_count, sizeof *tally->group_of);
    for (size_t i = 0; i < plan->domain_count; i++) {
        const char *key = plan->domains[i].key;
        auto_free char *label = xstrndup(key, strcspn(key, "="));
        tally->group_of[i] = map_intern(&labels, label);
    }
    tally->group_count = labels.count;
    tally->targets = xcalloc(plan->domain_count, sizeof *tally->targets);
    tally->allowed = xcalloc(labels.count, sizeof *tally->allowed);
    tally->having = xcalloc(labels.count, sizeof *tally->having);
}

static void tally_wave(struct tally *tally, const struct plan_wave *wave)
{
    const struct plan *plan = tally->plan;
    memset(tally->targets, 0, plan->domain_count * sizeof *tally->targets);
    memset(tally->allowed, 0, tally->group_count * sizeof *tally->allowed);
    memset(tally->having, 0, tally->group_count * sizeof *tally->having);
    for (int i = wave->first; i < wave->first + wave->count; i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++)
            tally->targets[plan->targets[i].domains[k]]++;
    }
    for (size_t i = 0; i < plan->domain_count; i++) {
        tally->having[tally->group_of[i]] += tally->targets[i];
        tally->allowed[tally->group_of[i]] +=
            smaller(tally->targets[i], plan->domains[i].max);
    }
}

/* `most`, as far as the capped labels allow it. */
static int within_domains(const struct tally *tally, const struct plan_wave *wave,
                          int most)
{
    for (size_t i = 0; i < tally->group_count; i++) {
        int without = wave->count - tally->having[i];
        if (without < 0) /* a target with two values of one label */
            without = 0;
        most = smaller(most, tally->allowed[i] + without);
    }
    return most;
}

/* Fewest turns: each constraint alone needs this many. A cap of 0 never lets its
   targets start; that is said elsewhere and not counted here. */
static int fewest_rounds(const struct tally *tally, const struct plan_wave *wave,
                         int at_once)
{
    int rounds = at_once ? (wave->count + at_once - 1) / at_once : 0;
    for (size_t i = 0; i < tally->plan->domain_count; i++) {
        int lane = smaller(tally->plan->domains[i].max, at_once);
        int turns = lane ? (tally->targets[i] + lane - 1) / lane : 0;
        rounds = turns > rounds ? turns : rounds;
    }
    return rounds;
}

static int64_t times(int64_t ms, int64_t count)
{
    int64_t product;
    return __builtin_mul_overflow(ms, count, &product) ? INT64_MAX : product;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t steps_ms(const struct playbook *playbook, enum phase phase)
{
    int64_t total = 0;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        if (step->phase == phase)
            total = plus(total, times(step->op.timeout_ms, 1 + step->retries));
    }
    return total;
}

/* Checks are made one after another: each may take until it has to be green, and its
   last look a whole time-out. */
static int64_t checks_ms(const struct playbook *playbook)
{
    int64_t total = 0;
    for (size_t i = 0; i < playbook->check_count; i++)
        total = plus(total,
                     plus(playbook->checks[i].for_ms, playbook->checks[i].op.timeout_ms));
    for (size_t i = 0; i < playbook->read_count; i++)
        total = plus(total, playbook->reads[i].timeout_ms);
    return total;
}

static void set_times(const struct playbook *playbook, struct plan_facts *facts)
{
    facts->prepare_ms = steps_ms(playbook, PHASE_PREPARE);
    facts->change_ms = plus(steps_ms(playbook, PHASE_CHANGE), checks_ms(playbook));
    facts->rollback_ms =
        playbook->rollback == ROLLBACK_SNAPSHOT ? playbook->boot_timeout_ms
        : playbook->rollback == ROLLBACK_NATIVE ? steps_ms(playbook, PHASE_ROLLBACK)
                                                : 0;
}

static void set_snapshots(const struct plan *plan, struct plan_facts *facts)
{
    if (plan->playbook.rollback != ROLLBACK_SNAPSHOT)
        return; /* what will never be reverted to is never taken */
    for (size_t i = 0; i < plan->playbook.step_count; i++) {
        const struct step *step = &plan->playbook.steps[i];
        facts->snapshots_each += step->phase == PHASE_CHANGE && step->snapshot;
    }
    for (size_t i = 0; i < plan->target_count; i++) {
        if (*plan->targets[i].manager)
            facts->snapshots_total += facts->snapshots_each;
    }
}

static void set_peaks(const struct tally *tally, int wave, struct plan_facts *facts)
{
    for (size_t i = 0; i < tally->plan->domain_count; i++) {
        struct domain_peak *peak = &facts->peaks[i];
        int most = smaller(smaller(tally->plan->domains[i].max, facts->waves[wave].down),
                           tally->targets[i]);
        peak->targets += tally->targets[i];
        if (most > peak->peak) {
            peak->peak = most;
            peak->wave = wave;
        }
    }
}

static void set_wave(const struct tally *tally, const struct plan_wave *wave,
                     const struct plan_facts *facts, struct wave_facts *out)
{
    const struct plan *plan = tally->plan;
    bool strict = plan->mode == BUDGET_STRICT;
    int budget = smaller(wave->budget, plan->budget);
    int flight = smaller(wave->count, plan->in_flight);
    if (strict)
        flight = smaller(flight, budget + 1);
    flight = within_domains(tally, wave, flight);
    /* when the last tolerated failure is in, so much can still be running */
    int failing = smaller(wave->count, budget + (strict ? 1 : flight));
    int whole = facts->fleet_count ? facts->fleet_count : 1;
    out->at_once = flight;
    out->down = within_domains(tally, wave, failing); /* each of them, until put back */
    out->share = (int)(((long long)out->down * 1000 + whole - 1) / whole);
    out->worst_failures = failing;
    out->rounds = fewest_rounds(tally, wave, flight);
    out->worst_ms = times(plus(facts->prepare_ms, facts->change_ms), out->rounds);
}

void plan_facts_of(const struct plan *plan, size_t fleet_count, struct plan_facts *out)
{
    auto_tally struct tally tally = {.plan = plan};
    plan_facts_clear(out);
    out->fleet_count = (int)(fleet_count ? fleet_count : plan->target_count);
    out->wave_count = plan->wave_count;
    out->waves = xcalloc(plan->wave_count, sizeof *out->waves);
    out->peak_count = plan->domain_count;
    out->peaks = xcalloc(plan->domain_count, sizeof *out->peaks);
    set_times(&plan->playbook, out);
    set_snapshots(plan, out);
    tally_start(&tally);
    for (size_t i = 0; i < plan->wave_count; i++) {
        tally_wave(&tally, &plan->waves[i]);
        set_wave(&tally, &plan->waves[i], out, &out->waves[i]);
        set_peaks(&tally, (int)i, out);
    }
}
