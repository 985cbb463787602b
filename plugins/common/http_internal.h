/*
 * http_internal.h - what the http*.c files share; nobody else includes it.
 */
#ifndef PLUGINS_COMMON_HTTP_INTERNAL_H
#define PLUGINS_COMMON_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "common/http.h"
#include "util/buf.h"

#define HTTP_ORIGIN_MAX 512

/* Why we ourselves stopped a transfer. */
enum http_stop { STOP_NOT, STOP_BODY, STOP_HEADERS, STOP_CANCELED, STOP_LATE };

struct http_exchange {
    const struct http_request *request;
    const struct slipway_call *call;
    struct http_response response;
    struct buf body;
    size_t max_body;
    long status;
    size_t header_bytes;
    bool headers_over;
    bool began;    /* a first request byte may have left */
    int no_socket; /* errno, when there was none to connect with */
    enum http_stop stop;
    char why[CURL_ERROR_SIZE];
    char origin[HTTP_ORIGIN_MAX];
};

/* What the caller may believe after libcurl came back with `code`. HTTP_ANSWERED, or
   another with a sentence. */
enum http_result http_judge(const struct http_exchange *exchange, CURLcode code,
                            struct slipway_error *err);
/* The same, when we ourselves stopped it (or never began). */
enum http_result http_stopped(const struct http_exchange *exchange,
                              struct slipway_error *err);

/* Everything about a request that can be judged before anything is sent.
   0, or -1 with a sentence. */
int http_check(const struct slipway_call *call, const struct http_request *request,
               struct slipway_error *err);

/* Overwrite in the answer what the request carried and nobody may read. */
void http_scrub(struct http_response *response, const struct http_request *request);

/* A handle whose idle connection (if any) goes to this origin under this trust;
   the caller's alone until http_client_put. NULL when out of memory. */
CURL *http_client_take(struct http_client *client, const char *key);
/* Give it back; with `keep` false it is closed instead of kept. */
void http_client_put(struct http_client *client, CURL *curl, const char *key, bool keep,
                     int64_t now_ms);

/* For CURLOPT_OPENSOCKETFUNCTION: refuses link-local and metadata addresses. The context,
   if any, is an int for the errno when there is no socket to be had, EADDRNOTAVAIL for a refused one. */
curl_socket_t http_open_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address);
/* Deadline and cancellation count, whatever the peer's TLS sends and however long the name
   servers are silent; and the peer remains who it was at the handshake. */
void http_keep_control(CURL *curl);
/* curl_easy_perform without SIGPIPE. */
CURLcode http_perform_quietly(CURL *curl);

/* Milliseconds on CLOCK_MONOTONIC. */
int64_t http_now_ms(void);

#endif
