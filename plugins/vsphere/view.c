/*
 * view.c - see view.h: a container view of the whole inventory, read, and destroyed.
 *
 * Failure: the answer of the exchange. A view dies with its session, so one that is gone
 * says nothing about the objects: VSPHERE_LATER.
 */
#include "vsphere/view.h"

#include "util/auto.h"

#define PAGE_OBJECTS 500

static enum vsphere_answer open_view(struct vsphere_talk *talk, const char *const *types,
                                     char view[VSPHERE_REF_MAX])
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "CreateContainerView", "ViewManager",
                         talk->service.view_manager);
    vsphere_request_ref(&request, "container", "Folder", talk->service.root_folder);
    for (size_t i = 0; types[i]; i++)
        xml_write_element(&request.writer, "type", types[i]);
    xml_write_boolean(&request.writer, "recursive", true);
    enum vsphere_answer answer = vsphere_send(talk, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    const char *ref =
        vsphere_ref_of(xml_child(reply.body, VSPHERE_NS, "returnval"), "ContainerView");
    if (!ref)
        return vsphere_because(talk, VSPHERE_LATER,
                               "the manager made no view of its inventory");
    (void)snprintf(view, VSPHERE_REF_MAX, "%s", ref);
    return VSPHERE_OK;
}

/* Best effort: the view dies with the session anyway. */
static void close_view(struct vsphere_talk *talk, const char *view)
{
    struct vsphere_fault fault = talk->fault;
    struct slipway_error err = talk->err;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(talk, &request, "DestroyView", "ContainerView", view);
    (void)vsphere_send(talk, &request, &reply);
    talk->fault = fault;
    talk->err = err;
}

enum vsphere_answer
vsphere_look_at_all(struct vsphere_talk *talk, const char *const *types,
                    const struct vsphere_wish *wishes, size_t wish_count,
                    void (*take)(void *context, const struct xml_node *object),
                    void *context)
{
    char view[VSPHERE_REF_MAX];
    enum vsphere_answer answer = open_view(talk, types, view);
    if (answer != VSPHERE_OK)
        return answer;
    const struct vsphere_walk walk = {"ContainerView", "view"};
    const struct vsphere_query query = {
        .type = "ContainerView",
        .ref = view,
        .skip_start = true,
        .walks = &walk,
        .walk_count = 1,
        .wishes = wishes,
        .wish_count = wish_count,
        .page = PAGE_OBJECTS,
        .take = take,
        .context = context,
    };
    answer = vsphere_retrieve(talk, &query);
    close_view(talk, view);
    if (answer == VSPHERE_FAULT && talk->fault.kind == VSPHERE_FAULT_GONE)
        answer = VSPHERE_LATER;
    return answer;
}
