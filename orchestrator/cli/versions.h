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

/* Which of the selected appliances have a version that the catalogue knows no direct way
   from, but one of several hops: parallel to inputs->selected; the caller's. All false if
   the catalogue cannot be read, which versions_note() says. */
bool *versions_need_hops(const struct inputs *inputs);

/*
 * What the catalogue has to say on the way from what the targets have to the campaign's
 * vars.target_version: no way at all would stop them (NOTE_STOP); those that need more than
 * one hop and are left out, with the campaigns to make, what is not known, and a playbook
 * for another sort of hop are warnings. Kinds that no
 * product of the catalogue has are passed over, and so is everything if there is none.
 */
void versions_note(const struct inputs *inputs, struct plan_notes *notes);

#endif
