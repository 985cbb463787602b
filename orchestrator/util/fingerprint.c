/*
 * fingerprint.c - see fingerprint.h.
 *
 * The cache trusts the change time (ctime), which nobody but root can set back.
 */
#include "util/fingerprint.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/sha256.h"
#include "util/xalloc.h"

struct fingerprint {
    struct stat seen;
    char text[FINGERPRINT_SIZE];
};

void fingerprint_file(const char *path, char out[FINGERPRINT_SIZE])
{
    auto_buf struct buf bytes = {0};
    struct stat status;
    if (file_read(path, FINGERPRINT_BYTES_MAX, &bytes, NULL) == 0)
        sha256_hex(buf_text(&bytes), bytes.length, out);
    else if (stat(path, &status) == 0 && status.st_size > FINGERPRINT_BYTES_MAX)
        (void)snprintf(out, FINGERPRINT_SIZE, "%lld bytes of %lld.%09ld",
                       (long long)status.st_size, (long long)status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
    else
        (void)snprintf(out, FINGERPRINT_SIZE, "absent");
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

const char *fingerprints_look(struct fingerprints *known, const char *path)
{
    struct stat now = {0};
    bool there = stat(path, &now) == 0;
    size_t before = known->paths.count, at = map_intern(&known->paths, path);
    if (at == before)
        *vec_push(known->list, before, known->room) = (struct fingerprint){.text = ""};
    struct fingerprint *f = &known->list[at];
    if (!f->text[0] || !there || !same_file(&f->seen, &now)) {
        f->seen = now;
        fingerprint_file(path, f->text);
    }
    return f->text;
}

void fingerprints_free(struct fingerprints *known)
{
    map_free(&known->paths);
    free(known->list);
    *known = (struct fingerprints){0};
}
