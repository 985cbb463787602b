/*
 * place.h - where in a calendar something is, for sentences "FILE:LINE: what; what to do".
 */
#ifndef CALENDAR_PLACE_H
#define CALENDAR_PLACE_H

#include <stddef.h>

#include <slipway/error.h>

struct place {
    const char *source; /* as the caller calls the file */
    int line;
    struct slipway_error *err; /* may be NULL */
};

#define EXCERPT 120 /* bytes of text from a file in a sentence */

/* Write the sentence behind the place; always -1. */
__attribute__((format(printf, 2, 3))) int place_refuse(const struct place *place,
                                                       const char *format, ...);

/* The text, harmless and short enough for a sentence. Returns `out`. */
const char *place_excerpt(const char *text, char out[EXCERPT]);

#endif
