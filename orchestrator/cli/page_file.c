/*
 * page_file.c - see page_file.h. A file is written beside its place and then renamed, so
 * that it is whole or not there.
 */
#include "cli/page_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar/zone.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static int write_whole(int fd, const struct buf *text)
{
    size_t done = 0;
    while (done < text->length) {
        ssize_t written = write(fd, text->data + done, text->length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        done += (size_t)written;
    }
    return fsync(fd);
}

int page_file_write(const struct cli *cli, const char *path, const struct buf *text)
{
    auto_free char *partial = xasprintf("%s.partial-XXXXXX", path);
    char clean[256];
    auto_fd int fd = mkostemp(partial, O_CLOEXEC);
    bool failed = fd < 0 || write_whole(fd, text) || rename(partial, path);
    int why = errno;
    if (failed && fd >= 0)
        (void)unlink(partial);
    if (failed)
        return cli_fail(cli, EXIT_ERROR, "cannot write %s: %s",
                        text_clean(path, clean, sizeof clean), strerror(why));
    return EXIT_DONE;
}

void page_file_view(const struct cli *cli, char *command, size_t size,
                    struct page_view *view)
{
    view->now_ms = clock_now_ms();
    view->zone_local = zone_local;
    view->command = cli_command(cli, command, size);
}

int page_file_html(const struct cli *cli, const struct page_view *view)
{
    const char *path = cli_option(cli, "html");
    char clean[256];
    auto_buf struct buf out = {0};
    if (!path)
        return EXIT_DONE;
    page_html(view, &out);
    int code = page_file_write(cli, path, &out);
    if (!code)
        (void)fprintf(stderr, "slipway: the report is in %s\n",
                      text_clean(path, clean, sizeof clean));
    return code;
}
