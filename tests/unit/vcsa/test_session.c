/*
 * test_session.c - stories about sessions, dialects and doors: whichever there is, found
 * by asking, remembered, shared, and always closed.
 */
#include "vcsa/limits.h"
#include "vcsa_peer.h"

static const struct rule NEW_VERSION[] = {
    {"GET /api/appliance/system/version", 200, VERSION_OLD, NULL, 0, 0}, {0}};
static const struct rule OLD_VERSION[] = {{"GET /rest/appliance/system/version", 200,
                                           "{\"value\":" VERSION_OLD "}", NULL, 0, 0},
                                          {0}};

static void assert_version(struct vc *vc)
{
    auto_fake_call struct fake_call call;
    assert_int_equal(vc_read(vc, &call, "version", "{}"), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "version"), "8.0.2.00200");
    assert_string_equal(json_text(call.result, "build"), "23319993");
}

static void one_login_serves_many_calls_and_ends_with_a_logout(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    for (int i = 0; i < 20; i++)
        assert_version(&vc);
    assert_int_equal(atomic_load(&vc.logins), 1);
    assert_int_equal(vc_count(&vc, "GET /api/appliance/system/version"), 20);
    assert_int_equal(atomic_load(&vc.logouts), 0);
    vc_close(&vc);
    assert_int_equal(atomic_load(&vc.logouts), 1);
    vc_end(&vc);
}

static void an_appliance_of_the_old_dialect_is_logged_in_and_out_there(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(&vc, OLD_VERSION);
    for (int i = 0; i < 3; i++)
        assert_version(&vc);
    assert_int_equal(atomic_load(&vc.logins), 1);
    assert_int_equal(vc_count(&vc, "POST /api/session"), 1); /* asked once, remembered */
    assert_int_equal(vc_count(&vc, "GET /api/"), 0);
    vc_close(&vc);
    assert_int_equal(vc_count(&vc, "DELETE /rest/com/vmware/cis/session"), 1);
    assert_int_equal(atomic_load(&vc.logouts), 1);
    vc_end(&vc);
}

/* 7.0 before U2: a session of the new dialect, and appliance paths of the old one. */
static void
a_path_that_one_dialect_lacks_is_found_in_the_other_and_remembered(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, OLD_VERSION);
    for (int i = 0; i < 3; i++)
        assert_version(&vc);
    assert_int_equal(vc_count(&vc, "GET /api/appliance/system/version"), 1);
    assert_int_equal(vc_count(&vc, "GET /rest/appliance/system/version"), 3);
    vc_end(&vc);
}

/* Port 5480 wraps one answer and leaves the next one bare. */
static void wrapped_and_bare_are_both_understood(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_OLD_ONLY;
    vc_rules(&vc, (struct rule[]){{.ask = "GET /rest/appliance/system/version",
                                   .status = 200,
                                   .body = VERSION_OLD},
                                  {0}});
    assert_version(&vc);
    vc_end(&vc);
}

static void a_forgotten_session_costs_one_login(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    atomic_fetch_add(&vc.epoch, 1);
    assert_version(&vc);
    assert_version(&vc);
    assert_int_equal(atomic_load(&vc.logins), 2);
    vc_end(&vc);
}

static void a_refused_password_is_sent_once(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc.login = LOGIN_REFUSED;
    for (int i = 0; i < 3; i++) {
        auto_fake_call struct fake_call call;
        assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "not tried again"));
    }
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
}

/* A transport that repeats by itself what went over an idle connection would send the
   password twice, and two attempts count. */
static void a_login_that_is_cut_off_is_not_repeated_by_the_transport(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    atomic_fetch_add(&vc.epoch, 1);
    vc.login = LOGIN_CUT;
    assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_RETRY);
    assert_int_equal(atomic_load(&vc.logins), 2);
    vc_end(&vc);
}

static void an_expired_password_is_told_apart_from_a_wrong_one(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_EXPIRED;
    for (int i = 0; i < 2; i++) { /* whoever comes later hears why, too */
        auto_fake_call struct fake_call call;
        assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_REFUSED);
        assert_non_null(strstr(call.said, "the password of root has expired"));
        assert_non_null(strstr(call.said, "change it"));
    }
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
}

/* Root's password ended amid an installation: the other door still tells its state. */
static void a_second_door_answers_when_the_first_one_refuses_its_user(void **state)
{
    (void)state;
    struct vc local, sso;
    vc_begin(&local, "root", NULL);
    local.login = LOGIN_EXPIRED;
    auto_free char *vami = xasprintf(
        "\"vami\":{\"url\":\"%s\",\"tls\":{\"pin\":\"%s\"},\"login\":{\"user\":\"root\","
        "\"password\":{\"file\":\"%s\"}}},",
        local.peer->url, local.peer->pin, local.password_file);
    vc_begin(&sso, "administrator@vsphere.local", vami);
    vc_rules(&sso, NEW_VERSION);
    for (int i = 0; i < 3; i++)
        assert_version(&sso);
    assert_int_equal(atomic_load(&local.logins), 1);
    assert_int_equal(atomic_load(&sso.logins), 1);
    vc_end(&sso);
    vc_end(&local);
}

/* An answer without end is not a service that starts: nobody comes back for it. */
static void an_endless_answer_is_not_waited_for(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    auto_free char *body = xmalloc(VCSA_BODY_MAX + 2);
    memset(body, ' ', VCSA_BODY_MAX + 1);
    body[VCSA_BODY_MAX + 1] = '\0';
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, (struct rule[]){{.ask = "GET /api/appliance/system/version",
                                   .status = 200,
                                   .body = body},
                                  {0}});
    assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "more than"));
    vc_end(&vc);
}

static void services_that_are_not_up_are_no_refusal(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.login = LOGIN_503;
    assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_RETRY);
    assert_non_null(strstr(call.said, "no healthy upstream"));
    vc.login = LOGIN_BOTH;
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    vc_end(&vc);
}

static void a_second_door_answers_when_the_first_one_is_away(void **state)
{
    (void)state;
    struct vc vc;
    /* The local door leads to a port where nobody listens. */
    auto_free char *file = xstrdup("/tmp/slipway-vami-XXXXXX");
    auto_fd int fd = mkstemp(file);
    assert_true(write(fd, "x", 1) == 1);
    auto_free char *vami = xasprintf(
        "\"vami\":{\"url\":\"https://127.0.0.1:1\",\"login\":{\"user\":\"root\","
        "\"password\":{\"file\":\"%s\"}}},",
        file);
    vc_begin(&vc, "administrator@vsphere.local", vami);
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
    (void)unlink(file);
}

static void two_doors_of_one_kind_are_a_mistake_in_the_fleet(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root",
             "\"vami\":{\"url\":\"https://127.0.0.1:1\",\"login\":{\"user\":\"admin\","
             "\"password\":{\"file\":\"/x\"}}},");
    assert_int_equal(vc_read(&vc, &call, "version", "{}"), SLIPWAY_REFUSED);
    assert_non_null(strstr(call.said, "both log in a local user"));
    assert_int_equal(peer_count(vc.peer), 0);
    vc_end(&vc);
}

static void the_password_goes_to_the_login_only(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    (void)pthread_mutex_lock(&vc.peer->lock);
    const char *log = buf_text(&vc.peer->log);
    const char *second = strstr(log, "GET /api/appliance");
    assert_non_null(strstr(log, "Authorization: Basic"));
    assert_non_null(second);
    assert_null(strstr(second, "Authorization:"));
    assert_non_null(strstr(second, "vmware-api-session-id: canary-0"));
    (void)pthread_mutex_unlock(&vc.peer->lock);
    vc_end(&vc);
}

static void an_appliance_that_repeats_the_session_key_gives_nothing_away(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "root", NULL);
    vc.echo = true;
    vc_rules(&vc,
             (struct rule[]){
                 {.ask = "GET /api/appliance/update", .status = 500, .body = ""}, {0}});
    assert_int_equal(vc_read(&vc, &call, "update_state", "{}"), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "********"));
    vc_end(&vc);
}

struct crowd {
    struct vc *vc;
    pthread_t thread;
};

static void *one_of_many(void *argument)
{
    struct crowd *one = argument;
    auto_fake_call struct fake_call call;
    vc_call(one->vc, &call, "version", "{}");
    return fake_start(&call) == SLIPWAY_DONE ? one : NULL;
}

static void many_threads_share_one_login(void **state)
{
    (void)state;
    struct vc vc;
    struct crowd crowd[12];
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++) {
        crowd[i].vc = &vc;
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, one_of_many, &crowd[i]),
                         0);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++) {
        void *fine = NULL;
        assert_int_equal(pthread_join(crowd[i].thread, &fine), 0);
        assert_non_null(fine);
    }
    assert_int_equal(atomic_load(&vc.logins), 1);
    vc_end(&vc);
}

static void idle_sessions_are_logged_out_by_tidying(void **state)
{
    (void)state;
    struct vc vc;
    vc_begin(&vc, "root", NULL);
    vc_rules(&vc, NEW_VERSION);
    assert_version(&vc);
    vcsa_plugin()->tidy(vc.state, fake_now_ms());
    assert_int_equal(atomic_load(&vc.logouts), 0);
    vcsa_plugin()->tidy(vc.state, fake_now_ms() + 3600 * 1000);
    assert_int_equal(atomic_load(&vc.logouts), 1);
    assert_version(&vc);
    assert_int_equal(atomic_load(&vc.logins), 2);
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_login_serves_many_calls_and_ends_with_a_logout),
        cmocka_unit_test(an_appliance_of_the_old_dialect_is_logged_in_and_out_there),
        cmocka_unit_test(
            a_path_that_one_dialect_lacks_is_found_in_the_other_and_remembered),
        cmocka_unit_test(wrapped_and_bare_are_both_understood),
        cmocka_unit_test(a_forgotten_session_costs_one_login),
        cmocka_unit_test(a_refused_password_is_sent_once),
        cmocka_unit_test(a_login_that_is_cut_off_is_not_repeated_by_the_transport),
        cmocka_unit_test(an_expired_password_is_told_apart_from_a_wrong_one),
        cmocka_unit_test(a_second_door_answers_when_the_first_one_refuses_its_user),
        cmocka_unit_test(an_endless_answer_is_not_waited_for),
        cmocka_unit_test(services_that_are_not_up_are_no_refusal),
        cmocka_unit_test(a_second_door_answers_when_the_first_one_is_away),
        cmocka_unit_test(two_doors_of_one_kind_are_a_mistake_in_the_fleet),
        cmocka_unit_test(the_password_goes_to_the_login_only),
        cmocka_unit_test(an_appliance_that_repeats_the_session_key_gives_nothing_away),
        cmocka_unit_test(many_threads_share_one_login),
        cmocka_unit_test(idle_sessions_are_logged_out_by_tidying),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
