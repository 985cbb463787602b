/*
 * test_calendar_change.c - the document of a calendar that changes under way, word by
 * word: what is refused, what is understood, and whom it binds. What a campaign then does
 * is told in test_times.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "times.h"
#include "util/auto.h"
#include "world.h"

/* ---- what is refused ---- */

static const struct bad_row {
    const char *what, *document;
} bad[] = {
    {"nothing", ""},
    {"half a document", "{"},
    {"a list", "[]"},
    {"no source", "{\"scope\":\"fleet\",\"spans\":[]}"},
    {"an empty source", "{\"source\":\"\",\"scope\":\"fleet\",\"spans\":[]}"},
    {"no scope", "{\"source\":\"a\",\"spans\":[]}"},
    {"an empty scope", "{\"source\":\"a\",\"scope\":\"\",\"spans\":[]}"},
    {"a scope of nothing", "{\"source\":\"a\",\"scope\":\"=x\",\"spans\":[]}"},
    {"a scope without value", "{\"source\":\"a\",\"scope\":\"site=\",\"spans\":[]}"},
    {"an unknown scope", "{\"source\":\"a\",\"scope\":\"planet\",\"spans\":[]}"},
    {"no spans", "{\"source\":\"a\",\"scope\":\"fleet\"}"},
    {"spans that are no list", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":{}}"},
    {"a span that is no pair", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[7]}"},
    {"one end", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1]]}"},
    {"three ends", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1,2,3]]}"},
    {"a start in words", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[\"1\",2]]}"},
    {"an end in words", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1,\"2\"]]}"},
    {"backwards", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[2,1]]}"},
    {"no length", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[2,2]]}"},
    {"before time", "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[-1,1]]}"},
    {"after all time",
     "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1,4611686018427387904]]}"},
    {"one bad among good ones",
     "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1,2],[3,4],[6,5]]}"},
};

static void is_refused(const char *what, const char *document)
{
    struct plan_calendar read = {.zone = NULL};
    struct slipway_error err = {""};
    if (!calendar_change_read(document, &read, &err))
        fail_msg("%s was taken", what);
    if (!err.text[0] || read.source || read.spans.count)
        fail_msg("%s: not said why, or something was taken", what);
}

static void what_is_no_calendar_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        is_refused(bad[i].what, bad[i].document);
    is_refused("no document", NULL);
    auto_free char *scope = xasprintf("site=%0400d", 0);
    auto_free char *document =
        xasprintf("{\"source\":\"a\",\"scope\":\"%s\",\"spans\":[]}", scope);
    is_refused("a scope without end", document);
    auto_buf struct buf many = {0};
    buf_adds(&many, "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[[1,2]");
    for (int i = 0; i < 11000; i++)
        buf_adds(&many, ",[1,2]");
    buf_adds(&many, "]}");
    is_refused("more than one line of the socket holds", buf_text(&many));
}

/* ---- what is understood ---- */

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[]}",
        "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[],\"zone\":\"\",\"freeze\":1}",
        "{\"source\":\"a\",\"scope\":\"fleet\",\"spans\":[],\"zone\":\"UTC\","
        "\"digest\":\"\",\"freeze\":false}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(documents); i++) {
        struct plan_calendar read = {.zone = NULL};
        assert_int_equal(calendar_change_read(documents[i], &read, NULL), 0);
        assert_string_equal(read.zone, "UTC");
        assert_string_equal(read.digest, "");
        assert_false(read.freeze);
        calendar_change_clear(&read);
    }
}

static void what_is_written_is_read_as_it_was(void **state)
{
    (void)state;
    const char *document =
        "{\"digest\":\"d1\",\"freeze\":true,\"scope\":\"customer=acme\","
        "\"source\":\"a.ics\",\"spans\":[[10,20],[30,40]],"
        "\"zone\":\"Europe/Paris\"}";
    struct plan_calendar read = {.zone = NULL};
    assert_int_equal(calendar_change_read(document, &read, NULL), 0);
    assert_int_equal(read.spans.count, 2);
    assert_true(read.freeze);
    auto_free char *again = calendar_change_json(&read);
    assert_string_equal(again, document);
    calendar_change_clear(&read);
}

/* Bytes that are no text could not be read back. */
static void what_could_not_be_read_back_is_not_written(void **state)
{
    (void)state;
    char source[] = "night\xff.ics", scope[] = "fleet";
    struct plan_calendar calendar = {.source = source, .scope = scope};
    assert_null(calendar_change_json(&calendar));
}

/* ---- whom it binds ---- */

/* vc-0001 and vc-0002 stand at s0 and s1, both belong to acme. */
static struct plan *two_of_acme(void)
{
    struct plan *plan =
        shape_plan(&(struct plan_shape){.targets = 2, .sites = 2, .site_max = 2});
    for (int i = 0; i < 2; i++)
        xreplace(&plan->targets[i].doc,
                 "{\"labels\":{\"customer\":\"acme\",\"site\":\"north\"}}");
    return plan;
}

static const struct scope_row {
    const char *scope;
    bool first, second; /* is bound */
} scopes[] = {
    {"fleet", true, true},
    {"campaign", true, true},
    {"customer=acme", true, true},
    {"customer=bolt", false, false},
    {"tier=gold", false, false},
    {"site=s1", false, true},
    {"site=north", true, true}, /* also a label may be called so */
    {"appliance=vc-0001", true, false},
    {"appliance", false, false}, /* of whom it is, only the fleet's file says */
};

static void every_scope_binds_whom_it_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(scopes); i++) {
        auto_plan struct plan *plan = two_of_acme();
        auto_free char *document =
            times_document(scopes[i].scope, "a.ics", false, 100, 200);
        struct plan_calendar read = {.zone = NULL};
        assert_int_equal(calendar_change_read(document, &read, NULL), 0);
        bool any = scopes[i].first || scopes[i].second;
        if (calendar_change_concerns(plan, &plan->time, &read) != any)
            fail_msg("%s: concerns somebody, or does not", scopes[i].scope);
        calendar_change_apply(plan, &plan->time, &read);
        if ((plan->time.slots[0].timetable >= 0) != scopes[i].first ||
            (plan->time.slots[1].timetable >= 0) != scopes[i].second)
            fail_msg("%s binds somebody else", scopes[i].scope);
        calendar_change_clear(&read);
    }
}

/* A fleet's rule about a label does not bind who has a calendar of its own. */
static void an_own_calendar_keeps_a_labels_calendar_away(void **state)
{
    (void)state;
    auto_plan struct plan *plan = two_of_acme();
    struct plan_calendar read = {.zone = NULL};
    times_bind(plan, 0, times_calendar(plan, "appliance", false));
    auto_free char *document = times_document("customer=acme", "a.ics", false, 100, 200);
    assert_int_equal(calendar_change_read(document, &read, NULL), 0);
    calendar_change_apply(plan, &plan->time, &read);
    const struct plan_time *time = &plan->time;
    const struct timetable *own = &time->timetables[time->slots[0].timetable];
    const struct timetable *other = &time->timetables[time->slots[1].timetable];
    assert_int_equal(own->calendar_count, 1);
    assert_string_equal(time->calendars[own->calendars[0]].scope, "appliance");
    assert_int_equal(other->calendar_count, 1);
    assert_string_equal(time->calendars[other->calendars[0]].scope, "customer=acme");
    calendar_change_clear(&read);
}

/* Scope, source and kind together say which calendar it is. */
static void another_scope_or_kind_of_the_same_file_is_another_calendar(void **state)
{
    (void)state;
    auto_plan struct plan *plan = two_of_acme();
    static const struct {
        const char *scope, *source;
        bool freeze;
        size_t calendars; /* known after it */
    } told[] = {
        {"fleet", "a.ics", false, 1}, {"campaign", "a.ics", false, 2},
        {"fleet", "a.ics", true, 3},  {"fleet", "b.ics", false, 4},
        {"fleet", "a.ics", false, 4},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(told); i++) {
        auto_free char *document =
            times_document(told[i].scope, told[i].source, told[i].freeze, 100, 200);
        struct plan_calendar read = {.zone = NULL};
        assert_int_equal(calendar_change_read(document, &read, NULL), 0);
        calendar_change_apply(plan, &plan->time, &read);
        assert_int_equal(plan->time.calendar_count, told[i].calendars);
        calendar_change_clear(&read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_calendar_is_refused_with_a_reason),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(what_is_written_is_read_as_it_was),
        cmocka_unit_test(what_could_not_be_read_back_is_not_written),
        cmocka_unit_test(every_scope_binds_whom_it_names),
        cmocka_unit_test(an_own_calendar_keeps_a_labels_calendar_away),
        cmocka_unit_test(another_scope_or_kind_of_the_same_file_is_another_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
