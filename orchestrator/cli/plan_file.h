/*
 * plan_file.h - the pinned plan on disk: DIR/plan.json, or wherever --out says.
 */
#ifndef CLI_PLAN_FILE_H
#define CLI_PLAN_FILE_H

#include "cli/cli.h"
#include "model/plan.h"

#define PLAN_FILE_NAME "plan.json"

/* Write atomically (0600, synced). *path is the caller's. An exit code, explained. */
int plan_file_save(struct cli *cli, struct plan *plan, const char *out_path, char **path);

/* Read; `path` NULL: the state directory's. *text is the canonical JSON. */
int plan_file_load(struct cli *cli, const char *path, struct plan **plan, char **text);

/* The bytes of the plan that stands there now, or NULL without a word; the caller's. */
char *plan_file_peek(struct cli *cli, const char *path, size_t *length);

#endif
