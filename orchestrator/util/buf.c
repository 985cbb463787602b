/* buf.c - see buf.h. */
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* Passwords are put into texts that grow: no part of one may stay behind. */
static void wipe(struct buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->room);
    free(buf->data);
}

static void buf_reserve(struct buf *buf, size_t more)
{
    size_t need = buf->length + more + 1;
    if (need <= buf->room)
        return;
    size_t room = buf->room ? buf->room : 64;
    while (room < need)
        room *= 2;
    char *fresh = xmalloc(room);
    if (buf->data)
        memcpy(fresh, buf->data, buf->length + 1);
    wipe(buf);
    buf->data = fresh;
    buf->room = room;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    buf_reserve(buf, length);
    if (length)
        memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

/* Tried in the room that is there: mostly it fits, and once is half of twice. */
void buf_addv(struct buf *buf, const char *format, va_list args)
{
    size_t room = buf->room - buf->length;
    va_list again;
    va_copy(again, args);
    int length =
        vsnprintf(buf->data ? buf->data + buf->length : NULL, room, format, again);
    va_end(again);
    if (length > 0 && (size_t)length >= room) {
        buf_reserve(buf, (size_t)length);
        (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
    }
    if (length > 0)
        buf->length += (size_t)length;
    else if (buf->data)
        buf->data[buf->length] = '\0';
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_addv(buf, format, args);
    va_end(args);
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    char *text = buf->data ? buf->data : xstrdup("");
    *buf = (struct buf){0};
    return text;
}

void buf_reset(struct buf *buf)
{
    buf->length = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
    wipe(buf);
    *buf = (struct buf){0};
}
