/*
 * expr.h - expressions are SQL expressions, evaluated by SQLite on a private,
 * empty, in-memory connection.
 *
 * An expression sees the columns that the caller names (JSON documents as
 * text) and the functions of an allow-list (expr_functions()): JSON with `->`
 * and `->>`, text, mathematics, CAST, LIKE, GLOB, REGEXP, version_cmp(a, b),
 * coalesce, iif, and json_each()/json_tree() inside a sub-select. It sees no
 * table, no file, no clock and no randomness, so the same inputs always give
 * the same answer. Length, depth, memory, steps and processor time are limited.
 *
 * An engine belongs to one thread at a time; it is cheap to keep and remembers
 * its most recent expressions in compiled form.
 */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/error.h"

#define EXPR_SQL_MAX     (8u * 1024u)    /* bytes of one expression         */
#define EXPR_VALUE_MAX   (1024u * 1024u) /* bytes of one value, in or out   */
#define EXPR_COLUMNS_MAX 256u            /* columns of one evaluation       */
#define EXPR_DEPTH_MAX   100             /* nesting of the expression       */
#define EXPR_STEPS_MAX   1000000u        /* instructions of SQLite's machine */
#define EXPR_CPU_MAX_MS  5000            /* processor time of one evaluation */

struct expr_engine;

enum expr_kind { EXPR_NULL, EXPR_INTEGER, EXPR_REAL, EXPR_TEXT };

/* One value; as an input everything is borrowed, as an output `text` is the
   caller's (expr_value_free). */
struct expr_value {
    enum expr_kind kind;
    int64_t integer;
    double real;
    char *text; /* EXPR_TEXT only; UTF-8 without NUL */
};

/* NULL with a sentence if SQLite cannot be set up as strictly as it must be. */
struct expr_engine *expr_create(struct slipway_error *err);
void expr_destroy(struct expr_engine *engine); /* NULL is fine */

/*
 * Compile only. -1 with a sentence that names what is wrong, where (byte of the
 * expression, counted from 1, where SQLite tells) and the nearest known name.
 */
int expr_check(struct expr_engine *engine, const char *sql, const char *const *columns,
               size_t count, struct slipway_error *err);

/*
 * Evaluate with columns[i] = values[i] (text, or NULL for SQL's NULL). *out is
 * written on success only. Errors: the expression does not compile, a limit was
 * reached, a function refused its arguments, the answer is a blob.
 */
int expr_eval(struct expr_engine *engine, const char *sql, const char *const *columns,
              const char *const *values, size_t count, struct expr_value *out,
              struct slipway_error *err);

/* The same with typed values: bind numbers as numbers where an expression may
   compare them with numbers, because SQL sorts every text after every number. */
int expr_eval_typed(struct expr_engine *engine, const char *sql,
                    const char *const *columns, const struct expr_value *values,
                    size_t count, struct expr_value *out, struct slipway_error *err);

/*
 * SQL's own truth: a number other than 0, or a text that begins with one. NULL,
 * 0, '' and words are no evidence: a check must compare something.
 */
bool expr_truth(const struct expr_value *value);

/* The value as text ("" for NULL); the caller's. */
char *expr_value_text(const struct expr_value *value);
void expr_value_free(struct expr_value *value);
#define auto_expr_value __attribute__((cleanup(expr_value_free)))

/* Names of the functions that expressions may use, sorted. Borrowed. */
const char *const *expr_functions(size_t *count);

#endif
