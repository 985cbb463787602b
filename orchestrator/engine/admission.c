/*
 * admission.c - the list of design 5, in the order in which an operator would
 * ask: the campaign, the wave, the target itself, time, risk, room.
 */
#include "engine/admission.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/duration.h"
#include "util/timefmt.h"

struct list {
    struct blocker *out;
    size_t count;
};

__attribute__((format(printf, 4, 5))) static void add(struct list *list,
                                                      enum blocker_kind kind,
                                                      int64_t next_change_ms,
                                                      const char *format, ...)
{
    if (list->count == ADMISSION_BLOCKERS_MAX)
        return;
    struct blocker *blocker = &list->out[list->count++];
    blocker->kind = kind;
    blocker->next_change_ms = next_change_ms;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(blocker->text, sizeof blocker->text, format, args);
    va_end(args);
}

const char *blocker_kind_name(enum blocker_kind kind)
{
    static const char *const names[BLOCKER_KIND_COUNT] = {
        [BLOCKER_CAMPAIGN] = "campaign",
        [BLOCKER_DRAINING] = "draining",
        [BLOCKER_WAVE] = "wave",
        [BLOCKER_NOT_READY] = "not_ready",
        [BLOCKER_GROUP] = "group",
        [BLOCKER_HOLD] = "hold",
        [BLOCKER_APPROVAL_EXPIRED] = "approval_expired",
        [BLOCKER_CLOCK] = "clock",
        [BLOCKER_NOTICE] = "notice",
        [BLOCKER_FREEZE] = "freeze",
        [BLOCKER_WINDOW] = "window",
        [BLOCKER_WAVE_BUDGET] = "wave_budget",
        [BLOCKER_CAMPAIGN_BUDGET] = "campaign_budget",
        [BLOCKER_DOMAIN] = "domain",
        [BLOCKER_LIMIT] = "limit",
        [BLOCKER_IN_FLIGHT] = "in_flight",
    };
    return (unsigned)kind < BLOCKER_KIND_COUNT ? names[kind] : "?";
}

bool budget_allows(const struct budget_fact *fact, enum budget_mode mode)
{
    int risk = fact->failed + fact->in_doubt;
    if (mode == BUDGET_STRICT)
        risk += fact->in_flight;
    return risk <= fact->tolerated;
}

bool cap_has_room(const struct cap_fact *cap)
{
    return cap->used + cap->needed <= cap->max;
}

bool budget_exceeded(int failed, int tolerated)
{
    return failed > tolerated;
}

static void campaign_blockers(const struct admission_facts *f, struct list *list)
{
    const char *reason = f->campaign_reason ? f->campaign_reason : "no reason recorded";
    switch (f->campaign) {
    case CAMPAIGN_RUNNING:
        break;
    case CAMPAIGN_UNAPPROVED:
        add(list, BLOCKER_CAMPAIGN, 0,
            "the campaign is not approved; approve it with: slipway approve");
        break;
    case CAMPAIGN_READY:
        add(list, BLOCKER_CAMPAIGN, 0,
            "the campaign was not started; start it with: slipway run");
        break;
    case CAMPAIGN_PAUSED:
        add(list, BLOCKER_CAMPAIGN, 0,
            "the campaign is paused: %.120s; go on with: slipway unpause --reason ...",
            reason);
        break;
    default:
        add(list, BLOCKER_CAMPAIGN, 0, "the campaign is %s",
            machine_state(&campaign_machine, (int)f->campaign));
    }
    if (f->draining)
        add(list, BLOCKER_DRAINING, 0,
            "slipway is stopping: nothing new starts; go on later with: slipway resume");
}

static void wave_blockers(const struct admission_facts *f, struct list *list)
{
    if (f->wave == WAVE_PENDING)
        add(list, BLOCKER_WAVE, 0, "wave %s is not open yet: earlier waves come first",
            f->wave_name);
    else if (f->wave == WAVE_GATED)
        add(list, BLOCKER_WAVE, 0,
            "wave %s waits for approval; approve it with: slipway approve --wave %s",
            f->wave_name, f->wave_name);
    else if (f->wave != WAVE_OPEN)
        add(list, BLOCKER_WAVE, 0, "wave %s is %s", f->wave_name,
            machine_state(&wave_machine, (int)f->wave));
}

static void target_blockers(const struct admission_facts *f, struct list *list)
{
    if (f->target != TARGET_READY)
        add(list, BLOCKER_NOT_READY, 0, "the target is %s, not ready",
            machine_state(&target_machine, (int)f->target));
    if (f->absent_count > 1)
        add(list, BLOCKER_GROUP, 0,
            "it waits for %.80s (%s) and %d more of link group %.60s: they start "
            "together",
            f->absent, machine_state(&target_machine, (int)f->absent_state),
            f->absent_count - 1, f->group);
    else if (f->absent_count)
        add(list, BLOCKER_GROUP, 0,
            "it waits for %.80s (%s) of link group %.60s: they start together", f->absent,
            machine_state(&target_machine, (int)f->absent_state), f->group);
    if (f->hold_reason) {
        char until[32] = "released";
        if (f->hold_until_ms)
            (void)time_iso(f->hold_until_ms, until, sizeof until);
        const char *actor = f->hold_actor ? f->hold_actor : "an operator";
        if (f->hold_member)
            add(list, BLOCKER_HOLD, f->hold_until_ms,
                "%.60s of link group %.40s is held by %.40s until %s: %.60s",
                f->hold_member, f->group, actor, until, f->hold_reason);
        else
            add(list, BLOCKER_HOLD, f->hold_until_ms, "held by %s until %s: %.120s",
                actor, until, f->hold_reason);
    }
}

/* ---- time ---- */

static const char *took(int64_t ms, char out[32])
{
    return duration_format(ms < 0 ? 0 : ms, out, 32);
}

/* "its window", or that of a member of its link group */
static const char *window_of(const struct admission_facts *f, char *out, size_t size)
{
    if (f->time_member)
        (void)snprintf(out, size, "the window of %.60s in its link group",
                       f->time_member);
    else
        (void)snprintf(out, size, "its window");
    return out;
}

/* "; calendars/acme.ics (customer=acme) says so" */
static const char *whose(const struct time_facts *t, char *out, size_t size)
{
    *out = 0;
    if (t->calendar)
        (void)snprintf(out, size, " (%.60s: %.80s)", t->calendar_scope, t->calendar);
    return out;
}

static void closed_blocker(const struct admission_facts *f, struct list *list)
{
    const struct time_facts *t = &f->time;
    const struct window_view *w = &t->window;
    char needs[32], left[32], who[200], window[120];
    bool inside = w->opens_ms && w->opens_ms <= f->now_ms && f->now_ms < w->closes_ms;
    (void)took(w->needed_ms, needs);
    (void)took(w->closes_ms - (inside ? f->now_ms : w->opens_ms), left);
    (void)whose(t, who, sizeof who);
    (void)window_of(f, window, sizeof window);
    switch (w->state) {
    case WINDOW_ENDED:
        add(list, BLOCKER_WINDOW, 0,
            "the plan knows calendars only until now: make a new plan for the rest");
        break;
    case WINDOW_TOO_SHORT:
        add(list, BLOCKER_WINDOW, w->next_change_ms,
            "it needs %s at worst, rollback included, and %s closes in %s%s", needs,
            window, left, who);
        break;
    case WINDOW_CUT_OFF:
        add(list, BLOCKER_WINDOW, w->next_change_ms,
            "%s closes in %s, after the cut-off%s", window, left, who);
        break;
    default:
        if (!w->next_change_ms)
            add(list, BLOCKER_WINDOW, 0,
                "%s is closed%s and never opens for the %s that it needs", window, who,
                needs);
        else if (inside)
            add(list, BLOCKER_WINDOW, w->next_change_ms,
                "%s is open too briefly to be used (min_opening)%s", window, who);
        else
            add(list, BLOCKER_WINDOW, w->next_change_ms, "%s is closed%s; it needs %s",
                window, who, needs);
    }
}

static void time_blockers(const struct admission_facts *f, struct list *list)
{
    const struct time_facts *t = &f->time;
    char who[200];
    if (t->approval_ended_ms)
        add(list, BLOCKER_APPROVAL_EXPIRED, 0,
            "the approval has expired; approve again with: slipway approve");
    if (t->clock)
        add(list, BLOCKER_CLOCK, 0, "the clock is not trusted: %.160s", t->clock);
    if (time_facts_open(t))
        return;
    if (t->window.state == WINDOW_NOTICE)
        add(list, BLOCKER_NOTICE, t->window.next_change_ms,
            "%.60s%s owner was told of a later opening (min_notice)",
            f->time_member ? f->time_member : "its", f->time_member ? "'s" : "");
    else if (t->window.state == WINDOW_FROZEN)
        add(list, BLOCKER_FREEZE, t->window.next_change_ms, "%.60s is frozen%s",
            f->time_member ? f->time_member : "it", whose(t, who, sizeof who));
    else
        closed_blocker(f, list);
}

static void budget_blocker(const struct budget_fact *b, enum budget_mode mode,
                           enum blocker_kind kind, const char *whose, struct list *list)
{
    if (budget_allows(b, mode))
        return;
    if (mode == BUDGET_STRICT)
        add(list, kind, 0,
            "%s budget (strict): %d failed + %d in doubt + %d in flight is over %d "
            "tolerated",
            whose, b->failed, b->in_doubt, b->in_flight, b->tolerated);
    else
        add(list, kind, 0, "%s budget: %d failed + %d in doubt is over %d tolerated",
            whose, b->failed, b->in_doubt, b->tolerated);
}

static void room_blockers(const struct admission_facts *f, struct list *list)
{
    for (size_t i = 0; i < f->domain_count; i++) {
        const struct cap_fact *cap = &f->domains[i];
        if (cap_has_room(cap))
            continue;
        if (cap->needed > 1)
            add(list, BLOCKER_DOMAIN, 0,
                "%.120s: %d of at most %d are down, and its link group needs room for %d",
                cap->key, cap->used, cap->max, cap->needed);
        else
            add(list, BLOCKER_DOMAIN, 0, "%.120s: %d of at most %d are down", cap->key,
                cap->used, cap->max);
    }
    for (size_t i = 0; i < f->limit_count; i++) {
        const struct cap_fact *cap = &f->limits[i];
        if (cap_has_room(cap))
            continue;
        if (cap->needed > 1)
            add(list, BLOCKER_LIMIT, 0,
                "limit %.120s: %d of %d in use, and its link group needs %d", cap->key,
                cap->used, cap->max, cap->needed);
        else
            add(list, BLOCKER_LIMIT, 0, "limit %.120s: %d of %d in use", cap->key,
                cap->used, cap->max);
    }
    if (f->in_flight + f->in_flight_needed <= f->in_flight_max)
        return;
    if (f->in_flight_needed > 1)
        add(list, BLOCKER_IN_FLIGHT, 0,
            "%d of at most %d targets are in flight, and its link group needs room for "
            "%d",
            f->in_flight, f->in_flight_max, f->in_flight_needed);
    else
        add(list, BLOCKER_IN_FLIGHT, 0, "%d of at most %d targets are in flight",
            f->in_flight, f->in_flight_max);
}

size_t admission_evaluate(const struct admission_facts *facts,
                          struct blocker out[ADMISSION_BLOCKERS_MAX])
{
    struct list list = {out, 0};
    campaign_blockers(facts, &list);
    wave_blockers(facts, &list);
    target_blockers(facts, &list);
    time_blockers(facts, &list);
    budget_blocker(&facts->wave_budget, facts->mode, BLOCKER_WAVE_BUDGET, "the wave's",
                   &list);
    budget_blocker(&facts->campaign_budget, facts->mode, BLOCKER_CAMPAIGN_BUDGET,
                   "the campaign's", &list);
    room_blockers(facts, &list);
    return list.count;
}

static bool has_room(const struct cap_fact *caps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!cap_has_room(&caps[i]))
            return false;
    }
    return true;
}

bool admission_allows(const struct admission_facts *f)
{
    return f->campaign == CAMPAIGN_RUNNING && !f->draining && f->wave == WAVE_OPEN &&
           f->target == TARGET_READY && !f->absent_count && !f->hold_reason &&
           !f->time.clock && !f->time.approval_ended_ms && time_facts_open(&f->time) &&
           budget_allows(&f->wave_budget, f->mode) &&
           budget_allows(&f->campaign_budget, f->mode) &&
           has_room(f->domains, f->domain_count) && has_room(f->limits, f->limit_count) &&
           f->in_flight + f->in_flight_needed <= f->in_flight_max;
}
