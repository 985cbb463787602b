/*
 * xml_write.c - writing XML without ever concatenating somebody's text.
 *
 * A writer keeps the open elements on a small stack and escapes every text and
 * attribute. XML 1.0 cannot carry most control characters, not even escaped, so
 * they are refused: what is sent is exactly what was meant, or nothing.
 *
 * Failure: the first mistake sticks, the rest is ignored, and
 * xml_write_finish() tells it.
 */
#include "common/xml.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"

static bool fail(struct xml_writer *writer, const char *problem)
{
    if (!writer->problem)
        writer->problem = problem;
    return false;
}

static bool name_is_fine(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t length = name ? strlen(name) : 0;
    return length && strchr(letters, name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                        "0123456789.:-") == length;
}

/* U+FFFE and U+FFFF are well-formed UTF-8 and no XML. */
static bool text_is_fine(struct xml_writer *writer, const char *text)
{
    size_t length = strlen(text);
    if (!text_is_utf8(text, length))
        return fail(writer, "a value is not UTF-8 text");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
        bool non_character = c == 0xEF && (unsigned char)text[i + 1] == 0xBF &&
                             (unsigned char)text[i + 2] >= 0xBE;
        if (control || non_character)
            return fail(writer,
                        "a value holds a control character that XML cannot carry");
    }
    return true;
}

static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        case '\t': /* written bare, a parser would turn these into spaces */
        case '\n':
        case '\r':
            buf_addf(out, "&#%d;", *text);
            break;
        default:
            buf_addc(out, *text);
        }
    }
}

static void end_tag_start(struct xml_writer *writer)
{
    if (writer->in_tag)
        buf_addc(&writer->out, '>');
    writer->in_tag = false;
}

void xml_write_open(struct xml_writer *writer, const char *name)
{
    if (!name_is_fine(name))
        fail(writer, "an element name is malformed");
    if (writer->depth == XML_WRITE_DEPTH_MAX)
        fail(writer, "the elements are nested too deep");
    if (!writer->depth && writer->out.length)
        fail(writer, "there is a second root element");
    if (writer->problem)
        return;
    end_tag_start(writer);
    if (!writer->depth)
        buf_adds(&writer->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_addf(&writer->out, "<%s", name);
    writer->open[writer->depth++] = name;
    writer->in_tag = true;
}

void xml_write_attribute(struct xml_writer *writer, const char *name, const char *value)
{
    if (!writer->in_tag)
        fail(writer, "an attribute is outside a start tag");
    if (!name_is_fine(name))
        fail(writer, "an attribute name is malformed");
    if (writer->problem || !text_is_fine(writer, value))
        return;
    buf_addf(&writer->out, " %s=\"", name);
    add_escaped(&writer->out, value);
    buf_addc(&writer->out, '"');
}

void xml_write_text(struct xml_writer *writer, const char *text)
{
    if (!writer->depth)
        fail(writer, "text is outside an element");
    if (writer->problem || !text_is_fine(writer, text))
        return;
    end_tag_start(writer);
    add_escaped(&writer->out, text);
}

void xml_write_close(struct xml_writer *writer)
{
    if (!writer->depth)
        fail(writer, "an element is closed that is not open");
    if (writer->problem)
        return;
    const char *name = writer->open[--writer->depth];
    if (writer->in_tag)
        buf_adds(&writer->out, "/>");
    else
        buf_addf(&writer->out, "</%s>", name);
    writer->in_tag = false;
}

void xml_write_element(struct xml_writer *writer, const char *name, const char *text)
{
    xml_write_open(writer, name);
    xml_write_text(writer, text);
    xml_write_close(writer);
}

void xml_write_boolean(struct xml_writer *writer, const char *name, bool value)
{
    xml_write_element(writer, name, value ? "true" : "false");
}

int xml_write_finish(struct xml_writer *writer, char **out, size_t *length,
                     struct slipway_error *err)
{
    if (writer->depth || !writer->out.length)
        fail(writer, "an element is not closed");
    if (writer->problem) {
        slipway_error_set(err, -1, "the XML cannot be written: %s", writer->problem);
        xml_write_free(writer);
        return -1;
    }
    *length = writer->out.length;
    *out = buf_take(&writer->out);
    xml_write_free(writer);
    return 0;
}

void xml_write_free(struct xml_writer *writer)
{
    buf_free(&writer->out);
    *writer = (struct xml_writer){.depth = 0};
}
