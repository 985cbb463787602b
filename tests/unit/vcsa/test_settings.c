/*
 * test_settings.c - stories about what somebody configured: names and addresses, time
 * servers, the repository and its token, scheduled backups, and the two doors themselves.
 */
#include "vcsa_peer.h"

#define GIVES(request, text)                                                             \
    {                                                                                    \
        .ask = request, .status = 200, .body = (text)                                    \
    }
#define HOSTNAME "GET /api/appliance/networking/dns/hostname"
#define SERVERS  "GET /api/appliance/networking/dns/servers"
#define NTP      "GET /api/appliance/ntp"
#define SYNC     "GET /api/appliance/timesync"
#define PROXY    "GET /api/appliance/networking/proxy"
#define POLICY   "/appliance/update/policy"
#define TOKEN    "https://dl.vendor.example/s3cr3t-token/PROD/COMP/VCENTER/vmw"

static enum slipway_outcome ask(struct fake_call *call, const char *operation,
                                const char *with, const struct rule *rules)
{
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, rules);
    enum slipway_outcome outcome = vc_read(&vc, call, operation, with);
    vc_end(&vc);
    return outcome;
}

static const json_t *member(const struct fake_call *call, const char *key)
{
    return json_object_get(call->result, key);
}

static bool is_true(const struct fake_call *call, const char *key)
{
    assert_true(json_is_boolean(member(call, key)));
    return json_is_true(member(call, key));
}

/* --- names -------------------------------------------------------------------------------- */

static void a_name_must_lead_to_its_address_and_back(void **state)
{
    (void)state;
    auto_fake_call struct fake_call good, nowhere, red, address;
    static const char *const servers =
        "{\"mode\":\"is_static\",\"servers\":[\"192.0.2.1\"]}";
    assert_int_equal(
        ask(&good, "names", "{}",
            (struct rule[]){
                GIVES(HOSTNAME, "\"localhost\""),
                GIVES(SERVERS, servers),
                GIVES("POST /api/appliance/networking/dns/hostname?action=test",
                      "{\"status\":\"green\",\"messages\":[]}"),
                GIVES("POST /api/appliance/networking/dns/servers?action=test",
                      "{\"status\":\"green\",\"messages\":[]}"),
                {0}}),
        SLIPWAY_DONE);
    assert_true(is_true(&good, "good"));
    assert_true(is_true(&good, "resolved"));
    assert_string_equal(json_text(good.result, "servers_status"), "green");

    assert_int_equal(
        ask(&red, "names", "{\"from_here\":false}",
            (struct rule[]){
                GIVES(HOSTNAME, "\"vc-1.example\""),
                GIVES(SERVERS, servers),
                GIVES("POST /api/appliance/networking/dns/hostname?action=test",
                      "{\"status\":\"red\",\"messages\":[{\"message\":{\"id\":\"x\","
                      "\"default_message\":\"No PTR record\",\"args\":[]},\"result\":"
                      "\"failure\"}]}"),
                {0}}),
        SLIPWAY_DONE);
    assert_false(is_true(&red, "good"));
    assert_string_equal(json_string_value(json_array_get(member(&red, "messages"), 0)),
                        "No PTR record");

    /* an installation whose name is its address, on a release without tests */
    assert_int_equal(ask(&address, "names", "{}",
                         (struct rule[]){GIVES(HOSTNAME, "\"192.0.2.9\""), {0}}),
                     SLIPWAY_DONE);
    assert_true(is_true(&address, "good"));
    assert_true(is_true(&address, "is_address"));
    assert_true(json_is_null(member(&address, "hostname_status")));

    assert_int_equal(ask(&nowhere, "names", "{}",
                         (struct rule[]){GIVES(HOSTNAME, "{\"no\":\"name\"}"), {0}}),
                     SLIPWAY_FAILED);
}

/* --- time servers ---------------------------------------------------------------------------- */

static void a_time_server_that_is_silent_is_named_in_both_dialects(void **state)
{
    (void)state;
    auto_fake_call struct fake_call new, old, none;
#define ANSWER                                                                           \
    "[{\"server\":\"ntp-1\",\"status\":\"SERVER_REACHABLE\",\"message\":{\"id\":\"x\","  \
    "\"default_message\":\"NTP Server is reachable\",\"args\":[]}},{\"server\":"         \
    "\"ntp-2\",\"status\":\"SERVER_UNREACHABLE\",\"message\":{\"id\":\"x\","             \
    "\"default_message\":\"NTP Server unreachable\",\"args\":[]}}]"
    assert_int_equal(
        ask(&new, "ntp", "{}",
            (struct rule[]){GIVES(NTP, "[\"ntp-1\",\"ntp-2\"]"),
                            GIVES(SYNC, "\"NTP\""),
                            GIVES("POST /api/appliance/ntp?action=test", ANSWER),
                            {0}}),
        SLIPWAY_DONE);
    assert_int_equal(
        ask(&old, "ntp", "{}",
            (struct rule[]){
                GIVES("GET /rest/appliance/ntp", "{\"value\":[\"ntp-1\",\"ntp-2\"]}"),
                GIVES("GET /rest/appliance/timesync", "{\"value\":\"NTP\"}"),
                GIVES("POST /rest/appliance/ntp/test", "{\"value\":" ANSWER "}"),
                {0}}),
        SLIPWAY_DONE);
    const struct fake_call *const both[] = {&new, &old};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(json_array_size(member(both[i], "unreachable")), 1);
        assert_string_equal(
            json_string_value(json_array_get(member(both[i], "unreachable"), 0)),
            "ntp-2");
    }
    assert_int_equal(ask(&none, "ntp", "{}",
                         (struct rule[]){GIVES(NTP, "[]"), GIVES(SYNC, "\"HOST\""), {0}}),
                     SLIPWAY_DONE);
    assert_int_equal(json_number(none.result, "count", -1), 0);
}

/* --- settings -------------------------------------------------------------------------------- */

static void settings_that_an_update_lost_are_named(void **state)
{
    (void)state;
    auto_fake_call struct fake_call call;
    static const char *const before =
        "{\"baseline\":{\"hostname\":\"vc-1\",\"dns\":{\"mode\":\"is_static\","
        "\"servers\":[\"192.0.2.1\"]},\"ntp\":[\"ntp-1\"],\"timesync\":null,"
        "\"proxy\":{\"http\":\"proxy:3128\",\"https\":\"\"}}}";
    assert_int_equal(
        ask(&call, "settings", before,
            (struct rule[]){
                GIVES(HOSTNAME, "\"vc-1\""),
                GIVES(SERVERS, "{\"mode\":\"dhcp\",\"servers\":[\"192.0.2.1\"]}"),
                GIVES(NTP, "[\"ntp-1\"]"),
                GIVES(SYNC, "\"NTP\""), /* was not known: no difference */
                GIVES(PROXY, "{\"http\":{\"enabled\":false,\"server\":\"proxy\","
                             "\"port\":3128},\"https\":{\"enabled\":false,\"server\":"
                             "\"\",\"port\":-1}}"),
                {0}}),
        SLIPWAY_DONE);
    assert_false(is_true(&call, "at_baseline"));
    assert_int_equal(json_array_size(member(&call, "changed")), 2);
    assert_string_equal(json_string_value(json_array_get(member(&call, "changed"), 0)),
                        "dns");
    assert_string_equal(json_string_value(json_array_get(member(&call, "changed"), 1)),
                        "proxy");
}

static void a_schedule_that_is_gone_is_noticed_and_no_user_is_shown(void **state)
{
    (void)state;
    auto_fake_call struct fake_call before, after, untold;
    struct rule there[] = {
        GIVES("GET /api/appliance/recovery/backup/schedules",
              "{\"default\":{\"parts\":[],\"location\":\"sftp://robot:pw@backup.example/"
              "vc\",\"enable\":true,\"recurrence_info\":{\"hour\":2,\"minute\":30},"
              "\"retention_info\":{\"max_count\":7}}}"),
        {0}};
    assert_int_equal(ask(&before, "backup_schedule", "{}", there), SLIPWAY_DONE);
    assert_int_equal(json_number(before.result, "enabled", -1), 1);
    assert_null(strstr(before.result_text, "robot"));
    auto_free char *with = xasprintf("{\"baseline\":%s}", before.result_text);
    assert_int_equal(
        ask(&after, "backup_schedule", with,
            (struct rule[]){GIVES("GET /api/appliance/recovery/backup/schedules", "{}"),
                            {0}}),
        SLIPWAY_DONE);
    assert_false(is_true(&after, "at_baseline"));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(after.result, "changed"), 0)),
        "default");
    assert_int_equal(ask(&untold, "backup_schedule", with, (struct rule[]){{0}}),
                     SLIPWAY_DONE);
    assert_false(is_true(&untold, "known"));
}

/* --- the repository ---------------------------------------------------------------------------- */

static void a_download_token_is_set_and_never_shown(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call set, again, read;
    char file[] = "/tmp/slipway-token-XXXXXX";
    auto_fd int fd = mkstemp(file);
    assert_true(write(fd, TOKEN, sizeof TOKEN - 1) == (ssize_t)sizeof TOKEN - 1);
    auto_free char *with = xasprintf("{\"url_secret\":{\"file\":\"%s\"}}", file);
    static const char *const plain =
        "{\"default_URL\":\"https://vendor.example/x\",\"check_schedule\":[{\"day\":"
        "\"MONDAY\",\"hour\":0,\"minute\":0}],\"auto_stage\":true,\"auto_update\":false,"
        "\"manual_control\":true}";
    static const char *const changed =
        "{\"default_URL\":\"https://vendor.example/x\",\"custom_URL\":\"" TOKEN
        "\",\"check_schedule\":[],\"auto_stage\":true}";
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc,
             (struct rule[]){
                 {.ask = "GET /api" POLICY, .status = 200, .body = plain, .times = 1},
                 GIVES("GET /api" POLICY, changed),
                 {.ask = "PUT /api" POLICY, .status = 204, .body = ""},
                 {0}});
    assert_int_equal(vc_read(&vc, &set, "repository_set", with), SLIPWAY_DONE);
    assert_true(is_true(&set, "changed"));
    assert_int_equal(vc_count(&vc, "PUT /api" POLICY), 1);
    assert_int_equal(vc_read(&vc, &again, "repository_set", with), SLIPWAY_DONE);
    assert_false(is_true(&again, "changed"));
    assert_int_equal(vc_count(&vc, "PUT /api" POLICY), 1);
    assert_int_equal(vc_read(&vc, &read, "repository", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(read.result, "custom_origin"),
                        "https://dl.vendor.example:443");
    const struct fake_call *const all[] = {&set, &again, &read};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        assert_null(strstr(all[i]->said, "s3cr3t"));
        assert_null(strstr(all[i]->result_text, "s3cr3t"));
    }
    vc_end(&vc);
    (void)unlink(file);
}

/* It would stand in plan and database. */
static void a_password_in_a_repositorys_url_is_refused(void **state)
{
    (void)state;
    struct slipway_error err = {""};
    const struct slipway_operation *set = fake_operation(vcsa_plugin(), "repository_set");
    assert_int_equal(set->check("{\"url\":\"https://repo.example/a@b\"}", &err), 0);
    assert_int_equal(set->check("{\"url\":\"https://u:s3cr3t@repo.example/\"}", &err),
                     -1);
    assert_non_null(strstr(err.text, "url_secret"));
    assert_null(strstr(err.text, "s3cr3t"));
}

static void a_repository_that_does_not_stay_is_a_failure(void **state)
{
    (void)state;
    auto_fake_call struct fake_call kept, user;
    assert_int_equal(
        ask(&kept, "repository_set", "{\"url\":\"https://repo.example/\"}",
            (struct rule[]){
                GIVES(
                    "GET /rest" POLICY,
                    "{\"value\":{\"default_URL\":\"https://v/\",\"auto_stage\":false}}"),
                {.ask = "PUT /rest" POLICY, .status = 200, .body = ""},
                {0}}),
        SLIPWAY_FAILED);
    assert_non_null(strstr(kept.said, "reads back another"));
    /* nobody can read the password of a repository's user back */
    assert_int_equal(
        ask(&user, "repository_set", "{\"url\":\"https://repo.example/\"}",
            (struct rule[]){GIVES("GET /api" POLICY,
                                  "{\"default_URL\":\"https://v/\",\"auto_stage\":false,"
                                  "\"username\":\"mirror\"}"),
                            {0}}),
        SLIPWAY_REFUSED);
    assert_non_null(strstr(user.said, "give password too"));
}

static void an_expired_token_is_told_from_a_wrong_one(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } table[] = {{"Download failed, HTTP 401", "has expired"},
                 {"Download failed, HTTP 403", "does not know"},
                 {"Download failed, HTTP 500", "Download failed"}};
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        auto_fake_call struct fake_call call;
        auto_free char *body =
            xasprintf("{\"error_type\":\"ERROR\",\"messages\":[{\"id\":\"x\","
                      "\"default_message\":\"%s\",\"args\":[]}]}",
                      table[i].text);
        assert_int_equal(ask(&call, "pending", "{}",
                             (struct rule[]){{.ask = "GET /api/appliance/update/pending",
                                              .status = 500,
                                              .body = body},
                                             {0}}),
                         SLIPWAY_FAILED);
        if (!strstr(call.said, table[i].word))
            fail_msg("%s", call.said);
    }
}

/* --- the doors ----------------------------------------------------------------------------------- */

static void a_refused_login_is_said_once_and_not_repeated(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call fine, first, second;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    assert_int_equal(vc_read(&vc, &fine, "login", "{}"), SLIPWAY_DONE);
    assert_true(is_true(&fine, "sso"));
    assert_true(json_is_null(member(&fine, "vami")));
    vc_end(&vc);
    vc_begin(&vc, "robot@vsphere.local", NULL);
    vc.login = LOGIN_REFUSED;
    assert_int_equal(vc_read(&vc, &first, "login", "{}"), SLIPWAY_REFUSED);
    assert_non_null(strstr(first.said, "lock an SSO account"));
    unsigned attempts = atomic_load(&vc.logins);
    assert_int_equal(vc_read(&vc, &second, "login", "{}"), SLIPWAY_REFUSED);
    assert_int_equal(atomic_load(&vc.logins), attempts);
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_must_lead_to_its_address_and_back),
        cmocka_unit_test(a_time_server_that_is_silent_is_named_in_both_dialects),
        cmocka_unit_test(settings_that_an_update_lost_are_named),
        cmocka_unit_test(a_schedule_that_is_gone_is_noticed_and_no_user_is_shown),
        cmocka_unit_test(a_download_token_is_set_and_never_shown),
        cmocka_unit_test(a_password_in_a_repositorys_url_is_refused),
        cmocka_unit_test(a_repository_that_does_not_stay_is_a_failure),
        cmocka_unit_test(an_expired_token_is_told_from_a_wrong_one),
        cmocka_unit_test(a_refused_login_is_said_once_and_not_repeated),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
