/* checks.c - see checks.h. */
#include "playbook/checks.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

#define HOST_MAX 253 /* RFC 1035 */

/* Non-empty, at most `max` bytes, all of `allowed`, the first of `first`. */
static bool is_made_of(const char *text, size_t max, const char *first,
                       const char *allowed)
{
    size_t length = strlen(text);
    return length && length <= max && strchr(first, text[0]) &&
           strspn(text, allowed) == length;
}

bool check_name(const char *text)
{
    return is_made_of(text, NAME_MAX_BYTES, LETTERS DIGITS, LETTERS DIGITS "._-");
}

bool check_word(const char *text)
{
    return is_made_of(text, NAME_MAX_BYTES, LETTERS DIGITS "_", LETTERS DIGITS "_-");
}

bool check_identifier(const char *text)
{
    return is_made_of(text, NAME_MAX_BYTES, LETTERS "_", LETTERS DIGITS "_");
}

bool check_label(const char *text)
{
    return is_made_of(text, 63, LETTERS DIGITS, LETTERS DIGITS "._/-");
}

bool check_is_ipv6(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, text, &address) == 1;
}

/* One part of a host name: letters, digits and inner hyphens. */
static bool is_host_part(const char *part, size_t length)
{
    if (!length || length > 63 || part[0] == '-' || part[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)part[i]) && part[i] != '-')
            return false;
    }
    return true;
}

bool check_host(const char *text)
{
    struct in_addr address;
    if (check_is_ipv6(text))
        return true;
    /* digits and dots that are no address are a mistyped address, not a name */
    if (strspn(text, DIGITS ".") == strlen(text))
        return inet_pton(AF_INET, text, &address) == 1;
    if (strlen(text) > HOST_MAX)
        return false;
    for (;;) {
        size_t length = strcspn(text, ".");
        if (!is_host_part(text, length))
            return false;
        text += length;
        if (!*text)
            return true;
        text++;
    }
}

static bool is_port(const char *text)
{
    size_t length = strlen(text);
    if (!length || length > 5 || strspn(text, DIGITS) != length)
        return false;
    long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT */
static const char *check_authority(char *authority)
{
    char *host = authority, *after;
    if (strchr(authority, '@'))
        return "must not hold a user or password; use login:";
    if (*authority == '[') {
        host = authority + 1;
        after = strchr(host, ']');
        if (!after)
            return "has a [ without a ]";
        *after++ = '\0';
        if (!check_is_ipv6(host))
            return "has no valid IPv6 address in its brackets";
    } else {
        after = authority + strcspn(authority, ":");
    }
    if (*after && *after != ':')
        return "has something between ] and the port";
    if (*after && !is_port(after + 1))
        return "has no valid port (1 to 65535)";
    *after = '\0';
    return check_host(host) ? NULL : "has no valid host";
}

const char *check_url(const char *text)
{
    if (strncmp(text, "https://", 8) != 0)
        return "must begin with https://";
    for (const char *p = text; *p; p++) {
        if (!isgraph((unsigned char)*p) || strchr("\"<>\\^`{|}#", *p))
            return "holds a character that must not stand in one";
    }
    auto_free char *authority = xstrndup(text + 8, strcspn(text + 8, "/?"));
    return check_authority(authority);
}

bool check_pin(const char *text)
{
    const char *base64 = text + 8;
    return !strncmp(text, "sha256//", 8) && strlen(base64) == 44 && base64[43] == '=' &&
           strspn(base64, LETTERS DIGITS "+/") == 43;
}

bool check_uuid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}
