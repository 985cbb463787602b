/* run_frame.c - see run_frame.h. */
#include "cli/run_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/zone.h"
#include "loop/request.h"
#include "report/estimate.h"
#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define SLOW_MS   1000
#define READY_MAX 400 /* ready targets whose admission is worked out */
#define WAITS_MAX 32  /* kinds of waiting that are told apart         */
#define HOUR_MS   3600000LL

static bool is_bad(enum target_state_id state)
{
    return state == TARGET_FAILED || state == TARGET_ROLLED_BACK ||
           state == TARGET_STRANDED || state == TARGET_PARKED;
}

static bool is_in_flight(enum target_state_id state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING;
}

static bool is_busy(enum target_state_id state)
{
    return is_in_flight(state) || state == TARGET_CLEANING ||
           state == TARGET_ROLLING_BACK;
}

/* ---- waves ---- */

/* The open one in the middle, when there are more than fit. */
static size_t first_wave(const struct engine_state *s, size_t count)
{
    size_t open = 0;
    if (count <= LIVE_WAVES_SHOWN)
        return 0;
    while (open < count && s->waves[open].state == WAVE_DONE)
        open++;
    size_t first = open > 2 ? open - 2 : 0;
    return first + LIVE_WAVES_SHOWN > count ? count - LIVE_WAVES_SHOWN : first;
}

static void fill_waves(struct live_frame *f, const struct plan *plan,
                       const struct engine_state *s)
{
    size_t first = first_wave(s, plan->wave_count);
    f->wave_total = plan->wave_count;
    f->wave_count = 0;
    for (size_t i = first; i < plan->wave_count && f->wave_count < LIVE_WAVES_SHOWN;
         i++) {
        struct live_wave *w = &f->waves[f->wave_count++];
        const int *n = s->waves[i].count_by_state;
        int64_t soak_end_ms = w->soak_end_ms; /* the slow part's */
        *w = (struct live_wave){.state = s->waves[i].state,
                                .total = plan->waves[i].count,
                                .good = n[TARGET_SUCCEEDED] + n[TARGET_SKIPPED],
                                .soaking = n[TARGET_SOAKING] + n[TARGET_CLEANING],
                                .soak_end_ms = soak_end_ms};
        (void)text_clean(plan->waves[i].name, w->name, sizeof w->name);
        for (int k = 0; k < TARGET_STATE_COUNT; k++) {
            w->bad += is_bad((enum target_state_id)k) ? n[k] : 0;
            w->in_flight += is_in_flight((enum target_state_id)k) ? n[k] : 0;
        }
    }
}

static void fill_soaks(struct live_frame *f, const struct plan *plan,
                       const struct engine_state *s)
{
    size_t first = first_wave(s, plan->wave_count);
    for (size_t i = 0; i < f->wave_count; i++) {
        const struct plan_wave *planned = &plan->waves[first + i];
        f->waves[i].soak_end_ms = 0;
        if (!s->waves[first + i].count_by_state[TARGET_SOAKING])
            continue;
        for (int k = planned->first; k < planned->first + planned->count; k++) {
            if (s->target_states[k] == TARGET_SOAKING &&
                s->targets[k].soak_until_ms > f->waves[i].soak_end_ms)
                f->waves[i].soak_end_ms = s->targets[k].soak_until_ms;
        }
    }
}

/* ---- targets ---- */

static void keep_oldest(int picked[], size_t max, size_t *count, int target,
                        const struct engine_state *s)
{
    size_t at = *count < max ? (*count)++ : max;
    while (at > 0 && s->targets[picked[at - 1]].since_ms > s->targets[target].since_ms) {
        if (at < max)
            picked[at] = picked[at - 1];
        at--;
    }
    if (at < max)
        picked[at] = target;
}

static void keep_newest(int picked[], size_t max, size_t *count, int target,
                        const struct engine_state *s)
{
    size_t at = *count < max ? (*count)++ : max;
    while (at > 0 && s->targets[picked[at - 1]].since_ms < s->targets[target].since_ms) {
        if (at < max)
            picked[at] = picked[at - 1];
        at--;
    }
    if (at < max)
        picked[at] = target;
}

static int take_doing(void *data, const struct store_target *row)
{
    struct live_target *out = data;
    auto_buf struct buf text = {0};
    words_doing(&text, row, out->since_ms);
    (void)snprintf(out->text, sizeof out->text, "%s", buf_text(&text));
    return 0;
}

/* The committed row has the words and the progress. */
static void fill_doing(struct live_target *out, const struct driver *driver,
                       int64_t now_ms)
{
    struct store_target_filter filter = STORE_ANY_TARGET;
    struct slipway_error ignored = {""};
    int64_t since_ms = out->since_ms;
    filter.name = out->name;
    out->since_ms = now_ms; /* what take_doing measures from */
    (void)store_targets(driver_store(driver), driver_campaign(driver), &filter,
                        take_doing, out, &ignored);
    out->since_ms = since_ms;
}

static struct live_target live_target(const struct driver *driver, int index)
{
    const struct target_state *t = &engine_state(driver_engine(driver))->targets[index];
    struct live_target out = {.state = t->state, .since_ms = t->since_ms};
    (void)snprintf(out.name, sizeof out.name, "%s",
                   driver_plan(driver)->targets[index].name);
    return out;
}

static void fill_targets(struct live_frame *f, const struct driver *driver)
{
    const struct engine_state *s = engine_state(driver_engine(driver));
    int count = (int)driver_plan(driver)->target_count;
    int busy[LIVE_BUSY_SHOWN + 1], failed[LIVE_FAILURES_SHOWN + 1];
    f->busy_count = f->busy_total = f->failure_count = f->failure_total = 0;
    for (int i = 0; i < count; i++) {
        enum target_state_id state = (enum target_state_id)s->target_states[i];
        if (is_busy(state)) {
            f->busy_total++;
            keep_oldest(busy, LIVE_BUSY_SHOWN, &f->busy_count, i, s);
        } else if (is_bad(state)) {
            f->failure_total++;
            keep_newest(failed, LIVE_FAILURES_SHOWN, &f->failure_count, i, s);
        }
    }
    for (size_t i = 0; i < f->busy_count; i++) {
        f->busy[i] = live_target(driver, busy[i]);
        fill_doing(&f->busy[i], driver, f->now_ms);
    }
    for (size_t i = 0; i < f->failure_count; i++) {
        const char *reason = s->targets[failed[i]].reason;
        f->failures[i] = live_target(driver, failed[i]);
        (void)text_clean(reason ? reason : "", f->failures[i].text,
                         sizeof f->failures[i].text);
    }
}

/* ---- what waits for what ---- */

struct waits {
    struct live_wait items[WAITS_MAX];
    size_t count;
};

static void add_wait(struct waits *waits, int count, const char *text)
{
    struct live_wait *found = NULL;
    for (size_t i = 0; i < waits->count && !found; i++) {
        if (!strcmp(waits->items[i].text, text))
            found = &waits->items[i];
    }
    if (!found && waits->count == WAITS_MAX)
        return;
    if (!found) {
        found = &waits->items[waits->count++];
        *found = (struct live_wait){.count = 0};
        (void)snprintf(found->text, sizeof found->text, "%s", text);
    }
    found->count += count;
}

static void add_ready(struct waits *waits, const struct engine *engine, int target,
                      int64_t now_ms)
{
    struct admission_facts facts;
    struct blocker blockers[ADMISSION_BLOCKERS_MAX];
    char text[LIVE_TEXT_MAX];
    engine_admission_facts(engine, target, now_ms, &facts);
    if (!admission_evaluate(&facts, blockers))
        return;
    (void)snprintf(text, sizeof text, "ready: %.220s", blockers[0].text);
    add_wait(waits, 1, text);
}

/* Those that only time keeps from starting, as one line. */
static void add_windows(struct waits *waits, const struct engine *engine, int64_t now_ms)
{
    const struct when when = {now_ms, engine_time(engine)->zone, zone_local};
    auto_buf struct buf text = {0};
    if (!engine_times(engine)->rules)
        return;
    struct engine_time_wait wait = engine_time_wait(engine, now_ms);
    if (!wait.targets)
        return;
    buf_adds(&text, "waiting for an opening, the next start is ");
    if (wait.next_ms)
        words_instant(&text, &when, wait.next_ms);
    else
        buf_adds(&text, "never");
    add_wait(waits, wait.targets, buf_text(&text));
}

static int more_first(const void *a, const void *b)
{
    const struct live_wait *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

static void fill_waits(struct live_frame *f, const struct engine *engine)
{
    const struct engine_state *s = engine_state(engine);
    int count = (int)engine_plan(engine)->target_count, looked = 0;
    struct waits waits = {.count = 0};
    for (int i = 0; i < count && looked < READY_MAX; i++) {
        const struct activity_state *a = &s->targets[i].activity;
        if (s->target_states[i] == TARGET_READY) {
            add_ready(&waits, engine, i, f->now_ms);
            looked++;
        } else if (is_busy((enum target_state_id)s->target_states[i]) ||
                   s->target_states[i] == TARGET_PREPARING) {
            if (a->state == STEP_IN_DOUBT)
                add_wait(&waits, 1,
                         "in doubt: they are asked about before anything else");
            else if (a->state == STEP_WAITING && a->not_before_ms > f->now_ms)
                add_wait(&waits, 1, "to be tried again after a failure");
        }
    }
    add_windows(&waits, engine, f->now_ms);
    qsort(waits.items, waits.count, sizeof waits.items[0], more_first);
    f->wait_count =
        waits.count < LIVE_WAITS_SHOWN ? waits.count : (size_t)LIVE_WAITS_SHOWN;
    memcpy(f->waits, waits.items, f->wait_count * sizeof f->waits[0]);
}

/* ---- how long it may take ---- */

struct pace_sum {
    int verified, verified_last_hour, done_last_hour;
    int64_t active_ms;
};

static struct pace_sum sum_pace(const struct plan *plan, const struct engine_state *s,
                                int64_t now_ms)
{
    struct pace_sum sum = {0};
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct target_state *t = &s->targets[i];
        int64_t soak_ms = plan->waves[plan->targets[i].wave].soak_ms;
        int64_t verified_ms = t->soak_until_ms - soak_ms;
        sum.done_last_hour +=
            t->state == TARGET_SUCCEEDED && t->since_ms > now_ms - HOUR_MS;
        if (!t->first_ms || verified_ms <= t->first_ms)
            continue;
        sum.verified++;
        sum.verified_last_hour += verified_ms > now_ms - HOUR_MS;
        sum.active_ms += verified_ms - t->first_ms;
    }
    return sum;
}

static void fill_pace(struct live_frame *f, const struct plan *plan,
                      const struct engine_state *s)
{
    struct pace_sum sum = sum_pace(plan, s, f->now_ms);
    auto_free struct estimate_wave *waves = xcalloc(plan->wave_count + 1, sizeof *waves);
    for (size_t i = 0; i < plan->wave_count; i++) {
        const struct wave_state *w = &s->waves[i];
        waves[i] = (struct estimate_wave){
            .done = w->state == WAVE_DONE,
            .open = w->state == WAVE_OPEN,
            .total = plan->waves[i].count,
            .left = w->count_by_state[TARGET_PENDING] +
                    w->count_by_state[TARGET_PREPARING] + w->count_by_state[TARGET_READY],
            .since_ms = w->since_ms,
            .soak_ms = plan->waves[i].soak_ms,
        };
        for (int k = 0; k < TARGET_STATE_COUNT; k++)
            waves[i].left +=
                is_in_flight((enum target_state_id)k) ? w->count_by_state[k] : 0;
        for (size_t k = 0; k < f->wave_count; k++) {
            if (f->waves[k].state == WAVE_OPEN && waves[i].open)
                waves[i].soak_end_ms = f->waves[k].soak_end_ms;
        }
    }
    struct estimate_pace pace = {.now_ms = f->now_ms,
                                 .in_flight_max = s->settings.in_flight,
                                 .mean_active_ms =
                                     sum.verified ? sum.active_ms / sum.verified : 0,
                                 .verified_last_hour = sum.verified_last_hour};
    f->left_ms = estimate_left_ms(waves, plan->wave_count, &pace);
    f->done_last_hour = sum.done_last_hour;
}

void run_frame_update(struct run_frame *frame, const struct driver *driver, bool draining,
                      int64_t now_ms)
{
    struct live_frame *f = &frame->live;
    const struct engine *engine = driver_engine(driver);
    const struct engine_state *s = engine_state(engine);
    const struct plan *plan = driver_plan(driver);
    f->now_ms = now_ms;
    f->state = s->campaign;
    f->started_ms = s->started_ms;
    f->draining = draining;
    f->calls = engine_calls_outstanding(engine);
    f->done = s->count_by_state[TARGET_SUCCEEDED];
    f->total = (int)plan->target_count;
    memcpy(f->counts, s->count_by_state, sizeof f->counts);
    (void)text_clean(plan->campaign, f->campaign, sizeof f->campaign);
    (void)text_clean(s->reason ? s->reason : "", f->reason, sizeof f->reason);
    fill_waves(f, plan, s);
    if (now_ms - frame->looked_ms < SLOW_MS && frame->looked_ms)
        return;
    frame->looked_ms = now_ms;
    fill_soaks(f, plan, s);
    fill_targets(f, driver);
    fill_waits(f, engine);
    fill_pace(f, plan, s);
}
