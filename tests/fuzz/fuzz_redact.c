/*
 * fuzz_redact.c - the secret stands somewhere in the bytes, plain or in one of its
 * forms: it is not in what comes out, nor is anything added but the mark.
 */
#include "fuzz.h"
#include "util/redact.h"
#include "util/redact_forms.h"

static const char secret[] = "h4rd-t0<guess>&\"it\" %s'\\";

struct planting {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static void plant(void *context, const char *bytes, size_t length)
{
    const struct planting *p = context;
    if (length < REDACT_WORD)
        return;
    auto_buf struct buf text = {0};
    auto_free char *noise = fuzz_text(p->data, p->size);
    buf_add(&text, noise, p->at);
    buf_add(&text, bytes, length);
    buf_adds(&text, noise + p->at);
    redact_text(&text);
    MUST(!memmem(buf_text(&text), text.length, bytes, length));
    MUST(!redact_finds(buf_text(&text), text.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool added;
    if (!added)
        MUST(!redact_add(secret, strlen(secret)));
    added = true;
    if (size < 1 || size > 4096)
        return 0;
    struct planting planting = {data + 1, size - 1, (size - 1) * data[0] / 256};
    redact_forms(secret, strlen(secret), plant, &planting);
    return 0;
}
