/*
 * lines.h - the content lines of an iCalendar file, unfolded, with their numbers.
 */
#ifndef CALENDAR_LINES_H
#define CALENDAR_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "calendar/place.h"
#include "util/buf.h"

struct lines {
    struct place place; /* of the line that was read last */
    const char *at, *end;
    int next; /* number of the line at `at` */
    struct buf text;
};

/* NAME;PARAM=VALUE;PARAM="VALUE":VALUE, cut into its parts; borrowed until the next. */
struct line {
    int number;
    char *name;   /* upper case */
    char *params; /* without the first ";"; "" if there are none */
    char *value;
};

/* `bytes` are borrowed. A byte-order mark is stepped over. */
void lines_begin(struct lines *lines, const char *source, const char *bytes,
                 size_t length, struct slipway_error *err);
/* 1: a line; 0: the end; -1: refused. Empty lines are left out. */
int lines_next(struct lines *lines, struct line *out);
void lines_end(struct lines *lines);

/* The value of a parameter, without quotes; false if it is not there or longer than
   `size`. */
bool line_param(const char *params, const char *name, char *out, size_t size);

#endif
