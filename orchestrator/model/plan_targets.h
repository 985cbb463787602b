/*
 * plan_targets.h - the targets of a plan as canonical JSON, without a tree.
 *
 * Ten thousand targets are seven megabytes of text, nearly all of it documents that
 * are canonical JSON already. A tree of it costs a second and 150 MB; here the text
 * is put together and taken apart as it stands.
 */
#ifndef MODEL_PLAN_TARGETS_H
#define MODEL_PLAN_TARGETS_H

#include "model/plan.h"
#include "util/buf.h"

/* The array "[...]", keys sorted, no spaces. Documents are taken as they are:
   they must be canonical. */
void plan_targets_write(const struct plan *plan, struct buf *out);

/* A plan's text in three parts, without a copy. */
struct plan_spans {
    const char *digest; /* the member with its comma: `"digest":"...",` */
    size_t digest_length;
    const char *targets; /* the array */
    size_t targets_length;
};

/* Find the parts of a plan in canonical form. -1: it has another form (which is no
   error: the text may still be a plan). */
int plan_spans_find(const char *text, size_t length, struct plan_spans *out);

/* Read an array that plan_targets_write could have written into plan->targets; waves,
   domains and limits are there already. -1: it could not have; plan->targets is then
   empty. */
int plan_targets_read(struct plan *plan, const char *text, size_t length);

#endif
