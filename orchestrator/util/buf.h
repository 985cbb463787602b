/*
 * buf.h - a growing byte buffer that is always NUL-terminated. What it gives back, when it
 * grows and when it is freed, is overwritten: passwords are put into many texts.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data; /* never NULL once something was added; NUL at [length] */
    size_t length;
    size_t room;
};

void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
__attribute__((format(printf, 2, 3))) void buf_addf(struct buf *buf, const char *format,
                                                    ...);
__attribute__((format(printf, 2, 0))) void buf_addv(struct buf *buf, const char *format,
                                                    va_list args);
/* The text, "" if nothing was added. Borrowed until the next change. */
const char *buf_text(const struct buf *buf);
/* The text becomes the caller's; the buffer is empty again. */
char *buf_take(struct buf *buf);
void buf_reset(struct buf *buf); /* keep the memory */
void buf_free(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_free)))

#endif
