/*
 * test_unreadable.c - what cannot be read is never told as "there is none": with its tables
 * taken away every question is answered by an error, and what the caller had stays.
 */
#include "store/inventory.h"
#include "support.h"

#define UNTOUCHED 4711

struct asked {
    struct nest *nest;
    int64_t campaign;
    int visits;
};

/* Whoever visits is not visited. */
#define VISITOR(name, type)                                                              \
    static int name(void *data, const struct type *found)                                \
    {                                                                                    \
        (void)found;                                                                     \
        ((struct asked *)data)->visits++;                                                \
        return 0;                                                                        \
    }
VISITOR(one_campaign, store_campaign)
VISITOR(one_target, store_target)
VISITOR(one_check, store_check)
VISITOR(one_intent, store_intent)
VISITOR(one_cap, store_cap)
VISITOR(one_event, store_event)
VISITOR(one_snapshot, store_snapshot)
VISITOR(one_duration, store_duration)
VISITOR(one_hold, store_hold)
VISITOR(one_record, record)
VISITOR(one_result, store_result_row)
VISITOR(one_appliance, store_appliance)

static int ask_campaigns(struct asked *a)
{
    return store_campaigns(a->nest->store, one_campaign, a, &a->nest->err);
}

static int ask_campaign(struct asked *a)
{
    auto_store_campaign struct store_campaign found = {.id = UNTOUCHED};
    int code = store_load_campaign(a->nest->store, a->campaign, &found, &a->nest->err);
    assert_true(!code || found.id == UNTOUCHED);
    return code;
}

static int ask_for_the_newest(struct asked *a)
{
    auto_store_campaign struct store_campaign found = {.id = UNTOUCHED};
    int code = store_find_campaign(a->nest->store, NULL, &found, &a->nest->err);
    assert_true(!code || found.id == UNTOUCHED);
    return code == STORE_NO_SUCH ? STORE_OK : code;
}

static int ask_by_name(struct asked *a)
{
    auto_store_campaign struct store_campaign found = {.id = UNTOUCHED};
    int code = store_find_campaign(a->nest->store, "shape", &found, &a->nest->err);
    assert_true(!code || found.id == UNTOUCHED);
    return code == STORE_NO_SUCH ? STORE_OK : code;
}

static int ask_targets(struct asked *a)
{
    struct store_target_filter all = STORE_ANY_TARGET;
    return store_targets(a->nest->store, a->campaign, &all, one_target, a, &a->nest->err);
}

static int ask_members(struct asked *a)
{
    return store_members(a->nest->store, a->campaign, 0, one_target, a, &a->nest->err);
}

static int ask_index(struct asked *a)
{
    int index = UNTOUCHED;
    int code =
        store_target_index(a->nest->store, a->campaign, "vc-0001", &index, &a->nest->err);
    assert_true(!code || index == UNTOUCHED);
    return code == STORE_NO_SUCH ? STORE_OK : code;
}

static int ask_checks(struct asked *a)
{
    return store_checks(a->nest->store, a->campaign, 0, one_check, a, &a->nest->err);
}

static int ask_intents(struct asked *a)
{
    return store_intents(a->nest->store, a->campaign, -1, 0, one_intent, a,
                         &a->nest->err);
}

static int ask_open_intents(struct asked *a)
{
    return store_open_intents(a->nest->store, a->campaign, one_intent, a, &a->nest->err);
}

static int ask_caps(struct asked *a)
{
    return store_caps(a->nest->store, a->campaign, one_cap, a, &a->nest->err);
}

static int ask_events(struct asked *a)
{
    struct store_event_filter all = STORE_ANY_EVENT;
    return store_events(a->nest->store, a->campaign, &all, one_event, a, &a->nest->err);
}

static int ask_chain(struct asked *a)
{
    struct store_chain chain = {0};
    return store_verify_chain(a->nest->store, a->campaign, &chain, &a->nest->err);
}

static int ask_snapshots(struct asked *a)
{
    struct store_snapshot_filter all = {.target = -1};
    return store_snapshots(a->nest->store, &all, one_snapshot, a, &a->nest->err);
}

static int ask_durations(struct asked *a)
{
    return store_durations(a->nest->store, "shape", 10, one_duration, a, &a->nest->err);
}

static int ask_holds(struct asked *a)
{
    return store_holds(a->nest->store, 1000, one_hold, a, &a->nest->err);
}

static int ask_replay(struct asked *a)
{
    return store_replay(a->nest->store, a->campaign, 1, one_record, a, &a->nest->err);
}

static int ask_plan(struct asked *a)
{
    char *json = NULL;
    size_t length = UNTOUCHED;
    int code = store_plan(a->nest->store, a->campaign, &json, &length, &a->nest->err);
    assert_true(!code || (!json && length == UNTOUCHED));
    free(json);
    return code;
}

static int ask_result(struct asked *a)
{
    char *json = NULL;
    int code =
        store_result(a->nest->store, a->campaign, 0, "upgrade1", &json, &a->nest->err);
    assert_true(!code || !json);
    free(json);
    return code == STORE_NO_SUCH ? STORE_OK : code;
}

static int ask_results(struct asked *a)
{
    return store_results(a->nest->store, a->campaign, 0, one_result, a, &a->nest->err);
}

static int ask_times(struct asked *a)
{
    auto_store_times struct store_times times = {0};
    return store_times_load(a->nest->store, a->campaign, &times, &a->nest->err);
}

static int ask_status(struct asked *a)
{
    auto_store_status struct store_status status = {.held = UNTOUCHED};
    int code = store_status(a->nest->store, a->campaign, 1000, &status, &a->nest->err);
    assert_true(!code || status.held == UNTOUCHED);
    return code;
}

static int ask_facts(struct asked *a)
{
    struct store_facts facts = {0};
    int code = store_admission_facts(a->nest->store, a->campaign, "vc-0001", 1000, &facts,
                                     &a->nest->err);
    store_facts_clear(&facts);
    return code == STORE_NO_SUCH ? STORE_OK : code;
}

static int ask_fleet(struct asked *a)
{
    struct fleet fleet = {.appliance_count = 0};
    int code = store_load_fleet(a->nest->store, &fleet, &a->nest->err);
    assert_null(fleet.appliances);
    assert_null(fleet.managers);
    return code;
}

static int ask_appliances(struct asked *a)
{
    struct store_appliance_filter all = {0};
    return store_appliances(a->nest->store, &all, one_appliance, a, &a->nest->err);
}

static const struct {
    const char *name;
    int (*ask)(struct asked *a);
} questions[] = {
    {"campaigns", ask_campaigns},
    {"a campaign", ask_campaign},
    {"the newest campaign", ask_for_the_newest},
    {"a campaign by name", ask_by_name},
    {"targets", ask_targets},
    {"members", ask_members},
    {"a target's index", ask_index},
    {"checks", ask_checks},
    {"intents", ask_intents},
    {"open intents", ask_open_intents},
    {"caps", ask_caps},
    {"events", ask_events},
    {"the chain", ask_chain},
    {"snapshots", ask_snapshots},
    {"durations", ask_durations},
    {"holds", ask_holds},
    {"the records", ask_replay},
    {"the plan", ask_plan},
    {"a result", ask_result},
    {"results", ask_results},
    {"time rules", ask_times},
    {"status", ask_status},
    {"an admission", ask_facts},
    {"the fleet", ask_fleet},
    {"appliances", ask_appliances},
};

static void take_tables_away(struct nest *nest)
{
    static const char *const tables[] = {
        "campaign",  "plan",           "plan_item", "chain",
        "wave",      "target",         "unit",      "cap",
        "event",     "snapshot",       "intent",    "target_cap",
        "result",    "appliance",      "manager",   "check_result",
        "plan_time", "inventory_time",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        auto_free char *sql = xasprintf("PRAGMA legacy_alter_table=ON; "
                                        "ALTER TABLE %s RENAME TO away_%zu",
                                        tables[i], i);
        if (meddle(nest, sql) != SQLITE_OK)
            fail_msg("%s cannot be taken away", tables[i]);
    }
}

static void what_cannot_be_read_is_an_error(void **state)
{
    struct asked asked = {.nest = *state};
    asked.campaign = enter_few(asked.nest);
    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
        if (questions[i].ask(&asked) < 0)
            fail_msg("%s: odd code", questions[i].name);
    }
    asked.visits = 0;
    take_tables_away(asked.nest);
    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
        slipway_error_set(&asked.nest->err, 0, "%s", "");
        if (questions[i].ask(&asked) == STORE_OK)
            fail_msg("%s: there are none, it says", questions[i].name);
        said(asked.nest, "slipway.db");
    }
    assert_int_equal(asked.visits, 0);
}

/* Managers were read, appliances cannot be: half a fleet is none. */
static void half_a_fleet_is_none(void **state)
{
    struct nest *nest = *state;
    __attribute__((cleanup(fleet_clear))) struct fleet fleet = {0}, found = {0};
    struct store_import import;
    *vec_push(fleet.managers, fleet.manager_count, fleet.manager_room) =
        (struct manager){.name = xstrdup("mgmt"), .doc = json_object()};
    OK(nest, store_import_fleet(nest->store, &fleet, false, 1000, &import, &nest->err));
    assert_int_equal(meddle(nest, "ALTER TABLE appliance RENAME TO away"), SQLITE_OK);
    assert_int_not_equal(store_load_fleet(nest->store, &found, &nest->err), STORE_OK);
    assert_int_equal(found.manager_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error, nest_with_store,
                                        nest_destroy),
        cmocka_unit_test_setup_teardown(half_a_fleet_is_none, nest_with_store,
                                        nest_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
