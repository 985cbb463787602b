/*
 * results.c - what steps gave back, kept for the templates and expressions of later
 * steps. One row per target and step: the newest wins. Longer results than a plugin
 * may give are refused, not cut: half a document is none.
 */
#include <string.h>

#include "store/internal.h"
#include "util/xalloc.h"

int store_save_result(struct store *store, int64_t campaign, int target, const char *step,
                      int incarnation, const char *json, int64_t at_ms)
{
    int code = store_writable(store);
    if (!code && strnlen(json, SLIPWAY_RESULT_MAX + 1) > SLIPWAY_RESULT_MAX)
        code = store_poison(store, STORE_ERROR,
                            "the result of step %s is longer than %u bytes", step,
                            SLIPWAY_RESULT_MAX);
    if (code)
        return code;
    auto_sql struct sql sql = sql_use(store, STATEMENT_SAVE_RESULT);
    put_int(&sql, campaign);
    put_int(&sql, target);
    put_text(&sql, step);
    put_int(&sql, incarnation);
    put_text(&sql, json);
    put_int(&sql, at_ms);
    return sql_write(&sql, "saving a result");
}

int store_result(struct store *store, int64_t campaign, int target, const char *step,
                 char **json, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_RESULT);
    put_int(&sql, campaign);
    put_int(&sql, target);
    put_text(&sql, step);
    if (sql_next(&sql)) {
        *json = xstrdup(take_text(&sql));
        return STORE_OK;
    }
    int code = sql_end(&sql, err);
    return code
               ? code
               : slipway_error_set(err, STORE_NO_SUCH, "step %s has no result yet", step);
}

int store_results(struct store *store, int64_t campaign, int target,
                  store_result_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_RESULTS);
    put_int(&sql, campaign);
    put_int(&sql, target);
    while (sql_next(&sql)) {
        struct store_result_row row = {.step = take_text(&sql)};
        row.incarnation = take_int32(&sql);
        row.at_ms = take_int(&sql);
        row.json = take_text(&sql);
        if (visit(data, &row))
            return slipway_error_set(err, STORE_STOPPED, "stopped at step %s", row.step);
    }
    return sql_end(&sql, err);
}
