/*
 * target.h - the `rest` part of the target document: where a manager is spoken to, and as
 * whom. For a cluster it is the address that its managers share.
 */
#ifndef NSX_TARGET_H
#define NSX_TARGET_H

#include "common/http.h"
#include "util/json.h"

struct nsx_target {
    json_t *document; /* owns the borrowed texts */
    char name[128];   /* clean, for sentences    */
    char *url;        /* without a slash at the end */
    struct http_tls tls;
    const char *user;
    char *password_reference; /* JSON text for host->secret */
    bool allow_http;
};

/* Decode; -1 with a sentence (then there is nothing to free). */
int nsx_target_read(const char *target_json, struct nsx_target *out,
                    struct slipway_error *err);
void nsx_target_free(struct nsx_target *target);

#endif
