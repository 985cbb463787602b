/*
 * machines.c - the operation `machines`: which appliances does the manager hold?
 *
 * One pass over all virtual machines, folders and datacenters, page by page; folders are
 * put together afterwards. Only what is an appliance by its product or its notes is
 * kept, so that a vCenter with ten thousand machines costs the memory of its appliances.
 * The answer is cut: the caller asks again with `skip`, and the order is by instance
 * uuid, which does not change.
 *
 * Failure: a host of a set that cannot be asked is told in `silent`, and the others'
 * machines are still listed; if none answers it is the first one's failure.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vsphere/appliance.h"
#include "vsphere/holder.h"
#include "vsphere/operations.h"
#include "vsphere/task.h"
#include "vsphere/view.h"

#define MACHINES_MAX 50000u /* a vCenter holds 45,000 */
#define FOLDERS_MAX  50000u
#define DEPTH_MAX    32
#define ANSWER_BYTES                                                                     \
    (SLIPWAY_RESULT_MAX - 48 * 1024) /* the rest is asked for with skip */
#define NOTES_MAX 4096u
#define TEXT_MAX  200u /* bytes kept of a name */

struct folder {
    char *name, *parent;
};

struct machine {
    json_t *document;
    char *folder; /* its reference, NULL if it has none */
    char *order;  /* its instance uuid */
};

struct listing {
    struct vsphere_talk *talk;
    const char *kind; /* NULL: all of them */
    bool all;         /* also what is no appliance */
    size_t seen;
    struct map folders; /* by reference, parallel to `tree` */
    struct folder *tree;
    size_t tree_count, tree_room;
    struct machine *machines;
    size_t count, room;
    bool over; /* there were more */
};

static void listing_clear(struct listing *listing)
{
    for (size_t i = 0; i < listing->tree_count; i++) {
        free(listing->tree[i].name);
        free(listing->tree[i].parent);
    }
    for (size_t i = 0; i < listing->count; i++) {
        json_decref(listing->machines[i].document);
        free(listing->machines[i].folder);
        free(listing->machines[i].order);
    }
    free(listing->tree);
    free(listing->machines);
    map_free(&listing->folders);
}
#define auto_listing __attribute__((cleanup(listing_clear)))

static char *cut(const char *text)
{
    return xstrndup(text ? text : "", strnlen(text ? text : "", TEXT_MAX));
}

/* --- one object ---------------------------------------------------------------------- */

static void put(json_t *document, const char *key, const char *text)
{
    if (text && *text)
        (void)json_object_set_new(document, key,
                                  json_safe_string(text, strnlen(text, TEXT_MAX)));
}

/* The first product with a name: an appliance has one. */
static const char *product_of(const struct xml_node *object)
{
    const struct xml_node *products =
        vsphere_property(object, "config.vAppConfig.product");
    return xml_child_text(xml_child(products, VSPHERE_NS, NULL), VSPHERE_NS, "name");
}

static const char *parent_of(const struct xml_node *object)
{
    return vsphere_ref_of(vsphere_property(object, "parent"), NULL);
}

static void take_folder(struct listing *listing, const struct xml_node *object)
{
    const char *ref = vsphere_object_ref(object), *parent = parent_of(object);
    const char *name = vsphere_property_text(object, "name");
    if (map_find(&listing->folders, ref) >= 0)
        return;
    listing->over = listing->over || listing->tree_count >= FOLDERS_MAX;
    if (listing->over)
        return;
    (void)map_intern(&listing->folders, ref);
    *vec_push(listing->tree, listing->tree_count, listing->tree_room) =
        (struct folder){.name = cut(name), .parent = xstrdup_null(parent)};
}

static json_t *document_of(const struct listing *listing, const struct xml_node *object,
                           const char *kind, json_t *tags)
{
    static const struct {
        const char *key, *path;
    } texts[] = {{"name", "name"},
                 {"uuid", "config.uuid"},
                 {"instance_uuid", "config.instanceUuid"},
                 {"guest", "config.guestFullName"},
                 {"guest_host", "guest.hostName"},
                 {"ip", "guest.ipAddress"},
                 {"power", "runtime.powerState"}};
    json_t *document = json_object();
    put(document, "vm", vsphere_object_ref(object));
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        put(document, texts[i].key, vsphere_property_text(object, texts[i].path));
    put(document, "product", product_of(object));
    put(document, "kind", kind);
    put(document, "through", listing->talk->host);
    if (tags)
        (void)json_object_set(document, "tags", tags);
    return document;
}

static void take_machine(struct listing *listing, const struct xml_node *object)
{
    bool template = false;
    const char *notes = vsphere_property_text(object, "config.annotation");
    auto_free char *start = notes ? xstrndup(notes, strnlen(notes, NOTES_MAX)) : NULL;
    auto_json json_t *tags = vsphere_appliance_tags(start);
    const char *tagged = json_text(tags, "kind");
    const char *kind = tagged
                           ? tagged
                           : vsphere_appliance_kind(
                                 product_of(object), start,
                                 vsphere_property_text(object, "config.guestFullName"));
    (void)xml_boolean(vsphere_property(object, "config.template"), &template);
    listing->seen++;
    if (template || json_object_get(tags, "ignore") ||
        (!kind && !tags && !listing->all) ||
        (listing->kind && (!kind || strcmp(kind, listing->kind) != 0)))
        return;
    listing->over = listing->over || listing->count >= MACHINES_MAX;
    if (listing->over)
        return;
    const char *order = vsphere_property_text(object, "config.instanceUuid");
    *vec_push(listing->machines, listing->count, listing->room) = (struct machine){
        .document = document_of(listing, object, kind, tags),
        /* a host has one folder, which says nothing */
        .folder = *listing->talk->host ? NULL : xstrdup_null(parent_of(object)),
        .order = cut(order)};
}

static void take(void *context, const struct xml_node *object)
{
    if (vsphere_object_is(object, "VirtualMachine"))
        take_machine(context, object);
    else
        take_folder(context, object);
}

/* --- asking ---------------------------------------------------------------------------- */

static enum vsphere_answer list_one(struct listing *listing)
{
    static const char *const types[] = {"VirtualMachine", "Folder", "Datacenter", NULL};
    static const char *const machine[] = {"name",
                                          "parent",
                                          "config.uuid",
                                          "config.instanceUuid",
                                          "config.template",
                                          "config.annotation",
                                          "config.guestFullName",
                                          "config.vAppConfig.product",
                                          "guest.hostName",
                                          "guest.ipAddress",
                                          "runtime.powerState",
                                          NULL};
    static const char *const folder[] = {"name", "parent", NULL};
    static const struct vsphere_wish wishes[] = {
        {"VirtualMachine", machine}, {"Folder", folder}, {"Datacenter", folder}};
    enum vsphere_answer answer = vsphere_connect(listing->talk);
    if (answer != VSPHERE_OK)
        return answer;
    return vsphere_look_at_all(listing->talk, types, wishes, ARRAY_LENGTH(wishes), take,
                               listing);
}

static void note_silent(struct vsphere_talk *talk, json_t *silent)
{
    (void)json_array_append_new(
        silent, json_pack("{s:s, s:o}", "host", talk->host, "why",
                          json_safe_string(talk->err.text, strlen(talk->err.text))));
}

static enum vsphere_answer list_all(struct listing *listing, json_t *silent)
{
    struct vsphere_talk *talk = listing->talk;
    size_t count = vsphere_host_count(talk), answered = 0;
    enum vsphere_answer answer = count ? VSPHERE_OK : list_one(listing);
    for (size_t i = 0; i < count; i++) {
        vsphere_turn_to(talk, i);
        answer = list_one(listing);
        if (answer == VSPHERE_STOPPED)
            return answer;
        if (answer == VSPHERE_OK)
            answered++;
        else
            note_silent(talk, silent);
    }
    return answered ? VSPHERE_OK : answer;
}

/* --- telling ---------------------------------------------------------------------------- */

/* The names of its folders, outermost first: "DC", "vm", "rbx". */
static json_t *folders_of(const struct listing *listing, const char *ref)
{
    json_t *names = json_array();
    for (int depth = 0; ref && depth < DEPTH_MAX; depth++) {
        long at = map_find(&listing->folders, ref);
        if (at < 0)
            break;
        const char *name = listing->tree[at].name;
        (void)json_array_insert_new(names, 0,
                                    json_safe_string(name, strnlen(name, TEXT_MAX)));
        ref = listing->tree[at].parent;
    }
    return names;
}

static int by_order(const void *a, const void *b)
{
    return strcmp(((const struct machine *)a)->order, ((const struct machine *)b)->order);
}

static json_t *result_of(struct listing *listing, json_t *silent)
{
    json_int_t skip = json_number(listing->talk->with, "skip", 0);
    json_t *list = json_array();
    size_t bytes = 0;
    if (listing->count)
        qsort(listing->machines, listing->count, sizeof *listing->machines, by_order);
    for (size_t i = skip > 0 ? (size_t)skip : 0; i < listing->count; i++) {
        const struct machine *machine = &listing->machines[i];
        (void)json_object_set_new(machine->document, "folders",
                                  folders_of(listing, machine->folder));
        auto_free char *text = json_canonical(machine->document);
        bytes += strlen(text) + 1;
        if (bytes > ANSWER_BYTES)
            break;
        (void)json_array_append(list, machine->document);
    }
    return json_pack("{s:I, s:I, s:o, s:O}", "machines_seen", (json_int_t)listing->seen,
                     "total", (json_int_t)listing->count, "machines", list, "silent",
                     silent);
}

enum slipway_outcome vsphere_op_machines(struct slipway_call *call)
{
    auto_talk struct vsphere_talk talk;
    auto_json json_t *silent = json_array();
    if (vsphere_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_listing struct listing listing = {
        .talk = &talk,
        .kind = json_text(talk.with, "kind"),
        .all = json_is_true(json_object_get(talk.with, "all"))};
    enum vsphere_answer answer = list_all(&listing, silent);
    if (answer != VSPHERE_OK)
        return vsphere_outcome(&talk, answer);
    if (listing.over) {
        call->host->say(call,
                        "the manager lists more than %u machines or %u folders, which no "
                        "vCenter holds: is it the right one, and nothing in between?",
                        MACHINES_MAX, FOLDERS_MAX);
        return SLIPWAY_REFUSED;
    }
    return vsphere_done(&talk, result_of(&listing, silent));
}

int vsphere_machines_check(const char *text, struct slipway_error *err)
{
    auto_json json_t *with = json_parse(text, strlen(text), JSON_BYTES_MAX, err);
    if (!with || json_number(with, "skip", 0) >= 0)
        return with ? 0 : -1;
    return slipway_error_set(err, -1, "skip must not be negative");
}
