/*
 * queries_event.c - the records as people ask for them: of one target, of one kind,
 * the newest, the ones since the last look.
 */
#include "engine/machine.h"
#include "store/internal.h"

static const char *hex(const unsigned char *bytes, size_t length, char out[SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < length && at + 2 < SHA256_HEX; i++) {
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
    out[at] = '\0';
    return out;
}

static void name_moves(const struct record *record, struct store_event *out)
{
    const struct machine *machine = record_machine(record->kind);
    if (!machine)
        return;
    out->from = machine_state(machine, record->from);
    out->event = machine_event(machine, record->event);
    out->to = machine_state(machine, record->to);
}

static int visit_event(struct sql *sql, const struct record *record, store_event_fn visit,
                       void *data)
{
    char digits[SHA256_HEX];
    size_t length = 0;
    struct store_event event = {.record = record};
    event.target_name = take_text(sql);
    event.wave_name = take_text(sql);
    const unsigned char *hash = take_blob(sql, &length);
    event.hash = hex(hash, length, digits);
    event.item = take_text(sql);
    name_moves(record, &event);
    return visit(data, &event);
}

int store_events(struct store *store, int64_t campaign,
                 const struct store_event_filter *filter, store_event_fn visit,
                 void *data, struct slipway_error *err)
{
    auto_sql struct sql sql =
        sql_use(store, filter->newest_first ? STATEMENT_EVENTS_NEWEST : STATEMENT_EVENTS);
    put_int(&sql, campaign);
    put_int(&sql, filter->since_seq);
    put_int(&sql, filter->target);
    put_int(&sql, filter->wave);
    put_text(&sql,
             filter->kind < 0 ? NULL : record_kind_name((enum record_kind)filter->kind));
    put_int(&sql, filter->limit ? filter->limit : -1);
    struct record record;
    while (sql_next(&sql) && !record_take(&sql, &record)) {
        if (visit_event(&sql, &record, visit, data))
            return slipway_error_set(err, STORE_STOPPED, "stopped at record %lld",
                                     (long long)record.seq);
    }
    return sql_end(&sql, err);
}
