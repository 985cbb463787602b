/*
 * findings.h - what `slipway doctor` found, collected and printed.
 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_LEVELS };

struct findings {
    struct finding {
        enum finding_level level;
        char *what, *text;
    } * items;
    size_t count, room;
    size_t counts[FINDING_LEVELS];
};

/* `what` in a word or two; the text says what was found and what to do. */
__attribute__((format(printf, 4, 5))) void findings_add(struct findings *findings,
                                                        enum finding_level level,
                                                        const char *what,
                                                        const char *format, ...);
/* A line each, "ok", "warn" or "FAIL" first, and the count. Append. */
void findings_text(const struct findings *findings, bool colour, struct buf *out);
/* The caller's. */
char *findings_json(const struct findings *findings);
void findings_clear(struct findings *findings);
#define auto_findings __attribute__((cleanup(findings_clear)))

#endif
