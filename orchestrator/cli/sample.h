/*
 * sample.h - the files that `slipway init` writes, built in (sample.cmake), so that a
 * single binary is enough to begin.
 */
#ifndef CLI_SAMPLE_H
#define CLI_SAMPLE_H

#include <stddef.h>
#include <sys/types.h>

struct sample_file {
    const char *path; /* below the folder; NULL ends the table */
    mode_t mode;
    const char *text;
};
extern const struct sample_file sample_files[];

#endif
