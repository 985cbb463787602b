/*
 * rows.c - the engine's state as rows, for every other process to read. They are
 * written in the transaction of the records that changed them, so that the two never
 * disagree; nothing is read back from them by the engine, which replays records.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/machine.h"
#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

int store_save_campaign(struct store *store, int64_t campaign, const struct plan *plan,
                        const struct engine_state *state)
{
    int code = store_writable(store);
    (void)plan;
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_CAMPAIGN);
    put_text(&sql, machine_state(&campaign_machine, (int)state->campaign));
    put_int(&sql, state->campaign_since_ms);
    put_text(&sql, state->reason);
    put_text(&sql, state->actor);
    put_int(&sql, state->epoch);
    put_int(&sql, state->started_ms);
    put_int(&sql, state->settings.budget);
    put_int(&sql, state->settings.in_flight);
    put_int(&sql, state->in_flight);
    put_int(&sql, state->failed);
    put_int(&sql, state->in_doubt);
    put_int(&sql, campaign);
    return sql_write(&sql, "saving the campaign");
}

int store_save_wave(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state, int wave)
{
    int code = store_writable(store);
    (void)plan;
    if (code)
        return code;
    const struct wave_state *w = &state->waves[wave];
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_WAVE);
    put_text(&sql, machine_state(&wave_machine, (int)w->state));
    put_int(&sql, w->since_ms);
    put_int(&sql, w->budget);
    put_int(&sql, w->failed);
    put_int(&sql, w->in_doubt);
    put_int(&sql, w->approved);
    put_int(&sql, campaign);
    put_int(&sql, wave);
    return sql_write(&sql, "saving a wave");
}

int store_save_unit(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state, int unit)
{
    int code = store_writable(store);
    (void)plan;
    if (code)
        return code;
    const struct group_state *group = &state->groups[unit];
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_UNIT);
    put_text(&sql, machine_state(&group_machine, (int)group->state));
    put_int(&sql, group->since_ms);
    put_text(&sql, group->reason);
    put_int(&sql, campaign);
    put_int(&sql, unit);
    return sql_write(&sql, "saving a link group");
}

static void put_activity(struct sql *sql, const struct activity_state *a)
{
    put_text(sql, activity_name(a->kind));
    put_int(sql, a->index);
    put_text(sql, moment_name(a->moment));
    put_text(sql, machine_state(&step_machine, (int)a->state));
    put_int(sql, a->attempt);
    put_int(sql, a->intent);
    put_int(sql, a->begun_ms);
    put_int(sql, a->issued_ms);
    put_int(sql, a->deadline_ms);
    put_int(sql, a->not_before_ms);
    put_int(sql, a->doubt_since_ms);
    put_text(sql, a->handle);
    put_text(sql, a->sentence);
}

static int save_target_row(struct store *store, int64_t campaign,
                           const struct target_state *t, int target)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_TARGET);
    put_text(&sql, machine_state(&target_machine, (int)t->state));
    put_int(&sql, t->since_ms);
    put_int(&sql, t->first_ms);
    put_int(&sql, t->soak_until_ms);
    put_text(&sql, t->reason);
    put_int(&sql, t->position);
    put_int(&sql, t->incarnation);
    put_int(&sql, t->retries);
    put_int(&sql, t->changed);
    put_int(&sql, t->acknowledged);
    put_text(&sql, machine_state(&target_machine, (int)t->parked_from));
    put_text(&sql, t->version_before);
    put_text(&sql, t->version_now);
    put_text(&sql, t->hold_reason);
    put_text(&sql, t->hold_actor);
    put_int(&sql, t->hold_until_ms);
    put_activity(&sql, &t->activity);
    put_int(&sql, t->arrived);
    put_int(&sql, t->off);
    put_int(&sql, campaign);
    put_int(&sql, target);
    return sql_write(&sql, "saving a target");
}

/* ---- snapshots: the rows become what the state has ---- */

struct open_snapshots {
    struct {
        int64_t taken_ms;
        char *reference;
    } rows[SNAPSHOTS_MAX];
    int count;
};

static void open_clear(struct open_snapshots *open)
{
    for (int i = 0; i < open->count; i++)
        free(open->rows[i].reference);
}

static int load_open(struct store *store, int64_t campaign, int target,
                     struct open_snapshots *out)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_OPEN_SNAPSHOTS);
    put_int(&sql, campaign);
    put_int(&sql, target);
    while (out->count < SNAPSHOTS_MAX && sql_next(&sql)) {
        out->rows[out->count].taken_ms = take_int(&sql);
        out->rows[out->count++].reference = xstrdup(take_text(&sql));
    }
    return sql.rc == SQLITE_DONE || sql.rc == SQLITE_ROW
               ? STORE_OK
               : store_poison_sqlite(store, "reading snapshots");
}

static const char *reference_of(const struct snapshot_state *snapshot)
{
    return snapshot->reference ? snapshot->reference : "";
}

static bool is_open(const struct open_snapshots *open,
                    const struct snapshot_state *snapshot)
{
    for (int i = 0; i < open->count; i++) {
        if (open->rows[i].taken_ms == snapshot->taken_ms &&
            !strcmp(open->rows[i].reference, reference_of(snapshot)))
            return true;
    }
    return false;
}

static bool is_kept(const struct target_state *t, int64_t taken_ms, const char *reference)
{
    for (int i = 0; i < t->snapshot_count; i++) {
        if (t->snapshots[i].taken_ms == taken_ms &&
            !strcmp(reference_of(&t->snapshots[i]), reference))
            return true;
    }
    return false;
}

static int add_snapshot(struct store *store, int64_t campaign, int target, int64_t ttl_ms,
                        const struct snapshot_state *snapshot)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_SNAPSHOT);
    put_int(&sql, campaign);
    put_int(&sql, target);
    put_int(&sql, snapshot->taken_ms);
    put_text(&sql, reference_of(snapshot));
    put_text(&sql, snapshot->name ? snapshot->name : "");
    put_text(&sql, snapshot->version);
    put_int(&sql, snapshot->step);
    put_int(&sql, snapshot->incarnation);
    put_int(&sql, snapshot->taken_ms + ttl_ms);
    return sql_write(&sql, "saving a snapshot");
}

static int snapshot_gone(struct store *store, int64_t campaign, int target, int64_t at_ms,
                         int64_t taken_ms, const char *reference)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_SNAPSHOT_GONE);
    put_int(&sql, at_ms);
    put_int(&sql, campaign);
    put_int(&sql, target);
    put_int(&sql, taken_ms);
    put_text(&sql, reference);
    return sql_write(&sql, "saving that a snapshot is gone");
}

static int save_snapshots(struct store *store, int64_t campaign, int target,
                          int64_t ttl_ms, const struct target_state *t)
{
    __attribute__((cleanup(open_clear))) struct open_snapshots open = {.count = 0};
    int64_t at_ms = store->last_at_ms ? store->last_at_ms : t->since_ms;
    int code = load_open(store, campaign, target, &open);
    for (int i = 0; i < t->snapshot_count && !code; i++) {
        if (!is_open(&open, &t->snapshots[i]))
            code = add_snapshot(store, campaign, target, ttl_ms, &t->snapshots[i]);
    }
    for (int i = 0; i < open.count && !code; i++) {
        if (!is_kept(t, open.rows[i].taken_ms, open.rows[i].reference))
            code = snapshot_gone(store, campaign, target, at_ms, open.rows[i].taken_ms,
                                 open.rows[i].reference);
    }
    return code;
}

int store_save_target(struct store *store, int64_t campaign, const struct plan *plan,
                      const struct engine_state *state, int target)
{
    const struct target_state *t = &state->targets[target];
    int code = store_writable(store);
    if (!code)
        code = save_target_row(store, campaign, t, target);
    if (!code)
        code = save_snapshots(store, campaign, target, plan->playbook.snapshot_ttl_ms, t);
    return code;
}

/* ---- caps ---- */

static int save_cap(struct store *store, int64_t campaign, const char *kind, size_t index,
                    const struct saved_cap *cap)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_CAP);
    put_int(&sql, cap->max);
    put_int(&sql, cap->used);
    put_int(&sql, cap->claimed);
    put_int(&sql, campaign);
    put_text(&sql, kind);
    put_int(&sql, (int64_t)index);
    return sql_write(&sql, "saving a domain or limit");
}

static bool cap_equal(const struct saved_cap *a, const struct saved_cap *b)
{
    return a->max == b->max && a->used == b->used && a->claimed == b->claimed;
}

int store_save_caps(struct store *store, int64_t campaign, const struct plan *plan,
                    const struct engine_state *state)
{
    struct saved_caps *saved = &store->saved;
    size_t domains = plan->domain_count, count = domains + plan->limit_count;
    int code = store_writable(store);
    bool known = saved->campaign == campaign && saved->count == count;
    if (!code && !known) {
        saved->caps = xreallocarray(saved->caps, count ? count : 1, sizeof *saved->caps);
        saved->count = count;
    }
    for (size_t i = 0; i < count && !code; i++) {
        size_t limit = i - domains;
        struct saved_cap now =
            i < domains
                ? (struct saved_cap){state->domain_max[i], state->domain_down[i],
                                     state->domain_claimed[i]}
                : (struct saved_cap){state->limit_max[limit], state->limit_used[limit],
                                     state->limit_used[limit]};
        if (known && cap_equal(&now, &saved->caps[i]))
            continue;
        code = save_cap(store, campaign, i < domains ? "domain" : "limit",
                        i < domains ? i : limit, &now);
        saved->caps[i] = now;
    }
    saved->campaign = code ? 0 : campaign;
    return code;
}

int store_progress(struct store *store, int64_t campaign, int target, int percent,
                   const char *text)
{
    int code = store_writable(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_PROGRESS);
    put_int(&sql, percent < -1 ? -1 : percent > 100 ? 100 : percent);
    put_text(&sql, text);
    put_int(&sql, campaign);
    put_int(&sql, target);
    return sql_write(&sql, "saving progress");
}
