/*
 * fuzz_chain.c - somebody who can write the database changes what it remembers, row by
 * row and as SQL allows: a text, a number, two records exchanged, one doubled, one left
 * out, the end cut off, the row that holds the end, the plan's digest.
 *
 * The chain is called whole if and only if every record is as it was written. (Who makes
 * the whole chain anew is not found by it: docs/security.md.)
 *
 * Four bytes and a text that ends with NUL for each change: what, the row, the column or
 * the other row, and how the text is meant.
 */
#include <sqlite3.h>

#include "nest.h"
#include "store/query.h"

#define CHANGES_MAX 8

static const char *const columns[] = {
    "at_ms",  "kind",     "wave", "target", "was",     "event",
    "now",    "activity", "idx",  "moment", "attempt", "incarnation",
    "intent", "number",   "text", "detail", "actor",   "hash"};

/* Everything that the chain covers, as one text; -1 and nothing are the same place. */
static const char everything[] =
    "SELECT group_concat(line, char(10)) FROM ("
    "SELECT quote(id)||quote(at_ms)||quote(kind)||quote(ifnull(wave,-1))"
    "||quote(ifnull(target,-1))||quote(was)||quote(event)||quote(now)||quote(activity)"
    "||quote(idx)||quote(moment)||quote(attempt)||quote(incarnation)||quote(intent)"
    "||quote(number)||quote(text)||quote(detail)||quote(actor)||quote(hash) AS line"
    " FROM event WHERE campaign = 1 ORDER BY id)"
    " UNION ALL SELECT quote(seq)||quote(hash) FROM chain WHERE campaign = 1"
    " UNION ALL SELECT quote(digest) FROM campaign WHERE id = 1";

static void db_close(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}
#define auto_db __attribute__((cleanup(db_close)))

static sqlite3 *db_open(void)
{
    sqlite3 *db = NULL;
    MUST(sqlite3_open(nest.path, &db) == SQLITE_OK);
    MUST(sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF;", NULL, NULL,
                      NULL) == SQLITE_OK);
    return db;
}

static char *dump(sqlite3 *db)
{
    struct buf out = {0};
    sqlite3_stmt *statement = NULL;
    MUST(sqlite3_prepare_v2(db, everything, -1, &statement, NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        buf_addf(&out, "%s\n", text ? text : "-");
    }
    (void)sqlite3_finalize(statement);
    return buf_take(&out);
}

/* What the text is to be: one, a number, or nothing. */
static void bind(sqlite3_stmt *statement, int at, unsigned form, const char *text)
{
    switch (form % 4) {
    case 0:
        (void)sqlite3_bind_null(statement, at);
        break;
    case 1:
        (void)sqlite3_bind_int64(statement, at, (sqlite3_int64)strtoll(text, NULL, 10));
        break;
    case 2:
        (void)sqlite3_bind_blob(statement, at, text, (int)strlen(text), SQLITE_TRANSIENT);
        break;
    default:
        (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
    }
}

struct change {
    unsigned what, row, other, form;
    const char *text;
};

static char *change_sql(const struct change *change)
{
    const char *column = columns[change->other % ARRAY_LENGTH(columns)];
    long long first = 1LL << 40, row = first + change->row % (NEST_RECORDS + 2);
    long long other = first + change->other % (NEST_RECORDS + 2);
    switch (change->what % 8) {
    case 0:
    case 1:
        return xasprintf("UPDATE event SET %s = ?1 WHERE id = %lld", column, row);
    case 2:
        return xasprintf("DELETE FROM event WHERE id = %lld", row);
    case 3: /* doubled at another place, which may be free */
        return xasprintf("UPDATE event SET id = %lld WHERE id = %lld", other, row);
    case 4:
        return xasprintf("DELETE FROM event WHERE id >= %lld", row);
    case 5:
        return xstrdup(change->form & 4 ? "UPDATE chain SET hash = ?1"
                                        : "UPDATE chain SET seq = ?1");
    case 6:
        return xstrdup(change->form & 4 ? "DELETE FROM chain"
                                        : "UPDATE campaign SET digest = ?1");
    default:
        return xasprintf("UPDATE event SET (kind, text, hash) = (SELECT kind, text, hash"
                         " FROM event WHERE id = %lld) WHERE id = %lld",
                         other, row);
    }
}

/* What a constraint forbids does not happen. */
static void apply(sqlite3 *db, const struct change *change)
{
    sqlite3_stmt *statement = NULL;
    auto_free char *sql = change_sql(change);
    MUST(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
    if (sqlite3_bind_parameter_count(statement))
        bind(statement, 1, change->form, change->text);
    (void)sqlite3_step(statement);
    (void)sqlite3_finalize(statement);
}

static void apply_all(sqlite3 *db, const uint8_t *at, const uint8_t *end)
{
    for (int i = 0; i < CHANGES_MAX && end - at >= 4; i++) {
        struct change change = {at[0], at[1], at[2], at[3], NULL};
        at += 4;
        size_t length = strnlen((const char *)at, (size_t)(end - at));
        auto_free char *text = xstrndup((const char *)at, length);
        at += length < (size_t)(end - at) ? length + 1 : length;
        change.text = text;
        apply(db, &change);
    }
}

/* -1 refused, else whether it is whole. */
static int verify(struct store_chain *chain)
{
    struct store *store = NULL;
    struct slipway_error err = {""};
    int code = store_open_reader(nest.dir, &store, &err);
    if (!code)
        code = store_verify_chain(store, 1, chain, &err);
    store_close(store);
    MUST(!code || err.text[0]);
    return code ? -1 : !chain->bad_seq;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *good, *triggers;
    if (!nest.above) {
        nest_prepare(NEST_RECORDS);
        nest_write(nest.good, nest.length);
        auto_db sqlite3 *db = db_open();
        good = dump(db);
        triggers = xstrdup("DROP TRIGGER event_is_never_changed;"
                           "DROP TRIGGER event_is_never_deleted;");
    }
    nest_write(nest.good, nest.length);
    sqlite3 *db = db_open();
    MUST(sqlite3_exec(db, triggers, NULL, NULL, NULL) == SQLITE_OK);
    apply_all(db, data, data + size);
    auto_free char *now = dump(db);
    MUST(sqlite3_close(db) == SQLITE_OK);
    struct store_chain chain = {0};
    int whole = verify(&chain);
    bool same = !strcmp(now, good);
    if (same != (whole == 1))
        (void)fprintf(stderr, "is it as it was: %d, whole: %d\n%s\nwas\n%s\n", same,
                      whole, now, good);
    MUST(same == (whole == 1));
    MUST(whole || chain.sentence[0]);
    MUST(!same || chain.records == NEST_RECORDS);
    return 0;
}
