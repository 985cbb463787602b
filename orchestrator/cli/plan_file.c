/* plan_file.c - see plan_file.h. */
#include "cli/plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

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

int plan_file_save(struct cli *cli, struct plan *plan, const char *out_path, char **path)
{
    struct slipway_error err = {""};
    if (!out_path && store_create(cli->state_dir, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    auto_free char *final =
        out_path ? xstrdup(out_path) : xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    auto_free char *temporary = xasprintf("%s.%ld.tmp", final, (long)getpid());
    auto_free char *text = plan_to_json(plan);
    auto_fd int fd =
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write_all(fd, text, strlen(text)) || rename(temporary, final)) {
        int why = errno;
        (void)unlink(temporary);
        return cli_fail(cli, EXIT_ERROR, "cannot write the plan to %s: %s", final,
                        strerror(why));
    }
    *path = steal_ptr(&final);
    return EXIT_DONE;
}

static char *read_file(const char *path, size_t *length)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode) ||
        info.st_size > (off_t)STORE_PLAN_MAX)
        return NULL;
    auto_free char *text = xmalloc((size_t)info.st_size + 1);
    size_t at = 0;
    while (at < (size_t)info.st_size) {
        ssize_t got = read(fd, text + at, (size_t)info.st_size - at);
        if (got <= 0)
            return NULL;
        at += (size_t)got;
    }
    text[at] = '\0';
    *length = at;
    return steal_ptr(&text);
}

int plan_file_load(struct cli *cli, const char *path, struct plan **plan, char **text)
{
    struct slipway_error err = {""};
    auto_free char *own = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    const char *from = path ? path : own;
    size_t length = 0;
    errno = 0;
    auto_free char *bytes = read_file(from, &length);
    if (!bytes)
        return cli_fail(cli, EXIT_ERROR,
                        "no plan in %s (%s); make one with: slipway plan "
                        "CAMPAIGN.yaml",
                        from, errno ? strerror(errno) : "no regular file, or too large");
    if (plan_from_json(bytes, length, plan, &err))
        return cli_fail(cli, EXIT_STALE, "%s: %s", from, err.text);
    *text = steal_ptr(&bytes);
    return EXIT_DONE;
}

char *plan_file_peek(struct cli *cli, const char *path, size_t *length)
{
    auto_free char *own = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    return read_file(path ? path : own, length);
}
