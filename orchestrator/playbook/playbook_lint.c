/*
 * playbook_lint.c - rules that a playbook must keep whatever the campaign is.
 *
 * Each rule is a promise of slipway that the playbook would otherwise break: success
 * needs evidence, and what was changed can be put back, or a human is told before.
 */
#include <string.h>

#include "playbook/playbook_reader.h"
#include "playbook/worst_decode.h"

static const struct operation_note *find_note(const struct playbook_notes *notes,
                                              const char *id)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (!strcmp(notes->items[i].id, id))
            return &notes->items[i];
    }
    return NULL;
}

const struct place *operation_place(const struct playbook_notes *notes, const char *id)
{
    const struct operation_note *note = find_note(notes, id);
    return note ? &note->place : &notes->place;
}

const char *operation_needs(const struct playbook_notes *notes, const char *id)
{
    const struct operation_note *note = find_note(notes, id);
    return note ? note->needs : NULL;
}

static size_t count_phase(const struct playbook *playbook, enum phase phase)
{
    size_t count = 0;
    for (size_t i = 0; i < playbook->step_count; i++)
        count += playbook->steps[i].phase == phase;
    return count;
}

static void lint_evidence(const struct playbook *playbook,
                          const struct playbook_notes *notes,
                          struct problem_list *problems)
{
    if (!count_phase(playbook, PHASE_CHANGE))
        return;
    if (!playbook->check_count)
        problem_error(problems, &notes->place,
                      "the playbook changes appliances but has no health check: success "
                      "needs evidence");
    if (!playbook->read_count)
        problem_error(
            problems, &notes->place,
            "the playbook changes appliances but does not say how their version "
            "is read back: add version:");
}

/* Something must be there to go back to before the first change. */
static void lint_snapshots(const struct playbook *playbook,
                           const struct playbook_notes *notes,
                           struct problem_list *problems)
{
    const struct step *first = NULL, *covered = NULL;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        if (step->phase != PHASE_CHANGE)
            continue;
        if (!covered && step->snapshot)
            covered = step;
        if (!first && !covered && step->op.repeat != SLIPWAY_READ)
            first = step;
    }
    if (first)
        problem_error(problems, operation_place(notes, first->op.id),
                      "step %s changes the appliance before any snapshot is taken, but "
                      "the playbook says rollback: snapshot",
                      first->op.id);
}

static void lint_rollback(const struct playbook *playbook,
                          const struct playbook_notes *notes,
                          struct problem_list *problems)
{
    size_t steps = count_phase(playbook, PHASE_ROLLBACK);
    bool native = playbook->rollback == ROLLBACK_NATIVE;
    if (native && !steps)
        problem_error(problems, &notes->place,
                      "rollback: native needs steps of the phase rollback");
    if (!native && steps)
        problem_error(problems, &notes->place,
                      "steps of the phase rollback need rollback: native, not %s",
                      rollback_name(playbook->rollback));
    if (playbook->rollback == ROLLBACK_NONE && count_phase(playbook, PHASE_EVIDENCE))
        problem_error(problems, &notes->place,
                      "steps of the phase evidence run before something is put back, and "
                      "the playbook says rollback: none");
    if (playbook->rollback == ROLLBACK_SNAPSHOT)
        lint_snapshots(playbook, notes, problems);
}

static void lint_opaque(const struct playbook *playbook,
                        const struct playbook_notes *notes, struct problem_list *problems)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct step *step = &playbook->steps[i];
        if (step->op.repeat == SLIPWAY_OPAQUE && step->phase != PHASE_PREPARE)
            problem_warning(problems, operation_place(notes, step->op.id),
                            "step %s (%s) is opaque: if its answer is lost, slipway "
                            "cannot find out what became of it and parks the appliance",
                            step->op.id, step->op.use);
    }
}

void playbook_lint(const struct playbook *playbook, const struct playbook_notes *notes,
                   struct problem_list *problems)
{
    lint_evidence(playbook, notes, problems);
    lint_rollback(playbook, notes, problems);
    lint_opaque(playbook, notes, problems);
    worst_lint(playbook, &playbook->worst, &notes->worst, problems);
}
