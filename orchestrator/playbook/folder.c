/*
 * folder.c - see folder.h.
 *
 * A development tree is both the share and the folder we are in: a file is taken once,
 * known by its real path. Hidden files and everything that is not *.yaml are passed
 * over, because editors leave such things behind.
 */
#include "playbook/folder.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "playbook/paths.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/xalloc.h"

#ifndef SLIPWAY_SHARE_DIR
#define SLIPWAY_SHARE_DIR "/usr/local/share/slipway"
#endif

struct paths {
    char **items;
    size_t count, room;
    struct map real;
};

static bool holds_playbooks(const char *folder)
{
    auto_free char *playbooks = xasprintf("%s/playbooks", folder);
    return !access(playbooks, R_OK | X_OK);
}

/* Beside the program that runs: an installation that was moved, or a build that lies in
   the source tree. NULL: neither. */
static const char *share_of_program(void)
{
    static const char *const places[] = {"../share/slipway", ".."};
    static char found[PATH_MAX];
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return NULL;
    program[length] = '\0';
    const char *folder = dirname(program);
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        auto_free char *place = xasprintf("%s/%s", folder, places[i]);
        if (holds_playbooks(place) && realpath(place, found))
            return found;
    }
    return NULL;
}

const char *folder_share(void)
{
    const char *named = getenv("SLIPWAY_SHARE");
    if (named && *named)
        return named;
    const char *own = holds_playbooks(SLIPWAY_SHARE_DIR) ? NULL : share_of_program();
    return own ? own : SLIPWAY_SHARE_DIR;
}

static int is_yaml(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           !strcmp(entry->d_name + length - 5, ".yaml");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_file(struct paths *paths, const char *folder, const char *name)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    auto_free char *real = realpath(path, NULL);
    size_t before = paths->real.count;
    if (!real || !path_is_file(real) || map_intern(&paths->real, real) < before)
        return;
    *vec_push(paths->items, paths->count, paths->room) = steal_ptr(&path);
}

static void add_folder(struct paths *paths, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_yaml, by_bytes);
    for (int i = 0; i < count; i++) {
        if (i < (int)FOLDER_FILES_MAX)
            add_file(paths, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

char **folder_yaml_files(const char *name, size_t *count)
{
    struct paths paths = {.items = NULL};
    auto_free char *shipped = xasprintf("%s/%s", folder_share(), name);
    add_folder(&paths, shipped);
    add_folder(&paths, name);
    map_free(&paths.real);
    *count = paths.count;
    return paths.items;
}

void folder_free(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}
