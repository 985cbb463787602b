/*
 * calendar.c - opens what a file of the fleet or the campaign names: the path of an .ics
 * file or a short form. The only place here that reads calendar files: regular ones, up
 * to CALENDAR_BYTES_MAX.
 */
#include "calendar/calendar.h"

#include <string.h>

#include "calendar/limits.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"

static int read_ics(const char *path, struct buf *out, struct slipway_error *err)
{
    struct slipway_error why = {""};
    char shown[512];
    (void)text_clean(path, shown, sizeof shown);
    if (file_read(path, CALENDAR_BYTES_MAX, out, &why))
        return slipway_error_set(err, -1,
                                 "%s: %s; name an .ics file, or export a shorter time",
                                 shown, why.text);
    return 0;
}

int calendar_open(const char *source, const struct calendar_options *options,
                  struct calendar **out, char digest[SHA256_HEX],
                  struct slipway_error *err)
{
    auto_buf struct buf bytes = {0};
    struct calendar *calendar;
    if (*source != '/') {
        if (calendar_parse_short(source, options, out, err))
            return -1;
        sha256_hex(source, strlen(source), digest);
        return 0;
    }
    if (read_ics(source, &bytes, err) ||
        calendar_parse(source, buf_text(&bytes), bytes.length, options, &calendar, err))
        return -1;
    sha256_hex(buf_text(&bytes), bytes.length, digest);
    *out = calendar;
    return 0;
}
