/*
 * aborts.h - what a process would say as it ends itself: the code under test calls
 * abort(), and the test goes on with what was written to standard error.
 */
#ifndef TESTS_ABORTS_H
#define TESTS_ABORTS_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/xalloc.h"

static sigjmp_buf aborts_back;

static inline void aborts_jump(int signal_number)
{
    (void)signal_number;
    siglongjmp(aborts_back, 1);
}

/* Standard error as it was, and what was written to it meanwhile. The caller's. */
static inline char *aborts_read(int standard_error, FILE *kept)
{
    char text[4096] = "";
    (void)fflush(stderr);
    (void)dup2(standard_error, STDERR_FILENO);
    (void)close(standard_error);
    rewind(kept);
    size_t length = fread(text, 1, sizeof text - 1, kept);
    text[length] = 0;
    (void)fclose(kept);
    return xstrdup(text);
}

/* NULL: it came back. */
static inline char *words_of_abort(void (*run)(void *data), void *data)
{
    struct sigaction jump = {.sa_handler = aborts_jump}, before;
    FILE *kept = tmpfile();
    volatile bool aborted = true;
    int standard_error = dup(STDERR_FILENO);
    if (!kept || standard_error < 0 || dup2(fileno(kept), STDERR_FILENO) < 0)
        return NULL;
    (void)sigaction(SIGABRT, &jump, &before);
    if (!sigsetjmp(aborts_back, 1)) {
        run(data);
        aborted = false;
    }
    (void)sigaction(SIGABRT, &before, NULL);
    char *text = aborts_read(standard_error, kept);
    if (!aborted)
        xreplace(&text, NULL);
    return text;
}

#endif
