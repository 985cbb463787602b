/*
 * test_cut.c - a vCenter that breaks off amid any answer, after any byte, the login's
 * included: reads come to nothing, and of an installation, a staging or a reboot nobody
 * says that it happened or that it did not.
 */
#include "vcsa_peer.h"

#include "cut.h"

#define INSTALL "POST /api/appliance/update/pending/8.0.3.00400?action=install"
#define PENDING "{\"state\":\"UPDATES_PENDING\",\"version\":\"8.0.3.00400\"}"

struct operation {
    const char *name, *with, *effect; /* effect: how its request begins; NULL: it reads */
    bool watched;
    struct rule rules[6];
};

static const struct operation operations[] = {
    {.name = "version",
     .with = "{}",
     .rules = {{.ask = "GET /api/appliance/system/version",
                .status = 200,
                .body = VERSION_OLD},
               {0}}},
    {.name = "install",
     .with = "{\"version\":\"8.0.3.00400\",\"every\":100,\"silence\":600000,"
             "\"services_within\":600000}",
     .effect = INSTALL,
     .rules = {{.ask = "GET /api/appliance/update/staged",
                .status = 200,
                .body = STAGED_WHOLE},
               {.ask = "GET /api/appliance/update", .status = 200, .body = PENDING},
               {.ask = "GET /api/appliance/system/version",
                .status = 200,
                .body = VERSION_OLD},
               {.ask = INSTALL, .status = 204, .body = ""},
               {0}}},
    {.name = "reboot",
     .with = "{}",
     .effect = "POST /api/appliance/shutdown",
     .watched = true, /* the uptime tells */
     .rules = {{.ask = "GET /api/appliance/system/uptime",
                .status = 200,
                .body = "86400.5"},
               {.ask = "POST /api/appliance/shutdown", .status = 204, .body = ""},
               {0}}},
};

struct stage {
    const struct operation *operation;
    struct vc vc;
};

static struct peer *begin(void *data)
{
    struct stage *stage = data;
    vc_begin(&stage->vc, "administrator@vsphere.local", NULL);
    vc_rules(&stage->vc, stage->operation->rules);
    return stage->vc.peer;
}

static void end(void *data)
{
    vc_end(&((struct stage *)data)->vc);
}

/* A plugin of its own, so that each run logs in. */
static void run(void *data, struct cut_seen *seen)
{
    struct stage *stage = data;
    struct slipway_error err;
    size_t from = stage->vc.peer->log.length;
    auto_fake_call struct fake_call call;
    seen->outcome =
        vc_read(&stage->vc, &call, stage->operation->name, stage->operation->with);
    (void)snprintf(seen->said, sizeof seen->said, "%.500s", call.said);
    cut_look_at_log(stage->vc.peer, from, stage->operation->effect, seen);
    peer_heal(stage->vc.peer); /* the logout is another story */
    vc_close(&stage->vc);
    assert_int_equal(vcsa_plugin()->open(fake_host(), &stage->vc.state, &err), 0);
}

static void a_cut_anywhere_is_neither_success_nor_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        struct stage stage = {.operation = &operations[i]};
        const struct cut_story story = {.name = operations[i].name,
                                        .reads = !operations[i].effect,
                                        .watched = operations[i].watched,
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
