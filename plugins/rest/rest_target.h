/*
 * rest_target.h - the `rest` part of the target document, decoded.
 */
#ifndef PLUGINS_REST_TARGET_H
#define PLUGINS_REST_TARGET_H

#include <stdbool.h>

#include "common/http.h"
#include "util/json.h"

enum rest_login { REST_LOGIN_NONE, REST_LOGIN_BASIC, REST_LOGIN_SESSION };

/* How a session is opened, used and closed. Never NULL while `on`. */
struct rest_session_spec {
    bool on;
    const char *path, *method; /* of the login                              */
    const char *token;         /* "json" or "header:NAME": where it answers */
    const char *header;        /* that carries the token afterwards         */
    const char *logout_path, *logout_method;
};

struct rest_target {
    json_t *document; /* owns all texts below */
    const char *name; /* of the appliance, for sentences */
    char *url;        /* without a slash at the end */
    struct http_tls tls;
    bool allow_http;
    const char *user;         /* NULL: no login configured */
    char *password_reference; /* JSON text for host->secret */
    struct rest_session_spec session;
};

/* Decode; -1 with a sentence (then there is nothing to free). */
int rest_target_read(const char *target_json, struct rest_target *out,
                     struct slipway_error *err);
void rest_target_free(struct rest_target *target);
#define auto_rest_target __attribute__((cleanup(rest_target_free)))

#endif
