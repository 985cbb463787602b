/*
 * lint.h - what `slipway lint` found, for people and for scripts.
 */
#ifndef REPORT_LINT_H
#define REPORT_LINT_H

#include <jansson.h>
#include <stddef.h>

#include "util/buf.h"

/* One file that was named. */
struct lint_file {
    const char *path, *kind; /* "campaign", "playbook", "fleet", "unknown" */
    char *summary;           /* one line about its content; NULL: it has errors */
};

struct lint_view {
    const struct lint_file *files;
    size_t file_count;
    const char *problems; /* text, a line each */
    json_t *problem_list; /* the same */
    size_t errors, warnings;
};

/* Append. */
void lint_text(const struct lint_view *view, struct buf *out);
/* The caller's. */
char *lint_json(const struct lint_view *view);

#endif
