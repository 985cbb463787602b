/*
 * times.c - calendars, freezes, notice, overrides and a clock that nobody trusts; and I5,
 * what time forbids, checked the naive way: a row of minutes, each open or not, asked of
 * the rules that made the calendars and never of spans or of the engine.
 *
 *   - a start lies in an opening that is long enough, and everything fits before it closes
 *   - a part of a change begins without the right to finish only where the rest fits
 *   - nothing of it begins while the clock is not trusted
 *   - nobody is prepared whose window is shut for longer than the lane looks ahead
 *   - a change that ends after the close is written down, once, with how long after
 */
#include "engine/calendar_change.h"
#include "sim.h"

#define HORIZON_MINUTES (120LL * 24 * 60)
#define LOOK_AHEAD_MS   (24 * HOUR)
/* Of a calendar that a verb brings: it is parsed at every replay. */
#define BROUGHT_SPANS_MAX 120

/* ---- one calendar: a rule that repeats ---- */

static bool rule_holds(const struct sim_calendar *c, int64_t minute)
{
    return minute >= c->from && minute < c->until && minute < HORIZON_MINUTES &&
           (minute + c->phase) % c->period < c->length;
}

static void fill_spans(const struct sim_calendar *c, struct spans *out)
{
    int64_t first = c->from - (c->from + c->phase) % c->period;
    for (int64_t at = first; at < c->until && at < HORIZON_MINUTES; at += c->period) {
        int64_t from = at > c->from ? at : c->from, until = at + c->length;
        until = until < c->until ? until : c->until;
        until = until < HORIZON_MINUTES ? until : HORIZON_MINUTES;
        spans_add(out, from * MINUTE, until * MINUTE);
    }
    spans_settle(out);
}

static struct plan_calendar calendar_of(struct sim_calendar *c)
{
    struct plan_calendar calendar = {.source = c->source,
                                     .scope = c->scope,
                                     .zone = (char *)(uintptr_t) "UTC",
                                     .digest = c->number,
                                     .freeze = c->freeze};
    fill_spans(c, &calendar.spans);
    return calendar;
}

/* ---- whom it binds ---- */

/* Most linked ones are one customer's; of some each has windows of its own. */
static int any_customer(const struct sim *sim, int target)
{
    int unit = plan_unit_of(sim->plan, target);
    return unit < 0 || unit % 4 == 3 ? target % 3 : sim->plan->units[unit].first % 3;
}

static int customer_of(const struct sim *sim, int target)
{
    return sim->times.targets[target].customer;
}

/* The value of a scope "KEY=VALUE", or NULL. */
static const char *scope_value(const char *scope, const char *key)
{
    size_t length = strlen(key);
    return !strncmp(scope, key, length) && scope[length] == '=' ? scope + length + 1
                                                                : NULL;
}

static bool names(const struct sim *sim, const struct sim_calendar *c, int target)
{
    if (c->customer >= 0)
        return c->customer == customer_of(sim, target);
    return !c->own || !strcmp(c->own, sim->plan->targets[target].name);
}

static bool has_own(const struct sim *sim, int target)
{
    for (int i = 0; i < sim->times.count; i++) {
        const struct sim_calendar *c = &sim->times.calendars[i];
        if (c->live && !c->freeze && c->own && names(sim, c, target))
            return true;
    }
    return false;
}

static bool binds(const struct sim *sim, const struct sim_calendar *c, int target)
{
    if (!c->live || !names(sim, c, target))
        return false;
    return c->freeze || c->customer < 0 || !has_own(sim, target);
}

/* ---- the row of minutes ---- */

/* What is known of it; forgotten whenever a calendar changes. */
static struct sim_time_target *known(const struct sim *sim, int target)
{
    struct sim_time_target *t = &sim->times.targets[target];
    if (t->version == sim->times.version)
        return t;
    t->version = sim->times.version;
    t->bound = 0;
    t->open_first = t->open_minute = 0;
    for (int i = 0; i < sim->times.count; i++)
        t->bound |= binds(sim, &sim->times.calendars[i], target) ? 1u << i : 0;
    return t;
}

static bool scope_holds(const struct sim *sim, unsigned bound, const char *scope,
                        int64_t minute)
{
    for (int i = 0; bound >> i; i++) {
        const struct sim_calendar *c = &sim->times.calendars[i];
        if (bound >> i & 1u && !c->freeze && rule_holds(c, minute) &&
            !strcmp(c->scope, scope))
            return true;
    }
    return false;
}

static bool minute_is_open(const struct sim *sim, int target, int64_t minute)
{
    unsigned bound = known(sim, target)->bound;
    if (minute < 0 || minute >= HORIZON_MINUTES)
        return false;
    for (int i = 0; bound >> i; i++) {
        const struct sim_calendar *c = &sim->times.calendars[i];
        bool holds = bound >> i & 1u && rule_holds(c, minute);
        if (!(bound >> i & 1u) || (holds && !c->freeze))
            continue;
        if (c->freeze ? holds : !scope_holds(sim, bound, c->scope, minute))
            return false;
    }
    return true;
}

static bool is_bound(const struct sim *sim, int target)
{
    return known(sim, target)->bound != 0;
}

/* The row from this minute on: up to which one it is open without a break (the same one:
   not at all), and looked at as far as `end`. */
static int64_t open_until(const struct sim *sim, int target, int64_t minute, int64_t end)
{
    struct sim_time_target *t = known(sim, target);
    if (minute < t->open_first || minute >= t->open_minute)
        t->open_first = t->open_minute = minute;
    while (t->open_minute < end && minute_is_open(sim, target, t->open_minute))
        t->open_minute++;
    return t->open_minute;
}

/* The opening around this minute is as long as that, at least. */
static bool opening_is_long(const struct sim *sim, int target, int64_t minute,
                            int64_t minutes)
{
    int64_t first = minute, last = minute;
    while (last - first + 1 < minutes && minute_is_open(sim, target, first - 1))
        first--;
    while (last - first + 1 < minutes && minute_is_open(sim, target, last + 1))
        last++;
    return last - first + 1 >= minutes;
}

static bool fits(const struct sim *sim, int target, int64_t now_ms, int64_t needed_ms)
{
    const struct plan_time *time = &sim->plan->time;
    int64_t reserve_ms = needed_ms > time->cut_off_ms ? needed_ms : time->cut_off_ms;
    int64_t first = now_ms / MINUTE, last = (now_ms + reserve_ms - 1) / MINUTE;
    last = last > first ? last : first;
    if (!is_bound(sim, target))
        return true;
    if (open_until(sim, target, first, last + 1) <= last)
        return false;
    return opening_is_long(sim, target, first,
                           (time->min_opening_ms + MINUTE - 1) / MINUTE);
}

/* The end of the opening around now; INT64_MAX: not soon. */
static int64_t closing_ms(const struct sim *sim, int target)
{
    int64_t first = sim->now_ms / MINUTE, far = first + 40 * 24 * 60;
    int64_t minute = open_until(sim, target, first, far);
    return minute < far ? minute * MINUTE : INT64_MAX;
}

/* ---- what must fit, counted anew ---- */

/* The author's word for a half of it, which never asks for more than the time-outs. */
static int64_t said_ms(int64_t word_ms, int64_t timeouts_ms)
{
    return word_ms && word_ms < timeouts_ms ? word_ms : timeouts_ms;
}

/* At full time-outs from that step of the change on; the way back; and what was spent. */
struct need {
    int64_t change_ms, back_ms, spent_ms;
};

static struct need need_of(const struct sim *sim, int target, int position)
{
    const struct playbook *p = &sim->plan->playbook;
    const struct plan_time *time = &sim->plan->time;
    int index = time->slots ? time->slots[target].pace : -1;
    const struct plan_pace *pace = index < 0 ? NULL : &time->paces[index];
    bool by_word = pace && pace->needed_from == NEEDED_WORST;
    struct need need = {.back_ms =
                            p->rollback == ROLLBACK_SNAPSHOT ? p->boot_timeout_ms : 0};
    for (size_t i = 0; i < p->check_count; i++) {
        need.change_ms += p->checks[i].for_ms;
        need.back_ms += p->rollback == ROLLBACK_NONE ? 0 : p->checks[i].for_ms;
    }
    for (int i = 0; i < (int)p->step_count; i++) {
        bool change = p->steps[i].phase == PHASE_CHANGE, over = change && i < position;
        if (change && !over)
            need.change_ms += p->steps[i].op.timeout_ms;
        else if (over && pace)
            need.spent_ms += by_word ? pace->steps[i].typical_ms : pace->steps[i].slow_ms;
        else if (p->steps[i].phase > PHASE_CHANGE)
            need.back_ms += p->steps[i].op.timeout_ms;
    }
    return need;
}

/* Somebody's word is for the whole, and says nothing of what is left after some steps. */
static int64_t needed_ms(const struct sim *sim, int target, int position)
{
    const struct playbook *p = &sim->plan->playbook;
    const struct plan_time *time = &sim->plan->time;
    int pace = time->slots ? time->slots[target].pace : -1;
    struct need left = need_of(sim, target, position), whole = need_of(sim, target, -1);
    int64_t most_ms = left.change_ms + left.back_ms;
    int64_t ms = pace < 0 ? said_ms(p->worst.change_ms, whole.change_ms) +
                                said_ms(p->worst.rollback_ms, whole.back_ms)
                          : time->paces[pace].needed_ms - left.spent_ms;
    ms = ms < 0 ? 0 : ms;
    return ms < most_ms ? ms : most_ms;
}

/* A link group: down and up once, one member after another, and all of them back. */
static int64_t together_ms(const struct sim *sim, int target, int position)
{
    const struct plan_unit *u = sim_unit(sim, target);
    int64_t total_ms = MINUTE;
    if (!u)
        return needed_ms(sim, target, position);
    int64_t undo_ms =
        said_ms(sim->plan->playbook.worst.rollback_ms, need_of(sim, target, -1).back_ms);
    total_ms += undo_ms + (position < 0 ? 10 * MINUTE + undo_ms : 0);
    for (int i = position < 0 ? u->first : target; i < sim_unit_end(u); i++) {
        int64_t own_ms =
            needed_ms(sim, i, position >= 0 && i == target ? position : -1) - undo_ms;
        if (!sim->plan->targets[i].companion && own_ms > 0)
            total_ms += own_ms;
    }
    return total_ms;
}

static int64_t longest_ms(const struct sim *sim)
{
    const struct worst *said = &sim->plan->playbook.worst;
    bool word = said->change_ms || said->rollback_ms; /* a night may hold no more */
    int64_t most_ms = word ? 0 : engine_needed_ms(sim->plan);
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        int64_t ms = together_ms(sim, i, -1);
        most_ms = ms > most_ms ? ms : most_ms;
    }
    return most_ms;
}

/* ---- making them ---- */

struct sim_calendar *times_add(struct sim *sim, const char *scope, bool freeze)
{
    struct sim_times *t = &sim->times;
    if (t->count == SIM_CALENDARS_MAX)
        return &t->calendars[SIM_CALENDARS_MAX - 1];
    struct sim_calendar *c = &t->calendars[t->count];
    *c = (struct sim_calendar){.freeze = freeze, .until = HORIZON_MINUTES};
    (void)snprintf(c->scope, sizeof c->scope, "%s", scope);
    (void)snprintf(c->source, sizeof c->source, "c%d.ics", t->count);
    (void)snprintf(c->name, sizeof c->name, "c%d", t->count);
    (void)snprintf(c->number, sizeof c->number, "%d", t->count++);
    const char *customer = scope_value(c->scope, "customer"); /* "c2" */
    c->customer = customer ? customer[1] - '0' : -1;
    c->own = scope_value(c->scope, "appliance");
    return c;
}

static void any_window(struct sim *sim, struct chance *c, struct sim_calendar *out)
{
    int64_t needed = longest_ms(sim) / MINUTE + 1;
    out->length = needed + chance_between(c, 5, 300);
    out->period = out->length + chance_between(c, 10, 900);
    out->phase = chance_between(c, 0, out->period);
}

/* Closed seldom and shortly: what two scopes leave open together is still something. */
static void wide_window(struct sim *sim, struct chance *c, struct sim_calendar *out)
{
    int64_t needed = longest_ms(sim) / MINUTE + 1;
    out->period = 8 * needed + chance_between(c, 0, 2000);
    out->length = out->period - chance_between(c, 1, needed);
    out->phase = chance_between(c, 0, out->period);
}

static void any_freeze(struct sim *sim, struct chance *c, struct sim_calendar *out)
{
    int64_t at = sim->now_ms / MINUTE + chance_between(c, 0, 24 * 60);
    out->from = at;
    out->until = at + chance_between(c, 30, 3 * 24 * 60);
    out->period = out->length = HORIZON_MINUTES;
}

static void any_scope(struct sim *sim, struct chance *c, char out[48])
{
    int roll = chance_below(c, 4);
    int target = chance_below(c, (int)sim->plan->target_count);
    if (roll == 0)
        (void)snprintf(out, 48, "campaign");
    else if (roll == 1)
        (void)snprintf(out, 48, "appliance=%s", sim->plan->targets[target].name);
    else
        (void)snprintf(out, 48, "customer=c%d", customer_of(sim, target));
}

static void make_calendars(struct sim *sim, struct chance *c)
{
    char scope[48];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(scope, sizeof scope, "customer=c%d", i);
        if (chance_is(c, 700))
            any_window(sim, c, times_add(sim, scope, false));
        if (chance_is(c, 150)) /* a second one of the same scope adds to it */
            any_window(sim, c, times_add(sim, scope, false));
    }
    if (chance_is(c, 300))
        wide_window(sim, c,
                    times_add(sim, chance_is(c, 500) ? "fleet" : "campaign", false));
    if (chance_is(c, 300)) {
        (void)snprintf(
            scope, sizeof scope, "appliance=%s",
            sim->plan->targets[chance_below(c, (int)sim->plan->target_count)].name);
        any_window(sim, c, times_add(sim, scope, false));
    }
    for (int i = chance_below(c, 3); i > 0; i--) {
        any_scope(sim, c, scope);
        any_freeze(sim, c, times_add(sim, scope, true));
    }
}

struct plan_pace *times_pace(struct sim *sim)
{
    struct plan_time *time = &sim->plan->time;
    struct plan_pace *pace = vec_push(time->paces, time->pace_count, time->pace_room);
    *pace = (struct plan_pace){.kind = xstrdup("linux"), .version = xstrdup("1.0")};
    pace->steps = xcalloc(time->step_count, sizeof *pace->steps);
    return pace;
}

/* Where the author's word counts, and no history: a step usually takes half of what it
   takes when it is slow. */
void times_pace_by_word(struct sim *sim, struct plan_pace *pace)
{
    const struct playbook *p = &sim->plan->playbook;
    for (size_t i = 0; i < p->step_count; i++)
        pace->steps[i].typical_ms = pace->steps[i].slow_ms / 2;
    if (!p->worst.change_ms)
        return;
    pace->needed_from = NEEDED_WORST;
    pace->needed_ms = playbook_worst_ms(p);
}

/* What a night must hold, for each half of it as somebody said; or nobody did. */
static void make_worst(struct sim *sim, struct chance *c)
{
    struct worst *worst = &sim->plan->playbook.worst;
    struct worst most = playbook_timeouts(&sim->plan->playbook);
    if (!chance_is(c, 350))
        return;
    if (chance_is(c, 700))
        worst->change_ms =
            most.change_ms * chance_between(c, 20, 120) / 100 / 1000 * 1000;
    if (chance_is(c, 700))
        worst->rollback_ms =
            most.rollback_ms * chance_between(c, 20, 120) / 100 / 1000 * 1000;
}

static void make_paces(struct sim *sim, struct chance *c)
{
    struct plan_time *time = &sim->plan->time;
    struct plan_pace *pace = times_pace(sim);
    for (size_t i = 0; i < time->step_count; i++)
        pace->steps[i].slow_ms = chance_between(c, 1, 25) * MINUTE;
    pace->needed_ms = engine_needed_ms(sim->plan) * chance_between(c, 30, 120) / 100;
    times_pace_by_word(sim, pace);
    for (size_t i = 0; i < time->slot_count; i++)
        time->slots[i].pace = chance_is(c, 500) ? 0 : -1;
}

struct plan_time *times_rules(struct sim *sim)
{
    struct plan_time *time = &sim->plan->time;
    time->zone = xstrdup("UTC");
    time->zone_data = xstrdup("");
    time->horizon_ms = HORIZON_MINUTES * MINUTE;
    time->step_count = sim->plan->playbook.step_count;
    time->slot_count = sim->plan->target_count;
    time->slots = xcalloc(time->slot_count, sizeof *time->slots);
    for (size_t i = 0; i < time->slot_count; i++)
        time->slots[i].timetable = time->slots[i].pace = -1;
    return time;
}

static void make_rules(struct sim *sim, struct chance *c)
{
    struct plan_time *time = times_rules(sim);
    time->cut_off_ms = chance_is(c, 300) ? chance_between(c, 1, 180) * MINUTE : 0;
    time->min_opening_ms = chance_is(c, 300) ? chance_between(c, 1, 60) * MINUTE : 0;
    time->overrun = chance_is(c, 400) ? OVERRUN_WAIT : OVERRUN_FINISH;
    bool notice = chance_is(c, 200);
    for (size_t i = 0; i < time->slot_count; i++) {
        time->slots[i].not_before_ms = notice && chance_is(c, 500)
                                           ? sim->now_ms + chance_between(c, 0, 48) * HOUR
                                           : 0;
    }
    if (chance_is(c, 300))
        make_paces(sim, c);
}

void times_bind(struct sim *sim)
{
    struct plan_time *time = &sim->plan->time;
    int at[SIM_CALENDARS_MAX];
    for (int i = 0; i < sim->times.count; i++) {
        sim->times.calendars[i].live = !sim->times.calendars[i].brought;
        if (sim->times.calendars[i].brought)
            continue;
        struct plan_calendar calendar = calendar_of(&sim->times.calendars[i]);
        at[i] = plan_time_add_calendar(time, &calendar);
        spans_clear(&calendar.spans);
    }
    for (int target = 0; target < (int)time->slot_count; target++) {
        int bound[SIM_CALENDARS_MAX];
        size_t count = 0;
        for (int i = 0; i < sim->times.count; i++) {
            if (binds(sim, &sim->times.calendars[i], target))
                bound[count++] = at[i];
        }
        time->slots[target].timetable = plan_time_add_timetable(time, bound, count);
    }
    plan_time_settle(time, 0);
}

/* ---- what changes under way ---- */

struct event *times_bring(struct sim *sim, struct sim_calendar *made, int64_t at_ms)
{
    struct plan_calendar calendar = calendar_of(made);
    if (calendar.spans.count > BROUGHT_SPANS_MAX) /* as a short horizon would give it */
        calendar.spans.count = BROUGHT_SPANS_MAX;
    made->brought = true;
    made->document = calendar_change_json(&calendar);
    made->until = calendar.spans.count
                      ? calendar.spans.items[calendar.spans.count - 1].until_ms / MINUTE
                      : made->from;
    spans_clear(&calendar.spans);
    struct event *e = sim_event(sim, EVENT_COMMAND, at_ms);
    e->command = (struct command){
        .verb = VERB_CALENDAR, .target = -1, .wave = -1, .detail = made->document};
    sim->times.moving = true;
    return e;
}

/* A freeze appears, a window moves, somebody gets a calendar. */
static void change_calendar(struct sim *sim, struct chance *c)
{
    int old = chance_below(c, sim->times.count + 2);
    char scope[48];
    any_scope(sim, c, scope);
    bool moves = old < sim->times.count && !sim->times.calendars[old].freeze &&
                 sim->times.calendars[old].live;
    struct sim_calendar *made =
        moves ? times_add(sim, sim->times.calendars[old].scope, false)
              : times_add(sim, scope, chance_is(c, 700));
    if (moves)
        memcpy(made->source, sim->times.calendars[old].source, sizeof made->source);
    if (made->freeze)
        any_freeze(sim, c, made);
    else
        any_window(sim, c, made);
    (void)times_bring(sim, made, sim->now_ms + chance_between(c, 0, 20 * HOUR));
}

static void distrust(struct sim *sim, struct chance *c)
{
    int64_t at_ms = sim->now_ms + chance_between(c, 0, 10 * HOUR);
    sim_event(sim, EVENT_CLOCK, at_ms)->command.number = 0;
    sim_event(sim, EVENT_CLOCK, at_ms + chance_between(c, 1, 300) * MINUTE)
        ->command.number = 1;
}

static void break_glass(struct sim *sim, struct chance *c)
{
    int target = chance_is(c, 600) ? chance_below(c, (int)sim->plan->target_count) : -1;
    struct event *e =
        sim_event(sim, EVENT_COMMAND, sim->now_ms + chance_between(c, 0, 20 * HOUR));
    e->command = (struct command){.verb = VERB_OVERRIDE,
                                  .target = target,
                                  .wave = -1,
                                  .number = e->at_ms + chance_between(c, 1, 30) * HOUR};
}

void times_begin(struct sim *sim)
{
    sim->times.targets = xcalloc(sim->plan->target_count, sizeof *sim->times.targets);
    sim->times.version = 1; /* of which nobody knows anything yet */
}

void times_set_customer(struct sim *sim, int target, int customer)
{
    struct plan_target *t = &sim->plan->targets[target];
    sim->times.targets[target].customer = customer;
    free(t->doc);
    t->doc = xasprintf("{\"labels\":{\"customer\":\"c%d\"}}", customer);
}

void times_make(struct sim *sim, struct chance *c)
{
    times_begin(sim);
    for (int i = 0; i < (int)sim->plan->target_count; i++)
        times_set_customer(sim, i, any_customer(sim, i));
    struct chance of_worst = chance_of(sim->seed, 9);
    if (sim->weather.windows) {
        make_worst(sim, &of_worst);
        make_rules(sim, c);
        make_calendars(sim, c);
        times_bind(sim);
    }
    if (sim->weather.windows && chance_is(c, 300))
        change_calendar(sim, c);
    if (chance_is(c, sim->weather.windows ? 250 : 30))
        change_calendar(sim, c);
    if (sim->weather.windows && chance_is(c, 250))
        break_glass(sim, c);
    if (chance_is(c, 200))
        distrust(sim, c);
}

void times_free(struct sim *sim)
{
    for (int i = 0; i < sim->times.count; i++)
        free(sim->times.calendars[i].document);
    free(sim->times.targets);
}

/* ---- I5 ---- */

static const char *who(const struct sim *sim, int target)
{
    return sim->plan->targets[target].name;
}

/* Somebody is bound by something. */
static bool rules_exist(const struct sim *sim)
{
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        bool notice = sim->plan->time.slots && sim->plan->time.slots[i].not_before_ms;
        if (notice || is_bound(sim, i))
            return true;
    }
    return false;
}

/* Of a link group one member's does not open the others' windows. */
static bool is_overridden(const struct sim *sim, int target)
{
    const struct plan_unit *u = sim_unit(sim, target);
    int first = u ? u->first : target, end = u ? sim_unit_end(u) : target + 1;
    for (int i = first; i < end && sim->times.override_ms <= sim->now_ms; i++) {
        if (sim->times.targets[i].override_ms <= sim->now_ms)
            return false;
    }
    return true;
}

static bool clock_forbids(const struct sim *sim)
{
    return sim->times.distrusted && (rules_exist(sim) || sim->times.approved_until_ms);
}

/* What is left from this step on fits, or somebody broke the glass. */
static bool time_allows(const struct sim *sim, int target, int position)
{
    const struct plan_unit *u = sim_unit(sim, target);
    int64_t ms = together_ms(sim, target, position);
    if (is_overridden(sim, target))
        return true;
    for (int i = u ? u->first : target; u && i < sim_unit_end(u); i++) {
        if (!fits(sim, i, sim->now_ms, ms))
            return false;
    }
    return fits(sim, target, sim->now_ms, ms);
}

/* Of a link group the one that closes first. */
static void grant(struct sim *sim, int target)
{
    struct sim_time_target *t = &sim->times.targets[target];
    const struct plan_unit *u = sim_unit(sim, target);
    int first = u ? u->first : target, end = u ? sim_unit_end(u) : target + 1;
    t->right = true;
    t->closes_ms = INT64_MAX;
    for (int i = first; i < end && !is_overridden(sim, target); i++) {
        int64_t ms = is_bound(sim, i) ? closing_ms(sim, i) : INT64_MAX;
        t->closes_ms = ms < t->closes_ms ? ms : t->closes_ms;
    }
}

static void check_admit(struct sim *sim, int target)
{
    const struct plan_slot *slot =
        sim->plan->time.slots ? &sim->plan->time.slots[target] : NULL;
    int first, end;
    plan_phase(sim->plan, PHASE_CHANGE, &first, &end);
    if (clock_forbids(sim))
        sim_broken(sim, "I5: %s starts while the clock is not trusted", who(sim, target));
    if (sim->times.approved_until_ms && sim->times.approved_until_ms <= sim->now_ms)
        sim_broken(sim, "I5: %s starts after the approval ended", who(sim, target));
    if (slot && slot->not_before_ms > sim->now_ms && !is_overridden(sim, target))
        sim_broken(sim, "I5: %s starts before its owner expects it", who(sim, target));
    if (!time_allows(sim, target, sim_unit(sim, target) ? -1 : first))
        sim_broken(sim, "I5: %s starts out of its window", who(sim, target));
    grant(sim, target);
}

/* The lane is for those who can start soon. */
static void check_prepare(struct sim *sim, int target)
{
    const struct plan_slot *slot =
        sim->plan->time.slots ? &sim->plan->time.slots[target] : NULL;
    int64_t first = sim->now_ms / MINUTE;
    if (slot && slot->not_before_ms > sim->now_ms + LOOK_AHEAD_MS &&
        !is_overridden(sim, target))
        sim_broken(sim, "%s is prepared a day before its owner expects it",
                   who(sim, target));
    for (int64_t minute = first; minute <= first + LOOK_AHEAD_MS / MINUTE + 1; minute++) {
        if (minute_is_open(sim, target, minute) || is_overridden(sim, target))
            return;
    }
    sim_broken(sim, "%s is prepared, and its window is shut for a day", who(sim, target));
}

static bool in_flight(int state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING;
}

/* Calendars that move make it hard to say when it closed. */
static void check_overrun(struct sim *sim)
{
    for (int i = 0; i < (int)sim->plan->target_count; i++) {
        struct sim_time_target *t = &sim->times.targets[i];
        if (t->late_ms && !sim->times.moving)
            sim_broken(sim, "%s ended %lld ms after the close, and nobody wrote it down",
                       who(sim, i), (long long)t->late_ms);
        t->late_ms = 0;
    }
}

static void moved(struct sim *sim, const struct record *r)
{
    struct sim_time_target *t = &sim->times.targets[r->target];
    bool next = r->event == TARGET_NEXT_STEP || r->event == TARGET_NEXT_BARE;
    bool waits = sim->plan->time.overrun == OVERRUN_WAIT;
    if (r->event == TARGET_PREPARE)
        check_prepare(sim, r->target);
    if (r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE)
        check_admit(sim, r->target);
    if ((in_flight(r->from) && !in_flight(r->to)) || (next && waits)) {
        t->late_ms =
            t->closes_ms && t->closes_ms < sim->now_ms ? sim->now_ms - t->closes_ms : 0;
        if (t->late_ms)
            t->closes_ms = 0;
    }
    if ((next && waits) || r->event == TARGET_CONTINUE || r->to == TARGET_PENDING)
        t->right = false;
    if (r->to == TARGET_PENDING)
        t->closes_ms = 0;
}

void times_issue(struct sim *sim, const struct record *r, int state)
{
    struct sim_time_target *t = &sim->times.targets[r->target];
    bool change =
        sim_is_job((enum activity)r->activity) || r->activity == ACTIVITY_SNAPSHOT;
    if (!change || (state != TARGET_SNAPSHOTTING && state != TARGET_CHANGING) ||
        links_are_away(sim, r->target))
        return;
    if (clock_forbids(sim))
        sim_broken(sim, "I5: a part of %s begins while the clock is not trusted",
                   who(sim, r->target));
    if (t->right)
        return;
    if (!time_allows(sim, r->target, t->position))
        sim_broken(sim, "I5: a part of %s begins out of its window, without the right",
                   who(sim, r->target));
    grant(sim, r->target);
}

/* The document's digest is its number here. */
static void take_calendar(struct sim *sim, const struct record *r)
{
    struct sim_times *times = &sim->times;
    const char *at = strstr(r->detail, "\"digest\":\"");
    int index = at ? atoi(at + 10) : 0;
    struct sim_calendar *c = &times->calendars[index];
    for (int i = 0; i < times->count; i++) {
        struct sim_calendar *other = &times->calendars[i];
        if (!strcmp(other->source, c->source) && !strcmp(other->scope, c->scope) &&
            other->freeze == c->freeze)
            other->live = false;
    }
    c->live = true;
    times->version++;
}

/* The last moment at which everybody of a link group is still up. */
static void check_door(struct sim *sim, const struct plan_unit *u)
{
    bool right = true;
    if (clock_forbids(sim))
        sim_broken(sim, "I5: %s is shut down while the clock is not trusted", u->name);
    for (int i = u->first; i < sim_unit_end(u); i++)
        right = right && sim->times.targets[i].right;
    if (!right && !time_allows(sim, u->first, -1))
        sim_broken(sim, "I5: %s is shut down out of its windows, without the right",
                   u->name);
}

void times_record(struct sim *sim, const struct record *r)
{
    struct sim_times *times = &sim->times;
    struct sim_time_target *t = r->target >= 0 ? &times->targets[r->target] : NULL;
    if (r->kind != RECORD_OVERRUN)
        check_overrun(sim);
    switch (r->kind) {
    case RECORD_TARGET:
        moved(sim, r);
        break;
    case RECORD_GROUP:
        if (r->target < 0 && r->to == GROUP_SHUTTING_DOWN)
            check_door(sim, &sim->plan->units[r->index]);
        break;
    case RECORD_POSITION:
        t->position = r->index;
        break;
    case RECORD_OWNER:
        for (size_t i = 0; i < sim->plan->target_count; i++)
            times->targets[i].right = false;
        break;
    case RECORD_CALENDAR:
        take_calendar(sim, r);
        break;
    case RECORD_OVERRIDE:
        *(t ? &t->override_ms : &times->override_ms) = r->number;
        break;
    case RECORD_CLOCK:
        times->distrusted = !r->number;
        break;
    case RECORD_APPROVED:
        if (r->wave < 0)
            times->approved_until_ms = r->number;
        break;
    case RECORD_WINDOW: /* anew: it stood still over the close, or slipway was away */
        if ((!t->right || t->closes_ms <= sim->now_ms) &&
            time_allows(sim, r->target, t->position))
            grant(sim, r->target);
        break;
    case RECORD_OVERRUN:
        if (r->number <= 0 || (!times->moving && r->number != t->late_ms))
            sim_broken(sim, "%s: an overrun of %lld ms, it is %lld", who(sim, r->target),
                       (long long)r->number, (long long)t->late_ms);
        t->late_ms = 0;
        break;
    default:
        break;
    }
}
