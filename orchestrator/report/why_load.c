/*
 * why_load.c - see why.h: one target, gathered from rows. The plan is read only when
 * hands may be needed, because a plan of 10,000 targets takes a while to decode.
 */
#include <stdlib.h>
#include <string.h>

#include "model/plan.h"
#include "report/why.h"
#include "util/auto.h"
#include "util/json.h"
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
        &t->progress_text,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = keep(why, *texts[i]);
    return 0;
}

static int visit_check(void *data, const struct store_check *check)
{
    struct why *why = data;
    if (why->check_count == WHY_CHECKS_MAX)
        return 0;
    *vec_push(why->checks, why->check_count, why->check_room) =
        (struct why_check){.id = xstrdup(check->check_id),
                           .text = xstrdup_null(check->text),
                           .moment = check->moment,
                           .verdict = check->verdict,
                           .at_ms = check->at_ms};
    return 0;
}

static int visit_intent(void *data, const struct store_intent *intent)
{
    struct why *why = data;
    if (why->intent_count == WHY_INTENTS_SHOWN)
        return 0;
    why->intents[why->intent_count++] = (struct why_intent){
        .id = intent->id,
        .issued_ms = intent->issued_ms,
        .deadline_ms = intent->deadline_ms,
        .settled_ms = intent->settled_ms,
        .activity = intent->activity,
        .attempt = intent->attempt,
        .incarnation = intent->incarnation,
        .step = xstrdup(intent->step),
        .use = xstrdup(intent->use),
        .key = xstrdup(intent->key),
        .handle = xstrdup_null(intent->handle),
        .outcome = xstrdup_null(intent->outcome),
        .sentence = xstrdup_null(intent->sentence),
    };
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

static int load_doc(struct store *store, struct why *why, struct slipway_error *err)
{
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    size_t length = 0;
    int code = store_plan(store, why->campaign.id, &text, &length, err);
    if (code)
        return code;
    if (plan_from_json(text, length, &plan, err) ||
        (size_t)why->target.index >= plan->target_count)
        return STORE_CORRUPT;
    const char *doc = plan->targets[why->target.index].doc;
    why->doc = json_parse(doc, strlen(doc), JSON_BYTES_MAX, err);
    return why->doc ? STORE_OK : STORE_CORRUPT;
}

static int load_evidence(struct store *store, struct why *why, struct slipway_error *err)
{
    int64_t campaign = why->campaign.id;
    int target = why->target.index;
    struct store_snapshot_filter snapshots = {campaign, target, true};
    int code = store_checks(store, campaign, target, visit_check, why, err);
    if (!code)
        code = store_intents(store, campaign, target, WHY_INTENTS_SHOWN, visit_intent,
                             why, err);
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
    if (!code && why_needs_hands(out))
        code = load_doc(store, out, err);
    if (!code)
        out->blocker_count = admission_evaluate(&out->facts.facts, out->blockers);
    return code;
}

void why_clear(struct why *why)
{
    for (size_t i = 0; i < why->owned_count; i++)
        free(why->owned[i]);
    for (size_t i = 0; i < why->check_count; i++) {
        free(why->checks[i].id);
        free(why->checks[i].text);
    }
    for (size_t i = 0; i < why->intent_count; i++) {
        struct why_intent *n = &why->intents[i];
        char *texts[] = {n->step, n->use, n->key, n->handle, n->outcome, n->sentence};
        for (size_t k = 0; k < ARRAY_LENGTH(texts); k++)
            free(texts[k]);
    }
    for (size_t i = 0; i < why->snapshot_count; i++) {
        struct why_snapshot *s = &why->snapshots[i];
        char *texts[] = {s->reference, s->name, s->version, s->step};
        for (size_t k = 0; k < ARRAY_LENGTH(texts); k++)
            free(texts[k]);
    }
    free(why->checks);
    free(why->snapshots);
    json_decref(why->doc);
    store_facts_clear(&why->facts);
    store_campaign_clear(&why->campaign);
    *why = (struct why){0};
}
