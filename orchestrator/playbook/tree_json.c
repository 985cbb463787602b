/*
 * tree_json.c - JSON as a tree with positions (tree.h).
 *
 * jansson judges the text first (form, depth, duplicate keys), so the walk that follows
 * only has to find where things stand; every scalar is decoded by jansson too. Most JSON
 * would pass for YAML, but not all of it: tabs, one line of megabytes.
 */
#include <string.h>

#include "playbook/tree.h"
#include "playbook/yaml_internal.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/json.h"
#include "util/xalloc.h"

struct walk {
    struct yaml_document *document;
    const char *at, *end;
    const char *line_start;
    int line;
    struct problem_list *problems;
};

static void skip_blanks(struct walk *w)
{
    for (; w->at < w->end && strchr(" \t\r\n", *w->at); w->at++) {
        if (*w->at == '\n') {
            w->line++;
            w->line_start = w->at + 1;
        }
    }
}

/* In characters, as editors count. */
static int column(const struct walk *w)
{
    int count = 1;
    for (const char *c = w->line_start; c < w->at; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    return count;
}

/* Past the closing quote; the text is known to be well-formed. */
static const char *string_end(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

static const char *copy(struct walk *w, const char *bytes, size_t length)
{
    char *text = yaml_take(w->document, length + 1);
    memcpy(text, bytes, length);
    text[length] = '\0';
    return text;
}

/* Moves past the string. */
static const char *take_string(struct walk *w)
{
    const char *end = string_end(w->at);
    auto_json json_t *json =
        json_loadb(w->at, (size_t)(end - w->at), JSON_DECODE_ANY, NULL);
    w->at = end;
    return json ? copy(w, json_string_value(json), json_string_length(json)) : "";
}

static struct yaml_node *new_node(struct walk *w, enum yaml_kind kind)
{
    struct yaml_node *node = yaml_take(w->document, sizeof *node);
    *node = (struct yaml_node){
        .kind = kind, .line = w->line, .column = column(w), .text = ""};
    return node;
}

static struct yaml_node *take_value(struct walk *w);

static void take_members(struct walk *w, struct yaml_node *parent, char close)
{
    struct yaml_node **slot = &parent->first;
    for (w->at++, skip_blanks(w); *w->at != close; skip_blanks(w)) {
        const char *key = NULL;
        int line = w->line, place = column(w);
        if (close == '}') {
            key = take_string(w);
            if (!*key)
                problem_add(w->problems, PROBLEM_ERROR, w->document->file, line, place,
                            "a key without a name");
            skip_blanks(w);
            w->at++; /* the colon */
            skip_blanks(w);
        }
        struct yaml_node *node = take_value(w);
        node->key = key;
        node->key_line = key ? line : 0;
        node->key_column = key ? place : 0;
        *slot = node;
        slot = &node->next;
        parent->count++;
        skip_blanks(w);
        w->at += *w->at == ',';
    }
    w->at++;
}

static struct yaml_node *take_value(struct walk *w)
{
    if (*w->at == '{' || *w->at == '[') {
        bool mapping = *w->at == '{';
        struct yaml_node *node = new_node(w, mapping ? YAML_MAPPING : YAML_SEQUENCE);
        take_members(w, node, mapping ? '}' : ']');
        return node;
    }
    struct yaml_node *node = new_node(w, YAML_SCALAR);
    if (*w->at == '"') {
        node->quoted = true;
        node->text = take_string(w);
        return node;
    }
    size_t length = strcspn(w->at, " \t\r\n,]}");
    node->text = copy(w, w->at, length);
    w->at += length;
    return node;
}

struct yaml_document *tree_json(const char *file, const char *bytes, size_t length,
                                struct problem_list *problems)
{
    struct slipway_error err;
    if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
        bytes += 3;
        length -= 3;
    }
    auto_json json_t *json = json_parse(bytes, length, YAML_BYTES_MAX, &err);
    if (!json) {
        problem_add(problems, PROBLEM_ERROR, file, 0, 0, "%s", err.text);
        return NULL;
    }
    auto_yaml struct yaml_document *document = xcalloc(1, sizeof *document);
    document->file = xstrdup(file);
    sha256_hex(bytes, length, document->digest);
    struct walk w = {document, bytes, bytes + length, bytes, 1, problems};
    skip_blanks(&w);
    document->root = take_value(&w);
    return steal_ptr(&document);
}

struct yaml_document *tree_read(const char *path, struct problem_list *problems)
{
    size_t length = strlen(path);
    auto_buf struct buf bytes = {0};
    struct slipway_error err;
    if (length < 5 || strcmp(path + length - 5, ".json") != 0)
        return yaml_read(path, problems);
    if (file_read(path, YAML_BYTES_MAX, &bytes, &err) != 0) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return NULL;
    }
    return tree_json(path, buf_text(&bytes), bytes.length, problems);
}
