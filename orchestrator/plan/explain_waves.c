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

/* "tolerates 2 failures, the 3rd pauses the campaign" */
static void add_tolerance(struct buf *out, int budget, int lots, int targets,
                          enum on_exceed action)
{
    char nth[24];
    if (budget >= lots)
        buf_addf(out, "tolerates the failure of all its %d %s, it never acts", targets,
                 plural(targets, "target", "targets"));
    else
        buf_addf(out, "tolerates %d %s, the %s %s", budget,
                 plural(budget, "failure", "failures"), ordinal(budget + 1, nth),
                 action_text(action));
}

static void add_worst(struct buf *out, const struct plan *plan,
                      const struct plan_wave *wave, const struct wave_facts *facts)
{
    if (wave->budget >= facts->lots && plan->budget >= facts->lots)
        return;
    if (plan->mode == BUDGET_STRICT)
        buf_addf(out, "; strict: at most %d at risk at once, so at most %d can fail",
                 facts->at_once, facts->worst_failures);
    else
        buf_addf(out,
                 "; normal: what runs when the budget is used up may fail too, at worst "
                 "%d of %d",
                 facts->worst_failures, wave->count);
    if (wave->soak_ms)
        buf_adds(out, "; what the soak finds comes on top");
}

/* What the engine does then is not held back by any cap. */
static void warn_rollback_wave(struct plan_notes *notes, const struct plan *plan,
                               size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    int soaking = wave->count - wave->budget - 1;
    if (wave->on_exceed == ON_EXCEED_ROLLBACK_WAVE && soaking > 0)
        plan_notes_add(notes, NOTE_WARNING, (int)i,
                       "%s: rolling it back takes down all of its targets that soak, "
                       "at once: up to %d, whatever max_unavailable says",
                       wave->name, soaking);
}

static void note_budget(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    const struct wave_facts *facts = &notes->facts.waves[i];
    auto_buf struct buf text = {0};
    add_tolerance(&text, wave->budget, facts->lots, wave->count, wave->on_exceed);
    if (plan->budget < wave->budget && plan->budget < facts->lots)
        buf_addf(&text, "; the campaign's budget of %d is smaller and acts first",
                 plan->budget);
    add_worst(&text, plan, wave, facts);
    plan_notes_add(notes, NOTE_BUDGET, (int)i, "%s: %s", wave->name, buf_text(&text));
    if (wave->budget >= facts->lots && plan->budget >= facts->lots)
        plan_notes_add(notes, NOTE_WARNING, (int)i,
                       "%s: no number of failures in it makes slipway act", wave->name);
    warn_rollback_wave(notes, plan, i);
}

static void note_campaign_budget(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    auto_buf struct buf text = {0};
    if (draft->strategy->has_campaign_budget)
        add_tolerance(&text, plan->budget, draft_lots(draft, -1), (int)draft->count,
                      plan->on_exceed == ON_EXCEED_ABORT ? ON_EXCEED_ABORT
                                                         : ON_EXCEED_PAUSE);
    else
        buf_adds(&text, "no budget is written, so only the waves' budgets act");
    plan_notes_add(&draft->notes, NOTE_BUDGET, -1, "campaign: %s", buf_text(&text));
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

static void note_power(struct draft *draft, size_t i)
{
    const struct plan *plan = draft->plan;
    const struct plan_wave *wave = &plan->waves[i];
    int looks = draft_changed(draft, (int)i);
    char rare[24], common[24];
    if (plan->wave_count < 2 || (i > 0 && !wave->canary))
        return;
    plan_notes_add(
        &draft->notes, NOTE_WAVE, (int)i,
        "%s: its %d %s a defect that hits 5 %% of all with a chance of %s, one "
        "that hits 20 %% with %s",
        wave->name, looks, plural(looks, "target shows", "targets show"),
        chance_text(5, looks, rare), chance_text(20, looks, common));
}

static void note_time(struct plan_notes *notes, const struct plan *plan, size_t i)
{
    const struct plan_wave *wave = &plan->waves[i];
    const struct wave_facts *facts = &notes->facts.waves[i];
    auto_buf struct buf text = {0};
    char time[32];
    if (!facts->rounds)
        return;
    int64_t each_ms = facts->worst_ms / facts->rounds;
    buf_addf(&text, "%d %s of at most %s", facts->rounds,
             plural(facts->rounds, "round", "rounds"),
             duration_format(each_ms, time, sizeof time));
    if (facts->rounds > 1)
        buf_addf(&text, " each, up to %s",
                 duration_format(facts->worst_ms, time, sizeof time));
    if (wave->soak_ms)
        buf_addf(&text, ", then a soak of %s",
                 duration_format(wave->soak_ms, time, sizeof time));
    plan_notes_add(notes, NOTE_WAVE, (int)i, "%s: %s", wave->name, buf_text(&text));
}

void explain_waves(struct draft *draft)
{
    struct plan_notes *notes = &draft->notes;
    const struct plan *plan = draft->plan;
    if (plan->wave_count == 1 && plan->target_count > 1)
        plan_notes_add(notes, NOTE_WARNING, 0,
                       "all %zu targets are in one wave: there is no canary",
                       plan->target_count);
    for (size_t i = 0; i < plan->wave_count; i++) {
        note_power(draft, i);
        note_time(notes, plan, i);
        note_budget(notes, plan, i);
    }
    plan_notes_add(notes, NOTE_WAVE, -1,
                   "times take every step at its full time-out, in the fewest rounds; "
                   "snapshots, windows and waiting for limits come on top");
    note_campaign_budget(draft);
}
