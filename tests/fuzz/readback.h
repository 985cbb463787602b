/*
 * readback.h - reads what the writers of reports wrote, as others would, and says how it
 * is built, without its texts: which elements stand in which, how many rows and cells.
 * A writer is sound if that is the same whatever the texts are. Header-only.
 *
 * HTML is read by libxml2. Markdown is read as GitHub does, as far as it goes: what opens
 * a block at the start of a line, and every sign that means something and has no
 * backslash before it. CSV is RFC 4180, once more with semicolons as some spreadsheets
 * read it.
 */
#ifndef TESTS_FUZZ_READBACK_H
#define TESTS_FUZZ_READBACK_H

#include <libxml/HTMLparser.h>

#include "fuzz.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"

/* How often each kind of thing is there. */
struct build {
    struct map kinds;
    int *counts;
    size_t room;
};

static inline void build_free(struct build *b)
{
    map_free(&b->kinds);
    free(b->counts);
    *b = (struct build){.counts = NULL};
}
#define auto_build __attribute__((cleanup(build_free)))

__attribute__((format(printf, 2, 3))) static inline void
build_count(struct build *b, const char *format, ...)
{
    auto_buf struct buf kind = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&kind, format, args);
    va_end(args);
    size_t known = b->kinds.count;
    size_t i = map_intern(&b->kinds, buf_text(&kind));
    if (b->kinds.count > known)
        *vec_push(b->counts, known, b->room) = 0;
    b->counts[i]++;
}

static inline int build_of(const struct build *b, const char *kind)
{
    long i = map_find(&b->kinds, kind);
    return i < 0 ? 0 : b->counts[i];
}

/* The same of both, or it says what is more or less. */
static inline void must_be_built_alike(const char *what, const struct build *plain,
                                       const struct build *hostile)
{
    bool alike = true;
    for (int turn = 0; turn < 2; turn++) {
        const struct build *b = turn ? hostile : plain;
        for (size_t i = 0; i < b->kinds.count; i++) {
            const char *kind = b->kinds.keys[i];
            int harmless = build_of(plain, kind), now = build_of(hostile, kind);
            if (harmless == now)
                continue;
            (void)fprintf(stderr, "%s: %d of \"%s\", and %d with harmless texts\n", what,
                          now, kind, harmless);
            alike = false;
        }
    }
    MUST(alike);
}

/* One document for people: printable UTF-8 and new lines. */
static inline void must_be_printable(const char *text, bool lines)
{
    MUST(text_is_utf8(text, strlen(text)));
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        MUST((*p >= 0x20 && *p != 0x7f) || (lines && (*p == '\n' || *p == '\r')));
        MUST(!(*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)); /* C1 controls */
        MUST(!(*p == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae));
    }
}

/* ---- HTML ---- */

static inline const char *attribute_text(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;
    return text && text->content ? (const char *)text->content : "";
}

/* "parent/name[attributes]"; no attribute that runs, loads or leads away. */
static inline void count_element(const xmlNode *node, struct build *b)
{
    auto_buf struct buf names = {0};
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        const char *name = (const char *)a->name, *value = attribute_text(a);
        buf_addf(&names, " %s", name);
        MUST(strncasecmp(name, "on", 2) != 0 && strcasecmp(name, "src") != 0 &&
             strcasecmp(name, "style") != 0);
        MUST(strcasecmp(name, "href") != 0 || *value == '#');
    }
    const char *parent =
        node->parent && node->parent->name ? (char *)node->parent->name : "";
    build_count(b, "%s/%s%s", parent, (const char *)node->name, buf_text(&names));
}

static inline void count_nodes(const xmlNode *node, struct build *b)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE)
            count_element(node, b);
        else if (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE)
            build_count(b, "node of type %d", (int)node->type); /* a comment */
        if (node->type == XML_ELEMENT_NODE)
            count_nodes(node->children, b);
    }
}

static inline void build_of_html(const char *text, size_t length, struct build *b)
{
    must_be_printable(text, true);
    xmlDoc *doc =
        htmlReadMemory(text, (int)length, NULL, "UTF-8",
                       HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    MUST(doc);
    count_nodes(doc->children, b);
    xmlFreeDoc(doc);
}

/* ---- JSON ---- */

static inline void count_json(const char *place, const json_t *value, struct build *b)
{
    const char *key;
    json_t *member;
    build_count(b, "%s: type %d", place, (int)json_typeof(value));
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        auto_free char *inner = xasprintf("%s.%s", place, key);
        must_be_printable(key, false);
        count_json(inner, member, b);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        auto_free char *inner = xasprintf("%s[]", place);
        count_json(inner, json_array_get(value, i), b);
    }
    if (json_is_string(value))
        must_be_printable(json_string_value(value), false);
}

static inline void build_of_json(const char *text, struct build *b)
{
    struct slipway_error err = {""};
    auto_json json_t *json = json_parse(text, strlen(text), JSON_BYTES_MAX, &err);
    MUST(json);
    must_be_printable(text, true);
    count_json("", json, b);
}

/* ---- CSV ---- */

static inline bool is_formula(const char *cell, size_t length)
{
    static const char *const starts[] = {"=",      "+",      "-",     "@",  "|",
                                         "%",      "\t",     "\r",    "\n", "\uff1d",
                                         "\uff0b", "\uff0d", "\uff20"};
    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        size_t sign = strlen(starts[i]);
        if (length >= sign && !memcmp(cell, starts[i], sign))
            return true;
    }
    return false;
}

/* One cell without its quotes; where it ends: at the separator, a line's end, or '\0'. */
static inline const char *read_cell(const char *p, char separator, struct buf *cell)
{
    bool quoted = *p == '"';
    for (p += quoted; *p; p++) {
        if (quoted && *p == '"' && p[1] != '"')
            quoted = false;
        else if (!quoted && (*p == separator || *p == '\r' || *p == '\n'))
            break;
        else
            buf_addc(cell, *p);
        p += quoted && *p == '"';
    }
    MUST(!quoted);
    return p;
}

/* Rows by their cells; `heads` of the first row may be bare words. */
static inline void build_of_csv(const char *text, struct build *b)
{
    int cells = 0;
    must_be_printable(text, true);
    for (const char *p = text; *p;) {
        auto_buf struct buf cell = {0};
        p = read_cell(p, ',', &cell);
        cells++;
        MUST(!is_formula(buf_text(&cell), cell.length));
        must_be_printable(buf_text(&cell), false);
        if (*p == ',') {
            p++;
            continue;
        }
        MUST(p[0] == '\r' && p[1] == '\n');
        p += 2;
        build_count(b, "row of %d cells", cells);
        cells = 0;
    }
    MUST(!cells);
}

/* What a spreadsheet makes of it that divides at semicolons: still no formula. */
static inline void no_formula_at_semicolons(const char *text)
{
    for (const char *p = text; *p;) {
        auto_buf struct buf cell = {0};
        p = read_cell(p, ';', &cell);
        MUST(!is_formula(buf_text(&cell), cell.length));
        p += *p != '\0';
    }
}

/* ---- Markdown ---- */

/* What the start of a line opens; "" if nothing. *p is moved behind it. */
static inline const char *block_start(const char **p)
{
    const char *at = *p + strspn(*p, " ");
    size_t indent = (size_t)(at - *p), digits = strspn(at, "0123456789"), used = 0;
    const char *kind = "";
    if (indent >= 4 && *at)
        return "code ";
    if (*at && strspn(at, *at == '=' ? "=" : "-_* ") == strlen(at)) {
        return "rule ";
    } else if (*at && strchr("-+*", *at) && strchr(" ", at[1])) {
        kind = "item ";
        used = 1;
    } else if (digits && digits < 10 && at[digits] && strchr(".)", at[digits]) &&
               strchr(" ", at[digits + 1])) {
        kind = "number ";
        used = digits + 1;
    } else if (*at == '#') {
        kind = "heading ";
        used = strspn(at, "#");
    } else if (*at == '>') {
        kind = "quote ";
        used = 1;
    }
    if (used)
        *p = at + used + (at[used] == ' ');
    return kind;
}

static inline bool starts_link(const char *p)
{
    return !strncasecmp(p, "http://", 7) || !strncasecmp(p, "https://", 8) ||
           !strncasecmp(p, "ftp://", 6) || !strncasecmp(p, "www.", 4);
}

static inline void build_of_line(const char *line, struct build *b)
{
    auto_buf struct buf blocks = {0};
    const char *p = line;
    for (const char *kind; *(kind = block_start(&p));) {
        buf_adds(&blocks, kind);
        if (!strcmp(kind, "rule ") || !strcmp(kind, "code "))
            break;
    }
    int bars = 0;
    for (; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            continue;
        }
        bars += *p == '|';
        if (strchr("`*_[]<~!@", *p))
            build_count(b, "sign %c", *p);
        if (starts_link(p))
            build_count(b, "a link");
    }
    build_count(b, "line: %s%d bars", buf_text(&blocks), bars);
}

static inline void build_of_markdown(const char *text, struct build *b)
{
    must_be_printable(text, true);
    for (const char *p = text; *p;) {
        size_t length = strcspn(p, "\n");
        auto_free char *line = xstrndup(p, length);
        build_of_line(line, b);
        p += length + (p[length] != '\0');
    }
}

#endif
