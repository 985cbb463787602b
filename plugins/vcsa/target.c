/*
 * target.c - reads the doors of an appliance out of the target document.
 *
 * Failure: a document without a usable door is a mistake in the fleet file; the
 * sentence says what to write there. Nothing is sent.
 */
#include "vcsa/target.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static bool is_sso_user(const char *user)
{
    return strpbrk(user, "@\\") != NULL;
}

static char *without_slash(const char *url)
{
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    return xstrndup(url, length);
}

static int read_door(const json_t *part, const json_t *fallback, const char *what,
                     struct vcsa_target *out, struct slipway_error *err)
{
    const char *url = json_text(part, "url");
    const json_t *login = json_object_get(part, "login");
    const json_t *tls = json_object_get(part, "tls");
    const json_t *password = json_object_get(login, "password");
    const char *user = json_text(login, "user");
    tls = tls ? tls : json_object_get(fallback, "tls");
    if (!url || !user || !password)
        return slipway_error_set(
            err, -1,
            "%s needs url and login with user and password; add them to the fleet file",
            what);
    enum vcsa_door door = is_sso_user(user) ? VCSA_SSO : VCSA_VAMI;
    struct vcsa_endpoint *at = &out->doors[door];
    if (at->on)
        return slipway_error_set(
            err, -1,
            "rest and rest.vami both log in %s; one of them must be a user of "
            "Single Sign-On (user@domain), the other a local one (root)",
            door == VCSA_SSO ? "an SSO user" : "a local user");
    *at = (struct vcsa_endpoint){.on = true, .url = without_slash(url), .user = user};
    at->tls = (struct http_tls){.pin = json_text(tls, "pin"), .ca = json_text(tls, "ca")};
    at->password_reference = json_canonical(password);
    at->allow_http = json_is_true(json_object_get(part, "allow_http"));
    return 0;
}

static int read_doors(const json_t *rest, struct vcsa_target *out,
                      struct slipway_error *err)
{
    const json_t *vami = json_object_get(rest, "vami");
    if (!rest)
        return slipway_error_set(
            err, -1, "the appliance has no rest part; add it to the fleet file");
    if (read_door(rest, NULL, "rest", out, err))
        return -1;
    return vami ? read_door(vami, rest, "rest.vami", out, err) : 0;
}

int vcsa_target_read(const char *target_json, struct vcsa_target *out,
                     struct slipway_error *err)
{
    struct vcsa_target read = {0};
    struct slipway_error why = {""};
    read.document = json_parse(target_json, strlen(target_json), JSON_BYTES_MAX, &why);
    if (!read.document)
        return slipway_error_set(err, -1, "the target document: %s", why.text);
    const char *name = json_text(read.document, "name");
    read.raw_name = name ? name : "the appliance";
    (void)text_clean(read.raw_name, read.name, sizeof read.name);
    if (read_doors(json_object_get(read.document, "rest"), &read, &why)) {
        (void)slipway_error_set(err, -1, "%s: %s", read.name, why.text);
        vcsa_target_free(&read);
        return -1;
    }
    *out = read;
    return 0;
}

void vcsa_target_free(struct vcsa_target *target)
{
    for (size_t i = 0; i < VCSA_DOORS; i++) {
        free(target->doors[i].url);
        free(target->doors[i].password_reference);
    }
    json_decref(target->document);
    *target = (struct vcsa_target){0};
}
