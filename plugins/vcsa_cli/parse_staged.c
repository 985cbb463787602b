/*
 * parse_staged.c - `software-packages list --staged`: lines "key: value"; see parse.h.
 *
 *   version_supported: [u'6.5.0.20000', u'6.5.0.21000']
 *
 * is a Python list in its printed form. It is the patch's own word on what it can be
 * installed over, so it is read strictly: texts in quotes, commas, brackets, and nothing
 * else; a list that is not exactly that is not known, never empty.
 */
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

/* One quoted version, with or without the u of Python 2; moves on. NULL if it is none. */
static json_t *take_item(const char **at)
{
    const char *p = *at;
    p += *p == 'u';
    char quote = *p++;
    if (quote != '\'' && quote != '"')
        return NULL;
    const char *end = strchr(p, quote);
    if (!end || (size_t)(end - p) >= CLI_VERSION_MAX)
        return NULL;
    char version[CLI_VERSION_MAX];
    memcpy(version, p, (size_t)(end - p));
    version[end - p] = '\0';
    if (!parse_version_valid(version))
        return NULL;
    *at = end + 1;
    return json_string(version);
}

/* The whole list; NULL if it is not exactly one. */
static json_t *parse_list(const char *at)
{
    auto_json json_t *list = json_array();
    if (*at++ != '[')
        return NULL;
    at += strspn(at, " ");
    while (*at != ']') {
        json_t *item = take_item(&at);
        if (!item || json_array_size(list) >= CLI_SUPPORTED) {
            json_decref(item);
            return NULL;
        }
        (void)json_array_append_new(list, item);
        at += strspn(at, " ");
        if (*at == ',')
            at += 1 + strspn(at + 1, " ");
        else if (*at != ']')
            return NULL;
    }
    return at[1 + strspn(at + 1, " \t")] ? NULL : steal_ptr(&list);
}

static const struct {
    const char *key, *name;
} texts[] = {
    {"version", "version"},
    {"name", "name"},
    {"summary", "summary"},
    {"category", "category"},
    {"severity", "severity"},
    {"buildnumber", "build"},
    {"kb", "kb"},
    {"vendor", "vendor"},
    {"releasedate", "release_date"},
    {"productname", "product"},
};

static void take_line(json_t *staged, const char *line)
{
    const char *value = plain_value(line, "version_supported");
    if (value) {
        json_t *list = parse_list(value);
        if (list)
            (void)json_object_set_new(staged, "version_supported", list);
        return;
    }
    if ((value = plain_value(line, "rebootrequired")))
        (void)json_object_set_new(
            staged, "reboot_required",
            json_boolean(!strcasecmp(value, "true") || !strcasecmp(value, "yes")));
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        char clean[CLI_WORD_MAX];
        value = plain_value(line, texts[i].key);
        if (value && !json_object_get(staged, texts[i].name))
            (void)json_object_set_new(
                staged, texts[i].name,
                json_string(text_clean(value, clean, sizeof clean)));
    }
}

/* Behind a stamp " [2021-02-27T13:11:36.058] : " if there is one. */
static char *behind_stamp(char *line)
{
    char *start = plain_trim(line);
    char *close = start[0] == '[' ? strstr(start, "] : ") : NULL;
    return close ? plain_trim(close + 4) : start;
}

json_t *parse_staged(const char *text)
{
    auto_json json_t *staged = json_object();
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));)
        take_line(staged, behind_stamp(line));
    const char *version = json_text(staged, "version");
    return version && parse_version_valid(version) ? steal_ptr(&staged) : NULL;
}
