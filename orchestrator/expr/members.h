/*
 * members.h - which members of a JSON column an expression reads.
 */
#ifndef EXPR_MEMBERS_H
#define EXPR_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

typedef void (*members_fn)(void *data, const char *name, size_t length);

/*
 * Visit the name of each member of `column` that the expression reads; some more than
 * once. false if it may read others as well: what was visited before is then not all.
 */
bool members_read(const char *sql, const char *column, members_fn visit, void *data);

#endif
