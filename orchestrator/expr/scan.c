/*
 * scan.c - keeps an expression inside its brackets.
 *
 * The expression is put into `SELECT (...) FROM (SELECT ?1 AS ...)`. SQLite's
 * authorizer already refuses everything that could do harm; this scan makes
 * sure that what was checked is one expression and nothing else: a text such as
 * `1) FROM (SELECT 1` or `1; DROP` is refused with a sentence about what the
 * author wrote and not about text that slipway wrapped around it.
 */
#include "expr/scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Index behind the quoted run that starts at sql[i]; 0 if it never closes. */
static size_t skip_quoted(const char *sql, size_t i)
{
    char close = sql[i] == '[' ? ']' : sql[i];
    for (size_t k = i + 1; sql[k]; k++) {
        if (sql[k] != close)
            continue;
        if (close != ']' && sql[k + 1] == close)
            k++;
        else
            return k + 1;
    }
    return 0;
}

static bool is_comment(const char *p)
{
    return (p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*');
}

/* A character that has no place outside quotes. */
static int refuse_character(const char *sql, size_t i, struct slipway_error *err)
{
    if (is_comment(sql + i))
        return slipway_error_set(err, -1,
                                 "byte %zu: comments are not allowed in an expression "
                                 "(write \"a - -1\" with a space)",
                                 i + 1);
    if (sql[i] == ';')
        return slipway_error_set(err, -1, "byte %zu: one expression only, no \";\"",
                                 i + 1);
    if (strchr("?:@$#", sql[i]))
        return slipway_error_set(err, -1,
                                 "byte %zu: \"%c\" is not allowed outside quotes "
                                 "(write JSON paths as '$.name')",
                                 i + 1, sql[i]);
    return 0;
}

int scan_expression(const char *sql, struct slipway_error *err)
{
    size_t open = 0, i = strspn(sql, " \t\r\n");
    if (!sql[i])
        return slipway_error_set(err, -1, "the expression is empty");
    while (sql[i]) {
        if (strchr("'\"`[", sql[i])) {
            size_t next = skip_quoted(sql, i);
            if (!next)
                return slipway_error_set(
                    err, -1, "byte %zu: the quote %c is never closed", i + 1, sql[i]);
            i = next;
            continue;
        }
        if (refuse_character(sql, i, err))
            return -1;
        if (sql[i] == '(')
            open++;
        else if (sql[i] == ')' && !open--)
            return slipway_error_set(err, -1, "byte %zu: \")\" without \"(\"", i + 1);
        i++;
    }
    if (open)
        return slipway_error_set(err, -1, "%zu \"(\" without \")\"", open);
    return 0;
}
