/*
 * expr.c - evaluates SQL expressions and nothing else.
 *
 * An expression E over the columns a, b becomes
 *
 *     SELECT (E
 *     ) FROM (SELECT ?1 AS "a", ?2 AS "b")
 *
 * on a private in-memory database that has no table. Four fences stand around
 * it: scan.c keeps E inside the brackets, the authorizer allows reading columns
 * and the functions of functions.c, SQLite's limits bound size and depth, and
 * the progress handler bounds steps and processor time. Each of them alone is
 * enough against mistakes; together they are meant for hostile text.
 *
 * When something fails the caller gets a sentence and no value; the engine
 * stays usable. An evaluation error must never pass for "true" or "false".
 */
#include "expr/expr.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "expr/functions.h"
#include "expr/scan.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

#define CACHE_SIZE     32u
#define STEPS_PER_LOOK 1000 /* instructions between two looks at the limits */

static const char prefix[] = "SELECT (";

struct cached {
    char *sql;
    uint64_t hash;
    sqlite3_stmt *statement;
    uint64_t used; /* the engine's tick of the last use; 0 = free */
};

struct expr_engine {
    sqlite3 *db;
    struct cached cache[CACHE_SIZE];
    uint64_t tick;
    unsigned steps; /* in units of STEPS_PER_LOOK, since the evaluation began */
    int64_t cpu_limit_ms;
    bool overrun;
};

static int64_t cpu_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int on_progress(void *context)
{
    struct expr_engine *engine = context;
    engine->steps++;
    engine->overrun = engine->steps > EXPR_STEPS_MAX / STEPS_PER_LOOK ||
                      cpu_now_ms() > engine->cpu_limit_ms;
    return engine->overrun;
}

static bool is_json_table(const char *table)
{
    return table &&
           (!*table || !strcmp(table, "json_each") || !strcmp(table, "json_tree"));
}

/* Everything that is not named here is denied. */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    (void)context;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
        return SQLITE_OK;
    case SQLITE_READ:
        return is_json_table(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return second && functions_allow(second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static void set_limits(sqlite3 *db)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, (int)EXPR_VALUE_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024}, /* the expression and its columns */
        {SQLITE_LIMIT_COLUMN, (int)EXPR_COLUMNS_MAX},
        {SQLITE_LIMIT_EXPR_DEPTH, EXPR_DEPTH_MAX},
        {SQLITE_LIMIT_COMPOUND_SELECT, 4},
        {SQLITE_LIMIT_VDBE_OP, 25000},
        {SQLITE_LIMIT_FUNCTION_ARG, 32},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024},
        {SQLITE_LIMIT_VARIABLE_NUMBER, (int)EXPR_COLUMNS_MAX},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++)
        (void)sqlite3_limit(db, limits[i].id, limits[i].value);
}

static int set_flags(sqlite3 *db)
{
    static const struct {
        int id, on;
    } flags[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        if (sqlite3_db_config(db, flags[i].id, flags[i].on, NULL) != SQLITE_OK)
            return -1;
    }
    return 0;
}

struct expr_engine *expr_create(struct slipway_error *err)
{
    struct expr_engine *engine = xcalloc(1, sizeof *engine);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(":memory:", &engine->db, flags, NULL);
    if (code == SQLITE_OK)
        code = functions_register(engine->db);
    if (code == SQLITE_OK && set_flags(engine->db))
        code = SQLITE_MISUSE;
    if (code != SQLITE_OK) {
        (void)slipway_error_set(err, -1, "SQLite cannot evaluate expressions here: %s",
                                sqlite3_errstr(code));
        expr_destroy(engine);
        return NULL;
    }
    /* json_each declares its columns at its first use, which is a CREATE TABLE in
       the eyes of the authorizer: let it happen before the gate closes */
    (void)sqlite3_exec(engine->db, "SELECT 1 FROM json_each('1'), json_tree('1')", NULL,
                       NULL, NULL);
    set_limits(engine->db);
    sqlite3_progress_handler(engine->db, STEPS_PER_LOOK, on_progress, engine);
    (void)sqlite3_set_authorizer(engine->db, authorize, NULL);
    return engine;
}

static void forget(struct cached *entry)
{
    (void)sqlite3_finalize(entry->statement);
    free(entry->sql);
    *entry = (struct cached){0};
}

void expr_destroy(struct expr_engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < CACHE_SIZE; i++)
        forget(&engine->cache[i]);
    (void)sqlite3_close(engine->db);
    free(engine);
}

const char *const *expr_functions(size_t *count)
{
    return functions_allowed(count);
}

static void write_query(struct buf *out, const char *sql, const char *const *columns,
                        size_t count)
{
    buf_adds(out, prefix);
    buf_adds(out, sql);
    buf_adds(out, "\n) FROM (SELECT ");
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? ", ? AS \"" : "? AS \"");
        const char *rest = columns[i];
        for (const char *quote; (quote = strchr(rest, '"')); rest = quote + 1) {
            buf_add(out, rest, (size_t)(quote - rest) + 1);
            buf_addc(out, '"');
        }
        buf_adds(out, rest);
        buf_addc(out, '"');
    }
    buf_adds(out, count ? ")" : "NULL)");
}

/* "byte 17: " where SQLite tells the place, else "". */
static void write_place(sqlite3 *db, const char *sql, char *out, size_t size)
{
    *out = 0;
#if SQLITE_VERSION_NUMBER >= 3038000
    int offset = sqlite3_error_offset(db) - (int)(sizeof prefix - 1);
    if (offset >= 0 && (size_t)offset <= strlen(sql))
        (void)snprintf(out, size, "byte %d: ", offset + 1);
#else
    (void)db;
    (void)sql;
    (void)size;
#endif
}

/* `, did you mean "result"?`, or what there is to choose from. */
static void add_hint(struct buf *out, const char *word, const char *const *known,
                     size_t count)
{
    const char *near = text_nearest(word, known, count);
    if (near) {
        buf_addf(out, "; did you mean \"%s\"?", near);
        return;
    }
    buf_adds(out, "; known:");
    for (size_t i = 0; i < count && out->length < 400; i++)
        buf_addf(out, "%s %s", i ? "," : "", known[i]);
    if (!count)
        buf_adds(out, " none");
}

/* The word behind `start` in SQLite's message, or NULL. */
static const char *word_after(const char *message, const char *start)
{
    size_t length = strlen(start);
    return strncmp(message, start, length) ? NULL : message + length;
}

/* Say what SQLite did not like in the words of the person who wrote it. */
static int explain(struct expr_engine *engine, const char *sql,
                   const char *const *columns, size_t count, struct slipway_error *err)
{
    char place[32], message[256];
    if (sqlite3_errcode(engine->db) == SQLITE_NOMEM)
        out_of_memory();
    write_place(engine->db, sql, place, sizeof place);
    (void)text_clean(sqlite3_errmsg(engine->db), message, sizeof message);
    auto_buf struct buf text = {0};
    size_t functions;
    const char *const *known = functions_allowed(&functions);
    const char *word;
    if ((word = word_after(message, "no such column: "))) {
        buf_addf(&text, "%sunknown column \"%s\"", place, word);
        add_hint(&text, word, columns, count);
    } else if ((word = word_after(message, "no such function: ")) ||
               (word = word_after(message, "not authorized to use function: "))) {
        const char *near = text_nearest(word, known, functions);
        buf_addf(&text, "%sno function \"%s\" in expressions", place, word);
        if (near)
            buf_addf(&text, "; did you mean \"%s\"?", near);
    } else if (word_after(message, "not authorized") ||
               strstr(message, "is prohibited") ||
               word_after(message, "no such table: ")) {
        buf_addf(&text, "%sexpressions read their columns only, no tables (%s)", place,
                 message);
    } else {
        buf_addf(&text, "%s%s", place, message);
    }
    return slipway_error_set(err, -1, "%s", buf_text(&text));
}

static int compile(struct expr_engine *engine, const char *query, const char *sql,
                   const char *const *columns, size_t count, sqlite3_stmt **out,
                   struct slipway_error *err)
{
    const char *tail = NULL;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(engine->db, query, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           &tail) != SQLITE_OK)
        return explain(engine, sql, columns, count, err);
    if (!statement || *tail || sqlite3_column_count(statement) != 1 ||
        !sqlite3_stmt_readonly(statement) ||
        (size_t)sqlite3_bind_parameter_count(statement) != count) {
        (void)sqlite3_finalize(statement);
        return slipway_error_set(err, -1, "this is not one expression");
    }
    *out = statement;
    return 0;
}

/* The compiled form, from the cache if it is there. Borrowed. */
static int prepare(struct expr_engine *engine, const char *sql,
                   const char *const *columns, size_t count, sqlite3_stmt **out,
                   struct slipway_error *err)
{
    if (count > EXPR_COLUMNS_MAX)
        return slipway_error_set(err, -1, "more than %u columns", EXPR_COLUMNS_MAX);
    if (strlen(sql) > EXPR_SQL_MAX)
        return slipway_error_set(err, -1, "the expression is longer than %u bytes",
                                 EXPR_SQL_MAX);
    auto_buf struct buf query = {0};
    write_query(&query, sql, columns, count);
    uint64_t hash = text_hash(buf_text(&query));
    struct cached *oldest = &engine->cache[0];
    engine->tick++;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        struct cached *entry = &engine->cache[i];
        if (entry->used && entry->hash == hash && !strcmp(entry->sql, buf_text(&query))) {
            entry->used = engine->tick;
            *out = entry->statement;
            return 0;
        }
        if (entry->used < oldest->used)
            oldest = entry;
    }
    sqlite3_stmt *statement = NULL;
    if (scan_expression(sql, err) ||
        compile(engine, buf_text(&query), sql, columns, count, &statement, err))
        return -1;
    forget(oldest);
    *oldest = (struct cached){buf_take(&query), hash, statement, engine->tick};
    *out = statement;
    return 0;
}

int expr_check(struct expr_engine *engine, const char *sql, const char *const *columns,
               size_t count, struct slipway_error *err)
{
    sqlite3_stmt *statement = NULL;
    return prepare(engine, sql, columns, count, &statement, err);
}

static int bind(sqlite3_stmt *statement, const struct expr_value *values, size_t count,
                const char *const *columns, struct slipway_error *err)
{
    for (size_t i = 0; i < count; i++) {
        int code = SQLITE_OK, index = (int)i + 1;
        switch (values[i].kind) {
        case EXPR_NULL:
            code = sqlite3_bind_null(statement, index);
            break;
        case EXPR_INTEGER:
            code = sqlite3_bind_int64(statement, index, values[i].integer);
            break;
        case EXPR_REAL:
            code = sqlite3_bind_double(statement, index, values[i].real);
            break;
        case EXPR_TEXT:
            code =
                sqlite3_bind_text64(statement, index, values[i].text,
                                    strlen(values[i].text), SQLITE_STATIC, SQLITE_UTF8);
            break;
        }
        if (code != SQLITE_OK)
            return slipway_error_set(err, -1, "column \"%s\": %s (at most %u bytes)",
                                     columns[i], sqlite3_errstr(code), EXPR_VALUE_MAX);
    }
    return 0;
}

static int read_text(sqlite3_stmt *statement, struct expr_value *out,
                     struct slipway_error *err)
{
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    size_t length = (size_t)sqlite3_column_bytes(statement, 0);
    if (!text)
        out_of_memory();
    if (strlen(text) != length || !text_is_utf8(text, length))
        return slipway_error_set(err, -1,
                                 "the answer is no text (malformed UTF-8 or a NUL)");
    *out = (struct expr_value){.kind = EXPR_TEXT, .text = xstrndup(text, length)};
    return 0;
}

static int read_answer(sqlite3_stmt *statement, struct expr_value *out,
                       struct slipway_error *err)
{
    switch (sqlite3_column_type(statement, 0)) {
    case SQLITE_NULL:
        *out = (struct expr_value){.kind = EXPR_NULL};
        return 0;
    case SQLITE_INTEGER:
        *out = (struct expr_value){.kind = EXPR_INTEGER,
                                   .integer = sqlite3_column_int64(statement, 0)};
        return 0;
    case SQLITE_FLOAT:
        *out = (struct expr_value){.kind = EXPR_REAL,
                                   .real = sqlite3_column_double(statement, 0)};
        return 0;
    case SQLITE_TEXT:
        return read_text(statement, out, err);
    default:
        return slipway_error_set(err, -1,
                                 "the answer is a blob; an expression gives a number, a "
                                 "text or NULL");
    }
}

static int step(struct expr_engine *engine, sqlite3_stmt *statement,
                struct expr_value *out, struct slipway_error *err)
{
    engine->steps = 0;
    engine->overrun = false;
    engine->cpu_limit_ms = cpu_now_ms() + EXPR_CPU_MAX_MS;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return read_answer(statement, out, err);
    if (code == SQLITE_NOMEM)
        out_of_memory(); /* no answer is not the answer no */
    if (code == SQLITE_DONE)
        return slipway_error_set(err, -1, "the expression gave no answer");
    if (engine->overrun)
        return slipway_error_set(err, -1,
                                 "the expression takes too long (over %u steps or %d ms)",
                                 EXPR_STEPS_MAX, EXPR_CPU_MAX_MS);
    char clean[256];
    return slipway_error_set(err, -1, "%s",
                             text_clean(sqlite3_errmsg(engine->db), clean, sizeof clean));
}

int expr_eval_typed(struct expr_engine *engine, const char *sql,
                    const char *const *columns, const struct expr_value *values,
                    size_t count, struct expr_value *out, struct slipway_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (prepare(engine, sql, columns, count, &statement, err))
        return -1;
    int code = bind(statement, values, count, columns, err);
    if (!code)
        code = step(engine, statement, out, err);
    (void)sqlite3_reset(statement);
    /* the values were borrowed: nothing may point at them any more */
    (void)sqlite3_clear_bindings(statement);
    return code;
}

int expr_eval(struct expr_engine *engine, const char *sql, const char *const *columns,
              const char *const *values, size_t count, struct expr_value *out,
              struct slipway_error *err)
{
    auto_free struct expr_value *typed = xcalloc(count + 1, sizeof *typed);
    for (size_t i = 0; i < count; i++) {
        typed[i].kind = values[i] ? EXPR_TEXT : EXPR_NULL;
        /* only ever read: an input is borrowed */
        typed[i].text = (char *)(uintptr_t)values[i];
    }
    return expr_eval_typed(engine, sql, columns, typed, count, out, err);
}

/* The number that a text begins with, as SQL casts it; 0 without one. */
static double leading_number(const char *text)
{
    char number[64];
    text += strspn(text, " \t\r\n");
    size_t length = strspn(text, "+-.0123456789eE");
    (void)snprintf(number, sizeof number, "%.*s", length < 63 ? (int)length : 63, text);
    return strtod(number, NULL);
}

bool expr_truth(const struct expr_value *value)
{
    switch (value->kind) {
    case EXPR_INTEGER:
        return value->integer != 0;
    case EXPR_REAL:
        return value->real < 0 || value->real > 0;
    case EXPR_TEXT:
        return leading_number(value->text) < 0 || leading_number(value->text) > 0;
    case EXPR_NULL:
        break;
    }
    return false;
}

char *expr_value_text(const struct expr_value *value)
{
    switch (value->kind) {
    case EXPR_INTEGER:
        return xasprintf("%lld", (long long)value->integer);
    case EXPR_REAL:
        return xasprintf("%.15g", value->real);
    case EXPR_TEXT:
        return xstrdup(value->text);
    case EXPR_NULL:
        break;
    }
    return xstrdup("");
}

void expr_value_free(struct expr_value *value)
{
    free(value->text);
    *value = (struct expr_value){0};
}
