/*
 * http_judge.c - what may be believed after an exchange, and the sentence for a human.
 *
 * The one question is whether the peer can have acted: a failure before the first request
 * byte proves that nothing was sent, everything after it is unknown. An answer is one only
 * if it is whole: its headers ended, of its length there are no two opinions, and it is no
 * part that nobody asked for.
 */
#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/descriptors.h"
#include "util/text.h"

#define PIN_LOOK_MS       3000 /* to learn which key a wrong peer shows */
#define LENGTH_DIGITS_MAX 18u

static const char *reason_of(const struct http_exchange *exchange, CURLcode code)
{
    return exchange->why[0] ? exchange->why : curl_easy_strerror(code);
}

static const char *advice(const struct http_exchange *exchange, CURLcode code)
{
    if (descriptors_short(exchange->no_socket))
        return "; " DESCRIPTORS_SHORT;
    if (exchange->no_socket == EADDRNOTAVAIL)
        return "; its address is link-local, where metadata services answer: does the "
               "name "
               "lead where it should?";
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "; is the name right, do the name servers answer?";
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        return "; is it up, is the port right, does a firewall drop packets?";
    case CURLE_SSL_CONNECT_ERROR:
        return "; does it speak TLS 1.2 or later on this port?";
    default:
        return "";
    }
}

static enum http_result unfinished(const struct http_exchange *exchange, CURLcode code,
                                   struct slipway_error *err)
{
    char why[CURL_ERROR_SIZE * 2];
    (void)text_clean(reason_of(exchange, code), why, sizeof why);
    if (!exchange->began) {
        (void)slipway_error_set(err, -1, "%s: not reached, nothing was sent: %s%s",
                                exchange->origin, why, advice(exchange, code));
        return HTTP_NOT_SENT;
    }
    (void)slipway_error_set(err, -1,
                            "%s: no complete answer, it may or may not have acted: %s",
                            exchange->origin, why);
    return HTTP_UNKNOWN;
}

static enum http_result untrusted(const struct http_exchange *exchange, CURLcode code,
                                  struct slipway_error *err)
{
    char why[CURL_ERROR_SIZE * 2], seen[HTTP_PIN_SIZE] = "another";
    if (code != CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
        (void)text_clean(reason_of(exchange, code), why, sizeof why);
        (void)slipway_error_set(
            err, -1,
            "%s: its certificate is not trusted under tls.ca; nothing was sent: %s. Have "
            "the "
            "certificate renewed or tls.ca corrected, or pin its key (tls.pin)",
            exchange->origin, why);
        return HTTP_UNTRUSTED;
    }
    (void)http_peer_pin(exchange->request->url, PIN_LOOK_MS, seen, NULL);
    (void)slipway_error_set(
        err, -1,
        "%s: its public key is %s, not the one that tls.pin names; "
        "nothing was sent. If its certificate was renewed on purpose, "
        "compare the key on its console and put it into the fleet file; "
        "otherwise somebody is in between",
        exchange->origin, seen);
    return HTTP_UNTRUSTED;
}

static enum http_result too_many_headers(const struct http_exchange *exchange,
                                         struct slipway_error *err)
{
    (void)slipway_error_set(
        err, -1, "%s: answered with more than %u bytes or %u lines of headers",
        exchange->origin, HTTP_HEADER_BYTES_MAX, HTTP_HEADER_COUNT_MAX);
    return HTTP_TOO_LARGE;
}

enum http_result http_stopped(const struct http_exchange *exchange,
                              struct slipway_error *err)
{
    const char *origin = exchange->origin;
    if (exchange->stop == STOP_HEADERS)
        return too_many_headers(exchange, err);
    if (exchange->stop == STOP_BODY) {
        (void)slipway_error_set(err, -1, "%s: answered with more than %zu bytes of body",
                                origin, exchange->max_body);
        return HTTP_TOO_LARGE;
    }
    const char *what =
        exchange->stop == STOP_LATE ? "the step's time was over" : "asked to stop";
    if (exchange->began && exchange->request->effect) {
        (void)slipway_error_set(
            err, -1, "%s: %s before the answer came; it may or may not have acted",
            origin, what);
        return HTTP_UNKNOWN;
    }
    (void)slipway_error_set(err, -1, "%s: %s", origin, what);
    if (exchange->stop == STOP_CANCELED)
        return HTTP_CANCELED;
    return exchange->began ? HTTP_UNKNOWN : HTTP_NOT_SENT;
}

/* libcurl passes over a length that it cannot read, and takes what comes until the end of
   the connection: a cut answer would look whole. */
static bool length_is_one(const struct http_exchange *exchange)
{
    const struct http_response *response = &exchange->response;
    const char *first = http_header(response, "Content-Length", 0), *value;
    if (!first || http_header(response, "Transfer-Encoding", 0))
        return true;
    for (size_t nth = 0; (value = http_header(response, "Content-Length", nth)); nth++)
        if (strcmp(value, first) != 0)
            return false;
    size_t digits = strspn(first, "0123456789");
    if (!digits || digits > LENGTH_DIGITS_MAX || first[digits])
        return false;
    size_t length = strtoul(first, NULL, 10);
    return !exchange->body.length || exchange->body.length == length; /* HEAD has none */
}

static bool asked_for_a_part(const struct http_exchange *exchange)
{
    const char *const *headers = exchange->request->headers;
    for (size_t i = 0; headers && headers[i]; i++)
        if (strncasecmp(headers[i], "Range:", 6) == 0)
            return true;
    return false;
}

static enum http_result whole(const struct http_exchange *exchange,
                              struct slipway_error *err)
{
    if (!exchange->headers_over) /* the peer hung up amid them */
        return unfinished(exchange, CURLE_PARTIAL_FILE, err);
    if (exchange->status < 200) { /* it would speak another protocol now */
        (void)slipway_error_set(err, -1,
                                "%s: no answer to rely on, it may or may not have acted: "
                                "HTTP %ld is only the beginning of one",
                                exchange->origin, exchange->status);
        return HTTP_UNKNOWN;
    }
    if (exchange->status == 206 && !asked_for_a_part(exchange)) {
        (void)slipway_error_set(err, -1,
                                "%s: no answer to rely on, it may or may not have acted: "
                                "it is only a part (HTTP 206), and all of it was asked "
                                "for; does a proxy or cache stand in between?",
                                exchange->origin);
        return HTTP_UNKNOWN;
    }
    if (length_is_one(exchange))
        return HTTP_ANSWERED;
    (void)slipway_error_set(err, -1,
                            "%s: no answer to rely on, it may or may not have acted: its "
                            "Content-Length is not the length of what it sent",
                            exchange->origin);
    return HTTP_UNKNOWN;
}

/* Is that why the file could not be read? */
static bool descriptors_are_short(const char *file)
{
    auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 && descriptors_short(errno);
}

static enum http_result without_descriptors(const struct http_exchange *exchange,
                                            struct slipway_error *err)
{
    (void)slipway_error_set(err, -1,
                            "%s: not reached, nothing was sent; " DESCRIPTORS_SHORT,
                            exchange->origin);
    return HTTP_NOT_SENT;
}

enum http_result http_judge(const struct http_exchange *exchange, CURLcode code,
                            struct slipway_error *err)
{
    if (exchange->stop != STOP_NOT)
        return http_stopped(exchange, err);
    switch (code) {
    case CURLE_OK:
        return whole(exchange, err);
    case CURLE_OUT_OF_MEMORY: /* what it says of a header of more than 100 KB */
        return exchange->began && !exchange->headers_over
                   ? too_many_headers(exchange, err)
                   : unfinished(exchange, code, err);
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return untrusted(exchange, code, err);
    case CURLE_SSL_CACERT_BADFILE:
        if (descriptors_are_short(exchange->request->tls.ca))
            return without_descriptors(exchange, err);
        (void)slipway_error_set(err, -1,
                                "%s: tls.ca %s cannot be read as PEM certificates",
                                exchange->origin, exchange->request->tls.ca);
        return HTTP_INVALID;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: /* also an answer that is no HTTP */
        if (exchange->began)
            return unfinished(exchange, code, err);
        (void)slipway_error_set(err, -1, "%s: not a URL that can be spoken to",
                                exchange->origin);
        return HTTP_INVALID;
    default:
        return unfinished(exchange, code, err);
    }
}
