/*
 * own.c - see own.h.
 *
 * Its names are those of the fleet file and the one that it tells of itself (its certificates
 * and registrations go by that one). The certificate is looked at where clients do: by a
 * handshake with port 443, without sending anything.
 */
#include "vcsa/own.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"

#define HOSTNAME_PATH "/appliance/networking/dns/hostname"
#define HANDSHAKE_MS  10000

/* Host and port of a URL; "" if there is no host, "443" if it names no port. */
static void host_of(const char *url, char host[VCSA_HOST_MAX], char port[8])
{
    const char *from = strstr(url, "://");
    from = from ? from + 3 : url;
    bool bracket = *from == '[';
    from += bracket;
    size_t length = strcspn(from, bracket ? "]/" : ":/?#");
    const char *end = from + length;
    end += bracket && *end == ']';
    size_t digits = *end == ':' ? strspn(end + 1, "0123456789") : 0;
    (void)snprintf(host, VCSA_HOST_MAX, "%.*s", length < VCSA_HOST_MAX ? (int)length : 0,
                   from);
    (void)snprintf(port, 8, "%.*s", digits ? (int)digits : 3, digits ? end + 1 : "443");
}

static void read_hostname(struct vcsa_talk *talk, char out[VCSA_HOST_MAX])
{
    auto_json json_t *value = NULL;
    if (vcsa_get(talk, HOSTNAME_PATH, &value) != VCSA_OK || !json_is_string(value))
        return;
    (void)text_clean(json_string_value(value), out, VCSA_HOST_MAX);
}

void vcsa_own_read(struct vcsa_talk *talk, struct vcsa_own *out)
{
    const struct vcsa_endpoint *door = &talk->target.doors[VCSA_SSO];
    const char *host = json_text(talk->target.document, "host");
    int left_ms = talk->call->host->remaining_ms(talk->call);
    struct http_peer peer;
    struct slipway_error ignored;
    *out = (struct vcsa_own){.thumbprint = ""};
    host_of(door->url, out->names[0], out->port);
    (void)text_clean(host ? host : "", out->names[1], VCSA_HOST_MAX);
    read_hostname(talk, out->names[2]);
    if (strncmp(door->url, "https:", 6) == 0 &&
        !http_peer_look(door->url, left_ms < HANDSHAKE_MS ? left_ms : HANDSHAKE_MS, &peer,
                        &ignored))
        memcpy(out->thumbprint, peer.thumbprint, sizeof out->thumbprint);
}

bool vcsa_own_serves(const struct vcsa_own *own, const char *url)
{
    char host[VCSA_HOST_MAX], port[8];
    host_of(url, host, port);
    if (strcmp(port, "443") != 0 && strcmp(port, own->port) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(own->names); i++)
        if (host[0] && !strcasecmp(host, own->names[i]))
            return true;
    return false;
}

bool vcsa_own_shows(const struct vcsa_own *own, const char *thumbprint)
{
    const char *shown = own->thumbprint;
    for (;; shown++, thumbprint++) {
        thumbprint += strspn(thumbprint, ": ");
        shown += strspn(shown, ":");
        if (toupper((unsigned char)*shown) != toupper((unsigned char)*thumbprint))
            return false;
        if (!*shown)
            return own->thumbprint[0];
    }
}
