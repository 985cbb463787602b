/*
 * open.c - from a directory to a usable store, and back.
 *
 *   owner:  check the directory ─► lock ─► connect ─► whose file is it? ─►
 *           migrate ─► quick_check ─► prepare ─► put the ballast aside
 *   reader: check the directory ─► connect read-only ─► whose file is it? ─► prepare
 *
 * Any failure undoes what was done before it; nothing is ever deleted or "repaired".
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

static int newest_version(void)
{
    return schema_migrations[schema_migration_count - 1].version;
}

static struct store *store_new(const char *dir)
{
    struct store *store = xcalloc(1, sizeof *store);
    store->dir = xstrdup(dir);
    store->path = directory_file(dir, STORE_FILE);
    store->lock_fd = -1;
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_rollback(store);
    sql_finalize_all(store);
    /* After a failure nothing is written any more, not even by SQLite on its own. */
    if (store->db && store->code)
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    else if (store->db && store->owner)
        (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                        NULL);
    (void)sqlite3_close_v2(store->db);
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    buf_free(&store->scratch);
    free(store->saved.caps);
    free(store->dir);
    free(store->path);
    free(store);
}

static int prepare_owner(struct store *store, struct slipway_error *err)
{
    int code = connect_open(store->path, true, &store->db, err);
    if (!code)
        code = schema_upgrade(store->db, store->dir, store->path, schema_migrations,
                              schema_migration_count, err);
    if (!code)
        code = connect_check(store->db, store->path, "quick_check", err);
    if (code)
        return code;
    connect_seal(store->db);
    store->reserve = ballast_reserve(store->dir);
    return sql_prepare_all(store, err);
}

static int open_owner(const char *dir, const char *command, bool create,
                      struct store **out, struct slipway_error *err)
{
    int code = directory_check(dir, err);
    if (code)
        return code;
    auto_store struct store *store = store_new(dir);
    store->owner = true;
    if (!create)
        code = directory_check_database(store->path, err);
    if (!code)
        code = lock_take(dir, command, &store->lock_fd, err);
    if (!code && create)
        code = directory_make_file(store->dir, store->path, err);
    if (!code && create)
        code = directory_check_database(store->path, err);
    if (!code)
        code = prepare_owner(store, err);
    if (!code)
        *out = steal_ptr(&store);
    return code;
}

int store_open_owner(const char *dir, const char *command, struct store **out,
                     struct slipway_error *err)
{
    return open_owner(dir, command, false, out, err);
}

int store_create(const char *dir, struct slipway_error *err)
{
    auto_free char *path = directory_file(dir, STORE_FILE);
    int code = directory_make(dir, err);
    if (!code)
        code = directory_check(dir, err);
    if (code)
        return code;
    struct stat st;
    if (!stat(path, &st) && st.st_size > 0)
        return directory_check_database(path, err);
    auto_store struct store *store = NULL;
    code = open_owner(dir, "slipway init", true, &store, err);
    return code ? code : directory_sync(dir, err);
}

int store_open_reader(const char *dir, struct store **out, struct slipway_error *err)
{
    int code = directory_check(dir, err);
    if (code)
        return code;
    auto_store struct store *store = store_new(dir);
    int version = 0;
    code = directory_check_database(store->path, err);
    if (!code)
        code = connect_open(store->path, false, &store->db, err);
    if (!code)
        code = schema_identify(store->db, store->path, newest_version(), &version, err);
    if (!code && version < newest_version())
        code = slipway_error_set(
            err, STORE_ERROR,
            "%s was written by an older slipway (schema %d, now %d); bring "
            "it up to date with: slipway init",
            store->path, version, newest_version());
    if (code)
        return code;
    connect_seal(store->db);
    code = sql_prepare_all(store, err);
    if (!code)
        *out = steal_ptr(&store);
    return code;
}

bool store_has_reserve(const struct store *store)
{
    return store->reserve;
}

int64_t store_wal_bytes(const struct store *store)
{
    auto_free char *path = xasprintf("%s-wal", store->path);
    struct stat st;
    return stat(path, &st) ? -1 : (int64_t)st.st_size;
}

int store_checkpoint(struct store *store, struct slipway_error *err)
{
    int rc =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY)
        return STORE_OK;
    return connect_failed(store->db, store->path, "moving its log into it", err);
}

int store_quick_check(struct store *store, struct slipway_error *err)
{
    return connect_check(store->db, store->path, "quick_check", err);
}

int store_integrity_check(struct store *store, struct slipway_error *err)
{
    return connect_check(store->db, store->path, "integrity_check", err);
}
