/* test_predicted.c - the slots of a plan against what became of them. */
#include "report/account.h"
#include "story.h"
#include "util/json.h"

#define MINUTE 60000LL

static const struct plan_shape night = {
    .targets = 8,
    .waves = {2, 6},
    .budgets = {0, 6},
    .soak_ms = 600000,
    .in_flight = 3,
    .budget = 9,
    .sites = 2,
    .site_max = 3,
    .manager_max = 2,
};

/* Every slot five minutes after the one before, some spread. */
static void set_slots(struct plan *plan, int64_t spread_ms)
{
    plan->time.slots = xcalloc(plan->target_count, sizeof *plan->time.slots);
    plan->time.slot_count = plan->target_count;
    for (size_t i = 0; i < plan->target_count; i++)
        plan->time.slots[i] =
            (struct plan_slot){.timetable = -1,
                               .pace = -1,
                               .from_ms = STORY_START_MS + (int64_t)i * 5 * MINUTE,
                               .until_ms = STORY_START_MS + (int64_t)i * 5 * MINUTE + 1,
                               .spread_ms = spread_ms};
}

static void finish(struct story *story)
{
    struct world *w = story->world;
    story_enter(story);
    world_start(w);
    while (!machine_is_final(&campaign_machine, (int)engine_state(w->engine)->campaign))
        assert_true(world_step(w));
    story_save(story);
}

static int64_t first_start(const struct world *w, int target)
{
    for (size_t i = 0; i < w->journal_count; i++) {
        const struct record *r = &w->journal[i];
        if (r->kind == RECORD_TARGET && r->target == target &&
            (r->event == TARGET_ADMIT || r->event == TARGET_ADMIT_BARE))
            return r->at_ms;
    }
    return 0;
}

static void starts_are_compared_with_their_slots(void **state)
{
    struct story story = story_create(*state, &night, 1);
    auto_account struct account account = {.target_count = 0};
    auto_document struct document document = {.count = 0};
    auto_buf struct buf text = {0};
    int within = 0;
    set_slots(story.world->plan, 10 * MINUTE);
    finish(&story);
    assert_int_equal(account_load(story.nest->store, story.campaign, story.nest->dir,
                                  story.world->now_ms, &account, &story.nest->err),
                     STORE_OK);
    const struct predicted *p = &account.predicted;
    assert_int_equal(p->target_count, 8);
    for (int i = 0; i < 8; i++) {
        int64_t off_ms = llabs(first_start(story.world, i) -
                               (STORY_START_MS + (int64_t)i * 5 * MINUTE));
        assert_int_equal(p->targets[i].started_ms, first_start(story.world, i));
        assert_true(p->targets[i].changed_ms > p->targets[i].started_ms);
        within += off_ms <= 11 * MINUTE;
    }
    assert_int_equal(p->all.started, 8);
    assert_int_equal(p->all.slots, 8);
    assert_int_equal(p->all.within, within);
    assert_int_equal(p->waves[0].started + p->waves[1].started, 8);
    assert_int_equal(p->slot_finish_ms, STORY_START_MS + 35 * MINUTE + 1 + night.soak_ms);
    assert_true(p->finish_ms > STORY_START_MS);
    account_document(&account, &document);
    document_text(&document, false, &text);
    assert_non_null(strstr(buf_text(&text), "Predicted and actual"));
    assert_non_null(strstr(buf_text(&text), "Predicted finish: 2026-11-21 00:45Z"));
    auto_free char *json_text_of = account_json(&account);
    auto_json json_t *json = json_loads(json_text_of, 0, NULL);
    const json_t *predicted = json_object_get(json, "predicted");
    assert_int_equal(json_number(json_object_get(predicted, "all"), "within_spread", -1),
                     within);
    assert_int_equal(json_array_size(json_object_get(predicted, "targets")), 8);
    story_destroy(&story);
}

static void a_plan_without_slots_has_no_such_section(void **state)
{
    struct story story = story_create(*state, &night, 1);
    auto_account struct account account = {.target_count = 0};
    auto_document struct document document = {.count = 0};
    auto_buf struct buf text = {0};
    finish(&story);
    assert_int_equal(account_load(story.nest->store, story.campaign, story.nest->dir,
                                  story.world->now_ms, &account, &story.nest->err),
                     STORE_OK);
    account_document(&account, &document);
    document_text(&document, false, &text);
    assert_null(strstr(buf_text(&text), "Predicted and actual"));
    story_destroy(&story);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(starts_are_compared_with_their_slots),
        STORY(a_plan_without_slots_has_no_such_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
