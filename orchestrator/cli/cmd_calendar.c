/*
 * cmd_calendar.c - slipway calendar: when may be changed, who is told, what moves.
 *
 * Each word has a file of its own, cmd_calendar_WORD.c. Only import changes something,
 * and only with --yes.
 */

#include "cli/calendar.h"
#include "cli/subwords.h"
#include "cli/verbs.h"
#include "util/auto.h"

static const struct subword words[] = {
    {"show", 0, 1, "one SOURCE or TARGET", " zone count ", calendar_show},
    {"next", 0, 1, "one SOURCE or TARGET", " zone count ", calendar_next},
    {"check", 0, CLI_ARGUMENTS_MAX, "sources", " zone at target plan ", calendar_check},
    {"export", 0, 0, "no argument", " out by ", calendar_export},
    {"import", 0, 1, "one FILE", " zone as freeze label yes reason cron duration ",
     calendar_import},
};

static int run(struct cli *cli)
{
    return subwords_run(cli, words, ARRAY_LENGTH(words));
}

static const struct cli_option options[] = {
    {"count", "N", "show, next: so many openings (default 5 and 8)", false},
    {"zone", "ZONE", "for times that are written without a zone, as in Europe/Paris",
     false},
    {"at", "TIME",
     "check: open or closed then? 2026-11-28T22:30:00Z, or '2026-11-28 23:30 "
     "Europe/Paris'",
     false},
    {"target", "TARGET", "check: with all that binds this one", false},
    {"plan", NULL,
     "check: list targets that never get a long enough opening before the deadline",
     false},
    {"by", "LABEL", "export: one file for each value of customer (default), site, ...",
     false},
    {"out", "DIR", "export: where the files go (default: slots)", false},
    {"as", "SOURCE", "import: stands for this calendar of the plan (a path or its form)",
     false},
    {"freeze", NULL, "import: a time in which nothing may start", false},
    {"label", "NAME=VALUE", "import: a new calendar for these (default: everybody)",
     false},
    {"cron", "LINE", "import: print '0 23 * * 6' as a short form (or as .ics)", false},
    {"duration", "DURATION", "import --cron: how long each opening is", false},
    {"reason", "TEXT", "import: remark; recorded with who and when", false},
    {"yes", NULL, "import: take it; without, it is only shown", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_calendar = {
    .name = "calendar",
    .summary = "windows and freezes: show, next, check, export, import",
    .arguments = "show [SOURCE|TARGET] | next [SOURCE|TARGET] | check [SOURCE...] | "
                 "export | import [FILE]",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .description =
        "show    which calendars bind whom, and when it opens next: of the campaign (or "
        "the pinned\n"
        "        plan), of one target, of a PLAN.json, or of an .ics file or short form "
        "alone\n"
        "next    the next openings in local time and UTC, freezes cut out, marked if too "
        "short\n"
        "check   reads calendars and says what is wrong, with file and line (exit 1); "
        "with --at\n"
        "        whether they are open, why, and until when; with --plan which targets "
        "would starve\n"
        "export  writes the reserved slots as .ics, one file for each customer, for the "
        "calendars\n"
        "        of the owners: events keep their identity, so that one that moved moves "
        "there too\n"
        "import  shows what a changed .ics moves: openings, and reserved slots that are "
        "hit (exit 2);\n"
        "        --yes takes it, into a campaign under way too. --cron turns a line of "
        "cron into a\n"
        "        short form.\n"
        "\n"
        "A SOURCE is an .ics file or a short form such as 'Sat 23:00 +4h Europe/Paris'.",
    .example = "  slipway calendar next 'Sat 23:00 +4h Europe/Paris' --count 3\n"
               "  slipway calendar check calendars/acme.ics --at 2026-11-28T22:30:00Z\n"
               "  slipway calendar import acme-new.ics --as calendars/acme.ics\n"
               "  slipway calendar import --cron '0 23 * * 6' --duration 4h --zone "
               "Europe/Paris",
    .options = options,
    .run = run,
};
