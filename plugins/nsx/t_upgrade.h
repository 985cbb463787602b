/*
 * t_upgrade.h - between t_upgrade.c (asking for it) and t_upgrade_watch.c (what became of
 * it).
 */
#ifndef NSX_T_UPGRADE_H
#define NSX_T_UPGRADE_H

#include "nsx/t_state.h"
#include "nsx/watch.h"

/* The `component` of the arguments. */
const char *nsx_t_wanted_component(const struct nsx_talk *talk);

/* The coordinator says that the component is done: is it, on every manager? */
enum slipway_outcome nsx_t_upgrade_verify(struct nsx_talk *talk, struct nsx_watch *watch);
/* The sentence of FAILED and PAUSED. */
void nsx_t_say_stopped(struct nsx_talk *talk, const struct nsx_t_component *component);

#endif
