/*
 * found.h - what an expectation looked at: the members that its expression names, with
 * the values that they had.
 */
#ifndef EXEC_FOUND_H
#define EXEC_FOUND_H

#include <stddef.h>

#include "expr/expr.h"

#define FOUND_VALUES_MAX 8u   /* members that are told              */
#define FOUND_VALUE_MAX  120u /* bytes of one value; the rest is cut */

/* "days_left 3, color \"red\", vars.target \"9\"": of `result` the path alone. The caller's; NULL
   if the expression names no member. Secrets are still inside. */
char *found_values(struct expr_engine *engine, const char *sql,
                   const char *const *columns, const char *const *values, size_t count);

#endif
