/*
 * run_words.h - a record of a running campaign as one calm line, and the last words
 * when the run ends.
 */
#ifndef CLI_RUN_WORDS_H
#define CLI_RUN_WORDS_H

#include "loop/loop.h"
#include "util/buf.h"

/* What an operator wants to see while it runs; false: nothing of this record. `told`
   is the reason that the operator's verb just before it gave, or NULL: it is not said
   twice. `bad` is set if something went wrong. */
bool run_words_line(const struct engine *engine, const struct record *record,
                    const char *told, struct buf *out, bool *bad);

/* "3 targets wait for an opening; the next start is ..." in local time and UTC. */
void run_words_wait(const struct engine *engine, int64_t now_ms, struct buf *out);

struct run_ending {
    const struct driver *driver;
    enum loop_end end;
    const char *command; /* "slipway --state DIR" */
    int64_t now_ms;
    bool colour;
};
/* How it stands, what failed and why, what to type next; for stranded targets the way
   back by hand. */
void run_words_end(const struct run_ending *ending, struct buf *out);

#endif
