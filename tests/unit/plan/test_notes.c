/*
 * test_notes.c - what a plan says about itself when something is odd: one small campaign
 * for each sentence that nobody should have to find out at night. The golden plans show
 * the usual ones.
 */
#include "fixture.h"

/* Part of "kind: sentence". */
static bool is_told(const struct plan_notes *notes, const char *sentence)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct plan_note *note = &notes->items[i];
        auto_free char *line =
            xasprintf("%s: %s", note_kind_name(note->kind), note->text);
        if (strstr(line, sentence))
            return true;
    }
    return false;
}

static void print_notes(const struct plan_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        print_error("  %s: %s\n", note_kind_name(notes->items[i].kind),
                    notes->items[i].text);
}

#define WAVES "'waves': [{'name': 'all', 'size': 'rest'}]"
#define NIGHT(n)                                                                         \
    "{'from': '2026-11-21T22:00:00Z', 'for': '" n "', 'every': '1d', 'times': 5}"
#define LATE(n) "{'from': '2026-11-2" n "T22:00:00Z', 'for': '20m'}"
#define TWELVE                                                                           \
    "'generate': {'count': 12, 'prefix': 'v', 'manager': ['m1'], 'customer': ['a', "     \
    "'b', 'c', 'd', 'e', "                                                               \
    "'f', 'g', 'h', 'i', 'j', 'k', 'l']}"
#define OWN(n) "{'name': 'v" n "', 'calendar': 'own" n "'}"
#define OWNS                                                                             \
    OWN("1")                                                                             \
    "," OWN("2") "," OWN("3") "," OWN("4") "," OWN("5") "," OWN("6") "," OWN(            \
        "7") "," OWN("8") "," OWN("9") "," OWN("a") "," OWN("b") "," OWN("c")
#define BRIEF(n) "'own" n "': " LATE("1")
#define BRIEFS                                                                            \
    BRIEF("1")                                                                            \
    "," BRIEF("2") "," BRIEF("3") "," BRIEF("4") "," BRIEF("5") "," BRIEF("6") "," BRIEF( \
        "7") "," BRIEF("8") "," BRIEF("9") "," BRIEF("a") "," BRIEF("b") "," BRIEF("c")

#define BRIEF_NIGHT "{'from': '2026-11-21T22:00:00Z', 'for': '20m'}"
#define ONE_STEP                                                                         \
    "{'name': 'p', 'rollback': 'none', 'steps': [{'id': 'x', 'use': 'ssh.job', "         \
    "'phase': "                                                                          \
    "'change', 'class': 'reconcilable', 'timeout': '1h', 'on_failure': 'park'}]}"
#define SNAPPING(gib)                                                                    \
    "{'name': 'p', 'rollback': 'snapshot', 'room_gib': " gib ", 'steps': [{'id': 'x', "  \
    "'use': 'ssh.job', 'phase': 'change', 'class': 'reconcilable', 'timeout': '1h', "    \
    "'snapshot': true, 'on_failure': 'rollback'}]}"
#define TWELVE_GROUPS                                                                    \
    "'generate': {'count': 24, 'prefix': 'v', 'manager': ['m'], 'link_group': ['a', "    \
    "'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']}"
#define THIRTEEN_GROUPS                                                                  \
    "'generate': {'count': 26, 'prefix': 'v', 'manager': ['m'], 'link_group': ['a', "    \
    "'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm']}"

static const struct note_row {
    const char *text;
    const char *told;  /* NULL: none */
    const char *never; /* a sentence that must not be told; NULL: none */
} rows[] = {
    /* freezes */
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'xmas': {'from': "
     "'2026-12-20T00:00:00Z', 'for': '14d'}}, 'freezes': ['xmas'],"
     " 'campaign': {'name': 'c', " WAVES "}}",
     "time: frozen: fleet from 2026-12-20 00:00Z to 2027-01-03 00:00Z", "and 1 more"},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'quarter': {'from': "
     "'2026-12-30T00:00:00Z', 'for': '2d', 'every': '90d', 'times': 3}},"
     " 'freezes': ['quarter'], 'campaign': {'name': 'c', " WAVES "}}",
     "to 2027-01-01 00:00Z, and 2 more", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'past': {'from': "
     "'2026-01-01T00:00:00Z', 'for': '2d'}}, 'freezes': ['past'],"
     " 'campaign': {'name': 'c', " WAVES "}}",
     "calendars are worked out until", "frozen: "},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {"
     "'f1': {'from': '2026-12-01T00:00:00Z', 'for': '1d'},"
     "'f2': {'from': '2026-12-02T00:00:00Z', 'for': '1d'},"
     "'f3': {'from': '2026-12-03T00:00:00Z', 'for': '1d'},"
     "'f4': {'from': '2026-12-04T00:00:00Z', 'for': '1d'},"
     "'f5': {'from': '2026-12-05T00:00:00Z', 'for': '1d'},"
     "'f6': {'from': '2026-12-06T00:00:00Z', 'for': '1d'},"
     "'f7': {'from': '2026-12-07T00:00:00Z', 'for': '1d'},"
     "'f8': {'from': '2026-12-08T00:00:00Z', 'for': '1d'},"
     "'f9': {'from': '2026-12-09T00:00:00Z', 'for': '1d'},"
     "'fa': {'from': '2026-12-10T00:00:00Z', 'for': '1d'},"
     "'fb': {'from': '2026-12-11T00:00:00Z', 'for': '1d'},"
     "'fc': {'from': '2026-12-12T00:00:00Z', 'for': '1d'},"
     "'g1': {'from': '2027-01-01T00:00:00Z', 'for': '1d'},"
     "'g2': {'from': '2027-01-02T00:00:00Z', 'for': '1d'},"
     "'g3': {'from': '2027-01-03T00:00:00Z', 'for': '1d'},"
     "'g4': {'from': '2027-01-04T00:00:00Z', 'for': '1d'},"
     "'g5': {'from': '2027-01-05T00:00:00Z', 'for': '1d'},"
     "'g6': {'from': '2027-01-06T00:00:00Z', 'for': '1d'},"
     "'g7': {'from': '2027-01-07T00:00:00Z', 'for': '1d'},"
     "'g8': {'from': '2027-01-08T00:00:00Z', 'for': '1d'},"
     "'g9': {'from': '2027-01-09T00:00:00Z', 'for': '1d'},"
     "'g10': {'from': '2027-01-10T00:00:00Z', 'for': '1d'},"
     "'g11': {'from': '2027-01-11T00:00:00Z', 'for': '1d'},"
     "'g12': {'from': '2027-01-12T00:00:00Z', 'for': '1d'}},"
     " 'freezes': "
     "['f1','f2','f3','f4','f5','f6','f7','f8','f9','fa','fb','fc','g1','g2','g3','g4','"
     "g5','g6','g7','g8','g9','g10','g11','g12'],"
     " 'campaign': {'name': 'c', " WAVES "}}",
     "time: and 12 more freezes", NULL},
    /* windows that are too short */
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': " NIGHT(
         "30m") "},"
                " 'windows': ['night'], 'campaign': {'name': 'c', 'min_opening': "
                "'1h', " WAVES "}}",
     "the longest opening is 30m (2026-11-21 22:00Z), and under 1h none is used", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': {'from': "
     "'2026-11-21T22:00:00Z', 'for': '8h'}}, 'windows': ['night'], 'campaign': {'name': "
     "'c', 'deadline': '2026-11-21T22:30:00Z', " WAVES "}}",
     "stop: 2 targets have no opening before the deadline 2026-11-21 22:30Z that is long "
     "enough",
     NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': {'from': "
     "'2026-11-21T22:00:00Z', 'for': '8h'}}, 'windows': ['night'], 'campaign': {'name': "
     "'c', 'deadline': '2026-11-21T22:30:00Z', " WAVES "}}",
     "the longest opening is 8h (2026-11-21 22:00Z), of which 30m can be used", NULL},
    {"{'appliances': [" OWNS "], 'calendars': {" BRIEFS
     "}, 'campaign': {'name': 'c', " WAVES "}}",
     "stop: 2 more targets have no opening that is long enough: --json lists them", NULL},
    /* overrun */
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': 'c', 'overrun': "
     "'wait', " WAVES "}}",
     NULL, "overrun is wait"},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': " NIGHT(
         "8h") "},"
               " 'windows': ['night'], 'campaign': {'name': 'c', 'overrun': "
               "'wait', " WAVES "}}",
     "time: overrun is wait: a target whose window closes finishes its step", NULL},
    /* notice, and the end of the calendars */
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': 'c', 'min_notice': "
     "'2d', " WAVES "}}",
     "time: min_notice is 2d: owners are told that long before, so nothing starts before "
     "2026-11-23 02:13Z",
     "calendars are worked out"},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': " NIGHT(
         "8h") "}, 'windows': ['night'], 'campaign': {'name': 'c', " WAVES "}}",
     "time: calendars are worked out until", "min_notice"},
    /* deadlines and capacity */
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': 'c', 'deadline': "
     "'2026-11-01T00:00:00Z', " WAVES "}}",
     "the deadline 2026-11-01 00:00Z is over", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': 'c', 'deadline': "
     "'2026-11-22T00:00:00Z', 'waves': [{'name': 'all', 'size': 'rest', 'soak': "
     "'48h'}]}}",
     "the soaks of its waves alone take 2d", NULL},
    {"{'generate': {'count': 40, 'prefix': 'v', 'manager': ['m1']}, 'campaign': {'name': "
     "'c', 'in_flight': "
     "1,"
     " 'deadline': '2026-11-22T02:00:00Z', " WAVES "}}",
     "the campaign: 40 targets, 1 at once, 1h31m each: the openings before the deadline "
     "2026-11-22 02:00Z hold",
     NULL},
    {"{'generate': {'count': 40, 'prefix': 'v', 'manager': ['m1']}, 'calendars': "
     "{'night': " NIGHT(
         "4h") "},"
               " 'windows': ['night'], 'campaign': {'name': 'c', 'in_flight': 1, " WAVES
               "}}",
     "let more go at once", "move the deadline"},
    {"{'generate': {'count': 120, 'prefix': 'v', 'manager': ['m1'], 'customer': "
     "['a','b','c','d','e','f','g',"
     "'h','i','j','k','l']}, 'campaign': {'name': 'c', 'in_flight': 100, "
     "'max_unavailable': {'customer': 1}, 'deadline': '2026-11-21T06:00:00Z', " WAVES
     "}}",
     "more capped labels have more targets than their openings hold", NULL},
    {"{" TWELVE ", 'campaign': {'name': 'c', 'max_unavailable': {'customer': 0}, "
     "'deadline': '2026-11-24T06:00:00Z', " WAVES "}}",
     "deadline: 2026-11-24 06:00Z", "customer=a: 1 targets"},
    /* limits and domains */
    {"{'appliances': [{'name': 'a', 'manager': 'm1', 'datastore': 'd'}, {'name': 'b', "
     "'manager': 'm2', 'datastore': 'd'}, {'name': 'e', 'manager': 'm3', 'datastore': "
     "'d'}, {'name': 'f', 'manager': 'm3'}], 'campaign': {'name': 'c', 'limits': "
     "{'datastore': 2}, " WAVES "}}",
     "several managers have a datastore of the same name: d; each name is counted as one",
     NULL},
    {"{'appliances': [{'name': 'a', 'manager': 'm1', 'datastore': 'd'}, {'name': 'b', "
     "'manager': 'm1', 'datastore': 'd'}], 'campaign': {'name': 'c', 'limits': "
     "{'datastore': 2}, " WAVES "}}",
     "datastore: at most 2 snapshots", "several managers"},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'campaign': {'name': 'c', 'limits': "
     "{'manager': 2}, " WAVES "}}",
     "limits: 2 of 2 targets have no manager written", "manager: at most 2 snapshots"},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'playbook': {'name': 'p', 'rollback': "
     "'snapshot', 'steps': [{'id': 'x', 'use': 'ssh.run', 'phase': 'change', "
     "'on_failure': 'park', 'limits': ['manager', 'datastore', 'repo', 'repo']}]},"
     " 'campaign': {'name': 'c', " WAVES "}}",
     "step x uses \"datastore\", which counts snapshots, reverts and power, not steps",
     NULL},
    {"{'appliances': [{'name': 'a', 'link_group': 'g'}, {'name': 'b', 'link_group': "
     "'g'}], 'playbook': {'name': 'p', 'rollback': 'none', 'steps': [{'id': 'x', 'use': "
     "'ssh.run', 'phase': 'change', 'on_failure': 'park'}]}, 'campaign': {'name': 'c', "
     "'max_unavailable': {'link_group': 2}, " WAVES "}}",
     "max_unavailable: link_group is always 1, not 2", NULL},
    {"{'appliances': [{'name': 'a', 'link_group': 'g'}, {'name': 'b', 'link_group': "
     "'g'}], 'playbook': {'name': 'p', 'rollback': 'none', 'steps': [{'id': 'x', 'use': "
     "'ssh.run', 'phase': 'change', 'on_failure': 'park'}]}, 'campaign': {'name': 'c', "
     "'max_unavailable': {'link_group': 1}, " WAVES "}}",
     "link_group: members are changed one after another in 1 group", "is always 1"},
    {"{'appliances': [{'name': 'a', 'link_group': 'g', 'manager': 'm'}, {'name': 'b', "
     "'link_group': 'g', 'manager': 'm'}], 'campaign': {'name': 'c', 'max_unavailable': "
     "{'link_group': 2}, " WAVES "}}",
     "max_unavailable: a link group goes down as one, whatever link_group says", NULL},
    {"{'appliances': [{'name': 'a', 'link_group': 'g'}, {'name': 'b', 'link_group': "
     "'g'}], 'fleet_only': 1, 'playbook': {'name': 'p', 'rollback': 'none', 'steps': "
     "[{'id': 'x', 'use': 'ssh.run', 'phase': 'change', 'on_failure': 'park'}]}, "
     "'campaign': {'name': 'c', " WAVES "}}",
     "link groups that are not selected whole", NULL},
    {"{'appliances': [{'name': 'a', 'link_group': 'g', 'manager': 'm'}], 'campaign': "
     "{'name': 'c', " WAVES "}}",
     "link groups with one member in this fleet", NULL},
    /* link groups of more than one kind */
    {"{'appliances': [{'name': 'a', 'link_group': 'g', 'manager': 'm', 'kind': 'vcsa'}, "
     "{'name': 'b', 'link_group': 'g', 'manager': 'm', 'kind': 'psc'}], 'campaign': "
     "{'name': 'c', " WAVES "}}",
     "link group", NULL},
    /* waves */
    {"{'generate': {'count': 4, 'prefix': 'v'}, 'campaign': {'name': 'c', 'budget': "
     "{'on_exceed': 'rollback_wave'}, 'waves': [{'name': 'all', 'size': 'rest', 'soak': "
     "'1h'}]}}",
     "soak", NULL},
    /* no rollback */
    {"{'generate': {'count': 4, 'prefix': 'v'}, 'playbook': {'name': 'p', 'rollback': "
     "'none', 'steps': [{'id': 'x', 'use': 'ssh.run', 'phase': 'change', 'on_failure': "
     "'rollback'}]}, 'campaign': {'name': 'c', " WAVES "}}",
     "rollback", NULL},
    /* holds */
    {"{'appliances': [{'name': 'a'}], 'holds': [{'name': 'a', 'campaign': 'old', "
     "'reason': ''}], 'campaign': {'name': 'c', " WAVES "}}",
     "no reason given", NULL},
    /* what has no room to go wrong is not told */
    {"{'generate': {'count': 1, 'prefix': 'v'}, 'campaign': {'name': 'c', 'budget': "
     "{'on_exceed': 'rollback_wave'}, 'waves': [{'name': 'all', 'size': 'rest', 'soak': "
     "'1h'}]}}",
     NULL, "rolling it back takes down"},
    {"{'generate': {'count': 2, 'prefix': 'v', 'rack': ['a'], 'rackrow': ['a', 'b']}, "
     "'campaign': {'name': 'c', 'max_unavailable': {'rack': 1, 'rackrow': 1}, " WAVES
     "}}",
     "rackrow", "max_unavailable: no target has a label"},
    {"{'appliances': [{'name': 'a', 'link_group': 'g'}], 'playbook': {'name': 'p', "
     "'rollback': 'none', 'steps': [{'id': 'x', 'use': 'ssh.run', 'phase': 'change', "
     "'on_failure': 'park'}]}, 'campaign': {'name': 'c', " WAVES "}}",
     NULL, "link groups with one member"},
    {"{" TWELVE ", 'campaign': {'name': 'c', 'max_unavailable': {'customer': 1}, "
     "'deadline': '2026-11-24T06:00:00Z', " WAVES "}}",
     "deadline: 2026-11-24 06:00Z", "customer=a: 1 targets"},
    /* deadlines */
    {"{'appliances': [{'name': 'a', 'link_group': 'g', 'manager': 'm'}, {'name': 'b', "
     "'link_group': 'g', 'manager': 'm'}], 'fleet_only': 1, 'campaign': {'name': 'c', "
     "'deadline': '2026-11-21T02:20:00Z', " WAVES "}}",
     "the campaign: 1 targets, 2 at once", NULL},
    {"{'appliances': [{'name': 'a', 'version': '1'}, {'name': 'b', 'version': '2'}, "
     "{'name': 'd', 'version': '1'}], "
     "'playbook': " ONE_STEP ", 'history': [{'part': 'step', 'kind': 'vcsa', 'version': "
     "'2', 'id': 'x', 'median': '10m', 'p95': '20m', 'samples': 20}], 'campaign': "
     "{'name': 'c', 'deadline': '2026-11-21T02:14:00Z', " WAVES "}}",
     "the campaign: 3 targets, 3 at once, 10m each: the openings before the deadline "
     "2026-11-21 02:14Z hold 0 of them",
     NULL},
    {"{'generate': {'count': 2, 'prefix': 'v', 'manager': ['m']}, 'campaign': {'name': "
     "'c', 'min_notice': "
     "'2d', 'deadline': '2026-11-22T02:13:05Z', " WAVES "}}",
     "hold 0 of them", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v', 'manager': ['m']}, 'calendars': "
     "{'night': " NIGHT(
         "8h") "}, 'windows': ['night'], 'campaign': {'name': 'c', 'deadline': "
               "'2031-01-01T00:00:00Z', " WAVES "}}",
     "deadline: 2031-01-01 00:00Z", "hold 0 of them"},
    /* snapshots */
    {"{'generate': {'count': 3, 'prefix': 'v', 'manager': ['m'], 'datastore': ['d']}, "
     "'playbook': " SNAPPING("512") ", 'campaign': {'name': 'c', 'in_flight': 3, " WAVES
                                    "}}",
     "datastore d: at most 3 taken at once, at most 3 kept together, 1.5 TiB of room "
     "asked for at once",
     NULL},
    {"{'generate': {'count': 2000, 'prefix': 'v', 'manager': ['m'], 'datastore': "
     "['d']}, 'playbook': " SNAPPING("1048576") ", 'campaign': {'name': 'c', "
                                                "'in_flight': 2000, " WAVES "}}",
     "at most 2000 kept together, 2 EiB of room asked for at once", NULL},
    {"{'generate': {'count': 3, 'prefix': 'v', 'manager': ['m'], 'datastore': ['d']}, "
     "'playbook': " SNAPPING("0") ", 'campaign': {'name': 'c', " WAVES "}}",
     "datastore d: at most", "room"},
    {"{'appliances': [{'name': 'a', 'site': 's', 'manager': 'm2'}, {'name': 'b', "
     "'site': 's', 'manager': 'm2'}, {'name': 'd', 'site': 't', 'manager': 'm1'}, "
     "{'name': 'e', 'site': 'u', 'manager': 'm1'}], 'campaign': {'name': 'c', "
     "'max_unavailable': {'site': 1}, 'waves': [{'name': 'one', 'size': 2}, {'name': "
     "'two', 'size': 'rest'}]}}",
     "manager m1: at most 2 taken at once, at most 2 kept together", NULL},
    /* windows */
    {"{'appliances': [{'name': 'v1', 'labels': {'customer': 'a'}}, {'name': 'v2', "
     "'labels': {'customer': 'b'}}], 'calendars': {'night': " NIGHT(
         "8h") ", 'fair': " NIGHT("1h") "}, 'windows': [{'customer': 'b', 'calendar': "
                                        "'night'}], 'freezes': "
                                        "[{'customer': 'a', 'calendar': 'fair'}], "
                                        "'campaign': {'name': 'c', " WAVES "}}",
     "warning: 1 target has no window and may start at any time: v1", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'calendars': {'night': " NIGHT(
         "8h") "}, 'windows': ['night', 'night', 'gone'], 'campaign': {'name': "
               "'c', " WAVES "}}",
     "calendars are worked out until", "has no window"},
    /* link groups that no opening holds */
    {"{" THIRTEEN_GROUPS ", 'calendars': {'night': " BRIEF_NIGHT
     "}, 'windows': ['night'], 'campaign': {'name': 'c', 'in_flight': 9, " WAVES "}}",
     "stop: 1 more link groups have no opening", "stop: link group a goes as one"},
    {"{" THIRTEEN_GROUPS ", 'calendars': {'night': " BRIEF_NIGHT
     "}, 'windows': ['night'], 'campaign': {'name': 'c', 'in_flight': 9, " WAVES "}}",
     "link_group: and 1 more link groups: --json", "link_group: a: all 2"},
    {"{" TWELVE_GROUPS ", 'calendars': {'night': " BRIEF_NIGHT
     "}, 'windows': ['night'], 'campaign': {'name': 'c', 'in_flight': 9, " WAVES "}}",
     "stop: link group l goes as one and needs", "more link groups"},
    {"{'generate': {'count': 2, 'prefix': 'v', 'manager': ['m'], 'link_group': ['g']}, "
     "'calendars': {'past': {'from': '2026-01-01T00:00:00Z', 'for': '2d'}}, 'windows': "
     "['past'], 'campaign': {'name': 'c', " WAVES "}}",
     "in an opening that all of its 2 members have: there is none", NULL},
    /* budgets */
    {"{'generate': {'count': 4, 'prefix': 'v'}, 'campaign': {'name': 'c', 'limits': "
     "{'repo': 9999}, 'max_unavailable': {'site': 9999}, " WAVES "}}",
     "repo: at most 9999 at once, used by stage", NULL},
};

/* True if the plan of the row says what it must and nothing that it must not. */
static bool tells(const struct note_row *row)
{
    auto_fixture struct fixture f = fixture_of_text(row->text);
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    bool told = !row->told || is_told(&notes, row->told);
    bool silent = !row->never || !is_told(&notes, row->never);
    assert_non_null(plan);
    if (told && silent)
        return true;
    print_error("%s \"%s\":\n", told ? "it tells" : "it does not tell",
                told ? row->never : row->told);
    print_notes(&notes);
    return false;
}

static void whatever_is_odd_is_told_in_the_plan(void **state)
{
    (void)state;
    bool all = true;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        all = tells(&rows[i]) && all;
    assert_true(all);
}

/* ---- order ---- */

/* Six are shown, so the first must be those that matter: who keeps most, then who takes
   most at once, then by name as people count. A link group is snapshotted once, whatever
   the playbook does with those that stand alone. */
static void the_most_loaded_managers_are_told_first(void **state)
{
    (void)state;
    static const char *const order[] = {
        "manager m7: at most 2 taken at once, at most 4",
        "manager m8: at most 3 taken at once, at most 3",
        "manager m9: at most 2 taken at once, at most 2",
        "manager m2: at most 1 taken at once, at most 2",
        "manager m10: at most 1 taken at once, at most 2"};
    auto_fixture struct fixture f = fixture_of_text(
        "{'appliances': [{'name': 'a', 'manager': 'm10'}, {'name': 'b', 'manager': "
        "'m2'}, "
        "{'name': 'd', 'manager': 'm9', 'link_group': 'h'}, "
        "{'name': 'e', 'manager': 'm9', 'link_group': 'h'}, "
        "{'name': 'i', 'manager': 'm8', 'link_group': 'g'}, "
        "{'name': 'j', 'manager': 'm8', 'link_group': 'g'}, "
        "{'name': 'k', 'manager': 'm8', 'link_group': 'g'}, "
        "{'name': 'l', 'manager': 'm7'}, {'name': 'm', 'manager': 'm7'}], "
        "'playbook': {'name': 'p', 'rollback': 'snapshot', 'steps': ["
        "{'id': 'x', 'use': 'ssh.job', 'phase': 'change', 'snapshot': true, "
        "'on_failure': 'rollback'}, {'id': 'y', 'use': 'ssh.job', 'phase': 'change', "
        "'snapshot': true, 'on_failure': 'rollback'}]}, "
        "'campaign': {'name': 'c', 'in_flight': 3, " WAVES "}}");
    auto_plan_notes struct plan_notes notes = {0};
    auto_plan struct plan *plan = planned(&f, &notes);
    size_t next = 0;
    for (size_t i = 0; i < notes.count && next < ARRAY_LENGTH(order); i++) {
        if (strstr(notes.items[i].text, "manager m"))
            assert_non_null(strstr(notes.items[i].text, order[next++]));
    }
    assert_int_equal(next, ARRAY_LENGTH(order));
}

/* ---- slots ---- */

static const struct note_row slots[] = {
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'slots': {'v1': ['2026-11-21T22:00:00Z', "
     "'2026-11-21T23:00:00Z']}, 'campaign': {'name': 'c', " WAVES "}}",
     "no slot was found for 1 target: v2", NULL},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'slots': {'v9': []}, 'campaign': "
     "{'name': "
     "'c', " WAVES "}}",
     "no slot was found for 2 targets: v1, v2", "reserved: "},
    {"{'generate': {'count': 2, 'prefix': 'v'}, 'slots': {'v1': ['2026-11-21T22:00:00Z', "
     "'2026-11-21T23:00:00Z'], 'v2': ['2026-11-21T23:00:00Z', '2026-11-22T01:00:00Z']}, "
     "'campaign': {'name': 'c', 'deadline': '2026-11-22T00:00:00Z', " WAVES "}}",
     "the last slot ends 2026-11-22 01:00Z, after the deadline 2026-11-22 00:00Z",
     "no slot was found"},
    {"{'appliances': [{'name': 'v1', 'calendar': 'own'}, {'name': 'v2', 'labels': "
     "{'customer': 'acme'}}, {'name': 'v3', 'labels': {'customer': 'bolt'}}], "
     "'calendars': "
     "{'own': " NIGHT("8h") ", 'a': " NIGHT("8h") ", 'b': " NIGHT("8h") ", 'all': " NIGHT(
         "9h") "}, 'windows': ['all', {'customer': 'acme', 'calendar': 'a'}, "
               "{'customer': 'acme', 'calendar': 'b'}, {'customer': 'bolt', 'calendar': "
               "'b'}],"
               " 'slots': {'v1': ['2026-11-25T22:00:00Z', '2026-11-25T23:00:00Z'], 'v2': "
               "['2026-11-24T22:00:00Z', '2026-11-24T23:00:00Z'], 'v3': "
               "['2026-11-25T22:00:00Z', "
               "'2026-11-25T23:00:00Z']}, 'campaign': {'name': 'c', 'min_notice': "
               "'1d', " WAVES "}}",
     "tell customer=acme by 2026-11-23 22:00Z: the first of its 1 target starts "
     "2026-11-24 22:00Z",
     NULL},
};

static void slots_that_are_missing_or_late_are_told(void **state)
{
    (void)state;
    bool all = true;
    for (size_t i = 0; i < ARRAY_LENGTH(slots); i++)
        all = tells(&slots[i]) && all;
    assert_true(all);
}

/* Read back from a file of before slots were: nothing to say. */
static void a_plan_without_slots_says_nothing_of_them(void **state)
{
    (void)state;
    auto_plan_notes struct plan_notes notes = {0};
    struct plan plan = {.campaign = NULL};
    plan_explain_slots(&plan, NULL, &notes);
    assert_int_equal(notes.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_odd_is_told_in_the_plan),
        cmocka_unit_test(the_most_loaded_managers_are_told_first),
        cmocka_unit_test(slots_that_are_missing_or_late_are_told),
        cmocka_unit_test(a_plan_without_slots_says_nothing_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
