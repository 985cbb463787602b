/*
 * probe_findings.h - what `plan --probe` found on single targets, told once for all of
 * whom it is true.
 *
 *   probe_findings_add() for each ─► probe_findings_tell() ─► plan_notes
 *
 * Two findings are the same if their sentences are, but for the target's own name and
 * address. Alike are those that differ only in numbers: they are told together as well,
 * in the words of the first target.
 */
#ifndef CLI_PROBE_FINDINGS_H
#define CLI_PROBE_FINDINGS_H

#include <stdbool.h>

#include "model/plan.h"
#include "model/plan_notes.h"
#include "util/map.h"

#define PROBE_NAMES_SHOWN 3 /* of one finding; the others are counted */

struct probe_finding; /* probe_findings.c */

struct probe_findings {
    const struct plan *plan; /* borrowed */
    struct probe_finding *items;
    size_t count, room;
    struct map shapes; /* kind and sentence without what differs, to index */
};

/* "vc-0008: would fail: step certificates: …", without the name. `exact`: numbers are
   what it is about (versions), so none that differ are alike. */
void probe_findings_add(struct probe_findings *findings, enum note_kind kind, int target,
                        const char *sentence, bool exact);

/* A note for each, those with most targets first. */
void probe_findings_tell(struct probe_findings *findings, struct plan_notes *notes);
void probe_findings_clear(struct probe_findings *findings);
#define auto_probe_findings __attribute__((cleanup(probe_findings_clear)))

#endif
