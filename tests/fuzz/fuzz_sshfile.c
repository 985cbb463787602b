/*
 * fuzz_sshfile.c - pinned host keys, private keys and base64 that people put on disk.
 */
#include "fuzz.h"
#include "ssh/blob.h"
#include "ssh/bootid.h"
#include "ssh/hostkey.h"
#include "ssh/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slipway_error err = {""};
    auto_pins struct hostkey_pins pins = {0};
    const char *bytes = (const char *)data;
    if (!hostkey_parse(bytes, size, "known_hosts", "vc-0001.example", 22, &pins, &err)) {
        char words[256];
        hostkey_algorithms(&pins, words, sizeof words);
        for (size_t i = 0; i < pins.count; i++) {
            MUST(hostkey_matches(&pins, pins.pin[i].blob, pins.pin[i].length));
            (void)hostkey_type(pins.pin[i].blob, pins.pin[i].length, words, sizeof words);
        }
    } else {
        MUST(err.text[0]);
    }
    (void)key_check(bytes, size, &err);
    size_t length = 0;
    auto_free unsigned char *blob = blob_from_base64(bytes, size, &length);
    struct blob_reader reader = {blob, blob ? length : 0};
    const unsigned char *part;
    size_t part_length;
    while (blob && !blob_string(&reader, &part, &part_length))
        MUST(part >= blob && part + part_length <= blob + length);
    auto_free char *text = fuzz_text(data, size);
    MUST(!bootid_valid(text) || size == BOOTID_SIZE - 1);
    return 0;
}
