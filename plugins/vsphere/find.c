/*
 * find.c - exactly one virtual machine, or a refusal.
 *
 * By uuid and by path the server's search index answers. By name (and by uuid on
 * a server without FindAllByUuid) every virtual machine is looked at through a
 * container view, page by page. Searches that return one of several matches
 * (FindByUuid) are not used: a clone with a copied uuid must be noticed, not
 * picked.
 *
 * Where the manager is a set of hosts, each of them is asked like that (holder.c).
 *
 * Failure: none or several is VSPHERE_NO and says how many and which.
 */
#include "vsphere/find.h"

#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "vsphere/holder.h"
#include "vsphere/properties.h"
#include "vsphere/view.h"

#define SHOWN_MAX 4 /* references that a sentence lists */

/* What a search found so far. */
struct matches {
    const char *path;   /* the property that is compared, in a scan */
    const char *wanted; /* its value */
    size_t count;
    char refs[SHOWN_MAX][VSPHERE_REF_MAX];
};

static void add_match(struct matches *matches, const char *ref)
{
    if (matches->count < SHOWN_MAX)
        (void)snprintf(matches->refs[matches->count], VSPHERE_REF_MAX, "%s", ref);
    matches->count++;
}

static char unescaped(const char **at)
{
    static const struct {
        const char *code;
        char plain;
    } codes[] = {{"%2f", '/'}, {"%5c", '\\'}, {"%25", '%'}};
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        if (strncasecmp(*at, codes[i].code, 3) != 0)
            continue;
        *at += 3;
        return codes[i].plain;
    }
    return *(*at)++;
}

bool vsphere_name_starts(const char *shown, const char *prefix)
{
    if (!strncmp(shown, prefix, strlen(prefix)))
        return true;
    while (*shown && *prefix && unescaped(&shown) == *prefix)
        prefix++;
    return !*prefix;
}

bool vsphere_name_matches(const char *shown, const char *name)
{
    if (!strcmp(shown, name))
        return true;
    while (*shown && *name && unescaped(&shown) == *name)
        name++;
    return !*shown && !*name;
}

/* --- by search index --------------------------------------------------------- */

static void take_refs(const struct vsphere_reply *reply, struct matches *matches)
{
    const struct xml_node *node = xml_child(reply->body, VSPHERE_NS, "returnval");
    for (; node; node = xml_next(node, VSPHERE_NS, "returnval")) {
        const char *ref = vsphere_ref_of(node, "VirtualMachine");
        if (ref)
            add_match(matches, ref);
    }
}

static enum vsphere_answer by_uuid(struct vsphere_talk *talk, const char *uuid,
                                   bool instance, struct matches *matches)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "FindAllByUuid", "SearchIndex",
                         talk->service.search_index);
    xml_write_element(&request.writer, "uuid", uuid);
    xml_write_boolean(&request.writer, "vmSearch", true);
    xml_write_boolean(&request.writer, "instanceUuid", instance);
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer == VSPHERE_OK)
        take_refs(&reply, matches);
    return answer;
}

static enum vsphere_answer by_path(struct vsphere_talk *talk, const char *path,
                                   struct matches *matches)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "FindByInventoryPath", "SearchIndex",
                         talk->service.search_index);
    xml_write_element(&request.writer, "inventoryPath", path);
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer == VSPHERE_OK)
        take_refs(&reply, matches);
    return answer;
}

/* --- by looking at all of them ------------------------------------------------ */

static void compare(void *context, const struct xml_node *object)
{
    struct matches *matches = context;
    const char *value = vsphere_property_text(object, matches->path);
    if (!value || !vsphere_object_is(object, "VirtualMachine"))
        return;
    bool same = !strcmp(matches->path, "name")
                    ? vsphere_name_matches(value, matches->wanted)
                    : !strcasecmp(value, matches->wanted);
    if (same)
        add_match(matches, vsphere_object_ref(object));
}

static enum vsphere_answer scan(struct vsphere_talk *talk, const char *path,
                                const char *wanted, struct matches *matches)
{
    static const char *const types[] = {"VirtualMachine", NULL};
    const char *const paths[] = {path, NULL};
    const struct vsphere_wish wish = {"VirtualMachine", paths};
    *matches = (struct matches){.path = path, .wanted = wanted};
    return vsphere_look_at_all(talk, types, &wish, 1, compare, matches);
}

static bool method_is_missing(const struct vsphere_talk *talk, enum vsphere_answer answer)
{
    return answer == VSPHERE_FAULT && (talk->fault.kind == VSPHERE_FAULT_UNSUPPORTED ||
                                       !strcmp(talk->fault.type, "InvalidRequest"));
}

/* --- which one is meant -------------------------------------------------------- */

static const char *const KEYS[] = {"instance_uuid", "uuid", "path", "name"};

bool vsphere_names_machine(const struct vsphere_talk *talk)
{
    return json_object_get(talk->with, "vm") != NULL;
}

static const char *where_named(const struct vsphere_talk *talk)
{
    return vsphere_names_machine(talk) ? "step's vm" : "appliance's vm in the fleet file";
}

int vsphere_machine_check(const json_t *vm, struct slipway_error *err)
{
    const char *key;
    json_t *value;
    size_t given = 0;
    json_object_foreach((json_t *)(uintptr_t)vm, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LENGTH(KEYS); i++)
            known = known || !strcmp(KEYS[i], key);
        if (!known || !json_string_length(value))
            given = ARRAY_LENGTH(KEYS);
        given++;
    }
    return given == 1 ? 0
                      : slipway_error_set(err, -1,
                                          "vm names another machine by exactly one of "
                                          "instance_uuid, uuid, path and name");
}

/* --- exactly one --------------------------------------------------------------- */

/* Which machine, in the fleet's words. */
struct description {
    const char *key, *value; /* NULL: there is none */
    char shown[128];         /* "uuid 4237...", clean */
};

static struct description describe(const struct vsphere_talk *talk)
{
    struct description wanted = {.key = NULL};
    const json_t *vm =
        json_object_get(vsphere_names_machine(talk) ? talk->with : talk->target, "vm");
    for (size_t i = 0; !wanted.value && i < ARRAY_LENGTH(KEYS); i++)
        if ((wanted.value = json_text(vm, KEYS[i])))
            wanted.key = KEYS[i];
    if (!wanted.value)
        return wanted;
    char value[96];
    (void)snprintf(wanted.shown, sizeof wanted.shown, "%s %s", wanted.key,
                   text_clean(wanted.value, value, sizeof value));
    return wanted;
}

static enum vsphere_answer judge(struct vsphere_talk *talk, const struct matches *matches,
                                 const struct description *wanted, char *ref)
{
    if (matches->count == 1) {
        memcpy(ref, matches->refs[0], VSPHERE_REF_MAX);
        return VSPHERE_OK;
    }
    talk->absent = !matches->count;
    if (talk->absent)
        return vsphere_because(talk, VSPHERE_NO,
                               "no virtual machine with %s on this manager (%s): correct "
                               "the %s",
                               wanted->shown, talk->service.about, where_named(talk));
    return vsphere_because(
        talk, VSPHERE_NO,
        "%zu virtual machines with %s on this manager (%s, %s%s): name exactly one, "
        "for example by instance_uuid",
        matches->count, wanted->shown, matches->refs[0], matches->refs[1],
        matches->count > 2 ? ", ..." : "");
}

/* Ask whom the talk is turned to. */
static enum vsphere_answer search(struct vsphere_talk *talk,
                                  const struct description *wanted,
                                  struct matches *matches)
{
    const char *key = wanted->key, *value = wanted->value;
    *matches = (struct matches){.path = NULL};
    enum vsphere_answer answer = vsphere_connect(talk);
    if (answer != VSPHERE_OK)
        return answer;
    bool instance = !strcmp(key, "instance_uuid");
    if (!strcmp(key, "path"))
        return by_path(talk, value, matches);
    if (!strcmp(key, "name"))
        return scan(talk, "name", value, matches);
    answer = by_uuid(talk, value, instance, matches);
    if (!method_is_missing(talk, answer))
        return answer;
    return scan(talk, instance ? "config.instanceUuid" : "config.uuid", value, matches);
}

static enum vsphere_answer ask_host(struct vsphere_talk *talk, void *context,
                                    size_t *count, char ref[VSPHERE_REF_MAX])
{
    struct matches matches;
    enum vsphere_answer answer = search(talk, context, &matches);
    *count = matches.count;
    memcpy(ref, matches.refs[0], VSPHERE_REF_MAX);
    return answer;
}

enum vsphere_answer vsphere_find_vm(struct vsphere_talk *talk, char *ref)
{
    struct description wanted = describe(talk);
    struct matches matches;
    if (!wanted.value)
        return vsphere_because(talk, VSPHERE_NO,
                               "there is no vm (uuid, instance_uuid, path or name): "
                               "complete the %s",
                               where_named(talk));
    if (vsphere_host_count(talk))
        return vsphere_find_holder(talk, wanted.shown, ask_host, &wanted, ref);
    enum vsphere_answer answer = search(talk, &wanted, &matches);
    return answer == VSPHERE_OK ? judge(talk, &matches, &wanted, ref) : answer;
}

bool vsphere_is_meant(const struct vsphere_talk *talk, const char *uuid,
                      const char *instance_uuid, const char *name)
{
    struct description wanted = describe(talk);
    if (!wanted.value || !strcmp(wanted.key, "path"))
        return true;
    if (!strcmp(wanted.key, "name"))
        return name && vsphere_name_matches(name, wanted.value);
    const char *own = strcmp(wanted.key, "uuid") ? instance_uuid : uuid;
    return !own || !strcasecmp(own, wanted.value);
}
