/*
 * local_file.h - the file to upload: opened once, hashed, watched for changes.
 */
#ifndef SSH_LOCAL_FILE_H
#define SSH_LOCAL_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "slipway/plugin.h"
#include "util/sha256.h"

struct local_file {
    int fd;
    struct stat info;
    int64_t size;
    char sha256[SHA256_HEX]; /* of the whole content, once hashed */
};

/* Open a regular file. -1 with a sentence; 1 if only a descriptor was missing. Close with local_file_close(). */
int local_file_open(const char *path, struct local_file *out, struct slipway_error *err);
void local_file_close(struct local_file *file);
#define auto_local_file __attribute__((cleanup(local_file_close)))

/* SHA-256 of the first `length` bytes. Ends early (-1 with a sentence) on a read
   error, on a cancel and at the call's deadline. */
int local_file_hash(struct slipway_call *call, const struct local_file *file,
                    int64_t length, char out[SHA256_HEX], struct slipway_error *err);

#endif
