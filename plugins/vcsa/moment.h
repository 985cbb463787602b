/*
 * moment.h - instants as an appliance writes them, and its own clock.
 */
#ifndef VCSA_MOMENT_H
#define VCSA_MOMENT_H

#include "vcsa/talk.h"

#define VCSA_DAY_MS (24LL * 3600 * 1000)

/* "2024-11-02T01:00:03.000Z", with or without fraction, Z or +hh:mm; without a zone it
   is UTC. 0, or -1 if it is none of these. */
int vcsa_moment_parse(const char *text, int64_t *out_ms);
/* The member of an object; -1 if absent or no instant. */
int vcsa_moment_of(const json_t *object, const char *key, int64_t *out_ms);

/* "2026-11-21T02:13:05Z" as JSON. */
json_t *vcsa_moment_json(int64_t ms);

/* Whole days from one instant to another, rounded down: -1 means just over. */
int64_t vcsa_days(int64_t from_ms, int64_t to_ms);

/* The appliance's own clock, in milliseconds since 1970. */
enum vcsa_answer vcsa_appliance_now(struct vcsa_talk *talk, int64_t *out_ms);

#endif
