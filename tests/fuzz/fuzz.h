/*
 * fuzz.h - what the fuzz targets share. A target eats bytes and aborts on what must
 * never be; it asserts properties and does not only wait for a crash.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                  \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__,             \
                          #condition);                                                   \
            abort();                                                                     \
        }                                                                                \
    } while (0)

/* The bytes as text that ends: NULs become spaces. The caller's. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = xmalloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] ? (char)data[i] : ' ';
    text[size] = '\0';
    return text;
}

#endif
