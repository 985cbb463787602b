/*
 * control.h - operators' verbs reach the running owner through a Unix socket in
 * the state directory: one JSON line in, one JSON line out.
 *
 *   {"verb":"hold","target":"vc-0001","reason":"...","number":0}
 *   {"ok":true} | {"ok":false,"message":"..."}
 *
 * Who asks is taken from the socket's peer credentials, never from the text.
 * Only the owner's user and root are answered.
 */
#ifndef LOOP_CONTROL_H
#define LOOP_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "loop/driver.h"

#define CONTROL_SOCKET      "control.sock"
#define CONTROL_LINE_MAX    65536u
#define CONTROL_CLIENTS_MAX 16
#define CONTROL_TIMEOUT_MS  10000

/* A verb as a document, before anybody knows the campaign's targets. */
struct control_request {
    const char *verb;
    const char *target, *wave, *setting, *reason; /* NULL: none */
    const char *detail; /* approve: digest; calendar: document; NULL: none */
    int64_t number;
};

/* The request as the document that control_execute takes; the caller's. */
json_t *control_document(const struct control_request *request);

/* Carry a verb out on this driver. 0, 1 rejected (sentence), else codes of store.h. */
int control_execute(struct driver *driver, const json_t *request, const char *actor,
                    struct slipway_error *err);

/* The name of a user; digits if the system does not know it. */
const char *control_user(uid_t uid, char *out, size_t size);

/* ---- the owner's side ---- */

struct control_server;

/* The server's descriptor becomes ready (epoll inside) when control_serve has
   something to do. */
int control_listen(const char *state_dir, struct control_server **out,
                   struct slipway_error *err);
int control_fd(const struct control_server *server);
/* Answer who is there; never waits. Codes of store.h if a commit failed. */
int control_serve(struct control_server *server, struct driver *driver,
                  struct slipway_error *err);
void control_close(struct control_server *server);

/* ---- the verb's side ---- */

enum control_reply {
    CONTROL_DONE = 0,
    CONTROL_REJECTED = 1, /* the sentence says why                    */
    CONTROL_NOBODY = 2,   /* no owner answers there                   */
    CONTROL_FAILED = -1,
};
enum control_reply control_send(const char *state_dir,
                                const struct control_request *request,
                                struct slipway_error *err);

#endif
