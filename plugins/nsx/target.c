/*
 * target.c - reads the manager's address and login out of the target document.
 *
 * Failure: a document without them is a mistake in the fleet file; the sentence says what
 * to write there. Nothing is sent.
 */
#include "nsx/target.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

static char *without_slash(const char *url)
{
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    return xstrndup(url, length);
}

static int read_rest(const json_t *rest, struct nsx_target *out,
                     struct slipway_error *err)
{
    const char *url = json_text(rest, "url");
    const json_t *login = json_object_get(rest, "login");
    const json_t *tls = json_object_get(rest, "tls");
    const json_t *password = json_object_get(login, "password");
    out->user = json_text(login, "user");
    if (!url || !out->user || !password)
        return slipway_error_set(
            err, -1,
            "it needs rest with url and login (user and password); add them to the fleet "
            "file");
    out->url = without_slash(url);
    out->tls =
        (struct http_tls){.pin = json_text(tls, "pin"), .ca = json_text(tls, "ca")};
    out->password_reference = json_canonical(password);
    out->allow_http = json_is_true(json_object_get(rest, "allow_http"));
    return 0;
}

int nsx_target_read(const char *target_json, struct nsx_target *out,
                    struct slipway_error *err)
{
    struct nsx_target read = {0};
    struct slipway_error why = {""};
    read.document = json_parse(target_json, strlen(target_json), JSON_BYTES_MAX, &why);
    if (!read.document)
        return slipway_error_set(err, -1, "the target document: %s", why.text);
    const char *name = json_text(read.document, "name");
    (void)text_clean(name ? name : "the manager", read.name, sizeof read.name);
    if (read_rest(json_object_get(read.document, "rest"), &read, &why)) {
        (void)slipway_error_set(err, -1, "%s: %s", read.name, why.text);
        nsx_target_free(&read);
        return -1;
    }
    *out = read;
    return 0;
}

void nsx_target_free(struct nsx_target *target)
{
    free(target->url);
    free(target->password_reference);
    json_decref(target->document);
    *target = (struct nsx_target){0};
}
