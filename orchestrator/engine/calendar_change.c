/*
 * calendar_change.c - see calendar_change.h. Nothing is taken that was not checked, so
 * that a record which was once accepted can always be replayed.
 */
#include "engine/calendar_change.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define SCOPE_BYTES_MAX 300
#define MS_PER_DAY      86400000LL

void calendar_change_clear(struct plan_calendar *calendar)
{
    free(calendar->source);
    free(calendar->scope);
    free(calendar->zone);
    free(calendar->digest);
    spans_clear(&calendar->spans);
    *calendar = (struct plan_calendar){0};
}

/* ---- the document ---- */

static int read_span(json_t *pair, struct spans *out)
{
    json_int_t from_ms, until_ms;
    if (json_unpack_ex(pair, NULL, JSON_STRICT, "[I,I]", &from_ms, &until_ms))
        return -1;
    if (from_ms < 0 || until_ms <= from_ms || until_ms > INT64_MAX / 2)
        return -1;
    spans_add(out, from_ms, until_ms);
    return 0;
}

/* How many there can be follows from the length of the document. */
static int read_spans(const json_t *list, struct spans *out)
{
    if (!json_is_array(list))
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (read_span(json_array_get(list, i), out))
            return -1;
    }
    spans_settle(out);
    return 0;
}

static bool is_scope(const char *scope)
{
    const char *equals = scope ? strchr(scope, '=') : NULL;
    if (!scope || !*scope || strlen(scope) > SCOPE_BYTES_MAX)
        return false;
    return !strcmp(scope, "fleet") || !strcmp(scope, "campaign") ||
           !strcmp(scope, "appliance") || (equals && equals > scope && equals[1]);
}

int calendar_change_read(const char *json, struct plan_calendar *out,
                         struct slipway_error *err)
{
    auto_json json_t *o =
        json_parse(json ? json : "", json ? strlen(json) : 0, CALENDAR_CHANGE_MAX, err);
    const char *source = json_text(o, "source"), *scope = json_text(o, "scope");
    const char *zone = json_text(o, "zone"), *digest = json_text(o, "digest");
    struct spans spans = {0};
    if (!o)
        return -1;
    if (!source || !*source || !is_scope(scope) ||
        read_spans(json_object_get(o, "spans"), &spans)) {
        spans_clear(&spans);
        return slipway_error_set(err, -1,
                                 "the calendar is not complete: source, scope and spans "
                                 "are needed; give it with: slipway calendar import");
    }
    *out = (struct plan_calendar){
        .source = xstrdup(source),
        .scope = xstrdup(scope),
        .zone = xstrdup(zone && *zone ? zone : "UTC"),
        .digest = xstrdup(digest ? digest : ""),
        .freeze = json_is_true(json_object_get(o, "freeze")),
        .spans = spans,
    };
    return 0;
}

char *calendar_change_json(const struct plan_calendar *calendar)
{
    auto_json json_t *spans = json_array();
    for (size_t i = 0; i < calendar->spans.count; i++)
        (void)json_array_append_new(
            spans, json_pack("[I,I]", (json_int_t)calendar->spans.items[i].from_ms,
                             (json_int_t)calendar->spans.items[i].until_ms));
    auto_json json_t *o =
        json_pack("{s:s, s:b, s:s, s:s, s:O, s:s}", "digest",
                  calendar->digest ? calendar->digest : "", "freeze", calendar->freeze,
                  "scope", calendar->scope, "source", calendar->source, "spans", spans,
                  "zone", calendar->zone ? calendar->zone : "UTC");
    auto_free char *text = o ? json_canonical(o) : NULL;
    return text && strlen(text) <= CALENDAR_CHANGE_MAX ? steal_ptr(&text) : NULL;
}

/* ---- whom it binds ---- */

static bool has_label(const struct plan_target *target, const char *label, size_t length,
                      const char *value)
{
    auto_free char *key = xstrndup(label, length);
    if (!strcmp(key, "appliance"))
        return !strcmp(target->name, value);
    if (!strcmp(key, "site") && !strcmp(target->site, value))
        return true;
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    const char *has = json_text(json_object_get(doc, "labels"), key);
    return has && !strcmp(has, value);
}

static bool scope_binds(const char *scope, const struct plan_target *target)
{
    const char *equals = strchr(scope, '=');
    if (!equals)
        return !strcmp(scope, "fleet") || !strcmp(scope, "campaign");
    return has_label(target, scope, (size_t)(equals - scope), equals + 1);
}

static bool is_own(const char *scope)
{
    return !strcmp(scope, "appliance") || !strncmp(scope, "appliance=", 10);
}

/* A fleet's rule about a label: an appliance's own calendar stands in for it. */
static bool is_label(const char *scope)
{
    return strchr(scope, '=') && !is_own(scope);
}

static int find_calendar(const struct plan_time *time,
                         const struct plan_calendar *calendar)
{
    for (size_t i = 0; i < time->calendar_count; i++) {
        const struct plan_calendar *c = &time->calendars[i];
        if (c->freeze == calendar->freeze && !strcmp(c->source, calendar->source) &&
            !strcmp(c->scope, calendar->scope))
            return (int)i;
    }
    return -1;
}

bool calendar_change_concerns(const struct plan *plan, const struct plan_time *time,
                              const struct plan_calendar *calendar)
{
    if (find_calendar(time, calendar) >= 0)
        return true;
    for (size_t i = 0; i < plan->target_count; i++) {
        if (scope_binds(calendar->scope, &plan->targets[i]))
            return true;
    }
    return false;
}

/* ---- applying ---- */

/* A plan without time rules gets the room for them. */
static void make_room(const struct plan *plan, struct plan_time *time)
{
    if (!time->horizon_ms)
        time->horizon_ms = plan->created_ms + HORIZON_DAYS * MS_PER_DAY;
    if (time->slots)
        return;
    time->slot_count = plan->target_count;
    time->slots = xcalloc(plan->target_count + 1, sizeof *time->slots);
    for (size_t i = 0; i < plan->target_count; i++)
        time->slots[i] = (struct plan_slot){.timetable = -1, .pace = -1};
}

/* The target's calendars and the new one (the last index); returns how many. */
static size_t combine(const struct plan_time *time, int table, int added, int *out)
{
    const struct plan_calendar *own = &time->calendars[added];
    bool replaces_labels = !own->freeze && is_own(own->scope);
    bool has_own = false;
    size_t count = 0;
    for (size_t i = 0; table >= 0 && i < time->timetables[table].calendar_count; i++) {
        int index = time->timetables[table].calendars[i];
        const struct plan_calendar *c = &time->calendars[index];
        has_own = has_own || (!c->freeze && is_own(c->scope));
        if (!(replaces_labels && !c->freeze && is_label(c->scope)))
            out[count++] = index;
    }
    if (own->freeze || !is_label(own->scope) || !has_own)
        out[count++] = added;
    return count;
}

static void bind(const struct plan *plan, struct plan_time *time, int added)
{
    int *combined = xcalloc(time->calendar_count + 1, sizeof *combined);
    for (size_t i = 0; i < plan->target_count; i++) {
        if (!scope_binds(time->calendars[added].scope, &plan->targets[i]))
            continue;
        size_t count = combine(time, time->slots[i].timetable, added, combined);
        time->slots[i].timetable = plan_time_add_timetable(time, combined, count);
    }
    free(combined);
}

void calendar_change_apply(const struct plan *plan, struct plan_time *time,
                           const struct plan_calendar *calendar)
{
    make_room(plan, time);
    int index = find_calendar(time, calendar);
    if (index >= 0) {
        struct plan_calendar *old = &time->calendars[index];
        spans_clear(&old->spans);
        old->spans = spans_copy(&calendar->spans);
        xreplace(&old->zone, calendar->zone);
        xreplace(&old->digest, calendar->digest);
    } else {
        bind(plan, time, plan_time_add_calendar(time, calendar));
    }
    plan_time_settle(time, plan->created_ms);
}
