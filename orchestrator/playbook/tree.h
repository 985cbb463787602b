/*
 * tree.h - JSON and tables (CSV) as the same tree that YAML gives, with positions: one
 * decoder, one set of rules and sentences, whatever a fleet comes in.
 */
#ifndef PLAYBOOK_TREE_H
#define PLAYBOOK_TREE_H

#include "playbook/yaml.h"

#define TABLE_COLUMNS_MAX 256u

/* As yaml_read(); a file whose name ends with .json is read as JSON. */
struct yaml_document *tree_read(const char *path, struct problem_list *problems);

struct yaml_document *tree_json(const char *file, const char *bytes, size_t length,
                                struct problem_list *problems);

/*
 * A table with a header row: a list of mappings, one for each further row. A dot in a
 * column's name leads into a mapping: `labels.tier`, `vm.uuid`. Commas, semicolons or
 * tabs stand between fields, whichever the header has; fields may be in double quotes,
 * which are doubled inside. Empty fields are left out. A byte order mark, CRLF and empty
 * lines are fine.
 */
struct yaml_document *tree_table(const char *file, const char *bytes, size_t length,
                                 struct problem_list *problems);

#endif
