/* why_json.c - one target for scripts. Members are only ever added. */
#include <stdlib.h>

#include "model/playbook.h"
#include "report/why_parts.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static void put(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void put_int(json_t *object, const char *key, int64_t value)
{
    put(object, key, json_integer((json_int_t)value));
}

static json_t *target_json(const struct store_target *t)
{
    json_t *o = json_object();
    put(o, "name", words_json_text(t->name));
    put(o, "site", words_json_text(t->site));
    put(o, "link_group", words_json_text(t->link_group));
    put(o, "companion", json_boolean(t->companion));
    put(o, "manager", words_json_text(t->manager));
    put(o, "wave", words_json_text(t->wave_name));
    put(o, "state", json_string(machine_state(&target_machine, (int)t->state)));
    put(o, "since", words_json_time(t->since_ms));
    size_t length = 0;
    put(o, "reason", words_json_text(t->reason));
    put(o, "advice", words_json_text(t->reason ? advice_find(t->reason, &length) : NULL));
    put(o, "parked_from",
        t->state == TARGET_PARKED
            ? json_string(machine_state(&target_machine, (int)t->parked_from))
            : json_null());
    put(o, "version_from", words_json_text(t->version_from));
    put(o, "version_before", words_json_text(t->version_before));
    put(o, "version_now", words_json_text(t->version_now));
    put(o, "changed", json_boolean(t->changed));
    put(o, "acknowledged", json_boolean(t->acknowledged));
    put_int(o, "incarnation", t->incarnation);
    put_int(o, "retries", t->retries);
    put(o, "soak_until", words_json_time(t->soak_until_ms));
    put(o, "hold_reason", words_json_text(t->hold_reason));
    put(o, "hold_actor", words_json_text(t->hold_actor));
    put(o, "hold_until", words_json_time(t->hold_until_ms));
    return o;
}

static json_t *group_json(const struct why *why)
{
    const struct store_target *t = &why->target;
    if (t->unit < 0)
        return json_null();
    json_t *o = json_object();
    put(o, "name", words_json_text(t->link_group));
    put(o, "state", json_string(machine_state(&group_machine, (int)t->unit_state)));
    put(o, "reason", words_json_text(t->unit_reason));
    put(o, "waits", words_json_text(why->group));
    return o;
}

static json_t *doing_json(const struct why *why)
{
    const struct store_target *t = &why->target;
    if (t->step_state == STEP_IDLE)
        return json_null();
    auto_buf struct buf text = {0};
    words_doing(&text, t, why->now_ms);
    json_t *o = json_object();
    put(o, "text", words_json_text(buf_text(&text)));
    put(o, "activity", json_string(activity_name(t->activity)));
    put(o, "id", words_json_text(t->activity_id));
    put(o, "state", json_string(machine_state(&step_machine, (int)t->step_state)));
    put_int(o, "failures", t->attempt);
    put(o, "intent", t->intent ? json_integer(t->intent) : json_null());
    put(o, "begun", words_json_time(t->begun_ms));
    put(o, "issued", words_json_time(t->issued_ms));
    put(o, "deadline", words_json_time(t->deadline_ms));
    put(o, "not_before", words_json_time(t->not_before_ms));
    put(o, "in_doubt_since", words_json_time(t->doubt_since_ms));
    put(o, "asked_next",
        t->step_state == STEP_IN_DOUBT ? json_string(words_question(t->activity))
                                       : json_null());
    put(o, "handle", words_json_text(t->handle));
    put(o, "sentence", words_json_text(t->sentence));
    put(o, "progress",
        t->progress >= 0 && t->progress_text ? json_integer(t->progress) : json_null());
    put(o, "progress_text", words_json_text(t->progress_text));
    return o;
}

static json_t *blockers_json(const struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < why->blocker_count; i++) {
        json_t *o = json_object();
        put(o, "kind", json_string(blocker_kind_name(why->blockers[i].kind)));
        put(o, "text", words_json_text(why->blockers[i].text));
        put(o, "next_change", words_json_time(why->blockers[i].next_change_ms));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *checks_json(const struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < why->evidence.check_count; i++) {
        const struct evidence_check *c = &why->evidence.checks[i];
        json_t *o = json_object();
        put(o, "check", words_json_text(c->id));
        put(o, "moment", json_string(moment_name(c->moment)));
        put(o, "verdict", json_string(store_verdict_name(c->verdict)));
        put(o, "text", words_json_text(c->text));
        put(o, "at", words_json_time(c->at_ms));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *snapshots_json(const struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < why->snapshot_count; i++) {
        const struct why_snapshot *s = &why->snapshots[i];
        json_t *o = json_object();
        put(o, "name", words_json_text(s->name));
        put(o, "reference", words_json_text(s->reference));
        put(o, "version", words_json_text(s->version));
        put(o, "step", words_json_text(s->step));
        put(o, "taken", words_json_time(s->taken_ms));
        put(o, "time_limit", words_json_time(s->due_ms));
        put(o, "removed", words_json_time(s->removed_ms));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *intents_json(const struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < why->evidence.intent_count; i++) {
        const struct evidence_intent *n = &why->evidence.intents[i];
        json_t *o = json_object();
        put_int(o, "id", n->id);
        put(o, "activity", json_string(activity_name(n->activity)));
        put(o, "step", words_json_text(n->step));
        put(o, "use", words_json_text(n->use));
        put(o, "key", words_json_text(n->key));
        put_int(o, "attempt", n->attempt);
        put_int(o, "incarnation", n->incarnation);
        put(o, "issued", words_json_time(n->issued_ms));
        put(o, "deadline", words_json_time(n->deadline_ms));
        put(o, "settled", words_json_time(n->settled_ms));
        put(o, "outcome", words_json_text(n->outcome));
        put(o, "sentence", words_json_text(n->sentence));
        put(o, "handle", words_json_text(n->handle));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *manual_json(const struct why_view *view)
{
    auto_manual struct manual manual = {.count = 0};
    json_t *list = json_array();
    why_manual(view, &manual);
    for (size_t i = 0; i < manual.count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o}", "kind", manual_kind_name(manual.steps[i].kind),
                            "text", words_json_text(manual.steps[i].text)));
    return list;
}

char *why_json(const struct why_view *view)
{
    const struct why *why = view->why;
    struct issue_note issue;
    auto_json json_t *o = json_object();
    put_int(o, "schema_version", WHY_JSON_SCHEMA);
    put(o, "at", words_json_time(why->now_ms));
    put(o, "campaign", words_json_text(why->campaign.name));
    put(o, "campaign_state",
        json_string(machine_state(&campaign_machine, (int)why->campaign.state)));
    put(o, "owned", json_boolean(why->owner.running));
    put(o, "target", target_json(&why->target));
    put(o, "group", group_json(why));
    put(o, "doing", doing_json(why));
    put(o, "blockers", blockers_json(why));
    put(o, "next_change", words_json_time(why_next_change_ms(why)));
    put(o, "time", why_time_json(view));
    put(o, "checks", checks_json(why));
    put(o, "snapshots", snapshots_json(why));
    put(o, "intents", intents_json(why));
    put(o, "by_hand", manual_json(view));
    put(o, "known_issue", issue_json(why_issue(view, &issue) ? &issue : NULL));
    return json_pretty(o);
}
