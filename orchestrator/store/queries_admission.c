/*
 * queries_admission.c - the facts of an admission from the rows, as the engine would
 * give them from its memory; a test of the loop compares the two.
 */
#include <stdlib.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

void store_facts_clear(struct store_facts *facts)
{
    for (size_t i = 0; i < facts->owned_count; i++)
        free(facts->owned[i]);
    *facts = (struct store_facts){0};
}

/* A copy that lives as long as the facts; NULL stays NULL. */
static const char *keep(struct store_facts *facts, const char *text)
{
    if (!text || facts->owned_count == ARRAY_LENGTH(facts->owned))
        return NULL;
    return facts->owned[facts->owned_count++] = xstrdup(text);
}

static void take_hold(struct sql *sql, int64_t now_ms, struct store_facts *out)
{
    const char *reason = take_text(sql), *actor = take_text(sql);
    int64_t until_ms = take_int(sql);
    if (reason && (!until_ms || until_ms > now_ms))
        out->facts.hold_reason = keep(out, reason);
    out->facts.hold_actor = keep(out, actor);
    out->facts.hold_until_ms = until_ms;
}

static struct budget_fact take_budget(struct sql *sql)
{
    struct budget_fact budget = {.failed = take_int32(sql)};
    budget.in_doubt = take_int32(sql);
    budget.tolerated = take_int32(sql);
    return budget;
}

static void take_facts(struct sql *sql, int64_t now_ms, struct store_facts *out,
                       int *wave)
{
    struct admission_facts *f = &out->facts;
    f->now_ms = now_ms;
    out->target = take_int32(sql);
    f->campaign = (enum campaign_state_id)take_word(sql, campaign_state_from);
    f->campaign_reason = keep(out, take_text(sql));
    f->wave = (enum wave_state_id)take_word(sql, wave_state_from);
    f->wave_name = keep(out, take_text(sql));
    f->target = (enum target_state_id)take_word(sql, target_state_from);
    take_hold(sql, now_ms, out);
    f->in_flight = take_int32(sql);
    f->in_flight_max = take_int32(sql);
    f->mode = (enum budget_mode)take_word(sql, budget_mode_from);
    f->wave_budget = take_budget(sql);
    f->campaign_budget = take_budget(sql);
    f->campaign_budget.in_flight = f->in_flight;
    *wave = take_int32(sql);
}

static int load_wave_in_flight(struct store *store, int64_t campaign, int wave,
                               struct store_facts *out, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_WAVE_IN_FLIGHT);
    put_int(&sql, campaign);
    put_int(&sql, wave);
    if (sql_next(&sql))
        out->facts.wave_budget.in_flight = take_int32(&sql);
    return sql_end(&sql, err);
}

static int load_caps(struct store *store, int64_t campaign, struct store_facts *out,
                     struct slipway_error *err)
{
    struct admission_facts *f = &out->facts;
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_CAPS);
    put_int(&sql, campaign);
    put_int(&sql, out->target);
    while (sql_next(&sql)) {
        bool domain = take_text(&sql)[0] == 'd';
        size_t *count = domain ? &f->domain_count : &f->limit_count;
        if (*count == ADMISSION_CAPS_MAX)
            continue;
        struct cap_fact *cap = &(domain ? f->domains : f->limits)[(*count)++];
        cap->key = keep(out, take_text(&sql));
        cap->used = take_int32(&sql);
        cap->max = take_int32(&sql);
    }
    return sql_end(&sql, err);
}

/* Every text is copied: the facts outlive the time rules. */
static void fill_time(const struct store_times *times, int wave, int64_t now_ms,
                      struct store_facts *out)
{
    struct time_facts *t = &out->facts.time;
    times_facts(&times->times, times->plan, out->target, now_ms, t);
    int64_t wave_ms = times_wave_approved_until(&times->times, wave);
    if (!t->approval_ended_ms && wave_ms && wave_ms <= now_ms)
        t->approval_ended_ms = wave_ms;
    const char **texts[] = {&t->calendar,       &t->calendar_scope, &t->override_reason,
                            &t->override_actor, &t->clock,          &t->zone};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = keep(out, *texts[i]);
}

int store_admission_facts_with(struct store *store, int64_t campaign, const char *target,
                               int64_t now_ms, const struct store_times *times,
                               struct store_facts *out, struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    auto_store_facts struct store_facts facts = {0};
    int wave = -1, index = -1;
    int code = store_target_index(store, campaign, target, &index, err);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_FACTS);
    put_int(&sql, campaign);
    put_text(&sql, target);
    if (sql_next(&sql))
        take_facts(&sql, now_ms, &facts, &wave);
    code = sql_end(&sql, err);
    if (!code)
        code = load_wave_in_flight(store, campaign, wave, &facts, err);
    if (!code)
        code = load_caps(store, campaign, &facts, err);
    if (!code) {
        fill_time(times, wave, now_ms, &facts);
        *out = facts;
        facts.owned_count = 0;
    }
    return code;
}

int store_admission_facts(struct store *store, int64_t campaign, const char *target,
                          int64_t now_ms, struct store_facts *out,
                          struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    auto_store_times struct store_times times = {0};
    int code = store_times_load(store, campaign, &times, err);
    return code ? code
                : store_admission_facts_with(store, campaign, target, now_ms, &times, out,
                                             err);
}

int store_caps(struct store *store, int64_t campaign, store_cap_fn visit, void *data,
               struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAPS);
    put_int(&sql, campaign);
    while (sql_next(&sql)) {
        struct store_cap cap = {.domain = take_text(&sql)[0] == 'd'};
        cap.key = take_text(&sql);
        cap.max = take_int32(&sql);
        cap.used = take_int32(&sql);
        cap.claimed = take_int32(&sql);
        if (visit(data, &cap))
            return slipway_error_set(err, STORE_STOPPED, "stopped at %s", cap.key);
    }
    return sql_end(&sql, err);
}
