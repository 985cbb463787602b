/*
 * fuzz_json.c - JSON from anybody: what is accepted has one canonical text, and reading
 * that gives the same again.
 */
#include "fuzz.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slipway_error err = {""};
    auto_json json_t *json = json_parse((const char *)data, size, 65536, &err);
    if (!json) {
        MUST(err.text[0]);
        return 0;
    }
    auto_free char *once = json_canonical(json);
    auto_json json_t *again = json_parse(once, strlen(once), JSON_BYTES_MAX, &err);
    MUST(again);
    auto_free char *twice = json_canonical(again);
    MUST(!strcmp(once, twice));
    return 0;
}
