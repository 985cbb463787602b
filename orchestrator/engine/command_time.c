/*
 * command_time.c - operators' verbs about time and permission: approvals and gates, a
 * calendar that changes under way, and breaking the glass.
 */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

#include "engine/calendar_change.h"
#include "util/text.h"
#include "util/xalloc.h"

/* ---- approve ---- */

static bool open_gate_step(struct engine *engine, int target, const char *actor)
{
    if (!activity_is_gate(engine, &engine->state.targets[target].activity))
        return false;
    char sentence[160];
    (void)snprintf(sentence, sizeof sentence, "approved by %.120s", actor ? actor : "?");
    engine_forget_call(engine, target);
    activity_finish(engine, target, sentence);
    engine_pump(engine, target);
    return true;
}

/* Wave -1: the campaign. */
static void record_approval(struct engine *engine, const struct command *c, int wave)
{
    struct record record = record_new(engine, RECORD_APPROVED);
    record.wave = wave;
    record.number = c->number;
    record.text = xstrdup_null(c->reason);
    record.detail = xstrdup_null(engine->plan->digest);
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}

static int gated_wave(const struct engine *engine)
{
    for (int i = 0; i < (int)engine->plan->wave_count; i++) {
        if (engine->state.waves[i].state == WAVE_GATED &&
            !engine->state.waves[i].approved)
            return i;
    }
    return -1;
}

static bool opens_gates(struct engine *engine, const struct command *c)
{
    int wave = gated_wave(engine);
    bool opened = wave >= 0;
    if (opened)
        record_approval(engine, c, wave);
    for (int i = 0; i < (int)engine->plan->target_count; i++)
        opened = open_gate_step(engine, i, c->actor) || opened;
    return opened;
}

/* One that ends can be given anew, also before it ended; of waves, what has ended. */
static bool renews(struct engine *engine, const struct command *c)
{
    bool renewed = engine->state.times.approved_until_ms > 0;
    if (renewed)
        record_approval(engine, c, -1);
    for (int i = 0; i < (int)engine->plan->wave_count; i++) {
        int64_t until_ms = times_wave_approved_until(&engine->state.times, i);
        if (!until_ms || until_ms > engine->now_ms)
            continue;
        record_approval(engine, c, i);
        renewed = true;
    }
    return renewed;
}

/* What was looked at must be what is approved, and the approval must not be over. */
static bool may_approve(struct engine *engine, const struct command *c)
{
    const char *digest = engine->plan->digest ? engine->plan->digest : "";
    if (c->detail && *c->detail && strcmp(c->detail, digest) != 0) {
        emit_rejected(engine, c->target,
                      "that approval is for plan %.12s, this campaign runs plan %.12s: "
                      "look at it again, then approve it",
                      c->detail, digest);
        return false;
    }
    if (c->number && c->number <= engine->now_ms) {
        emit_rejected(engine, c->target, "the approval would have ended already");
        return false;
    }
    return true;
}

void command_approve(struct engine *engine, const struct command *c)
{
    if (!may_approve(engine, c))
        return;
    if (c->target >= 0) {
        if (!open_gate_step(engine, c->target, c->actor))
            emit_rejected(engine, c->target, "%s waits for no gate",
                          engine->plan->targets[c->target].name);
        return;
    }
    if (c->wave >= 0) {
        record_approval(engine, c, c->wave);
        return;
    }
    if (engine->state.campaign == CAMPAIGN_UNAPPROVED) {
        record_approval(engine, c, -1);
        (void)emit_campaign(engine, CAMPAIGN_APPROVE, c->actor, "%s",
                            c->reason ? c->reason : "");
        if (!engine->draining) /* else nobody runs it: slipway run starts it */
            (void)emit_campaign(engine, CAMPAIGN_START, c->actor, "%s", "");
        return;
    }
    bool renewed = renews(engine, c);
    if (!opens_gates(engine, c) && !renewed)
        emit_rejected(engine, -1, "nothing waits for an approval");
}

/* ---- calendars ---- */

void command_calendar(struct engine *engine, const struct command *c)
{
    struct plan_calendar calendar = {0};
    struct slipway_error err = {""};
    if (calendar_change_read(c->detail, &calendar, &err)) {
        emit_rejected(engine, -1, "%s", err.text);
        return;
    }
    if (!calendar_change_concerns(engine->plan, engine->state.times.time, &calendar)) {
        char scope[200];
        emit_rejected(engine, -1, "%s names no target of this campaign",
                      text_clean(calendar.scope, scope, sizeof scope));
        calendar_change_clear(&calendar);
        return;
    }
    struct record record = record_new(engine, RECORD_CALENDAR);
    record.text = xasprintf("%s%s: %s, %zu %s%s", calendar.scope,
                            calendar.freeze ? " (freeze)" : "", calendar.source,
                            calendar.spans.count, calendar.freeze ? "closing" : "opening",
                            calendar.spans.count == 1 ? "" : "s");
    record.detail = calendar_change_json(&calendar);
    record.actor = xstrdup_null(c->actor);
    calendar_change_clear(&calendar);
    emit(engine, record);
}

/* ---- breaking the glass ---- */

static bool is_overridden(const struct engine *engine, const struct command *c)
{
    const struct times *times = &engine->state.times;
    if (c->target < 0)
        return times->all.until_ms > engine->now_ms;
    return times->targets && times->targets[c->target].until_ms > engine->now_ms;
}

static const char *override_obstacle(const struct engine *engine, const struct command *c)
{
    if (!c->number)
        return is_overridden(engine, c) ? NULL : "no override holds there";
    if (!engine->state.times.rules)
        return "no calendar and no notice binds this campaign: there is nothing to "
               "override";
    if (!c->reason || !*c->reason)
        return "an override needs a reason";
    if (c->number <= engine->now_ms)
        return "the override would have ended already";
    if (c->number - engine->now_ms > OVERRIDE_MAX_MS)
        return "an override holds for a week at most";
    return NULL;
}

void command_override(struct engine *engine, const struct command *c)
{
    const char *obstacle = override_obstacle(engine, c);
    if (obstacle) {
        emit_rejected(engine, c->target, "%s", obstacle);
        return;
    }
    struct record record = record_new(engine, RECORD_OVERRIDE);
    record.target = c->target;
    record.number = c->number;
    record.text = xstrdup_null(c->reason);
    record.actor = xstrdup_null(c->actor);
    emit(engine, record);
}
