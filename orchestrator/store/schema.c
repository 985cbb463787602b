/*
 * schema.c - the tables, and how an older database becomes a newer one.
 *
 * Migrations are an array that only grows. Each step runs in one transaction with
 * its version number, after a copy of the database was put beside it
 * (slipway.db.before-vN, made by VACUUM INTO, synced and opened again to see that it
 * is good). A step that fails leaves the database as it was. A database that a
 * newer slipway wrote is refused, never guessed at; so is one that is not slipway's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

/* An event's id is campaign * 2^40 + seq: records of a campaign lie side by side and
   are appended at the end, without a second index. */
static const char version_1[] =
    "CREATE TABLE campaign("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, playbook TEXT NOT NULL,"
    " seed INTEGER NOT NULL, created_ms INTEGER NOT NULL, created_by TEXT,"
    " target_count INTEGER NOT NULL, wave_count INTEGER NOT NULL,"
    " mode TEXT NOT NULL CHECK (mode IN ('normal','strict')),"
    " state TEXT NOT NULL CHECK (state IN ('unapproved','ready','running','paused',"
    "  'aborting','aborted','completed','completed_with_failures')),"
    " since_ms INTEGER NOT NULL, reason TEXT, actor TEXT,"
    " epoch INTEGER NOT NULL, started_ms INTEGER NOT NULL,"
    " budget INTEGER NOT NULL, in_flight_max INTEGER NOT NULL,"
    " in_flight INTEGER NOT NULL, failed INTEGER NOT NULL, in_doubt INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX campaign_name ON campaign(name, id);"

    "CREATE TABLE plan("
    " campaign INTEGER PRIMARY KEY REFERENCES campaign(id), json BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE plan_item("
    " campaign INTEGER NOT NULL REFERENCES campaign(id),"
    " kind TEXT NOT NULL CHECK (kind IN ('step','check','read')),"
    " idx INTEGER NOT NULL CHECK (idx >= 0), id TEXT NOT NULL, use TEXT NOT NULL,"
    " PRIMARY KEY (campaign, kind, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE wave("
    " campaign INTEGER NOT NULL REFERENCES campaign(id), idx INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('pending','gated','open','done')),"
    " since_ms INTEGER NOT NULL, target_count INTEGER NOT NULL, soak_ms INTEGER NOT NULL,"
    " budget INTEGER NOT NULL, failed INTEGER NOT NULL, in_doubt INTEGER NOT NULL,"
    " gate INTEGER NOT NULL CHECK (gate IN (0,1)),"
    " approved INTEGER NOT NULL CHECK (approved IN (0,1)),"
    " PRIMARY KEY (campaign, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE target("
    " campaign INTEGER NOT NULL, idx INTEGER NOT NULL, wave INTEGER NOT NULL,"
    " name TEXT NOT NULL, site TEXT NOT NULL, link_group TEXT NOT NULL,"
    " manager TEXT NOT NULL, version_from TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('pending','preparing','ready','snapshotting',"
    "  'changing','checking','soaking','cleaning','succeeded','rolling_back',"
    "  'rolled_back','stranded','parked','skipped','failed')),"
    " parked_from TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, soak_until_ms INTEGER NOT "
    "NULL,"
    " reason TEXT, position INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " retries INTEGER NOT NULL, changed INTEGER NOT NULL CHECK (changed IN (0,1)),"
    " acknowledged INTEGER NOT NULL CHECK (acknowledged IN (0,1)),"
    " version_before TEXT, version_now TEXT,"
    " hold_reason TEXT, hold_actor TEXT, hold_until_ms INTEGER NOT NULL,"
    " activity TEXT NOT NULL CHECK (activity IN ('none','step','read','check','guard',"
    "  'snapshot','prune','revert','power_on')),"
    " activity_index INTEGER NOT NULL,"
    " moment TEXT NOT NULL CHECK (moment IN ('before','after','soak','restored')),"
    " step_state TEXT NOT NULL CHECK (step_state IN ('idle','waiting','issued','running',"
    "  'in_doubt','done','failed')),"
    " attempt INTEGER NOT NULL, intent INTEGER NOT NULL,"
    " begun_ms INTEGER NOT NULL, issued_ms INTEGER NOT NULL, deadline_ms INTEGER NOT "
    "NULL,"
    " not_before_ms INTEGER NOT NULL, doubt_since_ms INTEGER NOT NULL,"
    " handle TEXT, sentence TEXT,"
    " progress INTEGER CHECK (progress BETWEEN -1 AND 100), progress_text TEXT,"
    " PRIMARY KEY (campaign, idx), UNIQUE (campaign, name),"
    " FOREIGN KEY (campaign, wave) REFERENCES wave(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX target_state ON target(campaign, state, wave, since_ms, first_ms);"
    "CREATE INDEX target_busy ON target(campaign, step_state) WHERE step_state <> 'idle';"
    "CREATE INDEX target_held ON target(campaign) WHERE hold_reason IS NOT NULL;"

    "CREATE TABLE cap("
    " campaign INTEGER NOT NULL REFERENCES campaign(id),"
    " kind TEXT NOT NULL CHECK (kind IN ('domain','limit')), idx INTEGER NOT NULL,"
    " key TEXT NOT NULL, max INTEGER NOT NULL, used INTEGER NOT NULL,"
    " claimed INTEGER NOT NULL, PRIMARY KEY (campaign, kind, idx)"
    ") STRICT, WITHOUT ROWID;"
    /* The caps that the target's admission asks for. */
    "CREATE TABLE target_cap("
    " campaign INTEGER NOT NULL, target INTEGER NOT NULL, kind TEXT NOT NULL,"
    " rank INTEGER NOT NULL, cap INTEGER NOT NULL,"
    " PRIMARY KEY (campaign, target, kind, rank),"
    " FOREIGN KEY (campaign, kind, cap) REFERENCES cap(campaign, kind, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE snapshot("
    " campaign INTEGER NOT NULL, target INTEGER NOT NULL, taken_ms INTEGER NOT NULL,"
    " reference TEXT NOT NULL, name TEXT NOT NULL, version TEXT, step INTEGER NOT NULL,"
    " incarnation INTEGER NOT NULL, due_ms INTEGER NOT NULL, removed_ms INTEGER,"
    " PRIMARY KEY (campaign, target, taken_ms, reference),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE check_result("
    " campaign INTEGER NOT NULL, target INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " moment TEXT NOT NULL CHECK (moment IN ('before','after','soak','restored')),"
    " verdict TEXT NOT NULL CHECK (verdict IN ('none','green','red','no_data')),"
    " text TEXT, at_ms INTEGER NOT NULL, PRIMARY KEY (campaign, target, idx, moment),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE intent("
    " campaign INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0),"
    " target INTEGER NOT NULL, activity TEXT NOT NULL, idx INTEGER NOT NULL,"
    " moment TEXT NOT NULL, step TEXT NOT NULL, use TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('read','idempotent','reconcilable','opaque')),"
    " incarnation INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " key TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL, arguments TEXT NOT NULL,"
    " target_digest TEXT, issued_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,"
    " handle TEXT, settled_ms INTEGER, outcome TEXT, sentence TEXT,"
    " PRIMARY KEY (campaign, id), CHECK ((settled_ms IS NULL) = (outcome IS NULL)),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX intent_open ON intent(campaign, id) WHERE settled_ms IS NULL;"
    "CREATE INDEX intent_target ON intent(campaign, target, id);"

    "CREATE TABLE result("
    " campaign INTEGER NOT NULL, target INTEGER NOT NULL, step TEXT NOT NULL,"
    " incarnation INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " json TEXT NOT NULL CHECK (length(json) <= 262144),"
    " PRIMARY KEY (campaign, target, step),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " campaign INTEGER AS (id >> 40), seq INTEGER AS (id & 0xffffffffff),"
    " at_ms INTEGER NOT NULL, kind TEXT NOT NULL, wave INTEGER, target INTEGER,"
    " was TEXT, event TEXT, now TEXT, activity TEXT, idx INTEGER NOT NULL,"
    " moment TEXT, attempt INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " intent INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT, detail TEXT,"
    " actor TEXT, hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"
    "CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event"
    " BEGIN SELECT raise(ABORT, 'events are append-only'); END;"
    "CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event"
    " BEGIN SELECT raise(ABORT, 'events are append-only'); END;"
    /* Where each campaign's chain ends: shows a cut end. */
    "CREATE TABLE chain("
    " campaign INTEGER PRIMARY KEY REFERENCES campaign(id),"
    " seq INTEGER NOT NULL, hash TEXT NOT NULL CHECK (length(hash) = 64)"
    ") STRICT;"

    "CREATE TABLE manager("
    " name TEXT PRIMARY KEY, doc TEXT NOT NULL,"
    " imported_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE appliance("
    " name TEXT PRIMARY KEY, host TEXT NOT NULL, kind TEXT NOT NULL, site TEXT NOT NULL,"
    " version TEXT NOT NULL, link_group TEXT NOT NULL, calendar TEXT NOT NULL,"
    " manager TEXT NOT NULL, vm_key TEXT NOT NULL, datastore TEXT NOT NULL,"
    " labels TEXT NOT NULL,"
    " doc TEXT NOT NULL, digest TEXT NOT NULL,"
    " imported_ms INTEGER NOT NULL, seen_version TEXT, seen_ms INTEGER"
    ") STRICT, WITHOUT ROWID;";

/* What is issued again because it never began keeps its key, so that whoever gets it
   twice does it once: of a key only one intent is open or had an effect. */
static const char version_2[] =
    "CREATE TABLE intent_2("
    " campaign INTEGER NOT NULL, id INTEGER NOT NULL CHECK (id > 0),"
    " target INTEGER NOT NULL, activity TEXT NOT NULL, idx INTEGER NOT NULL,"
    " moment TEXT NOT NULL, step TEXT NOT NULL, use TEXT NOT NULL,"
    " class TEXT NOT NULL CHECK (class IN ('read','idempotent','reconcilable','opaque')),"
    " incarnation INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " key TEXT NOT NULL, fingerprint TEXT NOT NULL, arguments TEXT NOT NULL,"
    " target_digest TEXT, issued_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,"
    " handle TEXT, settled_ms INTEGER, outcome TEXT, sentence TEXT,"
    " PRIMARY KEY (campaign, id), CHECK ((settled_ms IS NULL) = (outcome IS NULL)),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO intent_2 SELECT * FROM intent;"
    "DROP TABLE intent;"
    "ALTER TABLE intent_2 RENAME TO intent;"
    "CREATE UNIQUE INDEX intent_key ON intent(key)"
    " WHERE outcome IS NULL OR outcome IN ('done','failed');"
    "CREATE INDEX intent_open ON intent(campaign, id) WHERE settled_ms IS NULL;"
    "CREATE INDEX intent_target ON intent(campaign, target, id);";

/* What `status` and `why` need of the plan's time rules, so that they need not parse the
   whole plan (times.c), and which of its events are about time. */
static const char version_3[] =
    "CREATE TABLE plan_time("
    " campaign INTEGER PRIMARY KEY REFERENCES campaign(id), json BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE time_event("
    " campaign INTEGER NOT NULL REFERENCES campaign(id), seq INTEGER NOT NULL,"
    " PRIMARY KEY (campaign, seq)"
    ") STRICT, WITHOUT ROWID;";

/* Windows and freezes of an imported fleet: one document, because they are only ever
   read together. */
static const char version_4[] =
    "CREATE TABLE inventory_time("
    " id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL,"
    " imported_ms INTEGER NOT NULL"
    ") STRICT;";

/* Two more activities: the appliance is shut down, and a known issue is recovered from.
   What refers to a target finds it under its name again. */
static const char version_5[] =
    "CREATE TABLE target_5("
    " campaign INTEGER NOT NULL, idx INTEGER NOT NULL, wave INTEGER NOT NULL,"
    " name TEXT NOT NULL, site TEXT NOT NULL, link_group TEXT NOT NULL,"
    " manager TEXT NOT NULL, version_from TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('pending','preparing','ready','snapshotting',"
    "  'changing','checking','soaking','cleaning','succeeded','rolling_back',"
    "  'rolled_back','stranded','parked','skipped','failed')),"
    " parked_from TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, soak_until_ms INTEGER NOT "
    "NULL,"
    " reason TEXT, position INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " retries INTEGER NOT NULL, changed INTEGER NOT NULL CHECK (changed IN (0,1)),"
    " acknowledged INTEGER NOT NULL CHECK (acknowledged IN (0,1)),"
    " version_before TEXT, version_now TEXT,"
    " hold_reason TEXT, hold_actor TEXT, hold_until_ms INTEGER NOT NULL,"
    " activity TEXT NOT NULL CHECK (activity IN ('none','step','read','check','guard',"
    "  'snapshot','prune','revert','power_on','power_off','recover')),"
    " activity_index INTEGER NOT NULL,"
    " moment TEXT NOT NULL CHECK (moment IN ('before','after','soak','restored')),"
    " step_state TEXT NOT NULL CHECK (step_state IN ('idle','waiting','issued','running',"
    "  'in_doubt','done','failed')),"
    " attempt INTEGER NOT NULL, intent INTEGER NOT NULL,"
    " begun_ms INTEGER NOT NULL, issued_ms INTEGER NOT NULL, deadline_ms INTEGER NOT "
    "NULL,"
    " not_before_ms INTEGER NOT NULL, doubt_since_ms INTEGER NOT NULL,"
    " handle TEXT, sentence TEXT,"
    " progress INTEGER CHECK (progress BETWEEN -1 AND 100), progress_text TEXT,"
    " PRIMARY KEY (campaign, idx), UNIQUE (campaign, name),"
    " FOREIGN KEY (campaign, wave) REFERENCES wave(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO target_5 SELECT * FROM target;"
    "DROP TABLE target;"
    "ALTER TABLE target_5 RENAME TO target;"
    "CREATE INDEX target_state ON target(campaign, state, wave, since_ms, first_ms);"
    "CREATE INDEX target_busy ON target(campaign, step_state) WHERE step_state <> 'idle';"
    "CREATE INDEX target_held ON target(campaign) WHERE hold_reason IS NOT NULL;"
    "CREATE TABLE plan_item_5("
    " campaign INTEGER NOT NULL REFERENCES campaign(id),"
    " kind TEXT NOT NULL CHECK (kind IN ('step','check','read','recover')),"
    " idx INTEGER NOT NULL CHECK (idx >= 0), id TEXT NOT NULL, use TEXT NOT NULL,"
    " PRIMARY KEY (campaign, kind, idx)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO plan_item_5 SELECT * FROM plan_item;"
    "DROP TABLE plan_item;"
    "ALTER TABLE plan_item_5 RENAME TO plan_item;";

/* Link groups that are units. The words of activities and moments are the engine's, and
   it gets new ones: the table no longer lists them. */
static const char version_6[] =
    "CREATE TABLE target_6("
    " campaign INTEGER NOT NULL, idx INTEGER NOT NULL, wave INTEGER NOT NULL,"
    " name TEXT NOT NULL, site TEXT NOT NULL, link_group TEXT NOT NULL,"
    " manager TEXT NOT NULL, version_from TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('pending','preparing','ready','snapshotting',"
    "  'changing','checking','soaking','cleaning','succeeded','rolling_back',"
    "  'rolled_back','stranded','parked','skipped','failed')),"
    " parked_from TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, soak_until_ms INTEGER NOT "
    "NULL,"
    " reason TEXT, position INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " retries INTEGER NOT NULL, changed INTEGER NOT NULL CHECK (changed IN (0,1)),"
    " acknowledged INTEGER NOT NULL CHECK (acknowledged IN (0,1)),"
    " version_before TEXT, version_now TEXT,"
    " hold_reason TEXT, hold_actor TEXT, hold_until_ms INTEGER NOT NULL,"
    " activity TEXT NOT NULL, activity_index INTEGER NOT NULL, moment TEXT NOT NULL,"
    " step_state TEXT NOT NULL CHECK (step_state IN ('idle','waiting','issued','running',"
    "  'in_doubt','done','failed')),"
    " attempt INTEGER NOT NULL, intent INTEGER NOT NULL,"
    " begun_ms INTEGER NOT NULL, issued_ms INTEGER NOT NULL, deadline_ms INTEGER NOT "
    "NULL,"
    " not_before_ms INTEGER NOT NULL, doubt_since_ms INTEGER NOT NULL,"
    " handle TEXT, sentence TEXT,"
    " progress INTEGER CHECK (progress BETWEEN -1 AND 100), progress_text TEXT,"
    " companion INTEGER NOT NULL DEFAULT 0 CHECK (companion IN (0,1)),"
    " unit INTEGER NOT NULL DEFAULT -1,"
    " arrived INTEGER NOT NULL DEFAULT 0 CHECK (arrived IN (0,1)),"
    " off INTEGER NOT NULL DEFAULT 0 CHECK (off IN (0,1)),"
    " PRIMARY KEY (campaign, idx), UNIQUE (campaign, name),"
    " FOREIGN KEY (campaign, wave) REFERENCES wave(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO target_6 SELECT *, 0, -1, 0, 0 FROM target;"
    "DROP TABLE target;"
    "ALTER TABLE target_6 RENAME TO target;"
    "CREATE INDEX target_state ON target(campaign, state, wave, since_ms, first_ms);"
    "CREATE INDEX target_busy ON target(campaign, step_state) WHERE step_state <> 'idle';"
    "CREATE INDEX target_held ON target(campaign) WHERE hold_reason IS NOT NULL;"
    "CREATE INDEX target_unit ON target(campaign, unit) WHERE unit >= 0;"
    "CREATE TABLE check_result_6("
    " campaign INTEGER NOT NULL, target INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " moment TEXT NOT NULL,"
    " verdict TEXT NOT NULL CHECK (verdict IN ('none','green','red','no_data')),"
    " text TEXT, at_ms INTEGER NOT NULL, PRIMARY KEY (campaign, target, idx, moment),"
    " FOREIGN KEY (campaign, target) REFERENCES target(campaign, idx)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO check_result_6 SELECT * FROM check_result;"
    "DROP TABLE check_result;"
    "ALTER TABLE check_result_6 RENAME TO check_result;"
    "CREATE TABLE unit("
    " campaign INTEGER NOT NULL REFERENCES campaign(id), idx INTEGER NOT NULL,"
    " name TEXT NOT NULL, first INTEGER NOT NULL, target_count INTEGER NOT NULL,"
    " state TEXT NOT NULL, since_ms INTEGER NOT NULL, reason TEXT,"
    " PRIMARY KEY (campaign, idx)"
    ") STRICT, WITHOUT ROWID;";

const struct migration schema_migrations[] = {
    {1, version_1}, {2, version_2}, {3, version_3},
    {4, version_4}, {5, version_5}, {6, version_6},
};
const size_t schema_migration_count = ARRAY_LENGTH(schema_migrations);

int schema_identify(sqlite3 *db, const char *path, int newest, int *version,
                    struct slipway_error *err)
{
    int64_t id = 0, at = 0, tables = 0;
    if (connect_number(db, "PRAGMA application_id", &id) ||
        connect_number(db, "PRAGMA user_version", &at) ||
        connect_number(db, "SELECT count(*) FROM sqlite_schema", &tables))
        return connect_failed(db, path, "reading its identity", err);
    if (id != STORE_APPLICATION_ID && (id || at || tables))
        return slipway_error_set(
            err, STORE_CORRUPT,
            "%s is not a database of slipway (application id %08llx); "
            "choose another directory with --state",
            path, (unsigned long long)id & 0xffffffffu);
    if (at > newest)
        return slipway_error_set(
            err, STORE_TOO_NEW,
            "%s was written by a newer slipway (schema %lld, this one "
            "knows %d); use the newer slipway",
            path, (long long)at, newest);
    *version = (int)at;
    return STORE_OK;
}

static int copy_into(sqlite3 *db, const char *path, const char *copy,
                     struct slipway_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, copy, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    int failed = rc == SQLITE_DONE
                     ? STORE_OK
                     : connect_failed(db, path, "copying it before a migration", err);
    (void)sqlite3_finalize(stmt);
    return failed;
}

/* A copy that cannot be read back is none. */
static int copy_verify(const char *copy, struct slipway_error *err)
{
    auto_fd int fd = open(copy, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd))
        return slipway_error_set(err, STORE_ERROR, "%s: cannot be synced: %s", copy,
                                 strerror(errno));
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    int code = rc == SQLITE_OK ? connect_check(db, copy, "quick_check", err)
                               : connect_failed(db, copy, "reading the copy back", err);
    (void)sqlite3_close_v2(db);
    return code;
}

/* Made under another name and then renamed, so that a copy is whole or not there. */
static int backup(sqlite3 *db, const char *dir, const char *path, int version,
                  struct slipway_error *err)
{
    auto_free char *copy = xasprintf("%s.before-v%d", path, version);
    auto_free char *partial = xasprintf("%s.partial", copy);
    if (unlink(partial) && errno != ENOENT)
        return slipway_error_set(err, STORE_ERROR, "%s: cannot be removed: %s", partial,
                                 strerror(errno));
    int code = directory_make_file(dir, partial, err);
    if (!code)
        code = copy_into(db, path, partial, err);
    if (!code)
        code = copy_verify(partial, err);
    if (!code && rename(partial, copy))
        code = slipway_error_set(err, STORE_ERROR, "%s: cannot be renamed: %s", partial,
                                 strerror(errno));
    return code ? code : directory_sync(dir, err);
}

static int run(sqlite3 *db, const char *path, const char *sql, struct slipway_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return STORE_OK;
    return connect_failed(db, path, "bringing its schema up to date", err);
}

/* A table is rebuilt under another name while rows of others refer to it, so that keys
   are held against each other once, at the end. */
static int check_references(sqlite3 *db, const char *path, struct slipway_error *err)
{
    int64_t broken = 0;
    if (connect_number(db, "SELECT count(*) FROM pragma_foreign_key_check", &broken))
        return connect_failed(db, path, "checking what refers to what", err);
    return broken ? slipway_error_set(err, STORE_CORRUPT,
                                      "%s is damaged: %lld rows refer to rows that are "
                                      "not there; put back a backup",
                                      path, (long long)broken)
                  : STORE_OK;
}

static int step(sqlite3 *db, const char *path, const struct migration *migration,
                struct slipway_error *err)
{
    char stamp[96];
    (void)snprintf(stamp, sizeof stamp,
                   "PRAGMA application_id=%d;PRAGMA user_version=%d;COMMIT",
                   STORE_APPLICATION_ID, migration->version);
    int code = run(db, path, "PRAGMA foreign_keys=OFF;BEGIN IMMEDIATE", err);
    if (!code)
        code = run(db, path, migration->sql, err);
    if (!code)
        code = check_references(db, path, err);
    if (!code)
        code = run(db, path, stamp, err);
    if (code && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    int again = run(db, path, "PRAGMA foreign_keys=ON", code ? NULL : err);
    return code ? code : again;
}

int schema_upgrade(sqlite3 *db, const char *dir, const char *path,
                   const struct migration *migrations, size_t count,
                   struct slipway_error *err)
{
    int version = 0;
    int code = schema_identify(db, path, migrations[count - 1].version, &version, err);
    const bool fresh = !version; /* nothing in it that a copy could save */
    for (size_t i = 0; i < count && !code; i++) {
        if (migrations[i].version <= version)
            continue;
        if (!fresh)
            code = backup(db, dir, path, migrations[i].version, err);
        if (!code)
            code = step(db, path, &migrations[i], err);
        version = migrations[i].version;
    }
    return code;
}
