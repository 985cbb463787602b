/*
 * parse_replication.c - `vdcrepadmin -f showpartnerstatus`; see parse.h.
 *
 *   Partner: vc-0002.example
 *   Host available:   Yes
 *   Status available: Yes
 *   My last change number:             4711
 *   Partner has seen my change number: 4711
 *   Partner is 0 changes behind.
 *
 * One block for each partner. An appliance that is not linked prints nothing at all.
 */
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

static void take_flag(json_t *block, const char *line, const char *key, const char *name)
{
    const char *value = plain_value(line, key);
    if (value)
        (void)json_object_set_new(block, name,
                                  json_boolean(strncasecmp(value, "yes", 3) == 0));
}

static void take_behind(json_t *block, const char *line)
{
    static const char head[] = "Partner is ";
    char *end = NULL;
    line += strspn(line, " \t");
    if (strncmp(line, head, sizeof head - 1) != 0)
        return;
    long long behind = strtoll(line + sizeof head - 1, &end, 10);
    if (behind >= 0 && strncmp(end, " changes behind", 15) == 0)
        (void)json_object_set_new(block, "behind", json_integer(behind));
}

json_t *parse_partners(const char *text)
{
    json_t *partners = json_array(), *block = NULL;
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        char clean[CLI_WORD_MAX];
        const char *partner = plain_value(line, "Partner");
        if (partner && json_array_size(partners) < CLI_ENTRIES) {
            block = json_pack("{s:s, s:b, s:b, s:n}", "partner",
                              text_clean(partner, clean, sizeof clean), "host_available",
                              0, "status_available", 0, "behind");
            (void)json_array_append_new(partners, block);
        } else if (block) {
            take_flag(block, line, "Host available", "host_available");
            take_flag(block, line, "Status available", "status_available");
            take_behind(block, line);
        }
    }
    return partners;
}
