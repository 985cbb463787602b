/*
 * program.c - checks a program before it is run with slipway's rights: those of the exec
 * plugin, and helpers that print a secret.
 *
 * The path is resolved once (no link is followed later), then the file and every
 * folder above it are looked at: owned by root or by us, and not writable by
 * others. Whoever could swap the file between check and start could also have
 * changed it before. A sticky folder such as /tmp passes, because others cannot
 * replace our file in it. A folder that a group may write to passes as well:
 * /usr/local is such a one on many systems, and its group is root's to fill.
 */
#include "util/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static bool owner_trusted(const struct stat *info)
{
    return info->st_uid == 0 || info->st_uid == geteuid();
}

static int check_file(const char *path, const char *shown, struct slipway_error *err)
{
    struct stat info;
    auto_fd int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info))
        return slipway_error_set(err, -1, "%s: %s", shown, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return slipway_error_set(err, -1, "%s: is no regular file", shown);
    if (!owner_trusted(&info) || (info.st_mode & (S_IWGRP | S_IWOTH)))
        return slipway_error_set(
            err, -1,
            "%s: others could change this program; it must belong to "
            "root or to slipway's user and be writable by its owner "
            "only (chmod go-w)",
            shown);
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
        return slipway_error_set(err, -1, "%s: is not executable (chmod +x)", shown);
    return 0;
}

static int check_folder(const char *path, const char *shown, struct slipway_error *err)
{
    struct stat info;
    if (lstat(path, &info))
        return slipway_error_set(err, -1, "%s: %s", shown, strerror(errno));
    bool open_to_all = (info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX);
    if (!owner_trusted(&info) || open_to_all)
        return slipway_error_set(
            err, -1,
            "%s: others could replace it, because they may write to a folder above it",
            shown);
    return 0;
}

int program_check_folders(const char *path, const char *shown, struct slipway_error *err)
{
    auto_free char *folder = xstrdup(path);
    for (char *slash; (slash = strrchr(folder, '/')) && slash != folder;) {
        *slash = '\0';
        if (check_folder(folder, shown, err))
            return -1;
    }
    return check_folder("/", shown, err);
}

int program_resolve(const char *path, char **resolved, struct slipway_error *err)
{
    char shown[256];
    (void)text_clean(path, shown, sizeof shown);
    if (path[0] != '/')
        return slipway_error_set(err, -1, "%s: the program must be an absolute path",
                                 shown);
    auto_free char *real = realpath(path, NULL);
    if (!real)
        return slipway_error_set(err, -1, "%s: %s", shown, strerror(errno));
    if (program_check_folders(real, shown, err) || check_file(real, shown, err))
        return -1;
    *resolved = steal_ptr(&real);
    return 0;
}
