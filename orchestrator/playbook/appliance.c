/*
 * appliance.c - see appliance.h: parts and defaults merged into one appliance.
 *
 * The merged document is what plugins get, so everything is settled here: the
 * address of the REST service, the port of SSH, the manager's own document inside.
 * Parts that came whole from `defaults` are shared between appliances; whoever
 * changes one copies it first.
 */
#include "playbook/appliance.h"

#include <stdlib.h>
#include <string.h>

#include "playbook/checks.h"
#include "playbook/tables.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/xalloc.h"

#define SSH_PORT  22
#define VAMI_PORT ":5480" /* where a vCenter manages itself */

/* Members that are alternatives: half of one and half of the other is neither. */
static bool is_whole(const char *key)
{
    static const char *const whole[] = {"tls", "key", "password", "session"};
    for (size_t i = 0; i < ARRAY_LENGTH(whole); i++) {
        if (!strcmp(whole[i], key))
            return true;
    }
    return false;
}

json_t *appliance_merge(json_t *defaults, json_t *own)
{
    json_t *merged = json_copy(defaults);
    const char *key;
    json_t *value;
    json_object_foreach(own, key, value)
    {
        json_t *old = json_object_get(merged, key);
        if (json_is_object(old) && json_is_object(value) && !is_whole(key))
            (void)json_object_set_new(merged, key, appliance_merge(old, value));
        else
            (void)json_object_set(merged, key, value);
    }
    return merged;
}

/* A part as a copy that may be changed; NULL if absent. Borrowed from `doc`. */
static json_t *own_part(json_t *doc, const char *key)
{
    json_t *part = json_object_get(doc, key);
    if (!part)
        return NULL;
    json_t *copy = json_copy(part);
    (void)json_object_set_new(doc, key, copy);
    return copy;
}

static char *default_url(const char *host, const char *port)
{
    return check_is_ipv6(host) ? xasprintf("https://[%s]%s", host, port)
                               : xasprintf("https://%s%s", host, port);
}

/* The url with every ${host} replaced; an IPv6 address gets its brackets. */
static char *expand_host(const char *url, const char *host)
{
    static const char variable[] = "${host}";
    auto_buf struct buf out = {0};
    const char *found;
    while ((found = strstr(url, variable))) {
        buf_add(&out, url, (size_t)(found - url));
        buf_addf(&out, check_is_ipv6(host) ? "[%s]" : "%s", host);
        url = found + sizeof variable - 1;
    }
    buf_adds(&out, url);
    return buf_take(&out);
}

static void settle_url(const struct decoder *decoder, const struct yaml_node *node,
                       json_t *part, const char *what, const char *host, const char *port)
{
    const char *written = json_text(part, "url");
    auto_free char *url = written ? expand_host(written, host) : default_url(host, port);
    const char *wrong = check_url(url);
    if (wrong && written && strstr(written, "${host}"))
        decode_error(decoder, node, "%s.url with this host %s", what, wrong);
    (void)json_object_set_new(part, "url", json_string(url));
}

/* The second door of a vCenter shows the certificate of the first, unless said. */
static void settle_vami(const struct decoder *decoder, const struct yaml_node *node,
                        json_t *rest, const char *host)
{
    json_t *vami = own_part(rest, "vami");
    if (!vami)
        return;
    settle_url(decoder, node, vami, "rest.vami", host, VAMI_PORT);
    if (!json_object_get(vami, "tls"))
        (void)json_object_set(vami, "tls", json_object_get(rest, "tls"));
    if (!json_object_get(vami, "login"))
        decode_error(decoder, node, "rest.vami lacks login, here or in defaults");
}

static void settle_rest(const struct decoder *decoder, const struct yaml_node *node,
                        json_t *doc, const char *host)
{
    json_t *rest = own_part(doc, "rest");
    if (!rest)
        return;
    settle_url(decoder, node, rest, "rest", host, "");
    if (!json_object_get(rest, "tls"))
        decode_error(decoder, node,
                     "rest lacks tls: {pin: ...} or {ca: FILE}, here or in defaults");
    settle_vami(decoder, node, rest, host);
}

static void settle_ssh(const struct decoder *decoder, const struct yaml_node *node,
                       json_t *doc)
{
    json_t *ssh = own_part(doc, "ssh");
    if (!ssh)
        return;
    if (!json_object_get(ssh, "hostkey"))
        decode_error(decoder, node,
                     "ssh lacks hostkey, here or in defaults: slipway never trusts an "
                     "unknown host key");
    if (!json_object_get(ssh, "key") && !json_object_get(ssh, "password"))
        decode_error(decoder, node, "ssh lacks key or password, here or in defaults");
    if (!json_object_get(ssh, "port"))
        (void)json_object_set_new(ssh, "port", json_integer(SSH_PORT));
}

static void embed_manager(const struct decoder *decoder, const struct yaml_node *node,
                          const struct manager_index *managers, json_t *doc,
                          struct appliance *out)
{
    long index = map_find(&managers->names, out->manager);
    if (index >= 0) {
        (void)json_object_set(doc, "manager", managers->fleet->managers[index].doc);
        return;
    }
    const char *near = text_nearest(
        out->manager, (const char *const *)managers->names.keys, managers->names.count);
    decode_error(decoder, node, "appliance %s: no manager is called %s%s%s%s", out->name,
                 out->manager, near ? " (nearest: " : "", near ? near : "",
                 near ? ")" : "");
}

/* Manager and datastore go where the model keeps them; what is left of `vm` is the
   machine. Defaults alone name no machine. */
static void settle_vm(const struct decoder *decoder, const struct yaml_node *node,
                      const struct manager_index *managers, json_t *doc, bool written,
                      struct appliance *out)
{
    json_t *vm = written ? own_part(doc, "vm") : NULL;
    if (!vm) {
        (void)json_object_del(doc, "vm");
        return;
    }
    xreplace(&out->manager, json_text(vm, "manager"));
    xreplace(&out->datastore, json_text(vm, "datastore"));
    (void)json_object_del(vm, "manager");
    auto_json json_t *identity = json_copy(vm);
    (void)json_object_del(identity, "datastore");
    free(out->vm_key);
    out->vm_key = json_canonical(identity);
    if (out->manager)
        embed_manager(decoder, node, managers, doc, out);
    else
        decode_error(decoder, node, "vm lacks manager, here or in defaults");
}

static char *text_or_empty(const json_t *doc, const char *key)
{
    const char *text = json_text(doc, key);
    return xstrdup(text ? text : "");
}

static void fill(struct appliance *out, json_t *doc)
{
    out->kind = text_or_empty(doc, "kind");
    out->site = text_or_empty(doc, "site");
    out->version = text_or_empty(doc, "version");
    out->link_group = text_or_empty(doc, "link_group");
    out->calendar = text_or_empty(doc, "calendar");
    (void)json_object_del(doc, "calendar"); /* not the plugins' affair */
    json_t *labels = json_object_get(doc, "labels");
    if (!labels)
        (void)json_object_set_new(doc, "labels", json_object());
    out->labels = json_incref(json_object_get(doc, "labels"));
    out->doc = doc;
    char **optional[] = {&out->manager, &out->datastore, &out->vm_key};
    for (size_t i = 0; i < ARRAY_LENGTH(optional); i++) {
        if (!*optional[i])
            *optional[i] = xstrdup("");
    }
}

/* Name and host, each with its form; false after a problem. */
static bool decode_identity(const struct fields *own, struct appliance *out)
{
    out->name = field_text(own, "name");
    out->host = field_text(own, "host");
    if (out->name && !check_name(out->name))
        decode_error(own->decoder, field_node(own, "name"),
                     "name must be made of letters, digits, . _ and -, begin with a "
                     "letter or digit, and have at most 64");
    else if (out->host && !check_host(out->host))
        decode_error(own->decoder, field_node(own, "host"),
                     "host must be a host name or an IP address");
    else
        return out->name && out->host;
    return false;
}

int appliance_decode(const struct decoder *decoder, const struct yaml_node *node,
                     json_t *defaults, const struct manager_index *managers,
                     struct appliance *out)
{
    struct fields own;
    struct appliance read = {0};
    if (fields_open(decoder, node, &table_appliance, &own) != 0)
        return -1;
    auto_json json_t *parts = appliance_parts(&own, false);
    if (!decode_identity(&own, &read)) {
        free(read.name);
        free(read.host);
        return -1;
    }
    json_t *doc = appliance_merge(defaults, parts);
    (void)json_object_set_new(doc, "name", json_string(read.name));
    (void)json_object_set_new(doc, "host", json_string(read.host));
    settle_ssh(decoder, node, doc);
    settle_rest(decoder, node, doc, read.host);
    settle_vm(decoder, node, managers, doc, json_object_get(parts, "vm") != NULL, &read);
    fill(&read, doc);
    if (!*read.kind)
        decode_error(decoder, node, "appliance %s lacks kind, here or in defaults",
                     read.name);
    read.place = decode_place(decoder, node);
    const struct yaml_node *calendar = field_node(&own, "calendar");
    if (calendar) {
        read.calendar_line = calendar->line;
        read.calendar_column = calendar->column;
    }
    *out = read;
    return 0;
}
