/*
 * bundle.h - where an upgrade bundle comes from, for both families.
 */
#ifndef NSX_BUNDLE_H
#define NSX_BUNDLE_H

#include "nsx/talk.h"

/* `url` or `url_secret`. NULL in *out: neither is there. -1 with talk->err. Borrowed. */
int nsx_bundle_url(struct nsx_talk *talk, const char **out);
/* For lint: at most one source, and no password in a `url` that stands in the open. */
int nsx_bundle_check(const char *with, struct slipway_error *err);

/* The talk of an operation that needs a release in `version`; -1: REFUSED was said. */
int nsx_talk_open_versioned(struct nsx_talk *talk, struct slipway_call *call);

#endif
