/*
 * sql.c - the cursor of sql.h. A failure is kept in the cursor and said once, by
 * sql_end() for reads and sql_write() for writes, so that callers do not check each
 * value. Reading goes on to work on a poisoned store.
 */
#include "store/sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "util/xalloc.h"

int sql_prepare_all(struct store *store, struct slipway_error *err)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(store->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return connect_failed(store->db, store->path, "preparing its statements",
                                  err);
    }
    return STORE_OK;
}

void sql_finalize_all(struct store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

struct sql sql_use(struct store *store, enum statement which)
{
    sqlite3_stmt *stmt = store->statements[which];
    if (sqlite3_stmt_busy(stmt))
        abort(); /* asked again from its own callback: the outer loop would break */
    return (struct sql){.store = store, .stmt = stmt, .rc = SQLITE_OK};
}

void sql_reset(struct sql *sql)
{
    if (!sql->stmt)
        return;
    (void)sqlite3_reset(sql->stmt);
    (void)sqlite3_clear_bindings(sql->stmt);
}

static void bound(struct sql *sql, int rc)
{
    if (sql->rc == SQLITE_OK)
        sql->rc = rc;
}

void put_int(struct sql *sql, int64_t value)
{
    bound(sql, sqlite3_bind_int64(sql->stmt, ++sql->put, value));
}

void put_text(struct sql *sql, const char *text)
{
    bound(sql, sqlite3_bind_text(sql->stmt, ++sql->put, text, -1, SQLITE_STATIC));
}

void put_blob(struct sql *sql, const void *bytes, size_t length)
{
    bound(sql, sqlite3_bind_blob64(sql->stmt, ++sql->put, bytes, length, SQLITE_STATIC));
}

void put_null(struct sql *sql)
{
    bound(sql, sqlite3_bind_null(sql->stmt, ++sql->put));
}

void put_index(struct sql *sql, int index)
{
    if (index == -1)
        put_null(sql);
    else
        put_int(sql, index);
}

bool sql_next(struct sql *sql)
{
    if (sql->rc != SQLITE_OK && sql->rc != SQLITE_ROW)
        return false;
    sql->rc = sqlite3_step(sql->stmt);
    sql->taken = 0;
    if (sql->store->in_transaction && sql->rc != SQLITE_ROW && sql->rc != SQLITE_DONE)
        (void)store_poison_sqlite(sql->store, "reading it");
    return sql->rc == SQLITE_ROW;
}

int sql_end(struct sql *sql, struct slipway_error *err)
{
    if (sql->strange)
        return slipway_error_set(
            err, STORE_CORRUPT,
            "%s: a row holds a word that this slipway does not know; "
            "the database is damaged or was edited",
            sql->store->path);
    if (sql->rc == SQLITE_DONE || sql->rc == SQLITE_ROW || sql->rc == SQLITE_OK)
        return STORE_OK;
    return connect_failed(sql->store->db, sql->store->path, "reading it", err);
}

int sql_write(struct sql *sql, const char *doing)
{
    errno = 0; /* SQLite does not keep it for a commit, and it tells full from broken */
    if (sql->rc == SQLITE_OK)
        sql->rc = sqlite3_step(sql->stmt);
    if (sql->rc == SQLITE_DONE)
        return STORE_OK;
    return store_poison_sqlite(sql->store, doing);
}

int64_t take_int(struct sql *sql)
{
    return sqlite3_column_int64(sql->stmt, sql->taken++);
}

int take_int32(struct sql *sql)
{
    return sqlite3_column_int(sql->stmt, sql->taken++);
}

int take_index(struct sql *sql)
{
    int column = sql->taken++;
    if (sqlite3_column_type(sql->stmt, column) == SQLITE_NULL)
        return -1;
    return sqlite3_column_int(sql->stmt, column);
}

bool take_bool(struct sql *sql)
{
    return take_int(sql) != 0;
}

const char *take_text(struct sql *sql)
{
    int column = sql->taken++;
    bool is_null = sqlite3_column_type(sql->stmt, column) == SQLITE_NULL;
    const char *text = (const char *)sqlite3_column_text(sql->stmt, column);
    if (!text && !is_null)
        out_of_memory(); /* it would pass for a column without a value */
    return text;
}

const void *take_blob(struct sql *sql, size_t *length)
{
    int column = sql->taken++;
    const void *bytes = sqlite3_column_blob(sql->stmt, column);
    *length = (size_t)sqlite3_column_bytes(sql->stmt, column);
    return bytes;
}

int take_word(struct sql *sql, int (*from)(const char *name))
{
    const char *text = take_text(sql);
    if (!text)
        return 0;
    int value = from(text);
    if (value >= 0)
        return value;
    sql->strange = true;
    return 0;
}
