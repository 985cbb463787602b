/*
 * gathered.h - the logs that a target's steps brought along, most of all what was read
 * before a rollback took it away.
 *
 * A step's result that has `files`, each with a name and a text, is such a bundle
 * (vcsa.evidence, vcsa-cli.logs).
 */
#ifndef REPORT_GATHERED_H
#define REPORT_GATHERED_H

#include <jansson.h>

#include "store/query.h"
#include "util/buf.h"

/* [{"step", "at_ms", "files": [{"name", "bytes", "text"}], "missing": [...]}], in the order
   of time; the caller's. Codes of store.h. */
int gathered_load(struct store *store, int64_t campaign, int target, json_t **out,
                  struct slipway_error *err);
/* "update-logs: 7 files, 31 KiB; ..."; nothing if there is none. */
void gathered_words(const json_t *gathered, struct buf *out);
/* The files themselves, each under its name. */
void gathered_text(const json_t *gathered, int64_t now_ms, struct buf *out);

#endif
