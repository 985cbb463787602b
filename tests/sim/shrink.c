/*
 * shrink.c - what fails is made smaller as long as it still fails the same way: lines of the
 * scenario are taken out, many at a time and then one by one, with whatever speaks of them;
 * then words, then numbers. What is left is a story that somebody can read.
 *
 * Each try is a process of its own: one that ends it (an invariant of the engine, a
 * sanitizer, no end at all) is a failure like any other. "The same way" is the sentence
 * without its names and numbers.
 */
#include <ctype.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define TRY_SECONDS 30
#define RUNS_MAX    6000
#define LINES_MAX   4000

/* ---- one try ---- */

char *shrink_class(const char *broken)
{
    struct buf out = {0};
    bool digits = false;
    for (; broken && *broken; broken++) {
        bool digit = isxdigit((unsigned char)*broken) &&
                     (digits || isdigit((unsigned char)*broken));
        if (!digit)
            buf_addc(&out, *broken);
        else if (!digits)
            buf_addc(&out, '#');
        digits = digit;
    }
    buf_adds(&out, "");
    return buf_take(&out);
}

static char *read_all(int fd, off_t from)
{
    struct buf out = {0};
    char bytes[4096];
    (void)lseek(fd, from, SEEK_SET);
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        buf_add(&out, bytes, (size_t)n);
    buf_adds(&out, "");
    return buf_take(&out);
}

/* The line of what a dying process says that names the reason. */
static char *last_words(int fd, int status)
{
    auto_free char *said = read_all(fd, 0);
    const char *at = strstr(said, "ERROR: ");
    at = at ? at : said;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return xstrdup("the process does not end");
    return xasprintf("the process ends: %.*s", (int)strcspn(at, "\n("), at);
}

struct shrink_told shrink_run(uint64_t seed, const char *scenario, bool verbose)
{
    struct shrink_told told = {0};
    auto_fd int sink = memfd_create("sim", MFD_CLOEXEC);
    auto_fd int words = memfd_create("words", MFD_CLOEXEC);
    auto_fd int verdict = memfd_create("verdict", MFD_CLOEXEC);
    int status = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    if (!child) {
        (void)alarm(TRY_SECONDS);
        (void)dup2(words, 2);
        sim_sink = sink;
        struct sim_result result =
            sim_run(seed, scenario, verbose ? SIM_VERBOSE : SIM_QUIET);
        const char *say = result.wrong    ? result.wrong
                          : result.broken ? result.broken
                                          : "";
        (void)dprintf(verdict, "%c%s", result.wrong ? 'w' : 'b', say);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        told.wrong = xstrdup("no process could be started");
        return told;
    }
    told.text = read_all(sink, 0);
    if (status) {
        told.broken = last_words(words, status);
        return told;
    }
    auto_free char *said = read_all(verdict, 0);
    if (*said == 'w')
        told.wrong = xstrdup(said + 1);
    else if (*said && said[1])
        told.broken = xstrdup(said + 1);
    return told;
}

void shrink_told_clear(struct shrink_told *told)
{
    free(told->text);
    free(told->broken);
    free(told->wrong);
    *told = (struct shrink_told){0};
}

/* ---- lines ---- */

struct lines {
    char **items;
    size_t count, room;
};

struct shrinking {
    struct lines lines;
    char *class;
    int runs;
};

static struct lines lines_of(const char *text)
{
    struct lines lines = {0};
    while (*text && lines.count < LINES_MAX) {
        size_t length = strcspn(text, "\n");
        if (length && *text != '#')
            *vec_push(lines.items, lines.count, lines.room) = xstrndup(text, length);
        text += length + (text[length] == '\n');
    }
    return lines;
}

static void lines_clear(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i]);
    free(lines->items);
    *lines = (struct lines){0};
}

static struct lines lines_copy(const struct lines *from)
{
    struct lines lines = {0};
    for (size_t i = 0; i < from->count; i++)
        *vec_push(lines.items, lines.count, lines.room) = xstrdup(from->items[i]);
    return lines;
}

static char *text_of(const struct lines *lines)
{
    struct buf out = {0};
    for (size_t i = 0; i < lines->count; i++)
        buf_addf(&out, "%s\n", lines->items[i]);
    buf_adds(&out, "");
    return buf_take(&out);
}

static bool starts(const char *line, const char *kind)
{
    size_t length = strlen(kind);
    return !strncmp(line, kind, length) && (line[length] == ' ' || !line[length]);
}

/* Keep the candidate if it fails the same way; it is taken in any case. */
static bool take(struct shrinking *s, struct lines candidate)
{
    bool better = false;
    if (s->runs < RUNS_MAX) {
        auto_free char *text = text_of(&candidate);
        struct shrink_told told = shrink_run(0, text, false);
        auto_free char *class = told.broken ? shrink_class(told.broken) : NULL;
        better = class && !strcmp(class, s->class);
        s->runs++;
        shrink_told_clear(&told);
    }
    if (better) {
        struct lines old = s->lines;
        s->lines = candidate;
        candidate = old;
    }
    lines_clear(&candidate);
    return better;
}

/* ---- lines are taken out ---- */

/* The name that a line gives to something, or NULL; the caller's. */
static char *name_given(const char *line)
{
    static const char *const givers[] = {"appliance", "step",  "wave",
                                         "domain",    "limit", "calendar"};
    for (size_t i = 0; i < ARRAY_LENGTH(givers); i++) {
        if (!starts(line, givers[i]))
            continue;
        const char *at = line + strlen(givers[i]) + 1;
        return xstrndup(at, strcspn(at, " "));
    }
    return NULL;
}

static bool is_item(const char *list, size_t length, const char *name)
{
    return length == strlen(name) && !strncmp(list, name, length);
}

/* Take a name out of a word: "domains=a,b" keeps b. NULL: nothing is left of it. */
static char *word_without(const char *word, const char *name)
{
    const char *equals = strchr(word, '=');
    if (is_item(word, strlen(word), name))
        return NULL;
    if (!equals)
        return xstrdup(word);
    struct buf left = {0};
    bool was_there = false;
    for (const char *at = equals + 1; *at;) {
        size_t length = strcspn(at, ",");
        if (is_item(at, length, name))
            was_there = true;
        else
            buf_addf(&left, "%s%.*s", left.length ? "," : "", (int)length, at);
        at += length + (at[length] == ',');
    }
    char *out = was_there && !left.length
                    ? NULL
                    : xasprintf("%.*s=%s", (int)(equals - word), word, buf_text(&left));
    buf_free(&left);
    return out;
}

/* What is left of the line when nobody has that name any more; NULL: nothing. */
static char *line_without(const char *line, const char *name)
{
    bool events = starts(line, "luck") || starts(line, "command");
    struct buf out = {0};
    auto_free char *copy = xstrdup(line);
    char *save = NULL;
    bool lost = false;
    for (char *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        auto_free char *left = word_without(word, name);
        lost = lost || !left;
        if (left)
            buf_addf(&out, "%s%s", out.length ? " " : "", left);
    }
    if (lost && events)
        buf_free(&out);
    return out.length ? buf_take(&out) : NULL;
}

static struct lines forget_name(struct lines lines, const char *name)
{
    struct lines kept = {0};
    for (size_t i = 0; i < lines.count; i++) {
        char *given = name_given(lines.items[i]);
        char *left = given && !strcmp(given, name) ? xstrdup(lines.items[i])
                                                   : line_without(lines.items[i], name);
        if (left)
            *vec_push(kept.items, kept.count, kept.room) = left;
        free(given);
    }
    lines_clear(&lines);
    return kept;
}

static bool take_out(struct shrinking *s, size_t from, size_t count)
{
    struct lines kept = {0}, names = {0};
    for (size_t i = 0; i < s->lines.count; i++) {
        bool stays =
            starts(s->lines.items[i], "seed") || starts(s->lines.items[i], "shortest");
        bool out = i >= from && i < from + count && !stays;
        char *name = out ? name_given(s->lines.items[i]) : NULL;
        if (!out)
            *vec_push(kept.items, kept.count, kept.room) = xstrdup(s->lines.items[i]);
        if (name)
            *vec_push(names.items, names.count, names.room) = name;
    }
    for (size_t i = 0; i < names.count; i++)
        kept = forget_name(kept, names.items[i]);
    lines_clear(&names);
    if (kept.count == s->lines.count) {
        lines_clear(&kept);
        return false;
    }
    return take(s, kept);
}

static bool take_out_all(struct shrinking *s)
{
    bool progress = false;
    for (size_t size = s->lines.count / 2 + 1; size; size /= 2) {
        for (size_t end = s->lines.count; end > 0;) { /* from the back: luck comes last */
            size_t from = end > size ? end - size : 0;
            progress = take_out(s, from, end - from) || progress;
            end = from < s->lines.count ? from : s->lines.count;
        }
    }
    return progress;
}

/* ---- words and numbers ---- */

static bool replace_line(struct shrinking *s, size_t at, char *line)
{
    struct lines candidate = lines_copy(&s->lines);
    free(candidate.items[at]);
    candidate.items[at] = line;
    return take(s, candidate);
}

static char *line_with(const char *line, size_t from, size_t length, const char *instead)
{
    return xasprintf("%.*s%s%s", (int)from, line, instead, line + from + length);
}

/* A word that need not be said. */
static bool drop_words(struct shrinking *s, size_t at)
{
    bool progress = false;
    size_t from = 0;
    for (int word = 0; from < strlen(s->lines.items[at]); word++) {
        const char *line = s->lines.items[at];
        size_t length = strcspn(line + from, " ");
        bool can = word >= 2 || (word == 1 && memchr(line + from, '=', length));
        if (can && replace_line(s, at, line_with(line, from - 1, length + 1, "")))
            progress = true;
        else
            from += length + 1;
    }
    return progress;
}

/* One of several: "faults=sick,half". */
static bool drop_items(struct shrinking *s, size_t at)
{
    for (size_t i = 0; s->lines.items[at][i]; i++) {
        const char *line = s->lines.items[at];
        if (line[i] != ',')
            continue;
        size_t before = i;
        while (before && line[before - 1] != '=' && line[before - 1] != ',' &&
               line[before - 1] != ' ')
            before--;
        size_t after = strcspn(line + i + 1, ", ");
        if (replace_line(s, at, line_with(line, before, i - before + 1, "")) ||
            replace_line(s, at, line_with(line, i, after + 1, "")))
            return true;
    }
    return false;
}

/* A number that stands for itself, behind a blank or "=", for smaller ones. */
static bool lower_numbers(struct shrinking *s, size_t at)
{
    bool progress = false;
    for (size_t i = 1; s->lines.items[at][i]; i++) {
        const char *line = s->lines.items[at];
        if (!isdigit((unsigned char)line[i]) ||
            (line[i - 1] != ' ' && line[i - 1] != '='))
            continue;
        size_t length = strspn(line + i, "0123456789");
        long long value = strtoll(line + i, NULL, 10);
        const long long lower[] = {0, 1, value / 10, value / 2, value - 1};
        for (size_t k = 0; k < ARRAY_LENGTH(lower); k++) {
            auto_free char *text = xasprintf("%lld", lower[k]);
            if (lower[k] < 0 || lower[k] >= value ||
                !replace_line(s, at, line_with(s->lines.items[at], i, length, text)))
                continue;
            progress = true;
            break;
        }
    }
    return progress;
}

/* The how-manieth time it was depends on what happened before: without that it is one
   less. */
static bool drop_luck(struct shrinking *s)
{
    for (size_t i = s->lines.count; i-- > 0;) {
        for (size_t k = 0; k < s->lines.count && starts(s->lines.items[i], "luck"); k++) {
            char *number = strrchr(s->lines.items[k], ' ');
            long ordinal = number ? strtol(number, NULL, 10) : 0;
            if (i == k || !starts(s->lines.items[k], "luck") || ordinal < 1)
                continue;
            struct lines candidate = lines_copy(&s->lines);
            char *line = candidate.items[k];
            candidate.items[k] = xasprintf("%.*s %ld", (int)(strrchr(line, ' ') - line),
                                           line, ordinal - 1);
            free(line);
            free(candidate.items[i]);
            memmove(candidate.items + i, candidate.items + i + 1,
                    (--candidate.count - i) * sizeof *candidate.items);
            if (take(s, candidate))
                return true;
        }
    }
    return false;
}

/* The same word in every line: link groups go as a whole. */
static bool drop_everywhere(struct shrinking *s)
{
    bool progress = false;
    for (size_t i = 0; i < s->lines.count; i++) {
        const char *at = strstr(s->lines.items[i], " unit=");
        if (!at)
            continue;
        auto_free char *word = xstrndup(at, 1 + strcspn(at + 1, " "));
        struct lines candidate = lines_copy(&s->lines);
        for (size_t k = 0; k < candidate.count; k++) {
            char *found = strstr(candidate.items[k], word);
            if (found)
                memmove(found, found + strlen(word), strlen(found + strlen(word)) + 1);
        }
        progress = take(s, candidate) || progress;
    }
    return progress;
}

static bool hurry(struct shrinking *s)
{
    struct lines candidate = lines_copy(&s->lines);
    *vec_push(candidate.items, candidate.count, candidate.room) = xstrdup("shortest");
    return take(s, candidate);
}

static bool simplify(struct shrinking *s)
{
    bool progress = drop_everywhere(s);
    for (size_t i = 0; i < s->lines.count; i++) {
        if (starts(s->lines.items[i], "seed"))
            continue;
        progress = drop_words(s, i) || progress;
        progress = drop_items(s, i) || progress;
        progress = lower_numbers(s, i) || progress;
    }
    return progress;
}

char *shrink_scenario(const char *scenario, const char *broken, int *runs)
{
    struct shrinking s = {.lines = lines_of(scenario), .class = shrink_class(broken)};
    (void)take_out_all(&s);
    (void)hurry(&s);
    while (take_out_all(&s) || simplify(&s) || drop_luck(&s)) {
        if (s.runs >= RUNS_MAX)
            break;
    }
    char *text = text_of(&s.lines);
    *runs = s.runs;
    lines_clear(&s.lines);
    free(s.class);
    return text;
}
