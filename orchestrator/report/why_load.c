/*
 * why_load.c - see why.h: one target, gathered from rows. The plan is read only when
 * hands may be needed, or for a name that is no target's, because a plan of 10,000 takes a
 * while to decode.
 */
#include <stdlib.h>
#include <string.h>

#include "model/plan.h"
#include "report/gathered.h"
#include "report/group_words.h"
#include "report/manual.h"
#include "report/why.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

static const char *keep(struct why *why, const char *text)
{
    if (!text || why->owned_count == ARRAY_LENGTH(why->owned))
        return NULL;
    return why->owned[why->owned_count++] = xstrdup(text);
}

static int visit_target(void *data, const struct store_target *target)
{
    struct why *why = data;
    struct store_target *t = &why->target;
    *t = *target;
    const char **texts[] = {
        &t->name,          &t->site,         &t->link_group,  &t->manager,
        &t->wave_name,     &t->version_from, &t->version_now, &t->version_before,
        &t->reason,        &t->hold_reason,  &t->hold_actor,  &t->position_step,
        &t->activity_id,   &t->activity_use, &t->handle,      &t->sentence,
        &t->progress_text, &t->unit_reason,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = keep(why, *texts[i]);
    return 0;
}

static int visit_snapshot(void *data, const struct store_snapshot *snapshot)
{
    struct why *why = data;
    if (why->snapshot_count == WHY_SNAPSHOTS_MAX)
        return 0;
    *vec_push(why->snapshots, why->snapshot_count, why->snapshot_room) =
        (struct why_snapshot){.reference = xstrdup(snapshot->reference),
                              .name = xstrdup(snapshot->name),
                              .version = xstrdup_null(snapshot->version),
                              .step = xstrdup_null(snapshot->step_id),
                              .taken_ms = snapshot->taken_ms,
                              .due_ms = snapshot->due_ms,
                              .removed_ms = snapshot->removed_ms};
    return 0;
}

bool why_needs_hands(const struct why *why)
{
    const struct store_target *t = &why->target;
    return t->state == TARGET_PARKED || t->state == TARGET_STRANDED ||
           t->step_state == STEP_IN_DOUBT;
}

static json_t *doc_of(const struct plan *plan, int target, struct slipway_error *err)
{
    if (target < 0 || (size_t)target >= plan->target_count)
        return NULL;
    const char *doc = plan->targets[target].doc;
    return json_parse(doc, strlen(doc), JSON_BYTES_MAX, err);
}

/* ---- the others of its link group ---- */

static int visit_member(void *data, const struct store_target *t)
{
    struct why *why = data;
    if (why->member_count == MANUAL_MEMBERS_MAX)
        return 0;
    *vec_push(why->members, why->member_count, why->member_room) =
        (struct why_member){.name = xstrdup(t->name),
                            .index = t->index,
                            .changed = t->changed,
                            .off = t->off};
    return 0;
}

static int visit_member_snapshot(void *data, const struct store_snapshot *snapshot)
{
    struct why_member *member = data;
    if (member->snapshot) /* the oldest comes first */
        return 0;
    member->snapshot = xstrdup(snapshot->name);
    member->reference = xstrdup_null(snapshot->reference);
    return 0;
}

static int load_members(struct store *store, struct why *why, const struct plan *plan,
                        struct slipway_error *err)
{
    int64_t campaign = why->campaign.id;
    int code = why->target.unit < 0 ? STORE_OK
                                    : store_members(store, campaign, why->target.unit,
                                                    visit_member, why, err);
    for (size_t i = 0; i < why->member_count && !code; i++) {
        struct why_member *member = &why->members[i];
        struct store_snapshot_filter filter = {campaign, member->index, false};
        member->doc = doc_of(plan, member->index, err);
        code = member->doc
                   ? store_snapshots(store, &filter, visit_member_snapshot, member, err)
                   : STORE_CORRUPT;
    }
    return code;
}

static int load_plan(struct store *store, int64_t campaign, struct plan **out,
                     struct slipway_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int code = store_plan(store, campaign, &text, &length, err);
    if (code)
        return code;
    return plan_from_json(text, length, out, err) ? STORE_CORRUPT : STORE_OK;
}

/* A name that no target has: somebody who was left out when the plan was made? */
static void explain_absence(struct store *store, const struct why *why,
                            const char *target, struct slipway_error *err)
{
    struct slipway_error none;
    auto_plan struct plan *plan = NULL;
    if (load_plan(store, why->campaign.id, &plan, &none))
        return;
    const struct plan_absent *absent = plan_absent_of(plan, target);
    char name[120], reason[400];
    if (absent)
        (void)slipway_error_set(
            err, -1, "%s is no target of campaign %s: it was selected, and left out %s",
            text_clean(absent->name, name, sizeof name), why->campaign.name,
            text_clean(absent->reason, reason, sizeof reason));
}

static int load_docs(struct store *store, struct why *why, struct slipway_error *err)
{
    auto_plan struct plan *plan = NULL;
    int code = load_plan(store, why->campaign.id, &plan, err);
    if (code)
        return code;
    why->doc = doc_of(plan, why->target.index, err);
    return why->doc ? load_members(store, why, plan, err) : STORE_CORRUPT;
}

static int load_evidence(struct store *store, struct why *why, struct slipway_error *err)
{
    int64_t campaign = why->campaign.id;
    int target = why->target.index;
    struct store_snapshot_filter snapshots = {campaign, target, true};
    int code = evidence_load(store, campaign, target, &why->evidence, err);
    if (!code)
        code = store_snapshots(store, &snapshots, visit_snapshot, why, err);
    return code;
}

static int visit_queue(void *data, const struct store_target *target)
{
    struct why *why = data;
    why->queue += target->index < why->target.index;
    return 0;
}

/* Who has not started and comes before it: of its wave and the ones before. */
static int load_queue(struct store *store, struct why *why, struct slipway_error *err)
{
    struct store_target_filter filter = STORE_ANY_TARGET;
    filter.states = 1u << TARGET_PENDING | 1u << TARGET_PREPARING | 1u << TARGET_READY;
    filter.limit = why->target.index;
    bool waits = (filter.states >> why->target.state & 1u) && why->target.index > 0;
    return waits ? store_targets(store, why->campaign.id, &filter, visit_queue, why, err)
                 : STORE_OK;
}

static int load_group(struct store *store, struct why *why, struct slipway_error *err)
{
    auto_buf struct buf words = {0};
    int code = group_words(store, why->campaign.id, &why->target, &words, err);
    if (!code && words.length)
        why->group = buf_take(&words);
    return code;
}

int why_load(struct store *store, int64_t campaign, const char *target,
             const char *state_dir, int64_t now_ms, struct why *out,
             struct slipway_error *err)
{
    struct store_target_filter filter = STORE_ANY_TARGET;
    filter.name = target;
    out->now_ms = now_ms;
    int code = store_load_campaign(store, campaign, &out->campaign, err);
    if (!code)
        code = store_targets(store, campaign, &filter, visit_target, out, err);
    if (!code)
        code = store_owner(state_dir, &out->owner, err);
    if (!code)
        code = store_admission_facts(store, campaign, target, now_ms, &out->facts, err);
    if (!code)
        code = load_evidence(store, out, err);
    if (!code)
        code = load_queue(store, out, err);
    if (!code)
        code = load_group(store, out, err);
    if (!code)
        code = gathered_load(store, campaign, out->target.index, &out->logs, err);
    if (!code && why_needs_hands(out))
        code = load_docs(store, out, err);
    if (code == STORE_NO_SUCH && out->campaign.id)
        explain_absence(store, out, target, err);
    if (!code)
        out->blocker_count = admission_evaluate(&out->facts.facts, out->blockers);
    return code;
}

void why_clear(struct why *why)
{
    free(why->group);
    for (size_t i = 0; i < why->owned_count; i++)
        free(why->owned[i]);
    for (size_t i = 0; i < why->snapshot_count; i++) {
        struct why_snapshot *s = &why->snapshots[i];
        char *texts[] = {s->reference, s->name, s->version, s->step};
        for (size_t k = 0; k < ARRAY_LENGTH(texts); k++)
            free(texts[k]);
    }
    for (size_t i = 0; i < why->member_count; i++) {
        struct why_member *member = &why->members[i];
        free(member->name);
        free(member->snapshot);
        free(member->reference);
        json_decref(member->doc);
    }
    free(why->members);
    evidence_clear(&why->evidence);
    free(why->snapshots);
    json_decref(why->doc);
    json_decref(why->logs);
    store_facts_clear(&why->facts);
    store_campaign_clear(&why->campaign);
    *why = (struct why){0};
}
