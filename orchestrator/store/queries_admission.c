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
                       int *wave, int *unit)
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
    *wave = take_int32(sql);
    *unit = take_int32(sql);
}

static int load_at_risk(struct store *store, int64_t campaign, int wave,
                        struct store_facts *out, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_AT_RISK);
    put_int(&sql, campaign);
    put_int(&sql, wave);
    if (sql_next(&sql)) {
        out->facts.wave_budget.in_flight = take_int32(&sql);
        out->facts.campaign_budget.in_flight = take_int32(&sql);
    }
    return sql_end(&sql, err);
}

/* ---- its link group ---- */

/* Places in the plan. */
struct range {
    int first, count;
};

static void take_member(struct sql *sql, int64_t now_ms, struct store_facts *out)
{
    struct admission_facts *f = &out->facts;
    int index = take_int32(sql);
    const char *name = take_text(sql);
    enum target_state_id state = (enum target_state_id)take_word(sql, target_state_from);
    const char *reason = take_text(sql), *actor = take_text(sql);
    int64_t until_ms = take_int(sql);
    if (index == out->target)
        return;
    if (state != TARGET_READY && !f->absent_count++) {
        f->absent = keep(out, name);
        f->absent_state = state;
    }
    if (!reason || f->hold_reason || (until_ms && until_ms <= now_ms))
        return;
    f->hold_member = keep(out, name);
    f->hold_reason = keep(out, reason);
    f->hold_actor = keep(out, actor);
    f->hold_until_ms = until_ms;
}

static int load_unit(struct store *store, int64_t campaign, int unit,
                     struct store_facts *out, struct range *range,
                     struct slipway_error *err)
{
    struct admission_facts *f = &out->facts;
    *range = (struct range){out->target, 1};
    f->in_flight_needed = 1;
    if (unit < 0)
        return STORE_OK;
    auto_sql struct sql sql = sql_use(store, STATEMENT_UNIT_FACTS);
    put_int(&sql, campaign);
    put_int(&sql, unit);
    while (sql_next(&sql)) {
        const char *name = take_text(&sql);
        f->group = f->group ? f->group : keep(out, name);
        range->first = take_int32(&sql);
        range->count = take_int32(&sql);
        take_member(&sql, f->now_ms, out);
    }
    f->in_flight_needed = range->count;
    return sql_end(&sql, err);
}

static int load_caps(struct store *store, int64_t campaign, struct range range,
                     struct store_facts *out, struct slipway_error *err)
{
    struct admission_facts *f = &out->facts;
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_CAPS);
    put_int(&sql, campaign);
    put_int(&sql, range.first);
    put_int(&sql, range.first + range.count);
    while (sql_next(&sql)) {
        bool domain = take_text(&sql)[0] == 'd';
        size_t *count = domain ? &f->domain_count : &f->limit_count;
        if (*count == ADMISSION_CAPS_MAX)
            continue;
        struct cap_fact *cap = &(domain ? f->domains : f->limits)[(*count)++];
        cap->key = keep(out, take_text(&sql));
        cap->used = take_int32(&sql);
        cap->max = take_int32(&sql);
        cap->needed = take_int32(&sql);
    }
    return sql_end(&sql, err);
}

/* Whose calendar it is, if that is another member of its link group. */
static int load_time_member(struct store *store, int64_t campaign,
                            struct store_facts *out, struct slipway_error *err)
{
    int member = out->facts.time.window.member;
    if (member == out->target)
        return STORE_OK;
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_NAME);
    put_int(&sql, campaign);
    put_int(&sql, member);
    if (sql_next(&sql))
        out->facts.time_member = keep(out, take_text(&sql));
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
    int wave = -1, index = -1, unit = -1;
    struct range range;
    int code = store_target_index(store, campaign, target, &index, err);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_FACTS);
    put_int(&sql, campaign);
    put_text(&sql, target);
    if (sql_next(&sql))
        take_facts(&sql, now_ms, &facts, &wave, &unit);
    code = sql_end(&sql, err);
    if (!code)
        code = load_at_risk(store, campaign, wave, &facts, err);
    if (!code)
        code = load_unit(store, campaign, unit, &facts, &range, err);
    if (!code)
        code = load_caps(store, campaign, range, &facts, err);
    if (!code) {
        fill_time(times, wave, now_ms, &facts);
        code = load_time_member(store, campaign, &facts, err);
    }
    if (!code) {
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
