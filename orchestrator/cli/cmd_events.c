/*
 * cmd_events.c - slipway events: what happened, in order.
 *
 * Records are read in pages and printed between two reads, so that a slow reader of
 * our output never keeps the owner's log from being emptied. --follow looks again
 * every FOLLOW_MS until Ctrl-C.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "report/event.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define PAGE          1000
#define FOLLOW_MS     500
#define FOLLOW_BEFORE 20 /* what --follow shows first */
#define LIMIT_MAX     1000000

struct lines {
    bool json, newest_first;
    char **items;
    size_t count, room;
    int64_t last_seq;
};

struct selection {
    struct store_event_filter filter;
    bool follow, has_since;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* ---- options ---- */

static int number_option(const struct cli *cli, const char *name, int64_t max,
                         int64_t *out)
{
    const char *text = cli_option(cli, name);
    char *end = NULL;
    if (!text)
        return EXIT_DONE;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (!*text || *end || errno || value < 0 || value > max)
        return cli_fail(cli, EXIT_USAGE, "--%s needs a number from 0 to %lld", name,
                        (long long)max);
    *out = value;
    return EXIT_DONE;
}

static int kind_option(const struct cli *cli, int *out)
{
    const char *text = cli_option(cli, "kind"), *names[RECORD_KIND_COUNT];
    char clean[120];
    if (!text)
        return EXIT_DONE;
    *out = record_kind_from(text);
    if (*out >= 0)
        return EXIT_DONE;
    for (int i = 0; i < RECORD_KIND_COUNT; i++)
        names[i] = record_kind_name((enum record_kind)i);
    const char *near = text_nearest(text, names, RECORD_KIND_COUNT);
    auto_buf struct buf all = {0};
    for (int i = 0; i < RECORD_KIND_COUNT; i++)
        buf_addf(&all, "%s%s", i ? ", " : "", names[i]);
    return cli_fail(cli, EXIT_USAGE, "no kind %s%s%s; there are: %s",
                    text_clean(text, clean, sizeof clean), near ? ", did you mean " : "",
                    near ? near : "", buf_text(&all));
}

static int wave_option(const struct cli *cli, struct store *store, int64_t campaign,
                       int *out)
{
    const char *name = cli_option(cli, "wave");
    struct slipway_error err = {""};
    auto_store_status struct store_status status = {.waves = NULL};
    char *end = NULL, clean[120];
    if (!name)
        return EXIT_DONE;
    int code = store_status(store, campaign, 0, &status, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    for (size_t i = 0; i < status.wave_count && *out < 0; i++) {
        if (!strcmp(status.waves[i].name, name))
            *out = (int)i;
    }
    long number = strtol(name, &end, 10);
    if (*out < 0 && *name && !*end && number >= 0 && number < (long)status.wave_count)
        *out = (int)number;
    return *out >= 0 ? EXIT_DONE
                     : cli_fail(cli, EXIT_ERROR, "no wave %s in this campaign",
                                text_clean(name, clean, sizeof clean));
}

static int select_events(struct cli *cli, struct store *store, int64_t campaign,
                         struct selection *out)
{
    struct slipway_error err = {""};
    const char *target = cli_option(cli, "target");
    int64_t limit = 0;
    out->filter = (struct store_event_filter)STORE_ANY_EVENT;
    out->follow = cli_flag(cli, "follow");
    out->has_since = cli_option(cli, "since") != NULL;
    int code = number_option(cli, "since", INT64_MAX >> 24, &out->filter.since_seq);
    if (!code)
        code = number_option(cli, "limit", LIMIT_MAX, &limit);
    if (!code)
        code = kind_option(cli, &out->filter.kind);
    if (!code)
        code = wave_option(cli, store, campaign, &out->filter.wave);
    out->filter.limit = (int)limit;
    if (code || !target)
        return code;
    code = store_target_index(store, campaign, target, &out->filter.target, &err);
    return code ? cli_store_failure(cli, code, &err) : EXIT_DONE;
}

/* ---- reading and printing ---- */

static int visit(void *data, const struct store_event *event)
{
    struct lines *lines = data;
    auto_buf struct buf line = {0};
    if (lines->json)
        event_json(event, &line);
    else
        event_line(event, &line);
    *vec_push(lines->items, lines->count, lines->room) = buf_take(&line);
    if (event->record->seq > lines->last_seq)
        lines->last_seq = event->record->seq;
    return 0;
}

static int print_lines(const struct cli *cli, struct lines *lines)
{
    auto_buf struct buf out = {0};
    for (size_t i = 0; i < lines->count; i++) {
        size_t at = lines->newest_first ? lines->count - 1 - i : i;
        buf_adds(&out, lines->items[at]);
        free(lines->items[at]);
        lines->items[at] = NULL;
    }
    lines->count = 0;
    return out.length ? cli_print(cli, buf_text(&out)) : EXIT_DONE;
}

/* One page after `lines->last_seq`; *count is how many there were. */
static int print_page(const struct cli *cli, struct store *store, int64_t campaign,
                      const struct store_event_filter *filter, struct lines *lines,
                      size_t *count)
{
    struct slipway_error err = {""};
    int code = store_events(store, campaign, filter, visit, lines, &err);
    *count = lines->count;
    if (code) {
        for (size_t i = 0; i < lines->count; i++)
            free(lines->items[i]);
        lines->count = 0;
        return cli_store_failure(cli, code, &err);
    }
    return print_lines(cli, lines);
}

static int print_newest(const struct cli *cli, struct store *store, int64_t campaign,
                        struct store_event_filter filter, int limit, struct lines *lines)
{
    size_t count = 0;
    filter.limit = limit;
    filter.newest_first = lines->newest_first = true;
    int code = print_page(cli, store, campaign, &filter, lines, &count);
    lines->newest_first = false;
    return code;
}

/* Everything after since_seq, at most filter.limit (0: all). */
static int print_on(const struct cli *cli, struct store *store, int64_t campaign,
                    struct store_event_filter filter, struct lines *lines)
{
    int left = filter.limit;
    for (;;) {
        size_t count = 0;
        filter.since_seq = lines->last_seq;
        filter.limit = left && left < PAGE ? left : PAGE;
        int wanted = filter.limit;
        int code = print_page(cli, store, campaign, &filter, lines, &count);
        if (code || (int)count < wanted)
            return code;
        if (left && !(left -= (int)count))
            return EXIT_DONE;
    }
}

static int last_record(const struct cli *cli, struct store *store, int64_t id,
                       int64_t *seq)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    int code = store_load_campaign(store, id, &campaign, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    *seq = campaign.last_seq;
    return EXIT_DONE;
}

static int follow(const struct cli *cli, struct store *store, int64_t campaign,
                  const struct selection *selection, struct lines *lines)
{
    struct sigaction action = {.sa_handler = interrupt};
    struct timespec pause = {0, FOLLOW_MS * 1000000L};
    struct store_event_filter filter = selection->filter;
    int code = EXIT_DONE;
    int64_t seen_seq = lines->last_seq;
    filter.limit = 0;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    while (!code && !interrupted) {
        code = last_record(cli, store, campaign, &seen_seq);
        if (!code)
            code = print_on(cli, store, campaign, filter, lines);
        /* a filter may have left these out: they are not looked at again */
        lines->last_seq = seen_seq > lines->last_seq ? seen_seq : lines->last_seq;
        if (!code && !interrupted)
            (void)nanosleep(&pause, NULL);
    }
    return code;
}

static int print_all(const struct cli *cli, struct store *store,
                     const struct store_campaign *campaign,
                     const struct selection *selection, struct lines *lines)
{
    const struct store_event_filter *filter = &selection->filter;
    int before = filter->limit ? filter->limit : selection->follow ? FOLLOW_BEFORE : 0;
    int code;
    lines->last_seq = filter->since_seq;
    if (!selection->has_since && before) {
        code = print_newest(cli, store, campaign->id, *filter, before, lines);
        /* a filter may have left out newer ones */
        if (!code && lines->last_seq < campaign->last_seq)
            lines->last_seq = campaign->last_seq;
    } else {
        code = print_on(cli, store, campaign->id, *filter, lines);
    }
    return code || !selection->follow
               ? code
               : follow(cli, store, campaign->id, selection, lines);
}

static int run(struct cli *cli)
{
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    struct selection selection = {.follow = false};
    struct lines lines = {.json = cli->json};
    int code = cli_open_reader(cli, &store, &campaign);
    if (!code)
        code = select_events(cli, store, campaign.id, &selection);
    if (!code)
        code = print_all(cli, store, &campaign, &selection, &lines);
    free(lines.items);
    return code;
}

static const struct cli_option options[] = {
    {"since", "SEQ", "only later ones than this number", false},
    {"limit", "N", "at most so many: the newest, or with --since the next", false},
    {"target", "TARGET", "only of this target", false},
    {"wave", "WAVE", "only of this wave itself, by name or number from 0", false},
    {"kind", "KIND", "only this kind: target, step, command, snapshot ...", false},
    {"follow", NULL, "go on with new ones until Ctrl-C", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_events = {
    .name = "events",
    .summary = "what happened, one event a line",
    .arguments = "",
    .description = "Prints the committed records in their order: every decision, effect, "
                   "verdict and\n"
                   "operator's verb, with its number, time, target and actor. With "
                   "--json each line is one\n"
                   "JSON object; remember the last \"seq\" and go on later with --since.",
    .example = "  slipway events --target vc-0017\n"
               "  slipway events --follow --kind target\n"
               "  slipway events --json --since 1200 | jq -r .sentence",
    .options = options,
    .run = run,
};
