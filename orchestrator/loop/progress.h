/*
 * progress.h - how far the calls say they are, on its way into the rows that status reads.
 *
 * Most looks at what goes on are over within milliseconds: what they said of it comes with
 * their results. The longer ones are asked while they run. All of it is for people only: at
 * most once a second, in a transaction of its own, and what a crash loses of it is said
 * again.
 */
#ifndef LOOP_PROGRESS_H
#define LOOP_PROGRESS_H

#include "engine/state.h"
#include "store/store.h"

struct progress_book;

struct progress_book *progress_open(size_t target_count);
void progress_close(struct progress_book *book);

/* Of what the target does now; `text` NULL: the last look said nothing of it any more. */
void progress_note(struct progress_book *book, const struct engine_state *state,
                   int target, int percent, const char *text);

/* True once a second. */
bool progress_is_due(struct progress_book *book, int64_t now_ms);

/* Write what was noted and is still true. Codes of store.h. */
int progress_write(struct progress_book *book, const struct engine_state *state,
                   struct store *store, int64_t campaign, struct slipway_error *err);

#endif
