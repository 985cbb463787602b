/* why_parts.c - see why_parts.h. */
#include "report/why_parts.h"

#include "util/auto.h"

bool why_awaits_admission(const struct why *why)
{
    return why->target.state == TARGET_PENDING || why->target.state == TARGET_PREPARING ||
           why->target.state == TARGET_READY;
}

int64_t why_next_change_ms(const struct why *why)
{
    int64_t next_ms = 0;
    for (size_t i = 0; i < why->blocker_count; i++) {
        int64_t at_ms = why->blockers[i].next_change_ms;
        if (at_ms && (!next_ms || at_ms < next_ms))
            next_ms = at_ms;
    }
    return next_ms;
}

static const struct evidence_intent *last_intent(const struct why *why)
{
    for (size_t i = 0; i < why->evidence.intent_count; i++) {
        if (why->evidence.intents[i].activity == why->target.activity)
            return &why->evidence.intents[i];
    }
    return NULL;
}

/* The job is what people look at, also when a check convicted it. */
static const struct evidence_intent *last_step(const struct why *why)
{
    for (size_t i = 0; i < why->evidence.intent_count; i++) {
        if (why->evidence.intents[i].activity == ACTIVITY_STEP)
            return &why->evidence.intents[i];
    }
    return NULL;
}

static const struct why_snapshot *oldest_snapshot(const struct why *why)
{
    for (size_t i = 0; i < why->snapshot_count; i++) {
        if (!why->snapshots[i].removed_ms)
            return &why->snapshots[i];
    }
    return NULL;
}

void why_manual(const struct why_view *view, struct manual *out)
{
    const struct why *why = view->why;
    const struct store_target *t = &why->target;
    const struct evidence_intent *intent = last_intent(why);
    const struct why_snapshot *snapshot = oldest_snapshot(why);
    if (!why_needs_hands(why) || !why->doc)
        return;
    if (!intent)
        intent = last_step(why);
    struct manual_member members[MANUAL_MEMBERS_MAX];
    for (size_t i = 0; i < why->member_count; i++) {
        const struct why_member *m = &why->members[i];
        members[i] = (struct manual_member){m->name,      m->doc,     m->snapshot,
                                            m->reference, m->changed, m->off};
    }
    manual_make(
        &(struct manual_facts){
            .command = view->command,
            .target = t->name,
            .doc = why->doc,
            .state = t->state,
            .step_state = t->step_state,
            .activity = t->activity,
            .key = intent ? intent->key : NULL,
            .use = intent ? intent->use : NULL,
            .snapshot = snapshot ? snapshot->name : NULL,
            .reference = snapshot ? snapshot->reference : NULL,
            .version_before = t->version_before,
            .link_group = t->link_group ? t->link_group : "",
            .unit = t->unit >= 0 && why->member_count,
            .companion = t->companion,
            .members = members,
            .member_count = why->member_count,
        },
        out);
}

const char *why_moment_word(enum moment moment)
{
    static const char *const words[MOMENT_COUNT] = {"before", "after", "after soak",
                                                    "after rollback", "after restart"};
    return (size_t)moment < ARRAY_LENGTH(words) ? words[moment] : "?";
}
