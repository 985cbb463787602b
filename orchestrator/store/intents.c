/*
 * intents.c - effects that are about to be issued, and what became of them.
 *
 * An intent row is a promise written ahead: it is committed before its effect leaves
 * the machine, so that after any crash the rows without an outcome are exactly the
 * effects that may have happened. It is settled once. Its key is unique over all
 * campaigns; only what certainly had no effect is issued again under the same key.
 */
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

int store_add_intent(struct store *store, int64_t campaign,
                     const struct store_intent *intent)
{
    int code = store_writable(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_ADD_INTENT);
    put_int(&sql, campaign);
    put_int(&sql, intent->id);
    put_int(&sql, intent->target);
    put_text(&sql, activity_name(intent->activity));
    put_int(&sql, intent->index);
    put_text(&sql, moment_name(intent->moment));
    put_text(&sql, intent->step);
    put_text(&sql, intent->use);
    put_text(&sql, repeat_name(intent->repeat));
    put_int(&sql, intent->incarnation);
    put_int(&sql, intent->attempt);
    put_text(&sql, intent->key);
    put_text(&sql, intent->fingerprint);
    put_text(&sql, intent->with);
    put_text(&sql, intent->target_digest);
    put_int(&sql, intent->issued_ms);
    put_int(&sql, intent->deadline_ms);
    return sql_write(&sql, "adding an intent");
}

/* Exactly one open intent must have been touched. */
static int one_changed(struct store *store, int64_t campaign, int64_t intent)
{
    if (sqlite3_changes(store->db) == 1)
        return STORE_OK;
    return store_poison(
        store, STORE_NO_SUCH,
        "%s: campaign %lld has no open intent %lld: memory and rows disagree",
        store->path, (long long)campaign, (long long)intent);
}

int store_set_handle(struct store *store, int64_t campaign, int64_t intent,
                     const char *handle)
{
    int code = store_writable(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SET_HANDLE);
    put_text(&sql, handle);
    put_int(&sql, campaign);
    put_int(&sql, intent);
    code = sql_write(&sql, "saving a handle");
    return code ? code : one_changed(store, campaign, intent);
}

int store_settle_intent(struct store *store, int64_t campaign, int64_t intent,
                        const char *outcome, const char *sentence, int64_t at_ms)
{
    int code = store_writable(store);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SETTLE_INTENT);
    put_int(&sql, at_ms);
    put_text(&sql, outcome);
    put_text(&sql, sentence);
    put_int(&sql, campaign);
    put_int(&sql, intent);
    code = sql_write(&sql, "settling an intent");
    return code ? code : one_changed(store, campaign, intent);
}

/* ---- reading ---- */

static struct store_intent intent_take(struct sql *sql)
{
    struct store_intent i = {.id = take_int(sql)};
    i.target = take_int32(sql);
    i.target_name = take_text(sql);
    i.activity = (enum activity)take_word(sql, activity_from);
    i.index = take_int32(sql);
    i.moment = (enum moment)take_word(sql, moment_from);
    i.step = take_text(sql);
    i.use = take_text(sql);
    i.repeat = (enum slipway_class)take_word(sql, repeat_from);
    i.incarnation = take_int32(sql);
    i.attempt = take_int32(sql);
    i.key = take_text(sql);
    i.fingerprint = take_text(sql);
    i.with = take_text(sql);
    i.target_digest = take_text(sql);
    i.issued_ms = take_int(sql);
    i.deadline_ms = take_int(sql);
    i.handle = take_text(sql);
    i.settled_ms = take_int(sql);
    i.outcome = take_text(sql);
    i.sentence = take_text(sql);
    return i;
}

static int visit_all(struct sql *sql, store_intent_fn visit, void *data,
                     struct slipway_error *err)
{
    while (!sql->strange && sql_next(sql)) {
        struct store_intent intent = intent_take(sql);
        if (!sql->strange && visit(data, &intent))
            return slipway_error_set(err, STORE_STOPPED, "stopped at intent %lld",
                                     (long long)intent.id);
    }
    return sql_end(sql, err);
}

int store_open_intents(struct store *store, int64_t campaign, store_intent_fn visit,
                       void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_OPEN_INTENTS);
    put_int(&sql, campaign);
    return visit_all(&sql, visit, data, err);
}

int store_intents(struct store *store, int64_t campaign, int target, int limit,
                  store_intent_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql =
        sql_use(store, target < 0 ? STATEMENT_INTENTS : STATEMENT_TARGET_INTENTS);
    put_int(&sql, campaign);
    if (target >= 0)
        put_int(&sql, target);
    put_int(&sql, limit ? limit : -1);
    return visit_all(&sql, visit, data, err);
}
