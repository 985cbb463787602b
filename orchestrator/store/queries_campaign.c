/*
 * queries_campaign.c - which campaigns there are, and which one is meant by what an
 * operator typed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

#define DIGEST_PREFIX_MIN 8

/* Texts stay borrowed. */
static struct store_campaign campaign_take(struct sql *sql)
{
    struct store_campaign c = {.id = take_int(sql)};
    c.name = (char *)(uintptr_t)take_text(sql);
    c.digest = (char *)(uintptr_t)take_text(sql);
    c.playbook = (char *)(uintptr_t)take_text(sql);
    c.created_by = (char *)(uintptr_t)take_text(sql);
    c.seed = (uint64_t)take_int(sql);
    c.created_ms = take_int(sql);
    c.started_ms = take_int(sql);
    c.epoch = take_int(sql);
    c.state = (enum campaign_state_id)take_word(sql, campaign_state_from);
    c.since_ms = take_int(sql);
    c.reason = (char *)(uintptr_t)take_text(sql);
    c.actor = (char *)(uintptr_t)take_text(sql);
    c.mode = (enum budget_mode)take_word(sql, budget_mode_from);
    c.budget = take_int32(sql);
    c.in_flight_max = take_int32(sql);
    c.in_flight = take_int32(sql);
    c.failed = take_int32(sql);
    c.in_doubt = take_int32(sql);
    c.target_count = take_int32(sql);
    c.wave_count = take_int32(sql);
    c.last_seq = take_int(sql);
    return c;
}

void store_campaign_clear(struct store_campaign *campaign)
{
    char *texts[] = {campaign->name,       campaign->digest, campaign->playbook,
                     campaign->created_by, campaign->reason, campaign->actor};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    *campaign = (struct store_campaign){0};
}

int store_load_campaign(struct store *store, int64_t id, struct store_campaign *out,
                        struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGN);
    put_int(&sql, id);
    bool found = sql_next(&sql);
    struct store_campaign row = found ? campaign_take(&sql) : (struct store_campaign){0};
    int code = sql_end(&sql, err);
    if (code)
        return code;
    if (!found)
        return slipway_error_set(err, STORE_NO_SUCH, "there is no campaign %lld",
                                 (long long)id);
    char **texts[] = {&row.name,       &row.digest, &row.playbook,
                      &row.created_by, &row.reason, &row.actor};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = xstrdup_null(*texts[i]);
    *out = row;
    return STORE_OK;
}

/* ---- what an operator typed ---- */

/* To `id` the only row's number, 0 if there is none, -1 if there are several. */
static int one_id(struct sql *sql, int64_t *id, struct slipway_error *err)
{
    *id = sql_next(sql) ? take_int(sql) : 0;
    if (*id && sql_next(sql))
        *id = -1;
    return sql_end(sql, err);
}

static int find_number(struct store *store, const char *which, int64_t *id,
                       struct slipway_error *err)
{
    char *end = NULL;
    long long number = strtoll(which, &end, 10);
    *id = 0;
    if (!isdigit((unsigned char)*which) || *end)
        return STORE_OK;
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGN_ID);
    put_int(&sql, number);
    return one_id(&sql, id, err);
}

static int find_text(struct store *store, enum statement statement, const char *text,
                     int64_t *id, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, statement);
    put_text(&sql, text);
    return one_id(&sql, id, err);
}

static int find_digest(struct store *store, const char *which, int64_t *id,
                       struct slipway_error *err)
{
    size_t digits = strspn(which, "0123456789abcdef");
    if (digits < DIGEST_PREFIX_MIN || which[digits])
        return STORE_OK;
    return find_text(store, STATEMENT_CAMPAIGN_DIGEST, which, id, err);
}

static int find_newest(struct store *store, int64_t *id, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGN_NEWEST);
    return one_id(&sql, id, err);
}

int store_find_campaign(struct store *store, const char *which,
                        struct store_campaign *out, struct slipway_error *err)
{
    auto_read struct read_scope scope = read_begin(store);
    int64_t id = 0;
    int code = which ? find_number(store, which, &id, err) : find_newest(store, &id, err);
    if (!code && which && !id)
        code = find_text(store, STATEMENT_CAMPAIGN_NAMED, which, &id, err);
    if (!code && which && !id)
        code = find_digest(store, which, &id, err);
    if (code)
        return code;
    if (id > 0)
        return store_load_campaign(store, id, out, err);
    if (!which)
        return slipway_error_set(err, STORE_NO_SUCH,
                                 "there is no campaign yet; make one with: slipway plan, "
                                 "and start it with: slipway run");
    return slipway_error_set(err, STORE_NO_SUCH,
                             id < 0
                                 ? "%.80s: more than one campaign's digest begins so"
                                 : "%.80s: no campaign has this number, name or digest",
                             which);
}

int store_campaigns(struct store *store, store_campaign_fn visit, void *data,
                    struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CAMPAIGNS);
    while (!sql.strange && sql_next(&sql)) {
        struct store_campaign campaign = campaign_take(&sql);
        if (!sql.strange && visit(data, &campaign))
            return slipway_error_set(err, STORE_STOPPED, "stopped at campaign %lld",
                                     (long long)campaign.id);
    }
    return sql_end(&sql, err);
}

int store_plan(struct store *store, int64_t campaign, char **out, size_t *length,
               struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_PLAN);
    put_int(&sql, campaign);
    if (sql_next(&sql)) {
        size_t count;
        const char *bytes = take_blob(&sql, &count);
        if (count && memchr(bytes, 0, count)) /* a text of that length it is not */
            return slipway_error_set(err, STORE_CORRUPT,
                                     "the plan of campaign %lld is damaged; restore the "
                                     "state from a backup",
                                     (long long)campaign);
        *out = xstrndup(bytes, count);
        *length = count;
        return STORE_OK;
    }
    int code = sql_end(&sql, err);
    return code ? code
                : slipway_error_set(err, STORE_NO_SUCH, "there is no campaign %lld",
                                    (long long)campaign);
}
