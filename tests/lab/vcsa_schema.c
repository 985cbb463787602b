/*
 * vcsa_schema.c - what a request may carry, as the vendor's schema says, checked before
 * anybody looks at it.
 *
 * A parameter that is not in the schema, a body where none is taken, a member too many, one
 * of the wrong type or one too few: 400, in the words of the dialect. /api takes a
 * structure as it is and its query names flat; /rest wraps a structure in its parameter's
 * name, prefixes the query names and counts lists (item.names.1).
 *
 * Fields are written "name:t": s text, i integer, b boolean, a list of texts, o list of
 * structures, m map in the dialect's shape, v structure; a capital letter is required.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "vcsa.h"

#define QUERY_NAMES_MAX 32

static const char BACKUP[] =
    "parts:A location_type:S location:S location_user:s "
    "location_password:s backup_password:s comment:s fast_backup:b";
static const char ANSWERS[] = "user_data:M";

static const struct shape {
    const char *method, *path;
    const char *action; /* NULL: whichever */
    const char *query;  /* names besides the action; a list ends with * */
    const char *prefix; /* of the names in the old dialect */
    const char *wrap;   /* of the body in the old dialect */
    const char *fields; /* NULL: no body */
} shapes[] = {
    {"GET", "/appliance/update/pending", NULL,
     "source_type url enable_list_major_upgrade_versions", "", NULL, NULL},
    {"GET", "/appliance/monitoring/query", NULL,
     "names* interval function start_time end_time", "item.", NULL, NULL},
    {"GET", "/vcenter/topology/nodes", NULL, "types*", "filter.", NULL, NULL},
    {"GET", "/vcenter/topology/replication-status", NULL, "nodes*", "filter.", NULL,
     NULL},
    {"GET", "*", NULL, "", "", NULL, NULL},
    {"DELETE", "*", NULL, "", "", NULL, NULL},
    {"POST", "/appliance/update/pending/*", "precheck", "component", "", NULL, NULL},
    {"POST", "/appliance/update/pending/*", "stage", "component", "", NULL, NULL},
    {"POST", "/appliance/update/pending/*", "validate", "component", "", NULL, ANSWERS},
    {"POST", "/appliance/update/pending/*", "install", "component", "", NULL, ANSWERS},
    {"POST", "/appliance/update/pending", "rollback", "", "", NULL, NULL},
    {"POST", "/appliance/update", "cancel", "", "", NULL, NULL},
    {"PUT", "/appliance/update/policy", NULL, "", "", "policy",
     "custom_URL:s username:s password:s check_schedule:O auto_stage:B "
     "certificate_check:b"},
    {"POST", "/appliance/shutdown", "cancel", "", "", NULL, NULL},
    {"POST", "/appliance/shutdown", NULL, "", "", NULL, "delay:I reason:S"},
    {"POST", "/appliance/shutdown/cancel", NULL, "", "", NULL, NULL},
    {"POST", "/appliance/shutdown/*", NULL, "", "", NULL, "delay:I reason:S"},
    {"PUT", "/appliance/access/ssh", NULL, "", "", NULL, "enabled:B"},
    {"PUT", "/appliance/access/shell", NULL, "", "", "config", "enabled:B timeout:I"},
    {"PUT", "/appliance/timesync", NULL, "", "", NULL, "mode:S"},
    {"PUT", "/appliance/ntp", NULL, "", "", NULL, "servers:A"},
    {"POST", "/appliance/ntp*", NULL, "", "", NULL, "servers:A"},
    {"POST", "/appliance/networking/dns/servers*", NULL, "", "", NULL, "servers:A"},
    {"POST", "/appliance/networking/dns/hostname*", NULL, "", "", NULL, "name:S"},
    {"POST", "/appliance/recovery/backup/job", NULL, "", "", "piece", BACKUP},
    {"POST", "/appliance/recovery/backup", "validate", "", "", "piece", BACKUP},
    {"POST", "/appliance/recovery/backup/validate", NULL, "", "", "piece", BACKUP},
    {"POST", "/appliance/services/*", NULL, "", "", NULL, NULL},
    {"POST", "/appliance/vmon/service/*", NULL, "", "", NULL, NULL},
    {"POST", "/vcenter/services/*", NULL, "", "", NULL, NULL},
    {"POST", "/vcenter/vcha/cluster", "get", "", "", NULL, "vc_spec:v partial:b"},
    {"POST", "/vcenter/vcha/cluster", "undeploy", "vmw-task", "", "spec",
     "vc_spec:v force_delete:b vms:v"},
    {"POST", "/vcenter/vcha/cluster", "deploy", "vmw-task", "", "spec",
     "vc_spec:v deployment:S active:V passive:V witness:V"},
};

static const struct shape *shape_of(const struct rest_call *call)
{
    const char *action = web_query(call->request, "action");
    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
        const struct shape *shape = &shapes[i];
        if (strcmp(shape->method, call->request->method) == 0 &&
            fnmatch(shape->path, call->path, 0) == 0 &&
            (!shape->action || (action && strcmp(shape->action, action) == 0)))
            return shape;
    }
    return NULL;
}

static bool refuse(struct rest_call *call, const char *kind, const char *what,
                   const char *name)
{
    auto_free char *text = xasprintf("%s: %.60s", what, name);
    rest_error(call, 400, kind, "vapi.data.structure", text);
    return true;
}

/* ---- the query ---- */

/* Is `name` this word of a list of words? A word that ends with * takes a number in the old
   dialect: names.1 */
static bool is_word(const char *name, const char *word, size_t length, bool counted)
{
    bool list = word[length - 1] == '*';
    size_t plain = length - list;
    if (strncmp(name, word, plain) != 0)
        return false;
    const char *rest = name + plain;
    if (!list || !counted)
        return !*rest;
    return *rest == '.' && rest[1] >= '1' && rest[1] <= '9' &&
           rest[1 + strspn(rest + 1, "0123456789")] == '\0';
}

static bool is_known(const struct rest_call *call, const struct shape *shape,
                     const char *name)
{
    size_t prefix = call->old_dialect ? strlen(shape->prefix) : 0;
    if (strcmp(name, "action") == 0)
        return strcmp(call->request->method, "POST") == 0;
    if (strncmp(name, shape->prefix, prefix) != 0)
        return false;
    for (const char *word = shape->query; *word; word += strspn(word, " ")) {
        size_t length = strcspn(word, " ");
        if (is_word(name + prefix, word, length, call->old_dialect))
            return true;
        word += length;
    }
    return false;
}

static bool query_refused(struct rest_call *call, const struct shape *shape)
{
    const char *names[QUERY_NAMES_MAX];
    size_t count = web_query_names(call->request, names, QUERY_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!is_known(call, shape, names[i]))
            return refuse(call, "INVALID_ARGUMENT", "Unexpected query parameter",
                          names[i]);
    return false;
}

/* ---- the body ---- */

static bool is_map(const struct rest_call *call, const json_t *value)
{
    if (!call->old_dialect)
        return json_is_object(value);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *pair = json_array_get(value, i);
        if (json_object_size(pair) != 2 || !json_text(pair, "key") ||
            !json_object_get(pair, "value"))
            return false;
    }
    return json_is_array(value);
}

static bool all_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return json_is_array(list);
}

static bool has_type(const struct rest_call *call, const json_t *value, char type)
{
    switch (tolower((unsigned char)type)) {
    case 's':
        return json_is_string(value);
    case 'i':
        return json_is_integer(value);
    case 'b':
        return json_is_boolean(value);
    case 'a':
        return all_texts(value);
    case 'o':
        return json_is_array(value);
    case 'm':
        return is_map(call, value);
    default:
        return json_is_object(value);
    }
}

/* The type letter of a member, 0: there is no such member. */
static char type_of(const char *fields, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = fields; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length + 2 && strncmp(at, name, length) == 0)
            return at[word - 1];
        at += word;
    }
    return 0;
}

static bool members_refused(struct rest_call *call, const json_t *body,
                            const char *fields)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        char type = type_of(fields, key);
        if (!type)
            return refuse(call, "UNEXPECTED_INPUT", "Unexpected member", key);
        if (!has_type(call, value, type) &&
            !(json_is_null(value) && islower((unsigned char)type)))
            return refuse(call, "INVALID_ARGUMENT", "A member of the wrong type", key);
    }
    for (const char *at = fields; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        auto_free char *name = xstrndup(at, word - 2);
        if (isupper((unsigned char)at[word - 1]) && !json_object_get(body, name))
            return refuse(call, "INVALID_ARGUMENT", "A member is missing", name);
        at += word;
    }
    return false;
}

static bool body_refused(struct rest_call *call, const struct shape *shape)
{
    const struct web_request *request = call->request;
    const char *type = web_header(request, "Content-Type");
    if (!shape->fields)
        return request->body_length > 0 &&
               refuse(call, "UNEXPECTED_INPUT", "No body is taken by", shape->path);
    if (request->body_length && (!type || strncmp(type, "application/json", 16) != 0)) {
        rest_plain(call, 415, "text/plain", "Unsupported Media Type");
        return true;
    }
    auto_json json_t *body =
        json_parse(request->body, request->body_length, LAB_REQUEST_MAX, NULL);
    const json_t *inner = body;
    if (shape->wrap && call->old_dialect) {
        inner = json_object_get(body, shape->wrap);
        if (!json_is_object(inner) || json_object_size(body) != 1)
            return refuse(call, "INVALID_REQUEST", "The body has one member",
                          shape->wrap);
    }
    if (!json_is_object(inner))
        return refuse(call, "INVALID_REQUEST", "The body is no structure for",
                      shape->path);
    return members_refused(call, inner, shape->fields);
}

bool vcsa_schema_refuses(struct rest_call *call)
{
    const struct shape *shape = shape_of(call);
    return shape && (query_refused(call, shape) || body_refused(call, shape));
}
