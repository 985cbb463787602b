/*
 * test_strange.c - appliances that answer in good JSON and make no sense: session keys that
 * are none, versions of five thousand dots, times and counts that cannot be. Nothing of it
 * becomes an effect or a belief, and every sentence stays short and harmless.
 */
#include "vcsa_peer.h"

#define SAID_MOST   1000
#define HUGE_NUMBER "9223372036854775807"

static void assert_harmless(const struct fake_call *call)
{
    assert_true(strlen(call->said) < SAID_MOST);
    for (const char *p = call->said; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
}

/* --- session keys ------------------------------------------------------------------------ */

static const char *login_body;

static void answer_login(struct peer_link *link, const struct peer_ask *ask)
{
    if (!strcmp(ask->path, "/api/session") && !strcmp(ask->method, "POST"))
        peer_reply(link, 201, "application/json", login_body);
    else
        vc_answer(link, ask);
}

static void a_session_key_that_is_none_is_never_sent_back(void **state)
{
    (void)state;
    auto_free char *long_key = xcalloc(1, 60001);
    memset(long_key, 'k', 60000);
    auto_free char *long_body = xasprintf("\"%s\"", long_key);
    auto_free char *million = xcalloc(1, 1000003);
    memset(million, 'k', 1000002);
    million[0] = million[1000001] = '"';
    const char *const bodies[] = {"\"a\\r\\nX-Evil: 1\"",
                                  "\"a\\u0000b\"",
                                  "\"\"",
                                  "\" \"",
                                  "\"\\u001b[31mred\"",
                                  "\"k\xc3\xa9y\"",
                                  "[\"a\"]",
                                  "{\"value\":[\"a\"]}",
                                  "{\"value\":\"a\",\"value\":\"b\"}",
                                  "4711",
                                  "null",
                                  "",
                                  "<html>",
                                  "\xff\xfe\"\0a\0",
                                  "\xef\xbb\xbf\"bom\"",
                                  long_body,
                                  million};
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc.peer->handler = answer_login;
        login_body = bodies[i];
        enum slipway_outcome outcome = vc_read(&vc, &call, "reboot", "{}");
        if (outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING ||
            outcome == SLIPWAY_UNKNOWN)
            fail_msg("%.40s: %d: %s", bodies[i], (int)outcome, call.said);
        assert_true(call.said[0]);
        assert_harmless(&call);
        assert_int_equal(vc_count(&vc, "POST /api/session"), 1);
        assert_int_equal(vc_count(&vc, "GET "), 0);
        assert_false(peer_saw(vc.peer, "vmware-api-session-id"));
        vc_end(&vc);
    }
}

/* --- numbers ------------------------------------------------------------------------------ */

#define PROGRESS(total, completed)                                                       \
    "{\"state\":\"STAGE_IN_PROGRESS\",\"version\":\"8.0.3.00400\",\"task\":{\"status\":" \
    "\"RUNNING\",\"progress\":{\"total\":" total ",\"completed\":" completed "}}}"

static void progress_is_a_percentage_or_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int percent;
    } cases[] = {
        {PROGRESS("100", "42"), 42},
        {PROGRESS("100", "300"), 100},
        {PROGRESS("0", "0"), -1},
        {PROGRESS("-100", "-42"), -1},
        {PROGRESS("1e3", "5e2"), -1},
        {PROGRESS("\"100\"", "\"42\""), -1},
        {PROGRESS(HUGE_NUMBER, "9223372036854775806"), 100},
        {PROGRESS(HUGE_NUMBER, "4611686018427387903"), 50},
        {PROGRESS("1", HUGE_NUMBER), 100},
        {PROGRESS("[100]", "{\"value\":42}"), -1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc_rules(&vc, (struct rule[]){{.ask = "GET /api/appliance/update/staged",
                                       .status = 400,
                                       .body = NO_STAGE_NEW},
                                      {.ask = "GET /api/appliance/update",
                                       .status = 200,
                                       .body = cases[i].body},
                                      {0}});
        assert_int_equal(vc_read(&vc, &call, "update_state", "{}"), SLIPWAY_DONE);
        if (json_number(call.result, "percent", -4711) != cases[i].percent)
            fail_msg("case %zu: %s", i, call.result_text);
        vc_end(&vc);
    }
}

static void an_uptime_that_cannot_be_starts_no_reboot(void **state)
{
    (void)state;
    static const char *const uptimes[] = {
        "-1",   "1e300", "\"86400\"",     "true", "[86400]",    "{}",
        "null", "1e400", "-" HUGE_NUMBER, "NaN",  "86400 86400"};
    for (size_t i = 0; i < ARRAY_LENGTH(uptimes); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        vc_begin(&vc, "root", NULL);
        vc_rules(&vc, (struct rule[]){{.ask = "GET /api/appliance/system/uptime",
                                       .status = 200,
                                       .body = uptimes[i]},
                                      {.ask = "POST", .status = 204, .body = ""},
                                      {0}});
        enum slipway_outcome outcome = vc_read(&vc, &call, "reboot", "{}");
        if (outcome != SLIPWAY_FAILED && outcome != SLIPWAY_RETRY)
            fail_msg("%s: %d: %s", uptimes[i], (int)outcome, call.said);
        assert_true(call.said[0]);
        assert_int_equal(vc_count(&vc, "POST /api/appliance/shutdown"), 0);
        vc_end(&vc);
    }
}

/* --- versions ------------------------------------------------------------------------------ */

static char *version_answer(const char *version)
{
    return xasprintf(
        "{\"version\":\"%s\",\"product\":\"VMware vCenter Server\",\"build\":"
        "\"1\",\"type\":\"x\",\"summary\":\"\",\"releasedate\":\"\","
        "\"install_time\":\"\"}",
        version);
}

/* Ready to be installed, but for the version that it says it has. */
static void a_version_that_is_none_is_no_ground_for_an_installation(void **state)
{
    (void)state;
    auto_free char *dots = xcalloc(1, 10001), *digits = xcalloc(1, 5001);
    for (int i = 0; i < 5000; i++)
        memcpy(dots + 2 * i, "8.", 2);
    memset(digits, '9', 5000);
    const char *const versions[] = {
        dots, digits, "", "latest", "8.0.3.00400\\u0000x", "\\u001b]0;owned\\u0007"};
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        struct vc vc;
        auto_fake_call struct fake_call call;
        auto_free char *body = version_answer(versions[i]);
        vc_begin(&vc, "administrator@vsphere.local", NULL);
        vc_rules(
            &vc,
            (struct rule[]){
                {.ask = "GET /api/appliance/update/staged",
                 .status = 200,
                 .body = STAGED_WHOLE},
                {.ask = "GET /api/appliance/update",
                 .status = 200,
                 .body = "{\"state\":\"UPDATES_PENDING\",\"version\":"
                         "\"8.0.3.00400\"}"},
                {.ask = "GET /api/appliance/system/version", .status = 200, .body = body},
                {.ask = "POST", .status = 204, .body = ""},
                {0}});
        enum slipway_outcome outcome =
            vc_read(&vc, &call, "install", "{\"version\":\"8.0.3.00400\"}");
        if (outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING)
            fail_msg("%.30s: %d: %s", versions[i], (int)outcome, call.said);
        assert_harmless(&call);
        assert_int_equal(vc_count(&vc, "POST /api/appliance/update"), 0);
        vc_end(&vc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_key_that_is_none_is_never_sent_back),
        cmocka_unit_test(progress_is_a_percentage_or_not_known),
        cmocka_unit_test(an_uptime_that_cannot_be_starts_no_reboot),
        cmocka_unit_test(a_version_that_is_none_is_no_ground_for_an_installation),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
