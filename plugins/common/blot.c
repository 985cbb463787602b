/*
 * blot.c - see blot.h.
 *
 *   password=x  "token": "x"  Authorization: Basic x   ─► the value, to its end
 *   https://user:x@host                                ─► what stands before the @
 *   dl.broadcom.com/TOKEN/PROD                         ─► the first folder
 *   -----BEGIN ... PRIVATE KEY----- ... -----END       ─► everything between
 *
 * One pass over the lines; nothing is looked for beyond the end of a line but the end of a
 * key. It errs on the side of too much.
 */
#include "common/blot.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/xalloc.h"

#define MARK "***"

static const char *const NAMES[] = {"password",      "passwd",     "passphrase", "secret",
                                    "token",         "session-id", "session_id", "cookie",
                                    "authorization", "licensekey", "session key"};

/* Where the value behind a name at `at` begins, or NULL: nothing is assigned there. */
static const char *value_behind(const char *at)
{
    at += strcspn(at, "=: \t\"'");
    at += strspn(at, "\"' \t");
    if (*at != '=' && *at != ':')
        return NULL;
    at += strspn(at, "=: \t");
    return *at ? at : NULL;
}

static const char *first_name(const char *line)
{
    const char *first = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(NAMES); i++) {
        const char *found = strcasestr(line, NAMES[i]);
        if (found && (!first || found < first))
            first = found;
    }
    return first;
}

/* To the closing quote, or to what separates members; a header has words. */
static size_t value_length(const char *name, const char *value)
{
    if (*value == '"' || *value == '\'') {
        const char *end = strchr(value + 1, *value);
        return end ? (size_t)(end + 1 - value) : strlen(value);
    }
    bool header =
        !strncasecmp(name, "authorization", 13) || !strncasecmp(name, "cookie", 6);
    return strcspn(value, header ? "\"'" : " \t,;&}\"'");
}

static void add_assignments(const char *line, struct buf *out)
{
    for (const char *name; (name = first_name(line));) {
        const char *value = value_behind(name);
        if (!value) { /* a name alone is only a word */
            size_t word = strcspn(name, " \t");
            buf_add(out, line, (size_t)(name - line) + word);
            line = name + word;
            continue;
        }
        buf_add(out, line, (size_t)(value - line));
        buf_adds(out, MARK);
        line = value + value_length(name, value);
    }
    buf_adds(out, line);
}

/* "//user:word@" of every URL, and the token in the vendor's. */
static char *without_url_secrets(const char *line)
{
    struct buf out = {0};
    for (const char *at; (at = strstr(line, "://"));) {
        const char *host = at + 3, *mark = host + strcspn(host, "@/ \t\"'");
        buf_add(&out, line, (size_t)(host - line));
        line = host;
        if (*mark == '@') {
            buf_adds(&out, MARK);
            line = mark;
        }
        const char *path = line + strcspn(line, "/ \t\"'");
        if (*path == '/' && memmem(line, (size_t)(path - line), "broadcom.com", 12)) {
            buf_add(&out, line, (size_t)(path + 1 - line));
            buf_adds(&out, MARK);
            line = path + 1 + strcspn(path + 1, "/ \t\"'");
        }
    }
    buf_adds(&out, line);
    return buf_take(&out);
}

static void add_line(const char *line, struct buf *out)
{
    auto_free char *clean = without_url_secrets(line);
    add_assignments(clean, out);
}

void blot_secrets(struct buf *text)
{
    struct buf out = {0};
    auto_free char *copy = xstrndup(buf_text(text), text->length);
    bool in_key = false;
    for (char *line = copy, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        bool begins = strstr(line, "-----BEGIN") && strstr(line, "PRIVATE KEY");
        if (begins)
            buf_adds(&out, "(a private key)");
        else if (!in_key)
            add_line(line, &out);
        in_key = (in_key || begins) && !strstr(line, "-----END");
        if (next && !in_key)
            buf_addc(&out, '\n');
    }
    buf_free(text);
    *text = out;
}
