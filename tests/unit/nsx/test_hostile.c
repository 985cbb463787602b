/*
 * test_hostile.c - managers that lie, flood, redirect and answer nonsense: no call takes
 * nonsense for success, says a secret, or sends a password twice that was refused.
 */
#include "nsx_peer.h"

#define B "/api/1.0/appliance-management"
#define U "/api/v1/upgrade"

static const struct {
    const char *name, *with;
    bool effect;
} ALL[] = {
    {"t_version", "{}", false},
    {"t_cluster", "{}", false},
    {"t_node", "{}", false},
    {"t_state", "{}", false},
    {"t_history", "{}", false},
    {"t_backup_state", "{}", false},
    {"t_passwords", "{}", false},
    {"t_transport_nodes", "{}", false},
    {"t_alarms", "{}", false},
    {"t_backup", "{}", true},
    {"t_bundle", "{\"version\":\"4.1.2.1\",\"url\":\"https://h/b\"}", true},
    {"t_eula", "{\"accept\":true}", true},
    {"t_coordinator", "{\"version\":\"4.1.2.1\"}", true},
    {"t_checks", "{}", true},
    {"t_upgrade", "{\"version\":\"4.1.2.1\",\"component\":\"MP\"}", true},
    {"t_pause", "{}", true},
    {"v_version", "{}", false},
    {"v_components", "{}", false},
    {"v_system", "{}", false},
    {"v_state", "{}", false},
    {"v_information", "{\"version\":\"6.4.14.1\"}", false},
    {"v_backup_state", "{}", false},
    {"v_backup", "{}", true},
    {"v_bundle", "{\"version\":\"6.4.14.1\",\"url\":\"https://h/b\"}", true},
    {"v_upgrade", "{\"version\":\"6.4.14.1\"}", true},
};

/* What every operation makes of an answer that nobody should give. */
static void nobody_takes_it_for_success(const char *body, int status, const char *type)
{
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET", .status = status, .body = body, .type = type},
                             {.ask = "P", .status = status, .body = body, .type = type},
                             {0}});
    for (size_t i = 0; i < ARRAY_LENGTH(ALL); i++) {
        auto_fake_call struct fake_call call;
        enum slipway_outcome outcome = nm_start(&nm, &call, ALL[i].name, ALL[i].with);
        if (outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING)
            fail_msg("%s took it: %s", ALL[i].name, call.result_text);
        assert_true(call.said[0] != '\0');
    }
    nm_end(&nm);
}

static char *repeated(const char *text, size_t times, const char *last)
{
    struct buf out = {0};
    for (size_t i = 0; i < times; i++)
        buf_adds(&out, text);
    buf_adds(&out, last);
    return buf_take(&out);
}

static void bodies_that_are_none_are_never_success(void **state)
{
    (void)state;
    nobody_takes_it_for_success("{\"results\":", 200, NULL);
    nobody_takes_it_for_success("<a><b></a>", 200, "application/xml");
    nobody_takes_it_for_success("<html><body>Welcome</body></html", 200, "text/html");
    nobody_takes_it_for_success("no healthy upstream", 503, "text/plain");
    nobody_takes_it_for_success("", 502, "text/plain");
}

static void deep_and_endless_bodies_are_refused(void **state)
{
    (void)state;
    auto_free char *deep = repeated("[", 100000, "");
    auto_free char *deep_xml = repeated("<a>", 100000, "");
    auto_free char *large = repeated("0123456789abcdef", 80000, "");
    nobody_takes_it_for_success(deep, 200, NULL);
    nobody_takes_it_for_success(deep_xml, 200, "application/xml");
    nobody_takes_it_for_success(large, 200, NULL);
}

static void a_flood_is_a_failure_and_not_a_reason_to_wait(void **state)
{
    (void)state;
    struct nm nm;
    auto_free char *large = repeated("0123456789abcdef", 80000, "");
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){{.ask = "GET", .status = 200, .body = large}, {0}});
    for (size_t i = 0; i < ARRAY_LENGTH(ALL); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, ALL[i].name, ALL[i].with), SLIPWAY_FAILED);
        says(&call, "more than 1048576 bytes");
    }
    nm_end(&nm);
}

static void bombs_in_xml_do_not_go_off(void **state)
{
    (void)state;
    nobody_takes_it_for_success(
        "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
        "\"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
        "<globalInfo>&c;</globalInfo>",
        200, "application/xml");
    nobody_takes_it_for_success(
        "<?xml version=\"1.0\"?><!DOCTYPE f [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
        "<components><component><componentId>&x;</componentId></component></components>",
        200, "application/xml");
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      {.ask = "GET", .status = 302, .body = "", .type = "text/html"},
                      {.ask = "P", .status = 307, .body = "", .type = "text/html"},
                      {0}});
    for (size_t i = 0; i < ARRAY_LENGTH(ALL); i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, ALL[i].name, ALL[i].with), SLIPWAY_REFUSED);
        says(&call, "not followed");
    }
    nm_end(&nm);
}

/* Members of every wrong type: nothing crashes, nothing counts as good. */
static void wrong_types_are_no_evidence(void **state)
{
    static const char *const bodies[] = {"null",
                                         "[]",
                                         "7",
                                         "\"x\"",
                                         "{}",
                                         "{\"nodes\":{\"a\":1},\"results\":\"x\","
                                         "\"component_status\":{\"status\":\"SUCCESS\"},"
                                         "\"mgmt_cluster_status\":[\"STABLE\"],"
                                         "\"node_version\":[4,1],\"target_version\":4}"};
    static const char *const reads[] = {
        "t_version",   "t_cluster",         "t_state", "t_compute_managers",
        "t_passwords", "t_transport_nodes", "t_alarms"};
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        nm_rules(&nm,
                 (struct rule[]){{.ask = "GET", .status = 200, .body = bodies[i]}, {0}});
        for (size_t j = 0; j < ARRAY_LENGTH(reads); j++) {
            auto_fake_call struct fake_call call;
            assert_int_not_equal(nm_start(&nm, &call, reads[j], "{}"), SLIPWAY_DONE);
        }
        auto_fake_call struct fake_call node;
        assert_int_equal(nm_start(&nm, &node, "t_node", "{}"), SLIPWAY_DONE);
        assert_true(json_is_null(json_object_get(node.result, "skew_s")));
        auto_fake_call struct fake_call backup;
        assert_int_equal(nm_start(&nm, &backup, "t_backup_state", "{}"), SLIPWAY_DONE);
        assert_true(json_is_false(json_object_get(backup.result, "any")));
        auto_fake_call struct fake_call upgrade;
        assert_int_not_equal(nm_start(&nm, &upgrade, "t_upgrade",
                                      "{\"version\":\"4.1.2.1\",\"component\":\"MP\"}"),
                             SLIPWAY_DONE);
    }
    assert_int_equal(nm_count(&nm, "POST"), 0);
    nm_end(&nm);
}

static void ids_from_outside_never_steer_a_path(void **state)
{
    static const char *const ids[] = {"../../../admin", "a/b", "", "..", "a?b", "a b",
                                      "\\u001b[31m"};
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        auto_free char *bundle = xasprintf("{\"bundle_id\":\"%s\"}", ids[i]);
        auto_free char *nodes = xasprintf("{\"nodes\":[{\"node_uuid\":\"%s\"}]}", ids[i]);
        nm_rules(&nm, (struct rule[]){
                          {.ask = "POST " U "/bundles", .status = 200, .body = bundle},
                          {.ask = "GET /api/v1/node/version",
                           .status = 200,
                           .body = "{\"node_version\":\"4.1.0.2.0.1\"}"},
                          {.ask = "GET /api/v1/cluster", .status = 200, .body = nodes},
                          {.ask = "GET",
                           .status = 200,
                           .body = "{\"overall_upgrade_status\":\"NOT_STARTED\"}"},
                          {0}});
        auto_fake_call struct fake_call fetch;
        assert_int_equal(nm_start(&nm, &fetch, "t_bundle",
                                  "{\"version\":\"4.1.2.1\",\"url\":\"https://h/b\"}"),
                         SLIPWAY_UNKNOWN);
        auto_fake_call struct fake_call version;
        assert_int_equal(nm_start(&nm, &version, "t_version", "{}"), SLIPWAY_FAILED);
    }
    assert_false(peer_saw(nm.peer, "admin/"));
    assert_int_equal(nm_count(&nm, "GET /api/v1/cluster/"), 0);
    nm_end(&nm);
}

static void pages_without_end_are_left(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){
                 {.ask = "GET " U "/status-summary",
                  .status = 200,
                  .body = "{\"component_status\":[{\"component_type\":\"MP\","
                          "\"pre_upgrade_status\":{\"status\":\"COMPLETED\"}}]}"},
                 {.ask = "POST", .status = 200, .body = ""},
                 {.ask = "GET " U "/pre-upgrade-checks/failures?page_size=200&cursor=b",
                  .status = 200,
                  .body = "{\"cursor\":\"a\",\"results\":[]}"},
                 {.ask = "GET " U "/pre-upgrade-checks/failures",
                  .status = 200,
                  .body = "{\"cursor\":\"b\",\"results\":[]}"},
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_checks", "{\"every\":100}"),
                     SLIPWAY_PENDING);
    enum slipway_outcome outcome = SLIPWAY_PENDING;
    for (int look = 0; look < 12 && outcome == SLIPWAY_PENDING; look++)
        outcome = nm_poll(&call);
    assert_int_equal(outcome, SLIPWAY_FAILED); /* one of them may be a failure */
    assert_true(nm_count(&nm, "GET " U "/pre-upgrade-checks/failures") <= 16);
    nm_end(&nm);
}

/* --- passwords ---------------------------------------------------------------------------- */

static void a_refused_password_is_not_sent_again(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm.wrong_password = true;
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_cluster", "{}"), SLIPWAY_REFUSED);
    says(&call, "credentials were incorrect");
    for (size_t i = 0; i < ARRAY_LENGTH(ALL); i++) {
        auto_fake_call struct fake_call other;
        assert_int_equal(nm_start(&nm, &other, ALL[i].name, ALL[i].with),
                         SLIPWAY_REFUSED);
    }
    assert_int_equal(peer_count(nm.peer), 1);
    nm_end(&nm);
}

static void a_missing_right_is_no_wrong_password(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){{.ask = "GET",
                                   .status = 403,
                                   .body = "{\"error_code\":289,\"error_message\":\"The "
                                           "user has no permission.\"}"},
                                  {0}});
    for (int i = 0; i < 2; i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, "t_cluster", "{}"), SLIPWAY_REFUSED);
        says(&call, "enterprise administrator");
    }
    assert_int_equal(peer_count(nm.peer), 2);
    nm_end(&nm);
}

static void an_echo_of_the_password_is_blotted_out(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET /api/v1",
                              .status = 400,
                              .body = "{\"error_code\":1,\"error_message\":\"you said "
                                      "Secret-1! and " NM_BASIC "\"}"},
                             {.ask = "GET",
                              .status = 500,
                              .body = "<error><details>Secret-1! \x1b[2J</details>"
                                      "</error>",
                              .type = "application/xml"},
                             {0}});
    auto_fake_call struct fake_call json; /* what it may not say is checked in nm_start */
    assert_int_equal(nm_start(&nm, &json, "t_cluster", "{}"), SLIPWAY_FAILED);
    says(&json, "you said *");
    auto_fake_call struct fake_call xml;
    assert_int_not_equal(nm_start(&nm, &xml, "v_version", "{}"), SLIPWAY_DONE);
    nm_end(&nm);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET " U "/status-summary",
                              .status = 200,
                              .body = "{\"overall_upgrade_status\":\"NOT_STARTED\"}"},
                             {.ask = "GET", .status = 200, .body = "{}"},
                             {0}});
    auto_fake_call struct fake_call call;
    fake_call_init(&call, nsx_plugin(), nm.state, "t_checks", "{}", nm.target);
    call.call.flags |= SLIPWAY_CALL_READ_ONLY;
    assert_int_equal(fake_start(&call), SLIPWAY_REFUSED);
    says(&call, "dry run");
    assert_int_equal(nm_count(&nm, "POST"), 0);
    nm_end(&nm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_that_are_none_are_never_success),
        cmocka_unit_test(deep_and_endless_bodies_are_refused),
        cmocka_unit_test(a_flood_is_a_failure_and_not_a_reason_to_wait),
        cmocka_unit_test(bombs_in_xml_do_not_go_off),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(wrong_types_are_no_evidence),
        cmocka_unit_test(ids_from_outside_never_steer_a_path),
        cmocka_unit_test(pages_without_end_are_left),
        cmocka_unit_test(a_refused_password_is_not_sent_again),
        cmocka_unit_test(a_missing_right_is_no_wrong_password),
        cmocka_unit_test(an_echo_of_the_password_is_blotted_out),
        cmocka_unit_test(a_dry_run_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
