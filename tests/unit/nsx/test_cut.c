/*
 * test_cut.c - a manager that breaks off amid any answer, after any byte: reads come to
 * nothing, and of an effect nobody says that it happened or that it did not.
 */
#include "nsx_peer.h"

#include "cut.h"

#define U "/api/v1/upgrade"

struct operation {
    const char *name, *with, *effect; /* effect: how its request begins; NULL: it reads */
    bool optional;
    struct rule rules[6];
};

static const struct operation operations[] = {
    {.name = "t_version",
     .with = "{}",
     .rules = {{.ask = "GET /api/v1/node/version",
                .status = 200,
                .body = "{\"node_version\":\"4.1.0.2.0.1\"}"},
               {.ask = "GET /api/v1/cluster/a/node/version",
                .status = 200,
                .body = "{\"node_version\":\"4.1.0.2.0.1\"}"},
               {.ask = "GET /api/v1/cluster",
                .status = 200,
                .body = "{\"nodes\":[{\"node_uuid\":\"a\"}]}"},
               {0}}},
    {.name = "v_version",
     .with = "{}",
     .rules = {{.ask = "GET",
                .status = 200,
                .type = "application/xml",
                .body = "<globalInfo><versionInfo><majorVersion>6</majorVersion>"
                        "<minorVersion>4</minorVersion><patchVersion>13</patchVersion>"
                        "<buildNumber>1</buildNumber></versionInfo></globalInfo>"},
               {0}}},
    {.name = "t_backup", /* what was there before is good to know, no more */
     .with = "{}",
     .optional = true,
     .effect = "POST ",
     .rules = {{.ask = "POST /api/v1/cluster?action=backup_to_remote",
                .status = 200,
                .body = ""},
               {.ask = "GET", .status = 200, .body = "{}"},
               {0}}},
    {.name = "t_eula",
     .with = "{\"accept\":true}",
     .effect = "POST ",
     .rules = {{.ask = "POST", .status = 200, .body = "{}"},
               {.ask = "GET", .status = 200, .body = "{\"acceptance\":false}"},
               {0}}},
    {.name = "t_upgrade",
     .with = "{\"version\":\"4.1.2.1\",\"component\":\"MP\"}",
     .effect = "POST ",
     .rules = {{.ask = "POST", .status = 200, .body = ""},
               {.ask = "GET " U "/status-summary",
                .status = 200,
                .body = "{\"overall_upgrade_status\":\"NOT_STARTED\","
                        "\"component_status\":[{\"component_type\":\"MP\","
                        "\"status\":\"NOT_STARTED\",\"percent_complete\":0.0}]}"},
               {.ask = "GET " U "/summary",
                .status = 200,
                .body = "{\"upgrade_status\":\"NOT_STARTED\",\"system_version\":"
                        "\"4.1.0.2.0.1\",\"target_version\":\"4.1.2.1.0.1\"}"},
               {0}}},
};

struct stage {
    const struct operation *operation;
    struct nm nm;
};

static struct peer *begin(void *data)
{
    struct stage *stage = data;
    nm_begin(&stage->nm);
    nm_rules(&stage->nm, stage->operation->rules);
    return stage->nm.peer;
}

static void end(void *data)
{
    nm_end(&((struct stage *)data)->nm);
}

static void run(void *data, struct cut_seen *seen)
{
    struct stage *stage = data;
    struct peer *peer = stage->nm.peer;
    size_t from = peer->log.length;
    auto_fake_call struct fake_call call;
    seen->outcome =
        nm_start(&stage->nm, &call, stage->operation->name, stage->operation->with);
    (void)snprintf(seen->said, sizeof seen->said, "%.500s", call.said);
    cut_look_at_log(peer, from, stage->operation->effect, seen);
}

static void a_cut_anywhere_is_neither_success_nor_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        struct stage stage = {.operation = &operations[i]};
        const struct cut_story story = {.name = operations[i].name,
                                        .reads = !operations[i].effect,
                                        .optional = operations[i].optional,
                                        .begin = begin,
                                        .run = run,
                                        .end = end,
                                        .data = &stage};
        (void)cut_everywhere(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_anywhere_is_neither_success_nor_failure),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
