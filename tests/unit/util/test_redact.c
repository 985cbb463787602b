/* test_redact.c - a canary in every shape, and text that must stay as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/redact.h"

/* Characters that every kind of escaping has an opinion about. */
static const char canary[] = "Cän4ry &\"pa'ss\" <w/rd>+1";

static int forget(void **state)
{
    (void)state;
    redact_forget();
    return 0;
}

static void becomes(const char *text, const char *expected)
{
    auto_buf struct buf buf = {0};
    buf_adds(&buf, text);
    redact_text(&buf);
    assert_string_equal(buf_text(&buf), expected);
    assert_int_equal(buf.length, strlen(expected));
}

static void nothing_is_touched_without_secrets(void **state)
{
    (void)state;
    becomes("password is hunter22", "password is hunter22");
    becomes("", "");
}

static void every_escaping_is_found(void **state)
{
    (void)state;
    assert_int_equal(redact_add(canary, strlen(canary)), 0);
    static const char *const shapes[] = {
        /* plain */
        "Cän4ry &\"pa'ss\" <w/rd>+1",
        /* JSON: plain, ASCII only, escaped slash */
        "Cän4ry &\\\"pa'ss\\\" <w/rd>+1",
        "C\\u00e4n4ry &\\\"pa'ss\\\" <w/rd>+1",
        "C\\u00E4n4ry &\\\"pa'ss\\\" <w\\/rd>+1",
        /* URL: curl, encodeURIComponent, form, small hex */
        "C%C3%A4n4ry%20%26%22pa%27ss%22%20%3Cw%2Frd%3E%2B1",
        "C%C3%A4n4ry%20%26%22pa'ss%22%20%3Cw%2Frd%3E%2B1",
        "C%C3%A4n4ry+%26%22pa%27ss%22+%3Cw%2Frd%3E%2B1",
        "C%c3%a4n4ry%20%26%22pa%27ss%22%20%3cw%2frd%3e%2b1",
        /* XML: text, attribute, everything */
        "Cän4ry &amp;\"pa'ss\" &lt;w/rd&gt;+1",
        "Cän4ry &amp;&quot;pa'ss&quot; &lt;w/rd&gt;+1",
        "Cän4ry &amp;&quot;pa&apos;ss&quot; &lt;w/rd&gt;+1",
        "Cän4ry &amp;&quot;pa&#39;ss&quot; &lt;w/rd&gt;+1",
        /* shell */
        "Cän4ry &\"pa'\\''ss\" <w/rd>+1",
        /* JSON of those who fear HTML: Go, Gson, .NET */
        "Cän4ry \\u0026\\\"pa'ss\\\" \\u003cw/rd\\u003e+1",
        "Cän4ry \\u0026\\\"pa\\u0027ss\\\" \\u003cw/rd\\u003e+1",
        "C\\u00E4n4ry \\u0026\\u0022pa\\u0027ss\\u0022 \\u003Cw/rd\\u003E\\u002B1",
        /* and with every character escaped */
        "\\u0043\\u00e4\\u006e\\u0034\\u0072\\u0079\\u0020\\u0026\\u0022\\u0070\\u0061\\u"
        "0027\\u0073\\u0073\\u0022\\u0020\\u003c\\u0077\\u002f\\u0072\\u0064\\u003e\\u002"
        "b\\u0031",
        "\\u0043\\u00E4\\u006E\\u0034\\u0072\\u0079\\u0020\\u0026\\u0022\\u0070\\u0061\\u"
        "0027\\u0073\\u0073\\u0022\\u0020\\u003C\\u0077\\u002F\\u0072\\u0064\\u003E\\u002"
        "B\\u0031",
        /* URL, every byte */
        "%43%C3%A4%6E%34%72%79%20%26%22%70%61%27%73%73%22%20%3C%77%2F%72%64%3E%2B%31",
        "%43%c3%a4%6e%34%72%79%20%26%22%70%61%27%73%73%22%20%3c%77%2f%72%64%3e%2b%31",
        /* XML and HTML: Go, Python, every character by number */
        "Cän4ry &amp;&#34;pa&#39;ss&#34; &lt;w/rd&gt;+1",
        "Cän4ry &amp;&quot;pa&#x27;ss&quot; &lt;w/rd&gt;+1",
        "&#67;&#228;&#110;&#52;&#114;&#121;&#32;&#38;&#34;&#112;&#97;&#39;&#115;&#115;&#"
        "34;&#32;&#60;&#119;&#47;&#114;&#100;&#62;&#43;&#49;",
        "&#x43;&#xe4;&#x6e;&#x34;&#x72;&#x79;&#x20;&#x26;&#x22;&#x70;&#x61;&#x27;&#x73;&#"
        "x73;&#x22;&#x20;&#x3c;&#x77;&#x2f;&#x72;&#x64;&#x3e;&#x2b;&#x31;",
        "&#x43;&#xE4;&#x6E;&#x34;&#x72;&#x79;&#x20;&#x26;&#x22;&#x70;&#x61;&#x27;&#x73;&#"
        "x73;&#x22;&#x20;&#x3C;&#x77;&#x2F;&#x72;&#x64;&#x3E;&#x2B;&#x31;",
        /* shell: printf %q, between double quotes; SQL, CSV */
        "Cän4ry\\ \\&\\\"pa\\'ss\\\"\\ \\<w/rd\\>+1",
        "Cän4ry &\\\"pa'ss\\\" <w/rd>+1",
        "Cän4ry &\"pa''ss\" <w/rd>+1",
        "Cän4ry &\"\"pa'ss\"\" <w/rd>+1",
        /* bytes: xxd -p, od */
        "43c3a46e347279202622706127737322203c772f72643e2b31",
        "43C3A46E347279202622706127737322203C772F72643E2B31",
        "43 c3 a4 6e 34 72 79 20 26 22 70 61 27 73 73 22 20 3c 77 2f 72 64 3e 2b 31",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
        auto_buf struct buf text = {0};
        buf_addf(&text, "login as %s failed", shapes[i]);
        becomes(buf_text(&text), "login as [secret] failed");
    }
}

/* Base64 of "x:SECRET", "xy:SECRET" and "xyz:SECRET": no run of the secret's own
   characters is left, whatever stands in front. */
static void base64_is_found_at_every_alignment(void **state)
{
    (void)state;
    assert_int_equal(redact_add("correct-horse-battery", 21), 0);
    becomes("Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "[secret]"); /* alone    */
    becomes("Basic YTpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=", "Basic YTp[secret]k="); /* a:   */
    becomes("Basic YWI6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "Basic YWI6[secret]");  /* ab:  */
    becomes("Basic YWJjOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==",
            "Basic YWJjOm[secret]Q=="); /* abc: */
}

/* As `base64` and `openssl base64` write it, and such text once more in JSON. */
static void base64_in_lines_is_found(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\\n", "\\r\\n"};
    static const char base64[] =
        "MDEyMzQ1Njc4OWFiY2RlZi0wMTIzNDU2Nzg5YWJjZGVmLTAxMjM0NTY3ODlhYmNkZWYtMDEyMzQ1Njc4"
        "OWFiY2RlZi0wMTIzNDU2Nzg5YWJjZGVmLTAxMjM0NTY3ODlhYmNkZWYt";
    static const char secret[] = "0123456789abcdef-0123456789abcdef-0123456789abcdef-"
                                 "0123456789abcdef-0123456789abcdef-0123456789abcdef-";
    assert_int_equal(redact_add(secret, strlen(secret)), 0);
    for (int columns = 64; columns <= 76; columns += 12) {
        for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
            auto_buf struct buf text = {0};
            for (size_t at = 0; at < strlen(base64); at += (size_t)columns)
                buf_addf(&text, "%s%.*s", at ? ends[i] : "> ", columns, base64 + at);
            buf_adds(&text, " <");
            becomes(buf_text(&text), "> [secret] <");
        }
    }
}

static void a_secret_cut_off_by_a_full_buffer_is_found(void **state)
{
    (void)state;
    assert_int_equal(redact_add("correct-horse-battery", 21), 0);
    becomes("said: correct-horse-bat", "said: [secret]");
    becomes("that is correct", "that is [secret]"); /* too much rather than too little */
    becomes("that is correct here", "that is correct here");
    becomes("corre", "corre");
    /* an answer of which only the beginning is quoted */
    becomes("said: correct-horse-bat…", "said: [secret]…");
    becomes("said 'correct-horse...' (40 bytes)", "said '[secret]...' (40 bytes)");
    becomes("said 'corre...'", "said 'corre...'");
}

static void becomes_line(const char *text, const char *expected)
{
    auto_buf struct buf line = {0};
    redact_line(&line, text, strlen(text), 64);
    assert_string_equal(buf_text(&line), expected);
    assert_false(redact_finds(buf_text(&line), line.length));
}

static void making_harmless_does_not_put_a_secret_together(void **state)
{
    (void)state;
    assert_int_equal(redact_add("c0rrect-h0rse", 13), 0);
    assert_int_equal(redact_add("tab\tin the secret", 17), 0);
    becomes_line("dump: 63\t30 72\t72 65 63 74\t2d 68 30 72 73 65.", "dump: [secret].");
    /* U+2063 is invisible, so it becomes \u2063 */
    becomes_line("at \xe2\x81\xa3"
                 "3072726563742d6830727365",
                 "at \\u20[secret]");
    /* and one that holds a control character is found before that is escaped */
    becomes_line("it is tab\tin the secret.", "it is [secret].");
    auto_buf struct buf appended = {0};
    buf_adds(&appended, "before ");
    redact_line(&appended, "c0rrect-h0rse and after", 23, 12);
    assert_string_equal(buf_text(&appended), "before [secret] and…");
}

static void short_secrets_hide_as_words_only(void **state)
{
    (void)state;
    assert_int_equal(redact_add("pass", 4), 0);
    assert_int_equal(redact_add("abc", 3), 0);
    becomes("the password is pass, abc", "the password is [secret], abc");
    becomes("user:pass@host", "user:[secret]@host");
    assert_false(redact_finds("job-pass-1", 10));
    assert_int_equal(redact_add("long enough", 11), 0);
    assert_true(redact_finds("job long enough 1", 17));
    assert_false(redact_finds("job long enoug", 14));
}

static void the_longest_secret_wins(void **state)
{
    (void)state;
    assert_int_equal(redact_add("12345678", 8), 0);
    assert_int_equal(redact_add("1234567890", 10), 0);
    becomes("1234567890 12345678", "[secret] [secret]");
    becomes("1234567812345678", "[secret][secret]");
}

static void lines_of_a_key_are_found_alone(void **state)
{
    (void)state;
    static const char key[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
                              "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\r\n"
                              "QyNTUxOQAAACDPl0xN8x5oT0k3Q1h2bXh4eXp6enp6\n"
                              "-----END OPENSSH PRIVATE KEY-----";
    assert_int_equal(redact_add(key, strlen(key)), 0);
    becomes("error near b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ",
            "error near [secret]");
    becomes("no -----BEGIN OPENSSH PRIVATE KEY----- line",
            "no -----BEGIN OPENSSH PRIVATE KEY----- line");
}

/* A secret of digits must not break a document, only its values. */
static void documents_stay_documents(void **state)
{
    (void)state;
    assert_int_equal(redact_add("12345678", 8), 0);
    static const char document[] =
        "{\"n\":123456789,\"t\":[\"pw 12345678\",true,null,1.5],"
        "\"k12345678\":{\"x\":1}}";
    auto_json json_t *json = json_parse(document, strlen(document), 1000, NULL);
    assert_non_null(json);
    json = redact_json(json);
    auto_free char *text = json_canonical(json);
    assert_string_equal(text, "{\"k[secret]\":{\"x\":1},\"n\":\"[secret]9\","
                              "\"t\":[\"pw [secret]\",true,null,1.5]}");
}

static void many_secrets_are_kept_apart(void **state)
{
    (void)state;
    char secret[32], text[64];
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(secret, sizeof secret, "secret-%05d-of-many", i);
        assert_int_equal(redact_add(secret, strlen(secret)), 0);
        assert_int_equal(redact_add(secret, strlen(secret)), 0);
    }
    for (int i = 0; i < 2000; i += 97) {
        (void)snprintf(text, sizeof text, "[secret-%05d-of-many]", i);
        becomes(text, "[[secret]]");
    }
    becomes("secret-02000-of-many", "secret-02000-of-many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_touched_without_secrets, forget),
        cmocka_unit_test_teardown(every_escaping_is_found, forget),
        cmocka_unit_test_teardown(base64_is_found_at_every_alignment, forget),
        cmocka_unit_test_teardown(base64_in_lines_is_found, forget),
        cmocka_unit_test_teardown(a_secret_cut_off_by_a_full_buffer_is_found, forget),
        cmocka_unit_test_teardown(making_harmless_does_not_put_a_secret_together, forget),
        cmocka_unit_test_teardown(short_secrets_hide_as_words_only, forget),
        cmocka_unit_test_teardown(the_longest_secret_wins, forget),
        cmocka_unit_test_teardown(lines_of_a_key_are_found_alone, forget),
        cmocka_unit_test_teardown(documents_stay_documents, forget),
        cmocka_unit_test_teardown(many_secrets_are_kept_apart, forget),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
