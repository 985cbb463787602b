/* paths.c - see paths.h. */
#include "playbook/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/auto.h"
#include "util/xalloc.h"

char *path_folder(const char *file, struct slipway_error *err)
{
    char why[128];
    const char *slash = strrchr(file, '/');
    auto_free char *folder = !slash          ? xstrdup(".")
                             : slash == file ? xstrdup("/")
                                             : xstrndup(file, (size_t)(slash - file));
    char *absolute = realpath(folder, NULL);
    if (!absolute)
        (void)slipway_error_set(err, -1, "cannot be read: %s",
                                strerror_r(errno, why, sizeof why));
    return absolute;
}

char *path_absolute(const char *base_dir, const char *path)
{
    if (path[0] == '/')
        return xstrdup(path);
    while (!strncmp(path, "./", 2))
        path += 2;
    const char *between = !strcmp(base_dir, "/") ? "" : "/";
    return xasprintf("%s%s%s", base_dir, between, path);
}

bool path_is_calendar(const char *text)
{
    size_t length = strlen(text);
    return length > 4 && !strcmp(text + length - 4, ".ics");
}

bool path_is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}
