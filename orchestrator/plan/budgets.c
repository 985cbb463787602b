/*
 * budgets.c - how many failures are tolerated, as whole numbers.
 *
 * Percentages are rounded down, and a link group that goes as one counts once, as its
 * failure does: a budget is never larger than what was written. One that can never act is
 * the number of all targets.
 */
#include "plan/draft.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static int set_one(struct draft *draft, const struct amount *written, int wave,
                   const char *whose, struct slipway_error *err)
{
    struct plan *plan = draft->plan;
    int whole = draft_lots(draft, wave);
    int all = wave < 0 ? (int)draft->count : plan->waves[wave].count;
    long long value = written->value;
    char clean[160];
    if (written->kind == SIZE_REST || value < 0)
        return slipway_error_set(err, -1,
                                 "%s: the budget must be a count or a percentage, such "
                                 "as 2 or \"10%%\"",
                                 text_clean(whose, clean, sizeof clean));
    if (written->kind == SIZE_PERCENT) {
        value = value * whole / 100;
        plan_notes_add(&draft->notes, NOTE_BUDGET, wave,
                       "%s: %d %% of its %d %s%s is a budget of %lld (rounded down)",
                       whose, written->value, whole, plural(whole, "target", "targets"),
                       whole < all ? ", a link group counted once," : "", value);
    }
    *(wave < 0 ? &plan->budget : &plan->waves[wave].budget) =
        value < whole ? (int)value : all;
    return 0;
}

static const struct amount *wave_amount(const struct draft *draft, size_t wave)
{
    static const struct amount none = {SIZE_COUNT, 0};
    const struct wave_strategy *written = draft->written[wave];
    if (written && written->has_budget)
        return &written->budget;
    return draft->strategy->has_wave_budget ? &draft->strategy->wave_budget : &none;
}

int budgets_set(struct draft *draft, struct slipway_error *err)
{
    for (size_t i = 0; i < draft->plan->wave_count; i++) {
        auto_free char *whose = xstrdup(draft->plan->waves[i].name);
        if (set_one(draft, wave_amount(draft, i), (int)i, whose, err))
            return -1;
    }
    if (draft->strategy->has_campaign_budget)
        return set_one(draft, &draft->strategy->campaign_budget, -1, "campaign", err);
    draft->plan->budget = (int)draft->count;
    return 0;
}
