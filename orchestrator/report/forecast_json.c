/* forecast_json.c - a forecast for scripts (see forecast.h). Members are only added. */
#include "report/forecast.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static json_t *counts_json(struct forecast_counts counts)
{
    return json_pack("{s:i, s:i, s:i}", "p10", counts.p10, "p50", counts.p50, "p90",
                     counts.p90);
}

static json_t *periods_json(const struct forecast_period *periods, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:i, s:o, s:b}", "from",
                            words_json_time(periods[i].from_ms), "until",
                            words_json_time(periods[i].until_ms), "usual",
                            periods[i].usual, "starts", counts_json(periods[i].starts),
                            "before_deadline", periods[i].before_deadline));
    return list;
}

static json_t *last_json(const struct forecast_outlook *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->last_count; i++)
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o}", "name", words_json_text(o->last[i].name),
                      "domains", words_json_text(o->last[i].why), "start",
                      words_json_time(o->last[i].started_ms), "end",
                      words_json_time(o->last[i].ended_ms)));
    return list;
}

static json_t *outlook_json(const struct forecast_outlook *o)
{
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"runs", json_integer(o->runs)},
        {"unfinished_runs", json_integer(o->unfinished)},
        {"without_opening", json_integer(o->never)},
        {"usual_end", words_json_time(o->usual_ms)},
        {"p50_end", words_json_time(o->p50_ms)},
        {"p90_end", words_json_time(o->p90_ms)},
        {"runs_in_time", json_integer(o->in_time)},
        {"nights_used", counts_json(o->nights)},
        {"failed", counts_json(o->failed)},
        {"rolled_back", counts_json(o->rolled_back)},
        {"pauses", counts_json(o->pauses)},
        {"weeks", periods_json(o->weeks, o->week_count)},
        {"nights", periods_json(o->periods, o->period_count)},
        {"last", last_json(o)},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        (void)json_object_set_new(json, members[i].key, members[i].value);
    return json;
}

static json_t *changes_json(const struct forecast_change *changes, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct forecast_change *c = &changes[i];
        auto_buf struct buf text = {0};
        forecast_words_change(&text, c);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:s}", "kind", c->kind,
                            "key", *c->key ? words_json_text(c->key) : json_null(),
                            "from", c->from ? json_integer(c->from) : json_null(), "to",
                            c->to ? json_integer(c->to) : json_null(), "p50_end",
                            words_json_time(c->finish_ms), "p90_end",
                            words_json_time(c->late_ms), "saves_ms",
                            (json_int_t)c->saves_ms, "text", buf_text(&text)));
    }
    return list;
}

char *forecast_json(const struct forecast_view *view)
{
    const struct forecast *f = view->forecast;
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"schema_version", json_integer(FORECAST_JSON_SCHEMA)},
        {"campaign", words_json_text(f->campaign)},
        {"digest", words_json_text(f->digest)},
        {"zone", words_json_text(f->zone)},
        {"from", words_json_time(f->start_ms)},
        {"deadline", words_json_time(f->deadline_ms)},
        {"horizon", words_json_time(f->horizon_ms)},
        {"running", json_boolean(f->running)},
        {"target_count", json_integer(f->targets)},
        {"settled", json_integer(f->settled)},
        {"in_flight", json_integer(f->in_flight)},
        {"failure_permille", json_integer(f->failure_per_million / 1000)},
        {"failure_samples",
         f->failure_given ? json_null() : json_integer(f->failure_samples)},
        {"pause_ms", json_integer(f->human_ms)},
        {"approval_ms", json_integer(f->approval_ms)},
        {"planned", outlook_json(&f->planned)},
        {"what_if", words_json_text(f->what_if)},
        {"changed", f->what_if ? outlook_json(&f->changed) : json_null()},
        {"binding", changes_json(f->binding, f->binding_count)},
        {"remedies", changes_json(f->remedies, f->remedy_count)},
    };
    auto_json json_t *json = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        (void)json_object_set_new(json, members[i].key, members[i].value);
    return json_pretty(json);
}
