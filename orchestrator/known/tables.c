/* tables.c - see tables.h. */
#include "known/tables.h"

#include "known/known.h"
#include "util/auto.h"

#define TABLE(id, title)                                                                 \
    const struct key_table table_##id = {title, id##_keys, ARRAY_LENGTH(id##_keys)};     \
    _Static_assert(ARRAY_LENGTH(id##_keys) <= FIELDS_MAX,                                \
                   "too many keys for struct fields")

static const struct key known_issues_keys[] = {
    {"known_issues", KEY_LIST, true},
};
TABLE(known_issues, "known_issues");

static const struct key known_issue_keys[] = {
    {"id", KEY_TEXT, true},          {"title", KEY_TEXT, true},
    {"symptom", KEY_TEXT, false},    {"source", KEY_TEXT, false},
    {"severity", KEY_TEXT, true},    {"match", KEY_MAPPING, true},
    {"cause", KEY_TEXT, true},       {"advice", KEY_TEXT, true},
    {"recovery", KEY_LIST, false},   {"run", KEY_TEXT, false},
    {"at_most", KEY_INTEGER, false}, {"phases", KEY_LIST, false},
    {"examples", KEY_LIST, true},    {"counter_examples", KEY_LIST, false},
};
TABLE(known_issue, "issue");

static const struct key known_match_keys[] = {
    {"contains", KEY_LIST, false},    {"matches", KEY_LIST, false},
    {"step", KEY_LIST, false},        {"use", KEY_LIST, false},
    {"state", KEY_LIST, false},       {"kind", KEY_LIST, false},
    {"versions", KEY_MAPPING, false}, {"where", KEY_TEXT, false},
};
TABLE(known_match, "match");

static const struct key known_versions_keys[] = {
    {"at_least", KEY_TEXT, false},
    {"below", KEY_TEXT, false},
};
TABLE(known_versions, "versions");

static const struct key known_operation_keys[] = {
    {"use", KEY_TEXT, true},
    {"with", KEY_MAPPING, false},
    {"why", KEY_TEXT, false},
    {"timeout", KEY_DURATION, false},
};
TABLE(known_operation, "operation");

static const struct key known_example_keys[] = {
    {"message", KEY_TEXT, true}, {"step", KEY_TEXT, false}, {"use", KEY_TEXT, false},
    {"state", KEY_TEXT, false},  {"kind", KEY_TEXT, false}, {"version", KEY_TEXT, false},
};
TABLE(known_example, "example");

const struct key_table *const *known_tables(size_t *count)
{
    static const struct key_table *const tables[] = {
        &table_known_issues,   &table_known_issue,     &table_known_match,
        &table_known_versions, &table_known_operation, &table_known_example};
    *count = ARRAY_LENGTH(tables);
    return tables;
}
