/*
 * marks.h - what the output of software-packages says came of it.
 *
 * Its exit status means nothing, so these lines are the evidence. Pure.
 */
#ifndef VCSA_CLI_MARKS_H
#define VCSA_CLI_MARKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum marks_end {
    MARKS_NONE,        /* no line that ends it                                   */
    MARKS_STAGED,      /* "Staging process completed successfully"               */
    MARKS_VALID,       /* "Validation successful": only the middle of an install */
    MARKS_INSTALLED,   /* "Packages upgraded successfully, Reboot is required"   */
    MARKS_UNSTAGED,    /* "Unstage process completed successfully" */
    MARKS_UNSUPPORTED, /* "Unsuported version of patch selected." (sic)          */
    MARKS_FAILED,      /* "Installation process failed" and the like             */
};

struct marks {
    enum marks_end end;   /* the last of the text: order is that of lines, stamps may
                             jump backwards */
    bool reboot;          /* it asks for one */
    int percent;          /* -1: not known */
    char last[160];       /* the last line, without its stamp, harmless */
    char why[240];        /* what is most likely the reason of a failure, or "" */
    unsigned clock_jumps; /* stamps that are older than the one before */
};

void marks_read(const char *text, size_t length, struct marks *out);

/* The last lines, harmless, for a result; the caller's. */
json_t *marks_lines(const char *text, size_t length);

#endif
