/*
 * test_acts.c - stories about the changes that are no update: backup, reboot, SSH and
 * shell; and about what appliances answer when they are asked for what they lack.
 */
#include "vcsa_peer.h"

#define GIVES(path, text)                                                                \
    {                                                                                    \
        .ask = "GET " path, .status = 200, .body = (text)                                \
    }
#define OLD_IS_INSTALLED GIVES("/api/appliance/system/version", VERSION_OLD)

/* --- backup ------------------------------------------------------------------------------ */

static void a_backup_is_begun_watched_and_its_secrets_stay_inside(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    auto_free char *with =
        xasprintf("{\"type\":\"SFTP\",\"location\":\"backup.example/"
                  "vc\",\"user\":\"b\",\"password\":"
                  "{\"file\":\"%s\"},\"parts\":[\"seat\"],\"every\":100}",
                  vc.password_file);
    vc_call(&vc, &call, "backup", with);
    vc_rules(&vc,
             (struct rule[]){OLD_IS_INSTALLED,
                             {.ask = "POST /api/appliance/recovery/backup/job",
                              .status = 201,
                              .body = "{\"id\":\"20241102-010003-23319993\",\"state\":"
                                      "\"INPROGRESS\",\"messages\":[],\"progress\":0}"},
                             {0}});
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_string_equal(call.handle, "{\"job\":\"20241102-010003-23319993\"}");
    assert_int_equal(call.secrets_out, 0);
    vc_rules(&vc,
             (struct rule[]){GIVES("/api/appliance/recovery/backup/job/20241102-",
                                   "{\"id\":\"x\",\"state\":\"INPROGRESS\",\"messages\":"
                                   "[],\"progress\":40}"),
                             {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 40);
    vc_rules(&vc,
             (struct rule[]){GIVES("/api/appliance/recovery/backup/job/20241102-",
                                   "{\"id\":\"x\",\"state\":\"FAILED\",\"messages\":[{"
                                   "\"id\":\"m\",\"default_message\":\"Access to the "
                                   "backup server is denied.\",\"args\":[]}]}"),
                             {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "Access to the backup server is denied."));
    assert_int_equal(vc_count(&vc, "POST /api/appliance/recovery/backup/job"), 1);
    vc_end(&vc);
}

static void a_backup_beside_another_one_waits(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){
                      OLD_IS_INSTALLED,
                      {.ask = "POST /api/appliance/recovery/backup/job",
                       .status = 400,
                       .body = "{\"error_type\":\"FEATURE_IN_USE\",\"messages\":[]}"},
                      {0}});
    assert_int_equal(vc_read(&vc, &call, "backup",
                             "{\"type\":\"SFTP\",\"location\":\"backup.example/vc\"}"),
                     SLIPWAY_RETRY);
    vc_end(&vc);
}

/* In both dialects: where to, and what the server said. */
static void a_backup_server_is_asked_before_a_backup_is_begun(void **state)
{
#define SAYS(status, text)                                                               \
    "{\"status\":\"" status "\",\"messages\":[{\"id\":\"m\",\"default_message\":\"" text \
    "\",\"args\":[]}]}"
    static const struct {
        const char *ask, *body, *status;
        bool good;
    } cases[] = {
        {"POST /api/appliance/recovery/backup?action=validate",
         "{\"status\":\"OK\",\"messages\":[]}", "OK", true},
        {"POST /api/appliance/recovery/backup?action=validate",
         SAYS("WARNING", "It is slow."), "WARNING", true},
        {"POST /api/appliance/recovery/backup?action=validate",
         SAYS("FAIL", "Access is denied."), "FAIL", false},
        {"POST /api/appliance/recovery/backup?action=validate", SAYS("MAYBE", "?"),
         "MAYBE", false},
        {"POST /api/appliance/recovery/backup?action=validate", "{}", "", false},
        {"POST /rest/appliance/recovery/backup/validate",
         "{\"value\":" SAYS("FAIL", "Access is denied.") "}", "FAIL", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        auto_free char *with =
            xasprintf("{\"type\":\"SFTP\",\"location\":\"backup.example/vc\",\"user\":"
                      "\"b\",\"password\":{\"file\":\"%s\"}}",
                      vc.password_file);
        vc_rules(&vc,
                 (struct rule[]){
                     {.ask = cases[i].ask, .status = 200, .body = cases[i].body}, {0}});
        assert_int_equal(vc_read(&vc, &call, "backup_check", with), SLIPWAY_DONE);
        assert_int_equal(json_is_true(json_object_get(call.result, "good")),
                         cases[i].good);
        assert_string_equal(json_text(call.result, "status"), cases[i].status);
        assert_int_equal(call.secrets_out, 0);
        assert_int_equal(vc_count(&vc, "POST /api/appliance/recovery/backup/job"), 0);
        vc_end(&vc);
    }
}

static void a_release_that_cannot_be_asked_says_so(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum slipway_outcome outcome;
    } cases[] = {
        {404, "{\"error_type\":\"NOT_FOUND\",\"messages\":[]}", SLIPWAY_DONE},
        {400, "{\"error_type\":\"FEATURE_IN_USE\",\"messages\":[]}", SLIPWAY_RETRY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc_rules(&vc, (struct rule[]){{.ask = "POST /api/appliance/recovery/backup?",
                                       .status = cases[i].status,
                                       .body = cases[i].body},
                                      {0}});
        assert_int_equal(
            vc_read(&vc, &call, "backup_check",
                    "{\"type\":\"SFTP\",\"location\":\"backup.example/vc\"}"),
            cases[i].outcome);
        if (cases[i].outcome == SLIPWAY_DONE)
            assert_true(json_is_null(json_object_get(call.result, "good")));
        vc_end(&vc);
    }
}

#define DETAIL(status, end, version)                                                     \
    "{\"status\":\"" status "\",\"type\":\"SCHEDULED\",\"end_time\":\"" end              \
    "\",\"location\":\"sftp://b/vc\",\"build\":{\"version_name\":\"" version             \
    "\",\"build_number\":\"1\"}}"

static void freshness_is_the_newest_good_one_at_this_version(void **state)
{
    (void)state;
    const struct {
        const char *jobs;
        bool any, same;
        int hours;
    } table[] = {
        {"{\"a\":" DETAIL("SUCCEEDED", "2024-11-01T01:00:03.000Z",
                          "8.0.2.00200") ",\"b\":" DETAIL("FAILED",
                                                          "2024-11-02T00:00:03.000Z",
                                                          "8.0.2.00200") "}",
         true, true, 24},
        {"{\"a\":" DETAIL("SUCCEEDED", "2024-11-02T00:00:03.000Z", "8.0.1.00000") "}",
         true, false, 1},
        {"{}", false, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc_rules(&vc, (struct rule[]){GIVES("/api/appliance/recovery/backup/job/details",
                                            table[i].jobs),
                                      OLD_IS_INSTALLED,
                                      GIVES("/api/appliance/system/time",
                                            "{\"seconds_since_epoch\":1730509203.5}"),
                                      {0}});
        assert_int_equal(vc_read(&vc, &call, "backup_state", "{}"), SLIPWAY_DONE);
        assert_int_equal(json_is_true(json_object_get(call.result, "any")), table[i].any);
        assert_int_equal(json_is_true(json_object_get(call.result, "same_version")),
                         table[i].same);
        assert_int_equal(json_number(call.result, "age_hours", 0), table[i].hours);
        vc_end(&vc);
    }
}

/* 6.5: a list of ids, which begin with the time, and one job after the other. */
static void a_release_without_details_is_asked_job_by_job(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(
        &vc,
        (struct rule[]){
            {.ask = "GET /api/appliance/recovery/backup/job/details",
             .status = 404,
             .body = "{\"error_type\":\"NOT_FOUND\",\"messages\":[]}"},
            GIVES("/api/appliance/recovery/backup/job/20241102-000000",
                  "{\"state\":\"FAILED\",\"end_time\":\"2024-11-02T00:30:03.000Z\"}"),
            GIVES("/api/appliance/recovery/backup/job/20241101-000000",
                  "{\"state\":\"SUCCEEDED\",\"end_time\":\"2024-11-01T23:00:03.000Z\"}"),
            GIVES("/api/appliance/recovery/backup/job",
                  "[\"20241101-000000\",\"../../x\",\"20241102-000000\"]"),
            OLD_IS_INSTALLED,
            GIVES("/api/appliance/system/time", "{\"seconds_since_epoch\":1730509203.5}"),
            {0}});
    assert_int_equal(vc_read(&vc, &call, "backup_state", "{}"), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "any")));
    assert_true(json_is_null(json_object_get(call.result, "same_version")));
    assert_int_equal(json_number(call.result, "age_hours", 0), 2);
    vc_end(&vc);
}

/* --- reboot --------------------------------------------------------------------------------- */

#define REBOOT_TAKEN                                                                     \
    {                                                                                    \
        .ask = "POST /api/appliance/shutdown?action=reboot", .status = 204, .body = ""   \
    }
#define ALL_RUN                                                                          \
    GIVES("/api/vcenter/services",                                                       \
          "{\"vpxd\":{\"startup_type\":\"AUTOMATIC\",\"state\":\"STARTED\",\"health\":"  \
          "\"HEALTHY\"}}")

static void a_reboot_is_proved_by_the_uptime(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_call(&vc, &call, "reboot", "{\"every\":100,\"silence\":600000}");
    vc_rules(&vc, (struct rule[]){GIVES("/api/appliance/system/uptime", "86400.5"),
                                  REBOOT_TAKEN,
                                  {0}});
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    vc_rules(&vc, (struct rule[]){GIVES("/api/appliance/system/uptime", "86401.5"), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING); /* it still goes down */
    vc_rules(&vc, (struct rule[]){
                      {.ask = "GET /api/appliance/system/uptime", .status = 0}, {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    vc_rules(&vc,
             (struct rule[]){GIVES("/api/appliance/system/uptime", "0.1"), ALL_RUN, {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(call.result, "changed")));
    assert_int_equal(vc_count(&vc, "POST /api/appliance/shutdown"), 1);
    vc_end(&vc);
}

static void an_appliance_that_rebooted_itself_is_left_alone(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){
                      GIVES("/api/appliance/system/uptime", "60.0"), REBOOT_TAKEN, {0}});
    assert_int_equal(
        vc_read(&vc, &call, "reboot", "{\"booted_after\":\"2024-01-01T00:00:00Z\"}"),
        SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "changed")));
    assert_int_equal(vc_count(&vc, "POST /api/appliance/shutdown"), 0);
    vc_end(&vc);
}

static void the_old_dialect_reboots_by_path(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(
        &vc,
        (struct rule[]){
            GIVES("/rest/appliance/system/uptime", "{\"value\":9.5}"),
            {.ask = "POST /rest/appliance/shutdown/reboot", .status = 200, .body = ""},
            {0}});
    assert_int_equal(vc_read(&vc, &call, "reboot", "{}"), SLIPWAY_PENDING);
    vc_end(&vc);
}

/* --- access ---------------------------------------------------------------------------------- */

#define ACCESS(ssh, shell)                                                               \
    GIVES("/api/appliance/access/ssh", ssh), GIVES("/api/appliance/access/shell", shell)
#define PUT_TAKEN                                                                        \
    {                                                                                    \
        .ask = "PUT /api/appliance/access/", .status = 204, .body = ""                   \
    }

static void access_remembers_what_it_was_and_puts_it_back(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call before, on, back;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc,
             (struct rule[]){ACCESS("false", "{\"enabled\":false,\"timeout\":0}"), {0}});
    assert_int_equal(vc_read(&vc, &before, "access_state", "{}"), SLIPWAY_DONE);
    assert_string_equal(before.result_text,
                        "{\"shell\":{\"enabled\":false,\"timeout\":0},\"ssh\":false}");
    vc_rules(&vc, (struct rule[]){
                      {.ask = "GET /api/appliance/access/ssh",
                       .status = 200,
                       .body = "false",
                       .times = 1},
                      {.ask = "GET /api/appliance/access/shell",
                       .status = 200,
                       .body = "{\"enabled\":false,\"timeout\":0}",
                       .times = 1},
                      PUT_TAKEN,
                      ACCESS("{\"enabled\":true}", "{\"enabled\":true,\"timeout\":3600}"),
                      {0}});
    assert_int_equal(vc_read(&vc, &on, "access",
                             "{\"ssh\":true,\"shell\":true,\"shell_for\":3600000}"),
                     SLIPWAY_DONE);
    assert_int_equal(vc_count(&vc, "PUT /api/appliance/access/"), 2);
    auto_free char *restore = xasprintf("{\"restore\":%s}", before.result_text);
    vc_rules(&vc, (struct rule[]){{.ask = "GET /api/appliance/access/ssh",
                                   .status = 200,
                                   .body = "true",
                                   .times = 1},
                                  {.ask = "GET /api/appliance/access/shell",
                                   .status = 200,
                                   .body = "{\"enabled\":true,\"timeout\":3000}",
                                   .times = 1},
                                  PUT_TAKEN,
                                  ACCESS("false", "{\"enabled\":false,\"timeout\":0}"),
                                  {0}});
    assert_int_equal(vc_read(&vc, &back, "access", restore), SLIPWAY_DONE);
    assert_int_equal(vc_count(&vc, "PUT /api/appliance/access/"), 4);
    vc_end(&vc);
}

static void access_that_is_set_already_sends_nothing(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){ACCESS("true", "{\"enabled\":false,\"timeout\":0}"),
                                  PUT_TAKEN,
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "access", "{\"ssh\":true}"), SLIPWAY_DONE);
    assert_int_equal(vc_count(&vc, "PUT /api/appliance/access/"), 0);
    vc_end(&vc);
}

static void access_that_does_not_stay_is_a_failure(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){ACCESS("false", "{\"enabled\":false,\"timeout\":0}"),
                                  PUT_TAKEN,
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "access", "{\"ssh\":true}"), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "reads SSH off"));
    vc_end(&vc);
}

static void in_a_dry_run_nothing_that_changes_is_sent(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){ACCESS("false", "{\"enabled\":false,\"timeout\":0}"),
                                  PUT_TAKEN,
                                  {0}});
    vc_call(&vc, &call, "access", "{\"ssh\":true}");
    call.call.flags = SLIPWAY_CALL_READ_ONLY;
    assert_int_not_equal(fake_start(&call), SLIPWAY_DONE);
    assert_int_equal(vc_count(&vc, "PUT /api/appliance/access/"), 0);
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_begun_watched_and_its_secrets_stay_inside),
        cmocka_unit_test(a_backup_beside_another_one_waits),
        cmocka_unit_test(a_backup_server_is_asked_before_a_backup_is_begun),
        cmocka_unit_test(a_release_that_cannot_be_asked_says_so),
        cmocka_unit_test(freshness_is_the_newest_good_one_at_this_version),
        cmocka_unit_test(a_release_without_details_is_asked_job_by_job),
        cmocka_unit_test(a_reboot_is_proved_by_the_uptime),
        cmocka_unit_test(an_appliance_that_rebooted_itself_is_left_alone),
        cmocka_unit_test(the_old_dialect_reboots_by_path),
        cmocka_unit_test(access_remembers_what_it_was_and_puts_it_back),
        cmocka_unit_test(access_that_is_set_already_sends_nothing),
        cmocka_unit_test(access_that_does_not_stay_is_a_failure),
        cmocka_unit_test(in_a_dry_run_nothing_that_changes_is_sent),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
