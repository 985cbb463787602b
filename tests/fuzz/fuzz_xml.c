/*
 * fuzz_xml.c - SOAP from a manager: scanned, parsed, walked and read as a fault and as
 * an answer. What is read fits where it is put.
 */
#include "fuzz.h"
#include "common/xml.h"
#include "vsphere/fault.h"
#include "vsphere/properties.h"
#include "vsphere/soap.h"

#define NODES_MAX 20000

static int walk(const struct xml_node *node, int left)
{
    for (; node && left > 0; node = xml_next(node, NULL, NULL)) {
        long long number;
        bool truth;
        struct vsphere_fault fault = {0};
        vsphere_fault_decode(node, xml_text(node), &fault);
        MUST(memchr(fault.type, '\0', sizeof fault.type));
        MUST(memchr(fault.text, '\0', sizeof fault.text));
        MUST(!fault.object[0] || vsphere_ref_valid(fault.object));
        (void)vsphere_fault_outcome(&fault);
        (void)xml_number(node, &number);
        (void)xml_boolean(node, &truth);
        (void)xml_type(node);
        const char *ref = vsphere_ref_of(node, "Task");
        MUST(!ref || vsphere_ref_valid(ref));
        (void)vsphere_object_ref(node);
        (void)vsphere_property_text(node, "name");
        (void)vsphere_property_missing(node, "name");
        left = walk(xml_child(node, NULL, NULL), left - 1);
    }
    return left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slipway_error err = {""};
    auto_xml struct xml *xml = NULL;
    xml_init();
    if (xml_parse((const char *)data, size, &xml, &err)) {
        MUST(err.text[0]);
        return 0;
    }
    (void)walk(xml_root(xml), NODES_MAX);
    return 0;
}
