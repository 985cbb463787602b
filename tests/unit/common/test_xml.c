/*
 * test_xml.c - what slipway makes of XML from a hostile or a merely odd peer,
 * and what it refuses to write itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/xml.h"
#include "util/auto.h"
#include "util/buf.h"

#define VIM "urn:vim25"

static void assert_refused(const char *bytes, size_t length, const char *because)
{
    struct slipway_error err = {""};
    struct xml *xml = NULL;
    assert_int_equal(xml_parse(bytes, length, &xml, &err), -1);
    assert_null(xml);
    if (!strstr(err.text, because))
        fail_msg("expected \"%s\" in: %s", because, err.text);
}

static void refused(const char *text, const char *because)
{
    assert_refused(text, strlen(text), because);
}

static struct xml *parsed(const char *text)
{
    struct slipway_error err = {""};
    struct xml *xml = NULL;
    if (xml_parse(text, strlen(text), &xml, &err))
        fail_msg("%s", err.text);
    return xml;
}

static void a_soap_answer_is_read_by_namespace_not_by_prefix(void **state)
{
    (void)state;
    auto_xml struct xml *xml =
        parsed("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'>"
               "<S:Body><r xmlns='urn:vim25'>"
               "<val type='ResourcePool' xmlns:odd='" XML_NS_XSI "'"
               " odd:type='x:ManagedObjectReference'>resgroup-8</val>"
               "<n>42</n><n>-7</n><yes>true</yes><text>a &lt;b&gt; &amp; &#233;"
               "<!-- gone --><![CDATA[<raw>]]></text></r></S:Body></S:Envelope>");
    const struct xml_node *r =
        xml_child(xml_child(xml_root(xml), NULL, "Body"), VIM, "r");
    assert_non_null(r);
    const struct xml_node *val = xml_child(r, VIM, "val");
    assert_string_equal(xml_text(val), "resgroup-8");
    assert_string_equal(xml_type(val), "ManagedObjectReference");
    assert_string_equal(xml_attribute(val, "", "type"), "ResourcePool");
    assert_null(xml_attribute(val, "", "nothing"));
    long long number = 0;
    assert_true(xml_number(xml_child(r, VIM, "n"), &number));
    assert_int_equal(number, 42);
    assert_true(xml_number(xml_next(xml_child(r, VIM, "n"), VIM, "n"), &number));
    assert_int_equal(number, -7);
    bool yes = false;
    assert_true(xml_boolean(xml_child(r, VIM, "yes"), &yes) && yes);
    assert_false(xml_boolean(xml_child(r, VIM, "n"), &yes));
    assert_string_equal(xml_child_text(r, VIM, "text"), "a <b> & \xc3\xa9<raw>");
    assert_null(xml_child(r, "urn:other", "val"));
    assert_null(xml_child_text(xml_child(r, VIM, "absent"), VIM, "x"));
}

static void attribute_values_are_decoded(void **state)
{
    (void)state;
    auto_xml struct xml *xml = parsed("<a x='1 &amp; 2&#10;' y=''/>");
    assert_string_equal(xml_attribute(xml_root(xml), "", "x"), "1 & 2\n");
    assert_string_equal(xml_attribute(xml_root(xml), "", "y"), "");
    assert_string_equal(xml_text(xml_root(xml)), "");
}

static void a_doctype_is_refused_before_it_can_expand(void **state)
{
    (void)state;
    refused("<!DOCTYPE lol [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>",
            "DOCTYPE");
    refused("<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
            "DOCTYPE");
    refused("<a><!ENTITY x 'y'></a>", "DOCTYPE");
    refused("<a>&undeclared;</a>", "malformed");
}

static void truncation_is_an_error(void **state)
{
    (void)state;
    static const char whole[] = "<a xmlns='urn:x'><b c='d'>text</b><!-- c --></a>";
    for (size_t length = 1; length < sizeof whole - 1; length++) {
        struct xml *xml = NULL;
        assert_int_equal(xml_parse(whole, length, &xml, NULL), -1);
    }
    auto_xml struct xml *xml = parsed(whole);
    assert_string_equal(xml_name(xml_root(xml)), "a");
    refused("", "empty");
    refused("   \n", "malformed");
    refused("<html><p>503 Service Unavailable</html>", "malformed");
}

static void other_encodings_cannot_hide_a_tag(void **state)
{
    (void)state;
    assert_refused("\xff\xfe<\0a\0/\0>\0", 10, "UTF-8");
    assert_refused("<a>\0</a>", 8, "UTF-8");
    refused("<a>\xe9</a>", "UTF-8");
    refused("<?xml version='1.0' encoding='UTF-7'?><a/>", "UTF-8");
    refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "UTF-8");
    refused("<?xml version='1.0' encoding = \"utf-16\"?><a/>", "UTF-8");
}

static void too_many_attributes_are_refused_quickly(void **state)
{
    (void)state;
    auto_buf struct buf bomb = {0}, fine = {0};
    buf_adds(&bomb, "<a");
    for (int i = 0; i < 5000; i++)
        buf_addf(&bomb, " a%d='1'", i);
    buf_adds(&bomb, "/>");
    assert_refused(bomb.data, bomb.length, "attributes");
    buf_adds(&fine, "<a");
    for (unsigned i = 0; i < XML_ATTRIBUTES_MAX; i++)
        buf_addf(&fine, " a%u='1'", i);
    buf_adds(&fine, "/>");
    auto_xml struct xml *xml = parsed(fine.data);
    assert_string_equal(xml_attribute(xml_root(xml), "", "a255"), "1");
}

static void a_quote_cannot_smuggle_tags_past_the_scan(void **state)
{
    (void)state;
    refused("<a \"<b c='1'/>\" />", "'<' inside a tag");
    refused("<a b='<c>'/>", "'<' inside a tag");
    refused("<a b=\"1\" \"/>", "cut short");
}

static void depth_size_and_count_are_limited(void **state)
{
    (void)state;
    auto_buf struct buf deep = {0}, ok = {0}, tag = {0}, many = {0};
    for (unsigned i = 0; i <= XML_DEPTH_MAX; i++)
        buf_adds(&deep, "<a>");
    assert_refused(deep.data, deep.length, "nested deeper");
    for (unsigned i = 0; i < XML_DEPTH_MAX; i++)
        buf_adds(&ok, "<a>");
    for (unsigned i = 0; i < XML_DEPTH_MAX; i++)
        buf_adds(&ok, "</a>");
    auto_xml struct xml *xml = parsed(ok.data);
    assert_non_null(xml_child(xml_root(xml), "", "a"));
    buf_adds(&tag, "<a b='");
    for (unsigned i = 0; i < XML_TAG_MAX; i++)
        buf_addc(&tag, 'x');
    buf_adds(&tag, "'/>");
    assert_refused(tag.data, tag.length, "tag longer");
    buf_adds(&many, "<r>");
    for (unsigned i = 0; i < XML_ELEMENTS_MAX; i++)
        buf_adds(&many, "<a/>");
    buf_adds(&many, "</r>");
    assert_refused(many.data, many.length, "elements");
    while (many.length <= XML_BYTES_MAX)
        buf_add(&many, ok.data, ok.length);
    assert_refused(many.data, many.length, "larger than");
}

static void malformed_names_and_ends_are_refused(void **state)
{
    (void)state;
    refused("</a>", "closes more");
    refused("<a></b>", "malformed");
    refused("<a/><b/>", "malformed");
    refused("<a b='1' b='2'/>", "malformed");
    refused("<p:a/>", "malformed");
    refused("<a>&#0;</a>", "malformed");
    refused("<a>\x01</a>", "malformed");
    refused("<?xml version='1.0'?", "cut short");
    refused("<a><!-- never ends </a>", "cut short");
    refused("<a><![CDATA[ never ends </a>", "cut short");
}

static void errors_hold_no_control_characters(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    struct xml *xml = NULL;
    static const char evil[] = "<a></\x1b[31mb\xe2\x80\xae>";
    assert_int_equal(xml_parse(evil, sizeof evil - 1, &xml, &err), -1);
    assert_null(strchr(err.text, '\x1b'));
    assert_null(strstr(err.text, "\xe2\x80\xae"));
}

/* Flip, drop and repeat bytes with a fixed seed: no crash, no half document. */
static void mutated_documents_never_hurt(void **state)
{
    (void)state;
    static const char sample[] =
        "<?xml version='1.0' encoding='UTF-8'?><!-- c --><s:E xmlns:s='urn:s' a='1'>"
        "<b xmlns='urn:b' s:t='x:Y'>t&amp;&#65;<![CDATA[<q>]]></b><c/></s:E>";
    unsigned seed = 7, parsed_count = 0;
    for (int round = 0; round < 20000; round++) {
        char bytes[2 * sizeof sample];
        size_t length = sizeof sample - 1;
        memcpy(bytes, sample, sizeof sample);
        for (int change = 0; change <= round % 3; change++) {
            seed = seed * 1103515245u + 12345u;
            size_t at = (seed >> 8) % length, span = (seed >> 20) % 8;
            if (seed & 16 && at + span < length) {
                memmove(bytes + at, bytes + at + span, length - at - span);
                length -= span;
            } else {
                bytes[at] = "<>&;\"'/!?[]- =:x\xc3"[(seed >> 4) % 17];
            }
        }
        struct slipway_error err = {""};
        struct xml *xml = NULL;
        if (xml_parse(bytes, length, &xml, &err))
            assert_true(!xml && err.text[0]);
        else
            parsed_count += xml_name(xml_root(xml))[0] != '\0';
        xml_free(xml);
    }
    assert_true(parsed_count > 100);
}

static void what_is_written_is_escaped_and_reads_back(void **state)
{
    (void)state;
    auto_xml_writer struct xml_writer writer = {.depth = 0};
    xml_write_open(&writer, "s:a");
    xml_write_attribute(&writer, "xmlns:s", "urn:x");
    xml_write_attribute(&writer, "q", "\"<&>'\t\n");
    xml_write_element(&writer, "b", "]]> & <c> \r\n \xc3\xa9");
    xml_write_boolean(&writer, "d", true);
    xml_write_open(&writer, "e");
    xml_write_close(&writer);
    xml_write_close(&writer);
    auto_free char *text = NULL;
    size_t length = 0;
    struct slipway_error err = {""};
    assert_int_equal(xml_write_finish(&writer, &text, &length, &err), 0);
    assert_int_equal(strlen(text), length);
    auto_xml struct xml *xml = parsed(text);
    const struct xml_node *root = xml_root(xml);
    assert_true(xml_is(root, "urn:x", "a"));
    assert_string_equal(xml_attribute(root, "", "q"), "\"<&>'\t\n");
    assert_string_equal(xml_child_text(root, "", "b"), "]]> & <c> \r\n \xc3\xa9");
    assert_string_equal(xml_child_text(root, "", "d"), "true");
    assert_string_equal(xml_child_text(root, "", "e"), "");
}

static void unwritable(const char *text)
{
    struct xml_writer writer = {.depth = 0};
    struct slipway_error err = {""};
    char *out = NULL;
    size_t length = 7;
    xml_write_open(&writer, "a");
    xml_write_text(&writer, text);
    xml_write_close(&writer);
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    assert_null(out);
    assert_int_equal(length, 7);
    assert_non_null(strstr(err.text, "cannot be written"));
}

static void what_xml_cannot_carry_is_not_written(void **state)
{
    (void)state;
    unwritable("bell \x07");
    unwritable("escape \x1b[0m");
    unwritable("not utf-8 \xff");
    unwritable("half a surrogate \xed\xa0\x80");
    unwritable("non-character \xef\xbf\xbf");
    unwritable("cut \xef\xbf");
}

static void a_misused_writer_fails_instead_of_sending(void **state)
{
    (void)state;
    char *out = NULL;
    size_t length = 0;
    struct slipway_error err = {""};
    struct xml_writer writer = {.depth = 0};
    xml_write_open(&writer, "a");
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    assert_non_null(strstr(err.text, "not closed"));
    xml_write_close(&writer);
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    xml_write_open(&writer, "a b");
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    xml_write_element(&writer, "a", "x");
    xml_write_element(&writer, "b", "y");
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    for (unsigned i = 0; i <= XML_WRITE_DEPTH_MAX; i++)
        xml_write_open(&writer, "a");
    assert_int_equal(xml_write_finish(&writer, &out, &length, &err), -1);
    assert_non_null(strstr(err.text, "too deep"));
    assert_null(out);
}

int main(void)
{
    xml_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_soap_answer_is_read_by_namespace_not_by_prefix),
        cmocka_unit_test(attribute_values_are_decoded),
        cmocka_unit_test(a_doctype_is_refused_before_it_can_expand),
        cmocka_unit_test(truncation_is_an_error),
        cmocka_unit_test(other_encodings_cannot_hide_a_tag),
        cmocka_unit_test(too_many_attributes_are_refused_quickly),
        cmocka_unit_test(a_quote_cannot_smuggle_tags_past_the_scan),
        cmocka_unit_test(depth_size_and_count_are_limited),
        cmocka_unit_test(malformed_names_and_ends_are_refused),
        cmocka_unit_test(errors_hold_no_control_characters),
        cmocka_unit_test(mutated_documents_never_hurt),
        cmocka_unit_test(what_is_written_is_escaped_and_reads_back),
        cmocka_unit_test(what_xml_cannot_carry_is_not_written),
        cmocka_unit_test(a_misused_writer_fails_instead_of_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
