/*
 * test_blot.c - logs are kept without the secrets that their writers left in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "common/blot.h"
#include "util/auto.h"

static void becomes(const char *log, const char *kept)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, log);
    blot_secrets(&text);
    assert_string_equal(buf_text(&text), kept);
}

static void values_behind_their_names_go(void **state)
{
    (void)state;
    becomes("root password=Hidden1! done", "root password=*** done");
    becomes("{\"password\": \"Hid den1!\", \"user\": \"root\"}",
            "{\"password\": ***, \"user\": \"root\"}");
    becomes("user_data: {'vmdir.password': 'x'}", "user_data: {'vmdir.password': ***}");
    becomes("Authorization: Basic cm9vdDp4\nnext", "Authorization: ***\nnext");
    becomes("vmware-api-session-id: 0123456789abcdef", "vmware-api-session-id: ***");
}

static void words_stay_words(void **state)
{
    (void)state;
    becomes("expired password for user root", "expired password for user root");
    becomes("Authentication token is no longer valid; new one required",
            "Authentication token is no longer valid; new one required");
    becomes("no secret", "no secret");
    becomes("", "");
    becomes("\n\n", "\n\n");
}

static void urls_lose_users_and_tokens(void **state)
{
    (void)state;
    becomes("GET https://fleet:Hidden@repo.example/a b",
            "GET https://***@repo.example/a b");
    becomes("url https://dl.broadcom.com/ABCDEF/PROD/COMP/VCENTER",
            "url https://dl.broadcom.com/***/PROD/COMP/VCENTER");
    becomes("see https://kb.example/67179", "see https://kb.example/67179");
    becomes("https://", "https://");
}

static void a_private_key_goes_whole(void **state)
{
    (void)state;
    becomes("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nMIIF\n-----END RSA PRIVATE "
            "KEY-----\nb",
            "a\n(a private key)\nb");
    becomes("-----BEGIN PRIVATE KEY-----\nMIIE", "(a private key)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_behind_their_names_go),
        cmocka_unit_test(words_stay_words),
        cmocka_unit_test(urls_lose_users_and_tokens),
        cmocka_unit_test(a_private_key_goes_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
