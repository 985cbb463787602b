/*
 * calendar.c - opens what a file of the fleet or the campaign names: the path of an .ics
 * file or a short form. The only place here that reads calendar files: regular ones, up
 * to CALENDAR_BYTES_MAX.
 */
#include "calendar/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar/limits.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"

static int read_bytes(int fd, const char *shown, struct buf *out,
                      struct slipway_error *err)
{
    char chunk[16384];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0)
            return slipway_error_set(err, -1, "%s: cannot be read: %s", shown,
                                     strerror(errno));
        if (!got)
            return 0;
        if (out->length + (size_t)got > CALENDAR_BYTES_MAX)
            return slipway_error_set(err, -1,
                                     "%s: more than %ld MiB; export a shorter time",
                                     shown, CALENDAR_BYTES_MAX / 1024 / 1024);
        buf_add(out, chunk, (size_t)got);
    }
}

static int read_file(const char *path, struct buf *out, struct slipway_error *err)
{
    char shown[512];
    struct stat facts;
    (void)text_clean(path, shown, sizeof shown);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &facts))
        return slipway_error_set(err, -1, "%s: cannot be opened: %s", shown,
                                 strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return slipway_error_set(err, -1, "%s: no regular file; name an .ics file",
                                 shown);
    return read_bytes(fd, shown, out, err);
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
    if (read_file(source, &bytes, err) ||
        calendar_parse(source, buf_text(&bytes), bytes.length, options, &calendar, err))
        return -1;
    sha256_hex(buf_text(&bytes), bytes.length, digest);
    *out = calendar;
    return 0;
}
