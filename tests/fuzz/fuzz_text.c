/*
 * fuzz_text.c - text from outside on its way to a terminal or a report: one line of
 * printable UTF-8, and doing it twice changes nothing.
 */
#include "fuzz.h"
#include "util/duration.h"
#include "util/text.h"

#define MOST 200

static void must_be_harmless(const char *text)
{
    MUST(text_is_utf8(text, strlen(text)));
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        MUST(*p >= 0x20 && *p != 0x7f);
        MUST(!(*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)); /* C1 controls */
        MUST(!(*p == 0xe2 && p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)); /* bidi */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_buf struct buf once = {0}, twice = {0};
    text_sanitize(&once, (const char *)data, size, MOST);
    must_be_harmless(buf_text(&once));
    MUST(once.length <= MOST + 3); /* and the mark of a cut */
    text_sanitize(&twice, once.data ? once.data : "", once.length, MOST + 3);
    MUST(!strcmp(buf_text(&once), buf_text(&twice)));
    MUST(text_columns(buf_text(&once)) >= 0);
    auto_free char *text = fuzz_text(data, size);
    char small[16], words[32];
    must_be_harmless(text_clean(text, small, sizeof small));
    int64_t ms = 0;
    if (!duration_parse(text, &ms)) {
        MUST(ms >= 0 && ms <= DURATION_MAX_MS);
        (void)duration_format(ms, words, sizeof words);
        int64_t again = -1;
        MUST(!duration_parse(words, &again));
    }
    MUST(text_version_cmp(text, text) == 0);
    return 0;
}
