/*
 * test_rows.c - the real engine runs on model appliances, the store follows it, and at
 * every moment another reader gets from the rows what the engine has in memory.
 */
#include "store/internal.h"
#include "store/inventory.h"
#include "support.h"
#include "times.h"

struct story {
    struct nest *nest;
    struct world *world;
    int64_t campaign;
    size_t stored; /* records of the journal that are in the store */
};

static struct story story_begin(struct nest *nest, const struct plan_shape *shape,
                                uint64_t seed)
{
    struct story story = {.nest = nest, .world = world_create(shape, seed)};
    story.campaign = enter(nest, story.world->plan);
    return story;
}

static void story_end(struct story *story)
{
    world_destroy(story->world);
}

/* What the loop's driver does after each step of the engine. */
static void story_save(struct story *story)
{
    struct world *w = story->world;
    struct store *store = story->nest->store;
    const struct engine_state *s = engine_state(w->engine);
    begin(story->nest);
    (void)store_append(store, story->campaign, w->journal + story->stored,
                       w->journal_count - story->stored);
    story->stored = w->journal_count;
    for (int i = 0; i < (int)w->plan->target_count; i++)
        (void)store_save_target(store, story->campaign, w->plan, s, i);
    for (int i = 0; i < (int)w->plan->wave_count; i++)
        (void)store_save_wave(store, story->campaign, w->plan, s, i);
    for (int i = 0; i < (int)w->plan->unit_count; i++)
        (void)store_save_unit(store, story->campaign, w->plan, s, i);
    (void)store_save_campaign(store, story->campaign, w->plan, s);
    (void)store_save_caps(store, story->campaign, w->plan, s);
    commit(story->nest);
}

static bool story_step(struct story *story)
{
    bool more = world_step(story->world);
    story_save(story);
    return more;
}

/* ---- the rows against the engine ---- */

static void same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void same_activity(const struct store_target *row, const struct activity_state *a)
{
    assert_int_equal(row->activity, a->kind);
    assert_int_equal(row->activity_index, a->index);
    assert_int_equal(row->moment, a->moment);
    assert_int_equal(row->step_state, a->state);
    assert_int_equal(row->attempt, a->attempt);
    assert_int_equal(row->intent, a->intent);
    assert_int_equal(row->begun_ms, a->begun_ms);
    assert_int_equal(row->issued_ms, a->issued_ms);
    assert_int_equal(row->deadline_ms, a->deadline_ms);
    assert_int_equal(row->not_before_ms, a->not_before_ms);
    assert_int_equal(row->doubt_since_ms, a->doubt_since_ms);
    same_text(row->handle, a->handle);
    same_text(row->sentence, a->sentence);
}

static void same_unit(const struct world *w, const struct store_target *row)
{
    const struct group_state *group = NULL;
    assert_int_equal(row->unit, plan_unit_of(w->plan, row->index));
    if (row->unit >= 0)
        group = &engine_state(w->engine)->groups[row->unit];
    assert_int_equal(row->unit_state, group ? group->state : 0);
    same_text(row->unit_reason, group ? group->reason : NULL);
}

static int same_target(void *data, const struct store_target *row)
{
    const struct world *w = data;
    const struct target_state *t = &engine_state(w->engine)->targets[row->index];
    const struct plan_target *planned = &w->plan->targets[row->index];
    assert_string_equal(row->name, planned->name);
    assert_string_equal(row->site, planned->site);
    assert_string_equal(row->version_from, planned->version);
    assert_int_equal(row->wave, planned->wave);
    assert_string_equal(row->wave_name, w->plan->waves[planned->wave].name);
    assert_int_equal(row->state, t->state);
    assert_int_equal(row->parked_from, t->parked_from);
    assert_int_equal(row->since_ms, t->since_ms);
    assert_int_equal(row->first_ms, t->first_ms);
    assert_int_equal(row->soak_until_ms, t->soak_until_ms);
    assert_int_equal(row->position, t->position);
    assert_int_equal(row->incarnation, t->incarnation);
    assert_int_equal(row->retries, t->retries);
    assert_int_equal(row->changed, t->changed);
    assert_int_equal(row->acknowledged, t->acknowledged);
    assert_int_equal(row->hold_until_ms, t->hold_until_ms);
    assert_int_equal(row->companion, t->companion);
    assert_int_equal(row->arrived, t->arrived);
    assert_int_equal(row->off, t->off);
    same_unit(w, row);
    same_text(row->reason, t->reason);
    same_text(row->version_before, t->version_before);
    same_text(row->version_now, t->version_now);
    same_text(row->hold_reason, t->hold_reason);
    same_text(row->hold_actor, t->hold_actor);
    same_text(row->position_step,
              t->position >= 0 ? w->plan->playbook.steps[t->position].op.id : NULL);
    same_activity(row, &t->activity);
    return 0;
}

static void same_caps(const struct cap_fact *a, size_t a_count, const struct cap_fact *b,
                      size_t b_count)
{
    assert_int_equal(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        assert_string_equal(a[i].key, b[i].key);
        assert_int_equal(a[i].used, b[i].used);
        assert_int_equal(a[i].max, b[i].max);
    }
}

static void same_blockers(const struct admission_facts *a,
                          const struct admission_facts *b)
{
    struct blocker mine[ADMISSION_BLOCKERS_MAX], theirs[ADMISSION_BLOCKERS_MAX];
    size_t count = admission_evaluate(a, mine);
    assert_int_equal(count, admission_evaluate(b, theirs));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(mine[i].kind, theirs[i].kind);
        assert_string_equal(mine[i].text, theirs[i].text);
        assert_int_equal(mine[i].next_change_ms, theirs[i].next_change_ms);
    }
}

static void same_facts(struct story *story, struct store *reader, int target)
{
    struct world *w = story->world;
    struct admission_facts live;
    auto_store_facts struct store_facts rows = {0};
    engine_admission_facts(w->engine, target, w->now_ms, &live);
    OK(story->nest,
       store_admission_facts(reader, story->campaign, w->plan->targets[target].name,
                             w->now_ms, &rows, &story->nest->err));
    assert_int_equal(rows.target, target);
    same_caps(live.domains, live.domain_count, rows.facts.domains,
              rows.facts.domain_count);
    same_caps(live.limits, live.limit_count, rows.facts.limits, rows.facts.limit_count);
    assert_memory_equal(&live.wave_budget, &rows.facts.wave_budget,
                        sizeof live.wave_budget);
    assert_memory_equal(&live.campaign_budget, &rows.facts.campaign_budget,
                        sizeof live.campaign_budget);
    assert_int_equal(live.in_flight, rows.facts.in_flight);
    assert_int_equal(live.in_flight_max, rows.facts.in_flight_max);
    assert_int_equal(live.mode, rows.facts.mode);
    same_blockers(&live, &rows.facts);
}

/* Who is on the way, and since when the one that is it longest. */
static void same_in_flight(const struct story *story, const struct store_status *status)
{
    const struct plan *plan = story->world->plan;
    const struct engine_state *s = engine_state(story->world->engine);
    int64_t oldest_ms = 0;
    for (size_t i = 0; i < status->wave_count; i++) {
        int first = plan->waves[i].first, count = 0;
        for (int k = first; k < first + plan->waves[i].count; k++) {
            const struct target_state *t = &s->targets[k];
            if (t->state < TARGET_SNAPSHOTTING || t->state > TARGET_CHECKING)
                continue;
            count++;
            oldest_ms = !oldest_ms || t->since_ms < oldest_ms ? t->since_ms : oldest_ms;
        }
        assert_int_equal(status->waves[i].in_flight, count);
    }
    assert_int_equal(status->oldest_in_flight_ms, oldest_ms);
}

static void same_status(struct story *story, struct store *reader)
{
    const struct engine_state *s = engine_state(story->world->engine);
    auto_store_status struct store_status status = {0};
    OK(story->nest, store_status(reader, story->campaign, story->world->now_ms, &status,
                                 &story->nest->err));
    assert_int_equal(status.campaign.state, s->campaign);
    assert_int_equal(status.campaign.since_ms, s->campaign_since_ms);
    assert_int_equal(status.campaign.started_ms, s->started_ms);
    assert_int_equal(status.campaign.epoch, s->epoch);
    assert_int_equal(status.campaign.failed, s->failed);
    assert_int_equal(status.campaign.in_flight, s->in_flight);
    assert_int_equal(status.campaign.in_doubt, s->in_doubt);
    assert_int_equal(status.campaign.last_seq, story->stored);
    same_text(status.campaign.reason, s->reason);
    same_text(status.campaign.actor, s->actor);
    assert_memory_equal(status.counts, s->count_by_state, sizeof status.counts);
    assert_int_equal(status.wave_count, story->world->plan->wave_count);
    for (size_t i = 0; i < status.wave_count; i++) {
        assert_int_equal(status.waves[i].state, s->waves[i].state);
        assert_int_equal(status.waves[i].failed, s->waves[i].failed);
        assert_int_equal(status.waves[i].in_doubt, s->waves[i].in_doubt);
        assert_int_equal(status.waves[i].approved, s->waves[i].approved);
        assert_int_equal(status.waves[i].budget, s->waves[i].budget);
        assert_memory_equal(status.waves[i].counts, s->waves[i].count_by_state,
                            sizeof status.counts);
    }
    same_in_flight(story, &status);
}

struct kept {
    struct world *world;
    int seen;
};

static int same_snapshot(void *data, const struct store_snapshot *row)
{
    struct kept *kept = data;
    const struct target_state *t =
        &engine_state(kept->world->engine)->targets[row->target];
    kept->seen++;
    for (int i = 0; i < t->snapshot_count; i++) {
        const struct snapshot_state *s = &t->snapshots[i];
        if (s->taken_ms != row->taken_ms || strcmp(s->reference, row->reference) != 0)
            continue;
        same_text(row->name, s->name);
        same_text(row->version, s->version);
        assert_int_equal(row->step, s->step);
        assert_int_equal(row->incarnation, s->incarnation);
        assert_int_equal(row->due_ms, s->taken_ms + 72 * 3600000LL);
        return 0;
    }
    fail_msg("the row of %s is not in the engine", row->name);
    return 1;
}

static void same_snapshots(struct story *story, struct store *reader)
{
    struct kept kept = {.world = story->world};
    struct store_snapshot_filter filter = {.campaign = story->campaign, .target = -1};
    int count = 0;
    OK(story->nest,
       store_snapshots(reader, &filter, same_snapshot, &kept, &story->nest->err));
    for (size_t i = 0; i < story->world->plan->target_count; i++)
        count += engine_state(story->world->engine)->targets[i].snapshot_count;
    assert_int_equal(kept.seen, count);
}

static int same_cap(void *data, const struct store_cap *row)
{
    const struct world *w = data;
    const struct engine_state *s = engine_state(w->engine);
    int limit = plan_limit(w->plan, row->key);
    if (!row->domain) {
        assert_int_equal(row->used, s->limit_used[limit]);
        assert_int_equal(row->max, s->limit_max[limit]);
        return 0;
    }
    for (size_t i = 0; i < w->plan->domain_count; i++) {
        if (strcmp(w->plan->domains[i].key, row->key) != 0)
            continue;
        assert_int_equal(row->used, s->domain_down[i]);
        assert_int_equal(row->claimed, s->domain_claimed[i]);
        assert_int_equal(row->max, s->domain_max[i]);
    }
    return 0;
}

static void rows_are_what_the_engine_has(struct story *story, struct store *reader)
{
    struct store_target_filter all = STORE_ANY_TARGET;
    struct nest *nest = story->nest;
    OK(nest, store_targets(reader, story->campaign, &all, same_target, story->world,
                           &nest->err));
    OK(nest, store_caps(reader, story->campaign, same_cap, story->world, &nest->err));
    same_status(story, reader);
    same_snapshots(story, reader);
    for (int i = 0; i < (int)story->world->plan->target_count; i++)
        same_facts(story, reader, i);
}

static int replay_one(void *data, const struct record *record)
{
    return engine_replay(data, record);
}

/* A fresh engine, from nothing but the file, is the engine that lived. */
static void replay_gives_the_same_engine(struct story *story)
{
    struct nest *nest = story->nest;
    auto_free char *text = NULL;
    auto_plan struct plan *plan = NULL;
    size_t length = 0;
    OK(nest, store_plan(nest->store, story->campaign, &text, &length, &nest->err));
    OK(nest, plan_from_json(text, length, &plan, &nest->err));
    struct engine *engine = engine_create(plan, 1);
    OK(nest,
       store_replay(nest->store, story->campaign, 1, replay_one, engine, &nest->err));
    auto_free char *live = engine_fingerprint(story->world->engine);
    auto_free char *back = engine_fingerprint(engine);
    assert_string_equal(live, back);
    engine_destroy(engine);
}

/* Seven steps of the engine a transaction, as a busy owner would. */
static void follow(struct story *story)
{
    auto_store struct store *reader = NULL;
    OK(story->nest, store_open_reader(story->nest->dir, &reader, &story->nest->err));
    bool more = true;
    for (long at = 0; more; at++) {
        story_save(story);
        if (at % 20 == 0)
            rows_are_what_the_engine_has(story, reader);
        for (int i = 0; i < 7 && more; i++)
            more = world_step(story->world);
        assert_true(at < 20000);
    }
    story_save(story);
    rows_are_what_the_engine_has(story, reader);
    replay_gives_the_same_engine(story);
}

/* ---- stories ---- */

static void the_rows_follow_a_healthy_campaign(void **state)
{
    struct story story = story_begin(*state, &few, 1);
    world_start(story.world);
    follow(&story);
    assert_int_equal(engine_state(story.world->engine)->campaign, CAMPAIGN_COMPLETED);
    story_end(&story);
}

static void the_rows_follow_failures_rollbacks_and_operators(void **state)
{
    struct plan_shape shape = few;
    shape.change_steps = 2;
    shape.mode = BUDGET_STRICT;
    shape.approval = shape.gate = true;
    struct story story = story_begin(*state, &shape, 2);
    static const unsigned faults[] = {0,
                                      FAULT_SICK,
                                      FAULT_LOST_REPLY,
                                      FAULT_UPDATE_FAILS,
                                      FAULT_RED_BEFORE,
                                      FAULT_SICK | FAULT_REVERT_FAILS,
                                      0,
                                      FAULT_HANGS,
                                      FAULT_REFUSES,
                                      FAULT_LIES,
                                      FAULT_SNAPSHOT_FAILS,
                                      0};
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        story.world->appliances[i].faults = faults[i];
    world_start(story.world);
    world_command(story.world, VERB_HOLD, 6, -1, "customer asked");
    world_command(story.world, VERB_APPROVE, -1, -1, "go");
    world_start(story.world);
    for (int round = 0; round < 8; round++) {
        follow(&story);
        world_command(story.world, VERB_UNPAUSE, -1, -1, "seen");
        world_command(story.world, VERB_APPROVE, -1, round % 3, "go");
    }
    world_command(story.world, VERB_RELEASE, 6, -1, "fine");
    world_command(story.world, VERB_RETRY, 1, -1, "again");
    follow(&story);
    assert_true(world_count(story.world, TARGET_ROLLED_BACK) >= 1);
    assert_true(world_count(story.world, TARGET_STRANDED) == 1);
    assert_true(world_count(story.world, TARGET_SUCCEEDED) >= 3);
    story_end(&story);
}

/* Linked ones, of which one turns sick and one cannot be reverted at first. */
static void the_rows_follow_a_link_group_there_and_back(void **state)
{
    struct nest *nest = *state;
    struct plan_shape linked = few;
    linked.linked[0] = 2;
    linked.linked[1] = 3;
    linked.companions = 1u << 3;
    linked.site_max = 3;
    struct story story = {.nest = nest, .world = world_create(&linked, 7)};
    story.campaign = enter(nest, story.world->plan);
    story.world->appliances[2].faults = FAULT_SICK;
    story.world->appliances[4].faults = FAULT_REVERT_FAILS;
    world_start(story.world);
    follow(&story);
    assert_int_equal(world_count(story.world, TARGET_STRANDED), 3);
    story.world->appliances[4].faults = 0;
    world_command(story.world, VERB_ROLLBACK, 2, -1, "mended");
    world_command(story.world, VERB_UNPAUSE, -1, -1, "looked at");
    follow(&story);
    assert_int_equal(world_count(story.world, TARGET_ROLLED_BACK), 3);
    assert_int_equal(world_count(story.world, TARGET_SUCCEEDED), 9);
    story_end(&story);
}

static void a_crashed_owner_goes_on_from_the_rows(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 3);
    world_start(story.world);
    for (int crash = 0; crash < 6; crash++) {
        for (int i = 0; i < 40; i++)
            (void)story_step(&story);
        nest_close(nest);
        nest_open(nest);
        assert_true(world_crash(story.world));
        story_save(&story);
        replay_gives_the_same_engine(&story);
    }
    follow(&story);
    assert_int_equal(engine_state(story.world->engine)->campaign, CAMPAIGN_COMPLETED);
    story_end(&story);
}

static void settings_that_an_operator_turned_are_in_the_rows(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 4);
    world_start(story.world);
    story_save(&story); /* from now on only what changes is saved */
    static const struct {
        const char *name;
        int wave, value;
    } settings[] = {{"in_flight", -1, 2},
                    {"budget", -1, 9},
                    {"wave_budget", 1, 7},
                    {"domain:site=s1", -1, 1},
                    {"limit:manager=m", -1, 1}};
    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
        struct input input = {.kind = INPUT_COMMAND,
                              .command = {.verb = VERB_SET,
                                          .target = -1,
                                          .wave = settings[i].wave,
                                          .setting = settings[i].name,
                                          .number = settings[i].value,
                                          .actor = "olga"}};
        world_input(story.world, &input);
    }
    story_save(&story);
    auto_store_status struct store_status status = {0};
    OK(nest, store_status(nest->store, story.campaign, 0, &status, &nest->err));
    assert_int_equal(status.campaign.in_flight_max, 2);
    assert_int_equal(status.campaign.budget, 9);
    assert_int_equal(status.waves[1].budget, 7);
    rows_are_what_the_engine_has(&story, nest->store);
    story_end(&story);
}

/* ---- what is counted and found in them ---- */

static void a_hold_is_over_in_the_rows_when_it_is_for_the_engine(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 5);
    world_start(story.world);
    int64_t until_ms = story.world->now_ms + 60000;
    world_tell(story.world, (struct command){.verb = VERB_HOLD,
                                             .target = 0,
                                             .wave = -1,
                                             .reason = "the customer asked",
                                             .number = until_ms});
    story_save(&story);
    for (int after = 0; after < 2; after++) {
        struct admission_facts live;
        auto_store_facts struct store_facts rows = {0};
        engine_admission_facts(story.world->engine, 0, until_ms - 1 + after, &live);
        OK(nest, store_admission_facts(nest->store, story.campaign, "vc-0001",
                                       until_ms - 1 + after, &rows, &nest->err));
        assert_true(!live.hold_reason == (after == 1));
        same_text(live.hold_reason, rows.facts.hold_reason);
    }
    story_end(&story);
}

static void the_status_says_how_fast_it_goes(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 6);
    struct world *w = story.world;
    world_start(w);
    while (world_step(w))
        ;
    story_save(&story);
    const struct target_state *t = engine_state(w->engine)->targets;
    int64_t first_ms = INT64_MAX, last_ms = 0, took_ms = 0;
    for (int i = 0; i < few.targets; i++) {
        assert_int_equal(t[i].state, TARGET_SUCCEEDED);
        first_ms = t[i].since_ms < first_ms ? t[i].since_ms : first_ms;
        last_ms = t[i].since_ms > last_ms ? t[i].since_ms : last_ms;
        took_ms += t[i].since_ms - t[i].first_ms;
    }
    int64_t now_ms = first_ms + 3600000; /* an hour ago just the first one was done */
    int hour = 0;
    for (int i = 0; i < few.targets; i++)
        hour += t[i].since_ms > first_ms;
    auto_store_status struct store_status status = {0};
    OK(nest, store_status(nest->store, story.campaign, now_ms, &status, &nest->err));
    assert_in_range(hour, 1, few.targets - 1);
    assert_int_equal(status.succeeded_last_hour, hour);
    assert_int_equal(status.succeeded_last_day, few.targets);
    assert_int_equal(status.first_succeeded_ms, first_ms);
    assert_int_equal(status.last_succeeded_ms, last_ms);
    assert_int_equal(status.mean_duration_ms, took_ms / few.targets);
    story_end(&story);
}

static int count_owners(void *data, const struct store_event *event)
{
    assert_int_equal(event->record->kind, RECORD_OWNER);
    ++*(int *)data;
    return 0;
}

/* The first kind of all is a kind, too. */
static void who_was_the_owner_is_found(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 7);
    world_start(story.world);
    story_save(&story);
    struct store_event_filter filter = STORE_ANY_EVENT;
    filter.kind = RECORD_OWNER;
    int owners = 0;
    OK(nest, store_events(nest->store, story.campaign, &filter, count_owners, &owners,
                          &nest->err));
    assert_int_equal(owners, 1);
    story_end(&story);
}

/* ---- asking for targets ---- */

struct names {
    char text[256];
};

static int add_name(void *data, const struct store_target *target)
{
    struct names *names = data;
    size_t length = strlen(names->text);
    (void)snprintf(names->text + length, sizeof names->text - length, "%s%s",
                   length ? " " : "", target->name + 3);
    return 0;
}

static struct names list(struct nest *nest, int64_t id, struct store_target_filter filter)
{
    struct names names = {""};
    OK(nest, store_targets(nest->store, id, &filter, add_name, &names, &nest->err));
    return names;
}

static void targets_are_found_by_wave_state_hold_and_age(void **state)
{
    struct nest *nest = *state;
    int64_t id = enter_few(nest);
    assert_int_equal(meddle(nest,
                            "UPDATE target SET state = 'failed', since_ms = 500 - idx"
                            " WHERE idx IN (1, 4, 7);"
                            "UPDATE target SET state = 'parked', since_ms = 497"
                            " WHERE idx = 9;"
                            "UPDATE target SET hold_reason = 'x' WHERE idx IN (4, 11)"),
                     SQLITE_OK);
    struct store_target_filter any = STORE_ANY_TARGET, f = any;
    f.wave = 1;
    assert_string_equal(list(nest, id, f).text, "0003 0004 0005 0006");
    f.after = 3;
    f.limit = 1;
    assert_string_equal(list(nest, id, f).text, "0005");
    f = any;
    f.held = true;
    assert_string_equal(list(nest, id, f).text, "0005 0012");
    f = any;
    f.states = 1u << TARGET_FAILED | 1u << TARGET_PARKED;
    assert_string_equal(list(nest, id, f).text, "0002 0005 0008 0010");
    f.order = STORE_NEWEST_FIRST;
    f.limit = 3;
    assert_string_equal(list(nest, id, f).text, "0002 0010 0005");
    f.order = STORE_OLDEST_FIRST;
    assert_string_equal(list(nest, id, f).text, "0008 0005 0010");
    f = any;
    f.name = "vc-0007";
    assert_string_equal(list(nest, id, f).text, "0007");
    f.name = "vc-007";
    struct names none = {""};
    assert_int_equal(store_targets(nest->store, id, &f, add_name, &none, &nest->err),
                     STORE_NO_SUCH);
    said(nest, "did you mean vc-0007?");
}

static int read_progress(void *data, const struct store_target *target)
{
    (void)snprintf(data, 64, "%d %s", target->progress,
                   target->progress_text ? target->progress_text : "-");
    return 0;
}

static void progress_is_shown_until_the_activity_changes(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 5);
    char shown[64] = "";
    struct store_target_filter f = STORE_ANY_TARGET;
    f.name = "vc-0001";
    world_start(story.world);
    const struct target_state *t = &engine_state(story.world->engine)->targets[0];
    while (t->activity.kind != ACTIVITY_STEP || t->activity.state != STEP_RUNNING)
        (void)story_step(&story);
    begin(nest);
    assert_int_equal(store_progress(nest->store, story.campaign, 0, 40, "RPM 12 of 30"),
                     STORE_OK);
    commit(nest);
    begin(nest);
    (void)store_save_target(nest->store, story.campaign, story.world->plan,
                            engine_state(story.world->engine), 0);
    commit(nest);
    OK(nest,
       store_targets(nest->store, story.campaign, &f, read_progress, shown, &nest->err));
    assert_string_equal(shown, "40 RPM 12 of 30");
    while (t->activity.kind == ACTIVITY_STEP)
        (void)story_step(&story);
    OK(nest,
       store_targets(nest->store, story.campaign, &f, read_progress, shown, &nest->err));
    assert_string_equal(shown, "-1 -");
    story_end(&story);
}

struct verdicts {
    char text[400];
};

static int add_check(void *data, const struct store_check *check)
{
    struct verdicts *v = data;
    size_t length = strlen(v->text);
    (void)snprintf(v->text + length, sizeof v->text - length, "%s %s %s %s;",
                   check->target_name, check->check_id, moment_name(check->moment),
                   store_verdict_name(check->verdict));
    return 0;
}

/* What was red before is red in the books: that somebody looked is no verdict. */
static void checks_are_compared_before_and_after(void **state)
{
    struct nest *nest = *state;
    struct story story = story_begin(nest, &few, 6);
    story.world->appliances[4].faults = FAULT_RED_BEFORE;
    story.world->appliances[4].healthy = false;
    world_start(story.world);
    follow(&story);
    struct verdicts v = {""}, red = {""};
    OK(nest, store_checks(nest->store, story.campaign, 4, add_check, &red, &nest->err));
    assert_non_null(strstr(red.text, "vc-0005 health before red;"));
    assert_non_null(strstr(red.text, "vc-0005 health after red;"));
    OK(nest, store_checks(nest->store, story.campaign, 3, add_check, &v, &nest->err));
    assert_non_null(strstr(v.text, "vc-0004 health before green;"));
    assert_non_null(strstr(v.text, "vc-0004 health after green;"));
    assert_non_null(strstr(v.text, "vc-0004 version after green;"));
    story_end(&story);
}

/* ---- campaigns ---- */

static void a_campaign_is_found_as_operators_type_it(void **state)
{
    struct nest *nest = *state;
    auto_store_campaign struct store_campaign c = {0};
    assert_int_equal(store_find_campaign(nest->store, NULL, &c, &nest->err),
                     STORE_NO_SUCH);
    said(nest, "slipway plan");
    int64_t first = enter_few(nest);
    assert_int_equal(enter_few(nest), first); /* the same plan is the same campaign */
    auto_plan struct plan *plan = shape_plan(&few);
    plan->created_ms = 9;
    int64_t second = enter(nest, plan);
    auto_free char *number = xasprintf("%lld", (long long)first);
    auto_free char *prefix = xstrndup(plan->digest, 9);
    const struct {
        const char *which;
        int64_t id;
    } asked[] = {{NULL, second}, {number, first}, {"shape", second}, {prefix, second}};
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        auto_store_campaign struct store_campaign found = {0};
        OK(nest, store_find_campaign(nest->store, asked[i].which, &found, &nest->err));
        assert_int_equal(found.id, asked[i].id);
        assert_true(found.seed == 0xfedcba9876543210u);
        assert_string_equal(found.created_by, "olga");
    }
    assert_int_equal(store_find_campaign(nest->store, "shap", &c, &nest->err),
                     STORE_NO_SUCH);
    said(nest, "shap: no campaign");
}

/* ---- for later versions ---- */

static void keep_copy(const struct nest *nest, const char *to)
{
    sqlite3 *db = NULL;
    auto_free char *sql = xasprintf("VACUUM INTO '%s'", to);
    assert_int_equal(sqlite3_open(nest->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

/* Every table has rows. With SLIPWAY_KEEP_FIXTURE=tests/unit/store/fixtures/vN.db the
   database is kept, so that later schemas can be tested against it. */
static void a_database_with_something_of_everything(void **state)
{
    struct nest *nest = *state;
    struct plan_shape linked = few;
    linked.linked[0] = 2;
    linked.site_max = 3;
    struct story story = {.nest = nest, .world = world_create(&linked, 7)};
    times_begin(story.world->plan); /* time rules that bind nobody */
    story.campaign = enter(nest, story.world->plan);
    world_start(story.world);
    struct input vouch = {.kind = INPUT_CLOCK, .number = 1, .actor = "olga"};
    world_input(story.world, &vouch);
    follow(&story);
    struct store_intent intent = {.id = 1,
                                  .activity = ACTIVITY_STEP,
                                  .index = 1,
                                  .step = "upgrade1",
                                  .use = "ssh.job",
                                  .repeat = SLIPWAY_RECONCILABLE,
                                  .key = "shape.vc-0001.upgrade1.0.1",
                                  .fingerprint = "f",
                                  .with = "{}"};
    json_t *empty = json_object();
    struct manager manager = {.name = (char *)(uintptr_t) "m", .doc = empty};
    struct appliance appliance = {.name = (char *)(uintptr_t) "vc-0001", .doc = empty};
    struct fleet fleet = {.zone = (char *)(uintptr_t) "Europe/Paris",
                          .managers = &manager,
                          .manager_count = 1,
                          .appliances = &appliance,
                          .appliance_count = 1};
    struct store_import import;
    OK(nest, store_import_fleet(nest->store, &fleet, true, 1, &import, &nest->err));
    json_decref(empty);
    begin(nest);
    (void)store_add_intent(nest->store, story.campaign, &intent);
    (void)store_save_result(nest->store, story.campaign, 0, "space", 0, "{}", 1);
    commit(nest);
    sqlite3_stmt *tables = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(nest->store->db,
                           "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                           &tables, NULL),
        SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        int64_t count = 0;
        auto_free char *sql = xasprintf("SELECT count(*) FROM %s",
                                        (const char *)sqlite3_column_text(tables, 0));
        assert_int_equal(connect_number(nest->store->db, sql, &count), 0);
        assert_true(count > 0);
    }
    (void)sqlite3_finalize(tables);
    nest_close(nest);
    if (getenv("SLIPWAY_KEEP_FIXTURE"))
        keep_copy(nest, getenv("SLIPWAY_KEEP_FIXTURE"));
    story_end(&story);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, nest_with_store, nest_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_rows_follow_a_healthy_campaign),
        WITH(the_rows_follow_failures_rollbacks_and_operators),
        WITH(the_rows_follow_a_link_group_there_and_back),
        WITH(a_crashed_owner_goes_on_from_the_rows),
        WITH(settings_that_an_operator_turned_are_in_the_rows),
        WITH(a_hold_is_over_in_the_rows_when_it_is_for_the_engine),
        WITH(the_status_says_how_fast_it_goes),
        WITH(who_was_the_owner_is_found),
        WITH(targets_are_found_by_wave_state_hold_and_age),
        WITH(progress_is_shown_until_the_activity_changes),
        WITH(checks_are_compared_before_and_after),
        WITH(a_campaign_is_found_as_operators_type_it),
        WITH(a_database_with_something_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
