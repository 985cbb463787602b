/*
 * create.c - a plan becomes rows: the campaign, its waves, targets and caps in their
 * first states, and the plan's text beside them. All of what `status` and `why` show
 * of the plan is copied into rows here, so that they never parse it.
 */
#include <string.h>

#include "engine/machine.h"
#include "store/internal.h"
#include "util/auto.h"

static int add_campaign(struct store *store, const struct plan *plan, uint64_t seed,
                        int64_t now_ms, const char *created_by)
{
    enum campaign_state_id state =
        plan->approval_required ? CAMPAIGN_UNAPPROVED : CAMPAIGN_READY;
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_CAMPAIGN);
    put_text(&sql, plan->campaign);
    put_text(&sql, plan->digest);
    put_text(&sql, plan->playbook.name);
    put_int(&sql, (int64_t)seed);
    put_int(&sql, now_ms);
    put_text(&sql, created_by);
    put_int(&sql, (int64_t)plan->target_count);
    put_int(&sql, (int64_t)plan->wave_count);
    put_text(&sql, budget_mode_name(plan->mode));
    put_text(&sql, machine_state(&campaign_machine, (int)state));
    put_int(&sql, plan->budget);
    put_int(&sql, plan->in_flight);
    return sql_write(&sql, "adding a campaign");
}

static int add_plan(struct store *store, int64_t campaign, const char *json)
{
    size_t length = strnlen(json, STORE_PLAN_MAX + 1);
    if (length > STORE_PLAN_MAX)
        return store_poison(store, STORE_ERROR,
                            "the plan is longer than %u MiB; split it",
                            STORE_PLAN_MAX / 1024 / 1024);
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_PLAN);
    put_int(&sql, campaign);
    put_blob(&sql, json, length);
    return sql_write(&sql, "adding a plan");
}

/* The first record is chained to the plan. */
static int add_chain(struct store *store, int64_t campaign, const struct plan *plan)
{
    char hash[SHA256_HEX];
    sha256_chain(plan->digest, "", 0, hash);
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_CHAIN);
    put_int(&sql, campaign);
    put_text(&sql, hash);
    return sql_write(&sql, "beginning the records of a campaign");
}

static int add_item(struct store *store, int64_t campaign, const char *kind, size_t index,
                    const struct operation *op)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_PLAN_ITEM);
    put_int(&sql, campaign);
    put_text(&sql, kind);
    put_int(&sql, (int64_t)index);
    put_text(&sql, op->id);
    put_text(&sql, op->use);
    return sql_write(&sql, "adding the steps of a plan");
}

static int add_items(struct store *store, int64_t campaign,
                     const struct playbook *playbook)
{
    int code = STORE_OK;
    for (size_t i = 0; i < playbook->step_count && !code; i++)
        code = add_item(store, campaign, "step", i, &playbook->steps[i].op);
    for (size_t i = 0; i < playbook->check_count && !code; i++)
        code = add_item(store, campaign, "check", i, &playbook->checks[i].op);
    for (size_t i = 0; i < playbook->read_count && !code; i++)
        code = add_item(store, campaign, "read", i, &playbook->reads[i]);
    for (size_t i = 0; i < playbook->recovery_op_count && !code; i++)
        code = add_item(store, campaign, "recover", i, &playbook->recovery_ops[i]);
    return code;
}

static int add_wave(struct store *store, int64_t campaign, const struct plan *plan,
                    size_t index)
{
    const struct plan_wave *wave = &plan->waves[index];
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_WAVE);
    put_int(&sql, campaign);
    put_int(&sql, (int64_t)index);
    put_text(&sql, wave->name);
    put_int(&sql, wave->count);
    put_int(&sql, wave->soak_ms);
    put_int(&sql, wave->budget);
    put_int(&sql, wave->gate);
    return sql_write(&sql, "adding a wave");
}

static int add_caps(struct store *store, int64_t campaign, const char *kind,
                    const struct plan_cap *caps, size_t count)
{
    int code = STORE_OK;
    for (size_t i = 0; i < count && !code; i++) {
        auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_CAP);
        put_int(&sql, campaign);
        put_text(&sql, kind);
        put_int(&sql, (int64_t)i);
        put_text(&sql, caps[i].key);
        put_int(&sql, caps[i].max);
        code = sql_write(&sql, "adding a domain or limit");
    }
    return code;
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static int add_target(struct store *store, int64_t campaign, const struct plan *plan,
                      size_t index)
{
    const struct plan_target *target = &plan->targets[index];
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_TARGET);
    put_int(&sql, campaign);
    put_int(&sql, (int64_t)index);
    put_int(&sql, target->wave);
    put_text(&sql, target->name);
    put_text(&sql, text_or_empty(target->site));
    put_text(&sql, text_or_empty(target->link_group));
    put_text(&sql, text_or_empty(target->manager));
    put_text(&sql, text_or_empty(target->version));
    put_int(&sql, target->companion);
    put_int(&sql, plan_unit_of(plan, (int)index));
    return sql_write(&sql, "adding a target");
}

static int add_unit(struct store *store, int64_t campaign, const struct plan *plan,
                    size_t index)
{
    const struct plan_unit *unit = &plan->units[index];
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_UNIT);
    put_int(&sql, campaign);
    put_int(&sql, (int64_t)index);
    put_text(&sql, unit->name);
    put_int(&sql, unit->first);
    put_int(&sql, unit->count);
    return sql_write(&sql, "adding a link group");
}

static int add_target_cap(struct store *store, int64_t campaign, size_t target,
                          const char *kind, int rank, int cap)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_TARGET_CAP);
    put_int(&sql, campaign);
    put_int(&sql, (int64_t)target);
    put_text(&sql, kind);
    put_int(&sql, rank);
    put_int(&sql, cap);
    return sql_write(&sql, "adding the domains and limits of a target");
}

/* The limits that the first thing after admission takes: those of a snapshot, or of
   the change step itself if that goes without one. */
static int admission_limits(const struct plan *plan, const struct plan_target *target,
                            int out[ACTIVITY_LIMITS_MAX])
{
    int first, end, count = 0;
    plan_phase(plan, PHASE_CHANGE, &first, &end);
    if (first == end)
        return 0;
    const struct step *step = &plan->playbook.steps[first];
    bool in_unit = plan_unit_of(plan, (int)(target - plan->targets)) >= 0;
    if (in_unit || (step->snapshot && plan->playbook.rollback == ROLLBACK_SNAPSHOT)) {
        if (target->manager_limit >= 0)
            out[count++] = target->manager_limit;
        if (target->datastore_limit >= 0)
            out[count++] = target->datastore_limit;
        return count;
    }
    for (size_t i = 0; i < step->limit_count && count < ACTIVITY_LIMITS_MAX; i++) {
        int limit = plan_limit(plan, step->limits[i]);
        if (limit >= 0)
            out[count++] = limit;
    }
    return count;
}

static int add_target_caps(struct store *store, int64_t campaign, const struct plan *plan,
                           size_t index)
{
    const struct plan_target *target = &plan->targets[index];
    int limits[ACTIVITY_LIMITS_MAX];
    int count = admission_limits(plan, target, limits), code = STORE_OK;
    for (int i = 0; i < target->domain_count && !code; i++)
        code = add_target_cap(store, campaign, index, "domain", i, target->domains[i]);
    for (int i = 0; i < count && !code; i++)
        code = add_target_cap(store, campaign, index, "limit", i, limits[i]);
    return code;
}

static int add_rows(struct store *store, int64_t campaign, const struct plan *plan)
{
    int code = add_items(store, campaign, &plan->playbook);
    for (size_t i = 0; i < plan->wave_count && !code; i++)
        code = add_wave(store, campaign, plan, i);
    for (size_t i = 0; i < plan->unit_count && !code; i++)
        code = add_unit(store, campaign, plan, i);
    if (!code)
        code = add_caps(store, campaign, "domain", plan->domains, plan->domain_count);
    if (!code)
        code = add_caps(store, campaign, "limit", plan->limits, plan->limit_count);
    for (size_t i = 0; i < plan->target_count && !code; i++) {
        code = add_target(store, campaign, plan, i);
        if (!code)
            code = add_target_caps(store, campaign, plan, i);
    }
    return code;
}

static int find_by_digest(struct store *store, const char *digest, int64_t *id)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGN_BY_DIGEST);
    put_text(&sql, digest);
    *id = sql_next(&sql) ? take_int(&sql) : 0;
    return sql.rc == SQLITE_ROW || sql.rc == SQLITE_DONE
               ? STORE_OK
               : store_poison_sqlite(store, "looking for a campaign");
}

int store_create_campaign(struct store *store, const struct plan *plan,
                          const char *plan_json, uint64_t seed, int64_t now_ms,
                          const char *created_by, int64_t *id)
{
    int64_t campaign = 0;
    int code = store_writable(store);
    if (!code && !plan->digest)
        code = store_poison(store, STORE_ERROR, "the plan has no digest");
    if (!code)
        code = find_by_digest(store, plan->digest, &campaign);
    if (!code && campaign) {
        *id = campaign;
        return STORE_OK;
    }
    if (!code)
        code = add_campaign(store, plan, seed, now_ms, created_by);
    campaign = sqlite3_last_insert_rowid(store->db);
    if (!code)
        code = add_plan(store, campaign, plan_json);
    if (!code)
        code = times_add_plan(store, campaign, plan);
    if (!code)
        code = add_chain(store, campaign, plan);
    if (!code)
        code = add_rows(store, campaign, plan);
    if (!code)
        *id = campaign;
    return code;
}
