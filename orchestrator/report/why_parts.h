/* why_parts.h - what why_text.c and why_json.c both work out. */
#ifndef REPORT_WHY_PARTS_H
#define REPORT_WHY_PARTS_H

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
/* "second" of "wave second" and so on: one word for each moment. */
const char *why_moment_word(enum moment moment);

#endif
