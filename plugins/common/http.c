/*
 * http.c - one HTTP exchange.
 *
 * How it works: check, take a handle from the pool, set every option from
 * scratch (a handle keeps nothing but its connection), perform, judge.
 *
 * When it fails, the one question is whether the peer can have acted. libcurl
 * calls `request_begins` after the handshake and before the first request byte:
 * a failure before that proves that nothing was sent, everything after it is
 * unknown. Counts are kept here because libcurl's own size limit ignores chunked
 * bodies. Copies of passwords and bodies are wiped, those of libcurl by its allocator
 * (http_client.c) and those of OpenSSL by SSL_OP_CLEANSE_PLAINTEXT.
 */
#include "http_internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

/* --- what libcurl calls back ---------------------------------------------- */

static int request_begins(void *context, char *peer_ip, char *local_ip, int peer_port,
                          int local_port)
{
    struct http_exchange *exchange = context;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
    exchange->began = true;
    return CURL_PREREQFUNC_OK;
}

static int watch(void *context, curl_off_t down_total, curl_off_t down,
                 curl_off_t up_total, curl_off_t up)
{
    struct http_exchange *exchange = context;
    const struct slipway_call *call = exchange->call;
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (!call)
        return 0;
    if (call->host->canceled(call))
        exchange->stop = STOP_CANCELED;
    else if (call->host->remaining_ms(call) <= 0)
        exchange->stop = STOP_LATE;
    return exchange->stop != STOP_NOT;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    if (length > exchange->max_body - exchange->body.length) {
        exchange->stop = STOP_BODY;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&exchange->body, bytes, length);
    return length;
}

static void headers_forget(struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].name);
        if (response->headers[i].value) {
            explicit_bzero(response->headers[i].value,
                           strlen(response->headers[i].value));
            free(response->headers[i].value);
        }
    }
    response->header_count = 0;
}

static void header_keep(struct http_response *response, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (!colon || colon == line)
        return;
    const char *value = colon + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    struct http_header *header =
        vec_push(response->headers, response->header_count, response->header_room);
    header->name = xstrndup(line, (size_t)(colon - line));
    header->value = xstrndup(value, (size_t)(end - value));
}

/* Interim answers (100, 103) start over; trailers after the body are not kept. */
static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    struct http_response *response = &exchange->response;
    size_t length = size * count;
    exchange->header_bytes += length;
    if (exchange->header_bytes > HTTP_HEADER_BYTES_MAX ||
        response->header_count >= HTTP_HEADER_COUNT_MAX) {
        exchange->stop = STOP_HEADERS;
        return CURL_WRITEFUNC_ERROR;
    }
    if (length >= 5 && !strncasecmp(line, "HTTP/", 5)) { /* as libcurl reads it */
        headers_forget(response);
        exchange->headers_over = false;
    } else if (length <= 2 && strchr("\r\n", line[0])) {
        exchange->headers_over = true;
    } else if (!exchange->headers_over) {
        header_keep(response, line, length);
    }
    return length;
}

/* --- options --------------------------------------------------------------- */

static void slist_free(struct curl_slist **list)
{
    for (struct curl_slist *item = *list; item; item = item->next)
        explicit_bzero(item->data, strlen(item->data));
    curl_slist_free_all(*list);
}
#define auto_slist __attribute__((cleanup(slist_free)))

static void slist_add(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
}

/* Written by us rather than by libcurl: one copy, and we can wipe it. */
static void slist_add_basic(struct curl_slist **list, const struct http_request *request)
{
    char *pair =
        xasprintf("%s:%s", request->user, request->password ? request->password : "");
    size_t length = strlen(pair), room = (length + 2) / 3 * 4 + 1;
    unsigned char *base64 = xmalloc(room);
    (void)EVP_EncodeBlock(base64, (const unsigned char *)pair, (int)length);
    char *line = xasprintf("Authorization: Basic %s", (const char *)base64);
    slist_add(list, line);
    explicit_bzero(line, strlen(line));
    explicit_bzero(base64, room);
    explicit_bzero(pair, length);
    free(line);
    free(base64);
    free(pair);
}

static struct curl_slist *headers_of(const struct http_request *request)
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        slist_add(&list, request->headers[i]);
    if (request->user)
        slist_add_basic(&list, request);
    if (request->body && request->content_type) {
        auto_free char *line = xasprintf("Content-Type: %s", request->content_type);
        slist_add(&list, line);
    } else if (!request->upload) {
        slist_add(&list, "Content-Type:"); /* libcurl would claim a form */
    }
    slist_add(&list, "Expect:");
    return list;
}

static void form_free(curl_mime **form)
{
    curl_mime_free(*form);
}
#define auto_form __attribute__((cleanup(form_free)))

/* The form with one file in it, which libcurl reads while it sends; NULL: no upload. */
static curl_mime *form_of(CURL *curl, const struct http_request *request)
{
    const struct http_upload *upload = request->upload;
    if (!upload)
        return NULL;
    curl_mime *form = curl_mime_init(curl);
    curl_mimepart *part = form ? curl_mime_addpart(form) : NULL;
    if (!part)
        abort(); /* out of memory, as in util/xalloc.h */
    (void)curl_mime_name(part, upload->field);
    (void)curl_mime_filedata(part, upload->file);
    if (upload->file_name)
        (void)curl_mime_filename(part, upload->file_name);
    return form;
}

static void set_method(CURL *curl, const struct http_request *request)
{
    const char *method = request->method ? request->method : "GET";
    if (request->upload)
        return; /* the form makes it a POST */
    if (!strcmp(method, "HEAD")) {
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!strcmp(method, "GET")) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        return;
    }
    bool body = request->body || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
                !strcmp(method, "PATCH");
    if (body) {
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)(request->body ? request->body_length : 0));
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                               request->body ? request->body : "");
    }
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

/* Pin: a right pin does not rescue a self-signed certificate while verification
   is on, and is still enforced while it is off; so off, with a checked pin. */
static void set_trust(CURL *curl, const struct http_tls *tls)
{
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* would re-read the system's */
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, tls->pin ? 0L : 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, tls->pin ? 0L : 2L);
    (void)curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, tls->pin);
}

static long or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

static void set_times(CURL *curl, const struct http_request *request,
                      const struct slipway_call *call)
{
    long timeout = or_default(request->timeout_ms, HTTP_TIMEOUT_MS);
    long connect = or_default(request->connect_timeout_ms, HTTP_CONNECT_TIMEOUT_MS);
    long stall = or_default(request->stall_timeout_ms, HTTP_STALL_TIMEOUT_MS);
    long remaining = call ? call->host->remaining_ms(call) : timeout;
    timeout = remaining < timeout ? remaining : timeout;
    connect = timeout < connect ? timeout : connect;
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout > 0 ? timeout : 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect > 0 ? connect : 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 8L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (stall + 999) / 1000);
}

static void set_callbacks(CURL *curl, struct http_exchange *exchange)
{
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->why);
    (void)curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, request_begins);
    (void)curl_easy_setopt(curl, CURLOPT_PREREQDATA, exchange);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &exchange->no_socket);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
}

static void set_policy(CURL *curl, const struct http_request *request)
{
    http_keep_control(curl);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                           strncasecmp(request->url, "http:", 5) ? "https" : "http");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 2L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION);
    /* libcurl sends again by itself what was lost with a connection that was idle */
    (void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT,
                           request->effect || request->once ? 1L : 0L);
    (void)curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, request->effect ? 1L : 0L);
}

/* --- the exchange ---------------------------------------------------------- */

static void exchange_free(struct http_exchange *exchange)
{
    buf_free(&exchange->body);
    http_response_free(&exchange->response);
}

static void hand_over(struct http_exchange *exchange, struct http_response *response)
{
    struct http_response *mine = &exchange->response;
    mine->status = (int)exchange->status;
    mine->body_length = exchange->body.length;
    buf_add(&exchange->body, "", 0);
    mine->body = buf_take(&exchange->body);
    const char *type = http_header(mine, "Content-Type", 0);
    (void)snprintf(mine->content_type, sizeof mine->content_type, "%s", type ? type : "");
    const char *coding = http_header(mine, "Transfer-Encoding", 0);
    mine->until_close =
        mine->body_length > 0 && (coding ? !strcasestr(coding, "chunked")
                                         : !http_header(mine, "Content-Length", 0));
    http_scrub(mine, exchange->request);
    *response = *mine;
    *mine = (struct http_response){0};
}

enum http_result http_perform(struct http_client *client, struct slipway_call *call,
                              const struct http_request *request,
                              struct http_response *response, struct slipway_error *err)
{
    if (http_check(call, request, err))
        return HTTP_INVALID;
    __attribute__((cleanup(exchange_free))) struct http_exchange exchange = {
        .request = request,
        .call = call,
        .max_body = request->max_body ? request->max_body : HTTP_BODY_MAX};
    (void)http_origin(request->url, exchange.origin, sizeof exchange.origin);
    if (watch(&exchange, 0, 0, 0, 0))
        return http_stopped(&exchange, err);
    auto_free char *key =
        xasprintf("%s %s %s", exchange.origin, request->tls.pin ? request->tls.pin : "-",
                  request->tls.ca ? request->tls.ca : "-");
    CURL *curl = http_client_take(client, key);
    if (!curl) {
        (void)slipway_error_set(err, -1, "%s: out of memory", exchange.origin);
        return HTTP_NOT_SENT;
    }
    auto_slist struct curl_slist *headers = headers_of(request);
    auto_form curl_mime *form = form_of(curl, request);
    (void)curl_easy_setopt(curl, CURLOPT_URL, request->url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    set_policy(curl, request);
    set_trust(curl, &request->tls);
    set_method(curl, request);
    if (form)
        (void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
    set_times(curl, request, call);
    set_callbacks(curl, &exchange);
    CURLcode code = http_perform_quietly(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange.status);
    enum http_result result = http_judge(&exchange, code, err);
    if (result == HTTP_ANSWERED)
        hand_over(&exchange, response);
    http_client_put(client, curl, key, result == HTTP_ANSWERED,
                    call ? call->host->now_ms() : http_now_ms());
    return result;
}

const char *http_header(const struct http_response *response, const char *name,
                        size_t nth)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (!strcasecmp(response->headers[i].name, name) && nth-- == 0)
            return response->headers[i].value;
    return NULL;
}

void http_response_free(struct http_response *response)
{
    if (response->body) {
        explicit_bzero(response->body, response->body_length);
        free(response->body);
    }
    headers_forget(response);
    free(response->headers);
    *response = (struct http_response){0};
}
