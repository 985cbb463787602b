/*
 * parse_conf.c - the two state files, and vpxd's own word; see parse.h.
 *
 *   update.conf                  what is installed: written when packages are in place
 *   software_update_state.conf   what the update service believes to be doing
 */
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "vcsa_cli/parse.h"

bool parse_version_valid(const char *version)
{
    int fields = 0;
    if (strlen(version) >= CLI_VERSION_MAX)
        return false;
    for (const char *at = version;; at++) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0)
            return false;
        fields++;
        at += digits;
        if (*at != '.')
            return *at == '\0' && fields == 4;
    }
}

/* A member, if it is a version. */
static int take_version(const json_t *object, const char *key,
                        char version[CLI_VERSION_MAX])
{
    const char *text = json_text(object, key);
    if (!text || !parse_version_valid(text))
        return -1;
    (void)snprintf(version, CLI_VERSION_MAX, "%s", text);
    return 0;
}

int parse_installed(const char *text, char version[CLI_VERSION_MAX])
{
    auto_json json_t *conf = json_parse(text, strlen(text), CLI_CONF_BYTES, NULL);
    return json_is_object(conf) ? take_version(conf, "version", version) : -1;
}

int parse_state(const char *text, struct update_state *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    auto_json json_t *conf = json_parse(text, strlen(text), CLI_CONF_BYTES, NULL);
    const char *state = json_is_object(conf) ? json_text(conf, "state") : NULL;
    struct update_state found = {.state = ""};
    if (!state || !state[0] || strlen(state) >= sizeof found.state ||
        state[strspn(state, letters)])
        return -1;
    (void)snprintf(found.state, sizeof found.state, "%s", state);
    (void)take_version(conf, "version", found.version);
    *out = found;
    return 0;
}

/* Copies the leading characters of this set; -1 if none or too many. */
static int take_word(const char *at, const char *set, char out[CLI_VERSION_MAX])
{
    size_t length = strspn(at, set);
    if (length == 0 || length >= CLI_VERSION_MAX)
        return -1;
    memcpy(out, at, length);
    out[length] = '\0';
    return 0;
}

int parse_vpxd(const char *text, char version[CLI_VERSION_MAX],
               char build[CLI_VERSION_MAX])
{
    static const char head[] = "VMware VirtualCenter ";
    char number[CLI_VERSION_MAX], its_build[CLI_VERSION_MAX];
    const char *at = strstr(text, head);
    const char *dash = at ? strstr(at, " build-") : NULL;
    if (!dash || memchr(at, '\n', (size_t)(dash - at)) ||
        take_word(at + sizeof head - 1, "0123456789.", number) ||
        take_word(dash + strlen(" build-"), "0123456789", its_build))
        return -1;
    memcpy(version, number, sizeof number);
    memcpy(build, its_build, sizeof its_build);
    return 0;
}
