/*
 * transaction.c - begin, commit, and what happens when a write fails: the first
 * failure is remembered, the transaction undone, the ballast released if the disk
 * is full, and every later write refused. After that only the rows are true, so the
 * caller must reopen and replay.
 */
#include <stdarg.h>
#include <stdio.h>

#include "store/internal.h"

/* What was remembered of a transaction that is not kept. */
static void forget(struct store *store)
{
    store->in_transaction = false;
    store->chain = (struct chain_end){0};
    store->saved.campaign = 0;
    store->last_at_ms = 0;
}

static void undo(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static int poisoned_with(struct store *store, int code)
{
    store->code = code;
    if (code == STORE_FULL) {
        ballast_release(store->dir);
        store->reserve = false;
    }
    undo(store);
    return code;
}

int store_poison(struct store *store, int code, const char *format, ...)
{
    if (store->code)
        return store->code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(store->failure.text, sizeof store->failure.text, format, args);
    va_end(args);
    return poisoned_with(store, code);
}

int store_poison_sqlite(struct store *store, const char *doing)
{
    if (store->code)
        return store->code;
    return poisoned_with(store,
                         connect_failed(store->db, store->path, doing, &store->failure));
}

bool store_poisoned(const struct store *store)
{
    return store->code != STORE_OK;
}

int store_writable(struct store *store)
{
    if (store->code)
        return store->code;
    if (!store->owner)
        return store_poison(store, STORE_ERROR, "%s is open for reading only",
                            store->path);
    if (!store->in_transaction)
        return store_poison(store, STORE_ERROR, "%s: a write outside of a transaction",
                            store->path);
    if (sqlite3_get_autocommit(store->db)) /* this write would stand alone */
        return store_poison(store, STORE_ERROR,
                            "%s: SQLite gave its transaction up; nothing of it is kept",
                            store->path);
    return STORE_OK;
}

static int say_failure(const struct store *store, struct slipway_error *err)
{
    return slipway_error_set(err, store->code, "%s", store->failure.text);
}

int store_begin(struct store *store, struct slipway_error *err)
{
    if (!store->code && !store->owner)
        (void)store_poison(store, STORE_ERROR, "%s is open for reading only",
                           store->path);
    if (!store->code && store->in_transaction)
        (void)store_poison(store, STORE_ERROR, "%s: a transaction inside a transaction",
                           store->path);
    if (!store->code) {
        auto_sql struct sql sql = sql_use(store, STATEMENT_BEGIN);
        if (!sql_write(&sql, "beginning a transaction")) {
            store->in_transaction = true;
            return STORE_OK;
        }
    }
    forget(store);
    return say_failure(store, err);
}

int store_commit(struct store *store, struct slipway_error *err)
{
    if (!store_writable(store) && !records_flush(store)) {
        auto_sql struct sql sql = sql_use(store, STATEMENT_COMMIT);
        if (!sql_write(&sql, "committing")) {
            store->in_transaction = false;
            store->last_at_ms = 0;
            return STORE_OK;
        }
    }
    forget(store);
    return say_failure(store, err);
}

void store_rollback(struct store *store)
{
    if (!store->in_transaction)
        return;
    undo(store);
    forget(store);
}

struct read_scope read_begin(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        return (struct read_scope){NULL};
    auto_sql struct sql sql = sql_use(store, STATEMENT_READ_BEGIN);
    (void)sql_next(&sql); /* if it fails each statement still sees one moment */
    return (struct read_scope){store->db};
}

void read_end(struct read_scope *scope)
{
    if (scope->db && !sqlite3_get_autocommit(scope->db))
        (void)sqlite3_exec(scope->db, "COMMIT", NULL, NULL, NULL);
}
