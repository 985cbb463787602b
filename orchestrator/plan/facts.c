/*
 * facts.c - what a plan amounts to: how much can be down at once, how much can fail,
 * how long it takes at worst. Worked out from the plan alone.
 *
 * All numbers are bounds that hold whatever happens, not forecasts. At one time no more
 * targets of a wave are being changed than: its count, in_flight, in strict mode the
 * smaller budget + 1, and for each capped label the sum of what its values allow. Down
 * can be all that can fail, because a failed one may stay so: in normal mode the tolerated
 * ones and those that then run, in strict mode one more than is tolerated. What a soak
 * finds out later, and what is still down from an earlier wave, comes on top. A link group
 * counts once for a budget, and all of it is down together. Times take every step at its
 * full time-out; no snapshots, no pauses between retries, no windows, no waiting for
 * limits.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/draft.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

/* Before all of a link group are off, usually; a snapshot that takes long. */
#define UNIT_OFF_USUAL_MS     120000LL
#define UNIT_SNAPSHOT_SLOW_MS 600000LL

struct tally {
    const struct plan *plan;
    size_t *group_of; /* by domain: its label */
    size_t group_count;
    int *targets; /* by domain: targets of the wave that have it */
    int *allowed; /* by label: sum of what its values allow to be down */
    int *having;  /* by label: targets of the wave that have one of its values */
    int *lots;    /* sizes of what fails as one in the wave, the biggest first */
    int lot_count;
    int work;    /* places of in_flight, times the changes during which they are held */
    int linked;  /* targets of the wave that are in units */
    int longest; /* changes one after another in one unit */
};

static void tally_clear(struct tally *tally)
{
    free(tally->group_of);
    free(tally->targets);
    free(tally->allowed);
    free(tally->having);
    free(tally->lots);
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
    tally->lots = xcalloc(plan->target_count + 1, sizeof *tally->lots);
}

static int bigger_first(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

static void add_lot(struct tally *tally, int count, int changed)
{
    tally->lots[tally->lot_count++] = count;
    tally->work += count * changed;
    if (changed > tally->longest)
        tally->longest = changed;
}

/* A link group holds its places until the last of it was changed. */
static void tally_lots(struct tally *tally, const struct plan_wave *wave)
{
    const struct plan *plan = tally->plan;
    tally->lot_count = tally->work = tally->longest = tally->linked = 0;
    for (int i = wave->first; i < wave->first + wave->count;) {
        int unit = plan_unit_of(plan, i), count = unit < 0 ? 1 : plan->units[unit].count;
        int changed = 0;
        for (int k = i; k < i + count; k++)
            changed += !plan->targets[k].companion;
        add_lot(tally, count, changed);
        tally->linked += unit < 0 ? 0 : count;
        i += count;
    }
    qsort(tally->lots, (size_t)tally->lot_count, sizeof *tally->lots, bigger_first);
}

/* Targets in the biggest so many lots. */
static int biggest(const struct tally *tally, int lots)
{
    int targets = 0;
    for (int i = 0; i < lots && i < tally->lot_count; i++)
        targets += tally->lots[i];
    return targets;
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
    tally_lots(tally, wave);
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
static int fewest_rounds(const struct tally *tally, int at_once)
{
    int rounds = at_once ? (tally->work + at_once - 1) / at_once : 0;
    if (rounds && rounds < tally->longest)
        rounds = tally->longest;
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
    facts->rollback_ms = plus(facts->rollback_ms, steps_ms(playbook, PHASE_EVIDENCE));
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
            facts->snapshots_total +=
                plan_unit_of(plan, (int)i) < 0 ? facts->snapshots_each : 1;
    }
}

/* ---- link groups ---- */

static void add_member(const struct plan *plan, int target, struct unit_facts *out)
{
    const struct plan_time *time = &plan->time;
    int at = time->slots ? time->slots[target].pace : -1;
    const struct plan_pace *pace = at < 0 ? NULL : &time->paces[at];
    int64_t back_ms = pace ? pace->rollback_ms : playbook_undo_ms(&plan->playbook);
    if (UNIT_OFF_USUAL_MS + back_ms > out->down_ms)
        out->down_ms = UNIT_OFF_USUAL_MS + back_ms;
    if (plan->targets[target].companion)
        return;
    out->changed++;
    out->change_ms =
        plus(out->change_ms,
             pace ? pace->change_ms : plan_member_needed_ms(plan, time, target));
}

/* Up again, and looked at, they are as they are after a rollback. */
static void set_units(const struct plan *plan, struct plan_facts *facts)
{
    facts->units = xcalloc(plan->unit_count + 1, sizeof *facts->units);
    facts->unit_count = plan->unit_count;
    for (size_t i = 0; i < plan->unit_count; i++) {
        const struct plan_unit *unit = &plan->units[i];
        struct unit_facts *out = &facts->units[i];
        for (int k = unit->first; k < unit->first + unit->count; k++)
            add_member(plan, k, out);
        out->down_worst_ms =
            playbook_barrier_timeouts_ms(&plan->playbook) + UNIT_SNAPSHOT_SLOW_MS;
        out->needed_ms = plan_unit_needed_ms(plan, &plan->time, unit);
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
        flight = smaller(flight, biggest(tally, budget + 1));
    flight = within_domains(tally, wave, flight);
    /* when the last tolerated failure is in, so much can still be running */
    int failing = strict ? biggest(tally, budget + 1) : biggest(tally, budget) + flight;
    int whole = facts->fleet_count ? facts->fleet_count : 1;
    out->lots = tally->lot_count;
    out->at_once = flight;
    failing = smaller(wave->count, failing);
    out->down = within_domains(tally, wave, failing); /* each of them, until put back */
    out->share = (int)(((long long)out->down * 1000 + whole - 1) / whole);
    out->worst_failures = failing;
    out->rounds = fewest_rounds(tally, flight);
    out->worst_ms = times(plus(facts->prepare_ms, facts->change_ms), out->rounds);
    if (flight) /* so often link groups go down before the first change */
        out->worst_ms =
            plus(out->worst_ms, times(playbook_barrier_timeouts_ms(&plan->playbook),
                                      (tally->linked + flight - 1) / flight));
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
    set_units(plan, out);
    tally_start(&tally);
    for (size_t i = 0; i < plan->wave_count; i++) {
        tally_wave(&tally, &plan->waves[i]);
        set_wave(&tally, &plan->waves[i], out, &out->waves[i]);
        set_peaks(&tally, (int)i, out);
    }
}
