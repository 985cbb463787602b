/*
 * ledger_report.c - `slipway-lab ledger`: what happened to the fleet, and
 * whether it should have.
 *
 * The checks are the lab's own opinion, taken from the ledger alone:
 *   1. an update begins only while a snapshot of that VM exists;
 *   2. a job starts at most once per incarnation;
 *   3. no second update while one runs on the same appliance;
 *   4. two snapshots of one VM never have the same name at the same time;
 *   5. a snapshot that the lab did not see created (or that is foreign) is
 *      never reverted to or removed;
 *   6. linked vCenters are treated as ledger_links.c says, major upgrades as
 *      ledger_upgrades.c does, NSX managers as ledger_nsx.c does;
 *   and with --finished, when the campaign is over:
 *   7. nothing is left running, no VM is off, no snapshot of a campaign is left.
 */
#include <stdio.h>
#include <string.h>

#include "ledger_links.h"
#include "ledger_nsx.h"
#include "ledger_upgrades.h"

#define LINE_MAX_BYTES (64u * 1024u)
#define VIOLATIONS_MAX 50

struct held {
    char *ref, *name;
};

/* What the ledger says about one appliance so far. */
struct track {
    int effects, creates, reverts, removes, updates, update_errors;
    bool updating, off;
    struct held *held; /* snapshots that exist */
    size_t held_count, held_room;
    char final_version[32];
};

struct report {
    struct map names; /* appliance -> index in tracks */
    struct track *tracks;
    size_t track_count, track_room;
    struct map jobs, kinds;
    struct ledger_links links;
    struct ledger_upgrades upgrades;
    struct ledger_nsx nsx;
    int *kind_counts;
    size_t kind_count, kind_room;
    int changing, changing_most;
    int violations;
    long lines;
};

__attribute__((format(printf, 3, 4))) static void
violation(struct report *report, const char *appliance, const char *format, ...)
{
    if (report->violations++ >= VIOLATIONS_MAX)
        return;
    va_list args;
    va_start(args, format);
    (void)printf("VIOLATION line %ld, %s: ", report->lines, appliance);
    (void)vprintf(format, args);
    (void)putchar('\n');
    va_end(args);
}

static struct track *track_of(struct report *report, const char *name)
{
    size_t index = map_intern(&report->names, name);
    while (report->track_count <= index)
        *vec_push(report->tracks, report->track_count, report->track_room) =
            (struct track){0};
    return &report->tracks[index];
}

static void count_kind(struct report *report, const char *kind)
{
    size_t index = map_intern(&report->kinds, kind);
    while (report->kind_count <= index)
        *vec_push(report->kind_counts, report->kind_count, report->kind_room) = 0;
    report->kind_counts[index]++;
}

static long find_held(const struct track *track, const char *ref)
{
    for (size_t i = 0; ref && i < track->held_count; i++)
        if (strcmp(track->held[i].ref, ref) == 0)
            return (long)i;
    return -1;
}

static void on_create(struct report *report, struct track *track, const json_t *line)
{
    const char *name = json_text(line, "name"), *ref = json_text(line, "snapshot");
    track->creates++;
    for (size_t i = 0; name && i < track->held_count; i++)
        if (strcmp(track->held[i].name, name) == 0)
            violation(report, json_text(line, "appliance"), "a second snapshot named %s",
                      name);
    *vec_push(track->held, track->held_count, track->held_room) =
        (struct held){xstrdup(ref ? ref : ""), xstrdup(name ? name : "")};
}

static void on_use(struct report *report, struct track *track, const json_t *line,
                   bool remove)
{
    long i = find_held(track, json_text(line, "snapshot"));
    if (i < 0) {
        violation(report, json_text(line, "appliance"),
                  "%s of a snapshot that is not ours", remove ? "removal" : "revert");
        return;
    }
    if (!remove) {
        track->reverts++;
        return;
    }
    track->removes++;
    free(track->held[i].ref);
    free(track->held[i].name);
    track->held[i] = track->held[--track->held_count];
}

static void end_update(struct report *report, struct track *track)
{
    if (track->updating)
        report->changing--;
    track->updating = false;
}

static void on_job_start(struct report *report, struct track *track, const json_t *line)
{
    const char *name = json_text(line, "appliance"), *job = json_text(line, "job");
    if (track->updating)
        violation(report, name, "an update began while another one ran");
    if (!track->held_count)
        violation(report, name, "an update began without a snapshot");
    auto_free char *key = xasprintf("%s/%s/%lld", name, job ? job : "",
                                    (long long)json_number(line, "incarnation", 0));
    if (job && *job && map_find(&report->jobs, key) >= 0)
        violation(report, name, "job %s started twice", job);
    (void)map_intern(&report->jobs, key);
    if (!track->updating && ++report->changing > report->changing_most)
        report->changing_most = report->changing;
    track->updating = true;
}

static void on_update(struct report *report, struct track *track, const json_t *line)
{
    const char *outcome = json_text(line, "outcome"), *to = json_text(line, "to");
    end_update(report, track);
    if (outcome && strcmp(outcome, "success") == 0) {
        track->updates++;
        (void)snprintf(track->final_version, sizeof track->final_version, "%s",
                       to ? to : "");
    } else {
        track->update_errors++;
    }
}

static void on_power(struct report *report, struct track *track, const char *kind,
                     const json_t *line)
{
    const char *power = json_text(line, "power");
    bool revert = strcmp(kind, "snapshot_revert") == 0;
    bool down = strcmp(kind, "power_off") == 0 || strcmp(kind, "guest_shutdown") == 0 ||
                (revert && !(power && strcmp(power, "on") == 0));
    if (down || revert || strcmp(kind, "reboot") == 0 || strcmp(kind, "reset") == 0)
        end_update(report, track); /* its processes are gone */
    if (down)
        track->off = true;
    if (strcmp(kind, "boot") == 0 || (revert && !down))
        track->off = false;
}

static void read_line(struct report *report, const json_t *line)
{
    const char *kind = json_text(line, "kind"), *appliance = json_text(line, "appliance");
    const char *outcome = json_text(line, "outcome");
    if (!kind)
        return;
    count_kind(report, kind);
    auto_free char *wrong = ledger_links_read(&report->links, kind, line);
    if (wrong)
        violation(report, appliance, "%s", wrong);
    auto_free char *again = ledger_nsx_read(&report->nsx, kind, line);
    if (again)
        violation(report, appliance, "%s", again);
    if (strcmp(kind, "not_in_schema") == 0)
        violation(report, appliance,
                  "a request that the vendor's schema does not have: %s",
                  json_text(line, "why"));
    auto_free char *both = ledger_upgrades_read(&report->upgrades, kind, line);
    if (both)
        violation(report, appliance, "%s", both);
    for (size_t i = 0; strcmp(kind, "power_loss") == 0 && i < report->track_count; i++)
        end_update(report, &report->tracks[i]);
    if (!appliance || strncmp(kind, "log", 3) == 0)
        return;
    struct track *track = track_of(report, appliance);
    track->effects++;
    if (strcmp(kind, "job_start") == 0)
        on_job_start(report, track, line);
    else if (strcmp(kind, "update") == 0)
        on_update(report, track, line);
    else if (outcome && strcmp(outcome, "success") != 0)
        return;
    else if (strcmp(kind, "snapshot_create") == 0)
        on_create(report, track, line);
    else if (strcmp(kind, "snapshot_revert") == 0 || strcmp(kind, "snapshot_remove") == 0)
        on_use(report, track, line, strcmp(kind, "snapshot_remove") == 0);
    on_power(report, track, kind, line);
}

static void check_end(struct report *report)
{
    const char *running = ledger_nsx_running(&report->nsx);
    if (running)
        violation(report, running, "its upgrade is still running");
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track *track = &report->tracks[i];
        const char *name = report->names.keys[i];
        if (track->updating)
            violation(report, name, "an update is still running");
        if (track->off && !ledger_upgrades_excuse(&report->upgrades, name))
            violation(report, name, "is down");
        for (size_t j = 0; j < track->held_count; j++)
            violation(report, name, "snapshot %s is left", track->held[j].name);
    }
}

static void print_summary(const struct report *report, const char *dir)
{
    (void)printf("%-10s %8s %8s %8s %8s %8s  %s\n", "appliance", "snapshot", "revert",
                 "remove", "update", "failed", "version now");
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track *track = &report->tracks[i];
        auto_free char *disk = xasprintf("%s/appliances/%s", dir, report->names.keys[i]);
        auto_free char *version = tree_read(disk, "version", "?");
        char clean[64];
        (void)printf("%-10s %8d %8d %8d %8d %8d  %s\n", report->names.keys[i],
                     track->creates, track->reverts, track->removes, track->updates,
                     track->update_errors, text_clean(version, clean, sizeof clean));
    }
    (void)printf("%ld lines:", report->lines);
    for (size_t i = 0; i < report->kinds.count; i++)
        (void)printf(" %s %d%s", report->kinds.keys[i], report->kind_counts[i],
                     i + 1 < report->kinds.count ? "," : "");
    (void)printf("\nmost updates at once: %d\n", report->changing_most);
}

static void free_report(struct report *report)
{
    for (size_t i = 0; i < report->track_count; i++) {
        for (size_t j = 0; j < report->tracks[i].held_count; j++) {
            free(report->tracks[i].held[j].ref);
            free(report->tracks[i].held[j].name);
        }
        free(report->tracks[i].held);
    }
    free(report->tracks);
    free(report->kind_counts);
    ledger_links_free(&report->links);
    ledger_upgrades_free(&report->upgrades);
    ledger_nsx_free(&report->nsx);
    map_free(&report->names);
    map_free(&report->jobs);
    map_free(&report->kinds);
}

int ledger_report(const char *dir, bool check, bool finished)
{
    __attribute__((cleanup(free_report))) struct report report = {0};
    auto_free char *path = xasprintf("%s/ledger.jsonl", dir);
    auto_file FILE *file = fopen(path, "re");
    auto_free char *text = NULL;
    size_t room = 0;
    ssize_t length;
    if (!file) {
        (void)fprintf(
            stderr, "slipway-lab: %s cannot be read; is this a lab's directory?\n", path);
        return 1;
    }
    while ((length = getline(&text, &room, file)) > 0) {
        auto_json json_t *line = json_parse(text, (size_t)length, LINE_MAX_BYTES, NULL);
        report.lines++;
        if (line)
            read_line(&report, line);
        else
            violation(&report, "ledger", "this line is no JSON object");
    }
    if (finished)
        check_end(&report);
    print_summary(&report, dir);
    if (!check && !finished)
        return 0;
    (void)printf("%s: %d violations\n", report.violations ? "NOT OK" : "OK",
                 report.violations);
    return report.violations ? 1 : 0;
}
