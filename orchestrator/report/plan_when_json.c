/* plan_when_json.c - what `plan --json` says about time; see plan_when.h. */
#include "report/plan_when.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/timefmt.h"

static json_t *instant(int64_t ms)
{
    char text[32];
    return ms ? json_string(time_iso(ms, text, sizeof text)) : json_null();
}

static json_t *calendar_json(const struct plan_view *view, const struct calendar_use *use)
{
    const struct plan_calendar *c = &view->plan->time.calendars[use->calendar];
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:i, s:I, s:o, s:o}", "scope",
                     words_json_text(c->scope), "source", words_json_text(c->source),
                     "zone", words_json_text(c->zone), "digest",
                     words_json_text(c->digest), "freeze", c->freeze, "targets",
                     use->targets, "openings", (json_int_t)use->openings, "first_from",
                     instant(use->next.from_ms), "first_until",
                     instant(use->next.until_ms));
}

static json_t *step_json(const struct step *step, const struct step_pace *pace)
{
    return json_pack("{s:o, s:I, s:I, s:i}", "step", words_json_text(step->op.id),
                     "typical_ms", (json_int_t)pace->typical_ms, "slow_ms",
                     (json_int_t)pace->slow_ms, "samples", pace->samples);
}

static json_t *pace_json(const struct plan *plan, const struct plan_pace *pace,
                         int targets)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->time.step_count; i++)
        (void)json_array_append_new(steps,
                                    step_json(&plan->playbook.steps[i], &pace->steps[i]));
    return json_pack(
        "{s:o, s:o, s:i, s:I, s:s, s:I, s:I, s:I, s:I, s:o}", "kind",
        words_json_text(pace->kind), "version", words_json_text(pace->version), "targets",
        targets, "needed_ms", (json_int_t)pace->needed_ms, "needed_from",
        needed_source_name(pace->needed_from), "needed_rollback_ms",
        (json_int_t)playbook_undo_ms(&plan->playbook), "prepare_ms",
        (json_int_t)pace->prepare_ms, "change_ms", (json_int_t)pace->change_ms,
        "rollback_ms", (json_int_t)pace->rollback_ms, "steps", steps);
}

static json_t *wave_json(const struct plan_wave *wave, const struct wave_slots *slots)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:i}", "wave", words_json_text(wave->name),
                     "first_start", instant(slots->from_ms), "last_end",
                     instant(slots->until_ms), "nights", slots->nights, "without_slot",
                     slots->missing);
}

json_t *plan_when_json(const struct plan_view *view, const struct plan_when *when)
{
    const struct plan *plan = view->plan;
    const struct plan_time *time = &plan->time;
    json_t *calendars = json_array(), *paces = json_array(), *waves = json_array();
    for (size_t i = 0; i < when->calendar_count; i++)
        (void)json_array_append_new(calendars, calendar_json(view, &when->calendars[i]));
    for (size_t i = 0; i < time->pace_count; i++)
        (void)json_array_append_new(
            paces, pace_json(plan, &time->paces[i], when->pace_targets[i]));
    for (size_t i = 0; when->has_slots && i < plan->wave_count; i++)
        (void)json_array_append_new(waves, wave_json(&plan->waves[i], &when->waves[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:s, s:o, s:o, s:o}", "zone",
                     words_json_text(time->zone ? time->zone : "UTC"), "zone_data",
                     words_json_text(time->zone_data), "calendars_until",
                     instant(time->horizon_ms), "deadline", instant(time->deadline_ms),
                     "cut_off_ms", (json_int_t)time->cut_off_ms, "min_opening_ms",
                     (json_int_t)time->min_opening_ms, "min_notice_ms",
                     (json_int_t)time->min_notice_ms, "overrun",
                     overrun_name(time->overrun), "calendars", calendars, "paces", paces,
                     "slots", waves);
}
