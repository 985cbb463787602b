/*
 * test_vcenters.c - stories about the vCenters that an NSX manager works for: whoever does
 * not tell that all is well with one, is not well.
 */
#include "nsx_peer.h"

#define FABRIC "GET /api/v1/fabric/compute-managers"

static void a_vcenter_that_is_not_reached_is_named(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = FABRIC "?page_size=200&cursor=2",
                              200,
                              "{\"results\":[{\"id\":\"../x\",\"display_name\":"
                              "\"vc-c\"}]}"},
                             {.ask = FABRIC "/id-a/status",
                              200,
                              "{\"connection_status\":\"UP\",\"registration_status\":"
                              "\"REGISTERED\"}"},
                             {.ask = FABRIC "/id-b/status",
                              200,
                              "{\"connection_status\":\"DOWN\",\"registration_status\":"
                              "\"REGISTERED\",\"connection_errors\":[{\"error_message\":"
                              "\"Certificate changed\"}]}"},
                             {.ask = FABRIC,
                              200,
                              "{\"cursor\":\"2\",\"results\":[{\"id\":\"id-a\","
                              "\"display_name\":\"vc-a\"},{\"id\":\"id-b\","
                              "\"server\":\"vc-b.example\"}]}"},
                             {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_compute_managers", "{}"), SLIPWAY_DONE);
    auto_free char *bad = json_canonical(json_object_get(call.result, "not_well"));
    assert_string_equal(bad, "[\"vc-b.example\",\"vc-c\"]");
    const json_t *second = json_array_get(json_object_get(call.result, "managers"), 1);
    assert_string_equal(json_text(second, "error"), "Certificate changed");
    nm_end(&nm);
}

static void nsx_v_must_say_that_it_is_connected(void **state)
{
    static const struct {
        const char *told;
        bool connected;
    } table[] = {
        {"<vcConfigStatus><connected>true</connected></vcConfigStatus>", true},
        {"<vcConfigStatus><connected>false</connected></vcConfigStatus>", false},
        {"<vcConfigStatus><connected>maybe</connected></vcConfigStatus>", false},
        {"<vcConfigStatus/>", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct nm nm;
        nm_begin(&nm);
        nm_rules(&nm, (struct rule[]){{.ask = "GET /api/2.0/services/vcconfig/status",
                                       .status = 200,
                                       .body = table[i].told},
                                      {0}});
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, "v_vcenter", "{}"), SLIPWAY_DONE);
        assert_int_equal(json_is_true(json_object_get(call.result, "connected")),
                         table[i].connected);
        nm_end(&nm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vcenter_that_is_not_reached_is_named),
        cmocka_unit_test(nsx_v_must_say_that_it_is_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
