/*
 * test_v.c - stories about NSX-V managers: XML, questions, bundles, and what a reboot looks
 * like from outside.
 */
#include "nsx_peer.h"

#define B   "/api/1.0/appliance-management"
#define OLD "6.4.10.18171251"
#define NEW "6.4.14.20609341"
#define WITH                                                                             \
    "{\"version\":\"" NEW "\",\"every\":100,\"answers\":{\"*\":\"No\",\"q1\":\"Yes\"}}"
#define X "application/xml"

#define INFO(major, minor, patch, build)                                                 \
    "<globalInfo><versionInfo><majorVersion>" major                                      \
    "</majorVersion><minorVersion>" minor "</minorVersion><patchVersion>" patch          \
    "</patchVersion><buildNumber>" build "</buildNumber></versionInfo></globalInfo>"
#define INFO_OLD INFO("6", "4", "10", "18171251")
#define INFO_NEW INFO("6", "4", "14", "20609341")
#define STATUS(word)                                                                     \
    "<upgradeStatus><status>" word "</status><upgradeStepsDto><step><stepId>"            \
    "ValidationStep</stepId><stepStatus>COMPLETE</stepStatus></step><step><stepId>"      \
    "UpgradeStep</stepId><stepStatus>" word "</stepStatus></step></upgradeStepsDto>"     \
    "</upgradeStatus>"
#define QUESTION(id, type)                                                               \
    "<preUpgradeQuestionAnswer><questionId>" id "</questionId><question>SSH &amp; so?"   \
    "</question><questionAnserType>" type                                                \
    "</questionAnserType></preUpgradeQuestionAnswer>"
#define ABOUT(to, questions, more)                                                       \
    "<upgradeInformation><fromVersion>" OLD "</fromVersion><toVersion>" to               \
    "</toVersion>" more "<preUpgradeQuestionsAnswers>" questions                         \
    "</preUpgradeQuestionsAnswers></upgradeInformation>"
#define COMPONENTS(nsx)                                                                  \
    "<components><component><componentId>VPOSTGRES</componentId><status>RUNNING</"       \
    "status>"                                                                            \
    "<enabled>true</enabled></component><component><componentId>NSX</componentId>"       \
    "<status>" nsx                                                                       \
    "</status><enabled>true</enabled></component><component><componentId>SSH"            \
    "</componentId><status>STOPPED</status></component></components>"

#define RULE(ask_, status_, body_, times_)                                               \
    {                                                                                    \
        .ask = ask_, .status = status_, .body = body_, .type = X, .times = times_        \
    }
#define GET_INFO(body, times)       RULE("GET " B "/global/info", 200, body, times)
#define GET_STATUS(body, times)     RULE("GET " B "/upgrade/status/NSX", 200, body, times)
#define GET_ABOUT(body)             RULE("GET " B "/upgrade/information/NSX", 200, body, 0)
#define GET_COMPONENTS(body, times) RULE("GET " B "/components", 200, body, times)

static void a_version_is_four_numbers(void **state)
{
    static const char *const bad[] = {
        "<globalInfo/>", INFO("6", "4", "x", "1"), INFO("6", "4", "-1", "1"),
        INFO("6", "4", "99999999999", "1"), "<globalInfo><versionInfo/></globalInfo>"};
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){GET_INFO(INFO_OLD, 0), {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_version", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "version"), OLD);
    assert_string_equal(json_text(call.result, "release"), "6.4.10");
    assert_string_equal(json_text(call.result, "build"), "18171251");
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        nm_rules(&nm, (struct rule[]){GET_INFO(bad[i], 0), {0}});
        auto_fake_call struct fake_call none;
        assert_int_equal(nm_start(&nm, &none, "v_version", "{}"), SLIPWAY_FAILED);
    }
    nm_end(&nm);
}

static void components_are_found_wherever_they_stand(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      GET_COMPONENTS("<s><entry><string>COMMON</string>" COMPONENTS(
                                         "STOPPED") "</entry></s>",
                                     0),
                      {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_components", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_array_size(json_object_get(call.result, "down")), 1);
    assert_true(json_is_false(json_object_get(call.result, "at_baseline")));
    auto_fake_call struct fake_call measured; /* it did not run before either */
    assert_int_equal(nm_start(&nm, &measured, "v_components",
                              "{\"baseline\":{\"components\":{\"VPOSTGRES\":{\"status\":"
                              "\"RUNNING\"},\"NSX\":{\"status\":\"STOPPED\"}}}}"),
                     SLIPWAY_DONE);
    assert_true(json_is_true(json_object_get(measured.result, "at_baseline")));
    nm_rules(&nm, (struct rule[]){GET_COMPONENTS("<components/>", 0), {0}});
    auto_fake_call struct fake_call none;
    assert_int_equal(nm_start(&nm, &none, "v_components", "{}"), SLIPWAY_FAILED);
    nm_end(&nm);
}

/* --- the upgrade ------------------------------------------------------------------------ */

static void a_manager_is_asked_once_and_watched_through_its_reboot(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(
        &nm,
        (struct rule[]){
            GET_STATUS(STATUS("NOT_STARTED"), 1),
            GET_STATUS(STATUS("IN_PROGRESS"), 1),
            RULE("GET " B "/upgrade/status/NSX", 503, "<html>starting</html>", 1),
            GET_STATUS(STATUS("COMPLETE"), 0),
            GET_INFO(INFO_OLD, 2),
            GET_INFO(INFO_NEW, 0),
            GET_ABOUT(ABOUT(NEW, QUESTION("q1", "YESNO") QUESTION("q2", "YESNO"), "")),
            GET_COMPONENTS(COMPONENTS("STARTING"), 1),
            GET_COMPONENTS(COMPONENTS("RUNNING"), 0),
            RULE("POST " B "/upgrade/start/NSX", 202, "", 0),
            {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_upgrade", WITH), SLIPWAY_PENDING);
    assert_non_null(
        strstr(nm.bodies,
               "<preUpgradeQuestionAnswer><questionId>q1</questionId><question>SSH &amp; "
               "so?</question><questionAnserType>YESNO</questionAnserType><answer>Yes"
               "</answer></preUpgradeQuestionAnswer>"));
    assert_non_null(strstr(nm.bodies, "q2</questionId>"));
    assert_non_null(strstr(nm.bodies, "<answer>No</answer>"));
    assert_true(peer_saw(nm.peer, "Content-Type: application/xml"));
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_string_equal(call.progress_text, "UpgradeStep");
    assert_int_equal(call.progress_percent, 50);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* a proxy's 503 */
    says(&call, "as expected during an upgrade");
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* COMPLETE, and the old version */
    says(&call, "still has " OLD);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING); /* components start */
    says(&call, "NSX");
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "from"), OLD);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void complete_with_the_old_version_is_a_failure(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){GET_STATUS(STATUS("NOT_STARTED"), 1),
                                  GET_STATUS(STATUS("COMPLETE"), 9),
                                  GET_STATUS(STATUS("UPGRADE_FAILED"), 0),
                                  GET_INFO(INFO_OLD, 0),
                                  GET_ABOUT(ABOUT(NEW, "", "")),
                                  RULE("POST " B "/upgrade/start/NSX", 202, "", 0),
                                  {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_upgrade", WITH), SLIPWAY_PENDING);
    for (int flap = 0; flap < 8; flap++)
        assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "was not applied");
    assert_int_equal(nm_poll(&call), SLIPWAY_FAILED);
    says(&call, "step UpgradeStep");
    nm_end(&nm);
}

static void an_upgrade_is_not_begun_where_it_cannot_go_well(void **state)
{
    static const struct {
        const char *status, *info, *about;
        enum slipway_outcome outcome;
        const char *text;
    } cases[] = {
        {STATUS("IN_PROGRESS"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_RETRY, "waiting"},
        {STATUS("odd"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_RETRY, "odd"},
        {STATUS("FAILED"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_REFUSED,
         "upload the bundle"},
        {STATUS("NOT_STARTED"), INFO("6", "4", "15", "1"), ABOUT(NEW, "", ""),
         SLIPWAY_REFUSED, "newer"},
        {STATUS("NOT_STARTED"), INFO_OLD, ABOUT("6.4.13.1", "", ""), SLIPWAY_FAILED,
         "leads to 6.4.13.1"},
        {STATUS("NOT_STARTED"), INFO_OLD,
         ABOUT(NEW, "",
               "<errorMessages><e><text>no controller</text></e></errorMessages>"),
         SLIPWAY_FAILED, "no controller"},
        {STATUS("NOT_STARTED"), INFO_OLD, ABOUT(NEW, QUESTION("q", "PASSWORD"), ""),
         SLIPWAY_FAILED, "wants a PASSWORD"},
    };
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        nm_rules(&nm, (struct rule[]){GET_STATUS(cases[i].status, 0),
                                      GET_INFO(cases[i].info, 0),
                                      GET_ABOUT(cases[i].about),
                                      {0}});
        auto_fake_call struct fake_call call;
        assert_int_equal(nm_start(&nm, &call, "v_upgrade", WITH), cases[i].outcome);
        says(&call, cases[i].text);
    }
    nm_rules(&nm, (struct rule[]){GET_STATUS(STATUS("NOT_STARTED"), 0),
                                  GET_INFO(INFO_OLD, 0),
                                  GET_ABOUT(ABOUT(NEW, QUESTION("q", "YESNO"), "")),
                                  {0}});
    auto_fake_call struct fake_call unanswered;
    assert_int_equal(nm_start(&nm, &unanswered, "v_upgrade",
                              "{\"version\":\"" NEW "\",\"answers\":{\"q\":\"YES\"}}"),
                     SLIPWAY_FAILED);
    says(&unanswered, "has no answer");
    assert_int_equal(nm_count(&nm, "POST"), 0);
    nm_end(&nm);
}

static void lint_knows_the_two_answers(void **state)
{
    (void)state;
    struct slipway_error err;
    const struct slipway_operation *upgrade = fake_operation(nsx_plugin(), "v_upgrade");
    const struct slipway_operation *bundle = fake_operation(nsx_plugin(), "v_bundle");
    assert_int_equal(upgrade->check(WITH, &err), 0);
    assert_int_equal(
        upgrade->check("{\"version\":\"" NEW "\",\"answers\":{\"q\":\"YES\"}}", &err),
        -1);
    assert_int_equal(upgrade->check("{\"version\":\"6.4.14\"}", &err), -1);
    assert_int_equal(upgrade->check("{\"version\":\"${vars.target_version}\"}", &err), 0);
    assert_int_equal(
        bundle->check("{\"version\":\"" NEW "\",\"url\":\"https://h/b\"}", &err), 0);
    assert_int_equal(bundle->check("{\"version\":\"" NEW "\"}", &err), -1);
    assert_int_equal(
        bundle->check("{\"version\":\"" NEW "\",\"url\":\"https://u:p@h/b\"}", &err), -1);
    assert_int_equal(bundle->check("{\"version\":\"" NEW
                                   "\",\"url\":\"https://h/b\",\"file\":\"/b\"}",
                                   &err),
                     -1);
}

static void what_is_known_before_an_upgrade_is_told(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm,
             (struct rule[]){GET_STATUS(STATUS("NOT_STARTED"), 0),
                             GET_INFO(INFO_OLD, 0),
                             GET_ABOUT(ABOUT(NEW, QUESTION("q1", "YESNO"),
                                             "<warningMessages><m>old backup</m>"
                                             "</warningMessages>")),
                             RULE("GET " B "/summary/system", 200,
                                  "<systemSummary><hostName>n</hostName><storageInfoDto>"
                                  "<usedPercentage>31</usedPercentage></storageInfoDto>"
                                  "<memInfoDto><usedPercentage>many</usedPercentage>"
                                  "</memInfoDto></systemSummary>",
                                  0),
                             {0}});
    auto_fake_call struct fake_call about;
    assert_int_equal(nm_start(&nm, &about, "v_information", "{\"version\":\"" NEW "\"}"),
                     SLIPWAY_DONE);
    const json_t *question =
        json_array_get(json_object_get(about.result, "questions"), 0);
    assert_string_equal(json_text(question, "id"), "q1");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(about.result, "warnings"), 0)),
        "old backup");
    auto_fake_call struct fake_call other;
    assert_int_equal(nm_start(&nm, &other, "v_information", "{\"version\":\"6.4.15.1\"}"),
                     SLIPWAY_FAILED);
    auto_fake_call struct fake_call now;
    assert_int_equal(nm_start(&nm, &now, "v_state", "{}"), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(now.result, "busy")));
    assert_string_equal(json_text(now.result, "target"), NEW);
    auto_fake_call struct fake_call full;
    assert_int_equal(nm_start(&nm, &full, "v_system", "{}"), SLIPWAY_DONE);
    assert_int_equal(json_number(full.result, "storage_percent", 0), 31);
    assert_true(json_is_null(json_object_get(full.result, "memory_percent")));
    nm_end(&nm);
}

/* --- what became of it -------------------------------------------------------------------- */

static void a_lost_answer_is_asked_about(void **state)
{
    static const struct {
        const char *status, *info, *about;
        enum slipway_probe found;
    } cases[] = {
        {STATUS("IN_PROGRESS"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_PROBE_RUNNING},
        {STATUS("COMPLETE"), INFO_NEW, ABOUT(NEW, "", ""), SLIPWAY_PROBE_RUNNING},
        {STATUS("FAILED"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_PROBE_FAILED},
        {STATUS("NOT_STARTED"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_PROBE_NOT_STARTED},
        {STATUS("NOT_STARTED"), INFO_OLD, ABOUT("", "", ""), SLIPWAY_PROBE_UNKNOWN},
        {STATUS("odd"), INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_PROBE_UNKNOWN},
        {"<html/>", INFO_OLD, ABOUT(NEW, "", ""), SLIPWAY_PROBE_UNKNOWN},
    };
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){GET_STATUS(STATUS("NOT_STARTED"), 0),
                                  GET_INFO(INFO_OLD, 0),
                                  GET_ABOUT(ABOUT(NEW, "", "")),
                                  RULE("POST " B "/upgrade/start/NSX", 0, "", 0),
                                  {0}});
    auto_fake_call struct fake_call lost;
    assert_int_equal(nm_start(&nm, &lost, "v_upgrade", WITH), SLIPWAY_UNKNOWN);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        auto_fake_call struct fake_call call;
        nm_rules(&nm, (struct rule[]){GET_STATUS(cases[i].status, 0),
                                      GET_INFO(cases[i].info, 0),
                                      GET_ABOUT(cases[i].about),
                                      {0}});
        fake_call_init(&call, nsx_plugin(), nm.state, "v_upgrade", WITH, nm.target);
        assert_int_equal(nm_probe(&call), cases[i].found);
    }
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

/* --- bundles ---------------------------------------------------------------------------------- */

static void a_url_is_encoded_and_its_token_is_told_to_nobody(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    auto_free char *with = xasprintf("{\"version\":\"" NEW
                                     "\",\"every\":100,\"url_secret\":{\"file\":\"%s\"}}",
                                     nm.secret_file);
    nm_rules(&nm,
             (struct rule[]){
                 GET_STATUS(STATUS("NOT_STARTED"), 1),
                 GET_STATUS("<upgradeStatus><status>UPLOAD_IN_PROGRESS</status>"
                            "</upgradeStatus>",
                            1),
                 GET_STATUS(STATUS("NOT_STARTED"), 0),
                 GET_INFO(INFO_OLD, 0),
                 RULE("GET " B "/upgrade/information/NSX", 404,
                      "<error><details>no bundle</details></error>", 2),
                 GET_ABOUT(ABOUT(NEW, "", "")),
                 RULE("POST " B "/upgrade/uploadbundlefromurl/NSX?fileurl=https%3A%2F%2F"
                      "repo.example%2Fb%3Ftoken%3Dcanary-77",
                      202, "", 0),
                 {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_bundle", with), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    auto_fake_call struct fake_call again;
    assert_int_equal(nm_start(&nm, &again, "v_bundle", with), SLIPWAY_DONE);
    assert_int_equal(nm_count(&nm, "POST"), 1);
    nm_end(&nm);
}

static void an_old_manager_takes_a_file_and_no_url(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){GET_STATUS(STATUS("NOT_STARTED"), 0),
                                  GET_INFO(INFO("6", "2", "9", "1"), 0),
                                  RULE("GET " B "/upgrade/information/NSX", 404, "", 1),
                                  RULE("GET " B "/upgrade/information/NSX", 404, "", 1),
                                  GET_ABOUT(ABOUT(NEW, "", "")),
                                  RULE("POST " B "/upgrade/uploadbundle/NSX", 200, "", 0),
                                  {0}});
    auto_fake_call struct fake_call url;
    assert_int_equal(nm_start(&nm, &url, "v_bundle",
                              "{\"version\":\"" NEW "\",\"url\":\"https://h/b\"}"),
                     SLIPWAY_REFUSED);
    says(&url, "since 6.3.3");
    auto_free char *with =
        xasprintf("{\"version\":\"" NEW "\",\"file\":\"%s\"}", nm.secret_file);
    auto_fake_call struct fake_call file;
    assert_int_equal(nm_start(&nm, &file, "v_bundle", with), SLIPWAY_PENDING);
    assert_true(peer_saw(nm.peer, "Content-Type: multipart/form-data; boundary="));
    assert_non_null(strstr(nm.bodies, "name=\"file\""));
    assert_int_equal(nm_poll(&file), SLIPWAY_DONE);
    nm_end(&nm);
}

/* --- backups ------------------------------------------------------------------------------------ */

#define SETTINGS(host, prefix)                                                           \
    "<backupRestoreSettings><ftpSettings><transferProtocol>SFTP</transferProtocol>"      \
    "<hostNameIPAddress>" host "</hostNameIPAddress><port>22</port><userName>nsx"        \
    "</userName><backupDirectory>/b</backupDirectory><" prefix ">p-</" prefix            \
    "><passiveMode>false</passiveMode><useEPSV>true</useEPSV></"                         \
    "ftpSettings><backupFrequency><frequency>DAILY</frequency><hourOfDay>2"              \
    "</hourOfDay></backupFrequency></backupRestoreSettings>"

static void settings_keep_the_schedule_and_are_read_back(void **state)
{
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    auto_free char *with =
        xasprintf("{\"protocol\":\"SFTP\",\"host\":\"new\",\"port\":22,\"user\":\"nsx\","
                  "\"directory\":\"/b\",\"prefix\":\"p-\",\"password\":{\"file\":\"%s\"},"
                  "\"pass_phrase\":{\"file\":\"%s\"}}",
                  nm.password_file, nm.secret_file);
    nm_rules(&nm,
             (struct rule[]){RULE("GET " B "/backuprestore/backupsettings", 200,
                                  SETTINGS("old", "filenamePrefix"), 1),
                             RULE("GET " B "/backuprestore/backupsettings", 200,
                                  SETTINGS("new", "filenamePrefix"), 1),
                             RULE("GET " B "/backuprestore/backupsettings", 200,
                                  SETTINGS("old", "fileNamePrefix"), 0),
                             RULE("PUT " B "/backuprestore/backupsettings", 200, "", 0),
                             {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_backup_settings", with), SLIPWAY_DONE);
    assert_non_null(strstr(nm.bodies, "<passPhrase>https://repo.example/b?token=canary-77"
                                      "</passPhrase>"));
    assert_non_null(strstr(nm.bodies, "<password>Secret-1!</password>"));
    assert_non_null(strstr(nm.bodies, "<filenamePrefix>p-</filenamePrefix>"));
    assert_non_null(strstr(nm.bodies, "</passPhrase><passiveMode>false</passiveMode>"
                                      "<useEPSV>true</useEPSV></ftpSettings>"));
    assert_non_null(strstr(nm.bodies, "<backupFrequency><frequency>DAILY</frequency>"
                                      "<hourOfDay>2</hourOfDay></backupFrequency>"));
    auto_fake_call struct fake_call other; /* it tells something else than it was given */
    assert_int_equal(nm_start(&nm, &other, "v_backup_settings", with), SLIPWAY_FAILED);
    says(&other, "another host");
    nm_end(&nm);
}

static void a_backup_is_there_when_its_file_is(void **state)
{
#define FILES(at)                                                                        \
    "<list><backupFileProperties><fileName>f</fileName><creationTime>" at                \
    "</creationTime></backupFileProperties><backupFileProperties><creationTime>soon"     \
    "</creationTime></backupFileProperties></list>"
    (void)state;
    struct nm nm;
    nm_begin(&nm);
    nm_rules(&nm, (struct rule[]){
                      RULE("GET " B "/backuprestore/backupsettings", 200,
                           SETTINGS("h", "x"), 0),
                      RULE("GET " B "/backuprestore/backups", 200, FILES("1000"), 2),
                      RULE("GET " B "/backuprestore/backups", 200, FILES("2000"), 0),
                      RULE("POST " B "/backuprestore/backup", 200, "", 0),
                      {0}});
    auto_fake_call struct fake_call call;
    assert_int_equal(nm_start(&nm, &call, "v_backup", "{\"every\":100}"),
                     SLIPWAY_PENDING);
    assert_true(peer_saw(nm.peer, "Content-Type: application/xml"));
    assert_int_equal(nm_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(nm_poll(&call), SLIPWAY_DONE);
    auto_fake_call struct fake_call fresh;
    assert_int_equal(nm_start(&nm, &fresh, "v_backup_state", "{}"), SLIPWAY_DONE);
    assert_true(json_number(fresh.result, "age_hours", 0) > 400000); /* since 1970 */
    assert_string_equal(json_text(fresh.result, "frequency"), "DAILY");
    nm_rules(&nm, (struct rule[]){
                      RULE("GET " B "/backuprestore/backupsettings", 200, "", 0), {0}});
    auto_fake_call struct fake_call none;
    assert_int_equal(nm_start(&nm, &none, "v_backup_state", "{}"), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(none.result, "configured")));
    assert_true(json_is_false(json_object_get(none.result, "any")));
    nm_end(&nm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_four_numbers),
        cmocka_unit_test(components_are_found_wherever_they_stand),
        cmocka_unit_test(a_manager_is_asked_once_and_watched_through_its_reboot),
        cmocka_unit_test(complete_with_the_old_version_is_a_failure),
        cmocka_unit_test(an_upgrade_is_not_begun_where_it_cannot_go_well),
        cmocka_unit_test(lint_knows_the_two_answers),
        cmocka_unit_test(what_is_known_before_an_upgrade_is_told),
        cmocka_unit_test(a_lost_answer_is_asked_about),
        cmocka_unit_test(a_url_is_encoded_and_its_token_is_told_to_nobody),
        cmocka_unit_test(an_old_manager_takes_a_file_and_no_url),
        cmocka_unit_test(settings_keep_the_schedule_and_are_read_back),
        cmocka_unit_test(a_backup_is_there_when_its_file_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
