/*
 * scan.h - a look at an expression before SQLite sees it.
 */
#ifndef EXPR_SCAN_H
#define EXPR_SCAN_H

#include "slipway/error.h"

/* 0 if the text cannot leave the brackets it is put into: balanced brackets,
   closed quotes, no comment, no `;`, no parameter. -1 with a sentence. */
int scan_expression(const char *sql, struct slipway_error *err);

#endif
