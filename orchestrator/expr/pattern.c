/*
 * pattern.c - see pattern.h.
 *
 * The C library builds a repetition by copying what is repeated: x{2,9} becomes
 * nine of it and x+ becomes xx*. Nested, that multiplies: sixty "+" in a row ask
 * for 2^60 copies. So the size that a pattern will have is counted first, and a
 * large one is refused. Back references take exponential time and are refused too.
 */
#include "expr/pattern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One level of brackets: the cost of what is complete, and of the last atom,
   which a repetition may yet multiply. */
struct level {
    unsigned long sum, last;
};

/* Index of the last character of the bracket expression at p[i]. */
static size_t end_of_set(const char *p, size_t i)
{
    i += p[i + 1] == '^';
    i += p[i + 1] == ']';
    for (i++; p[i] && p[i] != ']'; i++) {
        if (p[i] != '[' || !p[i + 1] || !strchr(":.=", p[i + 1]))
            continue;
        const char close[] = {p[i + 1], ']', 0};
        const char *end = strstr(p + i + 2, close);
        if (end)
            i = (size_t)(end - p) + 1;
    }
    return p[i] ? i : i - 1;
}

/* Copies that "{n,m}" at p[i] makes; 0 if it is no repetition. The index of its
   last character to *end. */
static unsigned long copies(const char *p, size_t i, size_t *end)
{
    char *rest;
    if (p[i + 1] < '0' || p[i + 1] > '9')
        return 0;
    unsigned long least = strtoul(p + i + 1, &rest, 10), most = least;
    if (*rest == ',')
        most = rest[1] == '}' ? least + 1 : strtoul(rest + 1, &rest, 10);
    const char *close = strchr(rest, '}');
    if (!close)
        return 0;
    *end = (size_t)(close - p);
    most = most > least ? most : least;
    return most ? most : 1;
}

static void add_atom(struct level *level, unsigned long cost)
{
    level->sum += level->last;
    level->last = cost;
}

static bool is_large(const struct level *level)
{
    return level->last > PATTERN_COST_MAX || level->sum > PATTERN_COST_MAX;
}

/* Multiply the last atom; false when that is too much. */
static bool repeat(struct level *level, unsigned long factor)
{
    if (factor > PATTERN_COST_MAX)
        return false;
    level->last *= factor;
    return !is_large(level);
}

const char *pattern_fault(const char *p)
{
    static const char large[] =
        "regexp: the repetitions multiply to more than 2000 characters";
    struct level levels[PATTERN_DEPTH_MAX + 1] = {{0, 0}}, *at = levels;
    if (strlen(p) > PATTERN_BYTES_MAX)
        return "regexp: the pattern is longer than 256 bytes";
    for (size_t i = 0; p[i]; i++) {
        unsigned long factor = p[i] == '+' ? 2 : 0;
        if (p[i] == '{')
            factor = copies(p, i, &i);
        if (factor) {
            if (!repeat(at, factor))
                return large;
        } else if (p[i] == '(') {
            if (at == levels + PATTERN_DEPTH_MAX)
                return "regexp: more than 32 levels of brackets";
            *++at = (struct level){0, 0};
        } else if (p[i] == ')' && at > levels) {
            unsigned long group = at->sum + at->last + 1;
            add_atom(--at, group);
        } else if (p[i] == '\\' && p[i + 1] >= '1' && p[i + 1] <= '9') {
            return "regexp: back references are not supported";
        } else if (p[i] != '*' && p[i] != '?') {
            add_atom(at, 1);
            if (p[i] == '[')
                i = end_of_set(p, i);
            else if (p[i] == '\\' && p[i + 1])
                i++;
        }
        if (is_large(at))
            return large;
    }
    return NULL;
}
