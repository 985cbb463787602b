/*
 * yaml_scan.c - a look at the bytes before libfyaml sees them, and the check for
 * duplicate keys after it.
 *
 * libfyaml stops silently at a NUL, is not strict about UTF-8, needs memory out of
 * all proportion for very long lines, and its own check for duplicate keys is
 * quadratic (30,000 keys: 94 s). All four are closed here. A file that fails the
 * scan is not parsed at all.
 */
#include "playbook/yaml_internal.h"

#include <string.h>

#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"

/* Below this many members comparing each with each is quicker than a map. */
#define FEW_MEMBERS 12u

static bool bad(const char *file, int line, int column, struct problem_list *problems,
                const char *sentence)
{
    problem_add(problems, PROBLEM_ERROR, file, line, column, "%s", sentence);
    return false;
}

/* Characters in front of `end`, counted from 1, as editors do. */
static int column_of(const char *line, const char *end)
{
    int column = 1;
    for (; line < end; line++)
        column += ((unsigned char)*line & 0xc0) != 0x80;
    return column;
}

/* The first byte of a line that makes it malformed. */
static const char *malformed(const char *line, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t run = 1;
        while (run < 4 && i + run < length && !text_is_utf8(line + i, run))
            run++;
        if (!text_is_utf8(line + i, run))
            return line + i;
        i += run;
    }
    return line + length;
}

/* True if the line begins with a tag or an anchor. */
static bool is_marked(const char *line, size_t length)
{
    size_t at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '-'))
        at++;
    return at < length && (line[at] == '!' || line[at] == '&');
}

static bool scan_line(const char *file, int number, const char *line, size_t length,
                      struct problem_list *problems)
{
    const char *nul = memchr(line, '\0', length);
    if (nul)
        return bad(file, number, column_of(line, nul), problems,
                   "a NUL byte; this is no text file");
    if (!text_is_utf8(line, length))
        return bad(file, number, column_of(line, malformed(line, length)), problems,
                   "not valid UTF-8; save the file as UTF-8");
    if (length > YAML_LINE_MAX)
        return bad(file, number, 1, problems,
                   "a line of more than 32 KiB; break it, or put the data into a file "
                   "of its own");
    return true;
}

bool yaml_scan(const char *file, const char *bytes, size_t length,
               struct problem_list *problems)
{
    size_t marked = 0;
    int number = 1;
    for (size_t at = 0; at < length; number++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t line_length = end ? (size_t)(end - bytes) - at : length - at;
        if (!scan_line(file, number, bytes + at, line_length, problems))
            return false;
        marked += is_marked(bytes + at, line_length);
        if (marked > YAML_MARKED_LINES_MAX)
            return bad(file, number, 1, problems,
                       "more than 10000 lines that begin with & or !");
        at += line_length + 1;
    }
    return true;
}

static const struct yaml_node *earlier(const struct yaml_node *mapping,
                                       const struct yaml_node *member)
{
    const struct yaml_node *at = mapping->first;
    while (at != member && strcmp(at->key, member->key) != 0)
        at = at->next;
    return at == member ? NULL : at;
}

/* The place of the first one is only looked for while it will be shown. */
static void report(const char *file, const struct yaml_node *mapping,
                   const struct yaml_node *member, struct problem_list *problems)
{
    int line = problems->errors < PROBLEMS_MAX ? earlier(mapping, member)->key_line : 0;
    problem_add(problems, PROBLEM_ERROR, file, member->key_line, member->key_column,
                "duplicate key %s (first on line %d)", member->key, line);
}

void yaml_drop_duplicates(const char *file, struct yaml_node *mapping,
                          struct problem_list *problems)
{
    auto_map struct map seen = {0};
    bool many = mapping->count > FEW_MEMBERS;
    struct yaml_node *last = NULL;
    for (struct yaml_node *member = mapping->first; member; member = member->next) {
        bool again;
        if (many) {
            size_t before = seen.count;
            again = map_intern(&seen, member->key) < before;
        } else {
            again = earlier(mapping, member) != NULL;
        }
        if (again) {
            report(file, mapping, member, problems);
            last->next = member->next;
            mapping->count--;
        } else {
            last = member;
        }
    }
}
