/*
 * blot.h - text that somebody else's program wrote, before it is kept.
 *
 * Logs hold secrets that slipway was never told, so the registry of util/redact.h cannot
 * know them: passwords behind their names, users in URLs, download tokens, private keys.
 */
#ifndef COMMON_BLOT_H
#define COMMON_BLOT_H

#include "util/buf.h"

/* Overwrite them with "***". Lines stay lines; what is blotted too much does no harm. */
void blot_secrets(struct buf *text);

#endif
