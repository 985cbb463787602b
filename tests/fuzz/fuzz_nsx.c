/*
 * fuzz_nsx.c - what NSX-T managers answer in JSON and NSX-V managers in XML, under every
 * operation of the plugin (answers.h).
 */
#include "answers.h"
#include "nsx/nsx_plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {
        "{\"name\":\"nsx-1\",\"rest\":{\"url\":\"https://127.0.0.1\",\"tls\":{\"ca\":"
        "\"/ca.pem\"},\"login\":{\"user\":\"admin\",\"password\":{\"file\":\"/pw\"}}}}"};
    return answers_run(nsx_plugin(), targets, ARRAY_LENGTH(targets), data, size);
}
