/*
 * functions.c - the functions of an expression.
 *
 * The list names what is allowed, so a function that a later SQLite brings is
 * refused until somebody has thought about it. Left out on purpose: clocks and
 * randomness (an answer must follow from its inputs), blobs, files, extensions
 * and everything that tells about the process.
 *
 * regexp() is POSIX extended regular expressions from the C library, which can be
 * made to explode: pattern.c refuses such patterns. What remains is quadratic in
 * the text at worst, so the text is capped at 16 KiB: "(a|aa)*b" takes 0.9 s there
 * and 13 s at 64 KiB. A refused pattern is an error, never a "no match".
 */
#include "expr/functions.h"

#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expr/pattern.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static const char *const allowed[] = {
    "->",
    "->>",
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "cos",
    "count",
    "degrees",
    "exp",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "length",
    "like",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nullif",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "regexp",
    "replace",
    "round",
    "rtrim",
    "sign",
    "sin",
    "sqrt",
    "substr",
    "substring",
    "sum",
    "tan",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "upper",
    "version_cmp",
};

const char *const *functions_allowed(size_t *count)
{
    *count = ARRAY_LENGTH(allowed);
    return allowed;
}

static int compare_names(const void *name, const void *entry)
{
    return sqlite3_stricmp(name, *(const char *const *)entry);
}

bool functions_allow(const char *name)
{
    return bsearch(name, allowed, ARRAY_LENGTH(allowed), sizeof allowed[0],
                   compare_names) != NULL;
}

/* version_cmp(a, b): -1, 0 or 1; NULL if either is NULL or empty, because an
   unknown version is neither older nor newer. */
static void version_cmp(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    const char *a = (const char *)sqlite3_value_text(argv[0]);
    const char *b = (const char *)sqlite3_value_text(argv[1]);
    if (!a || !b || !*a || !*b)
        sqlite3_result_null(context);
    else
        sqlite3_result_int(context, text_version_cmp(a, b));
}

static void free_regex(void *regex)
{
    regfree(regex);
    free(regex);
}

/* The compiled pattern, kept by SQLite as long as the argument is constant;
   NULL after having reported why not. */
static regex_t *compiled(sqlite3_context *context, const char *pattern)
{
    regex_t *regex = sqlite3_get_auxdata(context, 0);
    if (regex)
        return regex;
    const char *fault = pattern_fault(pattern);
    if (fault) {
        sqlite3_result_error(context, fault, -1);
        return NULL;
    }
    regex = xcalloc(1, sizeof *regex);
    int code = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (code) {
        char why[128], text[160];
        (void)regerror(code, regex, why, sizeof why);
        (void)snprintf(text, sizeof text, "regexp: %s", why);
        sqlite3_result_error(context, text, -1);
        free(regex);
        return NULL;
    }
    sqlite3_set_auxdata(context, 0, regex, free_regex);
    /* SQLite may have dropped (and freed) it at once when memory is short */
    return sqlite3_get_auxdata(context, 0);
}

/* `text REGEXP pattern` calls regexp(pattern, text). */
static void regexp(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    const char *pattern = (const char *)sqlite3_value_text(argv[0]);
    const char *text = (const char *)sqlite3_value_text(argv[1]);
    if (!pattern || !text) {
        sqlite3_result_null(context);
        return;
    }
    if (strlen(text) > EXPR_SUBJECT_MAX) {
        sqlite3_result_error(context, "regexp: the text is longer than 16 KiB", -1);
        return;
    }
    regex_t *regex = compiled(context, pattern);
    if (regex)
        sqlite3_result_int(context, regexec(regex, text, 0, NULL, 0) == 0);
}

int functions_register(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = sqlite3_create_function_v2(db, "regexp", 2, flags, NULL, regexp, NULL,
                                          NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_function_v2(db, "version_cmp", 2, flags, NULL, version_cmp,
                                          NULL, NULL, NULL);
    return code;
}
