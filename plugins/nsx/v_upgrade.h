/*
 * v_upgrade.h - between v_upgrade.c (asking for it), v_answers.c (the questions before it)
 * and v_upgrade_watch.c (what became of it).
 */
#ifndef NSX_V_UPGRADE_H
#define NSX_V_UPGRADE_H

#include "nsx/v_manager.h"
#include "nsx/watch.h"

/* The body of the start request: every question with its answer. NULL with talk->err: one
   has no answer, or asks for what slipway does not give. The caller's. */
char *nsx_v_answers(struct nsx_talk *talk, const struct nsx_v_information *about);

/* The new version is read: do the components of before run? */
enum slipway_outcome nsx_v_upgrade_verify(struct nsx_talk *talk, struct nsx_watch *watch);
/* The sentence of a failed upgrade. */
void nsx_v_say_failed(struct nsx_talk *talk, const struct nsx_v_status *status);

#endif
