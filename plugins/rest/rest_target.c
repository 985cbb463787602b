/*
 * rest_target.c - decodes target.rest.
 *
 * The inventory has checked types already; what is missing here is a mistake of
 * the fleet file, so every failure names the member to correct.
 */
#include "rest/rest_target.h"

#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define DEFAULT_SESSION_PATH   "/api/session"
#define DEFAULT_SESSION_HEADER "vmware-api-session-id"

static const char *text_or(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_text(object, key);
    return text ? text : fallback;
}

static int read_session(const json_t *session, struct rest_session_spec *out,
                        struct slipway_error *err)
{
    if (!session || json_is_false(session) || json_is_null(session))
        return 0;
    if (!json_is_true(session) && !json_is_object(session))
        return slipway_error_set(err, -1, "rest.session must be true or a mapping");
    const json_t *logout = json_object_get(session, "logout");
    const char *path = text_or(session, "path", DEFAULT_SESSION_PATH);
    *out = (struct rest_session_spec){
        .on = true,
        .path = path,
        .method = text_or(session, "method", "POST"),
        .token = text_or(session, "token", "json"),
        .header = text_or(session, "header", DEFAULT_SESSION_HEADER),
        .logout_path = text_or(logout, "path", path),
        .logout_method = text_or(logout, "method", "DELETE"),
    };
    if (out->path[0] != '/' || out->logout_path[0] != '/')
        return slipway_error_set(err, -1, "rest.session.path must begin with a slash");
    if (strcmp(out->token, "json") != 0 && strncmp(out->token, "header:", 7) != 0)
        return slipway_error_set(
            err, -1, "rest.session.token must be \"json\" or \"header:NAME\"");
    return 0;
}

static int read_login(const json_t *login, struct rest_target *out,
                      struct slipway_error *err)
{
    if (!login)
        return 0;
    const json_t *password = json_object_get(login, "password");
    out->user = json_text(login, "user");
    if (!out->user || !password)
        return slipway_error_set(err, -1, "rest.login needs user and password");
    out->password_reference = json_canonical(password);
    return 0;
}

static int read_parts(const json_t *rest, struct rest_target *out,
                      struct slipway_error *err)
{
    const char *url = json_text(rest, "url");
    const json_t *tls = json_object_get(rest, "tls");
    if (!url)
        return slipway_error_set(
            err, -1, "the appliance has no rest.url; add it to the fleet file");
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    out->url = xstrndup(url, length);
    out->tls =
        (struct http_tls){.pin = json_text(tls, "pin"), .ca = json_text(tls, "ca")};
    out->allow_http = json_is_true(json_object_get(rest, "allow_http"));
    if (read_login(json_object_get(rest, "login"), out, err))
        return -1;
    return read_session(json_object_get(rest, "session"), &out->session, err);
}

int rest_target_read(const char *target_json, struct rest_target *out,
                     struct slipway_error *err)
{
    auto_rest_target struct rest_target read = {0};
    struct slipway_error why = {""};
    read.document = json_parse(target_json, strlen(target_json), JSON_BYTES_MAX, &why);
    if (!read.document)
        return slipway_error_set(err, -1, "the target document: %s", why.text);
    read.name = text_or(read.document, "name", "the appliance");
    if (read_parts(json_object_get(read.document, "rest"), &read, &why)) {
        char name[256];
        return slipway_error_set(err, -1, "%s: %s",
                                 text_clean(read.name, name, sizeof name), why.text);
    }
    *out = read;
    read = (struct rest_target){0};
    return 0;
}

void rest_target_free(struct rest_target *target)
{
    free(target->url);
    free(target->password_reference);
    json_decref(target->document);
    *target = (struct rest_target){0};
}
