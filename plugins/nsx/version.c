/* version.c - see version.h. Pure. */
#include "nsx/version.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"

#define FIELDS           4
#define FIELD_DIGITS_MAX 9

/* Bytes of the first four numbers, 0 if there are fewer. */
static size_t four_numbers(const char *text)
{
    const char *at = text;
    for (int field = 0; field < FIELDS; field++) {
        size_t digits = strspn(at, "0123456789");
        if (!digits || digits > FIELD_DIGITS_MAX)
            return 0;
        at += digits;
        if (field + 1 < FIELDS && *at++ != '.')
            return 0;
    }
    return (size_t)(at - text);
}

bool nsx_version_take(const char *told, char out[NSX_VERSION_MAX])
{
    size_t length = told ? four_numbers(told) : 0;
    if (!length || (told[length] && told[length] != '.'))
        return false;
    (void)snprintf(out, NSX_VERSION_MAX, "%.*s", (int)length, told);
    return true;
}

bool nsx_version_is(const char *told, const char *wanted)
{
    char release[NSX_VERSION_MAX];
    return wanted && nsx_version_take(told, release) &&
           !text_version_cmp(release, wanted);
}

const char *nsx_wanted(const struct nsx_talk *talk)
{
    return json_text(talk->with, "version");
}

int nsx_version_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *version = json_text(json, "version");
    if (!version || strstr(version, "${"))
        return 0;
    size_t length = four_numbers(version);
    if (length && !version[length])
        return 0;
    char clean[64];
    return slipway_error_set(
        err, -1,
        "version: %s: a release is four numbers, as 4.1.2.1 (NSX-T) or "
        "6.4.14.20609341 (NSX-V); never \"latest\"",
        text_clean(version, clean, sizeof clean));
}
