/*
 * found.c - see found.h.
 *
 * Looks for `COLUMN ->> 'PATH'` and `f(COLUMN, 'PATH'`, which is how expressions reach
 * into a document, and evaluates each place by itself. What is written otherwise is not
 * found, and what cannot be evaluated is left out: this only explains, it judges nothing.
 */
#include "exec/found.h"

#include <stdbool.h>
#include <string.h>

#include "expr/tokens.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

struct finder {
    struct expr_engine *engine;
    const char *const *columns, *const *values;
    size_t count;
    char *seen[FOUND_VALUES_MAX]; /* each place is told once */
    size_t seen_count;
    struct buf out;
};

/* The literal that names a member of the document before it; NULL if none does. */
static const char *path_behind(const char *at)
{
    at = token_skip_space(at);
    bool arrow = !strncmp(at, "->", 2);
    if (!arrow && *at != ',')
        return NULL;
    at = token_skip_space(at + (arrow ? 2 + (at[2] == '>') : 1));
    return *at == '\'' && (arrow || at[1] == '$') ? at : NULL;
}

static bool is_new(struct finder *f, const char *place)
{
    for (size_t i = 0; i < f->seen_count; i++) {
        if (!strcmp(f->seen[i], place))
            return false;
    }
    if (f->seen_count == FOUND_VALUES_MAX)
        return false;
    f->seen[f->seen_count++] = xstrdup(place);
    return true;
}

static void add_name(struct finder *f, size_t column, const char *path, const char *end)
{
    path += path[1] == '$' ? 2 : 1;
    path += *path == '.';
    buf_adds(&f->out, f->out.length ? ", " : "");
    if (column || path == end - 1) /* columns[0] is the result */
        buf_addf(&f->out, "%s%s", f->columns[column], path == end - 1 ? "" : ".");
    text_sanitize(&f->out, path, (size_t)(end - 1 - path), FOUND_VALUE_MAX);
    buf_addc(&f->out, ' ');
}

static void add_place(struct finder *f, size_t column, const char *path, const char *end)
{
    struct slipway_error err;
    auto_expr_value struct expr_value value = {0};
    auto_free char *place =
        xasprintf("%s -> %.*s", f->columns[column], (int)(end - path), path);
    if (!is_new(f, place) ||
        expr_eval(f->engine, place, f->columns, f->values, f->count, &value, &err) != 0)
        return;
    add_name(f, column, path, end);
    auto_free char *text =
        value.kind == EXPR_NULL ? xstrdup("missing") : expr_value_text(&value);
    text_sanitize(&f->out, text, strlen(text), FOUND_VALUE_MAX);
}

/* One word of the expression: is it a column, and which member of it is meant? */
static void look_at_word(struct finder *f, const char *word, size_t length)
{
    const char *path = path_behind(word + length);
    const char *end = path ? token_literal_end(path) : NULL;
    for (size_t i = 0; end && i < f->count; i++) {
        if (strlen(f->columns[i]) == length && !strncmp(f->columns[i], word, length))
            add_place(f, i, path, end);
    }
}

char *found_values(struct expr_engine *engine, const char *sql,
                   const char *const *columns, const char *const *values, size_t count)
{
    struct finder f = {
        .engine = engine, .columns = columns, .values = values, .count = count};
    for (const char *at = sql; at && *at;) {
        size_t length = token_word_length(at);
        if (*at == '\'') {
            at = token_literal_end(at);
            continue;
        }
        if (length)
            look_at_word(&f, at, length);
        at += length ? length : 1;
    }
    for (size_t i = 0; i < f.seen_count; i++)
        free(f.seen[i]);
    char *text = f.out.length ? buf_take(&f.out) : NULL;
    buf_free(&f.out);
    return text;
}
