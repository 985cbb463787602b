/*
 * fuzz_rest.c - what any REST service answers, to requests of every form (answers.h). The
 * targets: without a login, with Basic, with a session.
 */
#include "answers.h"
#include "rest/rest_plugin.h"

#define DOOR    "\"url\":\"https://127.0.0.1:8443\",\"tls\":{\"ca\":\"/ca.pem\"}"
#define LOGIN   "\"login\":{\"user\":\"root\",\"password\":{\"file\":\"/pw\"}}"
#define SESSION "\"session\":{\"path\":\"/api/session\",\"header\":\"X-Auth-Token\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {
        "{\"name\":\"vc-1\",\"rest\":{" DOOR "}}",
        "{\"name\":\"vc-1\",\"rest\":{" DOOR "," LOGIN "}}",
        "{\"name\":\"vc-1\",\"rest\":{" DOOR "," LOGIN "," SESSION "}}"};
    return answers_run(rest_plugin(), targets, ARRAY_LENGTH(targets), data, size);
}
