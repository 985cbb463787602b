/*
 * plugins_load.c - plugins from shared objects.
 *
 * A shared object runs with everything slipway holds: keys, sessions, the store.
 * So it is loaded only from a place that nobody else could have written to: the
 * directory and the file belong to root or to us and are writable by nobody
 * else, and so is every directory on the way (a sticky one, such as the system's
 * temporary directory, may be shared: nobody can replace what is ours in it).
 * Code of doubtful origin belongs into a process of its own: the exec plugin.
 */
#include "exec/plugins.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exec/plugins_private.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static int check_owner(const char *path, const struct stat *st, struct slipway_error *err)
{
    if (st->st_uid == geteuid() || st->st_uid == 0)
        return 0;
    return slipway_error_set(
        err, -1,
        "%s: belongs to user %u; plugins must be owned by root or by "
        "the user that runs slipway",
        path, (unsigned)st->st_uid);
}

static int check_writers(const char *path, const struct stat *st,
                         struct slipway_error *err)
{
    if (!(st->st_mode & (S_IWGRP | S_IWOTH)))
        return 0;
    return slipway_error_set(
        err, -1,
        "%s: others may write to it (mode %04o), so it is not loaded; "
        "run: chmod go-w %s",
        path, (unsigned)(st->st_mode & 07777u), path);
}

/* Every directory above `path` (a real, absolute path). */
static int check_ancestors(const char *path, struct slipway_error *err)
{
    auto_free char *part = xstrdup(path);
    for (char *slash = strrchr(part, '/'); slash; slash = strrchr(part, '/')) {
        slash[slash == part ? 1 : 0] = 0;
        struct stat st;
        if (lstat(part, &st))
            return slipway_error_set(err, -1, "%s: %s", part, strerror(errno));
        if (check_owner(part, &st, err))
            return -1;
        if (!(st.st_mode & S_ISVTX) && check_writers(part, &st, err))
            return -1;
        if (slash == part)
            return 0;
    }
    return 0;
}

static int check_directory(const char *path, struct slipway_error *err)
{
    struct stat st;
    if (lstat(path, &st))
        return slipway_error_set(err, -1, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return slipway_error_set(err, -1, "%s: is not a directory", path);
    if (check_owner(path, &st, err) || check_writers(path, &st, err))
        return -1;
    return check_ancestors(path, err);
}

static int check_file(const char *path, struct slipway_error *err)
{
    struct stat st;
    if (lstat(path, &st))
        return slipway_error_set(err, -1, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return slipway_error_set(err, -1, "%s: is not a regular file", path);
    return check_owner(path, &st, err) || check_writers(path, &st, err) ? -1 : 0;
}

static int load_file(struct plugins *plugins, const char *path, struct slipway_error *err)
{
    char clean[256];
    if (check_file(path, err))
        return -1;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        return slipway_error_set(err, -1, "cannot load %s", /* dlerror names the file */
                                 text_clean(dlerror(), clean, sizeof clean));
    __typeof__(&slipway_plugin_entry) entry;
    /* a function pointer out of a data pointer: POSIX's way */
    *(void **)&entry = dlsym(object, SLIPWAY_PLUGIN_ENTRY);
    const struct slipway_plugin *plugin = entry ? entry() : NULL;
    if (!plugin) {
        (void)dlclose(object);
        return slipway_error_set(err, -1, "%s: is no slipway plugin (no %s)", path,
                                 SLIPWAY_PLUGIN_ENTRY);
    }
    if (plugins_add(plugins, plugin, path, err)) {
        (void)dlclose(object);
        return -1;
    }
    return 0; /* stays loaded for good: see plugins.h */
}

static int is_shared_object(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 3 &&
           !strcmp(entry->d_name + length - 3, ".so");
}

int plugins_load(struct plugins *plugins, const char *directory,
                 struct slipway_error *err)
{
    char clean[256];
    auto_free char *real = realpath(directory, NULL);
    if (!real)
        return slipway_error_set(err, -1, "plugin directory %s: %s",
                                 text_clean(directory, clean, sizeof clean),
                                 strerror(errno));
    if (check_directory(real, err))
        return -1;
    struct dirent **entries = NULL;
    int count = scandir(real, &entries, is_shared_object, alphasort);
    if (count < 0)
        return slipway_error_set(err, -1, "%s: %s", real, strerror(errno));
    int code = 0;
    for (int i = 0; i < count; i++) {
        auto_free char *path = xasprintf("%s/%s", real, entries[i]->d_name);
        if (!code)
            code = load_file(plugins, path, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}
