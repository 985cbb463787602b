/*
 * model/worst.h - what must fit before a window closes, if nothing is known of the past:
 * the full time-outs of a playbook, or what its author (or the campaign) said instead.
 *
 * The time-outs of all steps and checks bound every run, but their sum says little about
 * any: nobody's night has thirteen hours. `worst:` is somebody's word for what a night
 * must hold. It never makes a step fail: its own time-out does that.
 */
#ifndef MODEL_WORST_H
#define MODEL_WORST_H

#include <stdint.h>

struct playbook;

/* From the admission until the checks after the change are green; from the decision to put
   it back until the old version is read and the checks are green again. 0 where nobody
   said anything. */
struct worst {
    int64_t change_ms, rollback_ms;
};

/* A campaign's word takes the place of the playbook's, half by half. */
void worst_override(struct worst *worst, const struct worst *by);

/* At full time-outs: every change step, every check until it has to be green; then the
   steps of the way back, or a revert and its boot, and the checks again (with `rollback:
   none` there is no way back). An attempt that
   failed and is made again is not counted, nor is a recovery. */
struct worst playbook_timeouts(const struct playbook *playbook);

/* What counts: what was said, as far as something was, and never more than the time-outs. */
struct worst playbook_worst(const struct playbook *playbook);

/* The sums. */
int64_t playbook_timeouts_ms(const struct playbook *playbook);
int64_t playbook_worst_ms(const struct playbook *playbook);
/* What of playbook_worst_ms is the way back of one that stands alone. */
int64_t playbook_undo_ms(const struct playbook *playbook);

/* As it usually goes: `expected` of the change steps, of those of the way back; the
   time-out where nobody said. Nobody's word may be less. */
struct worst playbook_expected(const struct playbook *playbook);

/* A guest that is asked to shut down takes minutes; one that will be reverted has nothing
   to lose, and may be sick. */
#define SHUT_DOWN_GRACE_MS      600000
#define SHUT_DOWN_UNDO_GRACE_MS 60000

/* At worst, of a link group: all of its members are shut down, started and looked at; and
   the same when all of them were reverted. */
int64_t playbook_barrier_ms(const struct playbook *playbook);
int64_t playbook_group_undo_ms(const struct playbook *playbook);
/* The barrier at full time-outs. */
int64_t playbook_barrier_timeouts_ms(const struct playbook *playbook);

#endif
