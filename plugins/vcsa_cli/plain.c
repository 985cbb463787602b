/*
 * plain.c - see plain.h.
 *
 * A sequence that does not end takes the rest of its line with it, never the next one: a
 * stray escape must not hide an answer. Lines are compared after their blanks are cut.
 */
#include "vcsa_cli/plain.h"

#include <ctype.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"

#define ESCAPE '\033'
#define BELL   '\007'

/* Length of the terminal sequence that begins here, within its line. */
static size_t sequence_length(const char *text, size_t left)
{
    size_t at = 1;
    if (at < left && text[at] == '[') { /* CSI: up to a byte from @ to ~ */
        for (at++; at < left && text[at] != '\n'; at++)
            if (text[at] >= '@' && text[at] <= '~')
                return at + 1;
        return at;
    }
    if (at < left && text[at] == ']') { /* OSC: up to BEL or ESC \ */
        for (at++; at < left && text[at] != '\n'; at++) {
            if (text[at] == BELL)
                return at + 1;
            if (text[at] == ESCAPE && at + 1 < left && text[at + 1] == '\\')
                return at + 2;
        }
        return at;
    }
    return at < left && text[at] != '\n' ? 2 : 1;
}

static void drop_controls(const struct buf *from, struct buf *to)
{
    for (size_t i = 0; i < from->length;) {
        unsigned char c = (unsigned char)from->data[i];
        if (c == ESCAPE) {
            i += sequence_length(from->data + i, from->length - i);
            continue;
        }
        if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
            buf_addc(to, (char)c);
        i++;
    }
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A line of the greeting: "* List APIs: "help api list"" and the like. */
static bool is_greeting(const char *line)
{
    static const char *const heads[] = {
        "List APIs:", "List Plugins:", "Enable BASH access:", "Launch BASH:"};
    if (begins(line, "Connected to service") ||
        begins(line, "Shell access is granted to"))
        return true;
    if (line[0] == '*')
        line += 1 + strspn(line + 1, " ");
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        if (begins(line, heads[i]))
            return true;
    return false;
}

char *plain_line(char **rest)
{
    return *rest ? strsep(rest, "\n") : NULL;
}

char *plain_trim(char *line)
{
    size_t length = strlen(line);
    while (length && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    return line + strspn(line, " \t");
}

bool plain_text(struct buf *text)
{
    auto_buf struct buf shown = {0}, kept = {0};
    bool away = false;
    drop_controls(text, &shown);
    auto_free char *copy = buf_take(&shown);
    char *rest = copy;
    for (char *line; (line = plain_line(&rest));) {
        while (begins(line, "Command> "))
            line += strlen("Command> ");
        const char *start = line + strspn(line, " \t");
        if (begins(start, "[ERROR]: Failed to connect to service"))
            away = true;
        else if (!is_greeting(start))
            buf_addf(&kept, "%s%s", line, rest ? "\n" : "");
    }
    buf_free(text);
    *text = kept;
    kept = (struct buf){0};
    return away;
}

void plain_add_end(struct buf *out, const struct buf *end, size_t asked)
{
    const char *text = buf_text(end);
    size_t skip =
        end->length >= asked - asked / 8 ? text_cut_start(text, end->length) : 0;
    buf_add(out, text + skip, end->length - skip);
}

const char *plain_value(const char *line, const char *key)
{
    size_t length = strlen(key);
    line += strspn(line, " \t");
    if (strncmp(line, key, length) != 0)
        return NULL;
    line += length;
    line += strspn(line, " \t");
    return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

const char *plain_first(const char *text, char *out, size_t size)
{
    text += strspn(text, " \t\r\n");
    auto_buf struct buf clean = {0};
    text_sanitize(&clean, text, strcspn(text, "\n"), size > 8 ? size - 8 : 0);
    (void)snprintf(out, size, "%s", buf_text(&clean));
    return out;
}
