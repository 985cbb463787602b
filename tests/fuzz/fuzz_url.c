/*
 * fuzz_url.c - addresses: what lint says of one (check_url, check_host), what the sender
 * says of it, what is printed of it, and what libcurl would do with it.
 *
 *   - what lint takes is sent, by https, to the host and port that stand there, with no
 *     user, password or fragment
 *   - without encryption nothing goes anywhere but to this machine, unless the fleet says
 *     so, and then never with a password
 *   - whatever path and query a step brings, the host stays that of the fleet file
 *   - a sentence names host and port, never a password, path or query
 *
 * The first byte holds the switches; NULs divide the rest: URL, path, name and value of
 * a parameter.
 */
#include <arpa/inet.h>

#include "common/http_internal.h"
#include "fuzz.h"
#include "playbook/checks.h"
#include "rest/rest_internal.h"
#include "rest/rest_target.h"
#include "util/json.h"

#define PIN   "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PARTS 4

/* As libcurl reads it; NULL where it does not. */
static char *part_of(const char *text, CURLUPart which)
{
    CURLU *url = curl_url();
    char *part = NULL, *copy = NULL;
    if (!curl_url_set(url, CURLUPART_URL, text, 0) &&
        !curl_url_get(url, which, &part, CURLU_DEFAULT_PORT))
        copy = xstrdup(part);
    curl_free(part);
    curl_url_cleanup(url);
    return copy;
}

static void must_lack(const char *url, CURLUPart which)
{
    auto_free char *part = part_of(url, which);
    MUST(!part);
}

static bool is_this_machine(const char *host)
{
    struct in_addr address;
    if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

/* The authority as it stands there, without the port. */
static char *written_host(const char *url)
{
    const char *from = strstr(url, "://") + 3;
    size_t length = *from == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/?");
    return xstrndup(from, length);
}

static int judge(unsigned switches, const char *url)
{
    struct http_request request = {.url = url,
                                   .tls = {.pin = PIN},
                                   .allow_http = switches & 1,
                                   .user = switches & 2 ? "svc" : NULL,
                                   .password = switches & 2 ? "pw" : NULL};
    struct slipway_error err = {""};
    int code = http_check(NULL, &request, &err);
    MUST(!code || err.text[0]);
    return code;
}

static void must_be_named_only(const char *url)
{
    char origin[HTTP_ORIGIN_MAX];
    (void)http_origin(url, origin, sizeof origin);
    MUST(*origin && strlen(origin) < sizeof origin);
    for (const char *p = origin; *p; p++)
        MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
    const char *authority = strstr(origin, "://");
    MUST(!authority || !strpbrk(authority + 3, "/?#@ "));
}

static void must_go_where_it_says(unsigned switches, const char *url)
{
    must_be_named_only(url);
    if (judge(switches, url))
        return;
    auto_free char *scheme = part_of(url, CURLUPART_SCHEME);
    auto_free char *host = part_of(url, CURLUPART_HOST);
    MUST(scheme && host && *host);
    must_lack(url, CURLUPART_USER);
    must_lack(url, CURLUPART_PASSWORD);
    must_lack(url, CURLUPART_FRAGMENT);
    MUST(!strcmp(scheme, "https") || !strcmp(scheme, "http"));
    if (!strcmp(scheme, "http"))
        MUST(is_this_machine(host) || (switches & 3) == 1);
}

/* What lint took is what is called. */
static void must_be_as_checked(unsigned switches, const char *url)
{
    struct in6_addr address;
    auto_free char *scheme = part_of(url, CURLUPART_SCHEME);
    auto_free char *host = part_of(url, CURLUPART_HOST);
    auto_free char *written = written_host(url);
    MUST(scheme && !strcmp(scheme, "https"));
    MUST(strlen(url) > HTTP_URL_MAX || !judge(switches, url));
    if (*host == '[') /* written in its own way */
        host[strlen(host) - 1] = written[strlen(written) - 1] = '\0';
    MUST(!strcasecmp(host, written) ||
         inet_pton(*host == '[' ? AF_INET6 : AF_INET, host + (*host == '['), &address));
}

static void must_keep_the_host(unsigned switches, const char *const parts[PARTS])
{
    struct slipway_error err = {""};
    auto_json json_t *with =
        json_pack("{s:o, s:{s:o}}", "path", json_safe_string(parts[1], strlen(parts[1])),
                  "query", "x", json_string("1"));
    (void)json_object_set_new(json_object_get(with, "query"), *parts[2] ? parts[2] : "n",
                              json_safe_string(parts[3], strlen(parts[3])));
    auto_free char *text = json_canonical(with);
    if (rest_request_check(text, &err) || strstr(parts[1], "${"))
        return;
    struct rest_target target = {.url = xstrdup(parts[0])};
    auto_free char *url = rest_url(&target, with);
    auto_free char *before = part_of(parts[0], CURLUPART_HOST);
    auto_free char *after = part_of(url, CURLUPART_HOST);
    free(target.url);
    must_be_named_only(url);
    if (judge(switches, url))
        return;
    MUST(before && after && !strcmp(before, after));
    auto_free char *port_before = part_of(parts[0], CURLUPART_PORT);
    auto_free char *port_after = part_of(url, CURLUPART_PORT);
    MUST(!strcmp(port_before, port_after));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *parts[PARTS] = {"", "", "", ""};
    if (!size)
        return 0;
    auto_free char *text = xmalloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    for (size_t i = 0, at = 0; i < PARTS && at < size - 1; i++) {
        parts[i] = text + at;
        at += strlen(text + at) + 1;
    }
    must_go_where_it_says(data[0], parts[0]);
    if (!check_url(parts[0])) {
        must_be_as_checked(data[0], parts[0]);
        must_keep_the_host(data[0], parts);
    }
    if (check_host(parts[0])) {
        MUST(strlen(parts[0]) < 256 && !strpbrk(parts[0], "/@?#% \"'<>\\"));
        auto_free char *url = xasprintf(
            check_is_ipv6(parts[0]) ? "https://[%s]/" : "https://%s/", parts[0]);
        must_be_as_checked(data[0], url);
    }
    return 0;
}
