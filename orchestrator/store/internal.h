/*
 * internal.h - what the store's own files share. Nobody outside includes it.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/query.h"
#include "store/sql.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/sha256.h"

#define STORE_FILE         "slipway.db"
#define STORE_LOCK_FILE    "owner.lock"
#define STORE_BALLAST_FILE "ballast"

#define STORE_APPLICATION_ID 0x534c5057        /* "SLPW" */
#define STORE_BALLAST_BYTES  (1024 * 1024)     /* room for the last words           */
#define STORE_ROOM_BYTES     (8 * 1024 * 1024) /* free space at which to reserve it */
#define STORE_BUSY_MS        5000

/* Where a campaign's chain of records ends. */
struct chain_end {
    int64_t campaign; /* 0: not loaded */
    int64_t seq;
    char hash[SHA256_HEX];
    bool moved; /* since it was written to its row */
};

/* The caps as they were saved last, so that only changed ones are written. */
struct saved_caps {
    int64_t campaign; /* 0: nothing is known */
    struct saved_cap {
        int max, used, claimed;
    } * caps; /* domains, then limits */
    size_t count;
};

struct store {
    char *dir, *path;
    sqlite3 *db;
    bool owner;
    int lock_fd;
    bool reserve;
    bool in_transaction;
    int code; /* not STORE_OK: poisoned */
    struct slipway_error failure;
    struct chain_end chain;
    struct saved_caps saved;
    int64_t last_at_ms; /* of the last record appended in this transaction */
    struct buf scratch;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* ---- directory.c: the state directory and its files ---- */
char *directory_file(const char *dir, const char *name);
int directory_make(const char *dir, struct slipway_error *err);
/* Safe to keep state in: ours, not writable by others, on a local file system. */
int directory_check(const char *dir, struct slipway_error *err);
/* STORE_MISSING if there is none, STORE_ERROR if it is no plain file of its own. */
int directory_check_database(const char *path, struct slipway_error *err);
/* Make an empty file (0600) in the directory unless it is there. */
int directory_make_file(const char *dir, const char *path, struct slipway_error *err);
/* When root works in the service's directory, the service must be able to go on. */
void directory_give(const char *dir, int fd);
int directory_sync(const char *dir, struct slipway_error *err);
bool ballast_reserve(const char *dir);
void ballast_release(const char *dir);

/* ---- lock.c ---- */
/* Lock, and write who we are. STORE_OWNED with who it is. */
int lock_take(const char *dir, const char *command, int *fd, struct slipway_error *err);

/* ---- connect.c: one SQLite connection with every trap closed ---- */
int connect_open(const char *path, bool writing, sqlite3 **out,
                 struct slipway_error *err);
/* Once the schema is there: limits that migrations could not live with. */
void connect_seal(sqlite3 *db);
/* What a failure of SQLite means, and its sentence. */
int connect_failed(sqlite3 *db, const char *path, const char *doing,
                   struct slipway_error *err);
int connect_number(sqlite3 *db, const char *sql, int64_t *out);
int connect_check(sqlite3 *db, const char *path, const char *pragma,
                  struct slipway_error *err);

/* ---- schema.c ---- */
struct migration {
    int version;
    const char *sql;
};
extern const struct migration schema_migrations[];
extern const size_t schema_migration_count;
/* Ours, damaged, foreign, too new, older? *version is what it has, 0: empty. */
int schema_identify(sqlite3 *db, const char *path, int newest, int *version,
                    struct slipway_error *err);
/* Bring it to the last migration, step by step, each after a backup. */
int schema_upgrade(sqlite3 *db, const char *dir, const char *path,
                   const struct migration *migrations, size_t count,
                   struct slipway_error *err);

/* ---- transaction.c ---- */
/* STORE_OK if a write may go on; else the code of the failure. */
int store_writable(struct store *store);
/* Remember the first failure and undo the transaction; returns its code. */
int store_poison(struct store *store, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for what SQLite said last. */
int store_poison_sqlite(struct store *store, const char *doing);

/* A read transaction, unless one is open already; ended on leaving the scope. */
struct read_scope {
    sqlite3 *db; /* NULL: it is not ours to end */
};
struct read_scope read_begin(struct store *store);
void read_end(struct read_scope *scope);
#define auto_read __attribute__((cleanup(read_end), unused))

/* ---- records.c ---- */
/* Write the chain's end to its row. */
int records_flush(struct store *store);
/* A row of STATEMENT_EVENT_COLUMNS; the texts are borrowed from it. -1: a word that
   this slipway does not know. */
int record_take(struct sql *sql, struct record *out);

/* ---- times.c ---- */
/* The plan's time rules as a row of their own; nothing if it has none. */
int times_add_plan(struct store *store, int64_t campaign, const struct plan *plan);
/* Keep in mind that this record is about time. */
int times_note(struct store *store, int64_t campaign, const struct record *record);

/* ---- words.c: enumerations that have no words elsewhere ---- */
int campaign_state_from(const char *name);
int wave_state_from(const char *name);
int group_state_from(const char *name);
int target_state_from(const char *name);
int step_state_from(const char *name);
int verdict_from(const char *name);
/* The machine whose states and events a record of this kind speaks of, or NULL. */
const struct machine *record_machine(enum record_kind kind);

#endif
