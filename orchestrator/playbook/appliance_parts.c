/*
 * appliance_parts.c - the parts of an appliance (or of `defaults`) as JSON: types and
 * forms are checked here, what only the merged whole can tell in appliance.c.
 *
 * A part with a mistake is left out after its problem was recorded; the fleet is
 * refused anyway, and the rest is still looked at.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/appliance.h"
#include "playbook/checks.h"
#include "playbook/paths.h"
#include "playbook/tables.h"
#include "playbook/to_json.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define LABELS_MAX      64u
#define LABEL_VALUE_MAX 255u

static void set_text(json_t *object, const char *key, char *text)
{
    if (text)
        (void)json_object_set_new(object, key, json_string(text));
    free(text);
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (value)
        (void)json_object_set_new(object, key, value);
}

json_t *tls_decode(const struct fields *owner)
{
    const struct yaml_node *node = field_mapping(owner, "tls");
    struct fields tls;
    if (!node || fields_open(owner->decoder, node, &table_tls, &tls) != 0)
        return NULL;
    auto_free char *pin = field_text(&tls, "pin");
    auto_free char *ca = field_path(&tls, "ca");
    if (!pin == !ca) {
        decode_error(owner->decoder, node,
                     "tls must have either pin or ca: how else would slipway know whom "
                     "it talks to");
        return NULL;
    }
    if (pin && !check_pin(pin)) {
        decode_error(owner->decoder, field_node(&tls, "pin"),
                     "pin must be sha256// and 44 base64 characters (curl's form of a "
                     "public key's hash)");
        return NULL;
    }
    return pin ? json_pack("{s:s}", "pin", pin) : json_pack("{s:s}", "ca", ca);
}

json_t *login_decode(const struct fields *owner)
{
    const struct yaml_node *node = field_mapping(owner, "login");
    struct fields login;
    if (!node || fields_open(owner->decoder, node, &table_login, &login) != 0)
        return NULL;
    auto_free char *user = field_text(&login, "user");
    json_t *password = field_secret(&login, "password", false);
    if (!user || !password) {
        json_decref(password);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "user", user, "password", password);
}

static json_t *ssh_part(const struct fields *own)
{
    const struct yaml_node *node = field_mapping(own, "ssh");
    struct fields ssh;
    int64_t port;
    if (!node || fields_open(own->decoder, node, &table_ssh, &ssh) != 0)
        return NULL;
    json_t *part = json_object();
    set_text(part, "user", field_text(&ssh, "user"));
    if (field_integer(&ssh, "port", 1, 65535, &port))
        set(part, "port", json_integer(port));
    set(part, "key", field_secret(&ssh, "key", true));
    set(part, "password", field_secret(&ssh, "password", false));
    set_text(part, "hostkey", field_path(&ssh, "hostkey"));
    auto_free char *job_dir = field_text(&ssh, "job_dir");
    if (job_dir && (job_dir[0] != '/' || !job_dir[1]))
        decode_error(own->decoder, field_node(&ssh, "job_dir"),
                     "job_dir is a folder on the appliance and must be an absolute path");
    else
        set_text(part, "job_dir", steal_ptr(&job_dir));
    return part;
}

/* A path of the service; NULL if absent or, after a problem, malformed. */
static char *service_path(const struct fields *fields)
{
    auto_free char *path = field_text(fields, "path");
    if (path && path[0] != '/') {
        decode_error(fields->decoder, field_node(fields, "path"),
                     "path must begin with a slash");
        return NULL;
    }
    return steal_ptr(&path);
}

static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};

static int method_from(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        if (!strcmp(methods[i], name))
            return (int)i;
    }
    return -1;
}

static char *service_method(const struct fields *fields)
{
    static const struct choice choice = {method_from, methods, ARRAY_LENGTH(methods)};
    int method;
    return field_choice(fields, "method", &choice, &method) ? xstrdup(methods[method])
                                                            : NULL;
}

static json_t *logout_part(const struct fields *session)
{
    const struct yaml_node *node = field_mapping(session, "logout");
    struct fields logout;
    if (!node || fields_open(session->decoder, node, &table_logout, &logout) != 0)
        return NULL;
    json_t *part = json_object();
    set_text(part, "path", service_path(&logout));
    set_text(part, "method", service_method(&logout));
    return part;
}

/* Where the login's answer holds the token: "json" or "header:NAME". */
static char *session_token(const struct fields *session)
{
    auto_free char *token = field_text(session, "token");
    if (token && strcmp(token, "json") != 0 &&
        (strncmp(token, "header:", 7) != 0 || !check_name(token + 7))) {
        decode_error(session->decoder, field_node(session, "token"),
                     "token must be json or header:NAME");
        return NULL;
    }
    return steal_ptr(&token);
}

static json_t *session_part(const struct fields *rest)
{
    const struct yaml_node *node = field_node(rest, "session");
    struct fields session;
    if (!node)
        return NULL;
    if (node->kind == YAML_SCALAR) {
        bool on = false;
        return field_boolean(rest, "session", &on) && on ? json_true() : NULL;
    }
    if (fields_open(rest->decoder, node, &table_session, &session) != 0)
        return NULL;
    json_t *part = json_object();
    set_text(part, "path", service_path(&session));
    set_text(part, "method", service_method(&session));
    set_text(part, "token", session_token(&session));
    auto_free char *header = field_text(&session, "header");
    if (header && !check_name(header))
        decode_error(rest->decoder, field_node(&session, "header"),
                     "header must be the name of a header");
    else
        set_text(part, "header", steal_ptr(&header));
    set(part, "logout", logout_part(&session));
    return part;
}

/* What any service has: where it is, why it is trusted, who logs in. */
static json_t *service_part(const struct fields *service)
{
    json_t *part = json_object();
    auto_free char *url = field_text(service, "url");
    if (url && !strstr(url, "${host}")) {
        const char *wrong = check_url(url);
        if (wrong)
            decode_error(service->decoder, field_node(service, "url"), "url %s", wrong);
    }
    set_text(part, "url", steal_ptr(&url));
    set(part, "tls", tls_decode(service));
    set(part, "login", login_decode(service));
    return part;
}

static json_t *vami_part(const struct fields *rest)
{
    const struct yaml_node *node = field_mapping(rest, "vami");
    struct fields vami;
    if (!node || fields_open(rest->decoder, node, &table_vami, &vami) != 0)
        return NULL;
    return service_part(&vami);
}

static json_t *rest_part(const struct fields *own)
{
    const struct yaml_node *node = field_mapping(own, "rest");
    struct fields rest;
    if (!node || fields_open(own->decoder, node, &table_rest, &rest) != 0)
        return NULL;
    json_t *part = service_part(&rest);
    set(part, "session", session_part(&rest));
    set(part, "vami", vami_part(&rest));
    return part;
}

static const char *const identities[] = {"uuid", "instance_uuid", "path", "name"};

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* Exactly one way of naming the machine. */
static void set_identity(const struct fields *vm, json_t *part)
{
    size_t found = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(identities); i++) {
        auto_free char *text = field_text(vm, identities[i]);
        if (!text)
            continue;
        found++;
        if (strstr(identities[i], "uuid")) {
            lower(text);
            if (!check_uuid(text))
                decode_error(vm->decoder, field_node(vm, identities[i]),
                             "%s must look like 4237a1b0-0000-0000-0000-000000000000",
                             identities[i]);
        }
        (void)json_object_set_new(part, identities[i], json_string(text));
    }
    if (found != 1)
        decode_error(vm->decoder, vm->node,
                     "vm must have one of uuid, instance_uuid, path and name, not %zu",
                     found);
}

static json_t *vm_part(const struct fields *own, bool is_defaults)
{
    const struct yaml_node *node = field_mapping(own, "vm");
    const struct key_table *table = is_defaults ? &table_defaults_vm : &table_vm;
    struct fields vm;
    if (!node || fields_open(own->decoder, node, table, &vm) != 0)
        return NULL;
    json_t *part = json_object();
    set_text(part, "manager", field_text(&vm, "manager"));
    set_text(part, "datastore", field_text(&vm, "datastore"));
    if (!is_defaults)
        set_identity(&vm, part);
    return part;
}

static void add_label(const struct decoder *decoder, const struct yaml_node *member,
                      json_t *labels)
{
    struct yaml_node name = *member;
    name.line = member->key_line;
    name.column = member->key_column;
    const char *value = decode_text(decoder, member, member->key);
    if (!check_label(member->key))
        decode_error(decoder, &name,
                     "label %s: a label's name is made of letters, digits, . _ / and -, "
                     "at most 63",
                     member->key);
    else if (appliance_is_column(member->key))
        decode_error(decoder, &name, "label %s: the appliance has a key of that name",
                     member->key);
    else if (value && strlen(value) > LABEL_VALUE_MAX)
        decode_error(decoder, member, "label %s is longer than 255 bytes", member->key);
    else if (value)
        (void)json_object_set_new(labels, member->key, json_string(value));
}

static json_t *labels_part(const struct fields *own)
{
    const struct yaml_node *node = field_mapping(own, "labels");
    if (!node)
        return NULL;
    if (node->count > LABELS_MAX) {
        decode_error(own->decoder, node, "more than 64 labels");
        return NULL;
    }
    json_t *labels = json_object();
    for (const struct yaml_node *at = node->first; at; at = at->next)
        add_label(own->decoder, at, labels);
    return labels;
}

/* A calendar file becomes absolute; a short form stays as it is. */
static char *calendar_part(const struct fields *own)
{
    auto_free char *text = field_text(own, "calendar");
    if (!text || !path_is_calendar(text))
        return steal_ptr(&text);
    return path_absolute(own->decoder->base_dir, text);
}

json_t *appliance_parts(const struct fields *own, bool is_defaults)
{
    static const char *const texts[] = {"kind", "site", "version", "link_group"};
    json_t *parts = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        set_text(parts, texts[i], field_text(own, texts[i]));
    set_text(parts, "calendar", calendar_part(own));
    set(parts, "labels", labels_part(own));
    set(parts, "ssh", ssh_part(own));
    set(parts, "rest", rest_part(own));
    set(parts, "vm", vm_part(own, is_defaults));
    return parts;
}
