/*
 * test_schema.c - the JSON Schemas in docs/schema know exactly the keys that the
 * decoders know, so that an editor never completes what lint refuses.
 */
#include "schema.h"

static void schemas_and_decoders_agree(void **state)
{
    static const char *const files[] = {"fleet", "campaign", "playbook"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        size_t count = 0;
        const struct key_table *const *tables = tables_of(files[i], &count);
        schema_and_tables_agree(files[i], tables, count);
    }
}

static void other_files_have_no_tables(void **state)
{
    size_t count = 7;
    (void)state;
    assert_null(tables_of("calendar", &count));
    assert_int_equal(count, 7);
}

/* The language reference names every key of every table. */
static void the_reference_names_every_key(void **state)
{
    static const char *const files[] = {"fleet", "campaign", "playbook"};
    auto_buf struct buf text = {0};
    (void)state;
    assert_int_equal(file_read("docs/language.md", 1u << 20, &text, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        size_t count = 0;
        const struct key_table *const *tables = tables_of(files[i], &count);
        for (size_t j = 0; j < count; j++) {
            for (size_t k = 0; k < tables[j]->count; k++) {
                auto_free char *quoted = xasprintf("`%s`", tables[j]->keys[k].name);
                if (!strstr(buf_text(&text), quoted))
                    fail_msg("docs/language.md does not explain %s of %s", quoted,
                             tables[j]->name);
            }
        }
    }
}

/* The n-th example of the reference, from 0; the caller's. */
static char *example(const char *text, int n)
{
    const char *at = text;
    for (int i = 0; i <= n; i++) {
        at = strstr(at, "```yaml\n");
        assert_non_null(at);
        at += strlen("```yaml\n");
    }
    const char *end = strstr(at, "```");
    assert_non_null(end);
    return xstrndup(at, (size_t)(end - at));
}

static void make_folder(const struct story *story, const char *name)
{
    auto_free char *path = story_path(story, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void remove_folder(const struct story *story, const char *name)
{
    auto_free char *path = story_path(story, name);
    assert_int_equal(rmdir(path), 0);
}

static void remove_file(const struct story *story, const char *name)
{
    auto_free char *path = story_path(story, name);
    assert_int_equal(unlink(path), 0);
}

static void load_examples(struct story *story, struct problem_list *problems)
{
    auto_free char *fleet_path = story_path(story, "fleet.yaml");
    auto_free char *campaign_path = story_path(story, "campaign.yaml");
    auto_free char *playbook_path = story_path(story, "linux-patch.yaml");
    struct fleet fleet;
    struct campaign campaign;
    struct playbook playbook;
    if (load_fleet(fleet_path, &fleet, NULL, problems) == 0)
        fleet_clear(&fleet);
    if (load_campaign(campaign_path, &campaign, problems) == 0)
        campaign_clear(&campaign);
    if (load_playbook(playbook_path, &fake_catalogue, &playbook, NULL, problems) == 0)
        playbook_clear(&playbook);
}

/* What people copy from the reference must be right. */
static void the_examples_of_the_reference_load(void **state)
{
    static const char *const names[] = {"fleet.yaml", "campaign.yaml",
                                        "linux-patch.yaml"};
    static const char *const needed[] = {
        "calendars/acme.ics", "calendars/black-friday.ics", "scripts/patch.sh"};
    struct story *story = *state;
    auto_buf struct buf text = {0};
    auto_problems struct problem_list problems = {0};
    assert_int_equal(file_read("docs/language.md", 1u << 20, &text, NULL), 0);
    make_folder(story, "calendars");
    make_folder(story, "scripts");
    for (int i = 0; i < 3; i++) {
        auto_free char *yaml = example(buf_text(&text), i);
        story_write(story, names[i], yaml);
        story_write(story, needed[i], "");
    }
    load_examples(story, &problems);
    for (int i = 0; i < 3; i++)
        remove_file(story, needed[i]);
    remove_folder(story, "calendars");
    remove_folder(story, "scripts");
    problems_are(story, &problems, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_and_decoders_agree),
        cmocka_unit_test(other_files_have_no_tables),
        cmocka_unit_test(the_reference_names_every_key),
        cmocka_unit_test_setup_teardown(the_examples_of_the_reference_load, story_open,
                                        story_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
