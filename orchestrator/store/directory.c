/*
 * directory.c - the state directory: made 0700, its files 0600, and refused when
 * others could write into it or when its locks may not hold (network file systems).
 *
 * Nothing here opens the database file once SQLite has it: closing any descriptor
 * of it would drop the locks of the whole process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "store/internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

static const struct {
    unsigned magic;
    const char *name;
} network_systems[] = {
    {NFS_SUPER_MAGIC, "nfs"}, {SMB_SUPER_MAGIC, "smb"},   {0xff534d42u, "cifs"},
    {0xfe534d42u, "smb2"},    {FUSE_SUPER_MAGIC, "fuse"}, {V9FS_MAGIC, "9p"},
    {AFS_SUPER_MAGIC, "afs"}, {CODA_SUPER_MAGIC, "coda"}, {0x00c36400u, "ceph"},
    {0x0bd00bd0u, "lustre"},
};

char *directory_file(const char *dir, const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

int directory_make(const char *dir, struct slipway_error *err)
{
    if (!mkdir(dir, 0700) || errno == EEXIST)
        return STORE_OK;
    return slipway_error_set(err, errno == ENOSPC ? STORE_FULL : STORE_ERROR,
                             "%s: cannot be made: %s", dir, strerror(errno));
}

static int check_file_system(const char *dir, struct slipway_error *err)
{
    struct statfs fs;
    if (statfs(dir, &fs))
        return slipway_error_set(err, STORE_ERROR, "%s: %s", dir, strerror(errno));
    const char *allowed = getenv("SLIPWAY_ALLOW_ANY_FS");
    if (allowed && !strcmp(allowed, "1"))
        return STORE_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(network_systems); i++) {
        if ((unsigned)fs.f_type == network_systems[i].magic)
            return slipway_error_set(
                err, STORE_ERROR,
                "%s is on a network file system (%s), whose locks do not "
                "protect a database; put the state on a local disk with "
                "--state (SLIPWAY_ALLOW_ANY_FS=1 takes the risk)",
                dir, network_systems[i].name);
    }
    return STORE_OK;
}

int directory_check(const char *dir, struct slipway_error *err)
{
    struct stat own, above;
    auto_free char *parent = directory_file(dir, "..");
    if (stat(dir, &own))
        return slipway_error_set(
            err, errno == ENOENT ? STORE_MISSING : STORE_ERROR,
            "%s: %s; make it with: slipway init, or name another with "
            "--state",
            dir, strerror(errno));
    if (!S_ISDIR(own.st_mode))
        return slipway_error_set(err, STORE_ERROR, "%s is no directory", dir);
    if (own.st_uid != geteuid() && geteuid())
        return slipway_error_set(
            err, STORE_ERROR,
            "%s belongs to another user (uid %u); run slipway as that "
            "user, or name another directory with --state",
            dir, (unsigned)own.st_uid);
    if (own.st_mode & (S_IWGRP | S_IWOTH)) /* an access list shows as the group's */
        return slipway_error_set(err, STORE_ERROR,
                                 "%s can be written by others; say: chmod 0700 %s", dir,
                                 dir);
    if (stat(parent, &above))
        return slipway_error_set(err, STORE_ERROR, "%s: %s", parent, strerror(errno));
    if (above.st_uid != geteuid() && above.st_uid && geteuid())
        return slipway_error_set(
            err, STORE_ERROR,
            "the directory above %s belongs to another user (uid %u), who could swap the "
            "state; keep it elsewhere",
            dir, (unsigned)above.st_uid);
    if ((above.st_mode & S_IWOTH) && !(above.st_mode & S_ISVTX))
        return slipway_error_set(
            err, STORE_ERROR,
            "the directory above %s can be written by everybody, who could "
            "swap the state; keep it elsewhere",
            dir);
    return check_file_system(dir, err);
}

int directory_check_database(const char *path, struct slipway_error *err)
{
    struct stat st;
    if (lstat(path, &st)) {
        if (errno == ENOENT)
            return slipway_error_set(
                err, STORE_MISSING,
                "%s: there is no database yet; begin with: slipway init, or "
                "slipway plan",
                path);
        return slipway_error_set(err, STORE_ERROR, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        return slipway_error_set(
            err, STORE_ERROR,
            "%s is a link or no plain file: a database under two names gets "
            "damaged; put the file itself there",
            path);
    return STORE_OK;
}

void directory_give(const char *dir, int fd)
{
    struct stat st;
    if (geteuid() || stat(dir, &st) || !st.st_uid)
        return;
    if (fchown(fd, st.st_uid, st.st_gid))
        return; /* the service will say that it may not open it, and how to go on */
}

int directory_make_file(const char *dir, const char *path, struct slipway_error *err)
{
    auto_fd int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        directory_give(dir, fd);
    if (fd >= 0 || errno == EEXIST)
        return STORE_OK;
    return slipway_error_set(err, errno == ENOSPC ? STORE_FULL : STORE_ERROR,
                             "%s: cannot be made: %s", path, strerror(errno));
}

int directory_sync(const char *dir, struct slipway_error *err)
{
    auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && !fsync(fd))
        return STORE_OK;
    return slipway_error_set(err, STORE_ERROR, "%s: cannot be synced: %s", dir,
                             strerror(errno));
}

bool ballast_reserve(const char *dir)
{
    auto_free char *path = directory_file(dir, STORE_BALLAST_FILE);
    struct stat st;
    if (!stat(path, &st) && st.st_blocks * 512 >= STORE_BALLAST_BYTES)
        return true;
    struct statvfs fs;
    if (statvfs(dir, &fs) || fs.f_bavail * fs.f_frsize < STORE_ROOM_BYTES)
        return false;
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    directory_give(dir, fd);
    if (!posix_fallocate(fd, 0, STORE_BALLAST_BYTES))
        return true;
    (void)unlink(path);
    return false;
}

void ballast_release(const char *dir)
{
    auto_free char *path = directory_file(dir, STORE_BALLAST_FILE);
    (void)unlink(path); /* gone already is as good */
}
