/*
 * fuzz_vcsa.c - what a vCenter answers in both dialects and at /sdk, under every operation
 * of the plugin (answers.h). The targets: one for an SSO user, one for root, one with
 * both doors.
 */
#include <netdb.h>

#include "answers.h"
#include "vcsa/vcsa_plugin.h"

#define DOOR(user)                                                                       \
    "\"url\":\"https://127.0.0.1\",\"tls\":{\"ca\":\"/"                                  \
    "ca.pem\"},\"login\":{\"user\":\"" user "\",\"password\":{\"file\":\"/pw\"}}"

/* Nothing is asked of any name server. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    (void)name;
    (void)service;
    (void)hints;
    (void)out;
    return EAI_NONAME;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {
        "{\"name\":\"vc-1\",\"rest\":{" DOOR("administrator@vsphere.local") "}}",
        "{\"name\":\"vc-1\",\"rest\":{" DOOR("root") "}}",
        "{\"name\":\"vc-1\",\"rest\":{\"vami\":{" DOOR("root") "}," DOOR("a@b") "}}"};
    return answers_run(vcsa_plugin(), targets, ARRAY_LENGTH(targets), data, size);
}
