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
 *
 * `vdcrepadmin -f showservers`: all nodes of the domain, the appliance itself among them.
 *
 *   cn=vc-0001.example,cn=Servers,cn=default-site,cn=Sites,cn=Configuration,dc=vsphere,...
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

/* The prompt for the password has no line of its own. */
static char *behind_prompt(char *line)
{
    char *word = strcasestr(line, "password"), *colon = strchr(line, ':');
    if (!word || !colon || word > colon ||
        (word != line && !isspace((unsigned char)word[-1])))
        return line;
    return colon + 1 + strspn(colon + 1, " \t");
}

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
        const char *partner = plain_value((line = behind_prompt(line)), "Partner");
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

json_t *parse_nodes(const char *text)
{
    static const char head[] = "cn=", site[] = ",cn=servers,";
    json_t *nodes = json_array();
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        char clean[CLI_WORD_MAX];
        line = plain_trim(behind_prompt(line));
        char *end = strchr(line, ',');
        if (strncasecmp(line, head, sizeof head - 1) != 0 || !end ||
            strncasecmp(end, site, sizeof site - 1) != 0 ||
            json_array_size(nodes) >= CLI_ENTRIES)
            continue;
        *end = '\0';
        (void)json_array_append_new(
            nodes, json_string(text_clean(line + sizeof head - 1, clean, sizeof clean)));
    }
    return nodes;
}
