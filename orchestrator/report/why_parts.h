/* why_parts.h - what why_text.c and why_json.c both work out. */
#ifndef REPORT_WHY_PARTS_H
#define REPORT_WHY_PARTS_H

#include "report/layout.h"
#include "report/manual.h"
#include "report/why.h"

/* True while admission is still before it. */
bool why_awaits_admission(const struct why *why);
/* The earliest moment at which time alone changes a blocker; 0: none. */
int64_t why_next_change_ms(const struct why *why);
/* The manual way out; empty if nobody needs it. */
void why_manual(const struct why_view *view, struct manual *out);
/* The known issue behind its trouble; false if it has none, or nobody knows it. */
bool why_issue(const struct why_view *view, struct issue_note *out);
/* why_time.c: window, slot, queue, override; nothing without time rules. */
void why_time_text(const struct why_view *view, const struct layout *layout);
/* A blocker's sentence, with when time changes it. */
void why_blocker_text(const struct why_view *view, const struct blocker *blocker,
                      struct buf *out);
/* The caller's. */
json_t *why_time_json(const struct why_view *view);
/* "second" of "wave second" and so on: one word for each moment. */
const char *why_moment_word(enum moment moment);

#endif
