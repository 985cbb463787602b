/*
 * blob.h - the two encodings of SSH keys: base64 text, and strings that carry
 * their length in four bytes.
 */
#ifndef SSH_BLOB_H
#define SSH_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob_reader {
    const unsigned char *bytes;
    size_t left;
};

/* A 32-bit number; -1 if the blob ends before. */
int blob_number(struct blob_reader *reader, uint32_t *out);
/* A string, borrowed from the blob; -1 if the blob ends before. */
int blob_string(struct blob_reader *reader, const unsigned char **out, size_t *length);

/* Decode base64, white space allowed. The caller's; NULL if it is malformed. */
unsigned char *blob_from_base64(const char *text, size_t length, size_t *out_length);

#endif
