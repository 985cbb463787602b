/*
 * text.c - small texts: names in a sentence, members, instants, ids, encodings. Pure.
 */
#include <string.h>

#include "nsx/talk.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

const char *nsx_names(const json_t *names, char *out, size_t size)
{
    auto_buf struct buf line = {0};
    size_t count = json_array_size(names);
    for (size_t i = 0; i < count && i < NSX_NAMES_SAID; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        buf_addf(&line, "%s%s", i ? ", " : "", name ? name : "?");
    }
    if (count > NSX_NAMES_SAID)
        buf_addf(&line, " and %zu more", count - NSX_NAMES_SAID);
    return text_clean(buf_text(&line), out, size);
}

const char *nsx_member(const json_t *object, const char *key, char *out, size_t size)
{
    const char *text = json_text(object, key);
    return text_clean(text ? text : "", out, size);
}

json_t *nsx_instant(int64_t ms)
{
    char text[32];
    return json_string(time_iso(ms, text, sizeof text));
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

bool nsx_id_acceptable(const char *id)
{
    size_t length = id ? strlen(id) : 0;
    for (size_t i = 0; i < length; i++)
        if (!is_plain(id[i]) && id[i] != ':')
            return false;
    return length && length <= NSX_ID_MAX && strcmp(id, ".") != 0 &&
           strcmp(id, "..") != 0;
}

char *nsx_encoded(const char *text)
{
    auto_buf struct buf out = {0};
    for (const char *p = text; *p; p++) {
        if (is_plain(*p))
            buf_addc(&out, *p);
        else
            buf_addf(&out, "%%%02X", (unsigned char)*p);
    }
    buf_adds(&out, "");
    return buf_take(&out);
}
