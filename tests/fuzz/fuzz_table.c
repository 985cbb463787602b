/*
 * fuzz_table.c - inventories as tables (CSV) and as JSON, by the first byte. Every node
 * has a place inside the file, members have keys, and every problem has a sentence.
 */
#include "fuzz.h"
#include "playbook/tree.h"

/* Reading past what was given would be seen by the sanitizer: no byte follows. */
static void check_node(const struct yaml_node *node, bool member, int lines)
{
    size_t count = 0;
    MUST(node->kind == YAML_SCALAR || node->kind == YAML_MAPPING ||
         node->kind == YAML_SEQUENCE);
    MUST(node->line >= 1 && node->line <= lines && node->column >= 1);
    MUST(!member || (node->key && node->key_line >= 1));
    MUST(node->text);
    for (const struct yaml_node *at = node->first; at; at = at->next, count++)
        check_node(at, node->kind == YAML_MAPPING, lines);
    MUST(count == node->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    int lines = 1;
    struct problem_list problems = {0};
    char *bytes = xmalloc(size);
    memcpy(bytes, data + 1, size - 1);
    bytes[size - 1] = '\0'; /* as a file is read: its end is marked */
    for (size_t i = 0; i + 1 < size; i++)
        lines += bytes[i] == '\n';
    auto_yaml struct yaml_document *document =
        data[0] % 2 ? tree_json("x", bytes, size - 1, &problems)
                    : tree_table("x", bytes, size - 1, &problems);
    if (document)
        check_node(document->root, false, lines);
    else
        MUST(problems.errors > 0);
    for (size_t i = 0; i < problems.count; i++)
        MUST(problems.items[i].text && problems.items[i].text[0]);
    problems_clear(&problems);
    free(bytes);
    return 0;
}
