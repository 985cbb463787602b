/*
 * read_file.c - see read_file.h.
 *
 * Only regular files: a pipe or a device could give bytes without end. The size is
 * asked before anything is read and watched while reading, because a file can grow.
 */
#include "playbook/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/auto.h"

static int cannot(struct slipway_error *err)
{
    char text[128];
    return slipway_error_set(err, -1, "cannot be read: %s",
                             strerror_r(errno, text, sizeof text));
}

static int too_large(size_t max, struct slipway_error *err)
{
    return slipway_error_set(err, -1, "is larger than %zu MiB", max >> 20);
}

static int read_all(int fd, size_t max, struct buf *out, struct slipway_error *err)
{
    char chunk[65536];
    size_t start = out->length;
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? cannot(err) : 0;
        buf_add(out, chunk, (size_t)got);
        if (out->length - start > max)
            return too_large(max, err);
    }
}

int read_file(const char *path, size_t max, struct buf *out, struct slipway_error *err)
{
    struct stat status;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0)
        return cannot(err);
    if (!S_ISREG(status.st_mode))
        return slipway_error_set(err, -1, "is not a regular file");
    if (status.st_size > (off_t)max)
        return too_large(max, err);
    return read_all(fd, max, out, err);
}
