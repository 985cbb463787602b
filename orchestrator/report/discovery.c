/*
 * discovery.c - see discovery.h.
 *
 * Names come from a manager's inventory, so they may look like anything to a YAML
 * reader: what is not plainly a word is quoted as JSON does it, which is YAML too.
 */
#include "report/discovery.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/json.h"

/* A word that no YAML reader takes for a number, a date or a truth value. */
static bool is_plain(const char *text)
{
    static const char *const truths[] = {"true", "false", "yes", "no", "on",
                                         "off",  "null",  "y",   "n"};
    bool letter = false;
    for (const char *c = text; *c; c++) {
        bool alpha = (*c | 32) >= 'a' && (*c | 32) <= 'z';
        if (!alpha && !(*c >= '0' && *c <= '9') && (c == text || !strchr("._-", *c)))
            return false;
        letter = letter || ((*c | 32) > 'f' && (*c | 32) <= 'z');
    }
    for (size_t i = 0; i < ARRAY_LENGTH(truths); i++)
        if (!strcasecmp(text, truths[i]))
            return false;
    return letter;
}

static void scalar(struct buf *out, const char *text)
{
    auto_json json_t *value = json_string(text);
    auto_free char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    buf_adds(out, is_plain(text) || !quoted ? text : quoted);
}

static void member(struct buf *out, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    buf_addf(out, "    %s: ", key);
    scalar(out, text);
    buf_addc(out, '\n');
}

static void write_labels(struct buf *out, const json_t *labels)
{
    const char *key;
    json_t *value;
    if (!json_object_size(labels))
        return;
    buf_adds(out, "    labels:\n");
    json_object_foreach((json_t *)(uintptr_t)labels, key, value)
    {
        buf_adds(out, "      ");
        scalar(out, key);
        buf_adds(out, ": ");
        scalar(out, json_string_value(value));
        buf_addc(out, '\n');
    }
}

static void write_one(struct buf *out, const struct appliance *a)
{
    const json_t *vm = json_object_get(a->doc, "vm");
    const char *key;
    json_t *value;
    buf_adds(out, "  - name: ");
    scalar(out, a->name);
    buf_addc(out, '\n');
    member(out, "host", a->host);
    member(out, "kind", a->kind);
    member(out, "site", a->site);
    member(out, "link_group", a->link_group);
    write_labels(out, a->labels);
    buf_adds(out, "    vm: {manager: ");
    scalar(out, a->manager);
    json_object_foreach((json_t *)(uintptr_t)vm, key, value)
    {
        buf_addf(out, ", %s: ", key);
        scalar(out, json_string_value(value));
    }
    buf_adds(out, "}\n");
}

void discovery_yaml(const struct fleet *proposals, struct buf *out)
{
    buf_adds(out, proposals->appliance_count ? "appliances:\n" : "appliances: []\n");
    for (size_t i = 0; i < proposals->appliance_count; i++)
        write_one(out, &proposals->appliances[i]);
}

json_t *discovery_json(const struct fleet *proposals)
{
    json_t *list = json_array();
    for (size_t i = 0; i < proposals->appliance_count; i++) {
        const struct appliance *a = &proposals->appliances[i];
        auto_json json_t *vm = json_copy(json_object_get(a->doc, "vm"));
        (void)json_object_set_new(vm, "manager", json_string(a->manager));
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:O, s:O}", "name", a->name,
                            "host", a->host, "kind", a->kind, "site", a->site,
                            "link_group", *a->link_group ? a->link_group : NULL, "labels",
                            a->labels, "vm", vm));
    }
    return list;
}
