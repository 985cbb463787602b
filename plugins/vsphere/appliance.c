/*
 * appliance.c - see appliance.h.
 *
 * The product that an OVA registers with its vApp is the strongest sign, and stays when
 * people rewrite the notes. A guest system alone proves nothing: half of VMware's
 * appliances are Photon OS.
 */
#include "vsphere/appliance.h"

#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define TAGS_MAX      32
#define TAG_BYTES_MAX 255
#define MARK          "slipway:"

static const struct {
    const char *product; /* part of the product's name */
    const char *but_not; /* unless this is part of it, NULL: in any case */
    const char *kind;
} PRODUCTS[] = {
    {"vCenter Server", "Heartbeat", "vcsa"},
    {"NSX Unified Appliance", NULL, "nsx-t"},
    {"NSX-T Unified Appliance", NULL, "nsx-t"},
    {"NSX-T Manager", NULL, "nsx-t"},
    {"NSX Manager", NULL, "nsx-v"},
    {"vShield Manager", NULL, "nsx-v"},
};

static const char *kind_of(const char *text)
{
    for (size_t i = 0; text && i < ARRAY_LENGTH(PRODUCTS); i++)
        if (strcasestr(text, PRODUCTS[i].product) &&
            !(PRODUCTS[i].but_not && strcasestr(text, PRODUCTS[i].but_not)))
            return PRODUCTS[i].kind;
    return NULL;
}

/* How the appliances' guests are described, over the releases. */
static bool is_linux(const char *guest)
{
    return guest && (strcasestr(guest, "Photon") || strcasestr(guest, "Linux") ||
                     strcasestr(guest, "SUSE") || strcasestr(guest, "Ubuntu"));
}

const char *vsphere_appliance_kind(const char *product, const char *notes,
                                   const char *guest)
{
    if (product && *product)
        return kind_of(product);
    return is_linux(guest) ? kind_of(notes) : NULL;
}

/* ---- notes ---- */

static void add_tag(json_t *tags, const char *word, size_t length)
{
    const char *equals = memchr(word, '=', length);
    size_t key_length = equals ? (size_t)(equals - word) : length;
    auto_free char *key = xstrndup(word, key_length);
    if (!equals && strcmp(key, "ignore") != 0)
        return;
    size_t rest = equals ? length - key_length - 1 : 0;
    if (!key_length || rest > TAG_BYTES_MAX || json_object_size(tags) >= TAGS_MAX)
        return;
    (void)json_object_set_new(
        tags, key, equals ? json_safe_string(equals + 1, rest) : json_string("true"));
}

static void add_line(json_t *tags, const char *line, size_t length)
{
    static const char between[] = " \t,;\r";
    for (size_t at = 0; at < length;) {
        at += strspn(line + at, between);
        size_t word = 0;
        while (at + word < length && !strchr(between, line[at + word]))
            word++;
        if (word)
            add_tag(tags, line + at, word);
        at += word ? word : 1;
    }
}

json_t *vsphere_appliance_tags(const char *notes)
{
    json_t *tags = NULL;
    const char *line = notes;
    while (line && *line) {
        size_t length = strcspn(line, "\n");
        const char *text = line + strspn(line, " \t");
        if (!strncasecmp(text, MARK, sizeof MARK - 1)) {
            text += sizeof MARK - 1;
            tags = tags ? tags : json_object();
            add_line(tags, text, (size_t)(line + length - text));
        }
        line += length + (line[length] != '\0');
    }
    return tags;
}
