/*
 * test_links.c - each member of a link group is told who the others are, in whatever order
 * the fleet lists them; whoever stands alone is told nothing.
 */
#include "support.h"

#define auto_fleet __attribute__((cleanup(fleet_clear)))

static void load(struct story *story, const char *appliances, struct fleet *fleet)
{
    auto_problems struct problem_list problems = {0};
    auto_free char *text = xasprintf("appliances:\n%s", appliances);
    story_write(story, "fleet.yaml", text);
    auto_free char *path = story_path(story, "fleet.yaml");
    assert_int_equal(load_fleet(path, fleet, NULL, &problems), 0);
}

static void members_know_each_other(void **state)
{
    struct story *story = *state;
    auto_fleet struct fleet fleet = {0};
    auto_problems struct problem_list problems = {0};
    load(story,
         "  - {name: vc-10, host: vc-10.example, kind: vcsa, link_group: sso}\n"
         "  - {name: vc-3, host: vc-3.example, kind: vcsa}\n"
         "  - {name: vc-2, host: 10.0.0.2, kind: vcsa, link_group: sso, labels: {pnid: "
         "odd.example}}\n"
         "  - {name: vc-4, host: vc-4.example, kind: vcsa, link_group: other}\n",
         &fleet);
    fleet_links_settle(&fleet, &problems);
    assert_int_equal(problems.errors, 0);
    static const char *const expected[] = {
        "[{\"host\":\"10.0.0.2\",\"name\":\"vc-2\",\"pnid\":\"odd.example\"},"
        "{\"host\":\"vc-10.example\",\"name\":\"vc-10\"}]",
        NULL, NULL, "[{\"host\":\"vc-4.example\",\"name\":\"vc-4\"}]"};
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        const json_t *members = json_object_get(fleet.appliances[i].doc, "link_members");
        auto_free char *text = members ? json_canonical(members) : NULL;
        const char *wanted = i == 2 ? expected[0] : expected[i];
        if (wanted)
            assert_string_equal(text, wanted);
        else
            assert_null(members);
    }
}

static void a_group_that_nobody_could_link_is_refused(void **state)
{
    struct story *story = *state;
    auto_fleet struct fleet fleet = {0};
    auto_problems struct problem_list problems = {0};
    auto_buf struct buf text = {0};
    for (int i = 0; i < 65; i++)
        buf_addf(&text,
                 "  - {name: vc-%d, host: vc-%d.example, kind: vcsa, link_group: sso}\n",
                 i, i);
    load(story, buf_text(&text), &fleet);
    fleet_links_settle(&fleet, &problems);
    assert_int_equal(problems.errors, 1);
    problems_are(
        story, &problems,
        "fleet.yaml:66:5: link_group sso has 65 members, and at most 64 can be linked\n");
    assert_int_equal(
        json_array_size(json_object_get(fleet.appliances[64].doc, "link_members")), 64);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, story_open, story_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(members_know_each_other),
        STORY(a_group_that_nobody_could_link_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
