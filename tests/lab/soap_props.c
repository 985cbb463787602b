/*
 * soap_props.c - RetrievePropertiesEx: which objects, which properties, pages.
 *
 * Objects come from objectSet, directly or through one traversal: a container
 * view's `view`, a VM's `recentTask`, `datastore` or `runtime.host`, a task manager's
 * `recentTask`. All objects are rendered before the first page is sent, and the
 * rest waits under a token. An unknown path fails the whole call.
 */
#include <stdio.h>
#include <string.h>

#include "soap.h"

#define PAGES_MAX 64

static struct page {
    struct manager *manager;
    char token[40];
    char **objects; /* rendered, next first */
    size_t count, next, size;
} pages[PAGES_MAX];

struct collection {
    struct soap_call *call;
    const xmlNode *spec; /* the filter */
    char **objects;
    size_t count, room;
};

static void invalid_property(struct soap_call *call, const char *path)
{
    auto_buf struct buf field = {0};
    soap_element(&field, "name", path);
    soap_fault(call, "InvalidProperty", "The property is not defined for the object.",
               buf_text(&field));
}

static bool add_property(struct soap_call *call, const struct soap_object *object,
                         const char *path, struct buf *out)
{
    auto_buf struct buf value = {0};
    enum soap_value result = soap_value(object, path, &value);
    if (result == SOAP_VALUE_UNKNOWN) {
        invalid_property(call, path);
        return false;
    }
    if (result == SOAP_VALUE_SET)
        buf_addf(out, "<propSet><name>%s</name>%s</propSet>", path, buf_text(&value));
    return true;
}

static bool add_all(struct soap_call *call, const struct soap_object *object,
                    struct buf *out)
{
    const char *path;
    for (size_t i = 0; (path = soap_path(object->type, i)); i++)
        if (!add_property(call, object, path, out))
            return false;
    return true;
}

/* The properties that one propSet asks of one object. */
static bool add_set(struct soap_call *call, const struct soap_object *object,
                    const xmlNode *set, struct buf *out)
{
    if (soap_bool(set, "all", false))
        return add_all(call, object, out);
    for (const xmlNode *node = soap_next(set, NULL); node; node = soap_next(set, node)) {
        if (strcmp((const char *)node->name, "pathSet") != 0)
            continue;
        auto_free char *path = soap_content(node);
        if (!add_property(call, object, path, out))
            return false;
    }
    return true;
}

static bool applies(const xmlNode *set, const char *object_type)
{
    auto_free char *type = soap_text(set, "type");
    return strcmp(type, object_type) == 0 || (strcmp(type, "ManagedEntity") == 0 &&
                                              strcmp(object_type, "VirtualMachine") == 0);
}

static bool add_object(struct collection *collection, const struct soap_object *object)
{
    auto_buf struct buf text = {0};
    bool wanted = false;
    buf_adds(&text, "<objects>");
    soap_moref(&text, "obj", object->type, object->ref);
    for (const xmlNode *set = soap_next(collection->spec, NULL); set;
         set = soap_next(collection->spec, set)) {
        if (strcmp((const char *)set->name, "propSet") != 0 ||
            !applies(set, object->type))
            continue;
        wanted = true;
        if (!add_set(collection->call, object, set, &text))
            return false;
    }
    buf_adds(&text, "</objects>");
    if (wanted)
        *vec_push(collection->objects, collection->count, collection->room) =
            buf_take(&text);
    return true;
}

static bool add_ref(struct collection *collection, const char *type, const char *ref)
{
    struct soap_object object;
    return !soap_resolve(collection->call->manager, type, ref, &object) ||
           add_object(collection, &object);
}

static bool add_view(struct collection *collection, const struct view *view)
{
    struct manager *manager = collection->call->manager;
    const struct vm *vm = NULL;
    while (view->vms && (vm = lab_next_vm(manager, vm)))
        if (!add_ref(collection, "VirtualMachine", vm->ref))
            return false;
    if (view->folders && !manager->endpoint.lab->esxi &&
        (!add_ref(collection, "Datacenter", "datacenter-2") ||
         !add_ref(collection, "Folder", "group-v3")))
        return false;
    for (int i = 0; view->datastores && i < 2; i++) {
        char ref[40];
        (void)snprintf(ref, sizeof ref, "datastore-%d", manager->index * 2 + i + 1);
        if (!add_ref(collection, "Datastore", ref))
            return false;
    }
    return true;
}

static bool add_tasks(struct collection *collection, const struct vm *vm)
{
    const struct manager *manager = collection->call->manager;
    for (size_t i = 0; i < manager->task_count; i++)
        if ((!vm || manager->tasks[i]->vm == vm) &&
            !add_ref(collection, "Task", manager->tasks[i]->ref))
            return false;
    return true;
}

/* Follow one TraversalSpec from an object. */
static bool traverse(struct collection *collection, const struct soap_object *from,
                     const xmlNode *select)
{
    auto_free char *type = soap_text(select, "type");
    auto_free char *path = soap_text(select, "path");
    if (!type || !path || strcmp(type, from->type) != 0)
        return true;
    if (from->view && strcmp(path, "view") == 0)
        return add_view(collection, from->view);
    if (strcmp(path, "recentTask") == 0)
        return add_tasks(collection, from->vm);
    if (from->vm && strcmp(path, "datastore") == 0) {
        char ref[40];
        (void)snprintf(ref, sizeof ref, "datastore-%d",
                       from->manager->index * 2 + from->vm->datastore + 1);
        return add_ref(collection, "Datastore", ref);
    }
    if (from->vm && strcmp(path, "runtime.host") == 0)
        return add_ref(collection, "HostSystem",
                       from->manager->endpoint.lab->esxi ? "ha-host" : "host-1");
    invalid_property(collection->call, path);
    return false;
}

static bool add_object_set(struct collection *collection, const xmlNode *set)
{
    const xmlNode *node = soap_child(set, "obj");
    auto_free char *type = soap_attribute(node, "type");
    auto_free char *ref = soap_content(node);
    struct soap_object object;
    if (!soap_resolve(collection->call->manager, type, ref, &object)) {
        auto_buf struct buf safe = {0}, field = {0};
        soap_escape(&safe, ref);
        soap_moref(&field, "obj", type ? "ManagedObject" : "", buf_text(&safe));
        soap_fault(
            collection->call, "ManagedObjectNotFound",
            "The object has already been deleted or has not been completely created.",
            buf_text(&field));
        return false;
    }
    if (!soap_bool(set, "skip", false) && !add_object(collection, &object))
        return false;
    for (const xmlNode *select = soap_next(set, NULL); select;
         select = soap_next(set, select))
        if (strcmp((const char *)select->name, "selectSet") == 0 &&
            !traverse(collection, &object, select))
            return false;
    return true;
}

static bool collect(struct collection *collection)
{
    const xmlNode *method = collection->call->method;
    for (const xmlNode *spec = soap_next(method, NULL); spec;
         spec = soap_next(method, spec)) {
        if (strcmp((const char *)spec->name, "specSet") != 0)
            continue;
        collection->spec = spec;
        for (const xmlNode *set = soap_next(spec, NULL); set; set = soap_next(spec, set))
            if (strcmp((const char *)set->name, "objectSet") == 0 &&
                !add_object_set(collection, set))
                return false;
    }
    return true;
}

/* ---- pages ---- */

static void forget(struct page *page)
{
    for (size_t i = page->next; i < page->count; i++)
        free(page->objects[i]);
    free(page->objects);
    memset(page, 0, sizeof *page);
}

static struct page *find_page(const struct soap_call *call)
{
    auto_free char *token = soap_text(call->method, "token");
    for (size_t i = 0; i < PAGES_MAX; i++)
        if (pages[i].objects && pages[i].manager == call->manager &&
            strcmp(pages[i].token, token) == 0)
            return &pages[i];
    return NULL;
}

static void send_page(struct soap_call *call, struct page *page)
{
    if (page->next == page->count)
        return;
    size_t end = page->size && page->next + page->size < page->count
                     ? page->next + page->size
                     : page->count;
    buf_adds(&call->out, "<returnval>");
    if (end < page->count)
        soap_element(&call->out, "token", page->token);
    for (; page->next < end; page->next++) {
        buf_adds(&call->out, page->objects[page->next]);
        free(page->objects[page->next]);
    }
    buf_adds(&call->out, "</returnval>");
}

/* Keep what did not fit; the oldest page gives way when there are too many. */
static void keep_page(const struct page *page)
{
    static size_t next_slot;
    struct page *slot = &pages[next_slot++ % PAGES_MAX];
    forget(slot);
    *slot = *page;
}

static size_t page_size(const struct soap_call *call)
{
    const xmlNode *options = soap_child(call->method, "options");
    auto_free char *text = options ? soap_text(options, "maxObjects") : NULL;
    long size = text ? strtol(text, NULL, 10) : 0;
    return size > 0 ? (size_t)size : 0;
}

void soap_retrieve_properties(struct soap_call *call)
{
    struct collection collection = {.call = call};
    bool ok = collect(&collection);
    struct page page = {.manager = call->manager,
                        .objects = collection.objects,
                        .count = collection.count,
                        .size = page_size(call)};
    (void)snprintf(page.token, sizeof page.token, "page-%u",
                   atomic_fetch_add(&call->lab->next_id, 1u));
    if (ok)
        send_page(call, &page);
    if (ok && page.next < page.count)
        keep_page(&page);
    else
        forget(&page);
}

void soap_continue_retrieve(struct soap_call *call)
{
    struct page *page = find_page(call);
    if (!page) {
        soap_fault(call, "InvalidArgument", "The token is not known.",
                   "<invalidProperty>token</invalidProperty>");
        return;
    }
    send_page(call, page);
    if (page->next == page->count)
        forget(page);
}

void soap_cancel_retrieve(struct soap_call *call)
{
    struct page *page = find_page(call);
    if (page)
        forget(page);
}
