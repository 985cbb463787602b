/*
 * lines.c - see lines.h. One pass over the bytes: a line that begins with a space or a tab
 * continues the one before it. Line breaks may be CRLF, LF, or mixed. NUL bytes, UTF-16
 * and lines beyond the bound are refused; bytes that are no UTF-8 pass, as only texts can
 * hold them, and those are made harmless later.
 *
 * Between name and value stands the first colon outside quotes. Where the value is a
 * time, the last one: Outlook forgets the quotes around names with a colon.
 */
#include "calendar/lines.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "calendar/limits.h"
#include "util/auto.h"

void lines_begin(struct lines *lines, const char *source, const char *bytes,
                 size_t length, struct slipway_error *err)
{
    *lines = (struct lines){.place = {source, 1, err},
                            .at = bytes,
                            .end = length ? bytes + length : bytes,
                            .next = 1};
    if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
        lines->at += 3;
}

void lines_end(struct lines *lines)
{
    buf_free(&lines->text);
}

/* Append one physical line without its break, and step behind it. */
static int take(struct lines *lines)
{
    size_t left = (size_t)(lines->end - lines->at);
    const char *stop = memchr(lines->at, '\n', left);
    size_t length = stop ? (size_t)(stop - lines->at) : left;
    size_t used = length;
    while (used && lines->at[used - 1] == '\r')
        used--;
    if (lines->text.length + used > CALENDAR_LINE_MAX)
        return place_refuse(
            &lines->place,
            "a line of more than %ld KiB; remove it (an attachment?) or split "
            "the calendar",
            CALENDAR_LINE_MAX / 1024);
    if (memchr(lines->at, '\0', used))
        return place_refuse(&lines->place,
                            "a NUL byte; this is no text, or UTF-16: export the "
                            "calendar again as .ics in UTF-8");
    buf_add(&lines->text, lines->at, used);
    lines->at += length + (stop != NULL);
    lines->next++;
    return 0;
}

static bool continues(const struct lines *lines)
{
    return lines->at < lines->end && (*lines->at == ' ' || *lines->at == '\t');
}

/* One unfolded line into lines->text. */
static int unfold(struct lines *lines)
{
    buf_reset(&lines->text);
    lines->place.line = lines->next;
    if (take(lines))
        return -1;
    while (continues(lines)) {
        lines->at++;
        if (take(lines))
            return -1;
    }
    return 0;
}

static bool holds_times(const char *name)
{
    static const char *const names[] = {"DTSTART", "DTEND", "EXDATE", "RDATE",
                                        "RECURRENCE-ID"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

/* The colon between parameters and value; NULL if there is none. */
static char *value_colon(char *at, bool times)
{
    if (times)
        return strrchr(at, ':');
    bool quoted = false;
    for (; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        if (*at == ':' && !quoted)
            return at;
    }
    return NULL;
}

/* Cut lines->text into its parts. */
static int cut(struct lines *lines, struct line *out)
{
    char *text = lines->text.data, shown[EXCERPT];
    size_t name = 0;
    for (; isalnum((unsigned char)text[name]) || text[name] == '-'; name++)
        text[name] = (char)toupper((unsigned char)text[name]);
    char after = text[name];
    if (name && (after == ';' || after == ':')) {
        text[name] = '\0';
        char *rest = text + name + 1;
        char *colon = rest - 1;
        if (after == ';')
            colon = value_colon(rest, holds_times(text));
        if (colon) {
            *colon = '\0';
            *out = (struct line){.number = lines->place.line,
                                 .name = text,
                                 .params = after == ';' ? rest : colon,
                                 .value = colon + 1};
            return 1;
        }
        text[name] = after;
    }
    return place_refuse(
        &lines->place,
        "\"%s\" is no line of a calendar (NAME:VALUE) and does not continue one "
        "(a space at its start); export the calendar again",
        place_excerpt(text, shown));
}

int lines_next(struct lines *lines, struct line *out)
{
    while (lines->at < lines->end) {
        if (unfold(lines))
            return -1;
        const char *text = buf_text(&lines->text);
        if (text[strspn(text, " \t\r")])
            return cut(lines, out);
    }
    return 0;
}

bool line_param(const char *params, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    while (*params) {
        bool found = !strncasecmp(params, name, length) && params[length] == '=';
        bool quoted = false;
        const char *value = params + strcspn(params, "=;");
        value += *value == '=';
        const char *end = value;
        for (; *end && (quoted || *end != ';'); end++)
            quoted ^= *end == '"';
        if (found) {
            while (value < end && *value == '"')
                value++;
            while (end > value && end[-1] == '"')
                end--;
            size_t bytes = (size_t)(end - value);
            if (bytes >= size)
                return false;
            memcpy(out, value, bytes);
            out[bytes] = '\0';
            return true;
        }
        params = end + (*end == ';');
    }
    return false;
}
