/*
 * tree.c - directories: copy one, remove one, replace a small file.
 *
 * A guest's disk is a directory, so a snapshot is a copy of it. Only plain
 * files, directories and symbolic links are copied; a FIFO or socket that a
 * job left behind has no meaning after a revert. A copy is not atomic: callers
 * copy beside the place and exchange by rename. Errors are -1 with errno.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "parts.h"

#define TREE_DEPTH_MAX 32

static void auto_dir_fn(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}
#define auto_dir __attribute__((cleanup(auto_dir_fn)))

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int copy_file(int from_dir, int to_dir, const char *name, mode_t mode)
{
    auto_fd int in = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    auto_fd int out = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (in < 0 || out < 0)
        return -1;
    for (;;) {
        ssize_t moved = sendfile(out, in, NULL, 1 << 20);
        if (moved == 0)
            return 0;
        if (moved < 0 && errno != EINTR)
            return -1;
    }
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
    char target[LAB_PATH_MAX];
    ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);
    if (length < 0)
        return -1;
    target[length] = '\0';
    return symlinkat(target, to_dir, name);
}

static int copy_at(int from_parent, const char *from, int to_parent, const char *to,
                   int depth);

static int copy_entry(int from_dir, int to_dir, const char *name, int depth)
{
    struct stat status;
    if (fstatat(from_dir, name, &status, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : -1; /* it went away meanwhile */
    if (S_ISDIR(status.st_mode))
        return copy_at(from_dir, name, to_dir, name, depth + 1);
    if (S_ISLNK(status.st_mode))
        return copy_link(from_dir, to_dir, name);
    if (!S_ISREG(status.st_mode))
        return 0;
    int rc = copy_file(from_dir, to_dir, name, status.st_mode & 0777);
    return rc && errno == ENOENT ? 0 : rc;
}

static int copy_at(int from_parent, const char *from, int to_parent, const char *to,
                   int depth)
{
    if (depth > TREE_DEPTH_MAX) {
        errno = ELOOP;
        return -1;
    }
    int in = openat(from_parent, from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_dir DIR *dir = in < 0 ? NULL : fdopendir(in);
    if (!dir)
        return -1;
    struct stat status;
    if (fstat(in, &status) || mkdirat(to_parent, to, status.st_mode & 0777))
        return -1;
    auto_fd int out = openat(to_parent, to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out < 0)
        return -1;
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name) && copy_entry(in, out, entry->d_name, depth))
            return -1;
    return 0;
}

int tree_copy(const char *from, const char *to)
{
    return copy_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void remove_at(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT || depth > TREE_DEPTH_MAX)
        return;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name))
            remove_at(fd, entry->d_name, depth + 1);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void tree_remove(const char *path)
{
    remove_at(AT_FDCWD, path, 0);
}

int tree_write(const char *dir, const char *name, const char *text)
{
    static atomic_uint serial;
    auto_free char *path = xasprintf("%s/%s", dir, name);
    const char *slash = strrchr(name, '/'); /* the name may hold a folder */
    int head = slash ? (int)(slash + 1 - name) : 0;
    auto_free char *temp = xasprintf("%s/%.*s.%s.%u", dir, head, name, name + head,
                                     atomic_fetch_add(&serial, 1u));
    size_t length = strlen(text);
    auto_fd int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, length) != (ssize_t)length)
        return -1;
    return rename(temp, path);
}

char *tree_read(const char *dir, const char *name, const char *fallback)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status))
        return xstrdup_null(fallback);
    size_t room = status.st_size < LAB_TEXT_MAX ? (size_t)status.st_size : LAB_TEXT_MAX;
    auto_free char *text = xmalloc(room + 1);
    ssize_t length = read(fd, text, room);
    if (length < 0)
        return xstrdup_null(fallback);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return xstrndup(text, (size_t)length);
}

int tree_make_dirs(const char *path)
{
    auto_free char *copy = xstrdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return mkdir(copy, 0755) && errno != EEXIST ? -1 : 0;
}
