/*
 * fuzz_vsphere.c - what a manager answers over SOAP, under every operation of the plugin
 * (answers.h). The targets: a manager of its own, and a set of hosts.
 */
#include "answers.h"
#include "vsphere/vsphere_plugin.h"

#define VM                                                                               \
    "{\"name\":\"vc-1\",\"host\":\"127.9.9.9\",\"vm\":{\"uuid\":\"4237\"},\"manager\":{" \
    "\"name\":\"m\",\"tls\":{\"ca\":\"/"                                                 \
    "ca.pem\"},\"login\":{\"user\":\"svc\",\"password\":"                                \
    "{\"file\":\"/pw\"}},"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {
        VM "\"url\":\"https://127.0.0.1/sdk\"}}",
        VM "\"hosts\":[{\"name\":\"a\",\"url\":\"https://127.0.0.1/sdk\"},"
           "{\"name\":\"b\",\"url\":\"https://127.0.0.2/sdk\"}]}}"};
    return answers_run(vsphere_plugin(), targets, ARRAY_LENGTH(targets), data, size);
}
