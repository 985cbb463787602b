/*
 * look.c - what reads found: versions, checks before and after the change, the snapshot
 * guard. A read changes nothing, so it is made again until its time is over; only what
 * it comes to is recorded.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

#include "util/xalloc.h"

/* ---- reads ---- */

static void record_version(struct engine *engine, int target, const char *version)
{
    struct record record = record_new(engine, RECORD_VERSION);
    record.target = target;
    record.moment = (int)activity_of(engine, target)->moment;
    record.text = xstrdup(version);
    emit(engine, record);
}

static void version_read(struct engine *engine, int target, const char *version)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct activity_state *a = &t->activity;
    char sentence[400];
    if (!version || !*version) {
        activity_fail(engine, target,
                      "the version could not be read: the expression gave nothing");
        return;
    }
    if (strlen(version) > VERSION_BYTES_MAX) {
        (void)snprintf(sentence, sizeof sentence,
                       "the version could not be read: %zu bytes are none: %.60s...",
                       strlen(version), version);
        activity_fail(engine, target, sentence);
        return;
    }
    if (a->index > 0 && strcmp(version, t->version_now) != 0) {
        (void)snprintf(sentence, sizeof sentence,
                       "two ways of reading the version disagree: %.120s and %.120s",
                       t->version_now, version);
        activity_fail(engine, target, sentence);
        return;
    }
    const char *old = t->snapshot_count ? t->snapshots[0].version : t->version_before;
    bool back = a->moment == MOMENT_RESTORED;
    if ((back || a->moment == MOMENT_STARTED) && old && strcmp(old, version) != 0) {
        (void)snprintf(sentence, sizeof sentence,
                       "after the %s the version is %.120s, not %.120s",
                       back ? "rollback" : "restart", version, old);
        activity_fail(engine, target, sentence);
        return;
    }
    record_version(engine, target, version);
    activity_finish(engine, target, NULL);
}

static void record_baseline(struct engine *engine, int target, enum verdict verdict,
                            const char *sentence)
{
    struct record record = record_new(engine, RECORD_BASELINE);
    record.target = target;
    record.index = activity_of(engine, target)->index;
    record.moment = MOMENT_BEFORE;
    record.number = verdict;
    record.text = xstrdup_null(sentence);
    emit(engine, record);
}

/* Before the change one look is enough: green, red, or no data; a sentence if not green. */
static void baseline_looked(struct engine *engine, int target, enum verdict verdict,
                            const char *sentence)
{
    const struct check *check =
        &engine->plan->playbook.checks[activity_of(engine, target)->index];
    if (check->baseline == BASELINE_REQUIRE && verdict != VERDICT_GREEN) {
        activity_fail(engine, target, sentence);
        return;
    }
    record_baseline(engine, target, verdict, sentence);
    activity_finish(engine, target, NULL);
}

/* After the change: `stable` greens in a row before `for` is over. */
static void check_looked(struct engine *engine, int target, enum verdict verdict,
                         const char *sentence)
{
    struct activity_state *a = activity_of(engine, target);
    const struct check *check = &engine->plan->playbook.checks[a->index];
    a->streak = verdict == VERDICT_GREEN ? a->streak + 1 : 0;
    engine->state.targets[target].red |= verdict == VERDICT_RED;
    if (a->streak >= check->stable) {
        activity_finish(engine, target, NULL);
        return;
    }
    bool over = engine->now_ms + check->every_ms > a->tried_ms + check->for_ms;
    if (over && verdict != VERDICT_GREEN) {
        activity_fail(engine, target, sentence);
        return;
    }
    a->not_before_ms = engine->now_ms + check->every_ms;
    if (sentence)
        xreplace(&a->sentence, sentence);
    engine_mark_target(engine, target);
}

static const char *check_sentence(const struct engine *engine,
                                  const struct activity_state *a, const struct outcome *o,
                                  char *out, size_t size)
{
    bool red = o->outcome == SLIPWAY_DONE && o->expect == EXPECTED_FALSE;
    (void)snprintf(out, size, "check %s %s: %.1000s", activity_operation(engine, a)->id,
                   red ? "is red" : "has no data",
                   o->sentence ? o->sentence : "no answer");
    return out;
}

void look_check_outcome(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[SENTENCE_BYTES_MAX];
    bool answered = o->outcome == SLIPWAY_DONE && o->expect != EXPECTED_ERROR;
    bool green = answered && o->expect != EXPECTED_FALSE;
    enum verdict verdict = green      ? VERDICT_GREEN
                           : answered ? VERDICT_RED
                                      : VERDICT_NO_DATA;
    const char *sentence = green ? NULL : check_sentence(engine, a, o, text, sizeof text);
    if (a->moment != MOMENT_BEFORE) {
        check_looked(engine, target, verdict, sentence);
        return;
    }
    bool over = engine->now_ms >= activity_tries_end_ms(engine, a);
    if (o->outcome == SLIPWAY_REFUSED)
        activity_fail(engine, target, o->sentence);
    else if (!answered && !over && o->expect != EXPECTED_ERROR) {
        a->not_before_ms = engine->now_ms + backoff_ms(engine, target, a->looks++);
        if (a->not_before_ms > activity_tries_end_ms(engine, a))
            baseline_looked(engine, target, verdict, sentence);
    } else
        baseline_looked(engine, target, verdict, sentence);
}

const char *look_not_expected(const struct engine *engine, const struct activity_state *a,
                              const struct outcome *o, char *out, size_t size)
{
    const struct operation *op = activity_operation(engine, a);
    (void)snprintf(out, size, "step %s: %.1000s", op ? op->id : activity_name(a->kind),
                   o->sentence ? o->sentence : "the result is not as expected");
    return out;
}

/* Silence is no word about what the advice is for. */
char *look_with_advice(const struct engine *engine, int target, const char *sentence)
{
    const struct target_state *t = &engine->state.targets[target];
    const struct operation *op = activity_operation(engine, &t->activity);
    if (!sentence || !op || !op->advice || t->silent)
        return xstrdup_null(sentence);
    return advice_add(sentence, op->advice);
}

/* The guard, and steps of class read. */
void look_outcome(struct engine *engine, int target, const struct outcome *o)
{
    struct activity_state *a = activity_of(engine, target);
    char text[SENTENCE_BYTES_MAX];
    switch (o->outcome) {
    case SLIPWAY_DONE:
        if (o->expect == EXPECTED_FALSE || o->expect == EXPECTED_ERROR)
            activity_fail_attempt(engine, target,
                                  look_not_expected(engine, a, o, text, sizeof text));
        else if (a->kind == ACTIVITY_READ)
            version_read(engine, target, o->value);
        else
            activity_finish(engine, target, NULL);
        break;
    case SLIPWAY_REFUSED:
        activity_fail(engine, target, o->sentence);
        break;
    case SLIPWAY_FAILED:
        if (a->kind != ACTIVITY_READ) {
            activity_fail_attempt(engine, target, o->sentence);
            break;
        }
        activity_try_later(engine, target, o->sentence, o->look_again_ms);
        break;
    default:
        activity_try_later(engine, target, o->sentence ? o->sentence : "no answer",
                           o->look_again_ms);
    }
}
