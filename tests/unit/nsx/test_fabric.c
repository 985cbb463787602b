/*
 * test_fabric.c - stories about what an operator looks at before an NSX-T cluster is
 * upgraded: passwords that end, hosts and edges that are not well, alarms. Who is on the
 * second page counts as much as who is on the first.
 */
#include "nsx_peer.h"

#define USERS  "GET /api/v1/node/users"
#define STATES "GET /api/v1/transport-nodes/state"
#define STATUS "GET /api/v1/transport-zones/transport-node-status"
#define ALARMS "GET /api/v1/alarms?status=OPEN&page_size=200"

static void result_is(const struct fake_call *call, const char *key, const char *wanted)
{
    auto_free char *text = json_canonical(json_object_get(call->result, key));
    assert_string_equal(text, wanted);
}

/* ---- passwords ---- */

#define ACTIVE(name, frequency, age)                                                     \
    "{\"username\":\"" name                                                              \
    "\",\"status\":\"ACTIVE\",\"password_change_frequency\":" #frequency                 \
    ",\"last_password_change\":" #age "}"

static void passwords_that_end_are_named(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = USERS,
             .status = 200,
             .body = "{\"results\":[" ACTIVE("root", 90, 80) "," ACTIVE(
                 "admin", 0,
                 900) "," ACTIVE("audit", 90,
                                 90) "," ACTIVE("ops", 90,
                                                10) ","
                                                    "{\"username\":\"guestuser1\","
                                                    "\"status\":\"NOT_ACTIVATED\"},"
                                                    "{\"username\":\"old\",\"status\":"
                                                    "\"PASSWORD_EXPIRED\"},"
                                                    "{\"username\":\"new\",\"status\":"
                                                    "\"ACTIVE\","
                                                    "\"password_change_frequency\":90,"
                                                    "\"last_password_change\":1,"
                                                    "\"password_reset_required\":true},"
                                                    "{\"username\":\"odd\",\"status\":"
                                                    "\"LOCKED\"},"
                                                    "{\"username\":\"mute\",\"status\":"
                                                    "\"ACTIVE\"}]}"},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_passwords", "{\"days\":14}"), SLIPWAY_DONE);
    result_is(&call, "expired", "[\"audit\",\"old\",\"new\"]");
    result_is(&call, "ending", "[\"root\"]");
    result_is(&call, "unknown", "[\"odd\",\"mute\"]");
    result_is(&call, "days_left", "0");
    auto_fake_call struct fake_call near;
    assert_int_equal(nm_start(&nm, &near, "t_passwords", "{\"days\":10}"), SLIPWAY_DONE);
    result_is(&near, "ending", "[]");
    nm_end(&nm);
}

static void passwords_that_never_end_have_no_days(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){{.ask = USERS,
                                   .status = 200,
                                   .body = "{\"results\":[" ACTIVE("admin", 0, 900) "]}"},
                                  {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_passwords", "{}"), SLIPWAY_DONE);
    result_is(&call, "days_left", "null");
    result_is(&call, "users", "[{\"days_left\":null,\"name\":\"admin\"}]");
    nm_end(&nm);
}

/* ---- transport nodes ---- */

#define STATE(id, word) "{\"transport_node_id\":\"" id "\",\"state\":\"" word "\"}"
#define NODE(id, name, word)                                                             \
    "{\"node_uuid\":\"" id "\",\"node_display_name\":\"" name "\",\"status\":\"" word    \
    "\"}"

static void nodes_that_are_not_well_are_named_with_their_reason(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = STATUS "?page_size=200&cursor=p%2F2",
             .status = 200,
             .body = "{\"results\":[{\"node_uuid\":\"c\",\"node_display_name\":\"esx-c\","
                     "\"status\":\"DEGRADED\",\"mgmt_connection_status\":\"UP\","
                     "\"control_connection_status\":{\"status\":\"DOWN\"}}]}"},
            {.ask = STATUS,
             .status = 200,
             .body =
                 "{\"cursor\":\"p/2\",\"results\":[" NODE("a", "edge-a", "UP") "," NODE(
                     "b", "edge-b", "UP") "," NODE("e", "esx-e", "UP") "]}"},
            {.ask = STATES,
             .status = 200,
             .body = "{\"results\":[" STATE("a", "success") "," STATE(
                 "c",
                 "in_sync") ","
                            "{\"transport_node_id\":\"b\",\"state\":\"partial_success\","
                            "\"details\":[{\"state\":\"failed\",\"failure_message\":"
                            "\"Install of "
                            "VIBs failed\"}]}," STATE("d", "orphaned") "]}"},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_transport_nodes", "{}"), SLIPWAY_DONE);
    result_is(&call, "count", "5");
    result_is(&call, "not_well",
              "[\"edge-b (partial_success, UP: Install of VIBs failed)\","
              "\"esx-e (state not told, UP)\","
              "\"esx-c (in_sync, DEGRADED: connection to the controllers DOWN)\","
              "\"d (orphaned, status not told)\"]");
    nm_end(&nm);
}

#define NO_SUCH_PATH                                                                     \
    "{\"error_code\":98,\"error_message\":\"The requested URI could not be found.\"}"

static void a_release_without_the_lists_says_so_and_a_proxy_does_not(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET", .status = 404, .body = NO_SUCH_PATH}, {0}});
    static const char *const names[] = {"t_transport_nodes", "t_alarms"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, names[i], "{}"), SLIPWAY_DONE);
        result_is(&call, "told", "false");
    }
    nm_rules(&nm, (struct rule[]){{0}}); /* 404 in HTML */
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_fake_call struct fake_call call;
        assert_int_not_equal(nm_start(&nm, &call, names[i], "{}"), SLIPWAY_DONE);
    }
    nm_rules(&nm, (struct rule[]){{.ask = STATUS, .status = 404, .body = NO_SUCH_PATH},
                                  {.ask = STATES,
                                   .status = 200,
                                   .body = "{\"results\":[" STATE(
                                       "a", "success") "," STATE("b", "pending") "]}"},
                                  {0}});
    auto_fake_call struct fake_call half;
    assert_int_equal(nm_start(&nm, &half, "t_transport_nodes", "{}"), SLIPWAY_DONE);
    result_is(&half, "told", "true");
    result_is(&half, "not_well", "[\"b (pending)\"]");
    nm_end(&nm);
}

static void an_empty_list_may_be_left_out_and_half_a_list_is_none(void **state)
{
    static const struct {
        const char *body;
        enum slipway_outcome outcome;
    } table[] = {
        {"{\"result_count\":0}", SLIPWAY_DONE},
        {"{\"results\":[]}", SLIPWAY_DONE},
        {"{\"results\":[],\"cursor\":null}", SLIPWAY_DONE},
        {"{\"result_count\":3}", SLIPWAY_RETRY},
        {"{\"results\":[],\"cursor\":12}", SLIPWAY_RETRY},
        {"{}", SLIPWAY_RETRY},
    };
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        nm_rules(&nm, (struct rule[]){
                          {.ask = "GET", .status = 200, .body = table[i].body}, {0}});
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, "t_transport_nodes", "{}"),
                         table[i].outcome);
    }
    nm_end(&nm);
}

/* ---- alarms ---- */

#define ALARM(severity, status, event)                                                   \
    "{\"severity\":\"" severity "\",\"status\":\"" status "\",\"feature_name\":"         \
    "\"password_management\",\"event_type\":\"" event                                    \
    "\",\"node_display_name\":\"nsx-a\",\"summary\":\"It expired.\","                    \
    "\"recommended_action\":\"Set it.\"}"

static void grave_alarms_are_told_with_the_managers_advice(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = ALARMS "&cursor=2",
             .status = 200,
             .body = "{\"results\":[" ALARM("CRITICAL", "OPEN", "a") "]}"},
            {.ask = ALARMS,
             .status = 200,
             .body =
                 "{\"cursor\":\"2\",\"results\":[" ALARM("HIGH", "OPEN", "b") "," ALARM(
                     "MEDIUM", "OPEN",
                     "c") "," ALARM("LOW", "OPEN", "d") "," ALARM("CRITICAL", "RESOLVED",
                                                                  "e") "]}"},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_alarms", "{}"), SLIPWAY_DONE);
    result_is(&call, "count", "2");
    result_is(&call, "critical",
              "[\"password_management/a on nsx-a: It expired. (Set it.)\"]");
    result_is(&call, "high",
              "[\"password_management/b on nsx-a: It expired. (Set it.)\"]");
    nm_end(&nm);
}

static void a_severity_that_is_not_known_is_grave(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      {.ask = ALARMS,
                       .status = 200,
                       .body = "{\"results\":[" ALARM("EMERGENCY", "OPEN", "a") ",7]}"},
                      {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_alarms", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(call.result, "critical")), 2);
    nm_end(&nm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_that_end_are_named),
        cmocka_unit_test(passwords_that_never_end_have_no_days),
        cmocka_unit_test(nodes_that_are_not_well_are_named_with_their_reason),
        cmocka_unit_test(a_release_without_the_lists_says_so_and_a_proxy_does_not),
        cmocka_unit_test(an_empty_list_may_be_left_out_and_half_a_list_is_none),
        cmocka_unit_test(grave_alarms_are_told_with_the_managers_advice),
        cmocka_unit_test(a_severity_that_is_not_known_is_grave),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
