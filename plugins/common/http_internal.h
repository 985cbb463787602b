/*
 * http_internal.h - what the http*.c files share; nobody else includes it.
 */
#ifndef PLUGINS_COMMON_HTTP_INTERNAL_H
#define PLUGINS_COMMON_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "common/http.h"

#define HTTP_ORIGIN_MAX 512

/* Everything about a request that can be judged before anything is sent.
   0, or -1 with a sentence. */
int http_check(const struct slipway_call *call, const struct http_request *request,
               struct slipway_error *err);

/* A handle whose idle connection (if any) goes to this origin under this trust;
   the caller's alone until http_client_put. NULL when out of memory. */
CURL *http_client_take(struct http_client *client, const char *key);
/* Give it back; with `keep` false it is closed instead of kept. */
void http_client_put(struct http_client *client, CURL *curl, const char *key, bool keep,
                     int64_t now_ms);

/* For CURLOPT_OPENSOCKETFUNCTION: refuses link-local and metadata addresses. */
curl_socket_t http_open_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address);
/* curl_easy_perform without SIGPIPE. */
CURLcode http_perform_quietly(CURL *curl);

/* Milliseconds on CLOCK_MONOTONIC. */
int64_t http_now_ms(void);

#endif
