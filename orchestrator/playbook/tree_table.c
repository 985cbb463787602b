/*
 * tree_table.c - a table (CSV) as a list of mappings with positions (tree.h).
 *
 * Fields are cut by RFC 4180 and nothing is guessed: a quote in the wrong place, a row
 * with another number of fields, a name twice in the header are errors with their place,
 * because a shifted row would upgrade the wrong machine. What is wrong in one row does
 * not hide the others.
 */
#include <string.h>

#include "playbook/tree.h"
#include "playbook/yaml_internal.h"
#include "util/auto.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

struct field {
    const char *text;
    int line, column;
};

struct table {
    struct yaml_document *document;
    struct problem_list *problems;
    const char *at, *end, *line_start;
    int line;
    char separator;
    struct field header[TABLE_COLUMNS_MAX];
    size_t columns;
    bool stop; /* where a field ends is not known any more */
};

static int column(const struct table *t)
{
    int count = 1;
    for (const char *c = t->line_start; c < t->at; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    return count;
}

static void complain(struct table *t, const struct field *field, const char *sentence)
{
    problem_add(t->problems, PROBLEM_ERROR, t->document->file, field->line, field->column,
                "%s", sentence);
}

static const char *keep(struct table *t, const struct buf *text)
{
    char *copy = yaml_take(t->document, text->length + 1);
    memcpy(copy, buf_text(text), text->length + 1);
    return copy;
}

static bool at_line_end(const struct table *t)
{
    return t->at == t->end || *t->at == '\n' ||
           (*t->at == '\r' && t->at + 1 < t->end && t->at[1] == '\n');
}

static void next_line(struct table *t)
{
    t->at += t->at < t->end && *t->at == '\r';
    t->at += t->at < t->end && *t->at == '\n';
    t->line++;
    t->line_start = t->at;
}

/* ---- fields ---- */

/* After the opening quote; lines inside belong to the field. */
static void take_quoted(struct table *t, const struct field *field, struct buf *text)
{
    for (t->at++; t->at < t->end; t->at++) {
        if (*t->at == '"' && t->at + 1 < t->end && t->at[1] == '"')
            t->at++;
        else if (*t->at == '"')
            break;
        buf_addc(text, *t->at);
        if (*t->at == '\n') {
            t->line++;
            t->line_start = t->at + 1;
        }
    }
    if (t->at == t->end) {
        complain(t, field, "this quote is never closed");
        t->stop = true;
        return;
    }
    t->at++;
    if (!at_line_end(t) && *t->at != t->separator) {
        complain(t, field,
                 "something follows the closing quote; a quote inside a quoted field is "
                 "doubled: \"\"");
        t->stop = true;
    }
}

static struct field take_field(struct table *t)
{
    auto_buf struct buf text = {0};
    while (t->at < t->end && *t->at == ' ')
        t->at++;
    struct field field = {.line = t->line, .column = column(t)};
    if (t->at < t->end && *t->at == '"') {
        take_quoted(t, &field, &text);
    } else {
        for (; !at_line_end(t) && *t->at != t->separator; t->at++)
            buf_addc(&text, *t->at);
        while (text.length && text.data[text.length - 1] == ' ')
            text.data[--text.length] = '\0';
        if (text.length && strchr(buf_text(&text), '"')) {
            complain(t, &field,
                     "a quote in the middle of a field; quote the whole field");
            t->stop = true;
        }
    }
    field.text = keep(t, &text);
    return field;
}

/* The fields of one row; how many there are, of which `max` are written. */
static size_t take_row(struct table *t, struct field *fields, size_t max)
{
    size_t count = 0;
    for (;;) {
        struct field field = take_field(t);
        if (count < max)
            fields[count] = field;
        count++;
        if (t->stop || at_line_end(t))
            break;
        t->at++; /* the separator */
    }
    next_line(t);
    return count;
}

/* ---- rows as mappings ---- */

static struct yaml_node *new_node(struct table *t, enum yaml_kind kind, int line,
                                  int place)
{
    struct yaml_node *node = yaml_take(t->document, sizeof *node);
    *node = (struct yaml_node){.kind = kind, .line = line, .column = place, .text = ""};
    return node;
}

static void append(struct yaml_node *parent, struct yaml_node *node)
{
    struct yaml_node **slot = &parent->first;
    while (*slot)
        slot = &(*slot)->next;
    *slot = node;
    parent->count++;
}

static struct yaml_node *member(const struct yaml_node *parent, const char *key)
{
    for (struct yaml_node *at = parent->first; at; at = at->next) {
        if (!strcmp(at->key, key))
            return at;
    }
    return NULL;
}

/* Where the header says that the field belongs: `a.b` is b in the mapping a. */
static void place_field(struct table *t, struct yaml_node *row, const struct field *head,
                        const struct field *field)
{
    const char *dot = strchr(head->text, '.');
    struct yaml_node *node = new_node(t, YAML_SCALAR, field->line, field->column);
    node->text = field->text;
    node->quoted = true; /* a text, whatever it looks like */
    node->key = dot ? dot + 1 : head->text;
    node->key_line = head->line;
    node->key_column = head->column;
    if (dot) {
        auto_buf struct buf name = {0};
        buf_add(&name, head->text, (size_t)(dot - head->text));
        struct yaml_node *inner = member(row, buf_text(&name));
        if (!inner) {
            inner = new_node(t, YAML_MAPPING, field->line, field->column);
            inner->key = keep(t, &name);
            inner->key_line = head->line;
            inner->key_column = head->column;
            append(row, inner);
        }
        row = inner;
    }
    append(row, node);
}

static void take_rows(struct table *t)
{
    struct field fields[TABLE_COLUMNS_MAX];
    struct yaml_node **slot = &t->document->root->first;
    while (t->at < t->end && !t->stop) {
        int line = t->line;
        if (at_line_end(t)) {
            next_line(t);
            continue;
        }
        size_t count = take_row(t, fields, t->columns);
        if (t->stop)
            return;
        if (count != t->columns) {
            problem_add(t->problems, PROBLEM_ERROR, t->document->file, line, 1,
                        "%zu field%s, but the header has %zu", count,
                        count == 1 ? "" : "s", t->columns);
            continue;
        }
        struct yaml_node *row = new_node(t, YAML_MAPPING, line, 1);
        for (size_t i = 0; i < count; i++) {
            if (*fields[i].text)
                place_field(t, row, &t->header[i], &fields[i]);
        }
        *slot = row;
        slot = &row->next;
        t->document->root->count++;
    }
}

/* ---- the header ---- */

/* The first of them that stands outside quotes. */
static char separator_of(const char *bytes, size_t length)
{
    bool quoted = false;
    for (size_t i = 0; i < length && (quoted || bytes[i] != '\n'); i++) {
        quoted = quoted != (bytes[i] == '"');
        if (!quoted && strchr(",;\t", bytes[i]))
            return bytes[i];
    }
    return ',';
}

static bool take_header(struct table *t)
{
    auto_map struct map names = {0};
    while (t->at < t->end && at_line_end(t))
        next_line(t);
    struct field whole = {.line = t->line, .column = 1};
    size_t before = t->problems->errors;
    t->columns = take_row(t, t->header, TABLE_COLUMNS_MAX);
    if (t->columns > TABLE_COLUMNS_MAX) {
        complain(t, &whole, "more than 256 columns");
        return false;
    }
    for (size_t i = 0; i < t->columns && !t->stop; i++) {
        const struct field *head = &t->header[i];
        size_t length = strlen(head->text), known = names.count;
        if (!length || head->text[0] == '.' || head->text[length - 1] == '.')
            complain(t, head, "a column without a name");
        else if (map_intern(&names, head->text) < known)
            complain(t, head, "this column is there twice");
    }
    return t->problems->errors == before;
}

struct yaml_document *tree_table(const char *file, const char *bytes, size_t length,
                                 struct problem_list *problems)
{
    if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
        bytes += 3;
        length -= 3;
    }
    if (memchr(bytes, '\0', length) || !text_is_utf8(bytes, length)) {
        problem_add(problems, PROBLEM_ERROR, file, 0, 0,
                    "is no text in UTF-8; save it as \"CSV UTF-8\"");
        return NULL;
    }
    auto_yaml struct yaml_document *document = xcalloc(1, sizeof *document);
    document->file = xstrdup(file);
    sha256_hex(bytes, length, document->digest);
    auto_free struct table *t = xcalloc(1, sizeof *t);
    *t = (struct table){.document = document,
                        .problems = problems,
                        .at = bytes,
                        .end = bytes + length,
                        .line_start = bytes,
                        .line = 1,
                        .separator = separator_of(bytes, length)};
    document->root = new_node(t, YAML_SEQUENCE, 1, 1);
    if (!length) {
        problem_add(problems, PROBLEM_ERROR, file, 0, 0, "is empty");
        return NULL;
    }
    if (!take_header(t))
        return NULL;
    take_rows(t);
    return steal_ptr(&document);
}
