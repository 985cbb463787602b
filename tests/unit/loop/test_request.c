/*
 * test_request.c - what slipway does by itself, as an executor gets it: which operation,
 * with which arguments, and how it may be repeated.
 */
#include "loop/request.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/fingerprint.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct snapshot_state snapshot = {.reference = "snapshot-7",
                                               .name = "slipway/x"};

static const struct {
    enum activity activity;
    const char *use, *with;
    enum slipway_class repeat;
} own[] = {
    {ACTIVITY_GUARD, "vsphere.snapshot_check",
     "{\"own\":\"slipway/\",\"room_bytes\":1024}", SLIPWAY_READ},
    {ACTIVITY_REVERT, "vsphere.snapshot_revert",
     "{\"name\":\"slipway/x\",\"not_before\":5000,\"snapshot\":\"snapshot-7\"}",
     SLIPWAY_RECONCILABLE},
    {ACTIVITY_PRUNE, "vsphere.snapshot_remove",
     "{\"name\":\"slipway/x\",\"snapshot\":\"snapshot-7\"}", SLIPWAY_RECONCILABLE},
    {ACTIVITY_POWER_ON, "vsphere.power_on", "{}", SLIPWAY_IDEMPOTENT},
    {ACTIVITY_POWER_OFF, "vsphere.shut_down", "{\"grace_ms\":60000}", SLIPWAY_IDEMPOTENT},
};

static void what_slipway_does_by_itself_has_one_operation_each(void **state)
{
    struct plan_shape shape = {
        .targets = 1, .waves = {1}, .in_flight = 1, .change_steps = 1};
    struct plan *plan = shape_plan(&shape);
    struct request_maker maker;
    struct slipway_error err = {""};
    (void)state;
    plan->playbook.snapshot_room_bytes = 1024;
    assert_int_equal(request_maker_init(&maker, plan, NULL, 1, &err), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
        struct action action = {.call = CALL_START,
                                .activity = own[i].activity,
                                .intent = 3,
                                .key = 3,
                                .issued_ms = 5000,
                                .timeout_ms = 1000,
                                .grace_ms = 60000,
                                .snapshot = &snapshot};
        struct exec_request request;
        assert_int_equal(request_make(&maker, &action, &request, &err), 0);
        assert_string_equal(request.use, own[i].use);
        assert_string_equal(request.with, own[i].with);
        assert_int_equal(request.repeat, own[i].repeat);
        exec_request_free(&request);
    }
    request_maker_clear(&maker);
    plan_free(plan);
}

/* The manager is asked for the way back just before the change is sent. */
static void a_change_names_the_snapshot_that_it_needs(void **state)
{
    struct plan_shape shape = {
        .targets = 1, .waves = {1}, .in_flight = 1, .change_steps = 1};
    struct plan *plan = shape_plan(&shape);
    struct request_maker maker;
    struct slipway_error err = {""};
    struct exec_request request;
    struct action action = {.call = CALL_START,
                            .activity = ACTIVITY_STEP,
                            .intent = 3,
                            .key = 3,
                            .timeout_ms = 1000,
                            .snapshot = &snapshot};
    (void)state;
    assert_int_equal(request_maker_init(&maker, plan, NULL, 1, &err), 0);
    assert_int_equal(request_make(&maker, &action, &request, &err), 0);
    assert_string_equal(request.protection, "vsphere.snapshot_find");
    assert_string_equal(request.protection_with,
                        "{\"name\":\"slipway/x\",\"snapshot\":\"snapshot-7\"}");
    exec_request_free(&request);
    action.snapshot = NULL; /* nothing was taken, so nothing is looked for */
    assert_int_equal(request_make(&maker, &action, &request, &err), 0);
    assert_null(request.protection);
    exec_request_free(&request);
    request_maker_clear(&maker);
    plan_free(plan);
}

/* A look and an effect may carry the same number; what either leaves on an appliance must
   not pass for the other's. */
static void a_read_and_an_effect_never_share_a_key(void **state)
{
    struct plan_shape shape = {
        .targets = 1, .waves = {1}, .in_flight = 1, .change_steps = 1};
    struct plan *plan = shape_plan(&shape);
    struct request_maker maker;
    struct slipway_error err = {""};
    struct action effect = {.call = CALL_START,
                            .activity = ACTIVITY_STEP,
                            .intent = 3,
                            .key = 3,
                            .call_id = 3,
                            .timeout_ms = 1000};
    struct action look = effect;
    struct exec_request a, b;
    (void)state;
    look.intent = look.key = 0;
    assert_int_equal(request_maker_init(&maker, plan, NULL, 1, &err), 0);
    assert_int_equal(request_make(&maker, &effect, &a, &err), 0);
    assert_int_equal(request_make(&maker, &look, &b, &err), 0);
    assert_string_not_equal(a.key, b.key);
    exec_request_free(&a);
    exec_request_free(&b);
    request_maker_clear(&maker);
    plan_free(plan);
}

/* The script of step 0, as `path` holds it now, is what the plan pins. */
static void pin_script(struct plan *plan, const char *path)
{
    char fingerprint[FINGERPRINT_SIZE];
    fingerprint_file(path, fingerprint);
    plan->playbook.steps[0].op.files = xasprintf("{\"%s\":\"%s\"}", path, fingerprint);
}

static void write_script(const char *path, const char *text)
{
    struct slipway_error err;
    assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
}

/* What the engine would hear for a call of step 0; NULL: it can be made. */
static char *refusal(struct request_maker *maker, enum call call)
{
    struct action action = {.call = call,
                            .activity = ACTIVITY_STEP,
                            .intent = 3,
                            .key = 3,
                            .call_id = 3,
                            .timeout_ms = 1000};
    struct exec_request request = {0};
    struct slipway_error err = {""};
    if (request_make(maker, &action, &request, &err))
        return xstrdup(err.text);
    exec_request_free(&request);
    return NULL;
}

static void a_script_that_was_edited_since_the_plan_is_not_begun(void **state)
{
    struct plan_shape shape = {
        .targets = 1, .waves = {1}, .in_flight = 1, .change_steps = 1};
    struct plan *plan = shape_plan(&shape);
    struct request_maker maker;
    struct slipway_error err = {""};
    char path[] = "slipway-script-XXXXXX";
    (void)state;
    auto_fd int fd = mkstemp(path);
    write_script(path, "patch --all\n");
    pin_script(plan, path);
    assert_int_equal(request_maker_init(&maker, plan, NULL, 1, &err), 0);
    assert_null(refusal(&maker, CALL_START));
    assert_null(refusal(&maker, CALL_START)); /* and again, from what is known */

    write_script(path, "patch --ill\n"); /* as long as before */
    auto_free char *edited = refusal(&maker, CALL_START);
    assert_non_null(edited);
    assert_non_null(strstr(edited, "was changed since the plan was made"));
    /* what runs already must be asked about, whatever became of the file */
    assert_null(refusal(&maker, CALL_PROBE));
    assert_null(refusal(&maker, CALL_POLL));

    write_script(path, "patch --all\n");
    assert_null(refusal(&maker, CALL_START));
    assert_int_equal(unlink(path), 0);
    auto_free char *gone = refusal(&maker, CALL_START);
    assert_non_null(gone);
    assert_non_null(strstr(gone, "is gone since the plan was made"));
    request_maker_clear(&maker);
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_slipway_does_by_itself_has_one_operation_each),
        cmocka_unit_test(a_change_names_the_snapshot_that_it_needs),
        cmocka_unit_test(a_read_and_an_effect_never_share_a_key),
        cmocka_unit_test(a_script_that_was_edited_since_the_plan_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
