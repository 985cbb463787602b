/*
 * usual_playbook.c - see usual_playbook.h. For advice that can be pasted: nothing is
 * decided by it.
 */
#include "cli/usual_playbook.h"

#include <string.h>

#include "util/auto.h"
#include "util/json.h"

const char *usual_playbook(const char *doc)
{
    static const struct {
        const char *kind, *playbook;
    } usual[] = {{"vcsa", "vcsa-patch"},
                 {"linux", "linux-patch"},
                 {"nsx-t", "nsx-t-upgrade"},
                 {"nsx-v", "nsx-v-upgrade"}};
    auto_json json_t *json = json_parse(doc, strlen(doc), JSON_BYTES_MAX, NULL);
    const char *kind = json_text(json, "kind");
    for (size_t i = 0; kind && i < ARRAY_LENGTH(usual); i++) {
        if (!strcmp(kind, usual[i].kind))
            return usual[i].playbook;
    }
    return "FILE.yaml";
}
