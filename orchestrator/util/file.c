/*
 * file.c - see file.h.
 *
 * Only regular files are read: a pipe or a device could give bytes without end. The size
 * is asked before anything is read and watched while reading, because a file can grow.
 */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/xalloc.h"

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

int file_read(const char *path, size_t max, struct buf *out, struct slipway_error *err)
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

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t done = write(fd, bytes, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        length -= (size_t)done;
    }
    return fsync(fd);
}

/* Without it a power cut can undo the rename. A folder that cannot be synced (some
   network file systems) is no reason to fail: the bytes themselves are safe. */
static void sync_folder_of(const char *path)
{
    auto_free char *copy = xstrdup(path);
    auto_fd int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)fsync(fd);
}

int file_replace(const char *path, const char *bytes, size_t length, mode_t mode,
                 struct slipway_error *err)
{
    auto_free char *aside = xasprintf("%s.%ld.tmp", path, (long)getpid());
    auto_fd int fd =
        open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd >= 0 && !write_all(fd, bytes, length) && !rename(aside, path)) {
        sync_folder_of(path);
        return 0;
    }
    int why = errno;
    if (fd >= 0)
        (void)unlink(aside);
    char text[128];
    return slipway_error_set(err, -1, "cannot write %s: %s", path,
                             strerror_r(why, text, sizeof text));
}
