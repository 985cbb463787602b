/*
 * yaml.c - libfyaml, wrapped once.
 *
 * The bytes are scanned first (yaml_scan.c), then the library's event interface
 * feeds a small machine with a stack of open collections; nodes and texts live in
 * one arena, so a fleet of 100,000 lines is read in a fraction of a second and given
 * back at once. The library's own tree is never built: its duplicate check is
 * quadratic and its aliases can explode. Its diagnostics are collected instead of
 * printed, and only the first is kept, because the others follow from it.
 *
 * What is merely not allowed (an anchor, a tag, a duplicate key) is recorded and the
 * reading goes on, so that one lint shows it all. What makes the rest unreadable (a
 * syntax error, too deep, a second document) ends it and no document is returned.
 */
#include "playbook/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "playbook/yaml_internal.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"

#define BLOCK_BYTES (256u * 1024u)

struct yaml_block {
    struct yaml_block *next;
    size_t used, room;
    _Alignas(max_align_t) char bytes[];
};

/* A collection that is still open. */
struct frame {
    struct yaml_node *node, *last;
    const char *key; /* mapping: the key that waits for its value */
    int key_line, key_column;
};

struct reader {
    struct yaml_document *document;
    struct problem_list *problems;
    struct frame frames[YAML_DEPTH_MAX];
    size_t depth, nodes, documents;
    bool stop;
    struct fy_mark at; /* the last known position */
};

void *yaml_take(struct yaml_document *document, size_t size)
{
    size = (size + 7u) & ~(size_t)7u;
    struct yaml_block *block = document->blocks;
    if (!block || block->room - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = xmalloc(sizeof *block + room);
        block->used = 0;
        block->room = room;
        block->next = document->blocks;
        document->blocks = block;
    }
    void *taken = block->bytes + block->used;
    block->used += size;
    return taken;
}

static void complain(struct reader *reader, const struct fy_mark *at, const char *what)
{
    problem_add(reader->problems, PROBLEM_ERROR, reader->document->file, at->line + 1,
                at->column + 1, "%s", what);
}

/* Complain and read no further. */
static void give_up(struct reader *reader, const struct fy_mark *at, const char *what)
{
    complain(reader, at, what);
    reader->stop = true;
}

/* Where the token begins. libfyaml's mark lies behind a quote, an * or an &. */
static struct fy_mark mark_of(struct reader *reader, struct fy_token *token, int skipped)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    if (mark) {
        reader->at = *mark;
        reader->at.column -= mark->column >= skipped ? skipped : 0;
    }
    return reader->at;
}

static struct frame *top(struct reader *reader)
{
    return reader->depth ? &reader->frames[reader->depth - 1] : NULL;
}

static bool wants_key(struct reader *reader)
{
    const struct frame *frame = top(reader);
    return frame && frame->node->kind == YAML_MAPPING && !frame->key;
}

/* Hang a new node into the open collection. */
static struct yaml_node *attach(struct reader *reader, enum yaml_kind kind,
                                struct fy_mark mark)
{
    if (++reader->nodes > YAML_NODES_MAX) {
        give_up(reader, &mark, "more than 3000000 values; split the file");
        return NULL;
    }
    struct yaml_node *node = yaml_take(reader->document, sizeof *node);
    struct frame *frame = top(reader);
    *node = (struct yaml_node){
        .kind = kind, .line = mark.line + 1, .column = mark.column + 1, .text = ""};
    if (!frame) {
        reader->document->root = node;
        return node;
    }
    node->key = frame->key;
    node->key_line = frame->key_line;
    node->key_column = frame->key_column;
    frame->key = NULL;
    *(frame->last ? &frame->last->next : &frame->node->first) = node;
    frame->last = node;
    frame->node->count++;
    return node;
}

static void refuse_marks(struct reader *reader, struct fy_token *anchor,
                         struct fy_token *tag)
{
    if (anchor) {
        struct fy_mark at = mark_of(reader, anchor, 1);
        complain(reader, &at, "anchors (&) are not allowed; write the value out");
    }
    if (tag) {
        struct fy_mark at = mark_of(reader, tag, 0);
        complain(reader, &at, "tags (!) are not allowed; quote a text instead");
    }
}

/* The scalar's text in the arena; NULL after a complaint. */
static const char *copy_text(struct reader *reader, struct fy_token *token,
                             const struct fy_mark *at)
{
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : NULL;
    if (text && memchr(text, '\0', length)) {
        complain(reader, at, "a text with a NUL character");
        return NULL;
    }
    if (text && !text_is_utf8(text, length)) { /* escapes could make one */
        complain(reader, at, "a text that is not valid UTF-8");
        return NULL;
    }
    char *copy = yaml_take(reader->document, length + 1);
    if (text)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static void take_key(struct reader *reader, const char *text, const struct fy_mark *at)
{
    struct frame *frame = top(reader);
    if (!text || !*text) {
        give_up(reader, at, "a key without a name");
        return;
    }
    if (!strcmp(text, "<<"))
        complain(reader, at, "merge keys (<<) are not allowed; write the members out");
    frame->key = text;
    frame->key_line = at->line + 1;
    frame->key_column = at->column + 1;
}

static void take_scalar(struct reader *reader, struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    enum fy_scalar_style style = fy_token_scalar_style(token);
    bool quoted = style != FYSS_PLAIN && style != FYSS_ANY;
    refuse_marks(reader, event->scalar.anchor, event->scalar.tag);
    struct fy_mark at = mark_of(
        reader, token, style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED);
    const char *text = copy_text(reader, token, &at);
    if (wants_key(reader)) {
        take_key(reader, text, &at);
        return;
    }
    struct yaml_node *node = attach(reader, text ? YAML_SCALAR : YAML_BAD, at);
    if (node && text) {
        node->text = text;
        node->quoted = quoted;
    }
}

static void take_alias(struct reader *reader, struct fy_event *event)
{
    struct fy_mark at = mark_of(reader, event->alias.anchor, 1);
    if (wants_key(reader)) {
        give_up(reader, &at, "aliases (*) are not allowed; write the value out");
        return;
    }
    complain(reader, &at, "aliases (*) are not allowed; write the value out");
    (void)attach(reader, YAML_BAD, at);
}

static void open_collection(struct reader *reader, enum yaml_kind kind,
                            struct fy_token *token, struct fy_token *anchor,
                            struct fy_token *tag)
{
    refuse_marks(reader, anchor, tag);
    struct fy_mark at = mark_of(reader, token, 0);
    if (wants_key(reader)) {
        give_up(reader, &at, "a key must be a word, not a mapping or a list");
        return;
    }
    if (reader->depth == YAML_DEPTH_MAX) {
        give_up(reader, &at, "nested deeper than 64 levels");
        return;
    }
    struct yaml_node *node = attach(reader, kind, at);
    if (node)
        reader->frames[reader->depth++] = (struct frame){.node = node};
}

/* A merge key was complained about when it was read; its value is not used. */
static void drop_merge(struct yaml_node *mapping)
{
    struct yaml_node **slot = &mapping->first;
    while (*slot) {
        if (!strcmp((*slot)->key, "<<")) {
            *slot = (*slot)->next;
            mapping->count--;
        } else {
            slot = &(*slot)->next;
        }
    }
}

static void close_mapping(struct reader *reader)
{
    struct yaml_node *mapping = top(reader)->node;
    reader->depth--;
    drop_merge(mapping);
    yaml_drop_duplicates(reader->document->file, mapping, reader->problems);
}

static void take_document(struct reader *reader, struct fy_event *event)
{
    struct fy_document_state *state = event->document_start.document_state;
    struct fy_mark at = mark_of(reader, event->document_start.document_start, 0);
    if (reader->documents++)
        give_up(reader, &at, "a second document; a file holds one");
    else if (state && (fy_document_state_version_explicit(state) ||
                       fy_document_state_tags_explicit(state)))
        complain(reader, &at, "directives (%) are not allowed");
}

static void take_event(struct reader *reader, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        take_document(reader, event);
        break;
    case FYET_SCALAR:
        take_scalar(reader, event);
        break;
    case FYET_ALIAS:
        take_alias(reader, event);
        break;
    case FYET_MAPPING_START:
        open_collection(reader, YAML_MAPPING, event->mapping_start.mapping_start,
                        event->mapping_start.anchor, event->mapping_start.tag);
        break;
    case FYET_SEQUENCE_START:
        open_collection(reader, YAML_SEQUENCE, event->sequence_start.sequence_start,
                        event->sequence_start.anchor, event->sequence_start.tag);
        break;
    case FYET_MAPPING_END:
        close_mapping(reader);
        break;
    case FYET_SEQUENCE_END:
        reader->depth--;
        break;
    default:
        break;
    }
}

/* What the library says, in words that help. */
static const char *translate(const char *message)
{
    static const struct {
        const char *theirs, *ours;
    } known[] = {
        {"tab character may not be used as indentation",
         "a TAB cannot indent; write spaces"},
        {"invalid multiline plain key",
         "not valid YAML: the next line is indented deeper than this one allows"},
        {"did not find expected node content",
         "not valid YAML: a value is missing here, or a bracket is not closed"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (!strcmp(known[i].theirs, message))
            return known[i].ours;
    }
    return NULL;
}

static void report_syntax(struct reader *reader, struct fy_diag *diag)
{
    void *position = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &position);
    if (!first || !first->msg) {
        give_up(reader, &reader->at, "not valid YAML");
        return;
    }
    struct fy_mark at = {.line = first->line - 1, .column = first->column - 1};
    const char *ours = translate(first->msg);
    auto_free char *theirs = xasprintf("not valid YAML: %s", first->msg);
    give_up(reader, &at, ours ? ours : theirs);
}

static struct fy_diag *silent_diag(void)
{
    struct fy_diag_cfg config;
    fy_diag_cfg_default(&config);
    config.fp = NULL;
    config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&config);
    if (!diag)
        abort(); /* only without memory */
    fy_diag_set_collect_errors(diag, true);
    return diag;
}

static void read_events(struct reader *reader, const char *bytes, size_t length)
{
    struct fy_diag *diag = silent_diag();
    const struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                 FYPCF_ALLOW_DUPLICATE_KEYS,
        .diag = diag,
    };
    struct fy_parser *parser = fy_parser_create(&config);
    if (!parser || fy_parser_set_string(parser, bytes, length) != 0)
        abort(); /* only without memory */
    while (!reader->stop) {
        struct fy_event *event = fy_parser_parse(parser);
        if (!event)
            break;
        take_event(reader, event);
        fy_parser_event_free(parser, event);
    }
    if (!reader->stop && fy_parser_get_stream_error(parser))
        report_syntax(reader, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

struct yaml_document *yaml_parse(const char *file, const char *bytes, size_t length,
                                 struct problem_list *problems)
{
    if (length > YAML_BYTES_MAX) {
        problem_add(problems, PROBLEM_ERROR, file, 0, 0, "is larger than 16 MiB");
        return NULL;
    }
    if (!yaml_scan(file, bytes, length, problems))
        return NULL;
    auto_yaml struct yaml_document *document = xcalloc(1, sizeof *document);
    document->file = xstrdup(file);
    sha256_hex(bytes, length, document->digest);
    auto_free struct reader *reader = xcalloc(1, sizeof *reader);
    reader->document = document;
    reader->problems = problems;
    if (length)
        read_events(reader, bytes, length);
    if (reader->stop)
        return NULL;
    if (!document->root) {
        problem_add(problems, PROBLEM_ERROR, file, 0, 0, "is empty");
        return NULL;
    }
    return steal_ptr(&document);
}

struct yaml_document *yaml_read(const char *path, struct problem_list *problems)
{
    auto_buf struct buf bytes = {0};
    struct slipway_error err;
    if (file_read(path, YAML_BYTES_MAX, &bytes, &err) != 0) {
        problem_add(problems, PROBLEM_ERROR, path, 0, 0, "%s", err.text);
        return NULL;
    }
    return yaml_parse(path, buf_text(&bytes), bytes.length, problems);
}

void yaml_free(struct yaml_document *document)
{
    if (!document)
        return;
    while (document->blocks) {
        struct yaml_block *next = document->blocks->next;
        free(document->blocks);
        document->blocks = next;
    }
    free(document->file);
    free(document);
}
