/* plan_when.c - see plan_when.h. */
#include "report/plan_when.h"

#include <stdlib.h>
#include <string.h>

#include "report/needed_words.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/map.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define HALF_DAY_MS      (12LL * 3600 * 1000)
#define DAY_MS           (2 * HALF_DAY_MS)
#define PACE_NAMES_SHOWN 4
#define CLOCK_LENGTH     5  /* "23:00" */
#define DATE_LENGTH      14 /* "Sat 2026-11-28" */

const char *when_local(const struct plan_view *view, int64_t ms,
                       char out[LOCAL_TIME_ROOM])
{
    const char *zone = view->plan->time.zone;
    if (!view->local || !zone || view->local(zone, ms, out, LOCAL_TIME_ROOM))
        (void)time_minute(ms, out, LOCAL_TIME_ROOM);
    return out;
}

/* ---- calendars ---- */

static int most_first(const void *a, const void *b)
{
    const struct calendar_use *x = a, *y = b;
    return x->targets != y->targets ? y->targets - x->targets : x->calendar - y->calendar;
}

static void count_calendars(const struct plan *plan, struct plan_when *out)
{
    const struct plan_time *time = &plan->time;
    out->calendar_count = time->calendar_count;
    out->calendars = xcalloc(time->calendar_count + 1, sizeof *out->calendars);
    for (size_t i = 0; i < time->calendar_count; i++) {
        const struct spans *spans = &time->calendars[i].spans;
        size_t first = spans_find(spans, plan->created_ms);
        out->calendars[i].calendar = (int)i;
        out->calendars[i].openings = spans->count - first;
        if (first < spans->count)
            out->calendars[i].next = spans->items[first];
    }
    for (size_t i = 0; i < time->slot_count; i++) {
        int index = time->slots[i].timetable;
        const struct timetable *table = index < 0 ? NULL : &time->timetables[index];
        for (size_t k = 0; table && k < table->calendar_count; k++)
            out->calendars[table->calendars[k]].targets++;
    }
    qsort(out->calendars, out->calendar_count, sizeof *out->calendars, most_first);
}

/* ---- paces ---- */

/* "vcsa 8.0.2", "linux of no known version" */
static void pace_name(const struct plan_pace *pace, struct buf *out)
{
    buf_adds(out, *pace->kind ? pace->kind : "kind not known");
    buf_addf(out, " %s", *pace->version ? pace->version : "of no known version");
}

/* Each step that the history knows; how many it does not. */
static size_t seen_words(const struct plan *plan, const struct plan_pace *pace,
                         struct buf *out)
{
    size_t unseen = 0;
    for (size_t i = 0; i < plan->time.step_count && i < plan->playbook.step_count; i++) {
        const struct step_pace *step = &pace->steps[i];
        char median[32], slow[32];
        if (plan->playbook.steps[i].phase >= PHASE_ROLLBACK)
            continue;
        unseen += !step->samples;
        if (step->samples)
            buf_addf(out, "; %s: median %s, p95 %s of %d runs",
                     plan->playbook.steps[i].op.id,
                     duration_format(step->typical_ms, median, sizeof median),
                     duration_format(step->slow_ms, slow, sizeof slow), step->samples);
    }
    return unseen;
}

/* "usually 41m after 12m of preparing; 1h52m must be left of a window (1h7m for the change
   and 45m for the way back, as `worst` says); install: median 31m, p95 44m of 212 runs; the
   rest from the playbook" */
static void pace_words(const struct plan *plan, const struct plan_pace *pace,
                       struct buf *out)
{
    auto_buf struct buf seen = {0};
    char change[32], prepare[32], needed[32];
    size_t unseen = seen_words(plan, pace, &seen);
    buf_addf(out, "usually %s", duration_format(pace->change_ms, change, sizeof change));
    if (pace->prepare_ms)
        buf_addf(out, " after %s of preparing",
                 duration_format(pace->prepare_ms, prepare, sizeof prepare));
    buf_addf(out, "; %s must be left of a window (",
             duration_format(pace->needed_ms, needed, sizeof needed));
    needed_words(plan, pace, out);
    buf_addf(out, ")%s", buf_text(&seen));
    if (unseen)
        buf_adds(out, seen.length ? "; the rest from the playbook"
                                  : "; from the playbook: the history is too short");
}

static void add_pace(const struct plan *plan, size_t pace, struct map *words,
                     struct plan_when *out)
{
    auto_buf struct buf text = {0}, name = {0};
    pace_words(plan, &plan->time.paces[pace], &text);
    pace_name(&plan->time.paces[pace], &name);
    size_t known = out->pace_count, at = map_intern(words, buf_text(&text));
    if (at == known)
        *vec_push(out->paces, out->pace_count, out->pace_room) =
            (struct pace_group){.words = buf_take(&text)};
    struct pace_group *group = &out->paces[at];
    group->targets += out->pace_targets[pace];
    if (group->count++ < PACE_NAMES_SHOWN) {
        char *longer = group->names ? xasprintf("%s, %s", group->names, buf_text(&name))
                                    : xstrdup(buf_text(&name));
        free(group->names);
        group->names = longer;
    }
}

static void count_paces(const struct plan *plan, struct plan_when *out)
{
    const struct plan_time *time = &plan->time;
    auto_map struct map words = {0};
    out->pace_targets = xcalloc(time->pace_count + 1, sizeof *out->pace_targets);
    for (size_t i = 0; i < time->slot_count; i++) {
        if (time->slots[i].pace >= 0)
            out->pace_targets[time->slots[i].pace]++;
    }
    for (size_t i = 0; i < time->pace_count; i++)
        add_pace(plan, i, &words, out);
    for (size_t i = 0; i < out->pace_count; i++) {
        struct pace_group *group = &out->paces[i];
        char *shown = group->names;
        if (group->count <= PACE_NAMES_SHOWN)
            continue;
        group->names =
            xasprintf("%s and %zu more", shown, group->count - PACE_NAMES_SHOWN);
        free(shown);
    }
}

/* ---- slots ---- */

/* A night belongs to the day on which it begins. */
static void add_night(const struct plan_view *view, int64_t from_ms, struct map *nights)
{
    char text[LOCAL_TIME_ROOM];
    if (view->local) {
        (void)when_local(view, from_ms - HALF_DAY_MS, text);
        text[DATE_LENGTH] = '\0';
    } else {
        (void)snprintf(text, sizeof text, "%lld",
                       (long long)((from_ms - HALF_DAY_MS) / DAY_MS));
    }
    (void)map_intern(nights, text);
}

static void count_wave(const struct plan_view *view, const struct plan_wave *wave,
                       struct wave_slots *out)
{
    auto_map struct map nights = {0};
    for (int i = wave->first; i < wave->first + wave->count; i++) {
        const struct plan_slot *slot = &view->plan->time.slots[i];
        if (!slot->from_ms) {
            out->missing++;
            continue;
        }
        if (!out->from_ms || slot->from_ms < out->from_ms)
            out->from_ms = slot->from_ms;
        if (slot->until_ms > out->until_ms)
            out->until_ms = slot->until_ms;
        add_night(view, slot->from_ms, &nights);
    }
    out->nights = (int)nights.count;
}

void plan_when_of(const struct plan_view *view, struct plan_when *out)
{
    const struct plan *plan = view->plan;
    *out = (struct plan_when){0};
    count_calendars(plan, out);
    count_paces(plan, out);
    out->waves = xcalloc(plan->wave_count + 1, sizeof *out->waves);
    for (size_t i = 0; plan->time.slots && i < plan->wave_count; i++) {
        count_wave(view, &plan->waves[i], &out->waves[i]);
        out->has_slots = out->has_slots || out->waves[i].from_ms;
    }
}

void plan_when_clear(struct plan_when *when)
{
    free(when->calendars);
    free(when->pace_targets);
    for (size_t i = 0; i < when->pace_count; i++) {
        free(when->paces[i].names);
        free(when->paces[i].words);
    }
    free(when->paces);
    free(when->waves);
    *when = (struct plan_when){0};
}

/* ---- words ---- */

const char *calendar_words(const struct plan_calendar *calendar)
{
    const char *slash =
        calendar->source[0] == '/' ? strrchr(calendar->source, '/') : NULL;
    return slash ? slash + 1 : calendar->source;
}

/* Of "Sat 2026-11-28 23:00 CET" up to the clock; 0: there is none. */
static size_t date_length(const char *local)
{
    const char *colon = strchr(local, ':');
    return colon && colon - local > 2 ? (size_t)(colon - local) - 2 : 0;
}

bool slot_is_early(const struct plan *plan, const struct plan_slot *slot)
{
    return slot->spread_ms > slot->from_ms - plan->created_ms;
}

void slot_words(const struct plan_view *view, const struct plan_slot *slot,
                struct buf *out)
{
    char from[LOCAL_TIME_ROOM], until[LOCAL_TIME_ROOM], spread[32];
    (void)when_local(view, slot->from_ms, from);
    (void)when_local(view, slot->until_ms, until);
    size_t date = date_length(from);
    if (date && date == date_length(until) && !strncmp(from, until, date) &&
        !strcmp(from + date + CLOCK_LENGTH, until + date + CLOCK_LENGTH))
        buf_addf(out, "%.*s to %s", (int)(date + CLOCK_LENGTH), from, until + date);
    else
        buf_addf(out, "%s to %s", from, until);
    if (slot->spread_ms)
        buf_addf(out,
                 slot_is_early(view->plan, slot) ? ", up to %s later" : ", %s either way",
                 duration_format(slot->spread_ms, spread, sizeof spread));
}

void rules_words(const struct plan_view *view, struct buf *out)
{
    const struct plan_time *time = &view->plan->time;
    const struct {
        const char *text;
        int64_t ms;
    } rules[] = {
        {"no start in the last", time->cut_off_ms},
        {"no opening under", time->min_opening_ms},
        {"notice", time->min_notice_ms},
    };
    char text[LOCAL_TIME_ROOM];
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        if (rules[i].ms)
            buf_addf(out, "%s%s %s", out->length ? ", " : "", rules[i].text,
                     duration_format(rules[i].ms, text, sizeof text));
    }
    if (time->deadline_ms)
        buf_addf(out, "%sdeadline %s", out->length ? ", " : "",
                 when_local(view, time->deadline_ms, text));
}
