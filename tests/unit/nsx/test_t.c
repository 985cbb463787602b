/*
 * test_t.c - stories about NSX-T clusters: what counts as upgraded, what a lost answer
 * becomes, and what is asked how often.
 */
#include "nsx_peer.h"

#define U    "/api/v1/upgrade"
#define WITH "{\"version\":\"4.1.2.1\",\"component\":\"MP\",\"every\":100}"
#define OLD  "4.1.0.2.0.21761695"
#define NEW  "4.1.2.1.0.22667789"
#define NODES                                                                            \
    "{\"nodes\":[{\"node_uuid\":\"id-a\",\"fqdn\":\"a\"},{\"node_uuid\":\"id-b\","       \
    "\"fqdn\":\"b\"},{\"node_uuid\":\"id-c\",\"fqdn\":\"c\"}]}"
#define VERSION(v) "{\"node_version\":\"" v "\",\"product_version\":\"" v "\"}"
#define MANAGERS(a, b, c)                                                                \
    {.ask = "GET /api/v1/node/version", 200, VERSION(a)},                                \
        {.ask = "GET /api/v1/cluster/id-a/node/version", 200, VERSION(a)},               \
        {.ask = "GET /api/v1/cluster/id-b/node/version", 200, VERSION(b)},               \
    {                                                                                    \
        .ask = "GET /api/v1/cluster/id-c/node/version", 200, VERSION(c)                  \
    }
#define CLUSTER(word)                                                                    \
    {                                                                                    \
        .ask = "GET /api/v1/cluster/status", 200,                                        \
        "{\"mgmt_cluster_status\":{\"status\":\"" word                                   \
        "\",\"online_nodes\":[{},{},{}],\"offline_nodes\":[]},"                          \
        "\"control_cluster_status\":{\"status\":\"STABLE\"}}"                            \
    }
#define LIST                                                                             \
    {                                                                                    \
        .ask = "GET /api/v1/cluster", 200, NODES                                         \
    }
#define SUMMARY(system, target)                                                          \
    {                                                                                    \
        .ask = "GET " U "/summary", 200,                                                 \
        "{\"system_version\":\"" system "\",\"target_version\":\"" target                \
        "\",\"upgrade_coordinator_version\":\"" target                                   \
        "\",\"upgrade_bundle_file_name\":\"b.mub\"}"                                     \
    }
#define STATUS(word)                                                                     \
    "{\"overall_upgrade_status\":\"PAUSED\",\"component_status\":[{"                     \
    "\"component_type\":\"EDGE\",\"status\":\"SUCCESS\"},{\"component_type\":\"MP\","    \
    "\"status\":\"" word "\",\"percent_complete\":42.5,\"details\":\"why so\"}]}"
#define PLAN                                                                             \
    {                                                                                    \
        .ask = "POST " U "/plan?action=upgrade&component_type=MP", 200, ""               \
    }

static void a_cluster_has_a_version_only_if_all_managers_agree(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){MANAGERS(NEW, NEW, OLD), LIST, {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_version", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "version"), "4.1.2.1");
    assert_string_equal(json_text(call.result, "build"), "22667789");
    assert_string_equal(json_text(call.result, "source"), "nodes");
    assert_true(json_is_false(json_object_get(call.result, "same")));
    assert_int_equal(json_number(call.result, "count", 0), 3);

    nm_rules(&nm, (struct rule[]){MANAGERS(NEW, NEW, NEW), LIST, {0}});
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "t_version", "{}"), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(again.result, "same")));
    assert_true(json_is_true(json_object_get(again.result, "settled")));
    nm_end(&nm);
}

static void an_old_release_lets_its_coordinator_tell_the_versions(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      {.ask = "GET /api/v1/node/version", 200, VERSION(NEW)},
                      {.ask = "GET /api/v1/cluster/id-",
                       404,
                       "{\"error_code\":98,\"error_message\":\"not found\"}"},
                      LIST,
                      {.ask = "GET " U "/nodes?component_type=MP",
                       200,
                       "{\"results\":[{\"id\":\"id-a\",\"display_name\":\"a\","
                       "\"component_version\":\"" NEW "\"},{\"id\":\"id-b\","
                       "\"component_version\":\"" NEW "\"}]}",
                       NULL,
                       1},
                      {.ask = "GET " U "/nodes",
                       200,
                       "{\"results\":[{\"id\":\"id-a\",\"component_version\":\"" NEW
                       "\"},{\"id\":\"id-b\",\"component_version\":\"" OLD
                       "\"},{\"id\":\"id-c\",\"component_version\":\"" NEW "\"}]}"},
                      {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_version", "{}"), SLIPWAY_FAILED);
    says(&call, "3 managers"); /* the coordinator knows two of them */
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "t_version", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(again.result, "source"), "coordinator");
    assert_true(json_is_false(json_object_get(again.result, "same")));
    nm_end(&nm);
}

static void only_stable_is_stable(void **state)
{
    static const char *const words[] = {"DEGRADED", "UNSTABLE", "INITIALIZING", "UNKNOWN",
                                        "STABLE_ISH"};
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        auto_free char *body = xasprintf(
            "{\"mgmt_cluster_status\":{\"status\":\"%s\",\"online_nodes\":[{}]}}",
            words[i]);
        nm_rules(&nm,
                 (struct rule[]){{.ask = "GET /api/v1/cluster/status", 200, body}, {0}});
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, "t_cluster", "{}"), SLIPWAY_DONE);
        assert_true(json_is_false(json_object_get(call.result, "stable")));
    }
    nm_rules(&nm, (struct rule[]){{.ask = "GET /api/v1/cluster/status",
                                   200,
                                   "{\"mgmt_cluster_status\":{\"status\":\"STABLE\"},"
                                   "\"control_cluster_status\":{\"status\":"
                                   "\"NO_CONTROLLERS\"}}"},
                                  {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_cluster", "{}"), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "stable")));
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET /api/v1/cluster/status",
                              200,
                              "{\"mgmt_cluster_status\":{\"status\":\"DEGRADED\","
                              "\"offline_nodes\":[{\"uuid\":\"u-3\","
                              "\"mgmt_cluster_listen_ip_address\":\"10.0.0.13\"},{}]}}"},
                             {0}});
    auto_fake_call struct fake_call away;
    assert_int_equal(nm_start(&nm, &away, "t_cluster", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(away.result, "away"), "10.0.0.13, ?");
    assert_int_equal(json_array_size(json_object_get(away.result, "problems")), 2);
    nm_rules(&nm, (struct rule[]){{.ask = "GET /api/v1/cluster/status", 200, "{}"}, {0}});
    auto_fake_call struct fake_call silent;
    assert_int_equal(nm_start(&nm, &silent, "t_cluster", "{}"), SLIPWAY_FAILED);
    nm_end(&nm);
}

/* --- the upgrade ---------------------------------------------------------------------- */

static void managers_are_asked_for_once_and_watched_to_the_end(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            SUMMARY(OLD, NEW),
            PLAN,
            {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED"), NULL, 1},
            {.ask = "GET " U "/status-summary", 200, STATUS("IN_PROGRESS"), NULL, 1},
            {.ask = "GET " U "/status-summary",
             503,
             "<html>no server</html>",
             "text/html",
             1},
            {.ask = "GET " U "/status-summary", 0, "", NULL, 1},
            {.ask = "GET " U "/status-summary", 404, "<html>gone</html>", "text/html", 1},
            {.ask = "GET " U "/status-summary", 200, STATUS("SUCCESS")},
            {.ask = "GET /api/v1/cluster/status", 503, "<html></html>", "text/html", 1},
            {.ask = "GET /api/v1/cluster/status",
             200,
             "{\"mgmt_cluster_status\":{\"status\":\"DEGRADED\"}}",
             NULL,
             1},
            CLUSTER("STABLE"),
            MANAGERS(NEW, NEW, NEW),
            LIST,
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_upgrade", WITH), SLIPWAY_PENDING);
    assert_non_null(strstr(call.handle, OLD));
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 42);
    for (int silent = 0; silent < 2; silent++) /* a read that was cut is sent again */
        assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    says(&call, "as expected during an upgrade");
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* the cluster's status is away */
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* DEGRADED */
    says(&call, "DEGRADED");
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "told"), NEW);
    assert_int_equal(json_number(call.result, "managers", 0), 3);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void success_of_the_coordinator_alone_is_none(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){
                 SUMMARY(OLD, NEW),
                 PLAN,
                 {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED"), NULL, 1},
                 {.ask = "GET " U "/status-summary", 200, STATUS("SUCCESS")},
                 CLUSTER("STABLE"),
                 MANAGERS(NEW, OLD, NEW),
                 LIST,
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(
        nm_start(&nm, &call, "t_upgrade",
                 "{\"version\":\"4.1.2.1\",\"component\":\"MP\",\"every\":100,"
                 "\"settle\":0}"),
        SLIPWAY_PENDING);
    enum slipway_outcome outcome = nm_poll(&call);
    for (int i = 0; i < 40 && outcome == SLIPWAY_PENDING; i++) {
        (void)usleep(100000);
        outcome = nm_poll(&call);
    }
    assert_int_equal(outcome, SLIPWAY_FAILED);
    says(&call, "manager b has " OLD);
    nm_end(&nm);
}

static void what_stands_still_or_failed_is_told_in_its_own_words(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){
                 SUMMARY(OLD, NEW),
                 PLAN,
                 {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED"), NULL, 1},
                 {.ask = "GET " U "/status-summary", 200, STATUS("PAUSED")},
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_upgrade", WITH), SLIPWAY_PENDING);
    for (int flap = 0; flap < 8; flap++)
        assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "stands still: why so");
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET " U "/status-summary", 200, STATUS("FAILED")},
                             SUMMARY(OLD, NEW),
                             {0}});
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "failed: why so");
    auto_fake_call struct fake_call again; /* nobody starts over what has failed */
    assert_int_equal(nm_start(&nm, &again, "t_upgrade", WITH), SLIPWAY_REFUSED);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void what_stands_still_is_continued_by_a_new_start(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){
                 SUMMARY(OLD, NEW),
                 {.ask = "POST " U "/plan?action=continue&component_type=MP", 200, ""},
                 {.ask = "GET " U "/status-summary", 200, STATUS("PAUSED")},
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_upgrade", WITH), SLIPWAY_PENDING);
    assert_int_equal(nm_count(&nm, "POST " U "/plan?action=continue"), 1);
    nm_end(&nm);
}

static void an_upgrade_is_not_begun_where_it_cannot_go_well(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      SUMMARY(OLD, "4.1.1.0.0.1"),
                      {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED")},
                      {0}});
    auto_fake_call struct fake_call other;
    assert_int_equal(nm_start(&nm, &other, "t_upgrade", WITH), SLIPWAY_FAILED);
    says(&other, "aims at 4.1.1.0.0.1, not 4.1.2.1");
    nm_rules(&nm,
             (struct rule[]){SUMMARY(OLD, NEW),
                             {.ask = "GET " U "/status-summary",
                              200,
                              "{\"overall_upgrade_status\":\"IN_PROGRESS\","
                              "\"component_status\":[{\"component_type\":\"HOST\","
                              "\"status\":\"IN_PROGRESS\"},{\"component_type\":\"MP\","
                              "\"status\":\"NOT_STARTED\"}]}"},
                             {0}});
    auto_fake_call struct fake_call busy;
    assert_int_equal(nm_start(&nm, &busy, "t_upgrade", WITH), SLIPWAY_RETRY);
    says(&busy, "waiting for the end of HOST");
    auto_fake_call struct fake_call latest;
    assert_int_equal(nm_start(&nm, &latest, "t_upgrade",
                              "{\"version\":\"latest\",\"component\":\"MP\"}"),
                     SLIPWAY_REFUSED);
    auto_fake_call struct fake_call unknown;
    assert_int_equal(nm_start(&nm, &unknown, "t_upgrade",
                              "{\"version\":\"4.1.2.1\",\"component\":\"M&P\"}"),
                     SLIPWAY_REFUSED);
    assert_int_equal(nm_count(&nm, "POST"), 0);
    nm_end(&nm);
}

static void a_release_without_a_final_step_has_nothing_to_do(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){SUMMARY(NEW, NEW),
                             {.ask = "GET " U "/status-summary", 200, STATUS("SUCCESS")},
                             {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(
        nm_start(&nm, &call, "t_upgrade",
                 "{\"version\":\"4.1.2.1\",\"component\":\"FINALIZE_UPGRADE\"}"),
        SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "present")));
    assert_int_equal(nm_count(&nm, "POST"), 0);
    nm_end(&nm);
}

/* --- what became of it ------------------------------------------------------------------ */

static enum slipway_probe probe_with(struct nm *nm, const char *status,
                                     const char *handle)
{
    auto_fake_call struct fake_call call;
    nm_rules(nm, (struct rule[]){SUMMARY(OLD, NEW),
                                 {.ask = "GET " U "/status-summary", 200, status},
                                 {0}});
    fake_call_init(&call, nsx_plugin(), nm->state, "t_upgrade", WITH, nm->target);
    call.handle = xstrdup_null(handle);
    call.call.handle = call.handle;
    return nm_probe(&call);
}

static void a_lost_answer_is_asked_about(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){
                 SUMMARY(OLD, NEW),
                 {.ask = "POST " U "/plan", 0, ""},
                 {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED"), NULL, 1},
                 {.ask = "GET " U "/status-summary", 200, STATUS("IN_PROGRESS")},
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_upgrade", WITH), SLIPWAY_UNKNOWN);
    assert_int_equal(nm_probe(&call), SLIPWAY_PROBE_RUNNING);
    assert_int_equal(nm_count(&nm, "POST"), 1);

    assert_int_equal(probe_with(&nm, STATUS("SUCCESS"), NULL), SLIPWAY_PROBE_RUNNING);
    assert_int_equal(probe_with(&nm, STATUS("FAILED"), NULL), SLIPWAY_PROBE_FAILED);
    assert_int_equal(probe_with(&nm, STATUS("NOT_STARTED"), NULL),
                     SLIPWAY_PROBE_NOT_STARTED);
    assert_int_equal(probe_with(&nm, STATUS("odd word"), NULL), SLIPWAY_PROBE_UNKNOWN);
    assert_int_equal(probe_with(&nm, "{\"overall_upgrade_status\":\"PAUSED\"}", NULL),
                     SLIPWAY_PROBE_UNKNOWN);
    /* Standing still is no permission to go on, but after a lost `continue`. */
    assert_int_equal(probe_with(&nm, STATUS("PAUSED"), NULL), SLIPWAY_PROBE_RUNNING);
    assert_int_equal(probe_with(&nm, STATUS("PAUSED"), "{\"asked\":1,\"untold\":true}"),
                     SLIPWAY_PROBE_NOT_STARTED);
    nm_end(&nm);
}

static void a_manager_that_does_not_answer_is_unknown(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){{.ask = "GET", 503, "no", "text/plain"}, {0}});
    auto_fake_call struct fake_call call;
    fake_call_init(&call, nsx_plugin(), nm.state, "t_upgrade", WITH, nm.target);
    assert_int_equal(nm_probe(&call), SLIPWAY_PROBE_UNKNOWN);
    assert_true(call.look_again_ms > 0);
    nm_end(&nm);
}

static void silence_that_lasts_too_long_is_unknown(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){{.ask = "GET", .status = 503, .body = "<html>"}, {0}});
    auto_fake_call struct fake_call call;
    fake_call_init(&call, nsx_plugin(), nm.state, "t_upgrade",
                   "{\"version\":\"4.1.2.1\",\"component\":\"MP\",\"silence\":60000}",
                   nm.target);
    call.handle = xstrdup("{\"asked\":1,\"silent\":1,\"from\":\"4.1.0.2\"}");
    call.call.handle = call.handle;
    assert_int_equal(nm_poll(&call), SLIPWAY_UNKNOWN);
    says(&call, "longer than the 1m");
    nm_end(&nm);
}

/* --- before it ------------------------------------------------------------------------------ */

static void a_bundle_is_fetched_and_its_token_is_told_to_nobody(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    auto_free char *with = xasprintf("{\"version\":\"4.1.2.1\",\"every\":100,"
                                     "\"url_secret\":{\"file\":\"%s\"}}",
                                     nm.secret_file);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = "GET " U "/summary",
             200,
             "{\"system_version\":\"" OLD "\"}",
             NULL,
             1},
            SUMMARY(OLD, NEW),
            {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED")},
            {.ask = "POST " U "/bundles", 200, "{\"bundle_id\":\"bundle-1\"}"},
            {.ask = "GET " U "/bundles/bundle-1/upload-status",
             200,
             "{\"status\":\"UPLOADING\",\"percent\":30,\"url\":\"https://repo.example/"
             "b?token=canary-77\",\"detailed_status\":\"from "
             "https://repo.example/b?token=canary-77\"}",
             NULL,
             1},
            {.ask = "GET " U "/bundles/bundle-1/upload-status",
             200,
             "{\"status\":\"FAILED\",\"detailed_status\":\"no signature at "
             "https://repo.example/b?token=canary-77\"}",
             NULL,
             1},
            {.ask = "GET " U "/bundles/bundle-1/upload-status",
             200,
             "{\"status\":\"SUCCESS\"}"},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_bundle", with), SLIPWAY_PENDING);
    assert_non_null(strstr(nm.bodies, "https://repo.example/b?token=canary-77"));
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 30);
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "no signature");
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    auto_fake_call struct fake_call again; /* it is there */
    assert_int_equal(nm_start(&nm, &again, "t_bundle", with), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void a_bundle_that_leads_elsewhere_is_refused(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            SUMMARY(OLD, "4.2.0.0.0.1"),
            {.ask = "GET " U "/status-summary", 200, STATUS("NOT_STARTED")},
            {.ask = "POST " U "/bundles",
             500,
             "{\"error_code\":30160,\"error_message\":\"Upload is in "
             "progress\"}",
             NULL,
             1},
            {.ask = "POST " U "/bundles", 200, "{\"bundle_id\":\"b\"}"},
            {.ask = "GET " U "/bundles/b/upload-status", 200, "{\"status\":\"SUCCESS\"}"},
            {0}});
    static const char with[] =
        "{\"version\":\"4.1.2.1\",\"url\":\"https://repo.example/b\",\"every\":100}";
    auto_fake_call struct fake_call busy;
    assert_int_equal(nm_start(&nm, &busy, "t_bundle", with), SLIPWAY_RETRY);
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_bundle", with), SLIPWAY_PENDING);
    for (int look = 0; look < 8; look++) /* the summary may lag */
        assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "leads to 4.2.0.0.0.1, not 4.1.2.1");
    nm_end(&nm);
}

#define CHECKS(word, at)                                                                 \
    "{\"overall_upgrade_status\":\"NOT_STARTED\",\"component_status\":[{"                \
    "\"component_type\":\"MP\",\"status\":\"NOT_STARTED\",\"pre_upgrade_status\":{"      \
    "\"status\":\"" word "\",\"start_time\":" at "}}]}"

static void findings_of_a_new_run_count_and_are_all_read(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = "POST " U "?action=execute_pre_upgrade_checks",
             500,
             "{\"error_code\":30953,\"error_message\":\"already in progress\"}",
             NULL,
             1},
            {.ask = "POST " U "?action=execute_pre_upgrade_checks", 200, ""},
            {.ask = "GET " U "/status-summary", 200, CHECKS("COMPLETED", "100"), NULL, 1},
            {.ask = "GET " U "/status-summary",
             200,
             CHECKS("IN_PROGRESS", "100"),
             NULL,
             1},
            {.ask = "GET " U "/status-summary", 200, CHECKS("COMPLETED", "100"), NULL, 3},
            {.ask = "GET " U "/status-summary", 200, CHECKS("COMPLETED", "200")},
            {.ask = "GET " U "/pre-upgrade-checks/failures?page_size=200&cursor=a%26b",
             200,
             "{\"results\":[{\"id\":\"disk\",\"type\":\"FAILURE\",\"component_type\":"
             "\"MP\","
             "\"origin_name\":\"b\",\"message\":{\"message\":\"too full\"}}]}"},
            {.ask = "GET " U "/pre-upgrade-checks/failures",
             200,
             "{\"cursor\":\"a&b\",\"results\":[{\"id\":\"bk\",\"type\":\"WARNING\","
             "\"message\":{\"message\":\"old backup\"}}]}"},
            {0}});
    auto_fake_call struct fake_call joined; /* somebody else's run will do */
    assert_int_equal(nm_start(&nm, &joined, "t_checks", "{\"every\":100}"),
                     SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&joined), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&joined), SLIPWAY_FAILED);
    says(&joined, "MP b: too full");

    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_checks", "{\"every\":100}"),
                     SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* the run before */
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);

    auto_fake_call struct fake_call allowed;
    assert_int_equal(
        nm_start(&nm, &allowed, "t_checks", "{\"every\":100,\"allow\":[\"disk\"]}"),
        SLIPWAY_PENDING);
    nm_rules(&nm,
             (struct rule[]){
                 {.ask = "GET " U "/status-summary", 200, CHECKS("COMPLETED", "300")},
                 {.ask = "GET " U "/pre-upgrade-checks/failures",
                  200,
                  "{\"results\":[{\"id\":\"disk\",\"type\":\"FAILURE\"}]}"},
                 {0}});
    assert_int_equal(nm_poll(&allowed), SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(allowed.result, "failures")), 1);
    nm_end(&nm);
}

static void a_coordinator_upgrades_itself_through_silence(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
#define UC(system, uc)                                                                   \
    "{\"system_version\":\"" system "\",\"target_version\":\"" NEW                       \
    "\",\"upgrade_coordinator_version\":\"" uc "\"}"
    nm_rules(&nm,
             (struct rule[]){
                 {.ask = "GET " U "/summary", 200, UC(OLD, OLD), NULL, 2},
                 {.ask = "GET " U "/summary", 200, UC(OLD, NEW)},
                 {.ask = "GET " U "/uc-upgrade-status",
                  200,
                  "{\"state\":\"NOT_STARTED\"}",
                  NULL,
                  1},
                 {.ask = "GET " U "/uc-upgrade-status",
                  200,
                  "{\"state\":\"IN_PROGRESS\"}",
                  NULL,
                  1},
                 {.ask = "GET " U "/uc-upgrade-status", 503, "<html>", "text/html", 1},
                 {.ask = "GET " U "/uc-upgrade-status", 200, "{\"state\":\"SUCCESS\"}"},
                 {.ask = "POST " U "?action=upgrade_uc", 404, "<html>", "text/html"},
                 {.ask = "POST /api/v1/node/upgrade/uc", 200, ""},
                 {0}});
    auto_fake_call struct fake_call call;
    static const char with[] = "{\"version\":\"4.1.2.1\",\"every\":100}";
    assert_int_equal(nm_start(&nm, &call, "t_coordinator", with), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "t_coordinator", with), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 2); /* the first path was not known */
    nm_end(&nm);
}

static void an_agreement_is_accepted_only_by_a_human(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET " U "/eula/acceptance",
                              .status = 200,
                              .body = "{\"acceptance\":false}",
                              .times = 1},
                             {.ask = "GET " U "/eula/acceptance",
                              .status = 200,
                              .body = "{\"acceptance\":true}"},
                             {.ask = "POST " U "/eula/accept", .status = 200, .body = ""},
                             {0}});
    auto_fake_call struct fake_call no;
    assert_int_equal(nm_start(&nm, &no, "t_eula", "{\"accept\":false}"), SLIPWAY_REFUSED);
    auto_fake_call struct fake_call yes;
    assert_int_equal(nm_start(&nm, &yes, "t_eula", "{\"accept\":true}"), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(yes.result, "changed")));
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "t_eula", "{\"accept\":true}"), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void a_pause_is_over_when_nothing_moves(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = "GET " U "/status-summary",
             .status = 200,
             .body = STATUS("IN_PROGRESS"),
             .times = 1},
            {.ask = "GET " U "/status-summary",
             .status = 200,
             .body = STATUS("PAUSING"),
             .times = 1},
            {.ask = "GET " U "/status-summary", .status = 200, .body = STATUS("PAUSED")},
            {.ask = "POST " U "/plan?action=pause", .status = 200, .body = ""},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_pause", "{\"every\":100}"), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "t_pause", "{}"), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void what_a_manager_tells_of_itself_is_read_in_both_shapes(void **state)
{
#define NODE                                                                             \
    "\"system_time\":1000,\"uptime\":90000,\"file_systems\":[{\"mount\":\"/"             \
    "\",\"total\":"                                                                      \
    "100,\"used\":91},{\"mount\":\"/x\",\"total\":0,\"used\":5}]"
    static const char *const bodies[] = {"{" NODE "}", "{\"system_status\":{" NODE "}}"};
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        nm_rules(&nm,
                 (struct rule[]){
                     {.ask = "GET /api/v1/node/status", .status = 200, .body = bodies[i]},
                     {.ask = "GET " U "/history",
                      .status = 200,
                      .body = "{\"results\":[{\"timestamp\":2,"
                              "\"target_version\":\"b\",\"upgrade_status\":"
                              "\"SUCCESS\"},{\"timestamp\":1,"
                              "\"target_version\":\"a\"}]}"},
                     {0}});
        auto_fake_call struct fake_call node;
        assert_int_equal(nm_start(&nm, &node, "t_node", "{\"percent\":90}"),
                         SLIPWAY_DONE);
        assert_int_equal(json_number(node.result, "uptime_s", 0), 90);
        assert_true(json_number(node.result, "skew_s", 0) > 1000000000);
        const json_t *over = json_object_get(node.result, "over");
        assert_int_equal(json_array_size(over), 1);
        assert_int_equal(json_number(json_array_get(over, 0), "percent", 0), 91);
        auto_fake_call struct fake_call history;
        assert_int_equal(nm_start(&nm, &history, "t_history", "{}"), SLIPWAY_DONE);
        assert_string_equal(json_text(history.result, "to"), "b");
    }
    nm_end(&nm);
}

/* --- backups --------------------------------------------------------------------------------- */

static void a_backup_is_as_fresh_as_its_older_part(void **state)
{
    (void)state;
    struct nm nm;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    long long ms = (long long)now.tv_sec * 1000, hour = 3600 * 1000;
    auto_free char *history = xasprintf(
        "{\"cluster_backup_statuses\":[{\"success\":true,\"end_time\":%lld},"
        "{\"success\":false,\"end_time\":%lld},{\"success\":true,\"end_time\":%lld}],"
        "\"node_backup_statuses\":[{\"success\":true,\"end_time\":%lld}]}",
        ms - 2 * hour, ms - hour, ms + 100 * hour, ms - 30 * hour);
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){{.ask = "GET /api/v1/cluster/backups/config",
                              200,
                              "{\"backup_enabled\":false,\"remote_file_server\":{"
                              "\"server\":\"b\"}}"},
                             {.ask = "GET /api/v1/cluster/backups/status",
                              200,
                              "{\"operation_type\":\"NONE\"}"},
                             {.ask = "GET /api/v1/cluster/backups/history", 200, history},
                             {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_backup_state", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_number(call.result, "age_hours", -1), 30);
    assert_true(json_is_true(json_object_get(call.result, "configured")));
    assert_true(json_is_false(json_object_get(call.result, "scheduled")));
    nm_end(&nm);
}

static void a_backup_is_over_when_the_history_has_a_newer_one(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
#define PAST(at, good)                                                                   \
    "{\"cluster_backup_statuses\":[{\"success\":" good ",\"end_time\":" at               \
    ",\"error_code\":\"SFTP\",\"error_message\":\"disk full\"}],"                        \
    "\"node_backup_statuses\":[{\"success\":" good ",\"end_time\":" at "}]}"
    nm_rules(
        &nm,
        (struct rule[]){
            {.ask = "POST /api/v1/cluster?action=backup_to_remote", 200, ""},
            {.ask = "GET /api/v1/cluster/backups/status",
             200,
             "{\"operation_type\":\"NONE\"}",
             NULL,
             1},
            {.ask = "GET /api/v1/cluster/backups/status",
             200,
             "{\"operation_type\":\"BACKUP\",\"current_step_message\":\"node 2\"}",
             NULL,
             1},
            {.ask = "GET /api/v1/cluster/backups/status",
             200,
             "{\"operation_type\":\"NONE\"}"},
            {.ask = "GET /api/v1/cluster/backups/history",
             200,
             PAST("1000", "true"),
             NULL,
             2},
            {.ask = "GET /api/v1/cluster/backups/history",
             200,
             PAST("2000", "false"),
             NULL,
             1},
            {.ask = "GET /api/v1/cluster/backups/history", 200, PAST("3000", "true")},
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "t_backup", "{\"every\":100}"),
                     SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_string_equal(call.progress_text, "node 2");
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "disk full");
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cluster_has_a_version_only_if_all_managers_agree),
        cmocka_unit_test(an_old_release_lets_its_coordinator_tell_the_versions),
        cmocka_unit_test(only_stable_is_stable),
        cmocka_unit_test(managers_are_asked_for_once_and_watched_to_the_end),
        cmocka_unit_test(success_of_the_coordinator_alone_is_none),
        cmocka_unit_test(what_stands_still_or_failed_is_told_in_its_own_words),
        cmocka_unit_test(what_stands_still_is_continued_by_a_new_start),
        cmocka_unit_test(an_upgrade_is_not_begun_where_it_cannot_go_well),
        cmocka_unit_test(a_release_without_a_final_step_has_nothing_to_do),
        cmocka_unit_test(a_lost_answer_is_asked_about),
        cmocka_unit_test(a_manager_that_does_not_answer_is_unknown),
        cmocka_unit_test(silence_that_lasts_too_long_is_unknown),
        cmocka_unit_test(a_bundle_is_fetched_and_its_token_is_told_to_nobody),
        cmocka_unit_test(a_bundle_that_leads_elsewhere_is_refused),
        cmocka_unit_test(findings_of_a_new_run_count_and_are_all_read),
        cmocka_unit_test(a_coordinator_upgrades_itself_through_silence),
        cmocka_unit_test(an_agreement_is_accepted_only_by_a_human),
        cmocka_unit_test(a_pause_is_over_when_nothing_moves),
        cmocka_unit_test(what_a_manager_tells_of_itself_is_read_in_both_shapes),
        cmocka_unit_test(a_backup_is_as_fresh_as_its_older_part),
        cmocka_unit_test(a_backup_is_over_when_the_history_has_a_newer_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
