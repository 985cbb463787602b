/*
 * test_discovery.c - what a manager holds beside what is known, with names that nobody
 * would choose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/discovery.h"
#include "playbook/load.h"
#include "report/discovery.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

static const struct discovery_wish wish = {.manager = "m1"};

static void add(struct discovery *discovery, const struct discovery_wish *how,
                const char *machine)
{
    auto_json json_t *json = json_parse(machine, strlen(machine), 65536, NULL);
    assert_non_null(json);
    discovery_add(discovery, how, json);
}

static const struct appliance *proposed(const struct discovery *discovery, size_t index)
{
    assert_true(index < discovery->proposals.appliance_count);
    return &discovery->proposals.appliances[index];
}

static void noted(const struct discovery *discovery, size_t index, const char *text)
{
    assert_true(index < discovery->note_count);
    if (!strstr(discovery->notes[index].text, text))
        fail_msg("expected \"%s\" in: %s", text, discovery->notes[index].text);
}

static void a_machine_becomes_an_entry(void **state)
{
    (void)state;
    struct discovery found = {0};
    auto_buf struct buf yaml = {0};
    add(&found, &wish,
        "{\"name\":\"vc 1/a\",\"instance_uuid\":\"5037-1\",\"uuid\":\"4237-1\",\"kind\":"
        "\"vcsa\",\"guest_host\":\"vc1.example\",\"ip\":\"192.0.2.1\",\"folders\":["
        "\"DC\","
        "\"vm\",\"rbx\",\"old\"],\"tags\":{\"customer\":\"acme\",\"tier\":\"1e5\"}}");
    assert_int_equal(found.note_count, 0);
    discovery_yaml(&found.proposals, &yaml);
    assert_string_equal(buf_text(&yaml), "appliances:\n"
                                         "  - name: vc-1-a\n"
                                         "    host: vc1.example\n"
                                         "    kind: vcsa\n"
                                         "    site: rbx\n"
                                         "    labels:\n"
                                         "      customer: acme\n"
                                         "      tier: \"1e5\"\n"
                                         "    vm: {manager: m1, instance_uuid: "
                                         "\"5037-1\"}\n");
    discovery_clear(&found);
}

static void notes_go_before_what_the_manager_says(void **state)
{
    (void)state;
    struct discovery found = {0};
    add(&found, &wish,
        "{\"name\":\"x\",\"uuid\":\"4237-1\",\"ip\":\"192.0.2.1\",\"kind\":\"vcsa\","
        "\"folders\":[\"DC\",\"vm\"],\"tags\":{\"name\":\"vc-9\",\"host\":\"vc9."
        "example\","
        "\"kind\":\"nsx-t\",\"site\":\"gra\",\"link_group\":\"sso\",\"version\":\"9\"}}");
    const struct appliance *a = proposed(&found, 0);
    assert_string_equal(a->name, "vc-9");
    assert_string_equal(a->host, "vc9.example");
    assert_string_equal(a->kind, "nsx-t");
    assert_string_equal(a->site, "gra");
    assert_string_equal(a->link_group, "sso");
    assert_string_equal(a->vm_key, "{\"uuid\":\"4237-1\"}");
    noted(&found, 0, "version"); /* the appliance says that itself */
    discovery_clear(&found);
}

static void hostile_names_stay_inside_their_quotes(void **state)
{
    (void)state;
    struct discovery found = {0};
    auto_buf struct buf yaml = {0};
    add(&found, &wish,
        "{\"name\":\"x\\n  - name: evil\\u202e\",\"instance_uuid\":\"a\\\"}\\nb\",\"ip\":"
        "\"192.0.2.1\",\"folders\":[\"D\",\"vm\",\"rbx\\nmanagers: []\"],\"tags\":{"
        "\"l\":\"true\",\"bad name\":\"v\",\"site2\":\"#\"}}");
    discovery_yaml(&found.proposals, &yaml);
    assert_null(strstr(buf_text(&yaml), "\nmanagers"));
    assert_null(strstr(buf_text(&yaml), "\n  - name: evil"));
    assert_non_null(strstr(buf_text(&yaml), "site: \"rbx\\nmanagers: []\""));
    assert_non_null(strstr(buf_text(&yaml), "l: \"true\""));
    noted(&found, 0, "bad name");
    discovery_clear(&found);
}

static void what_is_known_is_not_proposed(void **state)
{
    (void)state;
    struct discovery found = {0};
    struct appliance items[] = {
        {.name = (char *)(uintptr_t) "vc-1", .host = (char *)(uintptr_t) "192.0.2.1"},
        {.name = (char *)(uintptr_t) "vc-2", .host = (char *)(uintptr_t) "192.0.2.2"}};
    items[0].doc = json_pack("{s:{s:s}}", "vm", "instance_uuid", "5037-A");
    items[1].doc = json_object();
    struct fleet known = {.appliances = items, .appliance_count = 2};
    discovery_begin(&found, &known);
    add(&found, &wish,
        "{\"name\":\"n\",\"instance_uuid\":\"5037-a\",\"ip\":\"192.0.2.9\"}");
    assert_int_equal(found.known, 1);
    add(&found, &wish,
        "{\"name\":\"VC-2\",\"instance_uuid\":\"2\",\"ip\":\"192.0.2.8\"}");
    noted(&found, 0, "appliance vc-2 has its name or address; if it is this machine");
    add(&found, &wish, "{\"name\":\"n3\",\"instance_uuid\":\"3\",\"ip\":\"192.0.2.1\"}");
    noted(&found, 1, "appliance vc-1 has its name or address, and another vm");
    add(&found, &wish, "{\"name\":\"n4\",\"instance_uuid\":\"4\",\"ip\":\"192.0.2.4\"}");
    add(&found, &wish, "{\"name\":\"n4\",\"instance_uuid\":\"5\",\"ip\":\"192.0.2.5\"}");
    noted(&found, 2, "another machine has the same name");
    add(&found, &wish, "{\"name\":\"n6\",\"instance_uuid\":\"4\",\"ip\":\"192.0.2.6\"}");
    noted(&found, 3, "same uuid");
    add(&found, &wish, "{\"name\":\"n7\",\"instance_uuid\":\"7\"}");
    noted(&found, 4, "no address");
    add(&found, &wish, "{\"name\":\"n8\",\"ip\":\"192.0.2.7\"}");
    noted(&found, 5, "uuid");
    add(&found, &wish, "{}");
    assert_int_equal(found.proposals.appliance_count, 1);
    discovery_clear(&found);
    json_decref(items[0].doc);
    json_decref(items[1].doc);
}

static void a_folder_is_one_of_its_folders(void **state)
{
    (void)state;
    struct discovery found = {0};
    const struct discovery_wish in = {.manager = "m1", .folder = "rbx"};
    add(&found, &in,
        "{\"name\":\"a\",\"uuid\":\"1\",\"ip\":\"192.0.2.1\",\"folders\":[\"DC\","
        "\"vm\",\"rbx\"]}");
    add(&found, &in,
        "{\"name\":\"b\",\"uuid\":\"2\",\"ip\":\"192.0.2.2\",\"folders\":[\"DC\","
        "\"vm\",\"rbx2\"]}");
    add(&found, &in, "{\"name\":\"c\",\"uuid\":\"3\",\"ip\":\"192.0.2.3\"}");
    assert_int_equal(found.proposals.appliance_count, 1);
    assert_int_equal(found.note_count, 0);
    discovery_clear(&found);
}

int main(void)
{
    json_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_becomes_an_entry),
        cmocka_unit_test(notes_go_before_what_the_manager_says),
        cmocka_unit_test(hostile_names_stay_inside_their_quotes),
        cmocka_unit_test(what_is_known_is_not_proposed),
        cmocka_unit_test(a_folder_is_one_of_its_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
