/* worst.c - see worst.h. Sums only; none of them can overflow, since no single wait counts
   for more than DURATION_MAX_MS. */
#include "model/worst.h"

#include "model/playbook.h"
#include "util/duration.h"

static int64_t within(int64_t ms)
{
    return ms < DURATION_MAX_MS ? ms : DURATION_MAX_MS;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void worst_override(struct worst *worst, const struct worst *by)
{
    if (by->change_ms)
        worst->change_ms = by->change_ms;
    if (by->rollback_ms)
        worst->rollback_ms = by->rollback_ms;
}

/* What comes after the change is the way back. */
static int64_t *half_of(struct worst *worst, enum phase phase)
{
    return phase == PHASE_CHANGE ? &worst->change_ms : &worst->rollback_ms;
}

struct worst playbook_timeouts(const struct playbook *playbook)
{
    struct worst out = {0};
    int64_t checks_ms = 0;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        if (step->phase != PHASE_PREPARE)
            *half_of(&out, step->phase) += within(step->op.timeout_ms);
    }
    for (size_t i = 0; i < playbook->check_count; i++)
        checks_ms += within(playbook->checks[i].for_ms);
    out.change_ms += checks_ms;
    if (playbook->rollback == ROLLBACK_NONE)
        return out; /* nothing is put back */
    out.rollback_ms += checks_ms;
    if (playbook->rollback == ROLLBACK_SNAPSHOT)
        out.rollback_ms += within(playbook->boot_timeout_ms);
    return out;
}

struct worst playbook_worst(const struct playbook *playbook)
{
    struct worst out = playbook_timeouts(playbook), said = playbook->worst;
    if (said.change_ms)
        out.change_ms = smaller(said.change_ms, out.change_ms);
    if (said.rollback_ms)
        out.rollback_ms = smaller(said.rollback_ms, out.rollback_ms);
    return out;
}

int64_t playbook_timeouts_ms(const struct playbook *playbook)
{
    struct worst worst = playbook_timeouts(playbook);
    return worst.change_ms + worst.rollback_ms;
}

int64_t playbook_worst_ms(const struct playbook *playbook)
{
    struct worst worst = playbook_worst(playbook);
    return worst.change_ms + worst.rollback_ms;
}

int64_t playbook_undo_ms(const struct playbook *playbook)
{
    return playbook_worst(playbook).rollback_ms;
}

struct worst playbook_expected(const struct playbook *playbook)
{
    struct worst out = {0};
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        int64_t timeout_ms = within(step->op.timeout_ms);
        if (step->phase != PHASE_PREPARE)
            *half_of(&out, step->phase) +=
                step->expected_ms ? smaller(step->expected_ms, timeout_ms) : timeout_ms;
    }
    return out;
}

int64_t playbook_barrier_ms(const struct playbook *playbook)
{
    return SHUT_DOWN_GRACE_MS + playbook_undo_ms(playbook);
}

int64_t playbook_group_undo_ms(const struct playbook *playbook)
{
    return SHUT_DOWN_UNDO_GRACE_MS + playbook_undo_ms(playbook);
}

int64_t playbook_barrier_timeouts_ms(const struct playbook *playbook)
{
    return SHUT_DOWN_GRACE_MS + playbook_timeouts(playbook).rollback_ms;
}
