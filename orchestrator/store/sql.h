/*
 * sql.h - every statement has a name, is prepared once at open and is used through
 * a cursor that binds and reads in order, with types:
 *
 *     auto_sql struct sql sql = sql_use(store, STATEMENT_X);
 *     put_int(&sql, campaign);
 *     while (sql_next(&sql))
 *         use(take_text(&sql));
 *     return sql_end(&sql, err);
 *
 * Leaving the scope resets the statement and forgets what was bound, so that no
 * statement keeps a read transaction or a borrowed string.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "slipway/error.h"

struct store;

enum statement {
    /* transactions */
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_READ_BEGIN,
    /* writing */
    STATEMENT_CAMPAIGN_BY_DIGEST,
    STATEMENT_ADD_CAMPAIGN,
    STATEMENT_ADD_PLAN,
    STATEMENT_ADD_PLAN_ITEM,
    STATEMENT_ADD_PLAN_TIME,
    STATEMENT_ADD_TIME_EVENT,
    STATEMENT_ADD_CHAIN,
    STATEMENT_ADD_WAVE,
    STATEMENT_ADD_TARGET,
    STATEMENT_ADD_UNIT,
    STATEMENT_ADD_CAP,
    STATEMENT_ADD_TARGET_CAP,
    STATEMENT_CHAIN,
    STATEMENT_SAVE_CHAIN,
    STATEMENT_APPEND,
    STATEMENT_SAVE_CHECK,
    STATEMENT_SAVE_CAMPAIGN,
    STATEMENT_SAVE_WAVE,
    STATEMENT_SAVE_TARGET,
    STATEMENT_SAVE_UNIT,
    STATEMENT_OPEN_SNAPSHOTS,
    STATEMENT_ADD_SNAPSHOT,
    STATEMENT_SNAPSHOT_GONE,
    STATEMENT_SAVE_CAP,
    STATEMENT_PROGRESS,
    STATEMENT_ADD_INTENT,
    STATEMENT_SET_HANDLE,
    STATEMENT_SETTLE_INTENT,
    STATEMENT_SAVE_RESULT,
    /* reading: engine */
    STATEMENT_REPLAY,
    STATEMENT_PLAN,
    STATEMENT_OPEN_INTENTS,
    STATEMENT_RESULT,
    STATEMENT_RESULTS,
    /* reading: reports */
    STATEMENT_CAMPAIGNS,
    STATEMENT_CAMPAIGN,
    STATEMENT_CAMPAIGN_ID,
    STATEMENT_CAMPAIGN_NAMED,
    STATEMENT_CAMPAIGN_DIGEST,
    STATEMENT_CAMPAIGN_NEWEST,
    STATEMENT_WAVES,
    STATEMENT_COUNTS,
    STATEMENT_STEP_COUNTS,
    STATEMENT_PACE,
    STATEMENT_VERIFIED,
    STATEMENT_TARGET_NAMED,
    STATEMENT_TARGETS,
    STATEMENT_MEMBERS,
    STATEMENT_TARGETS_NEWEST,
    STATEMENT_TARGETS_OLDEST,
    STATEMENT_TARGET_INDEX,
    STATEMENT_TARGET_NAMES,
    STATEMENT_CHECKS,
    STATEMENT_INTENTS,
    STATEMENT_TARGET_INTENTS,
    STATEMENT_PLAN_TIME,
    STATEMENT_TIME_EVENTS,
    STATEMENT_FACTS,
    STATEMENT_AT_RISK,
    STATEMENT_TARGET_NAME,
    STATEMENT_UNIT_FACTS,
    STATEMENT_TARGET_CAPS,
    STATEMENT_CAPS,
    STATEMENT_EVENTS,
    STATEMENT_EVENTS_NEWEST,
    STATEMENT_CHAIN_EVENTS,
    STATEMENT_SNAPSHOTS,
    STATEMENT_DURATIONS,
    STATEMENT_HOLDS,
    /* inventory */
    STATEMENT_PUT_MANAGER,
    STATEMENT_MANAGERS,
    STATEMENT_PUT_APPLIANCE,
    STATEMENT_APPLIANCE_DIGEST,
    STATEMENT_PRUNE_APPLIANCES,
    STATEMENT_PRUNE_MANAGERS,
    STATEMENT_PUT_FLEET_TIME,
    STATEMENT_PRUNE_FLEET_TIME,
    STATEMENT_FLEET_TIME,
    STATEMENT_SEEN_VERSION,
    STATEMENT_FLEET,
    STATEMENT_APPLIANCES,
    STATEMENT_COUNT
};

/* The texts (statements.c). */
extern const char *const statement_sql[STATEMENT_COUNT];

/* Prepare all of them. A statement that does not fit the schema is a bug. */
int sql_prepare_all(struct store *store, struct slipway_error *err);
void sql_finalize_all(struct store *store);

struct sql {
    struct store *store;
    sqlite3_stmt *stmt;
    int put;      /* parameters bound so far        */
    int taken;    /* columns of this row read so far */
    int rc;       /* first failure, or the last step's result */
    bool strange; /* a word in the row that nobody knows */
};

/* Aborts if the statement is in use further up: see the rule in store.h. */
struct sql sql_use(struct store *store, enum statement which);
void sql_reset(struct sql *sql);
#define auto_sql __attribute__((cleanup(sql_reset)))

/* Texts and blobs are borrowed until the cursor leaves its scope. */
void put_int(struct sql *sql, int64_t value);
void put_text(struct sql *sql, const char *text); /* NULL: SQL's NULL */
void put_blob(struct sql *sql, const void *bytes, size_t length);
void put_null(struct sql *sql);
/* -1 becomes NULL. */
void put_index(struct sql *sql, int index);

/* One more row? */
bool sql_next(struct sql *sql);
/* After the last sql_next(): STORE_OK, or the code and sentence of what failed. */
int sql_end(struct sql *sql, struct slipway_error *err);
/* Carry a write out; a failure poisons the store. */
int sql_write(struct sql *sql, const char *doing);

int64_t take_int(struct sql *sql);
int take_int32(struct sql *sql);
int take_index(struct sql *sql); /* NULL becomes -1 */
bool take_bool(struct sql *sql);
const char *take_text(struct sql *sql); /* NULL: SQL's NULL */
const void *take_blob(struct sql *sql, size_t *length);
/* A name turned into its number; NULL is 0, an unknown one marks the row strange. */
int take_word(struct sql *sql, int (*from)(const char *name));

#endif
