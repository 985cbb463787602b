/*
 * target.h - the `rest` part of the target document, as the two doors of an appliance.
 *
 * A vCenter has two: port 443 behind the reverse proxy, where Single Sign-On users log
 * in, and port 5480, the appliance's own management, where its local accounts (root) do.
 * The fleet file names one (`rest`) or both (`rest` and `rest.vami`). Which one it is
 * follows from the user: an SSO user is written user@domain or DOMAIN\user.
 */
#ifndef VCSA_TARGET_H
#define VCSA_TARGET_H

#include "common/http.h"
#include "util/json.h"

enum vcsa_door { VCSA_SSO, VCSA_VAMI, VCSA_DOORS };

struct vcsa_endpoint {
    bool on;
    char *url; /* without a slash at the end */
    struct http_tls tls;
    const char *user;
    char *password_reference; /* JSON text for host->secret */
    bool allow_http;
};

struct vcsa_target {
    json_t *document;     /* owns the borrowed texts */
    char name[128];       /* clean, for sentences    */
    const char *raw_name; /* as in the fleet         */
    struct vcsa_endpoint doors[VCSA_DOORS];
};

/* Decode; -1 with a sentence (then there is nothing to free). At least one door is on. */
int vcsa_target_read(const char *target_json, struct vcsa_target *out,
                     struct slipway_error *err);
void vcsa_target_free(struct vcsa_target *target);

#endif
