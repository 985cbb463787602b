/*
 * rest_internal.h - the request operation, and how its answers are read.
 */
#ifndef PLUGINS_REST_INTERNAL_H
#define PLUGINS_REST_INTERNAL_H

#include "rest/rest_session.h"

#define REST_BODY_MAX    (1024u * 1024u) /* of an answer                     */
#define REST_TEXT_MAX    (64u * 1024u)   /* of an answer that is no JSON     */
#define REST_MESSAGE_MAX 300u            /* of an error message in a sentence */
#define REST_STALL_MS    300000          /* services think in silence for minutes   */
#define REST_PATH_MAX    2048u
#define REST_HEADERS_MAX 32u

struct rest_state {
    struct http_client *client;
    struct rest_sessions *sessions;
};

enum slipway_outcome rest_request(struct slipway_call *call);
enum slipway_class rest_request_class(const char *with);
int rest_request_check(const char *with, struct slipway_error *err);

/* `path` under the target's URL, with the query of `with` percent-encoded. */
char *rest_url(const struct rest_target *target, const json_t *with);

/* An answer becomes an outcome: sets the result or says the sentence. `expected`
   is the `expect_status` member of `with`, NULL for any 2xx. */
enum slipway_outcome rest_answer(struct slipway_call *call,
                                 const struct rest_target *target,
                                 const struct http_response *response,
                                 const json_t *expected);
bool rest_status_expected(const json_t *expected, int status);

#endif
