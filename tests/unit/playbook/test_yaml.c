/*
 * test_yaml.c - the accepted subset of YAML: what it reads, and the exact sentence and
 * place for everything that it refuses.
 */
#include "support.h"

#include "playbook/to_json.h"
#include "playbook/yaml.h"

static struct yaml_document *parse(const char *bytes, size_t length,
                                   struct problem_list *problems)
{
    return yaml_parse("f.yaml", bytes, length, problems);
}

/* The document as JSON is `json`, and nothing was complained about. */
static void reads_as(const char *text, const char *json)
{
    auto_problems struct problem_list problems = {0};
    auto_yaml struct yaml_document *document = parse(text, strlen(text), &problems);
    auto_free char *complaints = problems_text(&problems);
    assert_string_equal(complaints, "");
    assert_non_null(document);
    auto_json json_t *value = yaml_to_json(document->root);
    auto_free char *got = json_canonical(value);
    assert_string_equal(got, json);
}

struct bad {
    const char *text;
    size_t length; /* 0: up to the NUL */
    const char *problems;
    bool readable; /* a document is given nevertheless */
};

static void complains(const struct bad *bad)
{
    auto_problems struct problem_list problems = {0};
    size_t length = bad->length ? bad->length : strlen(bad->text);
    auto_yaml struct yaml_document *document = parse(bad->text, length, &problems);
    auto_free char *got = problems_text(&problems);
    assert_string_equal(got, bad->problems);
    assert_true((document != NULL) == bad->readable);
}

static void good_files_are_read(void **state)
{
    (void)state;
    reads_as(
        "a: 1\nb: [x, 'y', \"z\"]\nc: {d: , e: ~, f: null}\n",
        "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"],\"c\":{\"d\":null,\"e\":null,\"f\":null}}");
    reads_as("- |\n  two\n  lines\n- >\n  one\n  line\n",
             "[\"two\\nlines\\n\",\"one line\\n\"]");
    reads_as("\xef\xbb\xbf"
             "a: \xc3\xa9\r\nb: 2\r\n",
             "{\"a\":\"\xc3\xa9\",\"b\":2}");
    reads_as("a: 1 # comment\n...\n", "{\"a\":1}");
    reads_as("--- \nplain\n", "\"plain\"");
}

static void only_plain_scalars_have_a_type(void **state)
{
    (void)state;
    reads_as("[1, -7, 0, 010, +1, 1e3, 0x10, 1.5, 8.0.3, '5', \"6\"]",
             "[1,-7,0,\"010\",\"+1\",\"1e3\",\"0x10\",\"1.5\",\"8.0.3\",\"5\",\"6\"]");
    reads_as("[true, false, yes, no, on, True, 'true', null, ~, 'null']",
             "[true,false,\"yes\",\"no\",\"on\",\"True\",\"true\",null,null,\"null\"]");
    reads_as("[9223372036854775807, 9223372036854775808]",
             "[9223372036854775807,\"9223372036854775808\"]");
}

static void refusals_name_their_place(void **state)
{
    (void)state;
    static const struct bad table[] = {
        {"a:\n\tb: 1\n", 0, "f.yaml:2:1: a TAB cannot indent; write spaces\n", false},
        {"a: &x 1\nb: 2\n", 0,
         "f.yaml:1:4: anchors (&) are not allowed; write the value out\n", true},
        {"a: 1\nb: *x\n", 0,
         "f.yaml:2:4: aliases (*) are not allowed; write the value out\n", true},
        {"*x : 1\n", 0, "f.yaml:1:1: aliases (*) are not allowed; write the value out\n",
         false},
        {"a:\n  <<: {b: 1}\n  c: 2\n", 0,
         "f.yaml:2:3: merge keys (<<) are not allowed; write the members out\n", true},
        {"a: !!str 1\n", 0,
         "f.yaml:1:4: tags (!) are not allowed; quote a text instead\n", true},
        {"a: !exec [rm]\n", 0,
         "f.yaml:1:4: tags (!) are not allowed; quote a text instead\n", true},
        {"%YAML 1.1\n---\na: 1\n", 0, "f.yaml:2:1: directives (%) are not allowed\n",
         true},
        {"%TAG ! tag:x,2000:\n---\na: 1\n", 0,
         "f.yaml:2:1: directives (%) are not allowed\n", true},
        {"a: 1\n---\nb: 2\n", 0, "f.yaml:2:1: a second document; a file holds one\n",
         false},
        {"a: 1\nb: 2\na: 3\n", 0, "f.yaml:3:1: duplicate key a (first on line 1)\n",
         true},
        {"x: {p: 1, p: 2, p: 3}\n", 0,
         "f.yaml:1:11: duplicate key p (first on line 1)\n"
         "f.yaml:1:17: duplicate key p (first on line 1)\n",
         true},
        {"[a]: 1\n", 0, "f.yaml:1:1: a key must be a word, not a mapping or a list\n",
         false},
        {"? {a: 1}\n: 2\n", 0,
         "f.yaml:1:3: a key must be a word, not a mapping or a list\n", false},
        {"'': 1\n", 0, "f.yaml:1:1: a key without a name\n", false},
        {"a: 1\nb: \xff\xfe\n", 0,
         "f.yaml:2:4: not valid UTF-8; save the file as UTF-8\n", false},
        {"a: \xed\xa0\x80\n", 0, "f.yaml:1:4: not valid UTF-8; save the file as UTF-8\n",
         false},
        {"a: 1\nb: x\0y\nc: 2\n", 17, "f.yaml:2:5: a NUL byte; this is no text file\n",
         false},
        {"a: \"x\\0y\"\n", 0, "f.yaml:1:4: a text with a NUL character\n", true},
        {"a: \"unterminated\n", 0,
         "f.yaml:1:5: not valid YAML: double-quoted scalar without closing quote\n",
         false},
        {"a: @x\n", 0, "f.yaml:1:4: not valid YAML: plain scalar cannot start with '@'\n",
         false},
        {"", 0, "f.yaml: is empty\n", false},
        {"# nothing\n", 0, "f.yaml: is empty\n", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        complains(&table[i]);
}

static void what_is_not_fatal_is_found_at_once(void **state)
{
    (void)state;
    complains(&(struct bad){"a: &x 1\nb: *x\nb: !t 2\nc: {<<: *x, d: 1, d: 2}\n", 0,
                            "f.yaml:1:4: anchors (&) are not allowed; write the value "
                            "out\n"
                            "f.yaml:2:4: aliases (*) are not allowed; write the value "
                            "out\n"
                            "f.yaml:3:1: duplicate key b (first on line 2)\n"
                            "f.yaml:3:4: tags (!) are not allowed; quote a text instead\n"
                            "f.yaml:4:5: merge keys (<<) are not allowed; write the "
                            "members out\n"
                            "f.yaml:4:9: aliases (*) are not allowed; write the value "
                            "out\n"
                            "f.yaml:4:19: duplicate key d (first on line 4)\n",
                            true});
}

static void nesting_is_limited(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    for (int i = 0; i < 64; i++)
        buf_adds(&text, "[");
    for (int i = 0; i < 64; i++)
        buf_adds(&text, "]");
    auto_problems struct problem_list none = {0};
    auto_yaml struct yaml_document *document = parse(buf_text(&text), text.length, &none);
    assert_non_null(document);
    auto_buf struct buf deeper = {0};
    buf_addf(&deeper, "[%s]", buf_text(&text));
    complains(&(struct bad){buf_text(&deeper), 0,
                            "f.yaml:1:65: nested deeper than 64 levels\n", false});
    buf_reset(&deeper);
    for (int i = 0; i < 70; i++)
        buf_addf(&deeper, "%*sa:\n", i, "");
    complains(&(struct bad){buf_text(&deeper), 0,
                            "f.yaml:65:65: nested deeper than 64 levels\n", false});
}

/* libfyaml holds every bracket of a line until the line ends. */
static void a_line_is_limited(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    buf_adds(&text, "a: 1\nb: ");
    for (int i = 0; i < 40000; i++)
        buf_adds(&text, "[");
    complains(&(struct bad){buf_text(&text), 0,
                            "f.yaml:2:1: a line of more than 32 KiB; break it, or put "
                            "the data into a file of its own\n",
                            false});
    buf_reset(&text);
    for (int i = 0; i < 10001; i++)
        buf_adds(&text, "!t\n");
    complains(&(struct bad){buf_text(&text), 0,
                            "f.yaml:10001:1: more than 10000 lines that begin with & or "
                            "!\n",
                            false});
}

/* The library's own check would take minutes for this. */
static void many_keys_are_no_burden(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    for (int i = 0; i < 30000; i++)
        buf_addf(&text, "key%d: {n: %d}\n", i, i);
    auto_problems struct problem_list none = {0};
    auto_yaml struct yaml_document *document = parse(buf_text(&text), text.length, &none);
    assert_non_null(document);
    assert_int_equal(document->root->count, 30000);
    buf_adds(&text, "key29999: again\nkey0: again\n");
    complains(
        &(struct bad){buf_text(&text), 0,
                      "f.yaml:30001:1: duplicate key key29999 (first on line 30000)\n"
                      "f.yaml:30002:1: duplicate key key0 (first on line 1)\n",
                      true});
}

static void problems_are_capped_but_counted(void **state)
{
    (void)state;
    auto_buf struct buf text = {0};
    for (int i = 0; i < 251; i++)
        buf_adds(&text, "k: 1\n");
    auto_problems struct problem_list problems = {0};
    auto_yaml struct yaml_document *document =
        parse(buf_text(&text), text.length, &problems);
    assert_non_null(document);
    assert_int_equal(problems.errors, 250);
    assert_int_equal(problems.count, PROBLEMS_MAX);
    auto_free char *all = problems_text(&problems);
    assert_non_null(strstr(all, "and 150 more\n"));
}

static void a_huge_file_is_refused_unread(void **state)
{
    struct story *story = *state;
    story_write(story, "huge.yaml", "a: 1\n");
    auto_free char *path = story_path(story, "huge.yaml");
    assert_int_equal(truncate(path, 100L << 20), 0);
    auto_problems struct problem_list problems = {0};
    assert_null(yaml_read(path, &problems));
    problems_are(story, &problems, "huge.yaml: is larger than 16 MiB\n");
}

static void only_regular_files_are_read(void **state)
{
    struct story *story = *state;
    auto_free char *fifo = story_path(story, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    auto_problems struct problem_list problems = {0};
    assert_null(yaml_read(fifo, &problems));
    assert_null(yaml_read(story->folder, &problems));
    auto_free char *missing = story_path(story, "missing.yaml");
    assert_null(yaml_read(missing, &problems));
    (void)unlink(fifo);
    auto_free char *text = problems_text(&problems);
    assert_non_null(strstr(text, "/fifo: is not a regular file\n"));
    assert_non_null(strstr(text, "/missing.yaml: cannot be read: No such file"));
    assert_int_equal(problems.errors, 3);
}

/* A terminal must not be steered by what stands in a file. */
static void complaints_are_harmless(void **state)
{
    (void)state;
    complains(&(struct bad){"\"a\\e[2J\": 1\n\"a\\e[2J\": 2\n", 0,
                            "f.yaml:2:1: duplicate key a\\x1b[2J (first on line 1)\n",
                            true});
}

/* Cut and damaged files: never a crash, never silence. */
static void damaged_files_are_survived(void **state)
{
    (void)state;
    static const char good[] = "a: {b: [1, \"two\", 'three'], c: |\n   text\n   more\n}\n"
                               "d: &x !t {e: *x}\n? f\n: g\n- h\n...\n--- {i: 1}\n%Y\n";
    static const char bytes[] = "[]{}:-?!&*#|>'\"%@`,\t\n \\\x80\xff";
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int i = 0; i < 4; i++) {
            seed = seed * 1103515245u + 12345u;
            text[(seed >> 8) % (sizeof good - 1)] = bytes[(seed >> 20) % (sizeof bytes)];
        }
        size_t length = (seed >> 4) % sizeof good;
        auto_problems struct problem_list problems = {0};
        auto_yaml struct yaml_document *document = parse(text, length, &problems);
        assert_true(document || problems.errors);
        if (document)
            json_decref(yaml_to_json(document->root));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_are_read),
        cmocka_unit_test(only_plain_scalars_have_a_type),
        cmocka_unit_test(refusals_name_their_place),
        cmocka_unit_test(what_is_not_fatal_is_found_at_once),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(a_line_is_limited),
        cmocka_unit_test(many_keys_are_no_burden),
        cmocka_unit_test(problems_are_capped_but_counted),
        cmocka_unit_test_setup_teardown(a_huge_file_is_refused_unread, story_open,
                                        story_close),
        cmocka_unit_test_setup_teardown(only_regular_files_are_read, story_open,
                                        story_close),
        cmocka_unit_test(complaints_are_harmless),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
