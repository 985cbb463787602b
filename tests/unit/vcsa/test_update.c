/*
 * test_update.c - stories about finding, judging and staging an update, with the bodies
 * that appliances send in both dialects.
 */
#include "vcsa_peer.h"

#define V "\"version\":\"8.0.3.00400\""

#define SUMMARY                                                                          \
    "{" V ",\"name\":\"VC-8.0U3d\",\"description\":{\"id\":\"d\",\"default_message\":"   \
    "\"x\",\"args\":[]},\"priority\":\"HIGH\",\"severity\":\"CRITICAL\","                \
    "\"update_type\":\"SECURITY\",\"release_date\":\"2024-10-21T00:00:00.000Z\","        \
    "\"reboot_required\":true,\"size\":8192}"

/* The example of the vendor's schema, as the new dialect sends it. */
#define ISSUES                                                                           \
    "\"issues\":{\"warnings\":[{\"id\":\"w1\",\"message\":{\"id\":\"w1\","               \
    "\"default_message\":\"Backup recommended\",\"args\":[]}}],\"errors\":[{\"id\":"     \
    "\"e1\",\"message\":{\"id\":\"e1\",\"default_message\":\"Appliance (OS) root "       \
    "password expired.\",\"args\":[]},\"resolution\":{\"id\":\"r1\",\"default_message\"" \
    ":\"Please change appliance (OS) root password before attempting an update\","       \
    "\"args\":[]}}]}"
#define WARNING_ONLY                                                                     \
    "\"issues\":{\"warnings\":[{\"id\":\"w1\",\"message\":{\"id\":\"w1\","               \
    "\"default_message\":\"Backup recommended\",\"args\":[]}}]}"
#define PRECHECK(issues)                                                                 \
    "{\"check_time\":\"2024-11-02T00:51:00.000Z\",\"estimated_time_to_install\":41,"     \
    "\"reboot_required\":true," issues ",\"questions\":[{\"data_item\":"                 \
    "\"vmdir.password\",\"type\":\"PASSWORD\",\"text\":{\"id\":\"q\",\"default_"         \
    "message\""                                                                          \
    ":\"Single Sign-On administrator password\",\"args\":[]},\"description\":{\"id\":"   \
    "\"qd\",\"default_message\":\"...\",\"args\":[]}}]}"

static const char *const WANTED = "{\"version\":\"8.0.3.00400\",\"every\":100}";

static const struct rule *precheck_rules(const char *body, int status)
{
    static struct rule rules[3];
    rules[0] = (struct rule){
        .ask = "POST /api/appliance/update/pending/8.0.3.00400?action=precheck",
        .status = status,
        .body = body};
    return rules;
}

static void nothing_to_install_is_an_answer_in_both_dialects(void **state)
{
    (void)state;
    const struct rule rules[][3] = {
        {{"GET /api/appliance/update/pending?source_type=LOCAL_AND_ONLINE", 404,
          NO_UPDATES_NEW, NULL, 0, 0},
         {0}},
        {{"GET /rest/appliance/update/pending?source_type=LOCAL_AND_ONLINE", 404,
          NO_UPDATES_OLD, NULL, 0, 0},
         {0}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc.login = i ? LOGIN_OLD_ONLY : LOGIN_BOTH;
        vc_rules(&vc, rules[i]);
        assert_int_equal(vc_read(&vc, &call, "pending", "{\"source\":\"online\"}"),
                         SLIPWAY_DONE);
        assert_int_equal(json_array_size(json_object_get(call.result, "updates")), 0);
        vc_end(&vc);
    }
}

static void a_version_that_is_not_offered_is_said_with_what_is(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){
                      {.ask = "GET /api/appliance/update/pending?source_type=LOCAL&",
                       .status = 500,
                       .body = ""},
                      {.ask = "GET /api/appliance/update/pending?source_type=LOCAL",
                       .status = 200,
                       .body = "[" SUMMARY "]"},
                      {.ask = "GET /api/appliance/system/version",
                       .status = 200,
                       .body = VERSION_OLD},
                      {0}});
    assert_int_equal(vc_read(&vc, &call, "pending",
                             "{\"source\":\"cdrom\",\"version\":\"8.0.3.00500\"}"),
                     SLIPWAY_FAILED);
    assert_non_null(
        strstr(call.said, "8.0.3.00500 is not offered (offered: 8.0.3.00400)"));
    vc_end(&vc);
}

static void the_wanted_update_is_found_and_never_the_newest(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(
        &vc,
        (struct rule[]){
            {.ask = "GET /rest/appliance/update/pending?source_type=LOCAL_AND_ONLINE&"
                    "url=https%3A%2F%2Frepo.example%2Fx%3Fa%3Db",
             .status = 200,
             .body = "{\"value\":[{\"version\":\"8.0.3.00900\"}," SUMMARY "]}"},
            {.ask = "GET /rest/appliance/update/pending/8.0.3.00400",
             .status = 200,
             .body = "{\"value\":{\"staged\":true,\"knowledge_base\":\"https://kb\","
                     "\"services_will_be_stopped\":[{\"service\":\"vpxd\"}]}}"},
            {.ask = "GET /rest/appliance/system/version",
             .status = 200,
             .body = "{\"value\":" VERSION_OLD "}"},
            {0}});
    assert_int_equal(
        vc_read(&vc, &call, "pending",
                "{\"source\":\"online\",\"url\":\"https://repo.example/x?a=b\","
                "\"version\":\"8.0.3.00400\"}"),
        SLIPWAY_DONE);
    const json_t *update = json_object_get(call.result, "update");
    assert_string_equal(json_text(update, "version"), "8.0.3.00400");
    assert_int_equal(json_number(update, "size_mb", 0), 8192);
    assert_true(json_is_true(json_object_get(update, "staged")));
    assert_true(json_is_false(json_object_get(call.result, "installed")));
    vc_end(&vc);
}

static void a_target_is_always_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"latest",  "8.0.3",  "8.0.3.00400 ",
                                      "8..3.1",  "",       "8.0.3.00400.1",
                                      "8.0.3.x", "../../x"};
    const struct slipway_operation *install = fake_operation(vcsa_plugin(), "install");
    struct slipway_error err;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        auto_free char *with = xasprintf("{\"version\":\"%s\"}", bad[i]);
        assert_int_equal(install->check(with, &err), -1);
    }
    assert_int_equal(install->check(WANTED, &err), 0);
    assert_int_equal(install->check("{\"version\":\"9.0.1.0\"}", &err), 0);
    assert_int_equal(install->check("{\"version\":\"${vars.target_version}\"}", &err), 0);
}

static void an_error_of_the_precheck_fails_with_its_words_and_advice(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, precheck_rules(PRECHECK(ISSUES), 200));
    assert_int_equal(vc_read(&vc, &call, "precheck", WANTED), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Appliance (OS) root password expired."));
    assert_non_null(strstr(call.said, "Please change appliance (OS) root password"));
    vc_end(&vc);
}

static void warnings_are_the_playbooks_business(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, precheck_rules(PRECHECK(WARNING_ONLY), 200));
    auto_fake_call struct fake_call report, strict, allowed;
    assert_int_equal(vc_read(&vc, &report, "precheck", WANTED), SLIPWAY_DONE);
    assert_int_equal(json_number(report.result, "install_minutes", 0), 41);
    assert_true(json_is_null(json_object_get(report.result, "rollback_minutes")));
    assert_int_equal(json_array_size(json_object_get(report.result, "errors")), 0);
    assert_int_equal(json_array_size(json_object_get(report.result, "warnings")), 1);
    const json_t *question =
        json_array_get(json_object_get(report.result, "questions"), 0);
    assert_string_equal(json_text(question, "data_item"), "vmdir.password");
    assert_string_equal(json_text(question, "type"), "PASSWORD");
    assert_int_equal(vc_read(&vc, &strict, "precheck",
                             "{\"version\":\"8.0.3.00400\",\"warnings\":\"fail\"}"),
                     SLIPWAY_FAILED);
    assert_int_equal(
        vc_read(&vc, &allowed, "precheck",
                "{\"version\":\"8.0.3.00400\",\"warnings\":\"fail\",\"allow\":[\"w1\"]}"),
        SLIPWAY_DONE);
    vc_end(&vc);
}

static void a_precheck_beside_another_operation_waits(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, precheck_rules(NOT_ALLOWED_NEW, 400));
    assert_int_equal(vc_read(&vc, &call, "precheck", WANTED), SLIPWAY_RETRY);
    assert_true(call.look_again_ms > 0);
    vc_end(&vc);
}

/* --- staging -------------------------------------------------------------------------- */

#define PLAIN "{\"state\":\"UPDATES_PENDING\",\"version\":\"8.0.3.00400\"}"
#define STAGING                                                                          \
    "{\"state\":\"STAGE_IN_PROGRESS\"," V ",\"task\":{\"status\":\"RUNNING\","           \
    "\"cancelable\":true,\"progress\":{\"total\":200,\"completed\":84,\"message\":{"     \
    "\"id\":\"p\",\"default_message\":\"Downloading\",\"args\":[]}},"                    \
    "\"subtask_order\":[],\"subtasks\":{}}}"
#define DISK_FULL                                                                        \
    "{\"state\":\"UPDATES_PENDING\"," V ",\"task\":{\"status\":\"FAILED\",\"error\":{"   \
    "\"error_type\":\"UNABLE_TO_ALLOCATE_RESOURCE\",\"messages\":[{\"id\":\"s\","        \
    "\"default_message\":\"Not enough space in /storage/core\",\"args\":[]}]}}}"
#define SUBTASK_FAILED                                                                   \
    "{\"value\":{\"state\":\"UPDATES_PENDING\"," V ",\"task\":{\"status\":\"FAILED\","   \
    "\"subtasks\":[{\"key\":\"stage\",\"value\":{\"status\":\"FAILED\",\"result\":{"     \
    "\"errors\":[{\"id\":\"m\",\"message\":{\"id\":\"m\",\"default_message\":"           \
    "\"Manifest verification failed\",\"args\":[]}}]}}}]}}}"

#define UPDATE_IS(body_)                                                                 \
    {                                                                                    \
        .ask = "GET /api/appliance/update", .status = 200, .body = (body_)               \
    }
#define OLD_IS_INSTALLED                                                                 \
    {                                                                                    \
        .ask = "GET /api/appliance/system/version", .status = 200, .body = VERSION_OLD   \
    }
#define NOTHING_STAGED                                                                   \
    {                                                                                    \
        .ask = "GET /api/appliance/update/staged", .status = 400, .body = NO_STAGE_NEW   \
    }
#define ALL_STAGED                                                                       \
    {                                                                                    \
        .ask = "GET /api/appliance/update/staged", .status = 200, .body = STAGED_WHOLE   \
    }
#define STAGE_TAKEN                                                                      \
    {                                                                                    \
        .ask = "POST /api/appliance/update/pending/8.0.3.00400?action=stage",            \
        .status = 204, .body = ""                                                        \
    }

static void staging_is_begun_watched_and_read_back(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_call(&vc, &call, "stage", WANTED);
    vc_rules(&vc,
             (struct rule[]){
                 NOTHING_STAGED, OLD_IS_INSTALLED, UPDATE_IS(PLAIN), STAGE_TAKEN, {0}});
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(call.look_again_ms, 100);
    /* For a while the staged endpoint does not know of it. */
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    vc_rules(&vc, (struct rule[]){NOTHING_STAGED, UPDATE_IS(STAGING), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 42);
    assert_string_equal(call.progress_text, "Downloading");
    vc_rules(&vc, (struct rule[]){ALL_STAGED, UPDATE_IS(PLAIN), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_int_equal(vc_count(&vc,
                              "POST /api/appliance/update/pending/8.0.3.00400?action="
                              "stage"),
                     1);
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
}

static void what_is_staged_already_is_not_staged_again(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){ALL_STAGED, OLD_IS_INSTALLED, UPDATE_IS(PLAIN), {0}});
    assert_int_equal(vc_read(&vc, &call, "stage", WANTED), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "changed")));
    assert_int_equal(vc_count(&vc, "POST /api/appliance"), 0);
    vc_end(&vc);
}

static void another_stage_in_the_way_is_named(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call, unstage;
    vc_begin(&vc, "root", NULL);
    vc_rules(
        &vc,
        (struct rule[]){
            {.ask = "GET /api/appliance/update/staged",
             .status = 200,
             .body = "{\"version\":\"8.0.3.00200\",\"staging_complete\":true}"},
            OLD_IS_INSTALLED,
            UPDATE_IS(PLAIN),
            {.ask = "DELETE /api/appliance/update/staged", .status = 204, .body = ""},
            {0}});
    assert_int_equal(vc_read(&vc, &call, "stage", WANTED), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "8.0.3.00200 is staged already"));
    assert_int_equal(vc_read(&vc, &unstage, "unstage", "{\"keep\":\"8.0.3.00400\"}"),
                     SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(unstage.result, "changed")));
    assert_int_equal(vc_count(&vc, "DELETE /api/appliance/update/staged"), 1);
    vc_end(&vc);
}

static void a_full_disk_is_told_in_the_appliances_words(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_call(&vc, &call, "stage", WANTED);
    vc_rules(&vc,
             (struct rule[]){
                 NOTHING_STAGED, OLD_IS_INSTALLED, UPDATE_IS(PLAIN), STAGE_TAKEN, {0}});
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    vc_rules(&vc, (struct rule[]){NOTHING_STAGED, UPDATE_IS(DISK_FULL), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Not enough space in /storage/core"));
    vc_end(&vc);
}

static void an_error_inside_a_subtask_of_the_old_dialect_is_found(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_call(&vc, &call, "stage", WANTED);
    fake_call_key(&call, "k");
    call.handle = xstrdup("{\"version\":\"8.0.3.00400\"}");
    vc_rules(&vc, (struct rule[]){{.ask = "GET /rest/appliance/update/staged",
                                   .status = 400,
                                   .body = NO_STAGE_OLD},
                                  {.ask = "GET /rest/appliance/update",
                                   .status = 200,
                                   .body = SUBTASK_FAILED},
                                  {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Manifest verification failed"));
    vc_end(&vc);
}

static void a_stage_that_never_shows_up_ends_as_a_failure(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    enum slipway_outcome outcome;
    int looks = 0;
    vc_begin(&vc, "root", NULL);
    vc_call(&vc, &call, "stage", WANTED);
    vc_rules(&vc,
             (struct rule[]){
                 NOTHING_STAGED, OLD_IS_INSTALLED, UPDATE_IS(PLAIN), STAGE_TAKEN, {0}});
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    while ((outcome = fake_poll(&call)) == SLIPWAY_PENDING && looks < 100)
        looks++;
    assert_int_equal(outcome, SLIPWAY_FAILED);
    assert_true(looks > 3 && looks < 50);
    assert_non_null(strstr(call.said, "nothing is staged"));
    vc_end(&vc);
}

static void the_update_state_tells_stage_and_task(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){ALL_STAGED, UPDATE_IS(PLAIN), {0}});
    assert_int_equal(vc_read(&vc, &call, "update_state", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "state"), "UPDATES_PENDING");
    assert_true(json_is_false(json_object_get(call.result, "busy")));
    const json_t *staged = json_object_get(call.result, "staged");
    assert_string_equal(json_text(staged, "version"), "8.0.3.00400");
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_install_is_an_answer_in_both_dialects),
        cmocka_unit_test(a_version_that_is_not_offered_is_said_with_what_is),
        cmocka_unit_test(the_wanted_update_is_found_and_never_the_newest),
        cmocka_unit_test(a_target_is_always_named),
        cmocka_unit_test(an_error_of_the_precheck_fails_with_its_words_and_advice),
        cmocka_unit_test(warnings_are_the_playbooks_business),
        cmocka_unit_test(a_precheck_beside_another_operation_waits),
        cmocka_unit_test(staging_is_begun_watched_and_read_back),
        cmocka_unit_test(what_is_staged_already_is_not_staged_again),
        cmocka_unit_test(another_stage_in_the_way_is_named),
        cmocka_unit_test(a_full_disk_is_told_in_the_appliances_words),
        cmocka_unit_test(an_error_inside_a_subtask_of_the_old_dialect_is_found),
        cmocka_unit_test(a_stage_that_never_shows_up_ends_as_a_failure),
        cmocka_unit_test(the_update_state_tells_stage_and_task),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
