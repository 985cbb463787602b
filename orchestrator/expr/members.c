/*
 * members.c - see members.h.
 *
 * A document may be large while an expression reads one member of it, so whoever makes
 * the document asks here first. Known are `COLUMN ->> '$.NAME...'`, `COLUMN -> 'NAME'`, and
 * `json_extract(COLUMN, '$.NAME...')` with its two likes. Whatever else is done with the
 * column (json_each, a path that is put together, a name in quotes) may read all of it.
 */
#include "expr/members.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "expr/tokens.h"
#include "util/auto.h"

/* They answer with what is at the path, and with nothing else of the document. */
static const char *const readers[] = {"json_array_length", "json_extract", "json_type"};

/* Is the word at `word` the first argument of one of the readers? */
static bool is_read(const char *sql, const char *word)
{
    const char *at = word;
    while (at > sql && isspace((unsigned char)at[-1]))
        at--;
    if (at == sql || *--at != '(')
        return false;
    while (at > sql && isspace((unsigned char)at[-1]))
        at--;
    const char *end = at;
    while (at > sql && token_is_word(at[-1]))
        at--;
    for (size_t i = 0; i < ARRAY_LENGTH(readers); i++) {
        if (strlen(readers[i]) == (size_t)(end - at) &&
            !strncasecmp(readers[i], at, (size_t)(end - at)))
            return true;
    }
    return false;
}

/* The literal by which the column's word reads one member; NULL if it is not so simple. */
static const char *path_of(const char *sql, const char *word, size_t length)
{
    const char *at = token_skip_space(word + length);
    if (!strncmp(at, "->", 2)) {
        at = token_skip_space(at + 2 + (at[2] == '>'));
        return *at == '\'' ? at : NULL;
    }
    if (*at != ',' || !is_read(sql, word))
        return NULL;
    at = token_skip_space(at + 1);
    const char *end = *at == '\'' && at[1] == '$' ? token_literal_end(at) : NULL;
    return end && *token_skip_space(end) == ')' ? at : NULL; /* no second path */
}

/* '$.NAME', '$.NAME.more', '$.NAME[0]', '$."NAME".more', or 'NAME' alone. */
static bool visit_name(const char *literal, members_fn visit, void *data)
{
    const char *name = literal + 1;
    bool path = *name == '$', quoted = path && name[1] == '.' && name[2] == '"';
    if (path && name[1] != '.')
        return false;
    name += quoted ? 3 : path ? 2 : 0;
    size_t length = 0;
    while (token_is_word(name[length]) || name[length] == '-')
        length++;
    const char *ends = quoted ? "\"" : path ? ".['" : "'";
    const char *end = name + length;
    if (!length || !*end || !strchr(ends, *end) || (*end == '\'' && end[1] == '\''))
        return false;
    visit(data, name, length);
    return true;
}

bool members_read(const char *sql, const char *column, members_fn visit, void *data)
{
    size_t wanted = strlen(column);
    for (const char *at = sql; *at;) {
        size_t length = token_word_length(at);
        if (*at == '\'') {
            at = token_literal_end(at);
            if (!at)
                return false;
            continue;
        }
        if (strchr("\"`[", *at)) /* a name in quotes may be the column */
            return false;
        /* an apostrophe in a comment begins no literal */
        if (!strncmp(at, "--", 2) || !strncmp(at, "/*", 2))
            return false;
        if (length == wanted && !strncasecmp(at, column, length)) {
            const char *path = path_of(sql, at, length);
            if (!path || !visit_name(path, visit, data))
                return false;
        }
        at += length ? length : 1;
    }
    return true;
}
