/*
 * worst_decode.c - see worst_decode.h.
 *
 * Both halves are apart because they are used apart: a link group is changed member by
 * member and put back once, and the history knows changes, but hardly any rollback.
 */
#include "playbook/worst_decode.h"

#include <stdlib.h>

#include "playbook/tables.h"
#include "util/duration.h"

#define WORST_MIN_MS 1000LL
#define NIGHT_MS     (6LL * 3600 * 1000) /* no usual window is longer */

void worst_decode(const struct fields *fields, struct worst *out, struct place *place)
{
    const struct yaml_node *node = field_mapping(fields, "worst");
    struct fields worst;
    if (!node || fields_open(fields->decoder, node, &table_worst, &worst) != 0)
        return;
    bool change =
        field_duration(&worst, "change", WORST_MIN_MS, DURATION_MAX_MS, &out->change_ms);
    bool rollback = field_duration(&worst, "rollback", WORST_MIN_MS, DURATION_MAX_MS,
                                   &out->rollback_ms);
    if (!change && !rollback && !node->count)
        decode_error(fields->decoder, node,
                     "worst is empty: say change, rollback, or both");
    free(place->file);
    *place = decode_place(fields->decoder, node);
}

struct half {
    const char *name, *what;
    int64_t said_ms, expected_ms, timeouts_ms;
};

static void lint_half(const struct half *half, const struct place *place,
                      struct problem_list *problems)
{
    char said[32], other[32];
    if (!half->said_ms)
        return;
    (void)duration_format(half->said_ms, said, sizeof said);
    if (half->said_ms < half->expected_ms)
        problem_error(problems, place,
                      "worst: %s: %s is less than it usually takes: `expected` of its "
                      "steps (or their timeout) add up to %s",
                      half->name, said,
                      duration_format(half->expected_ms, other, sizeof other));
    else if (half->said_ms > half->timeouts_ms)
        problem_warning(problems, place,
                        "worst: %s: %s is more than all time-outs of %s, which add up to "
                        "%s; that counts",
                        half->name, said, half->what,
                        duration_format(half->timeouts_ms, other, sizeof other));
}

static bool changes_something(const struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (playbook->steps[i].phase == PHASE_CHANGE)
            return true;
    }
    return false;
}

void worst_lint(const struct playbook *playbook, const struct worst *said,
                const struct place *place, struct problem_list *problems)
{
    struct worst expected = playbook_expected(playbook);
    struct worst timeouts = playbook_timeouts(playbook);
    const struct half halves[] = {
        {"change", "the change", said->change_ms, expected.change_ms, timeouts.change_ms},
        {"rollback", "the way back", said->rollback_ms, expected.rollback_ms,
         timeouts.rollback_ms},
    };
    if (!said->change_ms && !said->rollback_ms)
        return;
    if (!changes_something(playbook)) {
        problem_warning(problems, place,
                        "worst means nothing here: the playbook has no step of the phase "
                        "change");
        return;
    }
    lint_half(&halves[0], place, problems);
    if (said->rollback_ms && playbook->rollback == ROLLBACK_NONE)
        problem_error(problems, place,
                      "worst: rollback: nothing is put back with rollback: none; leave "
                      "it away");
    else
        lint_half(&halves[1], place, problems);
}

void worst_lint_missing(const struct playbook *playbook, const struct worst *said,
                        const struct place *place, struct problem_list *problems)
{
    int64_t timeouts_ms = playbook_timeouts_ms(playbook);
    char all[32];
    if (said->change_ms || !changes_something(playbook) || timeouts_ms <= NIGHT_MS)
        return;
    problem_warning(problems, place,
                    "until this fleet's history knows better a window must hold all "
                    "time-outs, %s: say what a night must hold with worst: {change: "
                    "DURATION, rollback: DURATION}",
                    duration_format(timeouts_ms, all, sizeof all));
}
