/* plan_members.c - see plan_members.h. */
#include "model/plan_members.h"

#include <string.h>

#include "util/json.h"
#include "util/xalloc.h"

json_t *plan_text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *plan_parsed(const char *text)
{
    json_t *json = text ? json_parse(text, strlen(text), JSON_BYTES_MAX, NULL) : NULL;
    return json ? json : json_object();
}

char *plan_read_text(struct plan_reader *r, const json_t *o, const char *key)
{
    const char *text = json_text(o, key);
    if (!text) {
        r->bad = true;
        r->what = key;
        return xstrdup("");
    }
    return xstrdup(text);
}

char *plan_read_text_or_null(const json_t *o, const char *key)
{
    return xstrdup_null(json_text(o, key));
}

int64_t plan_read_number(struct plan_reader *r, const json_t *o, const char *key)
{
    if (!json_is_integer(json_object_get(o, key))) {
        r->bad = true;
        r->what = key;
    }
    return (int64_t)json_number(o, key, 0);
}

/* A number that must lie in [low, high]. */
int plan_read_int(struct plan_reader *r, const json_t *o, const char *key, int64_t low,
                  int64_t high)
{
    int64_t number = plan_read_number(r, o, key);
    if (number < low || number > high) {
        r->bad = true;
        r->what = key;
        return (int)low;
    }
    return (int)number;
}

int plan_read_name(struct plan_reader *r, const json_t *o, const char *key,
                   int (*from)(const char *))
{
    int value = from(json_text(o, key));
    if (value < 0) {
        r->bad = true;
        r->what = key;
        return 0;
    }
    return value;
}

bool plan_read_bool(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

char *plan_read_document(struct plan_reader *r, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    if (!json_is_object(value)) {
        r->bad = true;
        r->what = key;
    }
    return json_canonical(value);
}

size_t plan_read_array(struct plan_reader *r, const json_t *o, const char *key,
                       size_t max)
{
    const json_t *list = json_object_get(o, key);
    if (!json_is_array(list) || json_array_size(list) > max) {
        r->bad = true;
        r->what = key;
        return 0;
    }
    return json_array_size(list);
}
