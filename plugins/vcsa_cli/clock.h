/*
 * clock.h - the appliance's own clock.
 */
#ifndef VCSA_CLI_CLOCK_H
#define VCSA_CLI_CLOCK_H

#include "vcsa_cli/talk.h"

/* Milliseconds since 1970, to the second. */
enum slipway_outcome clock_read(struct talk *talk, int64_t *out_ms);

/* {"expires_at", "days_left"} of an instant, by that clock; the caller's. */
json_t *clock_life(int64_t ends_ms, int64_t now_ms);

#endif
