/*
 * test_group_words.c - what `why` and `events` say of a link group while it goes as one:
 * read from the rows after every step, until all of it is over.
 */
#include "report/event.h"
#include "report/why.h"
#include "story.h"
#include "util/map.h"

static const struct plan_shape linked = {.targets = 3,
                                         .waves = {3},
                                         .budgets = {3},
                                         .soak_ms = 600000,
                                         .in_flight = 3,
                                         .budget = 3,
                                         .sites = 1,
                                         .site_max = 3,
                                         .manager_max = 3,
                                         .linked = {3},
                                         .companions = 1u << 2};

static int add_line(void *data, const struct store_event *event)
{
    auto_buf struct buf line = {0};
    event_sentence(event, &line);
    (void)map_intern(data, buf_text(&line));
    return 0;
}

static void ask(struct story *story, struct map *said)
{
    for (size_t i = 0; i < story->world->plan->target_count; i++) {
        auto_why struct why why = {.now_ms = 0};
        auto_buf struct buf text = {0};
        const char *name = story->world->plan->targets[i].name;
        OK(story->nest,
           why_load(story->nest->store, story->campaign, name, story->nest->dir,
                    story->world->now_ms, &why, &story->nest->err));
        struct why_view view = {.why = &why, .command = "slipway"};
        why_text(&view, &text);
        auto_free char *json = why_json(&view);
        assert_non_null(strstr(buf_text(&text), "link group sso-1 ("));
        assert_non_null(strstr(json, "\"waits\""));
        assert_null(strstr(buf_text(&text), "(null)"));
        (void)map_intern(said, why.group ? why.group : "");
    }
}

static void play(struct nest *nest, unsigned faults, struct map *said)
{
    struct story story = story_create(nest, &linked, 7);
    story.world->appliances[1].faults = faults;
    story_enter(&story);
    world_start(story.world);
    for (bool more = true; more;) {
        more = world_step(story.world);
        story_save(&story);
        ask(&story, said);
    }
    struct store_event_filter filter = STORE_ANY_EVENT;
    OK(nest,
       store_events(nest->store, story.campaign, &filter, add_line, said, &nest->err));
    story_destroy(&story);
}

static void heard(const struct map *said, const char *sentence)
{
    if (map_find(said, sentence) >= 0)
        return;
    for (size_t i = 0; i < said->count; i++)
        print_message("said: %s\n", said->keys[i]);
    fail_msg("nobody said: %s", sentence);
}

static void a_member_says_for_whom_it_waits(void **state)
{
    auto_map struct map said = {0};
    play(*state, 0, &said);
    heard(&said, "waits for vc-0002 and vc-0003 of link group sso-1 to be shut down");
    heard(&said, "waits for vc-0003 of link group sso-1 to be snapshotted");
    heard(&said,
          "verified; waits for the others of link group sso-1: vc-0002 is changing");
    heard(&said, "is not changed; waits for the others of link group sso-1: vc-0001 is "
                 "changing");
    heard(&said, "gathering -> guarding");
    heard(&said, "waits for the others of its link group (shutting down)");
    heard(&said, "protected; waits its turn in link group sso-1: vc-0001 is changing");
}

static void it_says_so_on_the_way_back_too(void **state)
{
    auto_map struct map said = {0};
    play(*state, FAULT_SICK, &said);
    heard(&said, "waits for vc-0001 and vc-0003 of link group sso-1 to be reverted");
    heard(&said, "waits for vc-0001 and vc-0003 of link group sso-1 to be started");
}

static void a_second_look_is_told_with_its_reason(void **state)
{
    (void)state;
    struct record again = {.kind = RECORD_GROUP,
                           .target = -1,
                           .from = GROUP_GUARDING,
                           .event = GROUP_LOOK_AGAIN,
                           .to = GROUP_GUARDING};
    struct store_event event = {.record = &again, .from = "guarding", .to = "guarding"};
    auto_buf struct buf text = {0};
    event_sentence(&event, &text);
    assert_string_equal(buf_text(&text), "looks again: what its guards found is old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_member_says_for_whom_it_waits, nest_with_store,
                                        nest_destroy),
        cmocka_unit_test_setup_teardown(it_says_so_on_the_way_back_too, nest_with_store,
                                        nest_destroy),
        cmocka_unit_test(a_second_look_is_told_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
