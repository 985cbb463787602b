/*
 * descriptors.h - running out of file descriptors: that passes, and says nothing about the
 * file or the peer that one was wanted for.
 */
#ifndef UTIL_DESCRIPTORS_H
#define UTIL_DESCRIPTORS_H

#include <errno.h>
#include <stdbool.h>

/* An errno value: none was left for slipway, or for the machine. */
static inline bool descriptors_short(int error)
{
    return error == EMFILE || error == ENFILE;
}

#define DESCRIPTORS_SHORT                                                                \
    "no file descriptor is left for slipway: raise the limit (ulimit -n, or "            \
    "LimitNOFILE= of its unit)"

#endif
