/*
 * status_load.c - see status.h: what the rows say, gathered and grouped.
 *
 * Ready targets wait for admission: each is asked with the engine's own list, and
 * those whose first blocker reads the same become one line. Failure policy: any query
 * that fails ends it; nothing half true is shown.
 */
#include <stdlib.h>
#include <string.h>

#include "report/estimate.h"
#include "report/status_parts.h"
#include "report/words.h"
#include "report/words_when.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define BIT(state) (1u << (state))
#define BUSY_STATES                                                                      \
    (BIT(TARGET_PREPARING) | BIT(TARGET_SNAPSHOTTING) | BIT(TARGET_CHANGING) |           \
     BIT(TARGET_CHECKING) | BIT(TARGET_SOAKING) | BIT(TARGET_CLEANING) |                 \
     BIT(TARGET_ROLLING_BACK))

/* ---- lists ---- */

static void list_clear(struct status_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct status_target *t = &list->items[i];
        char *texts[] = {t->name,    t->wave, t->text, t->reason,
                         t->version, t->step, t->use};
        for (size_t k = 0; k < ARRAY_LENGTH(texts); k++)
            free(texts[k]);
        evidence_clear(&t->evidence);
    }
    free(list->items);
}

void status_clear(struct status *status)
{
    struct status_list *lists[] = {&status->busy, &status->failed, &status->human,
                                   &status->held};
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        list_clear(lists[i]);
    for (size_t i = 0; i < status->wait_count; i++) {
        free(status->waits[i].who);
        free(status->waits[i].what);
    }
    free(status->waits);
    for (size_t i = 0; i < status->between_count; i++) {
        free(status->between[i].name);
        free(status->between[i].who);
        free(status->between[i].what);
    }
    free(status->between);
    overdue_clear(&status->overdue);
    snapshots_clear(&status->snapshots);
    status_time_clear(&status->time);
    store_status_clear(&status->store);
    *status = (struct status){0};
}

static bool is_under_way(const struct store_target *t)
{
    return t->step_state != STEP_IDLE && t->step_state != STEP_WAITING &&
           t->step_state != STEP_FAILED && t->step_state != STEP_DONE;
}

static void list_add(struct status_list *list, size_t max,
                     const struct store_target *target, char *text)
{
    list->total++;
    if (list->count == max) {
        free(text);
        return;
    }
    const char *before = target->version_before;
    *vec_push(list->items, list->count, list->room) = (struct status_target){
        .name = xstrdup(target->name),
        .wave = xstrdup(target->wave_name),
        .text = text,
        .state = target->state,
        .since_ms = target->since_ms,
        .begun_ms = is_under_way(target) ? target->begun_ms : 0,
        .deadline_ms = is_under_way(target) ? target->deadline_ms : 0,
        .gate = words_is_gate(target),
        .index = target->index,
        .reason = xstrdup_null(target->reason),
        .version = xstrdup_null(before ? before : target->version_from),
        .step = xstrdup_null(target->activity_id),
        .use = xstrdup_null(target->activity_use),
    };
}

/* `count` more that wait for `what`; the same wait is found again. */
static void wait_add(struct status *s, int count, const char *who, const char *what,
                     int64_t next_ms)
{
    struct status_wait *wait = NULL;
    for (size_t i = 0; i < s->wait_count && !wait; i++) {
        if (!strcmp(s->waits[i].who, who) && !strcmp(s->waits[i].what, what))
            wait = &s->waits[i];
    }
    if (!wait) {
        wait = vec_push(s->waits, s->wait_count, s->wait_room);
        *wait = (struct status_wait){.who = xstrdup(who), .what = xstrdup(what)};
    }
    wait->count += count;
    if (next_ms && (!wait->next_ms || next_ms < wait->next_ms))
        wait->next_ms = next_ms;
}

/* ---- who is busy, and with what ---- */

static void note_waiting(struct status *s, const struct store_target *t)
{
    auto_buf struct buf who = {0};
    words_state(&who, machine_state(&target_machine, (int)t->state));
    auto_buf struct buf what = {0};
    words_activity(&what, t->activity, t->activity_id);
    if (t->not_before_ms > s->now_ms)
        buf_adds(&what, " is tried again later");
    else if (s->store.campaign.state == CAMPAIGN_PAUSED)
        buf_adds(&what, " waits until the campaign goes on");
    else
        buf_adds(&what, " waits for its turn");
    if (words_is_between(t, s->now_ms))
        *vec_push(s->between, s->between_count, s->between_room) =
            (struct status_between){xstrdup(t->name), buf_take(&who), buf_take(&what)};
    else
        wait_add(s, 1, buf_text(&who), buf_text(&what), t->not_before_ms);
}

/* Who only waits for an answer looks like one who works: how long already, and until when. */
static void add_patience(struct buf *out, const struct store_target *t, int64_t now_ms)
{
    char took[WORDS_TIME_MAX], at[WORDS_TIME_MAX];
    if (!is_under_way(t) || words_is_gate(t))
        return;
    if (t->begun_ms && t->begun_ms != t->since_ms)
        buf_addf(out, ", for %s", words_took(now_ms - t->begun_ms, took, sizeof took));
    if (t->deadline_ms)
        buf_addf(out, ", deadline %s", words_at(t->deadline_ms, now_ms, at, sizeof at));
}

static int visit_busy(void *data, const struct store_target *t)
{
    struct status *s = data;
    auto_buf struct buf text = {0};
    words_doing(&text, t, s->now_ms);
    add_patience(&text, t, s->now_ms);
    if (words_is_gate(t))
        list_add(&s->human, STATUS_HUMAN_SHOWN, t, buf_take(&text));
    else if (t->state != TARGET_PREPARING && t->state != TARGET_SOAKING)
        list_add(&s->busy, STATUS_BUSY_SHOWN, t, buf_take(&text));
    bool late = t->not_before_ms > s->now_ms;
    bool queues = words_queues(t, s->now_ms);
    if (t->step_state == STEP_WAITING && (late || queues))
        note_waiting(s, t);
    if (t->step_state == STEP_IN_DOUBT)
        wait_add(s, 1, "in doubt", words_question(t->activity), 0);
    return 0;
}

struct choice {
    struct status *status;
    struct status_list *list;
    size_t max;
    bool hold; /* the text is the hold's, not the state's */
};

static int visit_choice(void *data, const struct store_target *t)
{
    struct choice *c = data;
    auto_buf struct buf text = {0};
    if (!c->hold)
        words_clean(&text, t->reason);
    else if (t->hold_until_ms && t->hold_until_ms <= c->status->now_ms)
        return 0;
    else {
        char at[WORDS_TIME_MAX];
        words_clean(&text, t->hold_reason);
        if (t->hold_actor) {
            buf_adds(&text, ", by ");
            words_clean(&text, t->hold_actor);
        }
        if (t->hold_until_ms)
            buf_addf(&text, ", until %s",
                     words_at(t->hold_until_ms, c->status->now_ms, at, sizeof at));
    }
    list_add(c->list, c->max, t, buf_take(&text));
    return 0;
}

static int load_lists(struct store *store, int64_t campaign, struct status *s,
                      struct slipway_error *err)
{
    const int *counts = s->store.counts;
    struct store_target_filter busy = STORE_ANY_TARGET, human = STORE_ANY_TARGET,
                               failed = STORE_ANY_TARGET, held = STORE_ANY_TARGET;
    busy.states = BUSY_STATES;
    busy.order = STORE_OLDEST_FIRST;
    human.states = BIT(TARGET_STRANDED) | BIT(TARGET_PARKED);
    human.order = STORE_OLDEST_FIRST;
    human.limit = STATUS_HUMAN_SHOWN;
    failed.states = BIT(TARGET_FAILED) | BIT(TARGET_ROLLED_BACK);
    failed.order = STORE_NEWEST_FIRST;
    failed.limit = STATUS_FAILED_SHOWN;
    held.held = true;
    struct choice of_human = {s, &s->human, STATUS_HUMAN_SHOWN, false};
    struct choice of_failed = {s, &s->failed, STATUS_FAILED_SHOWN, false};
    struct choice of_held = {s, &s->held, STATUS_HUMAN_SHOWN, true};
    int code = store_targets(store, campaign, &human, visit_choice, &of_human, err);
    s->human.total = counts[TARGET_STRANDED] + counts[TARGET_PARKED];
    if (!code)
        code = store_targets(store, campaign, &busy, visit_busy, s, err);
    if (!code)
        code = store_targets(store, campaign, &failed, visit_choice, &of_failed, err);
    s->failed.total = counts[TARGET_FAILED] + counts[TARGET_ROLLED_BACK];
    if (!code && s->store.held)
        code = store_targets(store, campaign, &held, visit_choice, &of_held, err);
    return code;
}

/* ---- what is known of failures ---- */

static bool is_trouble(const struct status_target *t)
{
    return t->state == TARGET_FAILED || t->state == TARGET_ROLLED_BACK ||
           t->state == TARGET_STRANDED || t->state == TARGET_PARKED;
}

static int load_evidence(struct store *store, int64_t campaign, struct status_list *list,
                         struct slipway_error *err)
{
    int code = STORE_OK;
    for (size_t i = 0; i < list->count && !code; i++) {
        struct status_target *t = &list->items[i];
        if (is_trouble(t))
            code = evidence_load(store, campaign, t->index, &t->evidence, err);
    }
    return code;
}

bool status_issue(const struct status_view *view, const struct status_target *t,
                  struct issue_note *out)
{
    struct trouble trouble = {t->name, t->reason, t->version, t->step, t->use, t->state};
    return is_trouble(t) && evidence_issue(&trouble, &t->evidence, view->issues, out);
}

/* ---- what ready targets wait for ---- */

struct names {
    char **items;
    size_t count, room;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int visit_name(void *data, const struct store_target *t)
{
    struct names *names = data;
    *vec_push(names->items, names->count, names->room) = xstrdup(t->name);
    return 0;
}

static int add_ready(struct store *store, int64_t campaign, const char *name,
                     const struct store_times *times, struct status *s,
                     struct slipway_error *err)
{
    struct blocker blockers[ADMISSION_BLOCKERS_MAX];
    auto_store_facts struct store_facts facts = {0};
    int code =
        store_admission_facts_with(store, campaign, name, s->now_ms, times, &facts, err);
    if (code)
        return code;
    size_t count = admission_evaluate(&facts.facts, blockers);
    auto_buf struct buf what = {0};
    words_clean(&what, count ? blockers[0].text : "may start now");
    wait_add(s, 1, "ready", buf_text(&what), count ? blockers[0].next_change_ms : 0);
    return STORE_OK;
}

static int load_ready(struct store *store, int64_t campaign,
                      const struct store_times *times, struct status *s,
                      struct slipway_error *err)
{
    __attribute__((cleanup(names_clear))) struct names names = {0};
    struct store_target_filter filter = STORE_ANY_TARGET;
    filter.states = BIT(TARGET_READY);
    filter.order = STORE_OLDEST_FIRST;
    filter.limit = STATUS_READY_MAX;
    int total = s->store.counts[TARGET_READY];
    int code =
        total ? store_targets(store, campaign, &filter, visit_name, &names, err) : 0;
    for (size_t i = 0; i < names.count && !code; i++)
        code = add_ready(store, campaign, names.items[i], times, s, err);
    if (!code && (size_t)total > names.count)
        wait_add(s, total - (int)names.count, "ready", "not looked at one by one", 0);
    return code;
}

/* ---- what waits between the steps of its change ---- */

/* For an opening, or like everybody else. */
static int add_between(struct store *store, int64_t campaign,
                       const struct status_between *between,
                       const struct store_times *times, struct status *s,
                       struct slipway_error *err)
{
    auto_store_facts struct store_facts facts = {0};
    int code = store_admission_facts_with(store, campaign, between->name, s->now_ms,
                                          times, &facts, err);
    if (code)
        return code;
    if (words_window_holds(&facts.facts.time))
        wait_add(s, 1, "between two steps",
                 "an opening that holds the rest; half changed, so each keeps its place "
                 "in flight and in its domains",
                 facts.facts.time.window.next_change_ms);
    else
        wait_add(s, 1, between->who, between->what, 0);
    return STORE_OK;
}

static int load_between(struct store *store, int64_t campaign,
                        const struct store_times *times, struct status *s,
                        struct slipway_error *err)
{
    int code = STORE_OK;
    for (size_t i = 0; i < s->between_count && !code; i++) {
        if (i < STATUS_READY_MAX)
            code = add_between(store, campaign, &s->between[i], times, s, err);
        else
            wait_add(s, 1, s->between[i].who, s->between[i].what, 0);
    }
    return code;
}

/* ---- waves ---- */

static void load_waves(struct status *s)
{
    int later = 0;
    for (size_t i = 0; i < s->store.wave_count; i++) {
        const struct store_wave *w = &s->store.waves[i];
        auto_buf struct buf who = {0};
        int pending = w->counts[TARGET_PENDING];
        buf_adds(&who, "in wave ");
        words_clean(&who, w->name);
        if (w->state == WAVE_GATED)
            wait_add(s, pending, buf_text(&who), "the wave waits for approval", 0);
        else if (w->state == WAVE_OPEN && pending)
            wait_add(s, pending, buf_text(&who),
                     s->time.waiting ? "prepared when their opening comes near, or those "
                                       "before them have started"
                                     : "prepared when those before them have started",
                     0);
        else if (w->state == WAVE_PENDING)
            later += pending;
    }
    if (later)
        wait_add(s, later, "in later waves", "earlier waves come first", 0);
    if (s->store.counts[TARGET_SOAKING])
        wait_add(s, s->store.counts[TARGET_SOAKING], "soaking", "the end of their soak",
                 s->store.next_soak_end_ms);
}

static int wave_left(const struct store_wave *w)
{
    return w->counts[TARGET_PENDING] + w->counts[TARGET_PREPARING] +
           w->counts[TARGET_READY] + w->in_flight;
}

static void load_estimate(struct status *s)
{
    size_t count = s->store.wave_count;
    auto_free struct estimate_wave *waves = xcalloc(count + 1, sizeof *waves);
    for (size_t i = 0; i < count; i++) {
        const struct store_wave *w = &s->store.waves[i];
        waves[i] = (struct estimate_wave){.done = w->state == WAVE_DONE,
                                          .open = w->state == WAVE_OPEN,
                                          .total = w->target_count,
                                          .left = wave_left(w),
                                          .since_ms = w->since_ms,
                                          .soak_ms = w->soak_ms,
                                          .soak_end_ms = s->store.next_soak_end_ms};
    }
    struct estimate_pace pace = {.now_ms = s->now_ms,
                                 .in_flight_max = s->store.campaign.in_flight_max,
                                 .mean_active_ms = s->store.mean_active_ms,
                                 .verified_last_hour = s->store.verified_last_hour};
    s->left_ms = estimate_left_ms(waves, count, &pace);
}

int status_load(struct store *store, int64_t campaign, const char *state_dir,
                int64_t now_ms, struct status *out, struct slipway_error *err)
{
    auto_store_times struct store_times times = {0};
    struct store_snapshot_filter there = {campaign, -1, false};
    out->now_ms = now_ms;
    int code = store_status(store, campaign, now_ms, &out->store, err);
    if (!code)
        code = store_owner(state_dir, &out->owner, err);
    if (!code)
        code = store_times_load(store, campaign, &times, err);
    if (!code)
        code = load_ready(store, campaign, &times, out, err);
    if (!code)
        code = status_time_load(store, campaign, &times, out, err);
    if (!code)
        code = load_lists(store, campaign, out, err);
    if (!code)
        code = load_between(store, campaign, &times, out, err);
    if (!code)
        code = load_evidence(store, campaign, &out->failed, err);
    if (!code)
        code = load_evidence(store, campaign, &out->human, err);
    if (!code)
        code = load_evidence(store, campaign, &out->held, err);
    if (!code)
        code = snapshots_load(store, &there, now_ms, &out->snapshots, err);
    if (code)
        return code;
    overdue_find(&out->snapshots, &out->overdue);
    load_waves(out);
    load_estimate(out);
    return STORE_OK;
}
