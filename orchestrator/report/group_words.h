/*
 * group_words.h - what a member of a link group waits for, in one sentence.
 */
#ifndef REPORT_GROUP_WORDS_H
#define REPORT_GROUP_WORDS_H

#include "store/query.h"
#include "util/buf.h"

/* "protected; waits its turn in link group sso-17: vc-0001 is changing". Nothing is added
   if the target stands alone, or does not wait for the others. Codes of store.h. */
int group_words(struct store *store, int64_t campaign, const struct store_target *target,
                struct buf *out, struct slipway_error *err);

#endif
