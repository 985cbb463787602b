/*
 * functions.h - what an expression may call: the allow-list, and the functions
 * that slipway adds to SQLite's.
 */
#ifndef EXPR_FUNCTIONS_H
#define EXPR_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#define EXPR_SUBJECT_MAX (16u * 1024u) /* bytes that one is matched against */

/* Sorted names. Borrowed. */
const char *const *functions_allowed(size_t *count);
bool functions_allow(const char *name);

/* Add regexp() and version_cmp(); SQLite's code. */
int functions_register(sqlite3 *db);

#endif
