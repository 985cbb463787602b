/*
 * queries_target.c - targets one by one: by name, by state, in order. The columns
 * that are read here stand in statements.c under TARGET_COLUMNS.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/machine.h"
#include "store/internal.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static void take_activity(struct sql *sql, struct store_target *t)
{
    t->activity = (enum activity)take_word(sql, activity_from);
    t->activity_index = take_int32(sql);
    t->activity_id = take_text(sql);
    t->activity_use = take_text(sql);
    t->moment = (enum moment)take_word(sql, moment_from);
    t->step_state = (enum step_state_id)take_word(sql, step_state_from);
    t->attempt = take_int32(sql);
    t->intent = take_int(sql);
    t->begun_ms = take_int(sql);
    t->issued_ms = take_int(sql);
    t->deadline_ms = take_int(sql);
    t->not_before_ms = take_int(sql);
    t->doubt_since_ms = take_int(sql);
    t->handle = take_text(sql);
    t->sentence = take_text(sql);
    t->progress = take_index(sql);
    t->progress_text = take_text(sql);
}

static struct store_target target_take(struct sql *sql)
{
    struct store_target t = {.index = take_int32(sql)};
    t.name = take_text(sql);
    t.site = take_text(sql);
    t.link_group = take_text(sql);
    t.manager = take_text(sql);
    t.wave = take_int32(sql);
    t.wave_name = take_text(sql);
    t.version_from = take_text(sql);
    t.version_before = take_text(sql);
    t.version_now = take_text(sql);
    t.state = (enum target_state_id)take_word(sql, target_state_from);
    t.parked_from = (enum target_state_id)take_word(sql, target_state_from);
    t.since_ms = take_int(sql);
    t.first_ms = take_int(sql);
    t.soak_until_ms = take_int(sql);
    t.reason = take_text(sql);
    t.position = take_int32(sql);
    t.position_step = take_text(sql);
    t.incarnation = take_int32(sql);
    t.retries = take_int32(sql);
    t.changed = take_bool(sql);
    t.acknowledged = take_bool(sql);
    t.hold_reason = take_text(sql);
    t.hold_actor = take_text(sql);
    t.hold_until_ms = take_int(sql);
    take_activity(sql, &t);
    t.companion = take_bool(sql);
    t.arrived = take_bool(sql);
    t.off = take_bool(sql);
    t.unit = take_int32(sql);
    const char *state = take_text(sql);
    t.unit_state = (enum group_state_id)(state ? group_state_from(state) : 0);
    sql->strange = sql->strange || (int)t.unit_state < 0;
    t.unit_reason = take_text(sql);
    return t;
}

static int visit_all(struct sql *sql, store_target_fn visit, void *data, int *seen,
                     struct slipway_error *err)
{
    while (!sql->strange && sql_next(sql)) {
        struct store_target target = target_take(sql);
        ++*seen;
        if (!sql->strange && visit(data, &target))
            return slipway_error_set(err, STORE_STOPPED, "stopped at target %s",
                                     target.name);
    }
    return sql_end(sql, err);
}

/* ---- by name ---- */

struct names {
    char **items;
    size_t count, room;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int no_such_target(struct store *store, int64_t campaign, const char *name,
                          struct slipway_error *err)
{
    __attribute__((cleanup(names_free))) struct names names = {0};
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_NAMES);
    put_int(&sql, campaign);
    while (sql_next(&sql))
        *vec_push(names.items, names.count, names.room) = xstrdup(take_text(&sql));
    const char *near = text_nearest(name, (const char *const *)names.items, names.count);
    char shown[120];
    return slipway_error_set(err, STORE_NO_SUCH, "%s: no target has this name%s%s%s",
                             text_clean(name, shown, sizeof shown),
                             near ? "; did you mean " : "", near ? near : "",
                             near ? "?" : "");
}

int store_target_index(struct store *store, int64_t campaign, const char *name,
                       int *index, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_INDEX);
    put_int(&sql, campaign);
    put_text(&sql, name);
    if (sql_next(&sql)) {
        *index = take_int32(&sql);
        return STORE_OK;
    }
    int code = sql_end(&sql, err);
    return code ? code : no_such_target(store, campaign, name, err);
}

static int visit_named(struct store *store, int64_t campaign, const char *name,
                       store_target_fn visit, void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_TARGET_NAMED);
    put_int(&sql, campaign);
    put_text(&sql, name);
    int seen = 0;
    int code = visit_all(&sql, visit, data, &seen, err);
    return code || seen ? code : no_such_target(store, campaign, name, err);
}

/* ---- by state ---- */

/* ["changing","checking"], or NULL for all when that is allowed. */
static char *states_json(unsigned states, bool all_is_null)
{
    if (!states && all_is_null)
        return NULL;
    auto_buf struct buf out = {0};
    for (int i = 0; i < TARGET_STATE_COUNT; i++) {
        if (states && !(states >> i & 1u))
            continue;
        buf_addf(&out, "%s\"%s\"", out.length ? "," : "[",
                 machine_state(&target_machine, i));
    }
    buf_addc(&out, ']');
    return buf_take(&out);
}

int store_targets(struct store *store, int64_t campaign,
                  const struct store_target_filter *filter, store_target_fn visit,
                  void *data, struct slipway_error *err)
{
    static const enum statement statements[] = {
        [STORE_BY_INDEX] = STATEMENT_TARGETS,
        [STORE_NEWEST_FIRST] = STATEMENT_TARGETS_NEWEST,
        [STORE_OLDEST_FIRST] = STATEMENT_TARGETS_OLDEST,
    };
    if (filter->name)
        return visit_named(store, campaign, filter->name, visit, data, err);
    auto_free char *states = states_json(filter->states, filter->order == STORE_BY_INDEX);
    auto_sql struct sql sql = sql_use(store, statements[filter->order]);
    put_int(&sql, campaign);
    put_int(&sql, filter->after);
    put_int(&sql, filter->wave);
    put_text(&sql, states);
    put_int(&sql, filter->held);
    put_int(&sql, filter->limit ? filter->limit : -1);
    int seen = 0;
    return visit_all(&sql, visit, data, &seen, err);
}

int store_members(struct store *store, int64_t campaign, int unit, store_target_fn visit,
                  void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_MEMBERS);
    put_int(&sql, campaign);
    put_int(&sql, unit);
    int seen = 0;
    return visit_all(&sql, visit, data, &seen, err);
}

/* ---- checks ---- */

int store_checks(struct store *store, int64_t campaign, int target, store_check_fn visit,
                 void *data, struct slipway_error *err)
{
    auto_sql struct sql sql = sql_use(store, STATEMENT_CHECKS);
    put_int(&sql, campaign);
    put_int(&sql, target);
    while (!sql.strange && sql_next(&sql)) {
        struct store_check check = {.target = take_int32(&sql)};
        check.target_name = take_text(&sql);
        check.check = take_int32(&sql);
        check.check_id = take_text(&sql);
        check.moment = (enum moment)take_word(&sql, moment_from);
        check.verdict = (enum verdict)take_word(&sql, verdict_from);
        check.text = take_text(&sql);
        check.at_ms = take_int(&sql);
        if (!sql.strange && visit(data, &check))
            return slipway_error_set(err, STORE_STOPPED, "stopped at check %s",
                                     check.check_id);
    }
    return sql_end(&sql, err);
}
