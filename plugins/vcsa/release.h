/*
 * release.h - the installed version, as the appliance's management and as vpxd tell it.
 */
#ifndef VCSA_RELEASE_H
#define VCSA_RELEASE_H

#include "vcsa/talk.h"

struct vcsa_release {
    char version[VCSA_VERSION_MAX]; /* "8.0.3.00400" */
    char build[VCSA_VERSION_MAX];
};

/* Four dotted numbers (9.x: the last may be one digit). */
bool vcsa_version_valid(const char *version);

/* system/version. `document` (may be NULL) gets the whole answer, the caller's. */
enum vcsa_answer vcsa_release_read(struct vcsa_talk *talk, struct vcsa_release *out,
                                   json_t **document);

/* sdk.c: what vpxd itself says on port 443, without a login: another protocol, another
   service. VCSA_AWAY, VCSA_GATEWAY while it is not up. */
enum vcsa_answer vcsa_sdk_about(struct vcsa_talk *talk, struct vcsa_release *out);

/* Do the two agree? vpxd knows three fields ("8.0.3"), and before 7.0.2 another build. */
bool vcsa_releases_agree(const struct vcsa_release *rest, const struct vcsa_release *sdk);

#endif
