/*
 * recognise.c - see recognise.h.
 *
 * The file is parsed as a whole, so that a file with a syntax error is refused here
 * with its place; the decoders read it again.
 */
#include "playbook/recognise.h"

#include <string.h>

#include "playbook/yaml.h"
#include "util/auto.h"

static const struct {
    const char *key;
    enum file_kind kind;
} telling[] = {
    {"campaign", FILE_CAMPAIGN}, {"steps", FILE_PLAYBOOK}, {"playbook", FILE_PLAYBOOK},
    {"managers", FILE_FLEET},    {"defaults", FILE_FLEET}, {"appliances", FILE_FLEET},
};

static bool has_key(const struct yaml_node *mapping, const char *key)
{
    for (const struct yaml_node *at = mapping->first; at; at = at->next) {
        if (at->key && !strcmp(at->key, key))
            return true;
    }
    return false;
}

enum file_kind file_recognise(const char *path, struct problem_list *problems)
{
    auto_problems struct problem_list found = {0};
    auto_yaml struct yaml_document *document = yaml_read(path, &found);
    for (size_t i = 0;
         document && document->root->kind == YAML_MAPPING && i < ARRAY_LENGTH(telling);
         i++) {
        if (has_key(document->root, telling[i].key))
            return telling[i].kind;
    }
    if (!document)
        problems_move(problems, &found);
    else
        problem_add(problems, PROBLEM_ERROR, path, document->root->line,
                    document->root->column,
                    "has none of the keys campaign (a campaign), playbook (a playbook), "
                    "managers and appliances (a fleet), so nobody knows what it is");
    return FILE_UNKNOWN;
}
