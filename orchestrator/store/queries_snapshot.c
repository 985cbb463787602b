/* queries_snapshot.c - our snapshots: where they are, since when, and due when. */
#include "store/internal.h"

int store_snapshots(struct store *store, const struct store_snapshot_filter *filter,
                    store_snapshot_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_SNAPSHOTS);
    put_int(&sql, filter->campaign);
    put_int(&sql, filter->target);
    put_int(&sql, filter->gone_too);
    while (sql_next(&sql)) {
        struct store_snapshot s = {.campaign = take_int(&sql)};
        s.campaign_name = take_text(&sql);
        s.target = take_int32(&sql);
        s.target_name = take_text(&sql);
        s.manager = take_text(&sql);
        s.reference = take_text(&sql);
        s.name = take_text(&sql);
        s.version = take_text(&sql);
        s.step = take_int32(&sql);
        s.step_id = take_text(&sql);
        s.incarnation = take_int32(&sql);
        s.taken_ms = take_int(&sql);
        s.due_ms = take_int(&sql);
        s.removed_ms = take_int(&sql);
        if (visit(data, &s))
            return slipway_error_set(err, STORE_STOPPED, "stopped at snapshot %s",
                                     s.name);
    }
    return sql_end(&sql, err);
}
