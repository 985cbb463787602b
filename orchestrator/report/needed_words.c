/* needed_words.c - see needed_words.h. */
#include "report/needed_words.h"

#include <string.h>

#include "util/auto.h"
#include "util/duration.h"

static const char *const sources[NEEDED_FROM_COUNT] = {
    [NEEDED_TIMEOUTS] = "at full time-outs",
    [NEEDED_WORST] = "as `worst` says",
    [NEEDED_HISTORY] = "by this fleet's history",
};

static const char *of_change_words(const struct plan *plan, const struct plan_pace *pace)
{
    for (size_t i = 0; pace->needed_from == NEEDED_TIMEOUTS && i < plan->time.step_count;
         i++) {
        if (pace->steps[i].samples)
            return "by history and time-outs";
    }
    return sources[pace->needed_from];
}

void needed_words(const struct plan *plan, const struct plan_pace *pace, struct buf *out)
{
    const struct playbook *p = &plan->playbook;
    int64_t undo_ms = playbook_undo_ms(p);
    const char *of_change = of_change_words(plan, pace);
    const char *of_undo = sources[p->worst.rollback_ms ? NEEDED_WORST : NEEDED_TIMEOUTS];
    char change[32], undo[32];
    if (!undo_ms || undo_ms > pace->needed_ms) {
        buf_adds(out, of_change);
        return;
    }
    (void)duration_format(pace->needed_ms - undo_ms, change, sizeof change);
    (void)duration_format(undo_ms, undo, sizeof undo);
    if (of_change == of_undo)
        buf_addf(out, "%s for the change and %s for the way back, %s", change, undo,
                 of_change);
    else
        buf_addf(out, "%s for the change, %s; %s for the way back, %s", change, of_change,
                 undo, of_undo);
}
