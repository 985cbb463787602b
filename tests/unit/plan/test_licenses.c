/*
 * test_licenses.c - stories about licence keys: who gets which, in which order, and what is
 * said when they do not suffice.
 */
#include "fixture.h"

static void add_pool(struct fleet *fleet, const char *name, const char *product,
                     int major, const char *edition, int64_t count)
{
    auto_free char *file = xasprintf("/keys/%s", name);
    *vec_push(fleet->license_pools, fleet->license_pool_count, fleet->license_pool_room) =
        (struct license_pool){.name = xstrdup(name),
                              .product =
                                  (enum license_product)license_product_from(product),
                              .major = major,
                              .edition = xstrdup(edition),
                              .key = json_pack("{s:s}", "file", file),
                              .count = count};
}

static void add_appliance(struct fleet *fleet, const char *name, const char *kind,
                          const char *version, const char *labels)
{
    auto_json json_t *json =
        json_pack("{s:s, s:s, s:s, s:o}", "name", name, "kind", kind, "version", version,
                  "labels", json_loads(labels, 0, NULL));
    *vec_push(fleet->appliances, fleet->appliance_count, fleet->appliance_room) =
        appliance_from(json);
}

struct story {
    struct fixture f;
    struct plan *plan;
    struct plan_notes notes;
};

/* A campaign over the first `selected` appliances. */
static void plan_it(struct story *s, size_t selected, const char *target)
{
    struct slipway_error err = {""};
    s->f.campaign.name = xstrdup("up");
    s->f.campaign.vars = json_pack("{s:s}", "target_version", target);
    s->f.selected = xcalloc(selected, sizeof *s->f.selected);
    for (size_t i = 0; i < selected; i++)
        s->f.selected[i] = (int)i;
    s->f.playbook.name = xstrdup("vcsa-upgrade");
    s->f.playbook.steps = xcalloc(1, sizeof *s->f.playbook.steps);
    s->f.playbook.step_count = 1;
    s->f.playbook.steps[0].op = (struct operation){
        .id = xstrdup("version"), .use = xstrdup("vcsa.version"), .with = xstrdup("{}")};
    const struct plan_request request = {.fleet = &s->f.fleet,
                                         .campaign = &s->f.campaign,
                                         .playbook = &s->f.playbook,
                                         .selected = s->f.selected,
                                         .selected_count = selected,
                                         .now_ms = 1};
    if (plan_make(&request, &s->plan, &s->notes, &err))
        fail_msg("%s", err.text);
}

static void story_end(struct story *s)
{
    plan_free(s->plan);
    plan_notes_clear(&s->notes);
    fixture_clear(&s->f);
}

/* "POOL" of a target's product, "" if it gets none; the caller's. */
static char *pool_of(const struct story *s, const char *target, const char *product)
{
    int at = plan_target_index(s->plan, target);
    assert_true(at >= 0);
    const char *text = s->plan->targets[at].doc;
    auto_json json_t *doc = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    const json_t *one = json_object_get(json_object_get(doc, "licenses"), product);
    const char *pool = json_text(one, "pool");
    if (pool) /* the reference, not the key */
        assert_non_null(json_text(json_object_get(one, "key"), "file"));
    return xstrdup(pool ? pool : "");
}

static void gets(const struct story *s, const char *target, const char *product,
                 const char *pool)
{
    auto_free char *got = pool_of(s, target, product);
    assert_string_equal(got, pool);
}

static const char *note(const struct story *s, enum note_kind kind)
{
    for (size_t i = 0; i < s->notes.count; i++)
        if (s->notes.items[i].kind == kind &&
            !strncmp(s->notes.items[i].text, "licences: ", 10))
            return s->notes.items[i].text;
    return "";
}

static void keys_are_given_in_the_order_of_plan_and_file(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-10", "vcsa", "7.0.3.01700", "{}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "6.7.0.40000", "{}");
    add_appliance(&s.f.fleet, "vc-3", "vcsa", "8.0.2.00200", "{}"); /* only a patch */
    add_appliance(&s.f.fleet, "box", "linux", "7.1", "{}");
    add_appliance(&s.f.fleet, "vc-99", "vcsa", "8.0.1.00000", "{}"); /* not selected */
    add_pool(&s.f.fleet, "old", "vcenter", 7, "standard", 100);
    add_pool(&s.f.fleet, "a", "vcenter", 8, "standard", 3);
    add_pool(&s.f.fleet, "b", "vcenter", 8, "standard", 2);
    plan_it(&s, 4, "8.0.3.00400");
    /* vc-3 and vc-99 hold two of the first key */
    gets(&s, "vc-2", "vcenter", "a");
    gets(&s, "vc-10", "vcenter", "b");
    gets(&s, "vc-3", "vcenter", "");
    gets(&s, "box", "vcenter", "");
    assert_string_equal(note(&s, NOTE_STOP), "");
    assert_string_equal(
        note(&s, NOTE_TARGET),
        "licences: 2 targets get a key for vcenter 8: 2 of 5 instances; 2 "
        "are held already, 1 will be left");
    story_end(&s);
}

static void the_last_key_goes_to_one_target_and_the_plan_says_so(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-1", "vcsa", "7.0.3.01700", "{}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "7.0.3.01700", "{}");
    add_appliance(&s.f.fleet, "vc-3", "vcsa", "7.0.3.01700", "{}");
    add_appliance(&s.f.fleet, "vc-9", "vcsa", "8.0.1.00000", "{}");
    add_pool(&s.f.fleet, "a", "vcenter", 8, "", 2);
    plan_it(&s, 3, "8.0.3.00400");
    gets(&s, "vc-1", "vcenter", "a");
    gets(&s, "vc-2", "vcenter", "");
    gets(&s, "vc-3", "vcenter", "");
    assert_string_equal(
        note(&s, NOTE_STOP),
        "licences: 2 of 3 targets get no key for vcenter 8: the pools have 2 instances, "
        "1 "
        "are held by appliances that are there already, 3 are needed and 2 are missing; "
        "add a key to license_pools");
    story_end(&s);
}

static void cpus_of_one_vcenter_come_out_of_one_key(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-1", "vcsa", "7.0.3.01700", "{\"esxi_cpus\":\"6\"}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "7.0.3.01700", "{\"esxi_cpus\":\"4\"}");
    add_appliance(&s.f.fleet, "vc-3", "vcsa", "7.0.3.01700", "{\"esxi_cpus\":\"many\"}");
    add_pool(&s.f.fleet, "small", "esxi", 8, "", 8);
    add_pool(&s.f.fleet, "large", "esxi", 8, "", 32);
    plan_it(&s, 3, "8.0.3.00400");
    gets(&s, "vc-1", "esxi", "small");
    gets(&s, "vc-2", "esxi", "large");
    gets(&s, "vc-3", "esxi", "");
    assert_non_null(strstr(note(&s, NOTE_WARNING), "no license_pools for vcenter 8"));
    story_end(&s);
}

static void an_edition_is_kept(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-1", "vcsa", "7.0.3.01700",
                  "{\"license_edition\":\"Foundation\"}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "7.0.3.01700",
                  "{\"license_edition\":\"essentials\"}");
    add_pool(&s.f.fleet, "std", "vcenter", 8, "standard", 9);
    add_pool(&s.f.fleet, "fnd", "vcenter", 8, "foundation", 9);
    plan_it(&s, 2, "8.0.3.00400");
    gets(&s, "vc-1", "vcenter", "fnd");
    gets(&s, "vc-2", "vcenter", "");
    story_end(&s);
}

static void a_patch_needs_no_key(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-1", "vcsa", "8.0.2.00200", "{}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "", "{}"); /* nobody knows */
    plan_it(&s, 2, "8.0.3.00400");
    assert_string_equal(note(&s, NOTE_WARNING), "");
    assert_string_equal(note(&s, NOTE_STOP), "");
    story_end(&s);
}

/* A vCenter and its hosts: two keys in one document. What cannot be a number of CPUs, or a
   version of a vCenter, gets none. */
static void one_target_gets_a_key_of_each_product(void **state)
{
    (void)state;
    struct story s = {.plan = NULL};
    add_appliance(&s.f.fleet, "vc-1", "vcsa", "7.0.3.01700", "{\"esxi_cpus\":\"6\"}");
    add_appliance(&s.f.fleet, "vc-2", "vcsa", "7.0.3.01700",
                  "{\"esxi_cpus\":\"9999999\"}");
    add_appliance(&s.f.fleet, "vc-3", "vcsa", "7.0.3.01700", "{\"esxi_cpus\":\"\"}");
    add_appliance(&s.f.fleet, "vc-4", "vcsa", "20240101", "{\"esxi_cpus\":\"2\"}");
    add_pool(&s.f.fleet, "vc", "vcenter", 8, "", 8);
    add_pool(&s.f.fleet, "hosts", "esxi", 8, "", 20000000);
    plan_it(&s, 4, "8.0.3.00400");
    gets(&s, "vc-1", "vcenter", "vc");
    gets(&s, "vc-1", "esxi", "hosts");
    for (int i = 2; i <= 4; i++) {
        char name[] = "vc-0";
        name[3] = (char)('0' + i);
        gets(&s, name, "vcenter", i == 4 ? "" : "vc");
        gets(&s, name, "esxi", "");
    }
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_given_in_the_order_of_plan_and_file),
        cmocka_unit_test(the_last_key_goes_to_one_target_and_the_plan_says_so),
        cmocka_unit_test(cpus_of_one_vcenter_come_out_of_one_key),
        cmocka_unit_test(an_edition_is_kept),
        cmocka_unit_test(one_target_gets_a_key_of_each_product),
        cmocka_unit_test(a_patch_needs_no_key),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
