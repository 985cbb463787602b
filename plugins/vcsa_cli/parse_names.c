/*
 * parse_names.c - to whom a certificate is made out, as `vecs-cli entry list --text` prints
 * it (openssl's words), and whether a name is among them; see parse.h.
 *
 *     Subject: CN=vc-1.example, C=US                the name, if there are no others
 *     X509v3 Subject Alternative Name:
 *         DNS:vc-1.example, IP Address:10.0.0.1     else these, and only these
 */
#include <string.h>
#include <strings.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

static void add_name(json_t *entry, const char *list, const char *name, size_t length)
{
    char clean[CLI_NAME_MAX];
    if (!length || length >= sizeof clean)
        return;
    auto_free char *text = xstrndup(name, length);
    json_t *names = json_object_get(entry, list);
    if (!names) {
        names = json_array();
        (void)json_object_set_new(entry, list, names);
    }
    if (json_array_size(names) < CLI_NAMES)
        (void)json_array_append_new(names,
                                    json_string(text_clean(text, clean, sizeof clean)));
}

/* "C = US, CN = vc-1.example", "/C=US/CN=vc-1.example" */
static void take_subject(json_t *entry, const char *subject)
{
    for (const char *at = subject; (at = strstr(at, "CN")); at += 2) {
        const char *value = at + 2 + strspn(at + 2, " ");
        if ((at > subject && !strchr(" ,/", at[-1])) || *value != '=')
            continue;
        value++;
        value += strspn(value, " ");
        size_t length = strcspn(value, ",/\r\t ");
        add_name(entry, "subject", value, length);
        return;
    }
}

static void take_alternatives(json_t *entry, const char *line)
{
    static const char *const kinds[] = {"DNS:", "IP Address:"};
    for (const char *at = line; *at; at += *at == ',') {
        at += strspn(at, " \t");
        size_t length = strcspn(at, ",\r");
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
            size_t skip = strlen(kinds[i]);
            if (length > skip && !strncmp(at, kinds[i], skip))
                add_name(entry, "names", at + skip, length - skip);
        }
        at += length;
        at += *at == '\r';
    }
}

void parse_names_of(json_t *entry, const char *line, bool *alternatives)
{
    bool list = *alternatives;
    *alternatives = plain_value(line, "X509v3 Subject Alternative Name") != NULL;
    const char *subject = plain_value(line, "Subject");
    if (!entry)
        return;
    if (list)
        take_alternatives(entry, line);
    else if (subject && !json_object_get(entry, "subject"))
        take_subject(entry, subject);
}

static size_t length_of(const char *name)
{
    size_t length = strlen(name);
    return length && name[length - 1] == '.' ? length - 1 : length;
}

/* A * stands for the whole first label and nothing else. */
static bool is_made_out_to(const char *pattern, const char *name)
{
    if (pattern[0] == '*' && pattern[1] == '.') {
        const char *dot = strchr(name, '.');
        return dot && dot > name && is_made_out_to(pattern + 2, dot + 1);
    }
    size_t length = length_of(name);
    return length == length_of(pattern) && !strncasecmp(pattern, name, length);
}

int parse_is_named(const json_t *entry, const char *name)
{
    const json_t *list = json_object_get(entry, "names");
    if (!list)
        list = json_object_get(entry, "subject");
    if (!list)
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_made_out_to(json_string_value(json_array_get(list, i)), name))
            return 1;
    return 0;
}
