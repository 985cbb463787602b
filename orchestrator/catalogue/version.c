/* version.c - see version.h. A text that is no version is refused, never guessed at. */
#include "catalogue/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_DIGITS_MAX 9

bool version_parse(const char *text, struct version *out)
{
    struct version version = {.count = 0};
    for (;;) {
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > FIELD_DIGITS_MAX || version.count == VERSION_FIELDS)
            return false;
        version.fields[version.count++] = (uint32_t)strtoul(text, NULL, 10);
        version.digits = (int)digits;
        text += digits;
        if (!*text)
            break;
        if (*text++ != '.')
            return false;
    }
    if (version.count < 2)
        return false;
    *out = version;
    return true;
}

int version_compare(const struct version *a, const struct version *b)
{
    for (size_t i = 0; i < VERSION_FIELDS; i++) {
        if (a->fields[i] != b->fields[i])
            return a->fields[i] < b->fields[i] ? -1 : 1;
    }
    return 0;
}

const char *version_text(const struct version *version, char *out, size_t size)
{
    const uint32_t *f = version->fields;
    int width = version->digits;
    if (version->count == 4)
        (void)snprintf(out, size, "%u.%u.%u.%0*u", f[0], f[1], f[2], width, f[3]);
    else if (version->count == 3)
        (void)snprintf(out, size, "%u.%u.%0*u", f[0], f[1], width, f[2]);
    else
        (void)snprintf(out, size, "%u.%0*u", f[0], width, f[1]);
    return out;
}

const char *version_line(const struct version *version, char *out, size_t size)
{
    (void)snprintf(out, size, "%u.%u", version->fields[0], version->fields[1]);
    return out;
}

bool version_begins(const struct version *version, const struct version *shorter)
{
    return shorter->count <= version->count &&
           !memcmp(version->fields, shorter->fields,
                   shorter->count * sizeof version->fields[0]);
}
