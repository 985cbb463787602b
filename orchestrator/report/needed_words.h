/*
 * needed_words.h - what must be left of a window for a target, and who says so.
 */
#ifndef REPORT_NEEDED_WORDS_H
#define REPORT_NEEDED_WORDS_H

#include "model/plan.h"
#include "util/buf.h"

/* "2h15m for the change and 45m for the way back, as `worst` says"; "1h20m for the change,
   by this fleet's history; 45m for the way back, as `worst` says". Append. */
void needed_words(const struct plan *plan, const struct plan_pace *pace, struct buf *out);

#endif
