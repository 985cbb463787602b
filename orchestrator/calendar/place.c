/* place.c - see place.h. */
#include "calendar/place.h"

#include <stdarg.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"

int place_refuse(const struct place *place, const char *format, ...)
{
    auto_buf struct buf text = {0};
    char source[512];
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    return slipway_error_set(place->err, -1, "%s:%d: %s",
                             text_clean(place->source, source, sizeof source),
                             place->line, buf_text(&text));
}

const char *place_excerpt(const char *text, char out[EXCERPT])
{
    return text_clean(text, out, EXCERPT);
}
