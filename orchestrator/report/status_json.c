/* status_json.c - a campaign at a glance, for scripts. Members are only ever added. */
#include <stdlib.h>
#include <string.h>

#include "report/status_parts.h"
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

static json_t *counts_json(const int counts[TARGET_STATE_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < TARGET_STATE_COUNT; i++)
        put_int(object, machine_state(&target_machine, i), counts[i]);
    return object;
}

static json_t *campaign_json(const struct store_campaign *c)
{
    json_t *o = json_object();
    put_int(o, "id", c->id);
    put(o, "name", words_json_text(c->name));
    put(o, "digest", words_json_text(c->digest));
    put(o, "playbook", words_json_text(c->playbook));
    put(o, "state", json_string(machine_state(&campaign_machine, (int)c->state)));
    put(o, "since", words_json_time(c->since_ms));
    put(o, "reason", words_json_text(c->reason));
    put(o, "actor", words_json_text(c->actor));
    put(o, "created", words_json_time(c->created_ms));
    put(o, "created_by", words_json_text(c->created_by));
    put(o, "started", words_json_time(c->started_ms));
    put(o, "budget_mode", json_string(budget_mode_name(c->mode)));
    put_int(o, "budget", c->budget);
    put_int(o, "failed", c->failed);
    put_int(o, "in_doubt", c->in_doubt);
    put_int(o, "in_flight", c->in_flight);
    put_int(o, "in_flight_max", c->in_flight_max);
    put_int(o, "targets", c->target_count);
    put_int(o, "last_event", c->last_seq);
    return o;
}

static json_t *owner_json(const struct store_owner *owner)
{
    json_t *o = json_object();
    put(o, "running", json_boolean(owner->running));
    put(o, "pid", owner->running ? json_integer(owner->pid) : json_null());
    put(o, "host", words_json_text(owner->running ? owner->host : NULL));
    put(o, "command", words_json_text(owner->running ? owner->command : NULL));
    put(o, "since", words_json_time(owner->running ? owner->since_ms : 0));
    return o;
}

static json_t *waves_json(const struct status *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->store.wave_count; i++) {
        const struct store_wave *w = &s->store.waves[i];
        json_t *o = json_object();
        put_int(o, "index", w->index);
        put(o, "name", words_json_text(w->name));
        put(o, "state", json_string(machine_state(&wave_machine, (int)w->state)));
        put(o, "since", words_json_time(w->since_ms));
        put_int(o, "soak_ms", w->soak_ms);
        put_int(o, "targets", w->target_count);
        put_int(o, "budget", w->budget);
        put_int(o, "failed", w->failed);
        put_int(o, "in_doubt", w->in_doubt);
        put_int(o, "in_flight", w->in_flight);
        put(o, "gate", json_boolean(w->gate));
        put(o, "approved", json_boolean(w->approved));
        put(o, "counts", counts_json(w->counts));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *waits_json(const struct status *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->wait_count; i++) {
        const struct status_wait *w = &s->waits[i];
        json_t *o = json_object();
        put_int(o, "count", w->count);
        put(o, "who", words_json_text(w->who));
        put(o, "waits_for", words_json_text(w->what));
        put(o, "next_change", words_json_time(w->next_ms));
        (void)json_array_append_new(list, o);
    }
    return list;
}

/* Null where it is no failure, or not a known one. */
static json_t *known_issue(const struct status_view *view, const struct status_target *t)
{
    struct issue_note issue;
    return issue_json(status_issue(view, t, &issue) ? &issue : NULL);
}

static json_t *list_json(const struct status_view *view, const struct status_list *source)
{
    json_t *list = json_array();
    for (size_t i = 0; i < source->count; i++) {
        const struct status_target *t = &source->items[i];
        json_t *o = json_object();
        put(o, "name", words_json_text(t->name));
        put(o, "wave", words_json_text(t->wave));
        put(o, "state", json_string(machine_state(&target_machine, (int)t->state)));
        put(o, "since", words_json_time(t->since_ms));
        put(o, "begun", words_json_time(t->begun_ms));
        put(o, "deadline", words_json_time(t->deadline_ms));
        put(o, "text", words_json_text(t->text));
        put(o, "known_issue", known_issue(view, t));
        (void)json_array_append_new(list, o);
    }
    json_t *whole = json_object();
    put(whole, "listed", list);
    put_int(whole, "total", source->total);
    return whole;
}

static json_t *pace_json(const struct status *s)
{
    json_t *o = json_object();
    put_int(o, "succeeded_last_hour", s->store.succeeded_last_hour);
    put_int(o, "succeeded_last_day", s->store.succeeded_last_day);
    put_int(o, "verified_last_hour", s->store.verified_last_hour);
    put_int(o, "mean_duration_ms", s->store.mean_duration_ms);
    put_int(o, "mean_active_ms", s->store.mean_active_ms);
    bool known = s->left_ms >= 0 && s->store.campaign.state == CAMPAIGN_RUNNING;
    put(o, "estimated_left_ms", known ? json_integer(s->left_ms) : json_null());
    return o;
}

char *status_json(const struct status_view *view)
{
    const struct status *s = view->status;
    auto_json json_t *o = json_object();
    put_int(o, "schema_version", STATUS_JSON_SCHEMA);
    put(o, "at", words_json_time(s->now_ms));
    put(o, "campaign", campaign_json(&s->store.campaign));
    put(o, "owner", owner_json(&s->owner));
    put(o, "counts", counts_json(s->store.counts));
    put_int(o, "held", s->store.held);
    put(o, "pace", pace_json(s));
    put(o, "waves", waves_json(s));
    put(o, "time", status_time_json(view));
    put(o, "waiting", waits_json(s));
    put(o, "at_work", list_json(view, &s->busy));
    put(o, "failures", list_json(view, &s->failed));
    put(o, "for_a_human", list_json(view, &s->human));
    put(o, "overdue_snapshots", overdue_json(&s->overdue));
    put(o, "held_targets", list_json(view, &s->held));
    return json_pretty(o);
}
