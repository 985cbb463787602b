/*
 * http_check.c - what is refused before anything is sent.
 *
 * Works on the request alone: the method, the URL (parsed by libcurl's own
 * parser, so that there is no second opinion), the headers, the trust and the
 * dry run. A failure is a mistake of the playbook, the fleet or a plugin; it
 * proves that nothing was sent.
 */
#include "http_internal.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static void url_free(CURLU **url)
{
    curl_url_cleanup(*url);
}
#define auto_url __attribute__((cleanup(url_free)))

static void curl_text_free(char **text)
{
    curl_free(*text);
}
#define auto_curl __attribute__((cleanup(curl_text_free)))

static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static bool method_known(const char *method)
{
    for (size_t i = 0; i < ARRAY_LENGTH(METHODS); i++)
        if (!strcmp(method, METHODS[i]))
            return true;
    return false;
}

static bool method_reads(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

/* Printable ASCII without space: anything else must arrive percent-encoded. */
static bool url_clean(const char *url)
{
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return true;
}

/* Literals and the one name that must not leave the machine. "127.0.0.999" is a name,
   and may belong to anybody. */
static bool host_is_loopback(const char *host)
{
    struct in_addr address;
    if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
        return true;
    return inet_pton(AF_INET, host, &address) == 1 &&
           ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool http_pin_valid(const char *pin)
{
    static const char prefix[] = "sha256//";
    const size_t skip = sizeof prefix - 1;
    if (!pin || strncmp(pin, prefix, skip) != 0 || strlen(pin) != skip + 44)
        return false;
    size_t body = strspn(pin + skip, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz0123456789+/");
    return body == 43 && pin[skip + 43] == '=';
}

static int check_trust(const struct http_tls *tls, const char *origin,
                       struct slipway_error *err)
{
    if (!tls->pin == !tls->ca)
        return slipway_error_set(
            err, -1,
            "%s: needs tls.pin or tls.ca (exactly one of them); there "
            "is no way to talk to an unverified peer",
            origin);
    if (tls->pin && !http_pin_valid(tls->pin))
        return slipway_error_set(err, -1,
                                 "%s: tls.pin must be \"sha256//\" and 44 characters of "
                                 "base64 (the SHA-256 of the public key)",
                                 origin);
    if (tls->ca && tls->ca[0] != '/')
        return slipway_error_set(err, -1, "%s: tls.ca must be an absolute path", origin);
    return 0;
}

static int check_url(const struct http_request *request, const char *origin,
                     struct slipway_error *err)
{
    if (strlen(request->url) > HTTP_URL_MAX || !url_clean(request->url))
        return slipway_error_set(
            err, -1,
            "%s: the URL is longer than %u bytes or holds a character "
            "that must be percent-encoded",
            origin, HTTP_URL_MAX);
    auto_url CURLU *url = curl_url();
    auto_curl char *scheme = NULL, *host = NULL, *user = NULL, *fragment = NULL;
    if (!url || curl_url_set(url, CURLUPART_URL, request->url, CURLU_DISALLOW_USER) ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0))
        return slipway_error_set(
            err, -1, "%s: not a URL of the form https://HOST[:PORT]/PATH", origin);
    if (!curl_url_get(url, CURLUPART_USER, &user, 0) ||
        !curl_url_get(url, CURLUPART_FRAGMENT, &fragment, 0))
        return slipway_error_set(err, -1, "%s: a URL must not hold a user or a #fragment",
                                 origin);
    if (!strcmp(scheme, "https"))
        return check_trust(&request->tls, origin, err);
    if (strcmp(scheme, "http") != 0)
        return slipway_error_set(err, -1, "%s: only https is spoken", origin);
    if (host_is_loopback(host))
        return 0;
    if (!request->allow_http)
        return slipway_error_set(err, -1, "%s: http is not encrypted; use https", origin);
    if (request->user || request->password)
        return slipway_error_set(err, -1, "%s: a password is never sent over plain http",
                                 origin);
    return 0;
}

static int check_upload(const struct http_request *request, const char *origin,
                        struct slipway_error *err)
{
    struct stat about;
    const struct http_upload *upload = request->upload;
    if (!upload)
        return 0;
    if (!request->method || strcmp(request->method, "POST") != 0 || request->body ||
        request->content_type)
        return slipway_error_set(
            err, -1, "%s: a file is sent with POST, without a body or content type",
            origin);
    for (const char *p = upload->field; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("\"\\;", *p))
            return slipway_error_set(err, -1, "%s: the form's field has no usable name",
                                     origin);
    char clean[256];
    (void)text_clean(upload->file, clean, sizeof clean);
    if (upload->file[0] != '/' || stat(upload->file, &about) || !S_ISREG(about.st_mode) ||
        access(upload->file, R_OK))
        return slipway_error_set(err, -1, "%s: no readable file of that name is here",
                                 clean);
    return 0;
}

static bool header_acceptable(const char *header)
{
    const char *colon = strchr(header, ':');
    if (!colon || colon == header)
        return false;
    for (const char *p = header; p < colon; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("()<>@,;\\\"/[]?={}", *p))
            return false;
    for (const char *p = colon + 1; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

/* Those that frame the message or name the peer are libcurl's to write. */
static bool header_reserved(const char *header)
{
    static const char *const reserved[] = {
        "Host:",       "Content-Length:", "Transfer-Encoding:",
        "Connection:", "Expect:",         "TE:",
        "Upgrade:",    "Trailer:"};
    for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++)
        if (!strncasecmp(header, reserved[i], strlen(reserved[i])))
            return true;
    return false;
}

static int check_headers(const struct http_request *request, const char *origin,
                         struct slipway_error *err)
{
    for (size_t i = 0; request->headers && request->headers[i]; i++) {
        if (i >= HTTP_HEADER_COUNT_MAX)
            return slipway_error_set(err, -1, "%s: more than %u headers", origin,
                                     HTTP_HEADER_COUNT_MAX);
        if (!header_acceptable(request->headers[i]) ||
            header_reserved(request->headers[i]))
            return slipway_error_set(
                err, -1,
                "%s: header %zu is no \"Name: value\" on one line, or "
                "one that slipway itself sets",
                origin, i + 1);
    }
    return 0;
}

int http_check(const struct slipway_call *call, const struct http_request *request,
               struct slipway_error *err)
{
    char origin[HTTP_ORIGIN_MAX];
    const char *method = request->method ? request->method : "GET";
    if (!request->url)
        return slipway_error_set(err, -1, "there is no URL to send a request to");
    (void)http_origin(request->url, origin, sizeof origin);
    if (!method_known(method))
        return slipway_error_set(
            err, -1, "%s: the method must be GET, HEAD, POST, PUT, PATCH or DELETE",
            origin);
    if (method_reads(method) && request->body)
        return slipway_error_set(err, -1, "%s: a %s request carries no body", origin,
                                 method);
    if (request->user && strchr(request->user, ':'))
        return slipway_error_set(err, -1, "%s: a user name for HTTP Basic has no colon",
                                 origin);
    if (call && (call->flags & SLIPWAY_CALL_READ_ONLY) && !method_reads(method) &&
        !request->read_only_ok)
        return slipway_error_set(err, -1, "%s: a dry run sends no %s request", origin,
                                 method);
    if (check_url(request, origin, err) || check_upload(request, origin, err))
        return -1;
    return check_headers(request, origin, err);
}

const char *http_origin(const char *text, char *out, size_t size)
{
    auto_url CURLU *url = curl_url();
    auto_curl char *scheme = NULL, *host = NULL, *port = NULL;
    if (!url || !text ||
        curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
        (void)snprintf(out, size, "(unreadable URL)");
        return out;
    }
    auto_free char *origin = xasprintf("%s://%s:%s", scheme, host, port);
    return text_clean(origin, out, size);
}

bool http_url_has_user(const char *url)
{
    const char *host = strstr(url, "://");
    const char *at = host ? strpbrk(host + 3, "@/?#") : NULL;
    return at && *at == '@';
}
