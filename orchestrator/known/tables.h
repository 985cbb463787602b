/*
 * tables.h - every key that a file of known issues may have. Internal to known/; the
 * JSON Schema is held against them (known_tables).
 */
#ifndef KNOWN_TABLES_H
#define KNOWN_TABLES_H

#include "playbook/tables.h"

extern const struct key_table table_known_issues;
extern const struct key_table table_known_issue;
extern const struct key_table table_known_match;
extern const struct key_table table_known_versions;
extern const struct key_table table_known_operation;
extern const struct key_table table_known_example;

#endif
