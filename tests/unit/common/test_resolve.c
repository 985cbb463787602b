/*
 * test_resolve.c - names to addresses and back, with name servers that are silent. A lookup
 * that nobody waits for any more holds no worker, and room for it is not lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <limits.h>

#include "common/members.h"
#include "common/resolve.h"
#include "fake_host.h"
#include "lying_names.h"

static const struct slipway_plugin NO_PLUGIN = {.name = "none"};

static void call_begin(struct fake_call *fake, int64_t timeout_ms)
{
    fake_call_init(fake, &NO_PLUGIN, NULL, "none", NULL, NULL);
    fake->call.deadline_ms = fake_now_ms() + timeout_ms;
    fake->call.private_data = fake;
}

/* What the name leads to, as "first second"; "?": nobody knows, "...": no answer. */
static void leads_to(struct fake_call *fake, const char *name, int wait_ms,
                     const char *expected)
{
    auto_buf struct buf found = {0};
    struct slipway_error err = {""};
    struct addrinfo *list = NULL;
    enum resolved resolved = resolve_host(&fake->call, name, 443, wait_ms, &list, &err);
    assert_int_equal(resolved == RESOLVED, !err.text[0]);
    if (resolved != RESOLVED) {
        assert_null(list);
        assert_string_equal(resolved == RESOLVED_NOBODY ? "?" : "...", expected);
        assert_non_null(strstr(err.text, name));
        return;
    }
    for (const struct addrinfo *at = list; at; at = at->ai_next) {
        char text[NI_MAXHOST], port[8];
        assert_int_equal(getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, port,
                                     sizeof port, NI_NUMERICHOST | NI_NUMERICSERV),
                         0);
        assert_string_equal(port, "443");
        buf_addf(&found, "%s%s", found.length ? " " : "", text);
    }
    freeaddrinfo(list);
    assert_string_equal(buf_text(&found), expected);
}

static enum resolved leads_back(struct fake_call *fake, const char *address, int wait_ms,
                                char out[NI_MAXHOST])
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
    const struct addrinfo at = {.ai_addr = (struct sockaddr *)&in,
                                .ai_addrlen = sizeof in};
    return resolve_name(&fake->call, &at, wait_ms, out);
}

static void a_name_leads_to_addresses_and_an_address_to_a_name(void **state)
{
    (void)state;
    struct fake_call fake;
    char name[NI_MAXHOST] = "unchanged";
    call_begin(&fake, 20000);
    names_are((const struct lying_name[]){
        {.name = "two.test", .addresses = {"192.0.2.1", "2001:db8::1"}},
        {.name = "gone.test", .error = EAI_NONAME},
        {.name = "192.0.2.1", .addresses = {"two.test"}},
        {.name = "192.0.2.2", .error = EAI_AGAIN},
        {0}});
    leads_to(&fake, "192.0.2.7", INT_MAX, "192.0.2.7");
    assert_int_equal(names_asked(), 0);
    leads_to(&fake, "two.test", INT_MAX, "192.0.2.1 2001:db8::1");
    leads_to(&fake, "gone.test", INT_MAX, "?");
    assert_int_equal(leads_back(&fake, "192.0.2.2", INT_MAX, name), RESOLVED_NOBODY);
    assert_string_equal(name, "unchanged");
    assert_int_equal(leads_back(&fake, "192.0.2.1", INT_MAX, name), RESOLVED);
    assert_string_equal(name, "two.test");
    fake_call_free(&fake);
}

static void *cancel_when_asked(void *data)
{
    while (!names_waiting())
        (void)poll(NULL, 0, 1);
    atomic_store(&((struct fake_call *)data)->canceled, true);
    return NULL;
}

static const struct lying_name SILENT[] = {
    {.name = "silent.test", .silent = true}, {.name = "192.0.2.9", .silent = true}, {0}};

/* By the limit of this lookup, the call's deadline, a cancel: in both directions. */
static void a_silent_name_server_is_given_up(void **state)
{
    (void)state;
    char name[NI_MAXHOST] = "unchanged";
    for (int reverse = 0; reverse < 2; reverse++) {
        for (int reason = 0; reason < 3; reason++) {
            pthread_t thread;
            struct fake_call fake;
            int wait_ms = reason == 0 ? 50 : INT_MAX;
            call_begin(&fake, reason == 1 ? 50 : 60000);
            names_are(SILENT);
            if (reason == 2)
                assert_int_equal(pthread_create(&thread, NULL, cancel_when_asked, &fake),
                                 0);
            if (reverse)
                assert_int_equal(leads_back(&fake, "192.0.2.9", wait_ms, name),
                                 RESOLVED_NO_ANSWER);
            else
                leads_to(&fake, "silent.test", wait_ms, "...");
            if (reason == 2)
                assert_int_equal(pthread_join(thread, NULL), 0);
            names_release();
            fake_call_free(&fake);
        }
    }
    assert_string_equal(name, "unchanged");
}

static void so_many_are_left_and_no_more(void **state)
{
    (void)state;
    struct fake_call fake;
    call_begin(&fake, 60000);
    names_are(SILENT);
    for (unsigned i = 0; i < RESOLVE_AT_ONCE; i++)
        leads_to(&fake, "silent.test", 0, "...");
    struct addrinfo *list = NULL;
    struct slipway_error err = {""};
    assert_int_equal(resolve_host(&fake.call, "one.test", 22, INT_MAX, &list, &err),
                     RESOLVED_NO_ANSWER);
    assert_non_null(strstr(err.text, "no lookup can be begun"));
    while (names_waiting() < RESOLVE_AT_ONCE)
        (void)poll(NULL, 0, 1);
    names_release();
    names_are((const struct lying_name[]){
        {.name = "one.test", .addresses = {"192.0.2.1"}}, {0}});
    enum resolved resolved = RESOLVED_NO_ANSWER; /* they are leaving */
    while (resolved == RESOLVED_NO_ANSWER)
        resolved = resolve_host(&fake.call, "one.test", 22, INT_MAX, &list, &err);
    assert_int_equal(resolved, RESOLVED);
    freeaddrinfo(list);
    fake_call_free(&fake);
}

/* Who is linked with whom: told by addresses, but not at the price of the whole call. */
static void silence_costs_a_comparison_one_lookup(void **state)
{
    (void)state;
    struct fake_call fake;
    call_begin(&fake, 3000); /* half of it is waited */
    names_are(SILENT);
    auto_json json_t *members = json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "a", "host",
                                          "silent.test", "name", "b", "host", "two.test");
    auto_json json_t *nodes = json_pack("[s, s]", "vc-1.test", "vc-2.test");
    auto_json json_t *result =
        members_compare(&fake.call, members, nodes, members_resolve);
    assert_true(json_is_string(json_object_get(result, "uncertain")));
    assert_int_equal(names_asked(), 1);
    assert_true(fake_remaining_ms(&fake.call) > 0);
    names_release();
    fake_call_free(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_leads_to_addresses_and_an_address_to_a_name),
        cmocka_unit_test(a_silent_name_server_is_given_up),
        cmocka_unit_test(so_many_are_left_and_no_more),
        cmocka_unit_test(silence_costs_a_comparison_one_lookup),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
