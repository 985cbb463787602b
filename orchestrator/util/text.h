/*
 * text.h - text from outside, made harmless; and small text helpers.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* True if the bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool text_is_utf8(const char *bytes, size_t length);

/*
 * Append `bytes` as one harmless line of printable UTF-8: C0, DEL, C1, bidi and
 * zero-width controls and malformed bytes become visible escapes (\x1b,
 * \u202e); a new line becomes \n, a tab a space; after `max` output bytes the
 * rest is cut with "…". Idempotent.
 */
void text_sanitize(struct buf *out, const char *bytes, size_t length, size_t max);

/* The same into the caller's buffer; returns `out`. */
const char *text_clean(const char *text, char *out, size_t size);

/* Columns that the UTF-8 text takes on a terminal (wide characters count 2). */
int text_columns(const char *text);

/* Numeric comparison of dotted versions, field by field; missing fields are 0;
   non-digits in a field compare after its number, bytewise. -1, 0, 1. */
int text_version_cmp(const char *a, const char *b);

/* The candidate nearest to `word` by edit distance, NULL if none is near. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* "AB:CD:EF" of so many bytes, as thumbprints are written; `out` has room for 3 * count. */
void text_colon_hex(const unsigned char *bytes, size_t count, char *out);

/* True if text[start .. end) is no part of a longer word. */
bool text_is_word(const char *text, size_t length, size_t start, size_t end);

/* 64-bit FNV-1a; stable across runs and machines. */
uint64_t text_hash(const char *text);

/* How many bytes to leave out of a text that lost its beginning: what is left of its first
   line may be the end of a secret, which nothing would find. Without an end of line in its
   first half, that half. */
size_t text_cut_start(const char *text, size_t length);

#endif
