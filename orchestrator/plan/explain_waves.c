/*
 * explain_waves.c - for every wave: what it tolerates, what a canary of its size can
 * see, and how long it takes at worst.
 */
#include <stdio.h>

#include "plan/draft.h"
#include "util/duration.h"

/* "1st", "2nd", "3rd", "11th" */
static const char *ordinal(int number, char out[24])
{
    int tens = number % 100, ones = number % 10;
    const char *suffix = tens >= 11 && tens <= 13 ? "th"
                         : ones == 1              ? "st"
                         : ones == 2              ? "nd"
                         : ones == 3              ? "rd"
                                                  : "th";
    (void)snprintf(out, 24, "%d%s", number, suffix);
    return out;
}

static const char *action_text(enum on_exceed action)
{
    switch (action) {
    case ON_EXCEED_ABORT:
        return "aborts the campaign";
    case ON_EXCEED_ROLLBACK_WAVE:
        return "rolls the wave back and pauses";
    default:
        return "pauses the campaign";
    }
}

static void note_tolerance(struct plan_notes *notes, int wave, const char *whose,
                           const char *name, int budget, int targets,
                           enum on_exceed action)
{
    char nth[24];
    if (budget >= targets)
        plan_notes_add(notes, NOTE_BUDGET, wave,
                       "%s%s: tolerates the failure of all its %d %s; it never acts",
                       whose, name, targets, plural(targets, "target", "targets"));
    else
        plan_notes_add(notes, NOTE_BUDGET, wave, "%s%s: tolerates %d %s, the %s %s",
                       whose, name, budget, plural(budget, "failure", "failures"),
                       ordinal(budget + 1, nth), action_text(action));
}

static void note_worst(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    const struct wave_facts *facts = &notes->facts.waves[i];
    if (plan->mode == BUDGET_STRICT)
        plan_notes_add(notes, NOTE_BUDGET, (int)i,
                       "wave %s: strict mode: at most %d at risk at once, at most %d can "
                       "fail",
                       wave->name, facts->at_once, facts->worst_failures);
    else
        plan_notes_add(notes, NOTE_BUDGET, (int)i,
                       "wave %s: normal mode: what is running when the budget is used up "
                       "may fail too, so at worst %d of %d",
                       wave->name, facts->worst_failures, wave->count);
}

static void note_budget(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    note_tolerance(notes, (int)i, "wave ", wave->name, wave->budget, wave->count,
                   wave->on_exceed);
    note_worst(notes, plan, i);
    if (wave->budget >= wave->count && plan->budget >= wave->count)
        plan_notes_add(notes, NOTE_WARNING, (int)i,
                       "wave %s: no number of failures in it makes slipway act",
                       wave->name);
    else if (plan->budget < wave->budget)
        plan_notes_add(notes, NOTE_BUDGET, (int)i,
                       "wave %s: the campaign's budget of %d is smaller and acts first",
                       wave->name, plan->budget);
}

/* Tenths of a percent of the chance that `looks` targets show a defect that hits
   `percent` of all: 1 - (1 - p)^looks. */
static int chance(int percent, int looks)
{
    double unseen = 1.0;
    for (int i = 0; i < looks && unseen > 1e-6; i++)
        unseen *= 1.0 - percent / 100.0;
    return (int)((1.0 - unseen) * 1000.0 + 0.5);
}

static const char *chance_text(int percent, int looks, char out[24])
{
    int tenths = chance(percent, looks);
    if (tenths > 990)
        (void)snprintf(out, 24, "over 99 %%");
    else
        (void)snprintf(out, 24, "%d %%", (tenths + 5) / 10);
    return out;
}

static void note_power(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    char rare[24], common[24];
    if (plan->wave_count < 2 || (i > 0 && !wave->canary))
        return;
    plan_notes_add(
        notes, NOTE_WAVE, (int)i,
        "wave %s: %d %s a defect of 5 %% of the targets with a chance of %s, "
        "one of 20 %% with %s",
        wave->name, wave->count, plural(wave->count, "target shows", "targets show"),
        chance_text(5, wave->count, rare), chance_text(20, wave->count, common));
}

static void note_time(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    const struct wave_facts *facts = &notes->facts.waves[i];
    char each[32], whole[32], soak[32];
    if (!facts->rounds)
        return;
    int64_t each_ms = facts->worst_ms / facts->rounds;
    plan_notes_add(notes, NOTE_WAVE, (int)i,
                   "wave %s: %d %s of at most %s each, up to %s, then %s of soak",
                   wave->name, facts->rounds, plural(facts->rounds, "round", "rounds"),
                   duration_format(each_ms, each, sizeof each),
                   duration_format(facts->worst_ms, whole, sizeof whole),
                   duration_format(wave->soak_ms, soak, sizeof soak));
}

void explain_waves(struct draft *draft)
{
    struct plan_notes *notes = &draft->notes;
    const struct plan *plan = draft->plan;
    for (size_t i = 0; i < plan->wave_count; i++) {
        note_power(notes, plan, i);
        note_time(notes, plan, i);
        note_budget(notes, plan, i);
    }
    plan_notes_add(notes, NOTE_WAVE, -1,
                   "times take every step at its full time-out, in the fewest rounds; "
                   "snapshots, windows and waiting for limits come on top");
    if (draft->strategy->has_campaign_budget)
        note_tolerance(notes, -1, "the campaign", "", plan->budget, (int)draft->count,
                       plan->on_exceed);
    else
        plan_notes_add(notes, NOTE_BUDGET, -1,
                       "the campaign: no budget is written, so only the waves' budgets "
                       "act");
}
