/*
 * sdk_talk.c - logs in at a vCenter's own /sdk, and asks for properties there.
 *
 * How it works: the door of Single Sign-On users becomes the `manager` of a target that
 * vsphere's library is opened with. Before the first login of a session the same user is
 * let in by REST: vpxd also calls a password wrong while Single Sign-On is not up, and a
 * wrong password is never sent again.
 *
 * Failure: an appliance without an SSO user is REFUSED with what to write; vpxd not being
 * up is RETRY. Everything else is told by the library's answers.
 */
#include "vcsa/sdk_talk.h"

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/release.h"

#define FIRST_WITH_REST "6.5"
#define WALK_PAGE       500 /* objects a page: a vCenter may have tens of thousands */

/* --- open and close ------------------------------------------------------------------ */

static json_t *manager_of(const struct vcsa_endpoint *door)
{
    json_t *tls = json_object();
    if (door->tls.pin)
        (void)json_object_set_new(tls, "pin", json_string(door->tls.pin));
    if (door->tls.ca)
        (void)json_object_set_new(tls, "ca", json_string(door->tls.ca));
    auto_free char *url = xasprintf("%s/sdk", door->url);
    return json_pack("{s:{s:s, s:o, s:{s:s, s:o}}}", "manager", "url", url, "tls", tls,
                     "login", "user", door->user, "password",
                     json_loads(door->password_reference, JSON_DECODE_ANY, NULL));
}

/* 6.0 has no REST service that could be asked: there the SOAP login is the first. */
static bool is_before_rest(struct vcsa_talk *rest)
{
    struct vcsa_release release = {"", ""};
    return vcsa_sdk_about(rest, &release) == VCSA_OK &&
           text_version_cmp(release.version, FIRST_WITH_REST) < 0;
}

/* Is Single Sign-On up, and does it take this user? A release that does not know the
   question has answered it: somebody was logged in to ask. */
static enum vcsa_answer sso_takes_us(struct vcsa_talk *rest)
{
    static const struct vcsa_request who = {.path = "/vcenter/services",
                                            .old_path = "/appliance/vmon/service"};
    auto_json json_t *ignored = NULL;
    enum vcsa_answer answer = vcsa_read(rest, &who, &ignored);
    if (answer == VCSA_GATEWAY && is_before_rest(rest))
        return VCSA_OK;
    return answer == VCSA_ABSENT || answer == VCSA_ERROR ? VCSA_OK : answer;
}

static enum vcsa_answer open_both(struct vcsa_sdk *sdk, struct slipway_call *call)
{
    const struct vcsa_endpoint *door = &sdk->rest.target.doors[VCSA_SSO];
    if (!door->on)
        return vcsa_because(&sdk->rest, VCSA_NO,
                            "%s: vpxd is asked on port 443: give rest with an SSO user, "
                            "and port 5480 as rest.vami",
                            sdk->rest.target.name);
    if (vsphere_talk_open_as(&sdk->soap, call, sdk->rest.plugin->sdk, manager_of(door)))
        return vcsa_because(&sdk->rest, VCSA_NO, "%s: the login of rest is incomplete",
                            sdk->rest.target.name);
    vcsa_prefer(&sdk->rest, VCSA_SSO);
    return vsphere_logged_in(&sdk->soap) ? VCSA_OK : sso_takes_us(&sdk->rest);
}

bool vcsa_sdk_open(struct vcsa_sdk *sdk, struct slipway_call *call,
                   enum slipway_outcome *outcome)
{
    *sdk = (struct vcsa_sdk){.soap = {.call = NULL}};
    *outcome = SLIPWAY_REFUSED;
    if (vcsa_talk_open(&sdk->rest, call))
        return false;
    enum vcsa_answer answer = open_both(sdk, call);
    if (answer != VCSA_OK)
        *outcome = vcsa_read_outcome(&sdk->rest, answer);
    return answer == VCSA_OK;
}

void vcsa_sdk_close(struct vcsa_sdk *sdk)
{
    vsphere_talk_close(&sdk->soap);
    vcsa_talk_close(&sdk->rest);
}

enum slipway_outcome vcsa_sdk_outcome(struct vcsa_sdk *sdk, enum vsphere_answer answer)
{
    return vsphere_outcome(&sdk->soap, answer);
}

/* --- reading --------------------------------------------------------------------------- */

enum vsphere_answer vcsa_sdk_look(struct vcsa_sdk *sdk, const char *type, const char *ref,
                                  const char *const *paths,
                                  void (*take)(void *context, const struct xml_node *),
                                  void *context)
{
    const struct vsphere_query query = {
        .type = type,
        .ref = ref,
        .wishes = &(struct vsphere_wish){type, paths},
        .wish_count = 1,
        .take = take,
        .context = context,
    };
    return vsphere_retrieve(&sdk->soap, &query);
}

static enum vsphere_answer open_view(struct vsphere_talk *soap,
                                     const struct vsphere_wish *wishes, size_t count,
                                     char *view)
{
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(soap, &request, "CreateContainerView", "ViewManager",
                         soap->service.view_manager);
    vsphere_request_ref(&request, "container", "Folder", soap->service.root_folder);
    for (size_t i = 0; i < count; i++)
        xml_write_element(&request.writer, "type", wishes[i].type);
    xml_write_boolean(&request.writer, "recursive", true);
    enum vsphere_answer answer = vsphere_send(soap, &request, &reply);
    if (answer != VSPHERE_OK)
        return answer;
    const char *ref =
        vsphere_ref_of(xml_child(reply.body, VSPHERE_NS, "returnval"), "ContainerView");
    if (!ref)
        return vsphere_because(soap, VSPHERE_LATER, "vpxd made no view of its inventory");
    (void)snprintf(view, VSPHERE_REF_MAX, "%s", ref);
    return VSPHERE_OK;
}

/* As far as it goes: a view ends with its session. */
static void close_view(struct vsphere_talk *soap, const char *view)
{
    struct vsphere_fault fault = soap->fault;
    struct slipway_error err = soap->err;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(soap, &request, "DestroyView", "ContainerView", view);
    (void)vsphere_send(soap, &request, &reply);
    soap->fault = fault;
    soap->err = err;
}

enum vsphere_answer vcsa_sdk_walk(struct vcsa_sdk *sdk, const struct vsphere_wish *wishes,
                                  size_t count,
                                  void (*take)(void *context, const struct xml_node *),
                                  void *context)
{
    char view[VSPHERE_REF_MAX];
    enum vsphere_answer answer = vsphere_connect(&sdk->soap);
    if (answer == VSPHERE_OK)
        answer = open_view(&sdk->soap, wishes, count, view);
    if (answer != VSPHERE_OK)
        return answer;
    const struct vsphere_query query = {
        .type = "ContainerView",
        .ref = view,
        .skip_start = true,
        .walks = &(struct vsphere_walk){"ContainerView", "view"},
        .walk_count = 1,
        .wishes = wishes,
        .wish_count = count,
        .page = WALK_PAGE,
        .take = take,
        .context = context,
    };
    answer = vsphere_retrieve(&sdk->soap, &query);
    close_view(&sdk->soap, view);
    /* It went with its session: that says nothing about the inventory. */
    if (answer == VSPHERE_FAULT && sdk->soap.fault.kind == VSPHERE_FAULT_GONE)
        answer = VSPHERE_LATER;
    return answer;
}

json_t *vcsa_sdk_text(const struct xml_node *node, const char *child)
{
    char clean[VCSA_SHOWN_MAX];
    const char *text = xml_child_text(node, VSPHERE_NS, child);
    return text ? json_string(text_clean(text, clean, sizeof clean)) : json_null();
}
