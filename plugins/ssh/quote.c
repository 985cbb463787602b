/*
 * quote.c - single quotes, and nothing else.
 *
 * Inside single quotes a POSIX shell takes every byte literally but the single
 * quote itself, which is written as '\'' : close, an escaped quote, open again.
 * So there is nothing to decide about "safe" characters and nothing to forget.
 * A NUL cannot occur: words are C strings.
 */
#include "ssh/quote.h"

#include <string.h>

void quote_word(struct buf *out, const char *word)
{
    buf_addc(out, '\'');
    for (const char *p = word;;) {
        size_t run = strcspn(p, "'");
        buf_add(out, p, run);
        if (!p[run])
            break;
        buf_adds(out, "'\\''");
        p += run + 1;
    }
    buf_addc(out, '\'');
}

void quote_words(struct buf *out, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_addc(out, ' ');
        quote_word(out, words[i]);
    }
}
