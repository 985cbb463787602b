/*
 * problem.c - see problem.h.
 *
 * Sentences quote what people wrote, so every one is made harmless here, once, and
 * cut to a length; nothing else has to think about it.
 */
#include "playbook/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

void problem_addv(struct problem_list *list, enum severity severity, const char *file,
                  int line, int column, const char *format, va_list args)
{
    size_t *found = severity == PROBLEM_ERROR ? &list->errors : &list->warnings;
    if ((*found)++ >= PROBLEMS_MAX)
        return;
    auto_buf struct buf raw = {0};
    auto_buf struct buf clean = {0};
    buf_addv(&raw, format, args);
    text_sanitize(&clean, buf_text(&raw), raw.length, PROBLEM_TEXT_MAX);
    *vec_push(list->items, list->count, list->room) = (struct problem){
        .severity = severity,
        .place = {.file = xstrdup(file ? file : ""), .line = line, .column = column},
        .text = buf_take(&clean),
    };
}

void problem_add(struct problem_list *list, enum severity severity, const char *file,
                 int line, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(list, severity, file, line, column, format, args);
    va_end(args);
}

void problem_error(struct problem_list *list, const struct place *place,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(list, PROBLEM_ERROR, place->file, place->line, place->column, format,
                 args);
    va_end(args);
}

void problem_warning(struct problem_list *list, const struct place *place,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_addv(list, PROBLEM_WARNING, place->file, place->line, place->column, format,
                 args);
    va_end(args);
}

static int compare(const struct problem *a, const struct problem *b)
{
    int order = strcmp(a->place.file, b->place.file);
    if (order)
        return order;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    return (a->place.column > b->place.column) - (a->place.column < b->place.column);
}

/* Insertion keeps the order of equals, and the list is short. */
void problems_sort(struct problem_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        struct problem moving = list->items[i];
        size_t at = i;
        for (; at && compare(&list->items[at - 1], &moving) > 0; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moving;
    }
}

char *problem_line(const struct problem *problem)
{
    auto_buf struct buf out = {0};
    text_sanitize(&out, problem->place.file, strlen(problem->place.file), 1024);
    if (problem->place.line)
        buf_addf(&out, ":%d:%d", problem->place.line, problem->place.column);
    buf_addf(&out, ": %s%s", problem->severity == PROBLEM_WARNING ? "warning: " : "",
             problem->text);
    return buf_take(&out);
}

char *problems_text(struct problem_list *list)
{
    auto_buf struct buf out = {0};
    problems_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        auto_free char *line = problem_line(&list->items[i]);
        buf_addf(&out, "%s\n", line);
    }
    size_t missing = list->errors + list->warnings - list->count;
    if (missing)
        buf_addf(&out, "and %zu more\n", missing);
    return out.length ? buf_take(&out) : xstrdup("");
}

json_t *problems_json(struct problem_list *list)
{
    json_t *out = json_array();
    problems_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        const struct problem *p = &list->items[i];
        (void)json_array_append_new(
            out, json_pack("{s:o, s:i, s:i, s:s, s:s}", "file",
                           json_safe_string(p->place.file, strlen(p->place.file)), "line",
                           p->place.line, "column", p->place.column, "severity",
                           p->severity == PROBLEM_ERROR ? "error" : "warning", "text",
                           p->text));
    }
    return out;
}

static bool is_there(const struct problem_list *list, const struct problem *problem)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct problem *other = &list->items[i];
        if (!compare(other, problem) && other->severity == problem->severity &&
            !strcmp(other->text, problem->text))
            return true;
    }
    return false;
}

void problems_move(struct problem_list *list, struct problem_list *from)
{
    size_t unkept_errors = from->errors, unkept_warnings = from->warnings;
    for (size_t i = 0; i < from->count; i++) {
        const struct problem *p = &from->items[i];
        (p->severity == PROBLEM_ERROR ? unkept_errors-- : unkept_warnings--);
        if (!is_there(list, p))
            problem_add(list, p->severity, p->place.file, p->place.line, p->place.column,
                        "%s", p->text);
    }
    list->errors += unkept_errors;
    list->warnings += unkept_warnings;
    problems_clear(from);
}

void problems_clear(struct problem_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].place.file);
        free(list->items[i].text);
    }
    free(list->items);
    *list = (struct problem_list){0};
}
