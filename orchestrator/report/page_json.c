/*
 * page_json.c - the schedule for scripts: the member "schedule" of `plan --json` and
 * `report --json`, and the data that an HTML report carries. Members are only added.
 */
#include "report/page_html.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static json_t *local(const struct page *page, int64_t at_ms)
{
    char at[PAGE_WHEN_MAX];
    return at_ms ? words_json_text(page_when(page->clock, at_ms, at)) : json_null();
}

static json_t *text(const char *value)
{
    return value && *value ? words_json_text(value) : json_null();
}

static json_t *target_json(const struct page *page, size_t i)
{
    const struct plan_target *target = &page->plan->targets[i];
    const struct page_target *t = &page->targets[i];
    auto_buf struct buf state = {0};
    json_t *o = json_object();
    set(o, "name", text(target->name));
    set(o, "wave", text(page->plan->waves[target->wave].name));
    set(o, "site", text(target->site));
    set(o, "customer", text(t->customer));
    set(o, "version_from", text(target->version));
    set(o, "state", json_string(page_state_word(page, i, &state)));
    set(o, "starts_at", words_json_time(t->slot ? t->slot->from_ms : 0));
    set(o, "starts_local", local(page, t->slot ? t->slot->from_ms : 0));
    set(o, "ends_at", words_json_time(t->slot ? t->slot->until_ms : 0));
    set(o, "spread_ms", t->slot ? json_integer(t->slot->spread_ms) : json_null());
    set(o, "not_before", words_json_time(t->slot ? t->slot->not_before_ms : 0));
    if (page->view->account) {
        set(o, "began_at", words_json_time(t->course ? t->course->began_ms : 0));
        set(o, "ended_at", words_json_time(t->course ? t->course->ended_ms : 0));
    }
    return o;
}

static json_t *targets_json(const struct page *page)
{
    json_t *list = json_array();
    for (size_t i = 0; i < page->plan->target_count; i++)
        (void)json_array_append_new(list, target_json(page, i));
    return list;
}

static json_t *nights_json(const struct page *page)
{
    json_t *list = json_array();
    char date[PAGE_WHEN_MAX];
    for (size_t i = 0; i < page->axis.count; i++) {
        const struct page_column *c = &page->axis.columns[i];
        json_t *o = json_object();
        if (!c->planned && !c->began) {
            json_decref(o);
            continue;
        }
        set(o, page->axis.weeks ? "week_of" : "night",
            json_string(page_date(c->day, date)));
        set(o, "planned", json_integer(c->planned));
        set(o, "begun", json_integer(c->began));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *actions_json(const struct page *page)
{
    auto_page_actions struct page_actions actions = {0};
    json_t *list = json_array();
    page_actions_make(page, &actions);
    for (size_t i = 0; i < actions.count; i++) {
        json_t *o = json_object();
        set(o, "by", words_json_time(actions.items[i].by_ms));
        set(o, "who", text(actions.items[i].who));
        set(o, "what", text(actions.items[i].what));
        set(o, "done", json_boolean(actions.items[i].done));
        set(o, "too_late", json_boolean(actions.items[i].late));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *stores_json(const struct page *page)
{
    json_t *list = json_array();
    for (size_t i = 0; i < page->store_count; i++) {
        const struct page_store *store = &page->stores[i];
        int count = store->planned.peak * page->snapshots_each;
        json_t *o = json_object();
        set(o, "name", text(store->name));
        set(o, "targets", json_integer(store->targets));
        set(o, "snapshots_at_once", page->has_slots ? json_integer(count) : json_null());
        set(o, "room_bytes",
            page->has_slots && page->plan->playbook.snapshot_room_bytes
                ? json_integer(count * page->plan->playbook.snapshot_room_bytes)
                : json_null());
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *domains_json(const struct page *page)
{
    json_t *list = json_array();
    for (size_t i = 0; i < page->plan->domain_count; i++) {
        json_t *o = json_object();
        if (!page->domains[i].planned && !page->domains[i].actual) {
            json_decref(o);
            continue;
        }
        set(o, "domain", text(page->plan->domains[i].key));
        set(o, "max", json_integer(page->plan->domains[i].max));
        set(o, "planned_at_once", json_integer(page->domains[i].planned));
        set(o, "really_at_once", json_integer(page->domains[i].actual));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static void add_sentence(void *data, const char *sentence)
{
    if (sentence)
        (void)json_array_append_new(data, words_json_text(sentence));
}

json_t *page_schedule_of(const struct page *page)
{
    json_t *o = json_object(), *summary = json_array();
    page_summary_sentences(page, add_sentence, summary);
    set(o, "schema_version", json_integer(PAGE_REPORT_SCHEMA));
    set(o, "digest", text(page->plan->digest));
    set(o, "campaign", text(page->plan->campaign));
    set(o, "version_to", text(page->version_to));
    set(o, "zone", text(page->clock->zone));
    set(o, "zone_data", text(page->time->zone_data));
    set(o, "has_slots", json_boolean(page->has_slots));
    set(o, "slots", json_integer(page->slots));
    set(o, "first_start", words_json_time(page->first_ms));
    set(o, "last_end", words_json_time(page->last_ms));
    set(o, "deadline", words_json_time(page->time->deadline_ms));
    set(o, "began_at", words_json_time(page->began_ms));
    set(o, "planned_at_once", json_integer(page->planned.peak));
    set(o, "really_at_once", json_integer(page->actual.peak));
    set(o, "summary", summary);
    set(o, "actions", actions_json(page));
    set(o, "nights", nights_json(page));
    set(o, "domains", domains_json(page));
    set(o, "snapshot_room", stores_json(page));
    set(o, "targets", targets_json(page));
    return o;
}

json_t *page_schedule(const struct page_view *view)
{
    auto_page struct page page = {0};
    page_make(view, &page);
    return page_schedule_of(&page);
}
