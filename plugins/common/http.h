/*
 * http.h - libcurl, wrapped once for all plugins, with its traps closed.
 *
 *   caller ── http_perform ──► check (URL, headers, trust, dry run)
 *                                 │ invalid: HTTP_INVALID, nothing sent
 *                                 ▼
 *                              pool: an idle handle of this origin and trust
 *                                 ▼
 *                              resolve ─ connect ─ TLS ─ pin or CA
 *                                 │ fails: HTTP_NOT_SENT or HTTP_UNTRUSTED
 *                                 ▼
 *                              request ─ status, headers, body (all capped)
 *                                   fails: HTTP_UNKNOWN, HTTP_TOO_LARGE
 *
 * What is always so: HTTP/1.1; TLS 1.2 or later, without renegotiation; no
 * redirect, proxy, netrc, cookie engine, compression or Expect; a bounded time
 * for everything; the call's cancellation and deadline are respected (within
 * about a second).
 */
#ifndef PLUGINS_COMMON_HTTP_H
#define PLUGINS_COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/plugin.h"

/* Limits; zero members of a request take the default. */
#define HTTP_BODY_MAX           (4u * 1024u * 1024u)
#define HTTP_HEADER_BYTES_MAX   (64u * 1024u)
#define HTTP_HEADER_COUNT_MAX   128u
#define HTTP_URL_MAX            4096u
#define HTTP_CONNECT_TIMEOUT_MS 10000
#define HTTP_TIMEOUT_MS         120000
#define HTTP_STALL_TIMEOUT_MS   60000
#define HTTP_IDLE_MAX           256u  /* idle connections kept in a client   */
#define HTTP_IDLE_MS            60000 /* and for how long                    */

/* What makes the peer trustworthy: exactly one of the two for https. */
struct http_tls {
    const char *pin; /* "sha256//" and base64 of its public key's SHA-256    */
    const char *ca;  /* absolute path of a PEM file: the chain and the host
                        name are verified against it                         */
};

/* A file that is sent as one field of a form (multipart/form-data), read while it is
   sent. */
struct http_upload {
    const char *field;     /* name of the form's field                               */
    const char *file;      /* absolute path; must be a regular file                  */
    const char *file_name; /* told to the other side; NULL: the path's last part     */
};

/* Everything is borrowed for the length of http_perform. */
struct http_request {
    const char *method;         /* NULL: GET. GET HEAD POST PUT PATCH DELETE         */
    const char *url;            /* https://...; http only for a loopback host or with
                           allow_http, and then without password             */
    const char *const *headers; /* "Name: value", NULL at the end, or NULL   */
    const char *body;           /* NULL: none                                */
    size_t body_length;
    const char *content_type;
    const struct http_upload *upload; /* NULL: none. Only with POST; then there is no
                          body, and no content type but the form's           */
    const char *user; /* HTTP Basic, if given                                */
    const char *password;
    const char *const
        *secrets; /* what else must not come back: session keys, tokens; NULL
                          at the end, or NULL. The password never does       */
    struct http_tls tls;
    size_t max_body;   /* more is HTTP_TOO_LARGE                             */
    bool effect;       /* changes something: own fresh connection, so that
                          nobody ever sends it a second time                 */
    bool once;         /* the same for what changes nothing, but must not
                          arrive twice: a login                              */
    bool read_only_ok; /* may be sent in a dry run although it is no GET:
                          logins, logouts, reading SOAP methods              */
    bool allow_http;
    int connect_timeout_ms;
    int timeout_ms;       /* of the whole exchange; the call's deadline also counts */
    int stall_timeout_ms; /* no byte for so long: give up. Rounded up to s   */
};

struct http_response {
    int status;
    char *body; /* never NULL once answered; NUL at [body_length]            */
    size_t body_length;
    char content_type[128]; /* "" if none                                    */
    bool until_close;       /* the body had no declared length: only a parser
                               can tell whether it is whole                  */
    struct http_header {
        char *name, *value;
    } * headers; /* use http_header()                                         */
    size_t header_count, header_room;
};

/* What the caller does next. */
enum http_result {
    HTTP_ANSWERED,  /* complete answer of any status: look at it             */
    HTTP_NOT_SENT,  /* provably never processed: resolve, connect, handshake */
    HTTP_UNTRUSTED, /* not the peer that was pinned; nothing was sent to it  */
    HTTP_UNKNOWN,   /* time-out, reset, short body or an unasked part (206)  */
    HTTP_TOO_LARGE, /* answered more than we take; it may have happened      */
    HTTP_CANCELED,  /* asked to stop; nothing was sent, or it only reads     */
    HTTP_INVALID,   /* the request itself is not acceptable; nothing sent    */
};

/* Reusable connections by origin and trust. Safe for many threads; a connection
   serves one thread at a time. */
struct http_client;

/* NULL with a sentence if libcurl cannot start. */
struct http_client *http_client_new(struct slipway_error *err);
/* Close everything. No call may be under way. NULL is fine. */
void http_client_free(struct http_client *client);
/* Close what was idle for HTTP_IDLE_MS; now_ms is monotonic milliseconds. */
void http_client_tidy(struct http_client *client, int64_t now_ms);

/*
 * One exchange. `response` is zero-initialised by the caller and filled only
 * with HTTP_ANSWERED (then free it); every other result sets the sentence.
 * `call` gives deadline, cancellation and dry run; NULL outside of a call
 * (logout at the end): then only the request's own limits count.
 */
enum http_result http_perform(struct http_client *client, struct slipway_call *call,
                              const struct http_request *request,
                              struct http_response *response, struct slipway_error *err);

/* The nth (from 0) value of a header, any case; NULL if there is none. The
   value comes from outside: sanitize before printing. Borrowed. */
const char *http_header(const struct http_response *response, const char *name,
                        size_t nth);

/* Overwrites secrets (NULL at the end) in every shape, as http_perform() does those of the
   request: for answers in which only what is shown must be without them. */
void http_overwrite(struct http_response *response, const char *const *secrets);

/* Wipes and frees; the struct is zero afterwards. */
void http_response_free(struct http_response *response);
#define auto_http_response __attribute__((cleanup(http_response_free)))

/* "sha256//" and 44 characters of base64: the only form that is accepted. */
bool http_pin_valid(const char *pin);

#define HTTP_PIN_SIZE 53 /* with its NUL */

#define HTTP_THUMBPRINT_SIZE 60 /* SHA-1 as AB:CD:..., with its NUL */

/* What the peer at an https URL shows of itself. */
struct http_peer {
    char pin[HTTP_PIN_SIZE];
    char thumbprint[HTTP_THUMBPRINT_SIZE];
    int64_t expires_ms; /* of its own certificate, since 1970 */
};

/* Connects, shakes hands and sends nothing. A fact about whoever listens there now: tell
   it, never trust it by itself. Needs a client to exist. 0, or -1 with a sentence. */
int http_peer_look(const char *url, int timeout_ms, struct http_peer *out,
                   struct slipway_error *err);

/* Which pin would fit the peer? For a human, who compares. */
int http_peer_pin(const char *url, int timeout_ms, char pin[HTTP_PIN_SIZE],
                  struct slipway_error *err);

/* The origin, "https://host:port", of a URL (path, query and user information
   never): for sentences. Returns `out`. */
const char *http_origin(const char *url, char *out, size_t size);

/* https://user:word@host/: what stands in a playbook goes into plan and database as it is,
   so such a URL must come from a secret. */
bool http_url_has_user(const char *url);

#endif
