/*
 * connect.c - one SQLite connection, with every trap that we know of closed.
 *
 * Durability is set and read back (WAL, synchronous FULL), not trusted to a
 * default. A schema is data from outside: it may not call functions with side
 * effects, nor attach files. Readers neither checkpoint nor write. Every failure
 * becomes one of the codes on which callers decide, with a sentence that names the
 * file and what to do.
 */
#include <errno.h>
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"

#define LENGTH_MAX (STORE_PLAN_MAX + 1024 * 1024)

static const char common[] = "PRAGMA foreign_keys=ON;"
                             "PRAGMA trusted_schema=OFF;"
                             "PRAGMA recursive_triggers=ON;" /* REPLACE deletes, too */
                             "PRAGMA cell_size_check=ON;"
                             "PRAGMA mmap_size=0;"
                             "PRAGMA temp_store=MEMORY;";
static const char for_writing[] = "PRAGMA journal_mode=WAL;"
                                  "PRAGMA synchronous=FULL;"
                                  "PRAGMA journal_size_limit=67108864;"
                                  "PRAGMA wal_autocheckpoint=1000;"
                                  "PRAGMA cache_size=-65536;";
static const char for_reading[] = "PRAGMA query_only=ON;"
                                  "PRAGMA wal_autocheckpoint=0;"
                                  "PRAGMA cache_size=-16384;";

static bool is_full(int rc, int system)
{
    return (rc & 0xff) == SQLITE_FULL ||
           ((rc & 0xff) == SQLITE_IOERR &&
            (system == ENOSPC || system == EDQUOT || system == EFBIG));
}

int connect_failed(sqlite3 *db, const char *path, const char *doing,
                   struct slipway_error *err)
{
    int system = sqlite3_system_errno(db) ? sqlite3_system_errno(db) : errno;
    int rc = sqlite3_extended_errcode(db);
    const char *said = sqlite3_errmsg(db);
    if (is_full(rc, system))
        return slipway_error_set(
            err, STORE_FULL,
            "%s: no room left on the disk (%s, %s); make room, then go on "
            "with: slipway resume",
            path, doing, said);
    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
        return slipway_error_set(
            err, STORE_CORRUPT,
            "%s is damaged (%s, %s): keep a copy of its directory, then put "
            "back a backup (slipway.db.before-vN or your own)",
            path, doing, said);
    if ((rc & 0xff) == SQLITE_CANTOPEN)
        return slipway_error_set(
            err, STORE_ERROR,
            "%s cannot be opened (%s, %s): its directory must be readable, "
            "and writable while no slipway runs",
            path, doing, said);
    return slipway_error_set(err, STORE_ERROR, "%s: %s: %s (%d)", path, doing, said, rc);
}

int connect_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return -1;
    bool found = sqlite3_step(stmt) == SQLITE_ROW;
    if (found)
        *out = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return found ? 0 : -1;
}

/* quick_check and integrity_check answer one row "ok", or say what is wrong. */
int connect_check(sqlite3 *db, const char *path, const char *pragma,
                  struct slipway_error *err)
{
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA %s(1)", pragma);
    sqlite3_stmt *stmt = NULL;
    int code = STORE_OK;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        code = connect_failed(db, path, "checking it", err);
    const char *found = code ? "ok" : (const char *)sqlite3_column_text(stmt, 0);
    if (!found)
        code = connect_failed(db, path, "checking it", err);
    else if (strcmp(found, "ok") != 0)
        code = slipway_error_set(
            err, STORE_CORRUPT,
            "%s is damaged (%.200s): keep a copy of its directory, then put "
            "back a backup (slipway.db.before-vN or your own)",
            path, found);
    (void)sqlite3_finalize(stmt);
    return code;
}

static void configure(sqlite3 *db, bool writing)
{
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, STORE_BUSY_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !writing, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)LENGTH_MAX);
}

/* A pragma that did not take is worse than one that was never set. */
static int read_back(sqlite3 *db, const char *path, bool writing,
                     struct slipway_error *err)
{
    int64_t keys = 0, synchronous = 0;
    if (connect_number(db, "PRAGMA foreign_keys", &keys) ||
        connect_number(db, "PRAGMA synchronous", &synchronous))
        return connect_failed(db, path, "reading its settings", err);
    if (keys == 1 && (!writing || synchronous == 2))
        return STORE_OK;
    return slipway_error_set(
        err, STORE_ERROR,
        "%s: this SQLite does not keep what is asked of it (foreign_keys "
        "%lld, synchronous %lld)",
        path, (long long)keys, (long long)synchronous);
}

static int check_journal(sqlite3 *db, const char *path, struct slipway_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *mode = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        mode = (const char *)sqlite3_column_text(stmt, 0);
    bool wal = mode && !strcmp(mode, "wal");
    (void)sqlite3_finalize(stmt);
    return wal ? STORE_OK
               : slipway_error_set(
                     err, STORE_ERROR,
                     "%s: no write-ahead log is possible here; keep the state on a "
                     "local file system",
                     path);
}

int connect_open(const char *path, bool writing, sqlite3 **out, struct slipway_error *err)
{
    int flags = (writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    sqlite3 *db = NULL;
    int code = STORE_OK;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        code = connect_failed(db, path, "opening it", err);
    if (!code) {
        configure(db, writing);
        if (sqlite3_exec(db, common, NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, writing ? for_writing : for_reading, NULL, NULL, NULL) !=
                SQLITE_OK)
            code = connect_failed(db, path, "setting it up", err);
    }
    if (!code && writing)
        code = check_journal(db, path, err);
    if (!code)
        code = read_back(db, path, writing, err);
    if (code) {
        (void)sqlite3_close_v2(db);
        return code;
    }
    *out = db;
    return STORE_OK;
}

void connect_seal(sqlite3 *db)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_SQL_LENGTH, 65536},   {SQLITE_LIMIT_COLUMN, 100},
        {SQLITE_LIMIT_EXPR_DEPTH, 60},      {SQLITE_LIMIT_COMPOUND_SELECT, 5},
        {SQLITE_LIMIT_VDBE_OP, 25000},      {SQLITE_LIMIT_FUNCTION_ARG, 8},
        {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 64}, {SQLITE_LIMIT_TRIGGER_DEPTH, 4},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++)
        (void)sqlite3_limit(db, limits[i].id, limits[i].value);
}
