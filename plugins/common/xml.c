/*
 * xml.c - reading XML that a stranger sent.
 *
 * libxml2 has traps that no flag closes: thousands of attributes in one tag
 * cost quadratic time, a DOCTYPE brings entities that expand a thousandfold, a
 * tree takes 33 times the memory of its text. So the bytes are scanned first by
 * xml_scan.c, which refuses all of that in one linear pass, and libxml2 gets
 * only what passed. A hook on the DOCTYPE event stops it even if the scan were
 * wrong.
 *
 * Comments, processing instructions and CDATA borders are dropped while the
 * tree is built: a leaf then has exactly one text node and its text can be lent
 * without copying.
 *
 * Failure: the first error of the parser becomes the sentence, cleaned; nothing
 * goes to stderr, and there is never half a document.
 */
#include "common/xml.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "common/xml_scan.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

struct xml {
    xmlDoc *doc;
};

/* What the parser's callbacks leave behind. */
struct parse_notes {
    char problem[160];
    int line;
    bool doctype;
};

/* Nothing outside of the document is ever loaded, whoever asks for it. */
static xmlParserInput *refuse_external(const char *url, const char *id,
                                       xmlParserCtxt *parser)
{
    (void)url, (void)id, (void)parser;
    return NULL;
}

static void start_libxml2(void)
{
    xmlInitParser();
    xmlSetExternalEntityLoader(refuse_external);
}

void xml_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start_libxml2);
}

static const xmlNode *raw(const struct xml_node *node)
{
    return (const xmlNode *)(const void *)node;
}

static const struct xml_node *wrap(const xmlNode *node)
{
    return (const struct xml_node *)(const void *)node;
}

static void note_error(void *data, xmlError *error)
{
    xmlParserCtxt *parser = data;
    struct parse_notes *notes = parser->_private;
    if (!notes->problem[0] && error->level >= XML_ERR_ERROR) {
        const char *message = error->message ? error->message : "malformed";
        auto_free char *line = xstrndup(message, strcspn(message, "\n"));
        (void)text_clean(line, notes->problem, sizeof notes->problem);
        notes->line = error->line;
    }
    /* The first error settles it: no time is spent on the rest. */
    if (error->level == XML_ERR_FATAL)
        xmlStopParser(parser);
}

static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *external,
                           const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    xmlParserCtxt *parser = data;
    ((struct parse_notes *)parser->_private)->doctype = true;
    xmlStopParser(parser);
}

static void auto_parser_fn(xmlParserCtxt **parser)
{
    if (*parser)
        xmlFreeParserCtxt(*parser);
}
#define auto_parser __attribute__((cleanup(auto_parser_fn)))

static xmlDoc *parse(const char *bytes, size_t length, struct parse_notes *notes)
{
    auto_parser xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser)
        abort();
    parser->_private = notes;
    parser->sax->serror = note_error;
    parser->sax->internalSubset = refuse_doctype;
    parser->sax->externalSubset = refuse_doctype;
    parser->sax->comment = NULL;
    parser->sax->processingInstruction = NULL;
    xmlDoc *doc = xmlCtxtReadMemory(parser, bytes, (int)length, NULL, "UTF-8",
                                    XML_PARSE_NONET | XML_PARSE_NOCDATA |
                                        XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc && (!parser->wellFormed || !parser->nsWellFormed || notes->doctype ||
                !xmlDocGetRootElement(doc))) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    return doc;
}

int xml_parse(const char *bytes, size_t length, struct xml **out,
              struct slipway_error *err)
{
    if (xml_scan(bytes, length, err))
        return -1;
    struct parse_notes notes = {.line = 0};
    xmlDoc *doc = parse(bytes, length, &notes);
    if (!doc && notes.doctype)
        return slipway_error_set(err, -1, "the XML holds a DOCTYPE, which is refused");
    if (!doc)
        return slipway_error_set(
            err, -1, "the XML is malformed or cut short (line %d: %s)", notes.line,
            notes.problem[0] ? notes.problem : "no element");
    struct xml *xml = xcalloc(1, sizeof *xml);
    xml->doc = doc;
    *out = xml;
    return 0;
}

void xml_free(struct xml *xml)
{
    if (!xml)
        return;
    xmlFreeDoc(xml->doc);
    free(xml);
}

const struct xml_node *xml_root(const struct xml *xml)
{
    return wrap(xmlDocGetRootElement(xml->doc));
}

const char *xml_name(const struct xml_node *node)
{
    return (const char *)raw(node)->name;
}

const char *xml_namespace(const struct xml_node *node)
{
    const xmlNs *ns = raw(node)->ns;
    return ns && ns->href ? (const char *)ns->href : "";
}

bool xml_is(const struct xml_node *node, const char *ns, const char *name)
{
    return node && (!ns || !strcmp(xml_namespace(node), ns)) &&
           (!name || !strcmp(xml_name(node), name));
}

static const struct xml_node *first_from(const xmlNode *node, const char *ns,
                                         const char *name)
{
    for (; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && xml_is(wrap(node), ns, name))
            return wrap(node);
    return NULL;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *ns,
                                 const char *name)
{
    return node ? first_from(raw(node)->children, ns, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *node, const char *ns,
                                const char *name)
{
    return node ? first_from(raw(node)->next, ns, name) : NULL;
}

const char *xml_text(const struct xml_node *node)
{
    if (!node)
        return NULL;
    const xmlNode *child = raw(node)->children;
    if (!child || child->type != XML_TEXT_NODE || !child->content)
        return "";
    return (const char *)child->content;
}

const char *xml_child_text(const struct xml_node *node, const char *ns, const char *name)
{
    return xml_text(xml_child(node, ns, name));
}

const char *xml_attribute(const struct xml_node *node, const char *ns, const char *name)
{
    if (!node)
        return NULL;
    for (const xmlAttr *attr = raw(node)->properties; attr; attr = attr->next) {
        const char *uri = attr->ns && attr->ns->href ? (const char *)attr->ns->href : "";
        if (strcmp((const char *)attr->name, name) || strcmp(uri, ns))
            continue;
        const xmlNode *value = attr->children;
        return value && value->content ? (const char *)value->content : "";
    }
    return NULL;
}

const char *xml_type(const struct xml_node *node)
{
    const char *type = xml_attribute(node, XML_NS_XSI, "type");
    const char *colon = type ? strrchr(type, ':') : NULL;
    return colon ? colon + 1 : type;
}

bool xml_number(const struct xml_node *node, long long *out)
{
    const char *text = xml_text(node);
    if (!text || !*text)
        return false;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || *end || end == text || *text == ' ')
        return false;
    *out = value;
    return true;
}

bool xml_boolean(const struct xml_node *node, bool *out)
{
    const char *text = xml_text(node);
    if (!text)
        return false;
    bool yes = !strcmp(text, "true") || !strcmp(text, "1");
    if (!yes && strcmp(text, "false") && strcmp(text, "0"))
        return false;
    *out = yes;
    return true;
}
