/*
 * yaml_internal.h - what the two files of the YAML reader share.
 */
#ifndef PLAYBOOK_YAML_INTERNAL_H
#define PLAYBOOK_YAML_INTERNAL_H

#include "playbook/yaml.h"

/* True if the bytes may be given to the library: UTF-8, no NUL, sane lines. */
bool yaml_scan(const char *file, const char *bytes, size_t length,
               struct problem_list *problems);

/* Memory that lives as long as the document. Never NULL. */
void *yaml_take(struct yaml_document *document, size_t size);

/* Report every key of the mapping that occurs again and take it out. */
void yaml_drop_duplicates(const char *file, struct yaml_node *mapping,
                          struct problem_list *problems);

#endif
