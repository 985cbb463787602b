/*
 * test_vcha.c - a high-availability cluster is taken down and built again: asked for once,
 * believed when the cluster itself says so.
 */
#include "util/file.h"
#include "vcsa_peer.h"

#define ON                                                                               \
    "{\"config_state\":\"CONFIGURED\",\"mode\":\"ENABLED\",\"health_state\":"            \
    "\"HEALTHY\"}"
#define OFF    "{\"config_state\":\"NOTCONFIGURED\"}"
#define STATE  "POST /api/vcenter/vcha/cluster?action=get"
#define REMOVE "POST /api/vcenter/vcha/cluster?action=undeploy&vmw-task=true"
#define BUILD  "POST /api/vcenter/vcha/cluster?action=deploy&vmw-task=true"
#define TASK   "\"52-vcha\""
#define AS(state, count)                                                                 \
    {                                                                                    \
        .ask = STATE, .status = 200, .body = state, .times = count                       \
    }
#define SPEC                                                                             \
    "{\"deployment\":\"AUTO\",\"active\":{},\"passive\":{},\"witness\":{},\"vc_spec\":{" \
    "\"active_location\":{\"hostname\":\"mgmt.example\",\"username\":\"svc\"%s}}}"

static bool yes(const struct fake_call *call, const char *key)
{
    return json_is_true(json_object_get(call->result, key));
}

static void it_is_asked_for_once_and_the_cluster_is_believed(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call, again;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){AS(ON, 2),
                                  {.ask = REMOVE, .status = 200, .body = TASK},
                                  {.ask = "GET /api/cis/tasks/52-vcha",
                                   .status = 200,
                                   .body = "{\"status\":\"RUNNING\"}"},
                                  AS(OFF, 0),
                                  {0}});
    vc_call(&vc, &call, "vcha_undeploy", "{\"delete_nodes\":true}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_true(yes(&call, "changed"));
    assert_false(yes(&call, "configured"));
    assert_true(vc_sent(&vc, "\"force_delete\":true"));
    vc_call(&vc, &again, "vcha_undeploy", "{}");
    assert_int_equal(fake_start(&again), SLIPWAY_DONE);
    assert_false(yes(&again, "changed"));
    assert_int_equal(vc_count(&vc, REMOVE), 1);
    vc_end(&vc);
}

static void a_task_that_failed_says_why(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc,
             (struct rule[]){
                 AS(ON, 0),
                 {.ask = REMOVE, .status = 200, .body = TASK},
                 {.ask = "GET /api/cis/tasks/52-vcha",
                  .status = 200,
                  .body = "{\"status\":\"FAILED\",\"error\":{\"messages\":[{\"id\":\"x\","
                          "\"default_message\":\"The witness cannot be reached.\","
                          "\"args\":[]}]}}"},
                 {0}});
    vc_call(&vc, &call, "vcha_undeploy", "{}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "The witness cannot be reached."));
    vc_end(&vc);
}

static void silence_while_it_changes_is_waited_for(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){AS(ON, 1),
                                  {.ask = REMOVE, .status = 200, .body = TASK},
                                  {.ask = STATE, .status = 503, .body = "", .times = 1},
                                  AS(OFF, 0),
                                  {0}});
    vc_call(&vc, &call, "vcha_undeploy", "{}");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    vc_end(&vc);
}

/* `with` for a spec in a file, whose location has further members; the caller's. */
static char *spec_with(const char *path, const char *members, const struct vc *vc)
{
    auto_free char *spec = xasprintf(SPEC, members);
    struct slipway_error err;
    assert_int_equal(file_replace(path, spec, strlen(spec), 0600, &err), 0);
    return xasprintf("{\"spec\":\"%s\",\"password\":{\"file\":\"%s\"}}", path,
                     vc->password_file);
}

static void it_is_built_again_from_a_file_without_secrets(void **state)
{
    (void)state;
    struct vc vc;
    char path[] = "/tmp/slipway-vcha-XXXXXX";
    auto_fd int fd = mkstemp(path);
    auto_fake_call struct fake_call refused, call;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){AS(OFF, 2),
                                  {.ask = BUILD, .status = 200, .body = TASK},
                                  AS(ON, 0),
                                  {0}});
    auto_free char *bad = spec_with(path, ",\"password\":\"Secret-1!\"", &vc);
    vc_call(&vc, &refused, "vcha_deploy", bad);
    assert_int_equal(fake_start(&refused), SLIPWAY_REFUSED);
    assert_non_null(strstr(refused.said, "holds a password"));
    assert_null(strstr(refused.said, "Secret-1!"));
    assert_int_equal(vc_count(&vc, BUILD), 0);

    auto_free char *good = spec_with(path, "", &vc);
    vc_call(&vc, &call, "vcha_deploy", good);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_true(yes(&call, "configured"));
    assert_true(vc_sent(&vc, "\"password\":\"Secret-1!\""));
    assert_int_equal(call.secrets_out, 0);
    assert_int_equal(unlink(path), 0);
    vc_end(&vc);
}

static void a_release_that_does_not_know_it_has_none(void **state)
{
    (void)state;
    struct vc vc;
    auto_fake_call struct fake_call off, on;
    vc_begin(&vc, "administrator@vsphere.local", NULL);
    vc_rules(&vc, (struct rule[]){{.ask = "GET /nothing", .status = 200}, {0}});
    vc_call(&vc, &off, "vcha_undeploy", "{}");
    assert_int_equal(fake_start(&off), SLIPWAY_DONE);
    assert_false(yes(&off, "known"));
    vc_call(&vc, &on, "vcha_deploy", "{\"spec\":\"/nowhere\"}");
    assert_int_equal(fake_start(&on), SLIPWAY_REFUSED);
    vc_end(&vc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_asked_for_once_and_the_cluster_is_believed),
        cmocka_unit_test(a_task_that_failed_says_why),
        cmocka_unit_test(silence_while_it_changes_is_waited_for),
        cmocka_unit_test(it_is_built_again_from_a_file_without_secrets),
        cmocka_unit_test(a_release_that_does_not_know_it_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
