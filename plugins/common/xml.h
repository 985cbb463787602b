/*
 * xml.h - XML from strangers, read and written safely; libxml2 wrapped once.
 *
 * Reading: the bytes are scanned before libxml2 sees them and refused if they
 * are not plain UTF-8, hold a DOCTYPE, or go past a limit below. Only then are
 * they parsed, without network, entities, recovery or output to stderr. Nodes
 * are looked up by namespace URI and local name, never by prefix.
 *
 * Writing: elements are opened and closed, text is escaped, and a character
 * that XML 1.0 cannot carry makes the whole document fail instead of being sent.
 *
 * Safe from many threads, one document or writer per thread. Call xml_init()
 * once in main before the first thread.
 */
#ifndef COMMON_XML_H
#define COMMON_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "slipway/error.h"
#include "util/buf.h"

#define XML_BYTES_MAX      (8u * 1024u * 1024u) /* of a whole document            */
#define XML_TAG_MAX        (64u * 1024u)        /* bytes from < to >              */
#define XML_ATTRIBUTES_MAX 256u                 /* of one tag; more is quadratic  */
#define XML_DEPTH_MAX      64u                  /* open elements                  */
#define XML_ELEMENTS_MAX   200000u              /* a node costs 33 times its text */

#define XML_NS_XSI "http://www.w3.org/2001/XMLSchema-instance"

/* A parsed document. */
struct xml;
/* An element inside one: lives as long as its document. */
struct xml_node;

/* Once, before any thread. Repeating it is harmless. */
void xml_init(void);

/*
 * Parse one document. Returns 0 and sets *out (the caller's), or -1 with a
 * sentence; *out is untouched then. A document that was cut short is an error.
 */
int xml_parse(const char *bytes, size_t length, struct xml **out,
              struct slipway_error *err);

/* NULL is fine. */
void xml_free(struct xml *xml);

static inline void auto_xml_fn(struct xml **xml)
{
    xml_free(*xml);
}
#define auto_xml __attribute__((cleanup(auto_xml_fn)))

/* The document's element; never NULL. */
const struct xml_node *xml_root(const struct xml *xml);

/*
 * First child element, next sibling element. `ns` NULL means any namespace,
 * "" none; `name` NULL means any. NULL if there is none, and for a NULL node,
 * so that look-ups can be chained.
 */
const struct xml_node *xml_child(const struct xml_node *node, const char *ns,
                                 const char *name);
const struct xml_node *xml_next(const struct xml_node *node, const char *ns,
                                const char *name);

/* Local name and namespace URI ("" if none). */
const char *xml_name(const struct xml_node *node);
const char *xml_namespace(const struct xml_node *node);
bool xml_is(const struct xml_node *node, const char *ns, const char *name);

/* Text directly inside the element up to its first child element, "" if there
   is none; NULL only for a NULL node. Hostile: clean it before printing. */
const char *xml_text(const struct xml_node *node);
/* Text of the first such child, NULL if there is no such child. */
const char *xml_child_text(const struct xml_node *node, const char *ns, const char *name);

/* Value of an attribute, NULL if absent. `ns` "" means: in no namespace. */
const char *xml_attribute(const struct xml_node *node, const char *ns, const char *name);

/* xsi:type without its prefix, NULL if absent. */
const char *xml_type(const struct xml_node *node);

/* Text of the element as a signed number or XML boolean; false if it is none
   (or the node is NULL), and *out is untouched. */
bool xml_number(const struct xml_node *node, long long *out);
bool xml_boolean(const struct xml_node *node, bool *out);

/*
 * A document being written. Zero-initialise; the first mistake (illegal
 * character, malformed UTF-8, bad name, unbalanced close) sticks and is told
 * by xml_write_finish().
 */
#define XML_WRITE_DEPTH_MAX 32u
struct xml_writer {
    struct buf out;
    const char *open[XML_WRITE_DEPTH_MAX]; /* borrowed names */
    size_t depth;
    bool in_tag;         /* the last start tag still takes attributes */
    const char *problem; /* NULL while all is well */
};

/* `name` may carry a prefix; it must live until the element is closed. */
void xml_write_open(struct xml_writer *writer, const char *name);
/* Only right after xml_write_open(). */
void xml_write_attribute(struct xml_writer *writer, const char *name, const char *value);
void xml_write_text(struct xml_writer *writer, const char *text);
void xml_write_close(struct xml_writer *writer);
/* Open, text, close. */
void xml_write_element(struct xml_writer *writer, const char *name, const char *text);
void xml_write_boolean(struct xml_writer *writer, const char *name, bool value);

/* 0 and the document in *out (the caller's), or -1 with a sentence. The writer
   is empty afterwards in both cases. */
int xml_write_finish(struct xml_writer *writer, char **out, size_t *length,
                     struct slipway_error *err);
void xml_write_free(struct xml_writer *writer);
#define auto_xml_writer __attribute__((cleanup(xml_write_free)))

#endif
