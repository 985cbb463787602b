/*
 * cmd_calendar_export.c - slipway calendar export: reserved slots as .ics files for the
 * owners of appliances.
 *
 * What was handed out is remembered (calendar_ledger.h). It is written before the files:
 * whoever is killed between finds at the next export that nothing moved and that a file
 * is not as it should be, and writes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calendar/calendar_write.h"
#include "cli/calendar.h"
#include "cli/calendar_diff.h"
#include "cli/calendar_ledger.h"
#include "engine/engine.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/duration.h"
#include "util/json.h"
#include "util/map.h"
#include "util/text.h"
#include "util/xalloc.h"

#define EXPORT_FOLDER    "slots"
#define EXPORT_NAME_MAX  64
#define EXPORT_FILE_MAX  (64u * 1024u * 1024u)
#define EXPORT_NO_VALUE  "none"
#define EXPORT_EVERYBODY "all"

struct export
{
    struct cli *cli;
    const struct calendar_subject *subject;
    const char *by;
    struct ledger ledger;
    struct map known;  /* "by|group|uid" -> index into the ledger */
    struct map groups; /* of this campaign, also former ones       */
    struct calendar_export_view view;
};

/* ---- names ---- */

/* Letters, digits, dot, dash, underscore, at most so many; what had to be changed gets a
   mark of its own, so that two names never become one. */
static char *safe_name(const char *text)
{
    auto_buf struct buf out = {0};
    bool changed = !*text || *text == '.';
    for (const char *at = text; *at && out.length < EXPORT_NAME_MAX; at++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789-_.",
                            *at) != NULL &&
                     (*at != '.' || out.length);
        buf_addc(&out, plain ? *at : '_');
        changed = changed || !plain;
    }
    if (changed || strlen(text) > EXPORT_NAME_MAX)
        buf_addf(&out, "-%08x", (unsigned)(text_hash(text) & 0xffffffffu));
    return buf_take(&out);
}

/* Campaign and target, and nothing of when: an event that moves stays the same event. */
static char *make_uid(const char *campaign, const char *target)
{
    auto_free char *a = safe_name(target), *b = safe_name(campaign);
    return xasprintf("%s.%s@slipway", a, b);
}

/* ---- who goes into which file ---- */

static char *label_of(const struct plan_target *target, const char *label)
{
    if (!strcmp(label, "site"))
        return xstrdup(target->site);
    auto_json json_t *doc =
        json_parse(target->doc, strlen(target->doc), JSON_BYTES_MAX, NULL);
    const char *text = json_text(json_object_get(doc, "labels"), label);
    return xstrdup(text ? text : "");
}

static bool anybody_has(const struct plan *plan, const char *label)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        auto_free char *value = label_of(&plan->targets[i], label);
        if (*value)
            return true;
    }
    return false;
}

/* What is not said is the customer, or the site where nobody has one. */
static const char *choose_label(const struct cli *cli, const struct plan *plan)
{
    const char *by = cli_option(cli, "by");
    if (by)
        return by;
    return anybody_has(plan, "customer") ? "customer"
           : anybody_has(plan, "site")   ? "site"
                                         : EXPORT_EVERYBODY;
}

static char *group_of(const struct export *e, const struct plan_target *target)
{
    if (!strcmp(e->by, EXPORT_EVERYBODY))
        return xstrdup(EXPORT_EVERYBODY);
    char *value = label_of(target, e->by);
    if (!*value)
        xreplace(&value, EXPORT_NO_VALUE);
    return value;
}

/* ---- the events ---- */

static bool is_wanted(const struct export *e, int target)
{
    const struct calendar_subject *s = e->subject;
    struct plan_slot slot = calendar_slot_now(s, s->time, target);
    if (slot.until_ms <= slot.from_ms)
        return false;
    if (!s->driver || slot.from_ms <= s->now_ms)
        return true;
    return s->state != CAMPAIGN_ABORTED &&
           engine_state(driver_engine(s->driver))->targets[target].state !=
               TARGET_SKIPPED;
}

/* "CET" of "Sat 2026-11-28 23:00 CET"; "" if it names none. */
static const char *zone_letters(const char *local)
{
    const char *blank = strrchr(local, ' ');
    return blank && strchr(local, ':') && blank > strchr(local, ':') ? blank : "";
}

/* "vc-0017, 02:10 to 03:05 CET (±20m)", in the clock of its owner. */
static char *make_summary(const char *zone, const char *name,
                          const struct plan_slot *slot)
{
    char from[CALENDAR_LOCAL_MAX], until[CALENDAR_LOCAL_MAX], spread[32];
    (void)calendar_local(zone, slot->from_ms, from, sizeof from);
    (void)calendar_local(zone, slot->until_ms, until, sizeof until);
    const char *a = strchr(from, ':'), *b = strchr(until, ':');
    const char *first = zone_letters(from), *last = zone_letters(until);
    auto_free char *times = a && b
                                ? xasprintf("%.5s%s to %.5s%s", a - 2,
                                            strcmp(first, last) ? first : "", b - 2, last)
                                : xasprintf("%s to %s", from, until);
    if (!slot->spread_ms)
        return xasprintf("%s, %s", name, times);
    return xasprintf("%s, %s (±%s)", name, times,
                     duration_format(slot->spread_ms, spread, sizeof spread));
}

static char *make_description(const struct plan *plan, const struct plan_target *target,
                              const struct plan_slot *slot)
{
    auto_buf struct buf text = {0};
    char spread[32];
    auto_json json_t *vars =
        json_parse(plan->vars, strlen(plan->vars), JSON_BYTES_MAX, NULL);
    const char *wanted = json_text(vars, "target_version");
    buf_addf(&text, "%s is changed by campaign %s (playbook %s).", target->name,
             plan->campaign, plan->playbook.name);
    if (*target->version || wanted)
        buf_addf(&text, "\nVersion: %s%s%s.",
                 *target->version ? target->version : "not known", wanted ? " to " : "",
                 wanted ? wanted : "");
    if (slot->spread_ms)
        buf_addf(&text, "\nIt may begin up to %s earlier or later.",
                 duration_format(slot->spread_ms, spread, sizeof spread));
    return buf_take(&text);
}

static size_t entry_key(struct export *e, const char *by, const char *group,
                        const char *uid)
{
    auto_free char *key = xasprintf("%s|%s|%s", by, group, uid);
    return map_intern(&e->known, key);
}

static void tell_move(struct export *e, enum calendar_move_kind kind, const char *zone,
                      const struct ledger_entry *entry, const struct span *before)
{
    struct calendar_moves *moves = &e->view.moves;
    struct calendar_move *move = vec_push(moves->items, moves->count, moves->room);
    auto_free char *file = safe_name(entry->group);
    *move = (struct calendar_move){
        .kind = kind, .name = xstrdup(entry->target), .file = xasprintf("%s.ics", file)};
    if (kind != MOVE_NEW) {
        move->before = *before;
        (void)calendar_local_span(zone, before, move->before_text,
                                  sizeof move->before_text);
    }
    if (kind != MOVE_GONE) {
        move->after = entry->span;
        (void)calendar_local_span(zone, &entry->span, move->after_text,
                                  sizeof move->after_text);
    }
}

/* Bring an entry to what is planned now; `next` is taken over. */
static void update_entry(struct export *e, const char *zone, struct ledger_entry *entry,
                         struct ledger_entry *next)
{
    struct span before = entry->span;
    bool moved =
        before.from_ms != next->span.from_ms || before.until_ms != next->span.until_ms;
    bool back = entry->cancelled;
    if (moved || back)
        next->sequence = entry->sequence + 1;
    else
        next->sequence = entry->sequence;
    if (!moved && !back && !strcmp(entry->summary, next->summary) &&
        !strcmp(entry->description, next->description))
        next->stamp_ms = entry->stamp_ms;
    struct ledger_entry old = *entry;
    *entry = *next;
    free(old.by);
    free(old.group);
    free(old.campaign);
    free(old.target);
    free(old.uid);
    free(old.summary);
    free(old.description);
    if (moved || back)
        tell_move(e, back ? MOVE_NEW : MOVE_MOVED, zone, entry, &before);
}

static const char *zone_of(const struct export *e, int target)
{
    struct calendar_subject one = *e->subject;
    one.target = target;
    return calendar_target_zone(&one);
}

static void export_slot(struct export *e, int target)
{
    const struct plan *plan = e->subject->plan;
    const struct plan_target *t = &plan->targets[target];
    struct plan_slot at = calendar_slot_now(e->subject, e->subject->time, target);
    const struct plan_slot *slot = &at;
    const char *zone = zone_of(e, target);
    struct ledger_entry next = {
        .by = xstrdup(e->by),
        .group = group_of(e, t),
        .campaign = xstrdup(plan->campaign),
        .target = xstrdup(t->name),
        .uid = make_uid(plan->campaign, t->name),
        .summary = make_summary(zone, t->name, slot),
        .description = make_description(plan, t, slot),
        .span = {slot->from_ms, slot->until_ms},
        .stamp_ms = e->subject->now_ms,
        .seen = true,
    };
    size_t known = e->known.count;
    size_t index = entry_key(e, e->by, next.group, next.uid);
    (void)map_intern(&e->groups, next.group);
    e->view.slots++;
    if (index < known) {
        update_entry(e, zone, &e->ledger.items[index], &next);
        return;
    }
    *vec_push(e->ledger.items, e->ledger.count, e->ledger.room) = next;
    tell_move(e, MOVE_NEW, zone, &next, NULL);
}

/* What was handed out and is not planned any more. */
static void cancel_gone(struct export *e)
{
    for (size_t i = 0; i < e->ledger.count; i++) {
        struct ledger_entry *entry = &e->ledger.items[i];
        if (entry->seen || strcmp(entry->by, e->by) != 0 ||
            strcmp(entry->campaign, e->subject->plan->campaign) != 0)
            continue;
        (void)map_intern(&e->groups, entry->group);
        if (entry->cancelled || entry->span.until_ms < e->subject->now_ms)
            continue;
        entry->cancelled = true;
        entry->sequence++;
        entry->stamp_ms = e->subject->now_ms;
        tell_move(e, MOVE_GONE, e->subject->time->zone, entry, &entry->span);
    }
}

/* ---- the files ---- */

static int write_group(struct export *e, const char *group, struct slipway_error *err)
{
    auto_free struct calendar_event *events =
        xcalloc(e->ledger.count + 1, sizeof *events);
    auto_free char *name = safe_name(group);
    auto_free char *path = xasprintf("%s/%s.ics", e->view.folder, name);
    auto_free char *title = xasprintf("slipway: %s", group);
    auto_buf struct buf text = {0};
    size_t count = 0;
    for (size_t i = 0; i < e->ledger.count; i++) {
        const struct ledger_entry *entry = &e->ledger.items[i];
        if (strcmp(entry->by, e->by) != 0 || strcmp(entry->group, group) != 0)
            continue;
        events[count++] = (struct calendar_event){
            .uid = entry->uid,
            .sequence = entry->sequence,
            .span = entry->span,
            .stamp_ms = entry->stamp_ms,
            .summary = entry->summary,
            .description = entry->description,
            .categories = "slipway",
            .cancelled = entry->cancelled,
        };
    }
    if (calendar_write(events, count, title, &text))
        return slipway_error_set(err, -1, "the events of %s cannot be written", group);
    e->view.files++;
    auto_buf struct buf there = {0};
    (void)file_read(path, EXPORT_FILE_MAX, &there, NULL);
    if (there.length && there.length == text.length &&
        !memcmp(there.data, text.data, text.length))
        return 0;
    if (there.length && !strstr(buf_text(&there), "@slipway"))
        return slipway_error_set(err, -1,
                                 "%s is there and was not exported by slipway: name "
                                 "another folder with --out",
                                 path);
    e->view.written++;
    return file_replace(path, text.data, text.length, 0644, err);
}

static int write_files(struct export *e, struct slipway_error *err)
{
    if (mkdir(e->view.folder, 0755) && errno != EEXIST)
        return slipway_error_set(err, -1, "cannot make the folder %s: %s", e->view.folder,
                                 strerror(errno));
    for (size_t i = 0; i < e->groups.count; i++) {
        if (write_group(e, e->groups.keys[i], err))
            return -1;
    }
    return 0;
}

/* ---- the word ---- */

static int export_all(struct export *e, struct slipway_error *err)
{
    const char *state_dir = e->cli->state_dir;
    if (ledger_open(state_dir, &e->ledger, err))
        return -1;
    for (size_t i = 0; i < e->ledger.count; i++) {
        const struct ledger_entry *entry = &e->ledger.items[i];
        (void)entry_key(e, entry->by, entry->group, entry->uid);
    }
    for (size_t i = 0; i < e->subject->plan->target_count; i++) {
        if (is_wanted(e, (int)i))
            export_slot(e, (int)i);
    }
    cancel_gone(e);
    if (ledger_save(state_dir, &e->ledger, e->subject->now_ms, err))
        return -1;
    return write_files(e, err);
}

static int print(const struct export *e)
{
    auto_buf struct buf out = {0};
    if (e->cli->json) {
        auto_free char *text = calendar_export_json(&e->view);
        buf_addf(&out, "%s\n", text);
    } else {
        calendar_export_text(&e->view, e->cli->colour, &out);
    }
    return cli_print(e->cli, buf_text(&out));
}

int calendar_export(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_calendar_subject struct calendar_subject subject = {0};
    const char *folder = cli_option(cli, "out"), *by = cli_option(cli, "by");
    char clean[EXPORT_NAME_MAX];
    int code = calendar_subject_plan(cli, NULL, &subject);
    if (code)
        return code;
    if (!subject.time->slots)
        return cli_fail(cli, EXIT_ERROR,
                        "%s reserves no slots: nothing binds its targets to a time. Give "
                        "the campaign or the fleet windows and plan again",
                        subject.name);
    if (by && strcmp(by, EXPORT_EVERYBODY) && !anybody_has(subject.plan, by))
        return cli_fail(
            cli, EXIT_ERROR,
            "no target of %s has a label %s; use --by with one of its labels, "
            "site or all",
            subject.name, text_clean(by, clean, sizeof clean));
    struct export e = {
        .cli = cli, .subject = &subject, .by = choose_label(cli, subject.plan)};
    e.view.folder = xstrdup(folder ? folder : EXPORT_FOLDER);
    e.view.campaign = xstrdup(subject.plan->campaign);
    code = export_all(&e, &err) ? cli_fail(cli, EXIT_ERROR, "%s", err.text) : print(&e);
    ledger_clear(&e.ledger);
    map_free(&e.known);
    map_free(&e.groups);
    calendar_export_clear(&e.view);
    return code;
}
