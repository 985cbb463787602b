/*
 * run_end.c - the last words of a run (run_words.h): how it stands, why it ends here,
 * what failed, and exactly what to type next.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/run_words.h"
#include "report/advice.h"
#include "report/layout.h"
#include "report/manual.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

#define FAILURES_SHOWN 10
#define STRANDED_SHOWN 3

struct telling {
    const struct run_ending *ending;
    const struct engine *engine;
    const struct engine_state *state;
    const struct plan *plan;
    struct layout layout;
};

static const char *waiting_words(const struct telling *t)
{
    switch (engine_waiting(t->engine, t->ending->now_ms)) {
    case ENGINE_SOAK:
        return "waiting for soaks to end";
    case ENGINE_GATE:
        return "waiting for an approval";
    case ENGINE_WINDOW:
        return "waiting for a window to open";
    case ENGINE_CLOCK:
        return "waiting until the clock is trusted";
    case ENGINE_HELD:
        return "waiting for held targets";
    default:
        return "waiting";
    }
}

static const char *why_it_ends(const struct telling *t)
{
    switch (t->ending->end) {
    case LOOP_PAUSED:
        return "a human must act";
    case LOOP_UNAPPROVED:
        return t->state->campaign == CAMPAIGN_UNAPPROVED
                   ? "it must be approved first"
                   : "its approval expired: approve it again";
    case LOOP_WAITING:
        return waiting_words(t);
    case LOOP_STUCK:
        return "what is left cannot start without a human";
    case LOOP_INTERRUPTED:
        return "stopped as asked; nothing is lost";
    case LOOP_BROKEN:
        return "stopped: the state could not be written";
    default:
        return "it is over";
    }
}

static enum layout_colour colour_of(const struct telling *t)
{
    bool good = t->state->campaign == CAMPAIGN_COMPLETED;
    bool bad = t->state->campaign == CAMPAIGN_COMPLETED_WITH_FAILURES ||
               t->state->campaign == CAMPAIGN_ABORTED || t->ending->end == LOOP_BROKEN ||
               t->state->count_by_state[TARGET_STRANDED];
    return good ? COLOUR_BOLD : bad ? COLOUR_RED : COLOUR_YELLOW;
}

/* Until when nothing starts, and why the clock is in the way. */
static void tell_time(const struct telling *t)
{
    auto_buf struct buf text = {0};
    const struct times *times = engine_times(t->engine);
    if (t->ending->end != LOOP_WAITING && t->ending->end != LOOP_INTERRUPTED)
        return;
    if (times->rules && engine_time_wait(t->engine, t->ending->now_ms).targets) {
        run_words_wait(t->engine, t->ending->now_ms, &text);
        layout_paragraph(&t->layout, "  Windows   ", COLOUR_NONE, buf_text(&text));
    }
    buf_reset(&text);
    words_clean(&text, times_need_clock(times) ? times->clock : NULL);
    if (text.length)
        layout_paragraph(&t->layout, "  Clock     ", COLOUR_RED, buf_text(&text));
}

static void tell_head(const struct telling *t)
{
    auto_buf struct buf text = {0};
    char took[WORDS_TIME_MAX];
    words_clean(&text, t->plan->campaign);
    buf_adds(&text, ": ");
    words_state(&text, machine_state(&campaign_machine, (int)t->state->campaign));
    if (t->state->started_ms)
        buf_addf(&text, " after %s",
                 words_took(t->ending->now_ms - t->state->started_ms, took, sizeof took));
    buf_addf(&text, " - %s", why_it_ends(t));
    buf_addc(t->layout.out, '\n');
    layout_paragraph(&t->layout, "Campaign ", colour_of(t), buf_text(&text));
    buf_reset(&text);
    if (t->state->campaign != CAMPAIGN_RUNNING)
        words_clean(&text, t->state->reason);
    if (text.length)
        layout_paragraph(&t->layout, "  Reason    ", COLOUR_NONE, buf_text(&text));
    buf_reset(&text);
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (!t->state->count_by_state[i])
            continue;
        buf_addf(&text, "%s%d ", text.length ? ", " : "", t->state->count_by_state[i]);
        words_state(&text, machine_state(&target_machine, i));
    }
    buf_addf(&text, ", of %zu", t->plan->target_count);
    layout_paragraph(&t->layout, "  Targets   ", COLOUR_NONE, buf_text(&text));
    tell_time(t);
    int calls = engine_calls_outstanding(t->engine);
    buf_reset(&text);
    if (calls && t->ending->end == LOOP_INTERRUPTED) {
        words_count(&text, calls, "call");
        buf_adds(&text, " had not answered: asked about first when it goes on");
        layout_paragraph(&t->layout, "  Open      ", COLOUR_NONE, buf_text(&text));
    }
}

/* ---- failures ---- */

static bool is_bad(enum target_state_id state)
{
    return state == TARGET_FAILED || state == TARGET_ROLLED_BACK ||
           state == TARGET_STRANDED || state == TARGET_PARKED;
}

static void tell_failures(const struct telling *t)
{
    int shown = 0, total = 0;
    for (size_t i = 0; i < t->plan->target_count; i++) {
        const struct target_state *target = &t->state->targets[i];
        if (!is_bad(target->state) || total++ >= FAILURES_SHOWN)
            continue;
        auto_buf struct buf text = {0};
        if (!shown++)
            layout_heading(&t->layout, "Not succeeded");
        words_clean(&text, t->plan->targets[i].name);
        buf_addc(&text, ' ');
        words_state(&text, machine_state(&target_machine, (int)target->state));
        if (target->reason && *target->reason) {
            buf_adds(&text, ": ");
            words_clean(&text, target->reason);
        }
        layout_paragraph(&t->layout, "  ! ", COLOUR_RED, buf_text(&text));
    }
    if (total > shown)
        buf_addf(t->layout.out, "  … and %d more: %s report\n", total - shown,
                 t->ending->command);
}

/* ---- the way back for stranded ones ---- */

static void tell_manual(const struct telling *t, size_t index)
{
    const struct plan_target *planned = &t->plan->targets[index];
    const struct target_state *target = &t->state->targets[index];
    const struct snapshot_state *snapshot =
        target->snapshot_count ? &target->snapshots[0] : NULL;
    auto_json json_t *doc =
        json_parse(planned->doc, strlen(planned->doc), JSON_BYTES_MAX, NULL);
    auto_manual struct manual manual = {.count = 0};
    auto_buf struct buf heading = {0};
    manual_make(
        &(struct manual_facts){
            .command = t->ending->command,
            .target = planned->name,
            .doc = doc,
            .state = target->state,
            .step_state = target->activity.state,
            .activity = target->activity.kind,
            .snapshot = snapshot ? snapshot->name : NULL,
            .reference = snapshot ? snapshot->reference : NULL,
            .version_before = target->version_before,
            .link_group = planned->link_group,
            .unit = plan_unit_of(t->plan, (int)index) >= 0,
        },
        &manual);
    buf_adds(&heading, "By hand, ");
    words_clean(&heading, planned->name);
    layout_heading(&t->layout, buf_text(&heading));
    for (size_t i = 0; i < manual.count; i++) {
        if (manual.steps[i].kind != MANUAL_TELL) /* those are under Next */
            buf_addf(t->layout.out, "  %zu. %s\n", i + 1, manual.steps[i].text);
    }
}

static void tell_stranded(const struct telling *t)
{
    int shown = 0;
    for (size_t i = 0; i < t->plan->target_count && shown < STRANDED_SHOWN; i++) {
        if (t->state->targets[i].state != TARGET_STRANDED)
            continue;
        tell_manual(t, i);
        shown++;
    }
}

/* ---- next ---- */

static const char *first_in(const struct telling *t, enum target_state_id state)
{
    for (size_t i = 0; i < t->plan->target_count; i++) {
        if (t->state->targets[i].state == state)
            return t->plan->targets[i].name;
    }
    return NULL;
}

static const char *first_held(const struct telling *t)
{
    for (size_t i = 0; i < t->plan->target_count; i++) {
        const struct target_state *target = &t->state->targets[i];
        bool over = target->hold_until_ms && target->hold_until_ms <= t->ending->now_ms;
        if (target->hold_reason && !over &&
            !machine_is_final(&target_machine, (int)target->state))
            return t->plan->targets[i].name;
    }
    return NULL;
}

static void tell_next(const struct telling *t)
{
    auto_advice struct advice advice = {.count = 0};
    struct advice_facts facts = {
        .command = t->ending->command,
        .state = t->state->campaign,
        .counts = t->state->count_by_state,
        .stranded = first_in(t, TARGET_STRANDED),
        .parked = first_in(t, TARGET_PARKED),
        .held = first_held(t),
    };
    for (size_t i = 0; i < t->plan->wave_count; i++) {
        if (t->state->waves[i].state == WAVE_GATED)
            facts.gated_wave = t->plan->waves[i].name;
    }
    advise(&facts, &advice);
    layout_heading(&t->layout, "Next");
    advice_write(&advice, "  ", t->layout.out);
}

void run_words_end(const struct run_ending *ending, struct buf *out)
{
    struct telling t = {.ending = ending,
                        .engine = driver_engine(ending->driver),
                        .state = engine_state(driver_engine(ending->driver)),
                        .plan = driver_plan(ending->driver),
                        .layout = {out, ending->colour}};
    tell_head(&t);
    tell_failures(&t);
    tell_stranded(&t);
    tell_next(&t);
}
