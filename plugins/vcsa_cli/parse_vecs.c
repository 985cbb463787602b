/*
 * parse_vecs.c - `vecs-cli store list` and `vecs-cli entry list --store S --text`; see
 * parse.h. An entry begins with "Alias :"; its certificate is printed as openssl does,
 * with a line "Not After : Nov  5 12:00:00 2026 GMT". Names of stores go into a command
 * again, so a name of other than letters, digits, dots, dashes and underscores is dropped.
 */
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

int parse_moment(const char *text, int64_t *out_ms)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%b %d %H:%M:%S %Y GMT", &tm);
    if (!end || end[strspn(end, " \t\r")])
        return -1;
    *out_ms = (int64_t)timegm(&tm) * CLI_SECOND_MS;
    return 0;
}

json_t *parse_stores(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    json_t *stores = json_array();
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        const char *name = plain_trim(line);
        size_t length = strlen(name);
        if (length && length < CLI_WORD_MAX && strspn(name, allowed) == length &&
            name[0] != '-' && json_array_size(stores) < CLI_STORES)
            (void)json_array_append_new(stores, json_string(name));
    }
    return stores;
}

json_t *parse_entries(const char *text)
{
    json_t *entries = json_array(), *entry = NULL;
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    bool alternatives = false;
    for (char *line; (line = plain_line(&rest));) {
        char clean[CLI_WORD_MAX];
        const char *alias = plain_value(line, "Alias");
        const char *end = plain_value(line, "Not After");
        int64_t ends_ms = 0;
        if (alias && json_array_size(entries) < CLI_ENTRIES) {
            entry = json_pack("{s:s}", "alias", text_clean(alias, clean, sizeof clean));
            (void)json_array_append_new(entries, entry);
        } else if (end && entry && !json_object_get(entry, "ends_ms") &&
                   parse_moment(end, &ends_ms) == 0) {
            (void)json_object_set_new(entry, "ends_ms", json_integer(ends_ms));
        }
        parse_names_of(entry, line, &alternatives);
    }
    return entries;
}
