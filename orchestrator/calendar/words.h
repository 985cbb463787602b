/*
 * words.h - the words of a short form with their columns, and what they can be.
 */
#ifndef CALENDAR_WORDS_H
#define CALENDAR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/calendar.h"
#include "calendar/limits.h"
#include "calendar/zone.h"

#define WORDS_MAX 8
#define WORD_ROOM 128

struct words {
    const char *example; /* a right form, for refusals */
    struct slipway_error *err;
    struct word {
        char text[WORD_ROOM];
        size_t column; /* from 1 */
    } items[WORDS_MAX];
    size_t count;
    size_t end; /* column behind the last */
};

/* Cut `length` bytes of text that begin at `column`. -1: too many or too long words. */
int words_cut(struct words *words, const char *text, size_t length, size_t column,
              const char *example, struct slipway_error *err);

/* "column 5: "25:00" what; write it like: EXAMPLE"; always -1. `index` may be behind the
   last word. */
__attribute__((format(printf, 3, 4))) int
words_refuse(const struct words *words, size_t index, const char *format, ...);

/* "2026-12-24" -> its day. */
bool word_date(const char *text, int64_t *out_day);
/* "22:00", "22:00:30" -> seconds of the day. */
bool word_clock(const char *text, int64_t *out_s);

/* The zone that word `index` names, or the option's where there is no such word. */
int words_zone(const struct words *words, size_t index,
               const struct calendar_options *options, const struct zone **out);

#endif
