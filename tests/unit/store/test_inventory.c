/*
 * test_inventory.c - importing a fleet: what is new, what changed, what is gone, and
 * that it comes back as it was.
 */
#include "store/inventory.h"
#include "support.h"
#include "util/json.h"

static json_t *doc(const char *text)
{
    json_t *json = json_parse(text, strlen(text), 4096, NULL);
    assert_non_null(json);
    return json;
}

static struct appliance *add(struct fleet *fleet, const char *name, const char *site,
                             const char *version)
{
    struct appliance *a =
        vec_push(fleet->appliances, fleet->appliance_count, fleet->appliance_room);
    *a = (struct appliance){.name = xstrdup(name),
                            .host = xasprintf("%s.example", name),
                            .kind = xstrdup("vcsa"),
                            .site = xstrdup(site),
                            .version = xstrdup(version),
                            .link_group = xstrdup("sso-1"),
                            .calendar = xstrdup(""),
                            .manager = xstrdup("mgmt"),
                            .vm_key = xstrdup("{\"name\":\"x\"}"),
                            .datastore = xstrdup("ds1"),
                            .labels = doc("{\"customer\":\"acme\",\"tier\":\"gold\"}"),
                            .doc = doc("{\"ssh\":{\"key\":{\"file\":\"/abs/key\"}}}")};
    return a;
}

static void make_fleet(struct fleet *fleet)
{
    struct manager *m =
        vec_push(fleet->managers, fleet->manager_count, fleet->manager_room);
    *m = (struct manager){.name = xstrdup("mgmt"), .doc = doc("{\"url\":\"https://m\"}")};
    (void)add(fleet, "vc-0002", "rbx", "8.0.2");
    (void)add(fleet, "vc-0001", "gra", "8.0.1");
    (void)add(fleet, "nsx-1", "rbx", "");
}
#define auto_fleet __attribute__((cleanup(fleet_clear)))

static struct store_import import(struct nest *nest, const struct fleet *fleet,
                                  bool prune, int64_t now_ms)
{
    struct store_import out = {0};
    OK(nest, store_import_fleet(nest->store, fleet, prune, now_ms, &out, &nest->err));
    return out;
}

static void set_time(struct fleet *fleet, const char *zone)
{
    fleet->zone = xstrdup_null(zone);
    *vec_push(fleet->windows.items, fleet->windows.count, fleet->windows.room) =
        (struct time_rule){.label = xstrdup("customer"),
                           .value = xstrdup("acme"),
                           .calendar = xstrdup("/abs/acme.ics")};
    *vec_push(fleet->freezes.items, fleet->freezes.count, fleet->freezes.room) =
        (struct time_rule){.calendar = xstrdup("2026-12-24")};
}

static void windows_and_freezes_come_with_the_fleet(void **state)
{
    struct nest *nest = *state;
    auto_fleet struct fleet fleet = {0}, plain = {0}, back = {0}, after = {0}, gone = {0};
    make_fleet(&fleet);
    make_fleet(&plain);
    set_time(&fleet, "Europe/Paris");
    (void)import(nest, &fleet, true, 100);
    OK(nest, store_load_fleet(nest->store, &back, &nest->err));
    assert_string_equal(back.zone, "Europe/Paris");
    assert_int_equal(back.windows.count, 1);
    assert_string_equal(back.windows.items[0].label, "customer");
    assert_string_equal(back.windows.items[0].value, "acme");
    assert_string_equal(back.windows.items[0].calendar, "/abs/acme.ics");
    assert_int_equal(back.freezes.count, 1);
    assert_null(back.freezes.items[0].label);
    /* a part of the fleet that says nothing about time takes no window away */
    (void)import(nest, &plain, false, 200);
    OK(nest, store_load_fleet(nest->store, &after, &nest->err));
    assert_int_equal(after.windows.count, 1);
    (void)import(nest, &plain, true, 300);
    OK(nest, store_load_fleet(nest->store, &gone, &nest->err));
    assert_null(gone.zone);
    assert_int_equal(gone.windows.count + gone.freezes.count, 0);
}

static void a_fleet_comes_back_as_it_went_in(void **state)
{
    struct nest *nest = *state;
    auto_fleet struct fleet fleet = {0}, back = {0};
    make_fleet(&fleet);
    struct store_import first = import(nest, &fleet, true, 100);
    assert_int_equal(first.added, 3);
    assert_int_equal(first.managers, 1);
    OK(nest, store_load_fleet(nest->store, &back, &nest->err));
    assert_int_equal(back.appliance_count, 3);
    const struct appliance *a = &back.appliances[1], *was = &fleet.appliances[1];
    assert_string_equal(a->name, "vc-0001"); /* by name */
    assert_string_equal(a->host, was->host);
    assert_string_equal(a->kind, was->kind);
    assert_string_equal(a->site, was->site);
    assert_string_equal(a->version, was->version);
    assert_string_equal(a->link_group, was->link_group);
    assert_string_equal(a->calendar, was->calendar);
    assert_string_equal(a->manager, was->manager);
    assert_string_equal(a->vm_key, was->vm_key);
    assert_string_equal(a->datastore, was->datastore);
    assert_true(json_equal(a->labels, was->labels));
    assert_true(json_equal(a->doc, was->doc));
    assert_string_equal(back.managers[0].name, "mgmt");
    assert_true(json_equal(back.managers[0].doc, fleet.managers[0].doc));
}

static void an_import_says_what_it_changed(void **state)
{
    struct nest *nest = *state;
    auto_fleet struct fleet fleet = {0}, other = {0};
    make_fleet(&fleet);
    (void)import(nest, &fleet, false, 100);
    struct store_import again = import(nest, &fleet, false, 200);
    assert_int_equal(again.same, 3);
    (void)add(&other, "vc-0001", "sbg", "8.0.1");
    (void)add(&other, "vc-0009", "sbg", "8.0.1");
    struct store_import partial = import(nest, &other, false, 300);
    assert_int_equal(partial.changed, 1);
    assert_int_equal(partial.added, 1);
    assert_int_equal(partial.removed, 0);
    struct store_import whole = import(nest, &other, true, 400);
    assert_int_equal(whole.same, 2);
    assert_int_equal(whole.removed, 2);
}

static int add_name(void *data, const struct store_appliance *a)
{
    char *text = data;
    size_t length = strlen(text);
    (void)snprintf(text + length, 100 - length, "%s%s", length ? " " : "", a->name);
    return 0;
}

static void asked(struct nest *nest, struct store_appliance_filter filter,
                  const char *expected)
{
    char names[100] = "";
    OK(nest, store_appliances(nest->store, &filter, add_name, names, &nest->err));
    assert_string_equal(names, expected);
}

static void appliances_are_found_by_what_they_are(void **state)
{
    struct nest *nest = *state;
    auto_fleet struct fleet fleet = {0};
    make_fleet(&fleet);
    (void)json_object_set_new(fleet.appliances[0].labels, "tier", json_string("silver"));
    (void)import(nest, &fleet, true, 100);
    asked(nest, (struct store_appliance_filter){0}, "nsx-1 vc-0001 vc-0002");
    asked(nest, (struct store_appliance_filter){.name = "vc-*"}, "vc-0001 vc-0002");
    asked(nest, (struct store_appliance_filter){.site = "rbx"}, "nsx-1 vc-0002");
    asked(nest, (struct store_appliance_filter){.version = "8.0.1"}, "vc-0001");
    asked(nest, (struct store_appliance_filter){.label = "tier", .label_value = "silver"},
          "vc-0002");
    asked(nest, (struct store_appliance_filter){.label = "tier"},
          "nsx-1 vc-0001 vc-0002");
    asked(nest, (struct store_appliance_filter){.label = "colour"}, "");
    asked(nest, (struct store_appliance_filter){.site = "rbx' OR 1 --"}, "");
}

static void a_version_that_was_read_back_counts(void **state)
{
    struct nest *nest = *state;
    auto_fleet struct fleet fleet = {0}, back = {0};
    make_fleet(&fleet);
    (void)import(nest, &fleet, true, 100);
    begin(nest);
    assert_int_equal(store_seen_version(nest->store, "vc-0001", "8.0.3", 150), STORE_OK);
    assert_int_equal(store_seen_version(nest->store, "not-here", "1", 150), STORE_OK);
    commit(nest);
    (void)import(nest, &fleet, true, 200); /* the file is older than what was seen */
    asked(nest, (struct store_appliance_filter){.version = "8.0.3"}, "vc-0001");
    OK(nest, store_load_fleet(nest->store, &back, &nest->err));
    assert_string_equal(back.appliances[1].version, "8.0.3");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_fleet_comes_back_as_it_went_in),
        WITH(windows_and_freezes_come_with_the_fleet),
        WITH(an_import_says_what_it_changed),
        WITH(appliances_are_found_by_what_they_are),
        WITH(a_version_that_was_read_back_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
