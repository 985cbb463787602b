/*
 * parse_services.c - `service-control --status --all`; see parse.h.
 *
 *   Running:
 *    applmgmt lwsmd vmafdd vmdird vpxd (VMware vCenter Server) ...
 *   Stopped:
 *    vmcam vmware-vcha
 *   StartPending:
 *
 * Three headed groups, not one line for each service; names are separated by blanks, over
 * as many lines as it likes. 6.0 puts a description in parentheses behind a name.
 */
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

static const struct {
    const char *head, *name;
} groups[] = {{"Running", "running"},
              {"Stopped", "stopped"},
              {"StartPending", "pending"},
              {"StopPending", "stopping"}};

/* The group that this line opens, else NULL; *behind is what follows its colon. */
static const char *heading(const char *line, const char **behind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        const char *value = plain_value(line, groups[i].head);
        if (value) {
            *behind = value;
            return groups[i].name;
        }
    }
    return NULL;
}

/* "(VMware vCenter Server)" is no name; it may hold blanks. */
static void drop_parentheses(char *line)
{
    char *to = line;
    int depth = 0;
    for (const char *from = line; *from; from++) {
        depth += *from == '(';
        if (depth == 0)
            *to++ = *from;
        if (*from == ')' && depth > 0)
            depth--;
    }
    *to = '\0';
}

static void take_names(json_t *list, const char *line)
{
    auto_free char *names = xstrdup(line);
    drop_parentheses(names);
    char *rest = names;
    for (char *name; (name = strsep(&rest, " \t"));) {
        char clean[CLI_WORD_MAX];
        if (*name && json_array_size(list) < CLI_SERVICES)
            (void)json_array_append_new(
                list, json_string(text_clean(name, clean, sizeof clean)));
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a),
                  json_string_value(*(json_t *const *)b));
}

static json_t *sorted(const json_t *list)
{
    json_t *names[CLI_SERVICES];
    size_t count = json_array_size(list);
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        names[i] = json_array_get(list, i);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append(out, names[i]);
    return out;
}

json_t *parse_services(const char *text)
{
    auto_json json_t *found = json_pack("{s:[], s:[], s:[], s:[]}", "running", "stopped",
                                        "pending", "stopping");
    json_t *list = NULL;
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        const char *behind = line;
        const char *group = heading(line, &behind);
        if (group)
            list = json_object_get(found, group);
        if (list)
            take_names(list, behind);
    }
    if (!list)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
        (void)json_object_set_new(found, groups[i].name,
                                  sorted(json_object_get(found, groups[i].name)));
    return steal_ptr(&found);
}
