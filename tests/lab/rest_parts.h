/*
 * rest_parts.h - between rest.c (any appliance) and vcsa_*.c (vCenters): one request in
 * one of the two dialects, and how it is answered.
 */
#ifndef LAB_REST_PARTS_H
#define LAB_REST_PARTS_H

#include "parts.h"

#define LAB_TOKEN_HEADER "vmware-api-session-id"
/* What an appliance with hostile texts says. */
#define LAB_HOSTILE                                                                      \
    "\x1b[31mred\x1b[2J\x1b]0;owned\x07\xe2\x80\xae"                                     \
    "gpj.exe"

struct rest_call {
    const struct web_request *request;
    struct appliance *appliance;
    struct sessions *sessions; /* of the door that was knocked at */
    const char *path;          /* below /api or /rest */
    bool old_dialect;
    struct web_reply *reply;
};

/* The value (stolen) in this dialect's envelope; /rest always says 200. */
void rest_send(struct rest_call *call, unsigned status, json_t *value);
void rest_send_nothing(struct rest_call *call);
/* `kind` in UPPER_SNAKE, as the new dialect writes it. */
void rest_error(struct rest_call *call, unsigned status, const char *kind, const char *id,
                const char *text);
void rest_unauthenticated(struct rest_call *call);
/* What a proxy or a web server says in place of the appliance. */
void rest_plain(struct rest_call *call, unsigned status, const char *type,
                const char *text);

json_t *rest_message(const char *id, const char *text);
json_t *rest_instant(int64_t ms);
/* True if a fault (down, flood, 503) has answered instead. */
bool rest_fault_answers(struct rest_call *call);
/* "/api/..." or "/rest/..."; false: neither. */
bool rest_take_path(struct rest_call *call);

/* The session call: "/session", "/com/vmware/cis/session". True: it was answered. */
bool rest_handle_session(struct rest_call *call, const char *user, const char *via);
bool rest_authenticated(const struct rest_call *call, const char *user);

/* A map in this dialect's shape: an object, or a list of key and value. */
json_t *rest_map(const struct rest_call *call);
void rest_map_add(const struct rest_call *call, json_t *map, const char *key,
                  json_t *value);

#endif
