/*
 * rest_url.c - the address of a request: the target's URL, the step's path and
 * its query. The path is taken as written (already percent-encoded); names and
 * values of the query are encoded here. Cannot fail; what is no URL afterwards
 * is refused before anything is sent.
 */
#include "rest/rest_internal.h"

#include <string.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/xalloc.h"

static void add_encoded(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("-._~", *p);
        if (plain)
            buf_addc(out, *p);
        else
            buf_addf(out, "%%%02X", (unsigned char)*p);
    }
}

static void add_value(struct buf *out, const json_t *value)
{
    auto_free char *number = NULL;
    if (!json_is_string(value))
        number = json_canonical(value);
    add_encoded(out, number ? number : json_string_value(value));
}

static void add_parameter(struct buf *out, const char *name, const json_t *value)
{
    buf_addc(out, strchr(buf_text(out), '?') ? '&' : '?');
    add_encoded(out, name);
    buf_addc(out, '=');
    add_value(out, value);
}

char *rest_url(const struct rest_target *target, const json_t *with)
{
    auto_buf struct buf url = {0};
    const char *name;
    json_t *value, *item;
    size_t i;
    buf_addf(&url, "%s%s", target->url, json_text(with, "path"));
    json_object_foreach(json_object_get(with, "query"), name, value)
    {
        if (!json_is_array(value))
            add_parameter(&url, name, value);
        json_array_foreach(value, i, item)
        {
            add_parameter(&url, name, item);
        }
    }
    return buf_take(&url);
}
