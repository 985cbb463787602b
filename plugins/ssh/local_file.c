/*
 * local_file.c - see local_file.h. Reads in chunks: packages are larger than
 * memory ought to be.
 */
#include "ssh/local_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/descriptors.h"
#include "util/xalloc.h"

int local_file_open(const char *path, struct local_file *out, struct slipway_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && descriptors_short(errno))
        return slipway_error_set(err, 1, "%s: " DESCRIPTORS_SHORT, path);
    if (fd < 0)
        return slipway_error_set(err, -1, "%s cannot be read: %s", path, strerror(errno));
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return slipway_error_set(err, -1, "%s is no regular file", path);
    *out = (struct local_file){.info = info, .size = info.st_size, .fd = steal_fd(&fd)};
    return 0;
}

void local_file_close(struct local_file *file)
{
    if (file->fd > 0)
        (void)close(file->fd);
    file->fd = -1;
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

int local_file_hash(struct slipway_call *call, const struct local_file *file,
                    int64_t length, char out[SHA256_HEX], struct slipway_error *err)
{
    auto_free char *chunk = xmalloc(SSH_CHUNK_BYTES);
    __attribute__((cleanup(free_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        return slipway_error_set(err, -1, "no SHA-256 in this process");
    for (int64_t at = 0; at < length;) {
        int64_t left = length - at;
        size_t want = left < SSH_CHUNK_BYTES ? (size_t)left : SSH_CHUNK_BYTES;
        ssize_t got = pread(file->fd, chunk, want, at);
        if (got <= 0)
            return slipway_error_set(err, -1, "the file cannot be read to its end");
        if (!EVP_DigestUpdate(context, chunk, (size_t)got))
            return slipway_error_set(err, -1, "no SHA-256 in this process");
        if (call->host->canceled(call) || call->host->remaining_ms(call) == 0)
            return slipway_error_set(err, -1, "the file was not hashed in time");
        at += got;
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!EVP_DigestFinal_ex(context, digest, &size))
        return slipway_error_set(err, -1, "no SHA-256 in this process");
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
    return 0;
}
