/*
 * slipway/error.h - an error is a decision and a sentence.
 *
 * The returned code says what the caller does next; the sentence says what a
 * human does next. The buffer belongs to the caller, so nothing is allocated
 * on a failing path and nothing is shared between threads.
 */
#ifndef SLIPWAY_ERROR_H
#define SLIPWAY_ERROR_H

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sentence kept; anything longer is cut, never overrun. */
#define SLIPWAY_ERROR_MAX 768

struct slipway_error {
    char text[SLIPWAY_ERROR_MAX];
};

/*
 * Write the sentence and return `code`, so that a failure is one line:
 *     return slipway_error_set(err, -1, "%s: no such key", key);
 * `err` may be NULL.
 */
__attribute__((format(printf, 3, 4))) static inline int
slipway_error_set(struct slipway_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return code;
}

#ifdef __cplusplus
}
#endif
#endif
