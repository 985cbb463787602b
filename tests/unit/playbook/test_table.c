/*
 * test_table.c - fleets from tables and from JSON: the same appliances as from YAML, the
 * same sentences with the place of the cell, and what spreadsheets do to a file.
 */
#include "support.h"

#include "playbook/fleet_table.h"
#include "playbook/tree.h"

/* 44 characters of base64 */
#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char with[] = "managers:\n"
                           "  - name: m1\n"
                           "    url: https://m1.example:8443/sdk\n"
                           "    tls: {pin: \"" PIN "\"}\n"
                           "    login: {user: svc, password: {file: secrets/m1}}\n"
                           "defaults:\n"
                           "  kind: vcsa\n"
                           "  ssh: {user: ops, key: {file: id}, hostkey: known_hosts}\n"
                           "appliances: []\n";

#define auto_fleet __attribute__((cleanup(fleet_clear)))

static int load_bytes(struct story *story, const void *table, size_t length,
                      struct fleet *fleet, struct problem_list *problems)
{
    story_write(story, "with.yaml", with);
    story_write_bytes(story, "fleet.csv", table, length);
    auto_free char *with_path = story_path(story, "with.yaml");
    auto_free char *path = story_path(story, "fleet.csv");
    return load_fleet_table(path, with_path, NULL, fleet, problems);
}

static int load(struct story *story, const char *table, struct fleet *fleet,
                struct problem_list *problems)
{
    return load_bytes(story, table, strlen(table), fleet, problems);
}

static void refuses(struct story *story, const char *table, const char *expected)
{
    auto_problems struct problem_list problems = {0};
    auto_fleet struct fleet fleet = {0};
    assert_int_equal(load(story, table, &fleet, &problems), -1);
    assert_int_equal(fleet.appliance_count, 0);
    problems_are(story, &problems, expected);
}

static void a_row_is_an_appliance(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    auto_fleet struct fleet fleet = {0};
    int code = load(
        story,
        "\xef\xbb\xbf"
        "name,host,site,version,labels.customer,labels.tier,manager,datastore,vm.uuid,"
        "link_group\r\n"
        "vc-0001,127.80.0.1,rbx,8.0.3.00400,\"Acme, \"\"the\"\" firm\",gold,m1,ds 1,"
        "4237A1B0-0000-0000-0000-00000000000A,sso-1\r\n"
        "\r\n"
        "vc-0002,127.80.0.2,,,,,,,,\r\n",
        &fleet, &problems);
    problems_are(story, &problems, "");
    assert_int_equal(code, 0);
    assert_int_equal(fleet.appliance_count, 2);
    const struct appliance *a = &fleet.appliances[0], *b = &fleet.appliances[1];
    assert_string_equal(a->kind, "vcsa"); /* of the defaults */
    assert_string_equal(a->site, "rbx");
    assert_string_equal(a->version, "8.0.3.00400");
    assert_string_equal(a->link_group, "sso-1");
    assert_string_equal(a->manager, "m1");
    assert_string_equal(a->datastore, "ds 1");
    assert_string_equal(a->vm_key, "{\"uuid\":\"4237a1b0-0000-0000-0000-00000000000a\"}");
    assert_string_equal(json_text(a->labels, "customer"), "Acme, \"the\" firm");
    assert_string_equal(json_text(json_object_get(a->doc, "ssh"), "user"), "ops");
    assert_non_null(json_object_get(a->doc, "manager"));
    assert_int_equal(a->place.line, 2);
    assert_string_equal(b->site, ""); /* an empty field is left out */
    assert_string_equal(b->manager, "");
    assert_int_equal(json_object_size(b->labels), 0);
    assert_int_equal(b->place.line, 4);
}

/* The same fleet three times: semicolons, tabs, everything quoted. */
static void spreadsheets_write_it_in_many_ways(void **state)
{
    static const char *const tables[] = {
        "name;host;labels.note\nvc-1;h1.example;a,b\n",
        "name\thost\tlabels.note\nvc-1\th1.example\ta,b",
        "\"name\",\"host\",\"labels.note\"\r\n\"vc-1\",\"h1.example\",\"a,b\"\r\n",
    };
    struct story *story = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        auto_problems struct problem_list problems = {0};
        auto_fleet struct fleet fleet = {0};
        assert_int_equal(load(story, tables[i], &fleet, &problems), 0);
        assert_int_equal(fleet.appliance_count, 1);
        assert_string_equal(fleet.appliances[0].host, "h1.example");
        assert_string_equal(json_text(fleet.appliances[0].labels, "note"), "a,b");
    }
}

static void every_mistake_has_its_cell(void **state)
{
    struct story *story = *state;
    refuses(story,
            "name,host,knd,manager,vm.uuid\n"
            "vc 1,127.80.0.1,vcsa,,\n"
            "vc-2,not a host,vcsa,,\n"
            "vc-3,127.80.0.3,vcsa,m9,4237A1B0-0000-0000-0000-00000000000A\n"
            "vc-4,127.80.0.4,vcsa,m1,4237\n"
            "vc-5,127.80.0.5\n"
            "vc-6,127.80.0.6,vcsa,,\n"
            "vc-6,127.80.0.7,vcsa,,\n",
            "fleet.csv:1:11: unknown key knd (nearest known key: kind)\n"
            "fleet.csv:2:1: name must be made of letters, digits, . _ and -, begin with "
            "a letter or digit, and have at most 64\n"
            "fleet.csv:3:6: host must be a host name or an IP address\n"
            "fleet.csv:4:1: appliance vc-3: no manager is called m9 (nearest: m1)\n"
            "fleet.csv:5:25: uuid must look like 4237a1b0-0000-0000-0000-000000000000\n"
            "fleet.csv:6:1: 2 fields, but the header has 5\n"
            "fleet.csv:8:1: appliance vc-6 is there already, on line 7\n");
}

static void quotes_and_headers_are_exact(void **state)
{
    struct story *story = *state;
    refuses(story, "name,host\n\"vc-1,h1\nvc-2,h2\n",
            "fleet.csv:2:1: this quote is never closed\n");
    refuses(story, "name,host\n\"vc-1\"x,h1\n",
            "fleet.csv:2:1: something follows the closing quote; a quote inside a quoted "
            "field is doubled: \"\"\n");
    refuses(story, "name,host\nvc\"1,h1\n",
            "fleet.csv:2:1: a quote in the middle of a field; quote the whole field\n");
    refuses(story, "name,host,name,,x.\nvc-1,h1,,,\n",
            "fleet.csv:1:11: this column is there twice\n"
            "fleet.csv:1:16: a column without a name\n"
            "fleet.csv:1:17: a column without a name\n");
    refuses(story, "", "fleet.csv: is empty\n");
}

static void other_encodings_are_refused(void **state)
{
    static const char latin[] = "name,host,labels.city\nvc-1,h1,Orl\xe9"
                                "ans\n";
    static const char wide[] = "n\0a\0m\0e\0";
    struct story *story = *state;
    auto_problems struct problem_list first = {0}, second = {0};
    auto_fleet struct fleet fleet = {0};
    assert_int_equal(load(story, latin, &fleet, &first), -1);
    problems_are(story, &first,
                 "fleet.csv: is no text in UTF-8; save it as \"CSV UTF-8\"\n");
    assert_int_equal(load_bytes(story, wide, sizeof wide, &fleet, &second), -1);
    problems_are(story, &second,
                 "fleet.csv: is no text in UTF-8; save it as \"CSV UTF-8\"\n");
}

static void a_thousand_columns_are_too_many(void **state)
{
    struct story *story = *state;
    auto_buf struct buf table = {0};
    for (int i = 0; i < 1000; i++)
        buf_addf(&table, "%slabels.l%d", i ? "," : "", i);
    refuses(story, buf_text(&table), "fleet.csv:1:1: more than 256 columns\n");
}

static void without_a_fleet_file_managers_are_the_known_ones(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0}, others = {0};
    auto_fleet struct fleet known = {0}, fleet = {0}, none = {0};
    *vec_push(known.managers, known.manager_count, known.manager_room) =
        (struct manager){.name = xstrdup("m1"), .doc = json_pack("{s:s}", "name", "m1")};
    story_write(story, "fleet.csv",
                "name,host,kind,manager,vm.name\nvc-1,h1,vcsa,m1,x\n");
    auto_free char *path = story_path(story, "fleet.csv");
    assert_int_equal(load_fleet_table(path, NULL, &known, &fleet, &problems), 0);
    assert_string_equal(fleet.appliances[0].manager, "m1");
    assert_int_equal(fleet.manager_count, 1);
    assert_int_equal(load_fleet_table(path, NULL, NULL, &none, &others), -1);
    problems_are(story, &others,
                 "fleet.csv:2:1: appliance vc-1: no manager is called m1\n");
}

/* ---- JSON ---- */

static void json_is_the_same_document(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0};
    auto_fleet struct fleet fleet = {0};
    /* one line and tabs, as programs write it */
    story_write(story, "fleet.json",
                "{\"defaults\":{\"kind\":\"vcsa\",\"ssh\":{\"key\":\"agent\",\"hostkey\":"
                "\"known_hosts\",\"port\":2222}},\n"
                "\t\"appliances\":[{\"name\":\"vc-1\",\"host\":\"h1\",\"labels\":"
                "{\"city\":\"Orl\\u00e9ans\",\"floor\":\"5\"}}]}\n");
    auto_free char *path = story_path(story, "fleet.json");
    int code = load_fleet(path, &fleet, NULL, &problems);
    problems_are(story, &problems, "");
    assert_int_equal(code, 0);
    assert_string_equal(json_text(fleet.appliances[0].labels, "city"), "Orl\u00e9ans");
    assert_int_equal(
        json_number(json_object_get(fleet.appliances[0].doc, "ssh"), "port", 0), 2222);
    assert_int_equal(fleet.appliances[0].place.line, 2);
    assert_int_equal(fleet.appliances[0].place.column, 16);
}

static void mistakes_in_json_have_places(void **state)
{
    struct story *story = *state;
    auto_problems struct problem_list problems = {0}, broken = {0}, twice = {0};
    auto_fleet struct fleet fleet = {0};
    story_write(
        story, "fleet.json",
        "{\n"
        "  \"appliances\": [\n"
        "    {\"name\": \"vc-1\", \"host\": \"h1\", \"kind\": \"vcsa\", \"hots\": 1},\n"
        "    {\"name\": 7, \"host\": \"h 2\", \"kind\": \"vcsa\"}\n"
        "  ]\n"
        "}\n");
    auto_free char *path = story_path(story, "fleet.json");
    assert_int_equal(load_fleet(path, &fleet, NULL, &problems), -1);
    problems_are(story, &problems,
                 "fleet.json:3:52: unknown key hots (nearest known key: host)\n"
                 "fleet.json:4:25: host must be a host name or an IP address\n");
    story_write(story, "fleet.json", "{\"appliances\": [}");
    assert_int_equal(load_fleet(path, &fleet, NULL, &broken), -1);
    assert_int_equal(broken.errors, 1);
    story_write(story, "fleet.json", "{\"appliances\": [], \"appliances\": []}");
    assert_int_equal(load_fleet(path, &fleet, NULL, &twice), -1);
    assert_int_equal(twice.errors, 1);
}

int main(void)
{
#define STORY(function) cmocka_unit_test_setup_teardown(function, story_open, story_close)
    const struct CMUnitTest tests[] = {
        STORY(a_row_is_an_appliance),
        STORY(spreadsheets_write_it_in_many_ways),
        STORY(every_mistake_has_its_cell),
        STORY(quotes_and_headers_are_exact),
        STORY(other_encodings_are_refused),
        STORY(a_thousand_columns_are_too_many),
        STORY(without_a_fleet_file_managers_are_the_known_ones),
        STORY(json_is_the_same_document),
        STORY(mistakes_in_json_have_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
