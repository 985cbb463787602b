/*
 * match.c - is this failure that issue? (known.h)
 *
 * Each issue is one SQL expression, made when its file is read, so patterns, versions
 * and own conditions are judged by one engine with its limits. What is not known of a
 * failure is NULL and is passed over; a message alone may be enough.
 */
#include <string.h>

#include "known/internal.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* ---- from a condition to SQL ---- */

static void add_literal(struct buf *sql, const char *text)
{
    buf_addc(sql, '\'');
    for (; *text; text++) {
        buf_addc(sql, *text);
        if (*text == '\'')
            buf_addc(sql, '\'');
    }
    buf_addc(sql, '\'');
}

/* "BEFORE 'text' AFTER" for each, with OR between. */
static void add_each(struct buf *sql, const char *before, char *const *texts,
                     size_t count, const char *after)
{
    for (size_t i = 0; i < count; i++) {
        buf_adds(sql, i ? " OR " : "");
        buf_adds(sql, before);
        add_literal(sql, texts[i]);
        buf_adds(sql, after);
    }
}

static void add_message(struct buf *sql, const struct known_condition *c)
{
    if (!c->contains_count && !c->matches_count)
        return;
    buf_adds(sql, " AND (");
    add_each(sql, "instr(lower(message), lower(", c->contains, c->contains_count,
             ")) > 0");
    if (c->contains_count && c->matches_count)
        buf_adds(sql, " OR ");
    add_each(sql, "message REGEXP ", c->matches, c->matches_count, "");
    buf_addc(sql, ')');
}

static void add_list(struct buf *sql, const char *column, const char *comparison,
                     char *const *texts, size_t count)
{
    if (!count)
        return;
    auto_free char *before = xasprintf("%s %s ", column, comparison);
    buf_addf(sql, " AND (%s IS NULL OR ", column);
    add_each(sql, before, texts, count, "");
    buf_addc(sql, ')');
}

static void add_version(struct buf *sql, const char *comparison, const char *version)
{
    if (!version)
        return;
    buf_adds(sql, " AND (version IS NULL OR version_cmp(version, ");
    add_literal(sql, version);
    buf_addf(sql, ") %s 0)", comparison);
}

char *known_condition_sql(const struct known_condition *c)
{
    auto_buf struct buf sql = {0};
    buf_adds(&sql, "1");
    add_message(&sql, c);
    add_list(&sql, "step", "GLOB", c->steps, c->step_count);
    add_list(&sql, "use", "GLOB", c->uses, c->use_count);
    add_list(&sql, "state", "=", c->states, c->state_count);
    add_list(&sql, "kind", "=", c->kinds, c->kind_count);
    add_version(&sql, ">=", c->at_least);
    add_version(&sql, "<", c->below);
    if (c->where)
        buf_addf(&sql, " AND (%s)", c->where);
    return buf_take(&sql);
}

/* ---- matching ---- */

bool known_issue_matches(const struct known_book *book, const struct known_issue *issue,
                         const struct known_facts *facts)
{
    auto_free char *message = xstrndup(facts->message, FAILURE_BYTES_MAX);
    const char *values[FAILURE_COLUMNS] = {message,      facts->step, facts->use,
                                           facts->state, facts->kind, facts->version};
    struct expr_value value;
    struct slipway_error err;
    for (size_t i = 1; i < FAILURE_COLUMNS; i++) {
        if (values[i] && !*values[i])
            values[i] = NULL;
    }
    if (expr_eval(book->engine, issue->sql, failure_columns, values, FAILURE_COLUMNS,
                  &value, &err) != 0)
        return false;
    bool matches = expr_truth(&value);
    expr_value_free(&value);
    return matches;
}

const struct known_issue *known_match(const struct known_book *book,
                                      const struct known_facts *facts)
{
    for (size_t i = 0; i < book->issue_count; i++) {
        if (known_issue_matches(book, &book->issues[i], facts))
            return &book->issues[i];
    }
    return NULL;
}

const struct known_issue *known_find(const struct known_book *book, const char *id)
{
    for (size_t i = 0; i < book->issue_count; i++) {
        if (!strcmp(book->issues[i].id, id))
            return &book->issues[i];
    }
    return NULL;
}
