/*
 * xml_scan.c - refuse dangerous XML before a parser sees it.
 *
 * One pass over the bytes with a cursor. It need not understand XML, only never
 * see less than a parser does: the encoding is pinned to UTF-8 so that no tag
 * can hide in another one, and a '<' inside a tag (illegal in XML anyway) is
 * refused, so that a tag always ends where the scan thinks it ends.
 *
 * Failure: -1 and a sentence that names the limit; nothing is allocated.
 */
#include "common/xml_scan.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/xml.h"
#include "util/text.h"

struct scan {
    const char *at, *end;
    size_t depth, elements;
    struct slipway_error *err;
};

static bool looking_at(const struct scan *scan, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(scan->end - scan->at) >= length && !memcmp(scan->at, text, length);
}

/* Move behind the next `mark`; -1 if there is none. */
static int skip_past(struct scan *scan, const char *mark, const char *what)
{
    size_t length = strlen(mark);
    const char *found = memmem(scan->at, (size_t)(scan->end - scan->at), mark, length);
    if (!found)
        return slipway_error_set(scan->err, -1, "the XML is cut short inside %s", what);
    scan->at = found + length;
    return 0;
}

/* The XML declaration may name only encodings that UTF-8 includes. */
static int check_declaration(struct scan *scan)
{
    const char *start = scan->at;
    if (skip_past(scan, "?>", "a processing instruction"))
        return -1;
    size_t length = (size_t)(scan->at - start);
    const char *named = memmem(start, length, "encoding", 8);
    if (!named || memcmp(start, "<?xml", 5))
        return 0;
    named += 8;
    named += strspn(named, " \t\r\n=\"'");
    size_t name_length = strcspn(named, "\"'?> \t\r\n");
    bool fine = (name_length == 5 && !strncasecmp(named, "utf-8", 5)) ||
                (name_length == 8 && !strncasecmp(named, "us-ascii", 8));
    if (!fine)
        return slipway_error_set(scan->err, -1, "the XML is not declared as UTF-8");
    return 0;
}

/* From behind '<' to behind the '>' that ends the tag. */
static int scan_tag(struct scan *scan, bool *closes_itself)
{
    const char *start = scan->at;
    size_t attributes = 0;
    char quote = 0;
    for (; scan->at < scan->end; scan->at++) {
        char c = *scan->at;
        if ((size_t)(scan->at - start) > XML_TAG_MAX)
            return slipway_error_set(
                scan->err, -1, "the XML holds a tag longer than %u bytes", XML_TAG_MAX);
        if (c == '<')
            return slipway_error_set(scan->err, -1, "the XML holds a '<' inside a tag");
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
            if (++attributes > XML_ATTRIBUTES_MAX)
                return slipway_error_set(
                    scan->err, -1, "the XML holds a tag with more than %u attributes",
                    XML_ATTRIBUTES_MAX);
        } else if (c == '>') {
            *closes_itself = scan->at > start && scan->at[-1] == '/';
            scan->at++;
            return 0;
        }
    }
    return slipway_error_set(scan->err, -1, "the XML is cut short inside a tag");
}

static int scan_start_tag(struct scan *scan)
{
    scan->at++;
    bool closes_itself = false;
    if (scan_tag(scan, &closes_itself))
        return -1;
    if (++scan->elements > XML_ELEMENTS_MAX)
        return slipway_error_set(scan->err, -1, "the XML holds more than %u elements",
                                 XML_ELEMENTS_MAX);
    if (scan->depth + 1 > XML_DEPTH_MAX)
        return slipway_error_set(
            scan->err, -1, "the XML is nested deeper than %u elements", XML_DEPTH_MAX);
    scan->depth += closes_itself ? 0 : 1;
    return 0;
}

static int scan_end_tag(struct scan *scan)
{
    bool ignored = false;
    scan->at += 2;
    if (scan_tag(scan, &ignored))
        return -1;
    if (!scan->depth)
        return slipway_error_set(scan->err, -1,
                                 "the XML closes more elements than it opens");
    scan->depth--;
    return 0;
}

/* What starts at a '<'. */
static int scan_markup(struct scan *scan)
{
    if (looking_at(scan, "<!--"))
        return scan->at += 4, skip_past(scan, "-->", "a comment");
    if (looking_at(scan, "<![CDATA["))
        return skip_past(scan, "]]>", "a CDATA section");
    if (looking_at(scan, "<!"))
        return slipway_error_set(
            scan->err, -1, "the XML holds a DOCTYPE or declaration, which is refused");
    if (looking_at(scan, "<?"))
        return check_declaration(scan);
    return looking_at(scan, "</") ? scan_end_tag(scan) : scan_start_tag(scan);
}

int xml_scan(const char *bytes, size_t length, struct slipway_error *err)
{
    if (!bytes || !length)
        return slipway_error_set(err, -1, "the XML is empty");
    if (length > XML_BYTES_MAX)
        return slipway_error_set(err, -1, "the XML is larger than %u bytes",
                                 XML_BYTES_MAX);
    if (memchr(bytes, 0, length) || !text_is_utf8(bytes, length))
        return slipway_error_set(err, -1, "the XML is not UTF-8 text");
    struct scan scan = {.at = bytes, .end = bytes + length, .err = err};
    while ((scan.at = memchr(scan.at, '<', (size_t)(scan.end - scan.at)))) {
        if (scan_markup(&scan))
            return -1;
        if (scan.at >= scan.end)
            break;
    }
    return 0;
}
