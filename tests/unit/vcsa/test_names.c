/*
 * test_names.c - does the name of a vCenter lead to its address and back, asked of name
 * servers here that know, do not know, or are silent.
 */
#include "vcsa_peer.h"

#include "lying_names.h"

#define GIVES(request, text)                                                             \
    {                                                                                    \
        .ask = request, .status = 200, .body = (text)                                    \
    }

/* What `names` says of vc-1.test with these name servers. */
static void look(struct fake_call *call, const struct lying_name *rows)
{
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){GIVES("GET /api/appliance/networking/dns/hostname",
                                        "\"vc-1.test\""),
                                  {0}});
    names_are(rows);
    assert_int_equal(vc_read(&vc, call, "names", "{}"), SLIPWAY_DONE);
    vc_end(&vc);
}

static bool is_true(const struct fake_call *call, const char *key)
{
    const json_t *member = json_object_get(call->result, key);
    assert_true(json_is_boolean(member));
    return json_is_true(member);
}

static void every_address_must_lead_back(void **state)
{
    (void)state;
    auto_fake_call struct fake_call good, astray, gone;
    look(&good, (const struct lying_name[]){
                    {.name = "vc-1.test", .addresses = {"192.0.2.1", "192.0.2.2"}},
                    {.name = "192.0.2.1", .addresses = {"VC-1.test."}},
                    {.name = "192.0.2.2", .addresses = {"vc-1.test"}},
                    {0}});
    assert_true(is_true(&good, "match") && is_true(&good, "good"));
    assert_false(is_true(&good, "silent"));
    look(&astray, (const struct lying_name[]){
                      {.name = "vc-1.test", .addresses = {"192.0.2.1", "192.0.2.2"}},
                      {.name = "192.0.2.1", .addresses = {"other.test"}},
                      {.name = "192.0.2.2", .addresses = {"vc-1.test"}},
                      {0}});
    assert_true(is_true(&astray, "resolved"));
    assert_false(is_true(&astray, "match") || is_true(&astray, "good"));
    look(&gone,
         (const struct lying_name[]){{.name = "vc-1.test", .error = EAI_NONAME}, {0}});
    assert_false(is_true(&gone, "resolved") || is_true(&gone, "silent"));
    names_release();
}

/* Not the whole call: the vCenter is still asked for its own tests. */
static void silence_is_told_and_does_not_hold_the_worker(void **state)
{
    (void)state;
    static const struct lying_name stories[][4] = {
        {{.name = "vc-1.test", .silent = true}},
        {{.name = "vc-1.test", .addresses = {"192.0.2.1", "192.0.2.2"}},
         {.name = "192.0.2.1", .silent = true},
         {.name = "192.0.2.2", .silent = true}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(stories); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc_rules(&vc, (struct rule[]){GIVES("GET /api/appliance/networking/dns/hostname",
                                            "\"vc-1.test\""),
                                      {0}});
        names_are(stories[i]);
        vc_call(&vc, &call, "names", "{}");
        call.timeout_ms = 4000;
        assert_int_equal(fake_start(&call), SLIPWAY_DONE);
        assert_true(is_true(&call, "silent"));
        assert_false(is_true(&call, "good"));
        assert_int_equal(names_asked(), i + 1);
        assert_true(
            vc_count(&vc, "POST /api/appliance/networking/dns/hostname?action=test"));
        vc_end(&vc);
        names_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_must_lead_back),
        cmocka_unit_test(silence_is_told_and_does_not_hold_the_worker),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
