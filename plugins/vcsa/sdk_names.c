/*
 * sdk_names.c - one RetrievePropertiesEx over a list of references.
 *
 *   propSet Alarm: info.name · ManagedEntity: name · objectSet for each reference
 *
 * Failure: an object that was removed meanwhile fails the whole question on a real
 * vCenter (ManagedObjectNotFound). Names are for people: then there are none, and the
 * references are shown.
 */
#include "vcsa/sdk_names.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"

void vcsa_sdk_names_want(struct vcsa_sdk_names *names, const char *type, const char *ref)
{
    if (names->count >= VCSA_SDK_NAMES_MAX || !vsphere_ref_valid(type) ||
        !vsphere_ref_valid(ref) || vcsa_sdk_names_find(names, ref))
        return;
    struct vcsa_sdk_name *item = &names->items[names->count++];
    (void)snprintf(item->type, sizeof item->type, "%s", type);
    (void)snprintf(item->ref, sizeof item->ref, "%s", ref);
    item->name[0] = '\0';
}

const char *vcsa_sdk_names_find(const struct vcsa_sdk_names *names, const char *ref)
{
    for (size_t i = 0; ref && i < names->count; i++)
        if (!strcmp(names->items[i].ref, ref))
            return names->items[i].name;
    return NULL;
}

static void write_wish(struct xml_writer *writer, const char *type, const char *path)
{
    xml_write_open(writer, "propSet");
    xml_write_element(writer, "type", type);
    xml_write_boolean(writer, "all", false);
    xml_write_element(writer, "pathSet", path);
    xml_write_close(writer);
}

static void write_question(struct vsphere_request *request,
                           const struct vcsa_sdk_names *names)
{
    struct xml_writer *writer = &request->writer;
    xml_write_open(writer, "specSet");
    write_wish(writer, "Alarm", "info.name");
    write_wish(writer, "ManagedEntity", "name");
    for (size_t i = 0; i < names->count; i++) {
        xml_write_open(writer, "objectSet");
        vsphere_request_ref(request, "obj", names->items[i].type, names->items[i].ref);
        xml_write_boolean(writer, "skip", false);
        xml_write_close(writer);
    }
    xml_write_close(writer);
    xml_write_open(writer, "options");
    xml_write_close(writer);
}

static void take_name(struct vcsa_sdk_names *names, const struct xml_node *object)
{
    const char *name = vsphere_property_text(object, "name");
    name = name ? name : vsphere_property_text(object, "info.name");
    for (size_t i = 0; name && i < names->count; i++)
        if (!strcmp(names->items[i].ref, vsphere_object_ref(object)))
            (void)text_clean(name, names->items[i].name, sizeof names->items[i].name);
}

enum vsphere_answer vcsa_sdk_names_read(struct vcsa_sdk *sdk,
                                        struct vcsa_sdk_names *names)
{
    if (!names->count)
        return VSPHERE_OK;
    auto_request struct vsphere_request request = {0};
    auto_reply struct vsphere_reply reply = {0};
    vsphere_talk_request(&sdk->soap, &request, "RetrievePropertiesEx",
                         "PropertyCollector", sdk->soap.service.property_collector);
    write_question(&request, names);
    enum vsphere_answer answer = vsphere_send(&sdk->soap, &request, &reply);
    if (answer == VSPHERE_FAULT)
        return VSPHERE_OK;
    if (answer != VSPHERE_OK)
        return answer;
    const struct xml_node *result = xml_child(reply.body, VSPHERE_NS, "returnval");
    const struct xml_node *object = xml_child(result, VSPHERE_NS, "objects");
    for (; object; object = xml_next(object, VSPHERE_NS, "objects"))
        take_name(names, object);
    return VSPHERE_OK;
}
