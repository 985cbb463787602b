/*
 * plan_time_json.c - the time rules of a plan as its JSON member "time", and back.
 *
 * Openings are flat lists [from, until, from, until ...]; paces and slots are rows of
 * numbers: there are ten thousand of them. What follows from the calendars is not
 * written but worked out again.
 */
#include <stdlib.h>
#include <string.h>

#include "model/plan.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define INSTANT_MAX 32503680000000LL /* the year 3000 */

/* ---- writing ---- */

static void add_number(json_t *list, int64_t number)
{
    (void)json_array_append_new(list, json_integer((json_int_t)number));
}

static json_t *spans_json(const struct spans *spans)
{
    json_t *list = json_array();
    for (size_t i = 0; i < spans->count; i++) {
        add_number(list, spans->items[i].from_ms);
        add_number(list, spans->items[i].until_ms);
    }
    return list;
}

static json_t *calendar_json(const struct plan_calendar *c)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "source", c->source, "scope",
                     c->scope, "zone", c->zone, "digest", c->digest, "freeze", c->freeze,
                     "spans", spans_json(&c->spans));
}

static json_t *timetable_json(const struct timetable *table)
{
    json_t *list = json_array();
    for (size_t i = 0; i < table->calendar_count; i++)
        add_number(list, table->calendars[i]);
    return list;
}

static json_t *pace_json(const struct plan_pace *p, size_t step_count)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < step_count; i++) {
        json_t *row = json_array();
        add_number(row, p->steps[i].typical_ms);
        add_number(row, p->steps[i].slow_ms);
        add_number(row, p->steps[i].samples);
        (void)json_array_append_new(steps, row);
    }
    return json_pack(
        "{s:s, s:s, s:o, s:I, s:s, s:I, s:I, s:I}", "kind", p->kind, "version",
        p->version, "steps", steps, "needed_ms", (json_int_t)p->needed_ms, "needed_from",
        needed_source_name(p->needed_from), "prepare_ms", (json_int_t)p->prepare_ms,
        "change_ms", (json_int_t)p->change_ms, "rollback_ms", (json_int_t)p->rollback_ms);
}

static json_t *slot_json(const struct plan_slot *s)
{
    json_t *row = json_array();
    add_number(row, s->timetable);
    add_number(row, s->pace);
    add_number(row, s->from_ms);
    add_number(row, s->until_ms);
    add_number(row, s->spread_ms);
    add_number(row, s->not_before_ms);
    return row;
}

static void add_lists(json_t *json, const struct plan_time *time)
{
    json_t *calendars = json_array(), *tables = json_array(), *paces = json_array(),
           *slots = json_array();
    for (size_t i = 0; i < time->calendar_count; i++)
        (void)json_array_append_new(calendars, calendar_json(&time->calendars[i]));
    for (size_t i = 0; i < time->timetable_count; i++)
        (void)json_array_append_new(tables, timetable_json(&time->timetables[i]));
    for (size_t i = 0; i < time->pace_count; i++)
        (void)json_array_append_new(paces, pace_json(&time->paces[i], time->step_count));
    for (size_t i = 0; i < time->slot_count; i++)
        (void)json_array_append_new(slots, slot_json(&time->slots[i]));
    (void)json_object_set_new(json, "calendars", calendars);
    (void)json_object_set_new(json, "timetables", tables);
    (void)json_object_set_new(json, "paces", paces);
    (void)json_object_set_new(json, "slots", slots);
}

json_t *plan_time_json(const struct plan_time *time)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "zone",
        time->zone ? time->zone : "UTC", "zone_data",
        time->zone_data ? time->zone_data : "", "horizon_ms",
        (json_int_t)time->horizon_ms, "cut_off_ms", (json_int_t)time->cut_off_ms,
        "min_opening_ms", (json_int_t)time->min_opening_ms, "min_notice_ms",
        (json_int_t)time->min_notice_ms, "deadline_ms", (json_int_t)time->deadline_ms,
        "overrun", overrun_name(time->overrun));
    add_lists(json, time);
    return json;
}

/* ---- reading ---- */

/* The number at `index`, or `bad` set if it is none in [low, high]. */
static int64_t number_at(const json_t *list, size_t index, int64_t low, int64_t high,
                         bool *bad)
{
    const json_t *item = json_array_get(list, index);
    json_int_t number = json_is_integer(item) ? json_integer_value(item) : low - 1;
    if (number < low || number > high) {
        *bad = true;
        return low;
    }
    return (int64_t)number;
}

static int64_t member(const json_t *json, const char *key, bool *bad)
{
    json_int_t number = json_number(json, key, -1);
    *bad = *bad || number < 0 || number > INSTANT_MAX;
    return (int64_t)number;
}

static char *text_of(const json_t *json, const char *key, bool *bad)
{
    const char *text = json_text(json, key);
    *bad = *bad || !text;
    return xstrdup(text ? text : "");
}

static size_t list_of(const json_t *json, const char *key, size_t max, const json_t **out,
                      bool *bad)
{
    *out = json_object_get(json, key);
    *bad = *bad || !json_is_array(*out) || json_array_size(*out) > max;
    return *bad ? 0 : json_array_size(*out);
}

static void read_spans(const json_t *json, struct spans *out, bool *bad)
{
    const json_t *list;
    size_t count = list_of(json, "spans", CALENDAR_SPANS_MAX * (size_t)2, &list, bad);
    for (size_t i = 0; i + 1 < count; i += 2)
        spans_add(out, number_at(list, i, 0, INSTANT_MAX, bad),
                  number_at(list, i + 1, 0, INSTANT_MAX, bad));
    *bad = *bad || count % 2;
    spans_settle(out);
}

static void read_calendars(const json_t *json, struct plan_time *time, bool *bad)
{
    const json_t *list;
    size_t count = list_of(json, "calendars", PLAN_CALENDARS_MAX, &list, bad);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        struct plan_calendar c = {
            .source = text_of(item, "source", bad),
            .scope = text_of(item, "scope", bad),
            .zone = text_of(item, "zone", bad),
            .digest = text_of(item, "digest", bad),
            .freeze = json_is_true(json_object_get(item, "freeze")),
        };
        read_spans(item, &c.spans, bad);
        *vec_push(time->calendars, time->calendar_count, time->calendar_room) = c;
    }
}

static void read_timetables(const json_t *json, struct plan_time *time, bool *bad)
{
    const json_t *list;
    size_t count = list_of(json, "timetables", TIMETABLES_MAX, &list, bad);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        size_t length = json_array_size(row);
        struct timetable table = {.calendars = xcalloc(length + 1, sizeof(int)),
                                  .calendar_count = length};
        for (size_t k = 0; k < length; k++)
            table.calendars[k] =
                (int)number_at(row, k, 0, (int64_t)time->calendar_count - 1, bad);
        *bad = *bad || !length;
        *vec_push(time->timetables, time->timetable_count, time->timetable_room) = table;
    }
}

/* Older plans do not say: there it was the history, as soon as it knew any step. */
static enum needed_from read_needed_from(const json_t *json, const struct plan_pace *pace,
                                         size_t step_count, bool *bad)
{
    enum needed_from from = NEEDED_TIMEOUTS;
    if (json_object_get(json, "needed_from")) {
        int named = needed_source_from(json_text(json, "needed_from"));
        *bad = *bad || named < 0;
        return named < 0 ? from : (enum needed_from)named;
    }
    for (size_t i = 0; i < step_count; i++)
        from = pace->steps[i].samples ? NEEDED_HISTORY : from;
    return from;
}

static void read_paces(const json_t *json, size_t step_count, struct plan_time *time,
                       bool *bad)
{
    const json_t *list;
    size_t count = list_of(json, "paces", PLAN_TARGETS_MAX, &list, bad);
    time->step_count = step_count;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *steps = json_object_get(item, "steps");
        struct plan_pace p = {.kind = text_of(item, "kind", bad),
                              .version = text_of(item, "version", bad),
                              .steps = xcalloc(step_count + 1, sizeof *p.steps),
                              .needed_ms = member(item, "needed_ms", bad),
                              .prepare_ms = member(item, "prepare_ms", bad),
                              .change_ms = member(item, "change_ms", bad),
                              .rollback_ms = member(item, "rollback_ms", bad)};
        *bad = *bad || json_array_size(steps) != step_count;
        for (size_t k = 0; !*bad && k < step_count; k++) {
            const json_t *row = json_array_get(steps, k);
            p.steps[k] = (struct step_pace){
                number_at(row, 0, 0, INSTANT_MAX, bad),
                number_at(row, 1, 0, INSTANT_MAX, bad),
                (int)number_at(row, 2, 0, INT32_MAX, bad),
            };
        }
        p.needed_from = read_needed_from(item, &p, step_count, bad);
        *vec_push(time->paces, time->pace_count, time->pace_room) = p;
    }
}

static void read_slots(const json_t *json, size_t target_count, struct plan_time *time,
                       bool *bad)
{
    const json_t *list;
    size_t count = list_of(json, "slots", PLAN_TARGETS_MAX, &list, bad);
    *bad = *bad || (count && count != target_count);
    time->slots = count ? xcalloc(count, sizeof *time->slots) : NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        time->slots[time->slot_count++] = (struct plan_slot){
            .timetable =
                (int)number_at(row, 0, -1, (int64_t)time->timetable_count - 1, bad),
            .pace = (int)number_at(row, 1, -1, (int64_t)time->pace_count - 1, bad),
            .from_ms = number_at(row, 2, 0, INSTANT_MAX, bad),
            .until_ms = number_at(row, 3, 0, INSTANT_MAX, bad),
            .spread_ms = number_at(row, 4, 0, INSTANT_MAX, bad),
            .not_before_ms = number_at(row, 5, 0, INSTANT_MAX, bad),
        };
    }
}

int plan_time_read(const json_t *json, size_t target_count, size_t step_count,
                   int64_t created_ms, struct plan_time *out)
{
    bool bad = false;
    struct plan_time time = {0};
    if (!json)
        return 0;
    int overrun = overrun_from(json_text(json, "overrun"));
    bad = overrun < 0;
    time.overrun = bad ? OVERRUN_FINISH : (enum overrun_rule)overrun;
    time.zone = text_of(json, "zone", &bad);
    time.zone_data = text_of(json, "zone_data", &bad);
    time.horizon_ms = member(json, "horizon_ms", &bad);
    time.cut_off_ms = member(json, "cut_off_ms", &bad);
    time.min_opening_ms = member(json, "min_opening_ms", &bad);
    time.min_notice_ms = member(json, "min_notice_ms", &bad);
    time.deadline_ms = member(json, "deadline_ms", &bad);
    read_calendars(json, &time, &bad);
    read_timetables(json, &time, &bad);
    read_paces(json, step_count, &time, &bad);
    read_slots(json, target_count, &time, &bad);
    if (bad) {
        plan_time_clear(&time);
        return -1;
    }
    plan_time_settle(&time, created_ms);
    plan_time_clear(out);
    *out = time;
    return 0;
}
