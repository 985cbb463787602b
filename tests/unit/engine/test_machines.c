/*
 * test_machines.c - every state x event of the five machines, first as tables,
 * then through the engine: what a table does not list is recorded as rejected and
 * changes nothing at all.
 *
 * The tables are written out a second time here, in words, so that changing one
 * takes two hands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"
#include "util/auto.h"
#include "util/buf.h"
#include "world.h"

/* One row for each state: "event>state" for everything that is listed. */
struct row {
    const char *state, *moves;
};

static const struct row campaign_rows[] = {
    {"unapproved", "approve>ready abort>aborted"},
    {"ready", "start>running abort>aborted"},
    {"running", "pause>paused budget_exceeded>paused stranded>paused abort>aborting "
                "all_succeeded>completed all_settled>completed_with_failures"},
    {"paused", "unpause>running abort>aborting"},
    {"aborting", "drained>aborted"},
    {"aborted", ""},
    {"completed", "reopen>running"},
    {"completed_with_failures", "reopen>running"},
};

static const struct row wave_rows[] = {
    {"pending", "reached_gate>gated reached>open"},
    {"gated", "approved>open"},
    {"open", "all_settled>done"},
    {"done", "reopen>open"},
};

static const struct row target_rows[] = {
    {"pending", "prepare>preparing skip>skipped fail>failed park>parked"},
    {"preparing",
     "prepared>ready fail>failed nothing_to_do>succeeded park>parked skip>skipped"},
    {"ready", "unready>pending admit>snapshotting admit_bare>changing skip>skipped "
              "fail>failed park>parked"},
    {"snapshotting", "protected>changing fail>failed roll_back>rolling_back park>parked "
                     "spared>soaking"},
    {"changing", "changed>checking fail>failed roll_back>rolling_back park>parked"},
    {"checking", "next_step>snapshotting next_bare>changing verified>soaking fail>failed "
                 "roll_back>rolling_back park>parked"},
    {"soaking", "soaked>cleaning fail>failed roll_back>rolling_back park>parked"},
    {"cleaning", "cleaned>succeeded park>parked"},
    {"succeeded", "roll_back>rolling_back"},
    {"rolling_back", "restored>rolled_back strand>stranded park>parked"},
    {"rolled_back", "skip>skipped retry>pending"},
    {"stranded", "roll_back>rolling_back skip>skipped"},
    {"parked", "roll_back>rolling_back skip>skipped retry>pending continue>parked"},
    {"skipped", "roll_back>rolling_back retry>pending"},
    {"failed", "roll_back>rolling_back skip>skipped retry>pending"},
};

static const struct row group_rows[] = {
    {"gathering", "admit>guarding fail>failed leave>left"},
    {"guarding",
     "arrive>guarding look_again>guarding all_arrived>shutting_down fail>failed"},
    {"shutting_down", "arrive>shutting_down all_arrived>snapshotting roll_back>halting "
                      "leave>left"},
    {"snapshotting", "arrive>snapshotting all_arrived>starting roll_back>halting "
                     "leave>left"},
    {"starting", "arrive>starting all_arrived>proving roll_back>halting leave>left"},
    {"proving", "arrive>proving all_arrived>changing roll_back>halting leave>left"},
    {"changing", "all_changed>soaking roll_back>halting leave>left"},
    {"soaking", "arrive>soaking all_arrived>cleaning roll_back>halting leave>left"},
    {"cleaning", "all_clean>succeeded"},
    {"succeeded", ""},
    {"halting", "halted>powering_off bare>restarting strand>stranded"},
    {"powering_off", "arrive>powering_off all_arrived>reverting strand>stranded"},
    {"reverting", "arrive>reverting all_arrived>restarting strand>stranded"},
    {"restarting", "arrive>restarting all_arrived>restoring strand>stranded"},
    {"restoring", "arrive>restoring all_arrived>clearing strand>stranded"},
    {"clearing", "all_clean>rolled_back"},
    {"rolled_back", "retry>gathering leave>left"},
    {"stranded", "roll_back>halting leave>left"},
    {"failed", "retry>gathering leave>left"},
    {"left", "retry>gathering roll_back>halting"},
};

static const struct row step_rows[] = {
    {"idle", "begin>waiting"},
    {"waiting",
     "issue>issued finished>done try_later>waiting attempt_failed>waiting fail>failed "
     "reset>idle"},
    {"issued", "pending>running finished>done try_later>waiting attempt_failed>waiting "
               "fail>failed unknown>in_doubt lost>in_doubt lost_harmless>waiting"},
    {"running", "pending>running finished>done attempt_failed>waiting fail>failed "
                "unknown>in_doubt lost>in_doubt"},
    {"in_doubt", "finished>done attempt_failed>waiting fail>failed not_started>waiting "
                 "adopt>running give_up>in_doubt ask_again>in_doubt reset>idle"},
    {"done", "begin>waiting reset>idle"},
    {"failed", "begin>waiting reset>idle"},
};

static const struct row recovery_rows[] = {
    {"idle", "begin>running"},
    {"running", "done>retrying fail>idle"},
    {"retrying", "begin>running cured>idle in_vain>idle"},
};

static const struct book {
    const struct machine *machine;
    const struct row *rows;
    int row_count;
    int start, start_too; /* states in which a life begins */
} books[] = {
    {&campaign_machine, campaign_rows, ARRAY_LENGTH(campaign_rows), CAMPAIGN_UNAPPROVED,
     CAMPAIGN_READY},
    {&wave_machine, wave_rows, ARRAY_LENGTH(wave_rows), WAVE_PENDING, WAVE_PENDING},
    {&target_machine, target_rows, ARRAY_LENGTH(target_rows), TARGET_PENDING,
     TARGET_PENDING},
    {&step_machine, step_rows, ARRAY_LENGTH(step_rows), STEP_IDLE, STEP_IDLE},
    {&group_machine, group_rows, ARRAY_LENGTH(group_rows), GROUP_GATHERING,
     GROUP_GATHERING},
    {&recovery_machine, recovery_rows, ARRAY_LENGTH(recovery_rows), RECOVERY_IDLE,
     RECOVERY_IDLE},
};

/* ---- the tables ---- */

/* What the row says about the event: the state's number, or -1. */
static int written(const struct book *book, int state, const char *event)
{
    auto_free char *moves = xstrdup(book->rows[state].moves);
    char *rest = NULL;
    for (char *move = strtok_r(moves, " ", &rest); move;
         move = strtok_r(NULL, " ", &rest)) {
        char *to = strchr(move, '>');
        *to++ = '\0';
        if (!strcmp(move, event))
            return machine_state_from(book->machine, to);
    }
    return -1;
}

static void every_state_and_event_is_as_written(void **state)
{
    (void)state;
    int walked = 0, listed = 0, lines = 0;
    for (size_t b = 0; b < ARRAY_LENGTH(books); b++) {
        const struct machine *m = books[b].machine;
        lines += (int)m->table_length;
        assert_int_equal(m->state_count, books[b].row_count);
        for (int s = 0; s < m->state_count; s++) {
            assert_string_equal(machine_state(m, s), books[b].rows[s].state);
            for (int e = 0; e < m->event_count; e++, walked++) {
                int to = machine_next(m, s, e);
                if (to != written(&books[b], s, machine_event(m, e)))
                    fail_msg("%s: %s in %s", m->name, machine_event(m, e),
                             machine_state(m, s));
                listed += to >= 0;
            }
        }
    }
    assert_int_equal(walked, 8 * 11 + 4 * 5 + 15 * 22 + 7 * 15 + 20 * 13 + 3 * 5);
    assert_int_equal(listed, lines);
}

static void a_table_lists_nothing_twice_and_nothing_that_is_not_there(void **state)
{
    (void)state;
    for (size_t b = 0; b < ARRAY_LENGTH(books); b++) {
        const struct machine *m = books[b].machine;
        for (size_t i = 0; i < m->table_length; i++) {
            assert_in_range(m->table[i].from, 0, m->state_count - 1);
            assert_in_range(m->table[i].event, 0, m->event_count - 1);
            assert_in_range(m->table[i].to, 0, m->state_count - 1);
            for (size_t k = 0; k < i; k++)
                assert_false(m->table[i].from == m->table[k].from &&
                             m->table[i].event == m->table[k].event);
        }
        for (int wrong = -2; wrong < 0; wrong++) {
            assert_int_equal(machine_next(m, wrong, 0), -1);
            assert_int_equal(machine_next(m, 0, wrong), -1);
        }
        assert_int_equal(machine_next(m, m->state_count, 0), -1);
        assert_int_equal(machine_next(m, 0, m->event_count), -1);
    }
}

static void every_state_can_be_reached_and_every_event_is_used(void **state)
{
    (void)state;
    for (size_t b = 0; b < ARRAY_LENGTH(books); b++) {
        const struct machine *m = books[b].machine;
        bool reached[32] = {false}, used[32] = {false};
        reached[books[b].start] = reached[books[b].start_too] = true;
        for (int round = 0; round < m->state_count; round++) {
            for (size_t i = 0; i < m->table_length; i++) {
                reached[m->table[i].to] |= reached[m->table[i].from];
                used[m->table[i].event] = true;
            }
        }
        for (int s = 0; s < m->state_count; s++)
            assert_true(reached[s]);
        for (int e = 0; e < m->event_count; e++)
            assert_true(used[e]);
    }
}

/* From every state that is not final something can still happen. */
static void only_final_states_are_ends(void **state)
{
    (void)state;
    for (size_t b = 0; b < ARRAY_LENGTH(books); b++) {
        const struct machine *m = books[b].machine;
        for (int s = 0; s < m->state_count; s++) {
            int ways = 0;
            for (int e = 0; e < m->event_count; e++)
                ways += machine_next(m, s, e) >= 0;
            assert_true(ways > 0 || machine_is_final(m, s));
        }
    }
}

typedef const char *(*namer)(const struct machine *m, int value);
typedef int (*finder)(const struct machine *m, const char *name);

static void round_trip(const struct machine *m, int count, namer name, finder find)
{
    for (int i = 0; i < count; i++) {
        assert_true(*name(m, i));
        assert_int_equal(find(m, name(m, i)), i);
    }
    assert_string_equal(name(m, -1), "?");
    assert_string_equal(name(m, count), "?");
    assert_int_equal(find(m, "no such name"), -1);
    assert_int_equal(find(m, NULL), -1);
}

static void names_of_states_and_events_come_back(void **state)
{
    (void)state;
    for (size_t b = 0; b < ARRAY_LENGTH(books); b++) {
        const struct machine *m = books[b].machine;
        round_trip(m, m->state_count, machine_state, machine_state_from);
        round_trip(m, m->event_count, machine_event, machine_event_from);
    }
}

#define ROUND_TRIP(count, type, name, from)                                              \
    do {                                                                                 \
        for (int i_ = 0; i_ < (count); i_++)                                             \
            assert_int_equal(from(name((type)i_)), i_);                                  \
        assert_string_equal(name((type)(count)), "?");                                   \
        assert_int_equal(from("no such name"), -1);                                      \
        assert_int_equal(from(NULL), -1);                                                \
    } while (0)

static void names_of_everything_else_come_back(void **state)
{
    (void)state;
    ROUND_TRIP(RECORD_KIND_COUNT, enum record_kind, record_kind_name, record_kind_from);
    ROUND_TRIP(ACTIVITY_COUNT, enum activity, activity_name, activity_from);
    ROUND_TRIP(MOMENT_COUNT, enum moment, moment_name, moment_from);
    ROUND_TRIP(VERB_COUNT, enum verb, verb_name, verb_from);
}

/* ---- through the engine ---- */

static const struct plan_shape one = {
    .targets = 1, .soak_ms = 600000, .budget = 3, .budgets = {3}};
static const struct plan_shape one_linked = {
    .targets = 1, .soak_ms = 600000, .budget = 3, .budgets = {3}, .linked = {1}};

struct seat {
    struct plan *plan;
    struct engine *engine;
};

static struct record blank(enum record_kind kind, int from, int event, int to)
{
    return (struct record){.at_ms = 1000,
                           .kind = kind,
                           .wave = -1,
                           .target = -1,
                           .from = from,
                           .event = event,
                           .to = to,
                           .index = -1,
                           .moment = -1};
}

static void put(struct seat *seat, struct record record)
{
    assert_int_equal(engine_replay(seat->engine, &record), 0);
}

/* An engine in which the campaign, its wave and its target stand like this. */
static struct seat sit_in(const struct plan_shape *shape, int campaign, int wave,
                          int target)
{
    struct seat seat = {.plan = shape_plan(shape)};
    seat.engine = engine_create(seat.plan, 1);
    put(&seat, blank(RECORD_CAMPAIGN, -1, -1, campaign));
    struct record r = blank(RECORD_WAVE, -1, -1, wave);
    r.wave = 0;
    put(&seat, r);
    r = blank(RECORD_TARGET, -1, -1, target);
    r.target = 0;
    put(&seat, r);
    r = blank(RECORD_SOAK, -1, -1, -1);
    r.target = 0;
    r.number = 1000000;
    put(&seat, r);
    r = blank(RECORD_POSITION, -1, -1, -1);
    r.target = 0;
    r.index = 1;
    put(&seat, r);
    return seat;
}

static struct seat sit(int campaign, int wave, int target)
{
    return sit_in(&one, campaign, wave, target);
}

/* With a link group that stands like this. */
static struct seat sit_linked(int group)
{
    struct seat seat = sit_in(&one_linked, CAMPAIGN_PAUSED, WAVE_OPEN, TARGET_READY);
    struct record r = blank(RECORD_GROUP, -1, -1, group);
    r.index = 0;
    put(&seat, r);
    return seat;
}

static void stand_up(struct seat *seat)
{
    engine_destroy(seat->engine);
    plan_free(seat->plan);
}

static void put_step(struct seat *seat, int step)
{
    struct record r = blank(RECORD_STEP, STEP_IDLE, STEP_GIVE_UP, step);
    r.target = 0;
    r.activity = ACTIVITY_STEP;
    r.index = 1;
    r.moment = MOMENT_AFTER;
    put(seat, r);
}

/* Let machine `b` get `event` in `from`; true if the engine took it. */
static bool offer(struct seat *seat, size_t b, int event)
{
    if (b == 0)
        return emit_campaign(seat->engine, (enum campaign_event)event, "olga", "%s", "");
    if (b == 1)
        return emit_wave(seat->engine, 0, (enum wave_event)event, "olga");
    if (b == 2)
        return emit_target(seat->engine, 0, (enum target_event)event, "olga", "%s", "");
    size_t before = seat->engine->record_count;
    if (b == 3)
        emit_step(seat->engine, 0, (enum step_event)event, 0, NULL, NULL);
    else
        emit_group(seat->engine, 0, -1, (enum group_event)event, "olga", "%s", "");
    return seat->engine->records[before].kind == (b == 3 ? RECORD_STEP : RECORD_GROUP);
}

/* A recovery gets its events from recover.c alone: test_recover.c. */
static void what_no_table_lists_is_rejected_and_changes_nothing(void **state)
{
    (void)state;
    int rejected = 0, listed = 0;
    for (size_t b = 0; b < ARRAY_LENGTH(books) - 1; b++) {
        const struct machine *m = books[b].machine;
        listed += (int)m->table_length;
        for (int s = 0; s < m->state_count; s++) {
            for (int e = 0; e < m->event_count; e++) {
                struct seat seat =
                    b == 4 ? sit_linked(s)
                           : sit(b == 0 ? s : CAMPAIGN_PAUSED, b == 1 ? s : WAVE_OPEN,
                                 b == 2 ? s : TARGET_READY);
                if (b == 3)
                    put_step(&seat, s);
                auto_free char *before = engine_fingerprint(seat.engine);
                bool taken = offer(&seat, b, e);
                auto_free char *after = engine_fingerprint(seat.engine);
                assert_int_equal(taken, machine_next(m, s, e) >= 0);
                assert_int_equal(seat.engine->record_count, 1);
                if (!taken) {
                    assert_int_equal(seat.engine->records[0].kind, RECORD_REJECTED);
                    assert_non_null(
                        strstr(seat.engine->records[0].text, machine_event(m, e)));
                    assert_string_equal(before, after);
                    rejected++;
                }
                stand_up(&seat);
            }
        }
    }
    assert_int_equal(rejected, 8 * 11 + 4 * 5 + 15 * 22 + 7 * 15 + 20 * 13 - listed);
}

/* ---- operators' verbs ---- */

static struct engine_output say(struct seat *seat, enum verb verb, int target)
{
    struct input input = {
        .kind = INPUT_COMMAND,
        .command = {.verb = verb, .target = target, .wave = -1, .actor = "olga"}};
    return engine_step(seat->engine, 2000, &input, 1);
}

/* The verb is recorded, then rejected with a sentence; nothing else happens. */
static void assert_rejected(struct seat *seat, enum verb verb, int target,
                            const char *where)
{
    auto_free char *before = engine_fingerprint(seat->engine);
    struct engine_output out = say(seat, verb, target);
    auto_free char *after = engine_fingerprint(seat->engine);
    if (out.record_count != 2 || out.action_count ||
        out.records[0].kind != RECORD_COMMAND || out.records[1].kind != RECORD_REJECTED)
        fail_msg("%s in %s was not rejected", verb_name(verb), where);
    assert_string_equal(out.records[0].actor, "olga");
    assert_true(strlen(out.records[1].text) > 10);
    assert_string_equal(before, after);
}

static const struct {
    enum verb verb;
    enum target_event event;
} target_verbs[] = {{VERB_RETRY, TARGET_RETRY},
                    {VERB_SKIP, TARGET_SKIP},
                    {VERB_ROLLBACK, TARGET_ROLL_BACK}};

static void an_unlisted_verb_is_rejected_in_every_target_state(void **state)
{
    (void)state;
    int rejected = 0;
    for (int s = 0; s < TARGET_STATE_COUNT; s++) {
        const char *where = machine_state(&target_machine, s);
        for (size_t v = 0; v < ARRAY_LENGTH(target_verbs); v++) {
            if (machine_next(&target_machine, s, (int)target_verbs[v].event) >= 0)
                continue;
            struct seat seat = sit(CAMPAIGN_PAUSED, WAVE_OPEN, s);
            assert_rejected(&seat, target_verbs[v].verb, 0, where);
            stand_up(&seat);
            rejected++;
        }
        struct seat seat = sit(CAMPAIGN_PAUSED, WAVE_OPEN, s);
        assert_rejected(&seat, VERB_RELEASE, 0, where);
        assert_rejected(&seat, VERB_APPROVE, 0, where);
        if (s != TARGET_SOAKING)
            assert_rejected(&seat, VERB_PROMOTE, 0, where);
        stand_up(&seat);
    }
    assert_int_equal(rejected, 11 + 8 + 6);
}

static void an_unlisted_verb_is_rejected_in_every_campaign_state(void **state)
{
    (void)state;
    static const struct {
        enum verb verb;
        enum campaign_event event;
    } verbs[] = {{VERB_PAUSE, CAMPAIGN_PAUSE},
                 {VERB_UNPAUSE, CAMPAIGN_UNPAUSE},
                 {VERB_ABORT, CAMPAIGN_ABORT},
                 {VERB_APPROVE, CAMPAIGN_APPROVE}};
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        for (size_t v = 0; v < ARRAY_LENGTH(verbs); v++) {
            if (machine_next(&campaign_machine, s, (int)verbs[v].event) >= 0)
                continue;
            struct seat seat = sit(s, WAVE_OPEN, TARGET_SOAKING);
            assert_rejected(&seat, verbs[v].verb, -1,
                            machine_state(&campaign_machine, s));
            stand_up(&seat);
        }
    }
}

/* What names nothing of this plan is not even a verb to record. */
static void a_verb_about_nothing_is_rejected(void **state)
{
    (void)state;
    struct seat seat = sit(CAMPAIGN_PAUSED, WAVE_OPEN, TARGET_READY);
    const struct command wrong[] = {
        {.verb = (enum verb)VERB_COUNT, .target = 0, .wave = -1},
        {.verb = VERB_SKIP, .target = 1, .wave = -1},
        {.verb = VERB_SKIP, .target = -1, .wave = -1},
        {.verb = VERB_HOLD, .target = -1, .wave = -1},
        {.verb = VERB_APPROVE, .target = -1, .wave = 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct input input = {.kind = INPUT_COMMAND, .command = wrong[i]};
        auto_free char *before = engine_fingerprint(seat.engine);
        struct engine_output out = engine_step(seat.engine, 2000, &input, 1);
        auto_free char *after = engine_fingerprint(seat.engine);
        assert_int_equal(out.record_count, 1);
        assert_int_equal(out.records[0].kind, RECORD_REJECTED);
        assert_string_equal(before, after);
    }
    stand_up(&seat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event_is_as_written),
        cmocka_unit_test(a_table_lists_nothing_twice_and_nothing_that_is_not_there),
        cmocka_unit_test(every_state_can_be_reached_and_every_event_is_used),
        cmocka_unit_test(only_final_states_are_ends),
        cmocka_unit_test(names_of_states_and_events_come_back),
        cmocka_unit_test(names_of_everything_else_come_back),
        cmocka_unit_test(what_no_table_lists_is_rejected_and_changes_nothing),
        cmocka_unit_test(an_unlisted_verb_is_rejected_in_every_target_state),
        cmocka_unit_test(an_unlisted_verb_is_rejected_in_every_campaign_state),
        cmocka_unit_test(a_verb_about_nothing_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
