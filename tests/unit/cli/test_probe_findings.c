/*
 * test_probe_findings.c - what a probe found on many targets is told once, exactly, and
 * whoever it is about can be found again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/probe_findings.h"
#include "util/auto.h"

#define TARGETS 20

static char names[TARGETS][16], docs[TARGETS][48];
static struct plan_target targets[TARGETS];
static struct plan plan = {.targets = targets, .target_count = TARGETS};

static int make_fleet(void **state)
{
    (void)state;
    for (int i = 0; i < TARGETS; i++) {
        (void)snprintf(names[i], sizeof names[i], "vc-%04d", i + 1);
        (void)snprintf(docs[i], sizeof docs[i], "{\"host\":\"10.0.0.%d\"}", i + 1);
        targets[i] =
            (struct plan_target){.name = names[i], .doc = docs[i], .wave = i / 5};
    }
    return 0;
}

static void finds(struct probe_findings *findings, int target, const char *sentence)
{
    probe_findings_add(findings, NOTE_STOP, target, sentence, false);
}

static void the_same_finding_is_told_once(void **state)
{
    (void)state;
    auto_probe_findings struct probe_findings findings = {.plan = &plan};
    auto_plan_notes struct plan_notes notes = {0};
    for (int i = 14; i >= 1; i--)
        finds(&findings, i, "would fail: step space: too little");
    finds(&findings, 19, "would fail: step space: nothing at all");
    probe_findings_tell(&findings, &notes);
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.items[0].text,
                        "14 targets (vc-0002, vc-0003, vc-0004 and 11 more): "
                        "would fail: step space: too little");
    assert_int_equal(notes.items[0].target_count, 14);
    assert_string_equal(notes.items[0].targets[13], "vc-0015");
    assert_int_equal(notes.items[0].wave, 0);
    assert_string_equal(notes.items[1].text,
                        "vc-0020: would fail: step space: nothing at all");
    assert_int_equal(notes.items[1].wave, 3);
}

/* Each says its own address: that makes no other finding of it. */
static void its_own_name_makes_no_difference(void **state)
{
    (void)state;
    auto_probe_findings struct probe_findings findings = {.plan = &plan};
    auto_plan_notes struct plan_notes notes = {0};
    finds(&findings, 0, "login: vc-0001 (10.0.0.1): no route");
    finds(&findings, 1, "login: vc-0002 (10.0.0.2): no route");
    finds(&findings, 2, "login: vc-00030 (10.0.0.30): no route"); /* somebody else's */
    probe_findings_tell(&findings, &notes);
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.items[0].text, "2 targets (vc-0001 and vc-0002): login: "
                                             "vc-0001 (10.0.0.1): no route");
    assert_string_equal(notes.items[1].text,
                        "vc-0003: login: vc-00030 (10.0.0.30): no route");
}

/* Whose numbers are shown does not hang on who answers first. */
static void other_numbers_are_alike_and_said_so(void **state)
{
    (void)state;
    auto_probe_findings struct probe_findings findings = {.plan = &plan};
    auto_plan_notes struct plan_notes notes = {0};
    finds(&findings, 7, "found least_days -2");
    finds(&findings, 3, "found least_days 11");
    finds(&findings, 9, "found least_days 3.5");
    probe_findings_tell(&findings, &notes);
    assert_int_equal(notes.count, 1);
    assert_string_equal(notes.items[0].text,
                        "3 targets (vc-0004, vc-0008 and vc-0010; the numbers are those "
                        "of vc-0004): found least_days 11");
}

static void other_versions_are_other_findings(void **state)
{
    (void)state;
    auto_probe_findings struct probe_findings findings = {.plan = &plan};
    auto_plan_notes struct plan_notes notes = {0};
    probe_findings_add(&findings, NOTE_WARNING, 0, "the appliance says 8.0.2", true);
    probe_findings_add(&findings, NOTE_WARNING, 1, "the appliance says 8.0.3", true);
    probe_findings_add(&findings, NOTE_STOP, 2, "the appliance says 8.0.3", true);
    probe_findings_tell(&findings, &notes);
    assert_int_equal(notes.count, 3);
    assert_string_equal(notes.items[0].text, "vc-0001: the appliance says 8.0.2");
    assert_int_equal(notes.items[2].kind, NOTE_STOP);
}

static void nothing_found_is_nothing_told(void **state)
{
    (void)state;
    auto_probe_findings struct probe_findings findings = {.plan = &plan};
    auto_plan_notes struct plan_notes notes = {0};
    probe_findings_tell(&findings, &notes);
    assert_int_equal(notes.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_finding_is_told_once),
        cmocka_unit_test(its_own_name_makes_no_difference),
        cmocka_unit_test(other_numbers_are_alike_and_said_so),
        cmocka_unit_test(other_versions_are_other_findings),
        cmocka_unit_test(nothing_found_is_nothing_told),
    };
    return cmocka_run_group_tests(tests, make_fleet, NULL);
}
