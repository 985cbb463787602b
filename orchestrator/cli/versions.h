/*
 * versions.h - the catalogue of versions, as verbs use it.
 */
#ifndef CLI_VERSIONS_H
#define CLI_VERSIONS_H

#include "catalogue/path.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "model/plan_notes.h"

/* Read what is installed, ./versions and `extra` (NULL: none). An exit code, explained;
   without any file it is an error too. */
int versions_load(struct cli *cli, const char *extra, struct catalogue *out);

/*
 * What the catalogue has to say on the way from what the targets have to the campaign's
 * vars.target_version: more than one hop or no way at all would stop them (NOTE_STOP),
 * what is not known and a playbook for another sort of hop are warnings. Kinds that no
 * product of the catalogue has are passed over, and so is everything if there is none.
 */
void versions_note(const struct inputs *inputs, struct plan_notes *notes);

#endif
