/* test_words.c - what the placeholders of the verbs' tables mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/words.h"
#include "util/auto.h"

static void placeholders_tell_what_can_stand_for_them(void **state)
{
    static const struct {
        const char *text;
        enum word_kind kind;
    } cases[] = {
        {"TARGET", WORD_TARGET},    {"[TARGET]", WORD_TARGET},
        {"TARGET...", WORD_TARGET}, {"[APPLIANCE...]", WORD_APPLIANCE},
        {"FILE", WORD_FILE},        {"CAMPAIGN.yaml", WORD_FILE},
        {"[PLAN.json]", WORD_FILE}, {"CAMPAIGN", WORD_CAMPAIGN},
        {"DIR", WORD_FOLDER},       {"VERB", WORD_VERB},
        {"TEXT", WORD_OTHER},       {"NAME[=VALUE]", WORD_OTHER},
        {"FILES", WORD_OTHER},      {"DIRECTION", WORD_OTHER},
        {"", WORD_OTHER},           {"text|json", WORD_OTHER},
        {"import FILE", WORD_FILE}, {"import FILE | show APPLIANCE", WORD_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (word_kind(cases[i].text) != cases[i].kind)
            fail_msg("%s is %d", cases[i].text, (int)word_kind(cases[i].text));
    }
}

static void small_letters_are_typed_as_they_stand(void **state)
{
    (void)state;
    auto_free char *words = word_choices("import FILE | list | show APPLIANCE");
    auto_free char *formats = word_choices("text|json|html");
    auto_free char *none = word_choices("[PLAN.json]");
    auto_free char *rest = word_placeholders("probe [APPLIANCE...]");
    assert_string_equal(words, "import list show");
    assert_string_equal(formats, "text json html");
    assert_string_equal(none, "");
    assert_string_equal(rest, "APPLIANCE...");
}

static void add_one(void *data, const char *one)
{
    buf_addf(data, "<%s>", one);
}

static void each_alternative_is_a_line_of_usage(void **state)
{
    auto_buf struct buf several = {0}, single = {0}, nothing = {0};
    (void)state;
    word_alternatives("import FILE | list | show NAME", add_one, &several);
    word_alternatives("text|json", add_one, &single);
    word_alternatives("", add_one, &nothing);
    assert_string_equal(buf_text(&several), "<import FILE><list><show NAME>");
    assert_string_equal(buf_text(&single), "<text|json>");
    assert_string_equal(buf_text(&nothing), "<>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_tell_what_can_stand_for_them),
        cmocka_unit_test(small_letters_are_typed_as_they_stand),
        cmocka_unit_test(each_alternative_is_a_line_of_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
