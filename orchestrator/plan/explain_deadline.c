/*
 * explain_deadline.c - can the windows hold the campaign at all? Simple arithmetic, no
 * forecast: each answer "no" is certain, "yes" is not.
 *
 * A cap of N is N lanes; in each, targets follow one another at the fastest pace among
 * them; the openings of all of them count. What waits for other targets, other caps and
 * soaks makes it worse.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/clockwork.h"
#include "plan/draft.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/xalloc.h"

#define TIGHT_SHOWN 8

/* Who shares some lanes. */
struct crowd {
    struct plan_pace fastest; /* only its numbers */
    long long count;
    struct spans open; /* of all of them */
    bool unbound;      /* one has no window: the range is its opening */
};

static void crowd_clear(struct crowd *crowd)
{
    spans_clear(&crowd->open);
}
#define auto_crowd __attribute__((cleanup(crowd_clear)))

static void add_table(const struct plan *plan, int index, char *met, struct crowd *crowd)
{
    const struct timetable *table = index < 0 ? NULL : &plan->time.timetables[index];
    crowd->unbound = crowd->unbound || !table;
    if (!table || met[index])
        return;
    met[index] = 1;
    for (size_t i = 0; i < table->open.count; i++)
        spans_add(&crowd->open, table->open.items[i].from_ms,
                  table->open.items[i].until_ms);
}

/* What cannot start at all is said elsewhere. */
static void add_member(const struct draft *draft, size_t target, char *met,
                       struct crowd *crowd)
{
    const struct plan *plan = draft->plan;
    if (draft->notes.marks[target] == MARK_BLOCKED || plan->targets[target].companion)
        return;
    const struct plan_slot *slot = &plan->time.slots[target];
    const struct plan_pace *pace = &plan->time.paces[slot->pace];
    if (!crowd->count++ || pace->needed_ms < crowd->fastest.needed_ms)
        crowd->fastest.needed_ms = pace->needed_ms;
    if (crowd->count == 1 || pace->change_ms < crowd->fastest.change_ms)
        crowd->fastest.change_ms = pace->change_ms;
    add_table(plan, slot->timetable, met, crowd);
}

/* How many of the crowd its openings hold, with this many lanes. */
static long long capacity(const struct plan *plan, struct crowd *crowd, int lanes)
{
    struct span range = clockwork_range(plan);
    if (crowd->unbound && range.until_ms > range.from_ms)
        spans_add(&crowd->open, range.from_ms, range.until_ms);
    spans_settle(&crowd->open);
    long long turns =
        clockwork_turns(&plan->time, &crowd->open, &range, &crowd->fastest, crowd->count);
    return turns * lanes;
}

/* ---- caps ---- */

struct tight {
    struct draft *draft;
    size_t shown, more;
};

static void note_tight(struct tight *tight, const char *key, const struct crowd *crowd,
                       int lanes, long long holds)
{
    const struct plan_time *time = &tight->draft->plan->time;
    char when[LOCAL_TIME_ROOM], each[32];
    if (tight->shown++ >= TIGHT_SHOWN) {
        tight->more++;
        return;
    }
    plan_notes_add(
        &tight->draft->notes, NOTE_STOP, -1,
        "%s: %lld targets, %d at once, %s each: the openings before %s %s hold %lld of "
        "them; add windows, or %s",
        key, crowd->count, lanes,
        duration_format(crowd->fastest.change_ms, each, sizeof each),
        time->deadline_ms ? "the deadline" : "the end of the calendars",
        clockwork_local(time, tight->draft->request->calendars.local,
                        clockwork_range(tight->draft->plan).until_ms, when),
        holds, time->deadline_ms ? "move the deadline" : "let more go at once");
}

static void judge_crowd(struct tight *tight, const char *key, struct crowd *crowd,
                        int lanes)
{
    long long holds = capacity(tight->draft->plan, crowd, lanes);
    if (holds < crowd->count)
        note_tight(tight, key, crowd, lanes, holds);
}

/* Domain by domain: its members, found in one pass. */
static void judge_domains(struct tight *tight, char *met, size_t tables)
{
    const struct plan *plan = tight->draft->plan;
    auto_free size_t *first = xcalloc(plan->domain_count + 2, sizeof *first);
    for (size_t i = 0; i < plan->target_count; i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++)
            first[plan->targets[i].domains[k] + 1]++;
    }
    for (size_t d = 0; d < plan->domain_count; d++)
        first[d + 1] += first[d];
    auto_free size_t *members = xcalloc(first[plan->domain_count] + 1, sizeof *members);
    auto_free size_t *next = xcalloc(plan->domain_count + 1, sizeof *next);
    memcpy(next, first, plan->domain_count * sizeof *next);
    for (size_t i = 0; i < plan->target_count; i++) {
        for (int k = 0; k < plan->targets[i].domain_count; k++)
            members[next[plan->targets[i].domains[k]]++] = i;
    }
    for (size_t d = 0; d < plan->domain_count; d++) {
        const struct plan_cap *cap = &plan->domains[d];
        auto_crowd struct crowd crowd = {0};
        if (!cap->max || next[d] - first[d] <= (size_t)cap->max)
            continue;
        memset(met, 0, tables);
        for (size_t m = first[d]; m < next[d]; m++)
            add_member(tight->draft, members[m], met, &crowd);
        judge_crowd(tight, cap->key, &crowd, cap->max);
    }
}

/* The most that run at one time in any wave. */
static int lanes_of(const struct draft *draft)
{
    int lanes = 0;
    for (size_t i = 0; i < draft->notes.facts.wave_count; i++) {
        int at_once = draft->notes.facts.waves[i].at_once;
        lanes = at_once > lanes ? at_once : lanes;
    }
    return lanes;
}

static void judge_all(struct tight *tight, char *met, size_t tables)
{
    const struct plan *plan = tight->draft->plan;
    auto_crowd struct crowd crowd = {0};
    int lanes = lanes_of(tight->draft);
    memset(met, 0, tables);
    for (size_t i = 0; i < plan->target_count; i++)
        add_member(tight->draft, i, met, &crowd);
    if (lanes)
        judge_crowd(tight, "the campaign", &crowd, lanes);
}

static void explain_capacity(struct draft *draft)
{
    struct tight tight = {.draft = draft};
    size_t tables = draft->plan->time.timetable_count + 1;
    auto_free char *met = xcalloc(tables, 1);
    judge_all(&tight, met, tables);
    judge_domains(&tight, met, tables);
    if (tight.more)
        plan_notes_add(
            &draft->notes, NOTE_STOP, -1,
            "%zu more capped labels have more targets than their openings hold",
            tight.more);
}

/* ---- soaks ---- */

static void explain_soaks(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    struct span range = clockwork_range(plan);
    char soaks[32], when[LOCAL_TIME_ROOM];
    int64_t soak_ms = 0;
    for (size_t i = 0; i < plan->wave_count; i++)
        soak_ms += plan->waves[i].soak_ms;
    if (soak_ms && range.from_ms + soak_ms > range.until_ms)
        plan_notes_add(&draft->notes, NOTE_STOP, -1,
                       "the soaks of its waves alone take %s: they cannot be over by the "
                       "deadline %s",
                       duration_format(soak_ms, soaks, sizeof soaks),
                       clockwork_local(&plan->time, draft->request->calendars.local,
                                       plan->time.deadline_ms, when));
}

void explain_deadline(struct draft *draft)
{
    const struct plan *plan = draft->plan;
    local_time_fn local = draft->request->calendars.local;
    char when[LOCAL_TIME_ROOM], length[32];
    int64_t left_ms = plan->time.deadline_ms - plan->created_ms;
    if (plan->time.deadline_ms && left_ms <= 0) {
        plan_notes_add(&draft->notes, NOTE_STOP, -1, "the deadline %s is over",
                       clockwork_local(&plan->time, local, plan->time.deadline_ms, when));
        return;
    }
    if (plan->time.deadline_ms) {
        plan_notes_add(&draft->notes, NOTE_TIME, -1, "deadline: %s, in %s",
                       clockwork_local(&plan->time, local, plan->time.deadline_ms, when),
                       duration_format(left_ms, length, sizeof length));
        explain_soaks(draft);
    }
    if (plan->time.deadline_ms || plan->time.calendar_count)
        explain_capacity(draft);
}
