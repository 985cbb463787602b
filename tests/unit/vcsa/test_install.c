/*
 * test_install.c - stories about an installation: asked for once, silent for a while,
 * flapping, and over only when the version and the services say so.
 */
#include "vcsa_peer.h"

#define V           "\"version\":\"8.0.3.00400\""
#define STATE(name) "{\"state\":\"" name "\"," V "}"
#define INSTALLING                                                                       \
    "{\"state\":\"INSTALL_IN_PROGRESS\"," V ",\"latest_query_time\":"                    \
    "\"2024-11-02T01:00:03.000Z\",\"task\":{\"status\":\"RUNNING\",\"cancelable\":"      \
    "false,"                                                                             \
    "\"service\":\"com.vmware.appliance.update\",\"operation\":\"install\","             \
    "\"description\":{\"id\":\"task.install\",\"default_message\":\"Install update\","   \
    "\"args\":[]},\"progress\":{\"total\":100,\"completed\":42,\"message\":{\"id\":"     \
    "\"p\",\"default_message\":\"Installing packages\",\"args\":[]}},"                   \
    "\"subtask_order\":[\"stage\",\"validate\",\"rpm-install\"],\"subtasks\":{"          \
    "\"rpm-install\":{\"status\":\"RUNNING\",\"cancelable\":false}}}}"
#define FAILED_STATE                                                                     \
    "{\"state\":\"INSTALL_FAILED\"," V ",\"task\":{\"status\":\"FAILED\",\"error\":{"    \
    "\"error_type\":\"ERROR\",\"messages\":[{\"id\":\"x\",\"default_message\":"          \
    "\"Exception occurred in postInstallHook for vcintegrity\",\"args\":[]}]}}}"
#define TIME                                                                             \
    "{\"seconds_since_epoch\":1730509203.5,\"date\":\"x\",\"time\":\"x\",\"timezone\":"  \
    "\"UTC\"}"
#define SERVICE(state, health)                                                           \
    "{\"name_key\":\"n\",\"description_key\":\"d\",\"startup_type\":\"AUTOMATIC\","      \
    "\"state\":\"" state "\",\"health\":\"" health "\"}"
#define SERVICES_UP                                                                      \
    "{\"vpxd\":" SERVICE("STARTED", "HEALTHY") ",\"sps\":" SERVICE(                      \
        "STARTED", "HEALTHY_WITH_WARNINGS") "}"
#define SERVICES_COMING                                                                  \
    "{\"vpxd\":" SERVICE("STARTING", "") ",\"sps\":" SERVICE("STARTED", "HEALTHY") "}"

#define UPDATE_IS(body_)                                                                 \
    {                                                                                    \
        .ask = "GET /api/appliance/update", .status = 200, .body = (body_)               \
    }
#define VERSION_IS(body_)                                                                \
    {                                                                                    \
        .ask = "GET /api/appliance/system/version", .status = 200, .body = (body_)       \
    }
#define STAGED                                                                           \
    {                                                                                    \
        .ask = "GET /api/appliance/update/staged", .status = 200, .body = STAGED_WHOLE   \
    }
#define NOT_STAGED                                                                       \
    {                                                                                    \
        .ask = "GET /api/appliance/update/staged", .status = 400, .body = NO_STAGE_NEW   \
    }
#define INSTALL_ANSWERS(status_, body_)                                                  \
    {                                                                                    \
        .ask = INSTALL, .status = (status_), .body = (body_)                             \
    }
#define SERVICES_ARE(body_)                                                              \
    {                                                                                    \
        .ask = "GET /api/vcenter/services", .status = 200, .body = (body_)               \
    }
#define TIME_IS                                                                          \
    {                                                                                    \
        .ask = "GET /api/appliance/system/time", .status = 200, .body = TIME             \
    }

static const char INSTALL[] =
    "POST /api/appliance/update/pending/8.0.3.00400?action=install";
static const char *const WITH =
    "{\"version\":\"8.0.3.00400\",\"every\":100,\"silence\":600000,\"services_within\":"
    "600000}";

static void ready(struct vc *vc, const struct rule *install)
{
    vc_rules(vc, (struct rule[]){STAGED,
                                 UPDATE_IS(STATE("UPDATES_PENDING")),
                                 VERSION_IS(VERSION_OLD),
                                 *install,
                                 {0}});
}

/* An SSO administrator at port 443 whose installation has just been taken. */
static void begin_installation(struct vc *vc, struct fake_call *call)
{
    vc_begin(vc, "administrator@vsphere.local", NULL);
    vc_call(vc, call, "install", WITH);
    ready(vc, &(struct rule)INSTALL_ANSWERS(204, ""));
    assert_int_equal(fake_start(call), SLIPWAY_PENDING);
    assert_non_null(strstr(call->handle, "\"from\":\"8.0.2.00200\""));
    assert_null(strstr(call->handle, "Secret-1!"));
    assert_int_equal(call->secrets_out, 0);
}

static void an_installation_is_asked_for_once_and_watched_to_its_end(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    begin_installation(&vc, &call);
    vc_rules(&vc, (struct rule[]){UPDATE_IS(INSTALLING), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 42);
    assert_string_equal(call.progress_text, "Installing packages");
    vc_rules(&vc, (struct rule[]){UPDATE_IS(STATE("UP_TO_DATE")),
                                  VERSION_IS(VERSION_NEW),
                                  SERVICES_ARE(SERVICES_UP),
                                  TIME_IS,
                                  {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "version"), "8.0.3.00400");
    assert_string_equal(json_text(call.result, "from"), "8.0.2.00200");
    assert_string_equal(json_text(call.result, "ended"), "2024-11-02T01:00:03Z");
    assert_int_equal(vc_count(&vc, INSTALL), 1);
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
}

static void the_sso_password_answers_the_question_in_both_dialects(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    for (int old = 0; old < 2; old++) {
        auto_fake_call struct fake_call call;
        vc_call(
            &vc, &call, "validate",
            "{\"version\":\"8.0.3.00400\",\"questions\":[{\"data_item\":"
            "\"vmdir.password\",\"type\":\"PASSWORD\"}],\"answers\":{\"ceip\":true}}");
        const char *paths[] = {"POST /api/appliance/update/pending/8.0.3.00400?action=",
                               "POST /rest/appliance/update/pending/8.0.3.00400?action="};
        vc_rules(&vc,
                 (struct rule[]){{.ask = paths[old], .status = 200, .body = "{}"}, {0}});
        assert_int_equal(fake_start(&call), SLIPWAY_DONE);
        assert_int_equal(call.secrets_out, 0);
    }
    vc_end(&vc);
}

static void an_unanswered_question_stops_before_anything_is_sent(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL); /* nobody who knows the SSO password */
    ready(&vc, &(struct rule)INSTALL_ANSWERS(204, ""));
    assert_int_equal(vc_read(&vc, &call, "install",
                             "{\"version\":\"8.0.3.00400\",\"questions\":[{\"data_item\":"
                             "\"vmdir.password\",\"text\":\"Single Sign-On administrator "
                             "password\"}]}"),
                     SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "Single Sign-On administrator password"));
    assert_int_equal(vc_count(&vc, "POST /api/appliance"), 0);
    vc_end(&vc);
}

static void silence_is_expected_and_lost_sessions_too(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    begin_installation(&vc, &call);
    const struct rule silent[][2] = {
        {{"GET /api/appliance/update", 0, NULL, NULL, 0, 0}, {0}},
        {{"GET /api/appliance/update", 503, "no healthy upstream", "text/plain", 0, 0},
         {0}},
        {{"GET /api/appliance/update", 502, "<html>Bad Gateway</html>", "text/html", 0,
          0},
         {0}},
        {{"GET /api/appliance/update", 503,
          "{\"error_type\":\"SERVICE_UNAVAILABLE\",\"messages\":[]}", NULL, 0, 0},
         {0}},
        {{"GET /nothing", 200, "", NULL, 0, 0}, {0}}, /* 404 of a web server */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(silent); i++) {
        vc_rules(&vc, silent[i]);
        assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
        assert_non_null(strstr(call.said, "as expected"));
    }
    vc.login = LOGIN_REFUSED; /* the session store is gone, SSO is not up */
    atomic_fetch_add(&vc.epoch, 1);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    vc_end(&vc);
}

static void silence_for_too_long_is_unknown(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    begin_installation(&vc, &call);
    vc_rules(&vc,
             (struct rule[]){{.ask = "GET /api/appliance/update", .status = 0}, {0}});
    free(call.handle);
    call.handle = xstrdup("{\"asked\":1,\"from\":\"8.0.2.00200\",\"old\":0,\"reached\":0,"
                          "\"silent\":1,\"version\":\"8.0.3.00400\"}");
    assert_int_equal(fake_poll(&call), SLIPWAY_UNKNOWN);
    assert_non_null(strstr(call.said, "console"));
    vc_end(&vc);
}

static void up_to_date_with_the_old_version_flaps_and_then_is_a_failure(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    begin_installation(&vc, &call);
    const struct rule lies[] = {
        UPDATE_IS(STATE("UP_TO_DATE")), VERSION_IS(VERSION_OLD), {0}};
    vc_rules(&vc, lies);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    vc_rules(&vc, (struct rule[]){UPDATE_IS(INSTALLING), {0}});
    assert_int_equal(fake_poll(&call),
                     SLIPWAY_PENDING); /* it flapped: start counting anew */
    assert_non_null(strstr(call.handle, "\"idle\":0"));
    vc_rules(&vc, lies);
    for (int look = 0; look < 30; look++) /* however often: minutes count, not looks */
        assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_null(strstr(call.handle, "\"idle\":0"));
    free(call.handle);
    call.handle =
        xstrdup("{\"asked\":1,\"from\":\"8.0.2.00200\",\"idle\":1,\"reached\":0,"
                "\"silent\":0,\"version\":\"8.0.3.00400\"}");
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "the version is 8.0.2.00200, not 8.0.3.00400"));
    vc_end(&vc);
}

static void the_new_version_waits_for_its_services(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    begin_installation(&vc, &call);
    vc_rules(&vc, (struct rule[]){UPDATE_IS(STATE("UP_TO_DATE")),
                                  VERSION_IS(VERSION_NEW),
                                  SERVICES_ARE(SERVICES_COMING),
                                  TIME_IS,
                                  {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.said, "waiting for services: vpxd"));
    free(call.handle);
    call.handle = xstrdup("{\"asked\":1,\"from\":\"8.0.2.00200\",\"old\":0,\"reached\":1,"
                          "\"silent\":0,\"version\":\"8.0.3.00400\"}");
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "services did not come back: vpxd"));
    vc_end(&vc);
}

static void install_failed_is_told_with_the_appliances_reason(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call, again;
    begin_installation(&vc, &call);
    vc_rules(&vc, (struct rule[]){
                      NOT_STAGED, UPDATE_IS(FAILED_STATE), VERSION_IS(VERSION_NEW), {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED); /* although the version is new */
    assert_non_null(strstr(call.said, "postInstallHook for vcintegrity"));
    assert_int_equal(fake_probe(&call), SLIPWAY_PROBE_FAILED);
    assert_int_equal(vc_read(&vc, &again, "install", WITH), SLIPWAY_REFUSED);
    assert_non_null(strstr(again.said, "KB 67179"));
    vc_end(&vc);
}

static void what_is_not_staged_is_not_installed(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){NOT_STAGED,
                                  UPDATE_IS(STATE("UPDATES_PENDING")),
                                  VERSION_IS(VERSION_OLD),
                                  INSTALL_ANSWERS(204, ""),
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "install", WITH), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "not staged"));
    assert_int_equal(vc_count(&vc, INSTALL), 0);
    vc_end(&vc);
}

static void a_newer_appliance_is_left_alone(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    ready(&vc, &(struct rule)INSTALL_ANSWERS(204, ""));
    vc_rules(&vc, (struct rule[]){STAGED,
                                  UPDATE_IS(STATE("UP_TO_DATE")),
                                  VERSION_IS("{\"version\":\"8.0.3.00500\"}"),
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "install", WITH), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "newer"));
    vc_end(&vc);
}

/* Every answer to the request itself, and what it proves. */
static void answers_to_the_request_prove_or_do_not_prove(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *body, *type;
        enum slipway_outcome outcome;
    } table[] = {
        {400, NOT_ALLOWED_NEW, NULL, SLIPWAY_FAILED},
        {404, NO_UPDATES_NEW, NULL, SLIPWAY_FAILED},
        {500, "{\"error_type\":\"RESOURCE_BUSY\",\"messages\":[]}", NULL, SLIPWAY_RETRY},
        {503, "{\"error_type\":\"SERVICE_UNAVAILABLE\",\"messages\":[]}", NULL,
         SLIPWAY_RETRY},
        {500, "{\"error_type\":\"INTERNAL_SERVER_ERROR\",\"messages\":[]}", NULL,
         SLIPWAY_UNKNOWN},
        {500, "{\"error_type\":\"TIMED_OUT\",\"messages\":[]}", NULL, SLIPWAY_UNKNOWN},
        {403, "{\"error_type\":\"UNAUTHORIZED\",\"messages\":[]}", NULL, SLIPWAY_REFUSED},
        {503, "no healthy upstream", "text/plain", SLIPWAY_UNKNOWN},
        {0, NULL, NULL, SLIPWAY_UNKNOWN},
        /* the status lies, the body does not: a 200 that cannot be read */
        {200, "{\"cut", NULL, SLIPWAY_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "administrator@vsphere.local", NULL);
        ready(&vc, &(struct rule){.ask = INSTALL,
                                  .status = table[i].status,
                                  .body = table[i].body,
                                  .type = table[i].type});
        assert_int_equal(vc_read(&vc, &call, "install", WITH), table[i].outcome);
        assert_true(call.said[0] != '\0');
        assert_int_equal(vc_count(&vc, INSTALL), 1);
        vc_end(&vc);
    }
}

static void a_session_that_ended_at_the_wrong_moment_is_opened_once_more(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc,
             (struct rule[]){STAGED,
                             UPDATE_IS(STATE("UPDATES_PENDING")),
                             VERSION_IS(VERSION_OLD),
                             {.ask = INSTALL, .status = 401, .body = "{}", .times = 1},
                             INSTALL_ANSWERS(204, ""),
                             {0}});
    assert_int_equal(vc_read(&vc, &call, "install", WITH), SLIPWAY_PENDING);
    assert_int_equal(atomic_load(&vc.logins), 2);
    assert_int_equal(vc_count(&vc, INSTALL), 2); /* the first was not processed */
    vc_end(&vc);
}

/* --- probe ------------------------------------------------------------------------------ */

static enum slipway_probe probe_of(const struct rule *rules)
{
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, rules);
    vc_call(&vc, &call, "install", WITH);
    enum slipway_probe found = fake_probe(&call);
    if (found == SLIPWAY_PROBE_RUNNING)
        assert_non_null(call.handle);
    assert_int_equal(vc_count(&vc, INSTALL), 0);
    vc_end(&vc);
    return found;
}

static void a_probe_answers_from_state_and_version(void **state)
{
    (void)state;
    const struct {
        struct rule rules[4];
        enum slipway_probe found;
    } table[] = {
        {{NOT_STAGED, UPDATE_IS(INSTALLING), VERSION_IS(VERSION_OLD), {0}},
         SLIPWAY_PROBE_RUNNING},
        {{NOT_STAGED,
          UPDATE_IS(STATE("ROLLBACK_IN_PROGRESS")),
          VERSION_IS(VERSION_OLD),
          {0}},
         SLIPWAY_PROBE_RUNNING},
        {{NOT_STAGED, UPDATE_IS(STATE("UP_TO_DATE")), VERSION_IS(VERSION_NEW), {0}},
         SLIPWAY_PROBE_RUNNING},
        {{NOT_STAGED, UPDATE_IS(FAILED_STATE), VERSION_IS(VERSION_OLD), {0}},
         SLIPWAY_PROBE_FAILED},
        {{STAGED, UPDATE_IS(STATE("UPDATES_PENDING")), VERSION_IS(VERSION_OLD), {0}},
         SLIPWAY_PROBE_NOT_STARTED},
        /* the stage is gone and nothing says why */
        {{NOT_STAGED, UPDATE_IS(STATE("UP_TO_DATE")), VERSION_IS(VERSION_OLD), {0}},
         SLIPWAY_PROBE_UNKNOWN},
        {{{"GET /api/appliance/update", 0, NULL, NULL, 0, 0}, {0}},
         SLIPWAY_PROBE_UNKNOWN},
        {{{"GET /api/appliance/update", 503, "no healthy upstream", "text/plain", 0, 0},
          {0}},
         SLIPWAY_PROBE_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        assert_int_equal(probe_of(table[i].rules), table[i].found);
}

static void an_installation_that_is_there_is_adopted(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){NOT_STAGED,
                                  UPDATE_IS(STATE("UP_TO_DATE")),
                                  VERSION_IS(VERSION_NEW),
                                  SERVICES_ARE(SERVICES_UP),
                                  TIME_IS,
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "install", WITH), SLIPWAY_DONE);
    assert_true(json_is_false(json_object_get(call.result, "changed")));
    assert_int_equal(vc_count(&vc, INSTALL), 0);
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_installation_is_asked_for_once_and_watched_to_its_end),
        cmocka_unit_test(the_sso_password_answers_the_question_in_both_dialects),
        cmocka_unit_test(an_unanswered_question_stops_before_anything_is_sent),
        cmocka_unit_test(silence_is_expected_and_lost_sessions_too),
        cmocka_unit_test(silence_for_too_long_is_unknown),
        cmocka_unit_test(up_to_date_with_the_old_version_flaps_and_then_is_a_failure),
        cmocka_unit_test(the_new_version_waits_for_its_services),
        cmocka_unit_test(install_failed_is_told_with_the_appliances_reason),
        cmocka_unit_test(what_is_not_staged_is_not_installed),
        cmocka_unit_test(a_newer_appliance_is_left_alone),
        cmocka_unit_test(answers_to_the_request_prove_or_do_not_prove),
        cmocka_unit_test(a_session_that_ended_at_the_wrong_moment_is_opened_once_more),
        cmocka_unit_test(a_probe_answers_from_state_and_version),
        cmocka_unit_test(an_installation_that_is_there_is_adopted),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
