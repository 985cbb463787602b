/* queries_history.c - what earlier campaigns know: durations and holds that still stand. */
#include "store/internal.h"

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

int store_durations(struct store *store, const char *playbook, int limit,
                    store_duration_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_DURATIONS);
    put_text(&sql, playbook);
    put_int(&sql, limit);
    while (!sql.strange && sql_next(&sql)) {
        (void)take_int(&sql); /* the campaign: only for the order */
        struct store_duration d = {.part = (enum activity)take_word(&sql, activity_from)};
        d.step_id = take_text(&sql);
        d.target = take_text(&sql);
        d.version_from = text_or_empty(take_text(&sql));
        d.version_before = text_or_empty(take_text(&sql));
        d.version_now = text_or_empty(take_text(&sql));
        d.took_ms = take_int(&sql);
        if (!sql.strange && visit(data, &d))
            return slipway_error_set(err, STORE_STOPPED, "stopped at target %s",
                                     d.target);
    }
    return sql_end(&sql, err);
}

int store_holds(struct store *store, int64_t now_ms, store_hold_fn visit, void *data,
                struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_HOLDS);
    put_int(&sql, now_ms);
    while (sql_next(&sql)) {
        struct store_hold hold = {.target = take_text(&sql)};
        hold.campaign = take_text(&sql);
        hold.reason = take_text(&sql);
        hold.until_ms = take_int(&sql);
        if (visit(data, &hold))
            return slipway_error_set(err, STORE_STOPPED, "stopped at target %s",
                                     hold.target);
    }
    return sql_end(&sql, err);
}
