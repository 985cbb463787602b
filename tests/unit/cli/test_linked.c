/*
 * test_linked.c - link groups of which a campaign changes only some, by the shipped catalogue:
 * who is left out for it, and what is said about whoever stays behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cli/linked.h"
#include "model/plan.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

#define TARGET "8.0.3.00400"
#define MOST   4

/* Appliances by their versions; all are selected, and those of "-" have no group. */
struct scene {
    struct appliance appliances[MOST];
    int selected[MOST];
    enum out_why why[MOST];
    struct after_fate_of fates[MOST];
    struct left_out out[MOST];
    struct inputs inputs;
};

static char *const NAMES[MOST] = {"vc-1", "vc-2", "vc-3", "vc-4"};

static void begin(struct scene *s, char *const *versions, const char *wanted)
{
    *s = (struct scene){.inputs = {.fleet = {.appliances = s->appliances},
                                   .selected = s->selected,
                                   .after = {.fates = s->fates},
                                   .out = s->out}};
    s->inputs.campaign.vars = json_pack("{s:s}", "target_version", wanted);
    for (int i = 0; i < MOST && versions[i]; i++) {
        bool alone = versions[i][0] == '-';
        s->appliances[i] =
            (struct appliance){.name = NAMES[i],
                               .kind = (char *)(uintptr_t) "vcsa",
                               .version = versions[i] + alone,
                               .link_group = (char *)(uintptr_t)(alone ? "" : "sso")};
        s->selected[i] = i;
        s->inputs.fleet.appliance_count = s->inputs.selected_count = (size_t)i + 1;
    }
}

static void end(struct scene *s)
{
    json_decref(s->inputs.campaign.vars);
}
#define auto_scene __attribute__((cleanup(end)))

/* Letters by appliance: . stays in, h hops, a after, l for its link group. */
static void leaves_out(char *const *versions, const char *before, const char *expected)
{
    auto_scene struct scene s;
    char found[MOST + 1] = "";
    begin(&s, versions, TARGET);
    for (size_t i = 0; i < strlen(before); i++)
        s.why[i] = before[i] == 'h' ? OUT_HOPS : before[i] == 'a' ? OUT_AFTER : OUT_NOT;
    linked_leave_out(&s.inputs, s.why);
    for (size_t i = 0; i < strlen(before); i++)
        found[i] = ".ahl"[s.why[i]];
    assert_string_equal(found, expected);
}

static void only_an_upgrade_can_go_too_far(void **state)
{
    (void)state;
    char *patch[] = {"8.0.2.00200", "8.0.2.00200", "6.5.0", "-8.0.2.00200"};
    char *major[] = {"7.0.3.01400", "7.0.3.01400", "6.5.0", "-7.0.3.01400"};
    char *near[] = {"7.0.3.01400", "7.0.3.01400", "6.7.0.40000", "8.0.3.00400"};
    char *old[] = {"7.0.3.01400", "7.0.3.01400", "7.0.0.10300", "8.0.1.00400"};
    char *odd[] = {"7.0.3.01400", "", "5.0", "no version"};
    leaves_out(patch, "..h.", "..h.");
    leaves_out(major, "..h.", "llh.");
    leaves_out(major, "..a.", "lla."); /* whatever else keeps it behind */
    leaves_out(near, "..a.", "..a.");
    leaves_out(old, "..ha", "..ha"); /* hops inside a line are no distance */
    leaves_out(odd, "....", "....");
}

static void who_was_never_selected_counts_too(void **state)
{
    (void)state;
    auto_scene struct scene s;
    char *major[] = {"7.0.3.01400", "7.0.3.01400", "6.5.0", NULL};
    begin(&s, major, TARGET);
    s.inputs.selected_count = 2;
    linked_leave_out(&s.inputs, s.why);
    assert_int_equal(s.why[0], OUT_LINKED);
    assert_int_equal(s.why[1], OUT_LINKED);
    end(&s);
    begin(&s, major, "");
    linked_leave_out(&s.inputs, s.why);
    assert_int_equal(s.why[0], OUT_NOT);
}

/* What is said of vc-1 and vc-2 in a unit, vc-2 left out for this reason. */
static char *said(struct scene *s, enum out_why why)
{
    auto_plan_notes struct plan_notes notes = {0};
    struct plan_target targets[] = {{.name = NAMES[0]},
                                    {.name = NAMES[1], .companion = true},
                                    {.name = NAMES[2], .companion = true}};
    struct plan_unit unit = {.name = (char *)(uintptr_t) "sso", .first = 0, .count = 3};
    struct plan plan = {
        .targets = targets, .target_count = 3, .units = &unit, .unit_count = 1};
    s->out[0] = (struct left_out){1, why};
    s->inputs.out_count = 1;
    linked_note(&s->inputs, &plan, &notes);
    assert_int_equal(notes.count, 1);
    assert_int_equal(notes.items[0].kind, NOTE_WARNING);
    return xstrdup(notes.items[0].text);
}

static void who_goes_along_is_named_with_the_reason(void **state)
{
    (void)state;
    auto_scene struct scene s;
    char *versions[] = {"8.0.2.00200", "6.5.0", "8.0.2.00200", NULL};
    begin(&s, versions, TARGET);
    auto_free char *hops = said(&s, OUT_HOPS);
    assert_string_equal(
        hops, "link group sso: vc-2 (at 6.5.0, which needs 2 hops) is left out of this "
              "campaign and goes along with it all the same, unchanged: shut down, "
              "snapshotted cold, started and, if one fails, reverted with the others, "
              "because replicas of different ages must never meet; the group has "
              "releases of two lines meanwhile, which the vendor means for the time of "
              "an upgrade only");
    s.appliances[1].version = versions[0];
    s.inputs.campaign.after = (char *)(uintptr_t) "first\033[31m";
    s.fates[1] = (struct after_fate_of){AFTER_LOST, TARGET_ROLLED_BACK};
    auto_free char *after = said(&s, OUT_AFTER);
    assert_non_null(strstr(after, "vc-2 (rolled_back in campaign first"));
    assert_null(strchr(after, '\033'));
    assert_null(strstr(after, "two lines"));
}

static void a_group_that_is_left_out_whole_is_told_once(void **state)
{
    (void)state;
    auto_scene struct scene s;
    auto_plan_notes struct plan_notes notes = {0};
    char *major[] = {"7.0.3.01400", "7.0.3.01400", "6.5.0", NULL};
    begin(&s, major, TARGET);
    s.out[0] = (struct left_out){0, OUT_LINKED};
    s.out[1] = (struct left_out){1, OUT_LINKED};
    s.out[2] = (struct left_out){2, OUT_HOPS};
    s.inputs.out_count = 3;
    linked_note(&s.inputs, NULL, &notes);
    assert_int_equal(notes.count, 1);
    assert_non_null(strstr(notes.items[0].text,
                           "link group sso is left out whole: vc-1, vc-2 would become "
                           "8.0.3.00400 while vc-3 (6.5.0) stays more than one upgrade"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_upgrade_can_go_too_far),
        cmocka_unit_test(who_was_never_selected_counts_too),
        cmocka_unit_test(who_goes_along_is_named_with_the_reason),
        cmocka_unit_test(a_group_that_is_left_out_whole_is_told_once),
    };
    (void)setenv("SLIPWAY_SHARE", ".", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
