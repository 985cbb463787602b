/*
 * power_vfs.h - a disk under SQLite that forgets what was not synced, and that fails when
 * told to.
 *
 * The real files are used while all is well. Beside them the disk keeps, for each file,
 * what a power cut would surely leave (the bytes of the last sync) and what was written
 * since. power_cut() writes the files as they may look afterwards: of the writes since
 * the last sync each is there, is not, or is torn at a sector, as the seed decides; also
 * a later one may be there without an earlier one. The shared memory file is gone.
 *
 * One disk at a time, one thread.
 */
#ifndef TESTS_POWER_VFS_H
#define TESTS_POWER_VFS_H

#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/xalloc.h"

#define POWER_FILES_MAX 16
#define POWER_SECTOR    512

enum power_fault { POWER_GOOD, POWER_WRITE_FAILS, POWER_SYNC_FAILS, POWER_FULL };

struct power_write {
    int64_t offset; /* of a truncation: the new length */
    size_t length;
    uint8_t *bytes; /* NULL: a truncation */
};

struct power_disk_file {
    char *path;
    bool known; /* was synced once: its name survives */
    struct buf kept;
    struct power_write *pending;
    size_t pending_count, pending_room;
};

struct power_disk {
    sqlite3_vfs vfs, *real;
    sqlite3_io_methods methods;
    struct power_disk_file files[POWER_FILES_MAX];
    size_t file_count;
    int64_t operations; /* writes, truncations, syncs so far */
    int64_t fail_at;    /* 0: never; else the operation that fails */
    bool fail_for_ever;
    enum power_fault fault;
    uint64_t random;
};

struct power_file {
    sqlite3_file base;
    struct power_disk_file *on_disk; /* NULL: a file nobody keeps */
    sqlite3_file *real;
};

static struct power_disk power_disk;

static inline uint64_t power_draw(uint64_t below)
{
    power_disk.random = power_disk.random * 6364136223846793005u + 1442695040888963407u;
    return (power_disk.random >> 33) % below;
}

/* ---- what a cut would leave ---- */

static inline void power_apply(struct buf *image, const struct power_write *w,
                               size_t length)
{
    auto_buf struct buf old = *image;
    *image = (struct buf){0};
    size_t end = (size_t)w->offset + (w->bytes ? length : 0);
    size_t kept = !w->bytes && end < old.length ? end : old.length;
    buf_add(image, old.data ? old.data : "", kept);
    while (image->length < end)
        buf_addc(image, '\0');
    if (w->bytes && length)
        memcpy(image->data + w->offset, w->bytes, length);
}

static inline void power_forget_pending(struct power_disk_file *f)
{
    for (size_t i = 0; i < f->pending_count; i++)
        free(f->pending[i].bytes);
    f->pending_count = 0;
}

static inline void power_synced(struct power_disk_file *f)
{
    for (size_t i = 0; i < f->pending_count; i++)
        power_apply(&f->kept, &f->pending[i], f->pending[i].length);
    power_forget_pending(f);
    f->known = true;
}

static inline void power_cut_file(struct power_disk_file *f)
{
    for (size_t i = 0; i < f->pending_count; i++) {
        size_t length = f->pending[i].length;
        uint64_t fate = power_draw(4);
        if (fate == 0)
            continue;
        if (fate == 1 && length > POWER_SECTOR)
            length = power_draw(length / POWER_SECTOR) * POWER_SECTOR;
        power_apply(&f->kept, &f->pending[i], length);
    }
    power_forget_pending(f);
}

/* The files as they may look after the power came back. All of them must be closed. */
static inline int power_cut(uint64_t seed)
{
    power_disk.random = seed * 2654435761u + 1;
    for (size_t i = 0; i < power_disk.file_count; i++) {
        struct power_disk_file *f = &power_disk.files[i];
        power_cut_file(f);
        (void)unlink(f->path);
        if (!f->known && power_draw(2))
            continue;
        int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t done = fd < 0 ? -1 : write(fd, buf_text(&f->kept), f->kept.length);
        if (fd < 0 || close(fd) || done != (ssize_t)f->kept.length)
            return -1;
    }
    return 0;
}

/* ---- the file methods ---- */

static inline bool power_fails(enum power_fault kind)
{
    struct power_disk *d = &power_disk;
    d->operations++;
    bool now = d->fail_at && (d->fail_for_ever ? d->operations >= d->fail_at
                                               : d->operations == d->fail_at);
    return now && (d->fault == kind || d->fault == POWER_FULL);
}

#define REAL(file) (((struct power_file *)(file))->real)

static inline int power_close(sqlite3_file *file)
{
    int rc = REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
    free(REAL(file));
    return rc;
}
static inline int power_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    return REAL(file)->pMethods->xRead(REAL(file), out, n, at);
}
static inline int power_write(sqlite3_file *file, const void *bytes, int n,
                              sqlite3_int64 at)
{
    struct power_disk_file *f = ((struct power_file *)file)->on_disk;
    if (power_fails(POWER_WRITE_FAILS))
        return power_disk.fault == POWER_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    if (f) {
        uint8_t *copy = xmalloc((size_t)n);
        memcpy(copy, bytes, (size_t)n);
        *vec_push(f->pending, f->pending_count, f->pending_room) =
            (struct power_write){at, (size_t)n, copy};
    }
    return REAL(file)->pMethods->xWrite(REAL(file), bytes, n, at);
}
static inline int power_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct power_disk_file *f = ((struct power_file *)file)->on_disk;
    if (power_fails(POWER_WRITE_FAILS))
        return SQLITE_IOERR_TRUNCATE;
    if (f)
        *vec_push(f->pending, f->pending_count, f->pending_room) =
            (struct power_write){size, 0, NULL};
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}
static inline int power_sync(sqlite3_file *file, int flags)
{
    struct power_disk_file *f = ((struct power_file *)file)->on_disk;
    (void)flags;
    if (power_fails(POWER_SYNC_FAILS))
        return SQLITE_IOERR_FSYNC;
    if (f)
        power_synced(f);
    return SQLITE_OK; /* the real file need not be: no real power is cut */
}
static inline int power_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return REAL(file)->pMethods->xFileSize(REAL(file), out);
}
static inline int power_lock(sqlite3_file *file, int level)
{
    return REAL(file)->pMethods->xLock(REAL(file), level);
}
static inline int power_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->pMethods->xUnlock(REAL(file), level);
}
static inline int power_reserved(sqlite3_file *file, int *out)
{
    return REAL(file)->pMethods->xCheckReservedLock(REAL(file), out);
}
static inline int power_control(sqlite3_file *file, int op, void *arg)
{
    return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}
static inline int power_sector(sqlite3_file *file)
{
    (void)file;
    return POWER_SECTOR;
}
/* No promise at all: neither atomic writes nor an order of them. */
static inline int power_device(sqlite3_file *file)
{
    (void)file;
    return 0;
}
static inline int power_shm_map(sqlite3_file *file, int page, int size, int extend,
                                void volatile **out)
{
    return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, out);
}
static inline int power_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags);
}
static inline void power_shm_barrier(sqlite3_file *file)
{
    REAL(file)->pMethods->xShmBarrier(REAL(file));
}
static inline int power_shm_unmap(sqlite3_file *file, int remove)
{
    return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

/* ---- the disk ---- */

static inline struct power_disk_file *power_find(const char *path)
{
    for (size_t i = 0; i < power_disk.file_count; i++) {
        if (!strcmp(power_disk.files[i].path, path))
            return &power_disk.files[i];
    }
    if (power_disk.file_count == POWER_FILES_MAX)
        return NULL;
    struct power_disk_file *f = &power_disk.files[power_disk.file_count++];
    f->path = xstrdup(path);
    return f;
}

static inline int power_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
                             int flags, int *out_flags)
{
    struct power_file *f = (struct power_file *)file;
    const int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    (void)vfs;
    f->real = xcalloc(1, (size_t)power_disk.real->szOsFile);
    f->on_disk = path && (flags & kept) ? power_find(path) : NULL;
    int rc = power_disk.real->xOpen(power_disk.real, path, f->real, flags, out_flags);
    f->base.pMethods = rc == SQLITE_OK ? &power_disk.methods : NULL;
    if (rc != SQLITE_OK)
        free(f->real);
    return rc;
}

static inline int power_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    for (size_t i = 0; i < power_disk.file_count; i++) {
        struct power_disk_file *f = &power_disk.files[i];
        if (strcmp(f->path, path) != 0)
            continue;
        power_forget_pending(f);
        buf_free(&f->kept);
        f->known = false;
    }
    return power_disk.real->xDelete(power_disk.real, path, sync);
}

static inline void power_clear(void)
{
    for (size_t i = 0; i < power_disk.file_count; i++) {
        power_forget_pending(&power_disk.files[i]);
        free(power_disk.files[i].pending);
        buf_free(&power_disk.files[i].kept);
        free(power_disk.files[i].path);
    }
    if (power_disk.real)
        (void)sqlite3_vfs_unregister(&power_disk.vfs);
    power_disk = (struct power_disk){.real = NULL};
}

/* From now on SQLite stands on this disk, until power_clear(). */
static inline void power_install(void)
{
    power_clear();
    power_disk.real = sqlite3_vfs_find(NULL);
    power_disk.vfs = *power_disk.real;
    power_disk.vfs.zName = "power";
    power_disk.vfs.szOsFile = (int)sizeof(struct power_file);
    power_disk.vfs.pNext = NULL;
    power_disk.vfs.xOpen = power_open;
    power_disk.vfs.xDelete = power_delete;
    power_disk.methods = (sqlite3_io_methods){2,
                                              power_close,
                                              power_read,
                                              power_write,
                                              power_truncate,
                                              power_sync,
                                              power_size,
                                              power_lock,
                                              power_unlock,
                                              power_reserved,
                                              power_control,
                                              power_sector,
                                              power_device,
                                              power_shm_map,
                                              power_shm_lock,
                                              power_shm_barrier,
                                              power_shm_unmap,
                                              NULL,
                                              NULL};
    (void)sqlite3_vfs_register(&power_disk.vfs, 1);
}

#endif
