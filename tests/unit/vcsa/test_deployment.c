/*
 * test_deployment.c - stories about the new appliance of a major upgrade: what its word is
 * worth, whom a password is sent to, and when silence is an answer.
 */
#include "vcsa_peer.h"

#include <sys/stat.h>

#define GIVES(path, text)                                                                \
    {                                                                                    \
        .ask = "GET " path, .status = 200, .body = (text)                                \
    }

/* The new appliance: one answer for everything, counted logins. */
struct twin {
    struct peer *peer;
    const char *body;
    int status;
    atomic_uint basics; /* requests with root's password */
};

static void twin_answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct twin *twin = link->peer->context;
    char value[128] = "";
    (void)peer_header(ask, "Authorization", value, sizeof value);
    atomic_fetch_add(&twin->basics, !strcmp(value, "Basic cm9vdDpTZWNyZXQtMSE="));
    if (!strcmp(ask->path, "/rest/vcenter/deployment"))
        peer_reply(link, twin->status, "application/json", twin->body);
    else
        peer_reply(link, 404, "text/plain", "404 page not found");
}

struct scene {
    struct vc vc; /* the old appliance, at its own address */
    struct twin twin;
    char folder[64]; /* pin file, installer's job */
};

static void scene_begin(struct scene *scene, int status, const char *body)
{
    *scene = (struct scene){.twin = {.status = status, .body = body}};
    vc_begin(&scene->vc, "root", NULL);
    vc_rules(&scene->vc,
             (struct rule[]){GIVES("/api/appliance/system/version", VERSION_OLD), {0}});
    scene->twin.peer = peer_start(PEER_TLS, twin_answer, &scene->twin);
    (void)snprintf(scene->folder, sizeof scene->folder, "%s", "/tmp/slipway-twin-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
}

static void scene_end(struct scene *scene)
{
    static const char *const files[] = {"pin", "status",
                                        "log/workflow_1/vcsa-cli-installer-status.json"};
    static const char *const folders[] = {"log/workflow_1", "log", ""};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        auto_free char *path = xasprintf("%s/%s", scene->folder, files[i]);
        (void)unlink(path);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        auto_free char *path = xasprintf("%s/%s", scene->folder, folders[i]);
        (void)rmdir(path);
    }
    if (scene->twin.peer)
        peer_stop(scene->twin.peer);
    vc_end(&scene->vc);
}

static void put(const struct scene *scene, const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", scene->folder, name);
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* `tls` NULL: by the twin's pin. `more` are further members. */
static void call_begin(struct fake_call *call, struct scene *scene, const char *tls,
                       const char *more)
{
    auto_free char *pin = xasprintf("{\"pin\":\"%s\"}", scene->twin.peer->pin);
    auto_free char *with = xasprintf(
        "{\"url\":\"%s\",\"version\":\"8.0.3.00400\",\"wait\":true,\"tls\":%s%s}",
        scene->twin.peer->url, tls ? tls : pin, more);
    vc_call(&scene->vc, call, "deployment", with);
}

/* The appliance is gone, its port refuses. */
static void twin_gone(struct scene *scene)
{
    peer_stop(scene->twin.peer);
    scene->twin.peer = NULL;
}

#define SUBTASKS(import)                                                                 \
    ",\"subtask_order\":[\"rpminstall\",\"import\"],\"subtasks\":[{\"key\":"             \
    "\"rpminstall\",\"value\":{\"status\":\"SUCCEEDED\"}},{\"key\":\"import\","          \
    "\"value\":" import "}]}"
#define RUNNING                                                                          \
    "{\"state\":\"CONFIG_IN_PROGRESS\",\"progress\":{\"total\":100,\"completed\":"       \
    "60}" SUBTASKS("{\"status\":\"RUNNING\"}")
#define FAILED                                                                           \
    "{\"state\":\"FAILED\"" SUBTASKS(                                                    \
        "{\"status\":\"FAILED\",\"error\":{\"messages\":[{\"id\":\"x\","                 \
        "\"default_message\":\"disk\\u001b[2J full\"}]}}")

/* --- its word ------------------------------------------------------------------------------ */

static void its_state_is_the_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *body, *said;
        enum slipway_outcome outcome;
    } rows[] = {
        {"{\"state\":\"CONFIGURED\"}", "", SLIPWAY_DONE},
        {"{\"value\":{\"state\":\"CONFIGURED\"}}", "", SLIPWAY_DONE},
        {RUNNING, "state CONFIG_IN_PROGRESS (import)", SLIPWAY_PENDING},
        {"{\"state\":\"NOT_INITIALIZED\"}", "state NOT_INITIALIZED", SLIPWAY_PENDING},
        {"{\"state\":\"SOMETHING_NEW\"}", "state SOMETHING_NEW", SLIPWAY_PENDING},
        {"{\"state\":\"QUESTION_RAISED\"}", "asks a question", SLIPWAY_PENDING},
        {FAILED, "failed in import: disk\\x1b[2J full; its logs", SLIPWAY_FAILED},
        {"{\"state\":\"FAILED\"}", "the new appliance failed; its logs", SLIPWAY_FAILED},
        {"{\"state\":7}", "names no state", SLIPWAY_PENDING},
        {"[]", "names no state", SLIPWAY_PENDING},
        {"{\"state\":\"CONFIGURED\"", "waiting for the new appliance", SLIPWAY_PENDING},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct scene scene;
        scene_begin(&scene, 200, rows[i].body);
        auto_fake_call struct fake_call call;
        call_begin(&call, &scene, NULL, "");
        assert_int_equal(fake_start(&call), rows[i].outcome);
        assert_non_null(strstr(call.said, rows[i].said));
        assert_int_equal(call.secrets_out, 0);
        assert_int_equal(atomic_load(&scene.twin.basics), 1);
        scene_end(&scene);
    }
}

static void progress_and_subtasks_are_told(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, RUNNING);
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene, NULL, "");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_int_equal(call.progress_percent, 60);
    assert_string_equal(call.progress_text, "import");
    scene.twin.body = "{\"state\":\"CONFIGURED\"" SUBTASKS("{\"status\":\"SUCCEEDED\"}");
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "where"), "temporary");
    assert_string_equal(json_text(json_object_get(call.result, "subtasks"), "import"),
                        "SUCCEEDED");
    scene_end(&scene);
}

/* --- whom to trust --------------------------------------------------------------------------- */

static void no_password_is_sent_before_there_is_a_pin(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, "{\"state\":\"CONFIGURED\"}");
    auto_free char *tls = xasprintf("{\"pin_file\":\"%s/pin\"}", scene.folder);
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene, tls, "");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.said, scene.twin.peer->pin));
    assert_non_null(strstr(call.said, "has no pin yet"));
    put(&scene, "pin", "sha256//tooshort\n");
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(atomic_load(&scene.twin.basics), 0);
    auto_free char *line =
        xasprintf(" %s\n# read at the console\n", scene.twin.peer->pin);
    put(&scene, "pin", line);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_int_equal(atomic_load(&scene.twin.basics), 1);
    scene_end(&scene);
}

static void another_key_gets_no_password(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, "{\"state\":\"CONFIGURED\"}");
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene,
               "{\"pin\":\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}", "");
    assert_int_equal(fake_start(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "cannot be asked"));
    assert_int_equal(atomic_load(&scene.twin.basics), 0);
    scene_end(&scene);
}

static void a_refused_password_is_not_sent_for_ever(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 401, "{\"error_type\":\"UNAUTHENTICATED\",\"messages\":[]}");
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene, NULL, "");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING); /* it may be starting yet */
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "refuses root's password"));
    scene_end(&scene);
}

/* --- silence ----------------------------------------------------------------------------------- */

static void silence_is_waited_for_up_to_its_end(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 503, "no healthy upstream");
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene, NULL, ",\"silence\":1");
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING);
    assert_non_null(strstr(call.said, "waiting for the new appliance"));
    scene.twin.status = 200;
    scene.twin.body = RUNNING;
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    scene.twin.status = 503;
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING); /* counted anew */
    (void)usleep(1100000);
    assert_int_equal(fake_poll(&call), SLIPWAY_FAILED);
    assert_non_null(strstr(call.said, "has not answered for"));
    scene_end(&scene);
}

static void the_appliances_own_address_tells_that_it_has_moved(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, RUNNING);
    auto_fake_call struct fake_call call;
    call_begin(&call, &scene, NULL, "");
    twin_gone(&scene);
    assert_int_equal(fake_start(&call), SLIPWAY_PENDING); /* the old version: not it */
    vc_rules(
        &scene.vc,
        (struct rule[]){GIVES("/api/appliance/system/version", VERSION_NEW),
                        {.ask = "GET /api/vcenter/deployment",
                         .status = 200,
                         .body = RUNNING,
                         .times = 1},
                        GIVES("/api/vcenter/deployment", "{\"state\":\"CONFIGURED\"}"),
                        {0}});
    assert_int_equal(fake_poll(&call), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "where"), "final");
    scene_end(&scene);
}

static void the_installers_end_counts_only_before_the_first_answer(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, RUNNING);
    auto_free char *more = xasprintf(",\"installer\":\"%s\"", scene.folder);
    auto_fake_call struct fake_call seen, unseen;
    call_begin(&seen, &scene, NULL, more);
    call_begin(&unseen, &scene, NULL, more);
    assert_int_equal(fake_start(&seen), SLIPWAY_PENDING);
    twin_gone(&scene);
    assert_int_equal(fake_start(&unseen), SLIPWAY_PENDING);
    static const char *const folders[] = {"log", "log/workflow_1"};
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        auto_free char *path = xasprintf("%s/%s", scene.folder, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put(&scene, "status", "1\n");
    put(&scene, "log/workflow_1/vcsa-cli-installer-status.json",
        "{\"vcsaDeploy\":{\"status\":\"FAILED\"}}");
    assert_int_equal(fake_poll(&seen), SLIPWAY_PENDING); /* it only stopped watching */
    for (int looks = 1; looks < 6; looks++)
        assert_int_equal(fake_poll(&unseen), SLIPWAY_PENDING);
    assert_int_equal(fake_poll(&unseen), SLIPWAY_FAILED);
    assert_non_null(
        strstr(unseen.said, "the installer ended (status 1, it says FAILED)"));
    scene_end(&scene);
}

static void a_single_look_gives_the_state_and_does_not_wait(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, 200, RUNNING);
    auto_free char *with = xasprintf("{\"url\":\"%s\",\"tls\":{\"pin\":\"%s\"}}",
                                     scene.twin.peer->url, scene.twin.peer->pin);
    auto_fake_call struct fake_call call;
    vc_call(&scene.vc, &call, "deployment", with);
    assert_int_equal(fake_start(&call), SLIPWAY_DONE);
    assert_string_equal(json_text(call.result, "state"), "CONFIG_IN_PROGRESS");
    twin_gone(&scene);
    assert_int_equal(fake_start(&call), SLIPWAY_RETRY);
    scene_end(&scene);
}

/* --- arguments --------------------------------------------------------------------------------- */

static void arguments_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *with, *said;
    } rows[] = {
        {"{\"url\":\"http://x\"}", "must begin with https://"},
        {"{\"url\":\"https://x\",\"tls\":{}}", "one of {pin"},
        {"{\"url\":\"https://x\",\"tls\":{\"pin\":\"a\",\"ca\":\"b\"}}", "one of {pin"},
        {"{\"url\":\"https://x\",\"tls\":{\"insecure\":\"yes\"}}", "one of {pin"},
        {"{\"url\":\"https://x\",\"wait\":true}", "name the version"},
        {"{\"url\":\"https://x\",\"version\":\"latest\"}", "never \"latest\""},
    };
    const struct slipway_operation *deployment =
        fake_operation(vcsa_plugin(), "deployment");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct slipway_error err = {""};
        assert_int_equal(deployment->check(rows[i].with, &err), -1);
        assert_non_null(strstr(err.text, rows[i].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_state_is_the_outcome),
        cmocka_unit_test(progress_and_subtasks_are_told),
        cmocka_unit_test(no_password_is_sent_before_there_is_a_pin),
        cmocka_unit_test(another_key_gets_no_password),
        cmocka_unit_test(a_refused_password_is_not_sent_for_ever),
        cmocka_unit_test(silence_is_waited_for_up_to_its_end),
        cmocka_unit_test(the_appliances_own_address_tells_that_it_has_moved),
        cmocka_unit_test(the_installers_end_counts_only_before_the_first_answer),
        cmocka_unit_test(a_single_look_gives_the_state_and_does_not_wait),
        cmocka_unit_test(arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
