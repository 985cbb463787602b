/*
 * quote.h - the one place where text becomes part of a shell command.
 */
#ifndef SSH_QUOTE_H
#define SSH_QUOTE_H

#include <stddef.h>

#include "util/buf.h"

/* Append `word` so that a POSIX shell reads back exactly these bytes as one
   word, whatever they are. */
void quote_word(struct buf *out, const char *word);

/* Append the words, quoted, with single spaces between. */
void quote_words(struct buf *out, const char *const *words, size_t count);

#endif
