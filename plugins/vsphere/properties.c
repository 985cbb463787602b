/*
 * properties.c - RetrievePropertiesEx and its continuation.
 *
 * The request is written in the order of the schema, because real servers insist
 * on it. Results are shown page by page, so that a vCenter with many thousand
 * virtual machines costs the memory of one page.
 *
 * Objects that nobody asked for are passed over, as if they were not there.
 *
 * Failure: the answer of the exchange. An object whose properties could not be
 * read because the session is gone (missingSet with NotAuthenticated) counts as
 * if the whole call had said so, and the query is asked again under a new session.
 */
#include "vsphere/properties.h"

#include <string.h>

#include "util/auto.h"
#include "util/xalloc.h"

static void write_wishes(struct xml_writer *writer, const struct vsphere_query *query)
{
    for (size_t i = 0; i < query->wish_count; i++) {
        const struct vsphere_wish *wish = &query->wishes[i];
        xml_write_open(writer, "propSet");
        xml_write_element(writer, "type", wish->type);
        xml_write_boolean(writer, "all", false);
        for (size_t p = 0; wish->paths[p]; p++)
            xml_write_element(writer, "pathSet", wish->paths[p]);
        xml_write_close(writer);
    }
}

static void write_walks(struct xml_writer *writer, const struct vsphere_query *query)
{
    for (size_t i = 0; i < query->walk_count; i++) {
        xml_write_open(writer, "selectSet");
        xml_write_attribute(writer, "xsi:type", "TraversalSpec");
        xml_write_element(writer, "name", query->walks[i].path);
        xml_write_element(writer, "type", query->walks[i].type);
        xml_write_element(writer, "path", query->walks[i].path);
        xml_write_boolean(writer, "skip", false);
        xml_write_close(writer);
    }
}

static void write_query(struct vsphere_request *request,
                        const struct vsphere_query *query)
{
    struct xml_writer *writer = &request->writer;
    xml_write_open(writer, "specSet");
    write_wishes(writer, query);
    xml_write_open(writer, "objectSet");
    vsphere_request_ref(request, "obj", query->type, query->ref);
    xml_write_boolean(writer, "skip", query->skip_start);
    write_walks(writer, query);
    xml_write_close(writer);
    xml_write_close(writer);
    xml_write_open(writer, "options");
    if (query->page > 0) {
        char count[16];
        (void)snprintf(count, sizeof count, "%d", query->page);
        xml_write_element(writer, "maxObjects", count);
    }
    xml_write_close(writer);
}

static bool session_is_gone(const struct xml_node *result)
{
    const struct xml_node *object = xml_child(result, VSPHERE_NS, "objects");
    for (; object; object = xml_next(object, VSPHERE_NS, "objects")) {
        const struct xml_node *missing = xml_child(object, VSPHERE_NS, "missingSet");
        for (; missing; missing = xml_next(missing, VSPHERE_NS, "missingSet")) {
            const struct xml_node *fault =
                xml_child(xml_child(missing, VSPHERE_NS, "fault"), VSPHERE_NS, "fault");
            const char *type = xml_type(fault);
            if (type && !strcmp(type, "NotAuthenticated"))
                return true;
        }
    }
    return false;
}

/* The start object itself, or one that a walk led to, which is of another type. A mixed-up
   answer about somebody else is none about ours. */
static bool is_asked_for(const struct vsphere_query *query, const struct xml_node *object)
{
    return vsphere_object_is(object, query->type)
               ? !strcmp(vsphere_object_ref(object), query->ref)
               : query->walk_count > 0;
}

/* One page: show its objects; *token becomes that of the next one or NULL. */
static enum vsphere_answer take_page(struct vsphere_talk *talk,
                                     const struct vsphere_query *query,
                                     struct vsphere_request *request, char **token)
{
    auto_reply struct vsphere_reply reply = {0};
    enum vsphere_answer answer = vsphere_send(talk, request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    const struct xml_node *result = xml_child(reply.body, VSPHERE_NS, "returnval");
    if (session_is_gone(result)) {
        vsphere_session_lost(talk);
        talk->fault = (struct vsphere_fault){.kind = VSPHERE_FAULT_SESSION,
                                             .type = "NotAuthenticated"};
        return vsphere_because(talk, VSPHERE_FAULT,
                               "the manager says that the session has ended");
    }
    const struct xml_node *object = xml_child(result, VSPHERE_NS, "objects");
    for (; object; object = xml_next(object, VSPHERE_NS, "objects"))
        if (is_asked_for(query, object))
            query->take(query->context, object);
    const char *next = xml_child_text(result, VSPHERE_NS, "token");
    free(*token);
    *token = next && *next ? xstrdup(next) : NULL;
    return VSPHERE_OK;
}

static enum vsphere_answer first_page(struct vsphere_talk *talk,
                                      const struct vsphere_query *query, char **token)
{
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "RetrievePropertiesEx", "PropertyCollector",
                         talk->service.property_collector);
    write_query(&request, query);
    return take_page(talk, query, &request, token);
}

static enum vsphere_answer next_page(struct vsphere_talk *talk,
                                     const struct vsphere_query *query, char **token)
{
    auto_request struct vsphere_request request = {0};
    vsphere_talk_request(talk, &request, "ContinueRetrievePropertiesEx",
                         "PropertyCollector", talk->service.property_collector);
    xml_write_element(&request.writer, "token", *token);
    return take_page(talk, query, &request, token);
}

enum vsphere_answer vsphere_retrieve(struct vsphere_talk *talk,
                                     const struct vsphere_query *query)
{
    auto_free char *token = NULL;
    enum vsphere_answer answer = vsphere_connect(talk);
    if (answer == VSPHERE_OK)
        answer = first_page(talk, query, &token);
    /* Nothing was shown yet, so asking again is safe. */
    if (answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_SESSION) {
        answer = vsphere_connect(talk);
        if (answer == VSPHERE_OK)
            answer = first_page(talk, query, &token);
    }
    for (int pages = 1; answer == VSPHERE_OK && token; pages++) {
        if (pages >= VSPHERE_PAGES_MAX)
            return vsphere_because(talk, VSPHERE_NO,
                                   "the manager sends more than %d pages of properties",
                                   VSPHERE_PAGES_MAX);
        answer = next_page(talk, query, &token);
    }
    return answer;
}

const char *vsphere_object_ref(const struct xml_node *object)
{
    const char *ref = vsphere_ref_of(xml_child(object, VSPHERE_NS, "obj"), NULL);
    return ref ? ref : "";
}

bool vsphere_object_is(const struct xml_node *object, const char *type)
{
    return vsphere_ref_of(xml_child(object, VSPHERE_NS, "obj"), type) != NULL;
}

static const struct xml_node *entry(const struct xml_node *object, const char *list,
                                    const char *label, const char *path)
{
    const struct xml_node *item = xml_child(object, VSPHERE_NS, list);
    for (; item; item = xml_next(item, VSPHERE_NS, list)) {
        const char *name = xml_child_text(item, VSPHERE_NS, label);
        if (name && !strcmp(name, path))
            return item;
    }
    return NULL;
}

const struct xml_node *vsphere_property(const struct xml_node *object, const char *path)
{
    return xml_child(entry(object, "propSet", "name", path), VSPHERE_NS, "val");
}

const char *vsphere_property_text(const struct xml_node *object, const char *path)
{
    return xml_text(vsphere_property(object, path));
}

const char *vsphere_property_missing(const struct xml_node *object, const char *path)
{
    const struct xml_node *missing = entry(object, "missingSet", "path", path);
    const struct xml_node *fault =
        xml_child(xml_child(missing, VSPHERE_NS, "fault"), VSPHERE_NS, "fault");
    const char *type = xml_type(fault);
    return missing ? (type ? type : "unknown fault") : NULL;
}
