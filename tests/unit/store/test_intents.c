/*
 * test_intents.c - an effect is written down before it is issued, under a key that is
 * never used again, and settled once.
 */
#include "support.h"

static struct store_intent upgrade(int64_t id, const char *key)
{
    return (struct store_intent){.id = id,
                                 .target = 3,
                                 .activity = ACTIVITY_STEP,
                                 .index = 1,
                                 .moment = MOMENT_BEFORE,
                                 .step = "upgrade1",
                                 .use = "ssh.job",
                                 .repeat = SLIPWAY_RECONCILABLE,
                                 .incarnation = 1,
                                 .attempt = 2,
                                 .key = key,
                                 .fingerprint = "00ff",
                                 .with = "{\"script\":\"/abs/x\"}",
                                 .target_digest = "abcd",
                                 .issued_ms = 5000,
                                 .deadline_ms = 9000};
}

static int add(struct nest *nest, int64_t campaign, const struct store_intent *intent)
{
    begin(nest);
    (void)store_add_intent(nest->store, campaign, intent);
    return store_commit(nest->store, &nest->err);
}

struct open {
    int count;
    char text[600];
};

static int look(void *data, const struct store_intent *i)
{
    struct open *open = data;
    open->count++;
    (void)snprintf(
        open->text, sizeof open->text,
        "%lld %s %s/%d/%s %s %s %s inc %d try %d %s %s %s %s %lld-%lld %s %s %s %lld",
        (long long)i->id, i->target_name, activity_name(i->activity), i->index,
        moment_name(i->moment), i->step, i->use, repeat_name(i->repeat), i->incarnation,
        i->attempt, i->key, i->fingerprint, i->with, i->target_digest,
        (long long)i->issued_ms, (long long)i->deadline_ms, i->handle ? i->handle : "-",
        i->outcome ? i->outcome : "-", i->sentence ? i->sentence : "-",
        (long long)i->settled_ms);
    return 0;
}

static struct open open_ones(struct nest *nest, int64_t campaign)
{
    struct open open = {0};
    OK(nest, store_open_intents(nest->store, campaign, look, &open, &nest->err));
    return open;
}

static void an_intent_carries_all_that_a_worker_needs(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent intent = upgrade(1, "c.vc-0004.upgrade1.1.2");
    OK(nest, add(nest, id, &intent));
    assert_string_equal(
        open_ones(nest, id).text,
        "1 vc-0004 step/1/before upgrade1 ssh.job reconcilable inc 1 try 2 "
        "c.vc-0004.upgrade1.1.2 00ff {\"script\":\"/abs/x\"} abcd 5000-9000 "
        "- - - 0");
}

static void a_handle_is_kept_and_an_outcome_closes_it(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent first = upgrade(1, "k1"), second = upgrade(2, "k2");
    OK(nest, add(nest, id, &first));
    OK(nest, add(nest, id, &second));
    begin(nest);
    (void)store_set_handle(nest->store, id, 1, "job-17");
    commit(nest);
    assert_int_equal(open_ones(nest, id).count, 2);
    begin(nest);
    (void)store_settle_intent(nest->store, id, 1, "done", "rc 0", 7000);
    commit(nest);
    struct open open = open_ones(nest, id);
    assert_int_equal(open.count, 1);
    assert_memory_equal(open.text, "2 ", 2);
    struct open all = {0};
    OK(nest, store_intents(nest->store, id, 3, 0, look, &all, &nest->err));
    assert_int_equal(all.count, 2); /* newest first: the last one seen is the first */
    assert_non_null(strstr(all.text, "5000-9000 job-17 done rc 0 7000"));
    all.count = 0;
    OK(nest, store_intents(nest->store, id, 4, 0, look, &all, &nest->err));
    assert_int_equal(all.count, 0);
}

static void what_never_began_is_issued_again_under_its_key(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent first = upgrade(1, "the.same"), again = upgrade(2, "the.same");
    OK(nest, add(nest, id, &first));
    begin(nest);
    (void)store_settle_intent(nest->store, id, 1, "not_started", NULL, 6000);
    (void)store_add_intent(nest->store, id, &again);
    commit(nest);
    assert_int_equal(open_ones(nest, id).count, 1);
}

static void a_key_is_never_used_again(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    auto_plan struct plan *plan = shape_plan(&few);
    plan->created_ms = 3;
    int64_t other = enter(nest, plan);
    struct store_intent first = upgrade(1, "the.same"), again = upgrade(7, "the.same");
    OK(nest, add(nest, id, &first));
    assert_int_equal(add(nest, other, &again), STORE_ERROR);
    said(nest, "intent.key");
    assert_true(store_poisoned(nest->store));
    nest_close(nest);
    nest_open(nest);
    assert_int_equal(open_ones(nest, id).count, 1);
    assert_int_equal(open_ones(nest, other).count, 0);
}

static void settling_twice_shows_that_memory_is_wrong(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent intent = upgrade(1, "k");
    OK(nest, add(nest, id, &intent));
    begin(nest);
    (void)store_settle_intent(nest->store, id, 1, "done", NULL, 7000);
    commit(nest);
    begin(nest);
    assert_int_equal(store_settle_intent(nest->store, id, 1, "failed", NULL, 7001),
                     STORE_NO_SUCH);
    assert_int_equal(store_commit(nest->store, &nest->err), STORE_NO_SUCH);
    said(nest, "no open intent 1");
}

static void an_intent_of_no_target_is_refused(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent intent = upgrade(1, "k");
    intent.target = 500;
    assert_int_equal(add(nest, id, &intent), STORE_ERROR);
    said(nest, "FOREIGN KEY");
}

static void nothing_of_a_failed_transaction_is_kept(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent intent = upgrade(1, "k");
    struct record record = note(1, -1, "with the intent");
    begin(nest);
    assert_int_equal(store_append(nest->store, id, &record, 1), STORE_OK);
    assert_int_equal(store_add_intent(nest->store, id, &intent), STORE_OK);
    assert_int_equal(store_add_intent(nest->store, id, &intent), STORE_ERROR);
    assert_int_equal(store_append(nest->store, id, &record, 1), STORE_ERROR);
    assert_int_equal(store_commit(nest->store, &nest->err), STORE_ERROR);
    said(nest, "adding an intent");
    nest_close(nest);
    nest_open(nest);
    assert_int_equal(open_ones(nest, id).count, 0);
    struct store_chain chain;
    OK(nest, store_verify_chain(nest->store, id, &chain, &nest->err));
    assert_int_equal(chain.records, 0);
}

static void writes_need_a_transaction(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    struct store_intent intent = upgrade(1, "k");
    assert_int_equal(store_add_intent(nest->store, id, &intent), STORE_ERROR);
    assert_int_equal(store_begin(nest->store, &nest->err), STORE_ERROR);
    said(nest, "outside of a transaction");
}

/* ---- results ---- */

static int add_step(void *data, const struct store_result_row *row)
{
    char *text = data;
    size_t length = strlen(text);
    (void)snprintf(text + length, 200 - length, "%s %d %s;", row->step, row->incarnation,
                   row->json);
    return 0;
}

static void the_newest_result_of_a_step_wins(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    begin(nest);
    (void)store_save_result(nest->store, id, 0, "space", 0, "{\"free\":1}", 1);
    (void)store_save_result(nest->store, id, 0, "stage", 0, "2", 2);
    (void)store_save_result(nest->store, id, 0, "space", 1, "{\"free\":3}", 3);
    (void)store_save_result(nest->store, id, 1, "space", 0, "4", 4);
    commit(nest);
    auto_free char *json = NULL;
    OK(nest, store_result(nest->store, id, 0, "space", &json, &nest->err));
    assert_string_equal(json, "{\"free\":3}");
    char all[200] = "";
    OK(nest, store_results(nest->store, id, 0, add_step, all, &nest->err));
    assert_string_equal(all, "space 1 {\"free\":3};stage 0 2;");
    char *none = NULL;
    assert_int_equal(store_result(nest->store, id, 0, "reboot", &none, &nest->err),
                     STORE_NO_SUCH);
    assert_null(none);
}

static void a_result_beyond_the_limit_is_refused(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    auto_free char *json = xmalloc(SLIPWAY_RESULT_MAX + 2);
    memset(json, '1', SLIPWAY_RESULT_MAX + 1);
    json[SLIPWAY_RESULT_MAX] = '\0';
    begin(nest);
    (void)store_save_result(nest->store, id, 0, "space", 0, json, 1);
    commit(nest);
    json[SLIPWAY_RESULT_MAX] = '1';
    json[SLIPWAY_RESULT_MAX + 1] = '\0';
    begin(nest);
    assert_int_equal(store_save_result(nest->store, id, 0, "space", 0, json, 1),
                     STORE_ERROR);
    assert_int_equal(store_commit(nest->store, &nest->err), STORE_ERROR);
    said(nest, "result of step space");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(an_intent_carries_all_that_a_worker_needs),
        WITH(a_handle_is_kept_and_an_outcome_closes_it),
        WITH(what_never_began_is_issued_again_under_its_key),
        WITH(a_key_is_never_used_again),
        WITH(settling_twice_shows_that_memory_is_wrong),
        WITH(an_intent_of_no_target_is_refused),
        WITH(nothing_of_a_failed_transaction_is_kept),
        WITH(writes_need_a_transaction),
        WITH(the_newest_result_of_a_step_wins),
        WITH(a_result_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
