/* test_doctor.c - what is weak on a machine that the test cannot make: old data, an old
   library, a unit that somebody wrote himself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/doctor.h"
#include "util/auto.h"

static void zones_says(const char *version, enum finding_level level, const char *word)
{
    auto_findings struct findings findings = {0};
    doctor_zone_data(version, 2026, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].level, level);
    assert_non_null(strstr(findings.items[0].text, word));
}

static void time_zone_data_grows_old(void **state)
{
    (void)state;
    zones_says("2026a", FINDING_OK, "2026a");
    zones_says("2025b", FINDING_OK, "2025b");
    zones_says("2024b", FINDING_WARN, "update tzdata");
    zones_says("", FINDING_WARN, "install tzdata");
    zones_says("\x1b[31m", FINDING_WARN, "no version");
}

static void openssl_says(unsigned long number, enum finding_level level, const char *word)
{
    auto_findings struct findings findings = {0};
    doctor_openssl(number, "3.0.x", &findings);
    assert_int_equal(findings.items[0].level, level);
    assert_non_null(strstr(findings.items[0].text, word));
}

static void a_library_with_a_known_defect_is_named(void **state)
{
    (void)state;
    openssl_says(0x1010117fUL, FINDING_WARN, "no more security updates");
    openssl_says(0x30000060UL, FINDING_WARN, "CVE-2022-3602");
    openssl_says(0x30000070UL, FINDING_OK, "OpenSSL");
    openssl_says(0x30200010UL, FINDING_OK, "OpenSSL");
}

static void unit_says(const char *text, size_t warnings, const char *word)
{
    auto_findings struct findings findings = {0};
    char dir[] = "/tmp/slipway-unit-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/slipway.service", dir);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
    doctor_unit(path, &findings);
    (void)unlink(path);
    (void)rmdir(dir);
    assert_int_equal(findings.counts[FINDING_WARN], warnings);
    assert_int_equal(findings.counts[FINDING_FAIL], 0);
    bool told = false;
    for (size_t i = 0; i < findings.count; i++)
        told = told || strstr(findings.items[i].text, word);
    assert_true(told);
}

#define GOOD                                                                             \
    "[Service]\nExecStart=/bin/sh -c run\nKillMode=process\nLimitNOFILE=65536\n"         \
    "LimitCORE=0\n"

static void a_unit_is_looked_at_for_what_bites_at_night(void **state)
{
    (void)state;
    unit_says(GOOD, 0, "keeps what a campaign needs");
    unit_says(GOOD "KillMode=mixed\n", 1, "installers");
    unit_says(GOOD "LimitCORE=infinity\n", 1, "LimitCORE=0");
    unit_says(GOOD "ExecStart=-/nowhere/slipway run\n", 1, "starts /nowhere/slipway,");
    unit_says("#KillMode=process\n[Service]", 2, "LimitNOFILE");
}

static void a_unit_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    auto_findings struct findings findings = {0};
    doctor_unit("/nowhere/slipway.service", &findings);
    assert_int_equal(findings.counts[FINDING_WARN], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_zone_data_grows_old),
        cmocka_unit_test(a_library_with_a_known_defect_is_named),
        cmocka_unit_test(a_unit_is_looked_at_for_what_bites_at_night),
        cmocka_unit_test(a_unit_that_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
