/*
 * manual_parts.h - what the files of manual.h share.
 */
#ifndef REPORT_MANUAL_PARTS_H
#define REPORT_MANUAL_PARTS_H

#include "report/manual.h"
#include "util/buf.h"

/* Takes the text; the buffer is empty then. */
void manual_add(struct manual *out, enum manual_kind kind, struct buf *text);
/* "at manager M as U: revert VM uuid X to snapshot S (R)" */
void manual_add_revert(struct buf *text, const struct manual_facts *facts);

/* manual_group.c */
void manual_undo_group(const struct manual_facts *facts, struct manual *out);

#endif
