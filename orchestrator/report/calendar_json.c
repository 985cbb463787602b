/* calendar_json.c - what calendar show and calendar next print with --json. */
#include "report/calendar.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

static json_t *opening_json(const struct calendar_opening *opening)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:o}", "from",
        words_json_time(opening->span.from_ms), "until",
        words_json_time(opening->span.until_ms), "from_local",
        words_json_text(opening->from), "until_local", words_json_text(opening->until),
        "length_ms", (json_int_t)(opening->span.until_ms - opening->span.from_ms),
        "summary", words_json_text(opening->summary), "cut_by_freeze", opening->cut,
        "too_short", opening->too_short, "note", words_json_text(opening->note));
}

static json_t *binding_json(const struct calendar_binding *binding)
{
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:b, s:o, s:I, s:I}", "source",
                     words_json_text(binding->source), "scope",
                     words_json_text(binding->scope), "freeze", binding->freeze, "zone",
                     words_json_text(binding->zone), "digest",
                     words_json_text(binding->digest), "now", binding->now, "next_change",
                     words_json_time(binding->next_ms), "spans",
                     (json_int_t)binding->spans, "targets", (json_int_t)binding->targets);
}

char *calendar_view_json(const struct calendar_view *view)
{
    json_t *bindings = json_array(), *openings = json_array();
    for (size_t i = 0; i < view->binding_count; i++)
        (void)json_array_append_new(bindings, binding_json(&view->bindings[i]));
    for (size_t i = 0; i < view->opening_count; i++)
        (void)json_array_append_new(openings, opening_json(&view->openings[i]));
    auto_json json_t *json = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:b, s:I, s:o, s:o}", "schema_version",
        CALENDAR_JSON_SCHEMA, "subject", words_json_text(view->subject), "now",
        words_json_time(view->now_ms), "zone", words_json_text(view->zone), "zone_data",
        words_json_text(view->zone_data), "horizon", words_json_time(view->horizon_ms),
        "needed_ms", (json_int_t)view->needed_ms, "any_time", view->always,
        "targets_without_calendar", (json_int_t)view->unbound, "calendars", bindings,
        "openings", openings);
    return json_pretty(json);
}
