/*
 * test_golden.c - whole plans as people read them. Each folder of cases/ holds a case
 * and the text of its plan (plan.txt; plan.md and plan.json in some). BLESS=1 writes
 * them anew: then read the difference before it is committed.
 *
 * Every case is also planned from a shuffled inventory, and read back from its file.
 */
#include "fixture.h"

#include "report/plan_text.h"

static void write_file(const char *path, const char *text)
{
    auto_file FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
}

/* Line by line, because a whole plan in a message helps nobody. */
static void compare_lines(const char *path, const char *expected, const char *got)
{
    for (int line = 1; *expected || *got; line++) {
        size_t le = strcspn(expected, "\n"), lg = strcspn(got, "\n");
        if (le != lg || strncmp(expected, got, le) != 0)
            fail_msg("%s:%d\n expected: %.*s\n got:      %.*s\n (BLESS=1 accepts it)",
                     path, line, (int)le, expected, (int)lg, got);
        expected += le + (expected[le] == '\n');
        got += lg + (got[lg] == '\n');
    }
}

static void matches_golden(const char *name, const char *file, const char *got,
                           bool required)
{
    auto_free char *path = xasprintf("%s/%s/%s", CASES, name, file);
    auto_free char *expected = read_file(path);
    if (!expected && !required)
        return;
    if (getenv("BLESS"))
        write_file(path, got);
    else if (!expected)
        fail_msg("%s: missing; write it with BLESS=1", path);
    else
        compare_lines(path, expected, got);
}

static char *rendered(const struct plan *plan, const struct plan_notes *notes)
{
    auto_buf struct buf text = {0};
    plan_text(&(struct plan_view){.plan = plan, .notes = notes, .command = "slipway"},
              &text);
    return buf_take(&text);
}

/* The same appliances selected, but the fleet's file and the selection turned round. */
static void shuffle(struct fixture *f)
{
    size_t n = f->fleet.appliance_count;
    for (size_t i = 0; i < n / 2; i++) {
        struct appliance a = f->fleet.appliances[i];
        f->fleet.appliances[i] = f->fleet.appliances[n - 1 - i];
        f->fleet.appliances[n - 1 - i] = a;
    }
    own_calendars(&f->fleet, &f->time);
    for (size_t i = 0; i < f->selected_count; i++)
        f->selected[i] = (int)(n - 1 - (i + 2) % f->selected_count);
}

static void is_the_same_when_shuffled(struct fixture *f, const char *json,
                                      const char *text)
{
    auto_plan_notes struct plan_notes notes = {0};
    shuffle(f);
    auto_plan struct plan *plan = planned(f, &notes);
    auto_free char *again = plan_to_json(plan), *text_again = rendered(plan, &notes);
    assert_string_equal(again, json);
    assert_string_equal(text_again, text);
}

static void reads_back(const char *json)
{
    struct slipway_error err = {""};
    auto_plan struct plan *plan = NULL;
    if (plan_from_json(json, strlen(json), &plan, &err))
        fail_msg("the plan cannot be read back: %s", err.text);
    auto_free char *again = plan_to_json(plan);
    assert_string_equal(again, json);
}

static void is_harmless(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 && *p != '\n')
            fail_msg("a control character 0x%02x reached the text", (unsigned char)*p);
    }
    assert_null(strstr(text, "\u202e"));
    assert_null(strstr(text, "\u200b"));
}

static void golden(void **state)
{
    const char *name = *state;
    auto_fixture struct fixture f = fixture_of_case(name);
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    struct plan_view view = {.plan = plan, .notes = &notes};
    auto_free char *text = rendered(plan, &notes), *json = plan_to_json(plan);
    auto_free char *summary = plan_summary_json(&view);
    auto_json json_t *parsed = json_parse(summary, strlen(summary), JSON_BYTES_MAX, NULL);
    auto_free char *pretty = json_pretty(parsed);
    auto_buf struct buf markdown = {0};
    plan_markdown(&view, &markdown);
    matches_golden(name, "plan.txt", text, true);
    matches_golden(name, "plan.md", buf_text(&markdown), false);
    matches_golden(name, "plan.json", pretty, false);
    is_harmless(text);
    is_harmless(buf_text(&markdown));
    reads_back(json);
    is_the_same_when_shuffled(&f, json, text);
}

#define CASE(name)                                                                       \
    {                                                                                    \
        "golden: " name, golden, NULL, NULL, (void *)(uintptr_t)name                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE("single-wave"),
        CASE("single-target"),
        CASE("canary-cover"),
        CASE("canary-too-small"),
        CASE("percent-rounding"),
        CASE("rest-and-cut"),
        CASE("strict-zero"),
        CASE("domains"),
        CASE("shut-domain"),
        CASE("link-groups"),
        CASE("limits"),
        CASE("holds"),
        CASE("hostile"),
        CASE("native-rollback"),
        CASE("no-strategy"),
        CASE("big-fleet"),
        CASE("windows"),
        CASE("starved"),
        CASE("history"),
        CASE("again"),
        CASE("slots"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
