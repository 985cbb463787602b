/*
 * nsx_schema.h - what a request to an NSX manager may be, as the vendor documents it: NSX-T's
 * REST API (3.x, 4.x; JSON) and NSX-V's API guide (6.4; XML). Held against every request of the
 * plugin, by its unit tests and by the lab. Header-only.
 *
 *     auto_free char *why = nsx_schema_refuses("POST", "/api/v1/upgrade/eula/accept?x=1",
 *                                              "application/json", "", 0);
 *     why: "POST /api/v1/upgrade/eula/accept takes no query x"; NULL: it may be sent
 *
 * A row has a path (* is one segment), the query's names, and the body:
 *
 *   query    words; `!name` must be there, `name=A|B` takes only these
 *   JSON     words "name:t": s text, i integer, b boolean; a capital letter is required
 *   XML      elements in the document's order, by depth: "1 ftpSettings", "2 port:I"; t as
 *            above, y Yes or No, x anything below it; + after the type: any number of them
 *
 * What is documented in some releases only is here too: a manager that does not know it says
 * so, and the plugin's README tells which paths were never seen live.
 */
#ifndef TEST_NSX_SCHEMA_H
#define TEST_NSX_SCHEMA_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define NSX_T_PAGES "cursor included_fields page_size sort_ascending sort_by"
#define NSX_T_PARTS "EDGE|HOST|MP|FINALIZE_UPGRADE"
#define NSX_V_BASE  "/api/1.0/appliance-management"

enum nsx_body { NSX_BODY_NONE, NSX_BODY_JSON, NSX_BODY_XML, NSX_BODY_FORM };

struct nsx_shape {
    const char *method, *path, *query;
    enum nsx_body body;
    const char *const *fields; /* NULL: empty; ends with NULL */
    bool typed; /* an empty body must still have the content type of its kind */
};

/* The first line is the root element. */
static const char *const nsx_v_settings[] = {"backupRestoreSettings",
                                             "1 ftpSettings:X",
                                             "2 transferProtocol:S",
                                             "2 hostNameIPAddress:S",
                                             "2 port:I",
                                             "2 userName:S",
                                             "2 password:S",
                                             "2 backupDirectory:S",
                                             "2 filenamePrefix:s",
                                             "2 fileNamePrefix:s",
                                             "2 passPhrase:S",
                                             "2 passiveMode:b",
                                             "2 useEPRT:b",
                                             "2 useEPSV:b",
                                             "1 backupFrequency:x",
                                             "2 frequency:s",
                                             "2 dayOfWeek:s",
                                             "2 hourOfDay:i",
                                             "2 minuteOfHour:i",
                                             "1 excludeTables:x",
                                             "2 excludeTable:s+",
                                             NULL};
static const char *const nsx_v_questions[] = {"preUpgradeQuestionsAnswers",
                                              "1 preUpgradeQuestionAnswer:x+",
                                              "2 questionId:S",
                                              "2 question:S",
                                              "2 questionAnserType:S", /* sic */
                                              "2 answer:Y",
                                              NULL};
static const char *const nsx_t_bundle[] = {"url:S",      "bundle_type:s", "username:s",
                                           "password:s", "version:s",     NULL};

static const struct nsx_shape nsx_shapes[] = {
    /* ---- NSX-T ---- */
    {"GET", "/api/v1/node/version", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/node/status", "source=realtime|cached", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/node/users", "internal=true|false", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/transport-nodes/state",
     NSX_T_PAGES " mm_state=ENTERING|ENABLED|EXITING|DISABLED status vtep_ip",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/transport-zones/transport-node-status",
     NSX_T_PAGES " source=realtime|cached status=UP|DOWN|DEGRADED|UNKNOWN", NSX_BODY_NONE,
     NULL, false},
    {"GET", "/api/v1/alarms",
     NSX_T_PAGES " after before event_tag event_type feature_name id intent_path node_id "
                 "node_resource_type org project severity status vpc",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/cluster", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/cluster/status", "source=realtime|cached", NSX_BODY_NONE, NULL,
     false},
    {"GET", "/api/v1/cluster/*/node/version", "", NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/cluster", "!action=backup_to_remote", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/cluster/backups/config", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/cluster/backups/status", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/cluster/backups/history", NSX_T_PAGES, NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/fabric/compute-managers", NSX_T_PAGES " origin_type server",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/fabric/compute-managers/*/status", "", NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/node/upgrade/uc", "", NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/upgrade", "!action=execute_pre_upgrade_checks|upgrade_uc",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/uc-upgrade-status", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/summary", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/history", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/status-summary",
     "component_type=" NSX_T_PARTS " selection_status=SELECTED|DESELECTED|ALL "
     "show_history=true|false",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/nodes",
     NSX_T_PAGES " component_type=" NSX_T_PARTS " component_version", NSX_BODY_NONE, NULL,
     false},
    {"GET", "/api/v1/upgrade/pre-upgrade-checks/failures",
     NSX_T_PAGES " component_type=" NSX_T_PARTS
                 " filter_text origin_type=COMPONENT|UPGRADE_UNIT|UPGRADE_UNIT_GROUP "
                 "type=FAILURE|WARNING",
     NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/upgrade/bundles", "", NSX_BODY_JSON, nsx_t_bundle, true},
    {"GET", "/api/v1/upgrade/bundles/*/upload-status", "operation=UPLOAD|INSTALL",
     NSX_BODY_NONE, NULL, false},
    {"GET", "/api/v1/upgrade/eula/acceptance", "", NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/upgrade/eula/accept", "", NSX_BODY_NONE, NULL, false},
    {"POST", "/api/v1/upgrade/plan",
     "!action=start|pause|continue|upgrade component_type=" NSX_T_PARTS, NSX_BODY_NONE,
     NULL, false},
    /* ---- NSX-V ---- */
    {"GET", NSX_V_BASE "/global/info", "", NSX_BODY_NONE, NULL, false},
    {"GET", NSX_V_BASE "/summary/system", "", NSX_BODY_NONE, NULL, false},
    {"GET", NSX_V_BASE "/components", "", NSX_BODY_NONE, NULL, false},
    {"GET", "/api/2.0/services/vcconfig/status", "", NSX_BODY_NONE, NULL, false},
    {"GET", NSX_V_BASE "/upgrade/status/NSX", "", NSX_BODY_NONE, NULL, false},
    {"GET", NSX_V_BASE "/upgrade/information/NSX", "", NSX_BODY_NONE, NULL, false},
    {"POST", NSX_V_BASE "/upgrade/uploadbundle/NSX", "", NSX_BODY_FORM, NULL, true},
    {"POST", NSX_V_BASE "/upgrade/uploadbundlefromurl/NSX", "!fileurl", NSX_BODY_NONE,
     NULL, false},
    {"POST", NSX_V_BASE "/upgrade/start/NSX", "", NSX_BODY_XML, nsx_v_questions, true},
    {"GET", NSX_V_BASE "/backuprestore/backupsettings", "", NSX_BODY_NONE, NULL, false},
    {"PUT", NSX_V_BASE "/backuprestore/backupsettings", "", NSX_BODY_XML, nsx_v_settings,
     true},
    {"GET", NSX_V_BASE "/backuprestore/backups", "", NSX_BODY_NONE, NULL, false},
    {"POST", NSX_V_BASE "/backuprestore/backup", "", NSX_BODY_XML, NULL, true},
};

/* ---- paths ---- */

/* Is `path` (up to `end`) this pattern? A * is one segment. */
static inline bool nsx_path_is(const char *pattern, const char *path, const char *end)
{
    while (*pattern && path < end) {
        if (*pattern == '*') {
            const char *from = path;
            while (path < end && *path != '/')
                path++;
            if (path == from)
                return false;
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && path == end;
}

static inline const struct nsx_shape *nsx_shape_of(const char *method, const char *path)
{
    const char *end = path + strcspn(path, "?");
    for (size_t i = 0; i < ARRAY_LENGTH(nsx_shapes); i++)
        if (!strcmp(nsx_shapes[i].method, method) &&
            nsx_path_is(nsx_shapes[i].path, path, end))
            return &nsx_shapes[i];
    return NULL;
}

/* ---- the query ---- */

/* Is `value` (`length` bytes) one of "A|B|C" (up to a blank)? */
static inline bool nsx_value_is(const char *list, const char *value, size_t length)
{
    for (;;) {
        size_t one = strcspn(list, "| ");
        if (one == length && !strncmp(list, value, length))
            return true;
        if (list[one] != '|')
            return false;
        list += one + 1;
    }
}

/* The word of `name`, NULL: it is none. */
static inline const char *nsx_word_of(const char *words, const char *name, size_t length)
{
    for (; *words; words += strspn(words, " ")) {
        const char *word = words + (*words == '!');
        size_t plain = strcspn(word, "= ");
        if (plain == length && !strncmp(word, name, length))
            return word;
        words += strcspn(words, " ");
    }
    return NULL;
}

static inline bool nsx_query_has(const char *query, const char *name, size_t length)
{
    for (; *query; query += *query == '&') {
        size_t one = strcspn(query, "=&");
        if (one == length && !strncmp(query, name, length))
            return true;
        query += strcspn(query, "&");
    }
    return false;
}

static inline char *nsx_query_refused(const struct nsx_shape *shape, const char *query)
{
    for (const char *at = query; *at; at += *at == '&') {
        size_t name = strcspn(at, "=&"), all = strcspn(at, "&");
        const char *word = nsx_word_of(shape->query, at, name);
        if (!word)
            return xasprintf("%s %s takes no query %.*s", shape->method, shape->path,
                             (int)name, at);
        if (word[name] == '=' &&
            (all == name ||
             !nsx_value_is(word + name + 1, at + name + 1, all - name - 1)))
            return xasprintf("%s %s does not take %.*s", shape->method, shape->path,
                             (int)all, at);
        at += all;
    }
    for (const char *at = shape->query; *at; at += strspn(at, " ")) {
        size_t name = strcspn(at, "= ");
        if (*at == '!' && !nsx_query_has(query, at + 1, name - 1))
            return xasprintf("%s %s wants %.*s", shape->method, shape->path,
                             (int)name - 1, at + 1);
        at += strcspn(at, " ");
    }
    return NULL;
}

/* ---- values ---- */

static inline bool nsx_text_is(const char *text, char type)
{
    switch (tolower((unsigned char)type)) {
    case 'i':
        return *text && !text[strspn(text, "0123456789")];
    case 'b':
        return !strcmp(text, "true") || !strcmp(text, "false");
    case 'y':
        return !strcmp(text, "Yes") || !strcmp(text, "No");
    default:
        return *text || islower((unsigned char)type);
    }
}

static inline bool nsx_json_is(const json_t *value, char type)
{
    return type == 's' || type == 'S'   ? json_is_string(value)
           : type == 'i' || type == 'I' ? json_is_integer(value)
                                        : json_is_boolean(value);
}

static inline char *nsx_json_refused(const struct nsx_shape *shape, const char *body,
                                     size_t length)
{
    auto_json json_t *json = json_parse(body, length, 1u << 20, NULL);
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return xasprintf("the body of %s %s is no structure", shape->method, shape->path);
    json_object_foreach(json, key, value)
    {
        const char *const *field = shape->fields;
        size_t name = strlen(key);
        while (*field && (strncmp(*field, key, name) != 0 || (*field)[name] != ':'))
            field++;
        if (!*field || !nsx_json_is(value, (*field)[name + 1]))
            return xasprintf("%s %s has no member %s of that type", shape->method,
                             shape->path, key);
    }
    for (const char *const *field = shape->fields; *field; field++) {
        auto_free char *name = xstrndup(*field, strcspn(*field, ":"));
        if (isupper((unsigned char)(*field)[strlen(name) + 1]) &&
            !json_object_get(json, name))
            return xasprintf("%s %s wants the member %s", shape->method, shape->path,
                             name);
    }
    return NULL;
}

/* ---- XML: fields are walked in their order, one depth at a time ---- */

static inline const xmlNode *nsx_element(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

static inline bool nsx_field_is(const char *field, const xmlNode *node)
{
    size_t name = strcspn(field + 2, ":");
    return node && strlen((const char *)node->name) == name &&
           !strncmp((const char *)node->name, field + 2, name);
}

static inline const char *const *nsx_field_after(const char *const *field)
{
    char depth = (*field)[0];
    for (field++; *field && (*field)[0] > depth;)
        field++;
    return field;
}

/* The children of `parent` against the fields from `field` on, as long as they are of its
   depth. NULL: all is well. The caller's. */
static inline char *nsx_children_refused(const xmlNode *parent, const char *const *field)
{
    const xmlNode *node = nsx_element(parent->children);
    char depth = *field ? (*field)[0] : '0';
    for (; *field && (*field)[0] == depth; field = nsx_field_after(field)) {
        char type = (*field)[2 + strcspn(*field + 2, ":") + 1];
        bool many = (*field)[strlen(*field) - 1] == '+';
        if (!nsx_field_is(*field, node) && isupper((unsigned char)type))
            return xasprintf("<%s> wants <%s> in its place", (const char *)parent->name,
                             *field + 2);
        for (int n = 0; nsx_field_is(*field, node) && (many || !n); n++) {
            xmlChar *text = xmlNodeGetContent(node);
            bool inside = tolower((unsigned char)type) == 'x';
            bool fine = inside || (nsx_text_is((const char *)text, type) &&
                                   !nsx_element(node->children));
            xmlFree(text);
            if (!fine)
                return xasprintf("<%s> is not of its type", (const char *)node->name);
            char *why = inside ? nsx_children_refused(node, field + 1) : NULL;
            if (why)
                return why;
            node = nsx_element(node->next);
        }
    }
    return node ? xasprintf("<%s> has no <%s> there", (const char *)parent->name,
                            (const char *)node->name)
                : NULL;
}

static inline char *nsx_xml_refused(const struct nsx_shape *shape, const char *body,
                                    size_t length)
{
    xmlDoc *doc =
        xmlReadMemory(body, (int)length, NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    char *why = !root || strcmp((const char *)root->name, shape->fields[0]) != 0
                    ? xasprintf("the body of %s %s is no <%s>", shape->method,
                                shape->path, shape->fields[0])
                    : nsx_children_refused(root, shape->fields + 1);
    xmlFreeDoc(doc);
    return why;
}

/* ---- one request ---- */

static inline char *nsx_body_refused(const struct nsx_shape *shape, const char *type,
                                     const char *body, size_t length)
{
    static const char *const types[] = {"", "application/json", "application/xml",
                                        "multipart/form-data"};
    if (shape->typed &&
        (!type || strncmp(type, types[shape->body], strlen(types[shape->body])) != 0))
        return xasprintf("%s %s wants the content type %s", shape->method, shape->path,
                         types[shape->body]);
    if (shape->body == NSX_BODY_FORM)
        return strstr(body, "name=\"file\"")
                   ? NULL
                   : xasprintf("%s %s: the form has no field file", shape->method,
                               shape->path);
    if (!shape->fields)
        return length ? xasprintf("%s %s takes no body", shape->method, shape->path)
                      : NULL;
    return shape->body == NSX_BODY_JSON ? nsx_json_refused(shape, body, length)
                                        : nsx_xml_refused(shape, body, length);
}

/* NULL: it may be sent; else why not, the caller's. `path` has its query; `type` may be
   NULL; `body` ends with NUL. */
static inline char *nsx_schema_refuses(const char *method, const char *path,
                                       const char *type, const char *body, size_t length)
{
    const struct nsx_shape *shape = nsx_shape_of(method, path);
    const char *query = strchr(path, '?');
    if (!shape)
        return xasprintf("there is no %s %s", method, path);
    char *why = nsx_query_refused(shape, query ? query + 1 : "");
    return why ? why : nsx_body_refused(shape, type, body, length);
}

#endif
