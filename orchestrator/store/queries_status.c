/*
 * queries_status.c - one campaign at a glance. Counting runs over indexes only, so
 * that 10,000 targets cost a few milliseconds.
 */
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "util/xalloc.h"

void store_status_clear(struct store_status *status)
{
    store_campaign_clear(&status->campaign);
    for (size_t i = 0; i < status->wave_count; i++)
        free(status->waves[i].name);
    free(status->waves);
    *status = (struct store_status){0};
}

static int load_waves(struct store *store, struct store_status *out,
                      struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_WAVES);
    put_int(&sql, out->campaign.id);
    out->waves = xcalloc((size_t)out->campaign.wave_count + 1, sizeof *out->waves);
    while (out->wave_count < (size_t)out->campaign.wave_count && sql_next(&sql)) {
        struct store_wave *wave = &out->waves[out->wave_count++];
        wave->index = take_int32(&sql);
        wave->name = xstrdup_null(take_text(&sql));
        wave->state = (enum wave_state_id)take_word(&sql, wave_state_from);
        wave->since_ms = take_int(&sql);
        wave->soak_ms = take_int(&sql);
        wave->target_count = take_int32(&sql);
        wave->budget = take_int32(&sql);
        wave->failed = take_int32(&sql);
        wave->in_doubt = take_int32(&sql);
        wave->gate = take_bool(&sql);
        wave->approved = take_bool(&sql);
    }
    return sql_end(&sql, err);
}

static bool is_in_flight(int state)
{
    return state == TARGET_SNAPSHOTTING || state == TARGET_CHANGING ||
           state == TARGET_CHECKING;
}

static int load_counts(struct store *store, struct store_status *out,
                       struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_COUNTS);
    put_int(&sql, out->campaign.id);
    while (sql_next(&sql)) {
        int wave = take_int32(&sql), state = take_word(&sql, target_state_from);
        int count = take_int32(&sql);
        int64_t oldest_ms = take_int(&sql);
        if (wave < 0 || (size_t)wave >= out->wave_count)
            continue;
        out->counts[state] += count;
        out->waves[wave].counts[state] += count;
        if (!is_in_flight(state))
            continue;
        out->waves[wave].in_flight += count;
        if (!out->oldest_in_flight_ms || oldest_ms < out->oldest_in_flight_ms)
            out->oldest_in_flight_ms = oldest_ms;
    }
    return sql_end(&sql, err);
}

static void count_step(struct store_status *out, const char *what, int count,
                       int64_t soak_end_ms)
{
    if (!strcmp(what, "waiting"))
        out->waiting_steps = count;
    else if (!strcmp(what, "issued") || !strcmp(what, "running"))
        out->running_steps += count;
    else if (!strcmp(what, "in_doubt"))
        out->doubtful_steps = count;
    else if (!strcmp(what, "held"))
        out->held = count;
    else if (!strcmp(what, "soak"))
        out->next_soak_end_ms = soak_end_ms;
}

static int load_steps(struct store *store, struct store_status *out,
                      struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_STEP_COUNTS);
    put_int(&sql, out->campaign.id);
    while (sql_next(&sql)) {
        const char *what = take_text(&sql);
        int count = take_int32(&sql);
        count_step(out, what, count, take_int(&sql));
    }
    return sql_end(&sql, err);
}

static int load_pace(struct store *store, int64_t now_ms, struct store_status *out,
                     struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_PACE);
    put_int(&sql, out->campaign.id);
    put_int(&sql, now_ms);
    if (sql_next(&sql)) {
        out->succeeded_last_hour = take_int32(&sql);
        out->succeeded_last_day = take_int32(&sql);
        out->first_succeeded_ms = take_int(&sql);
        out->last_succeeded_ms = take_int(&sql);
        out->mean_duration_ms = take_int(&sql);
    }
    return sql_end(&sql, err);
}

static int load_verified(struct store *store, int64_t now_ms, struct store_status *out,
                         struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_VERIFIED);
    put_int(&sql, out->campaign.id);
    put_int(&sql, now_ms);
    if (sql_next(&sql)) {
        out->verified_last_hour = take_int32(&sql);
        out->mean_active_ms = take_int(&sql);
    }
    return sql_end(&sql, err);
}

int store_status(struct store *store, int64_t campaign, int64_t now_ms,
                 struct store_status *out, struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    auto_store_status struct store_status status = {0};
    int code = store_load_campaign(store, campaign, &status.campaign, err);
    if (!code)
        code = load_waves(store, &status, err);
    if (!code)
        code = load_counts(store, &status, err);
    if (!code)
        code = load_steps(store, &status, err);
    if (!code)
        code = load_pace(store, now_ms, &status, err);
    if (!code)
        code = load_verified(store, now_ms, &status, err);
    if (!code) {
        *out = status;
        status = (struct store_status){0};
    }
    return code;
}
