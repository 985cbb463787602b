/*
 * marks.c - see marks.h.
 *
 *    [2021-02-27T13:11:36.058] : Copying software packages 3/17
 *    [2021-02-27 13:11:36,058] : Running test transaction ....
 *
 * A mark counts only at the beginning of a line's text, so that a file name or a package's
 * description cannot pass for one. Stamps only count jumps: one captured log goes back by
 * eight hours in the middle (UTC and local time), so they never decide an order.
 */
#include "vcsa_cli/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/limits.h"
#include "vcsa_cli/plain.h"

static const struct {
    const char *text;
    enum marks_end end;
} ends[] = {
    {"Staging process completed successfully", MARKS_STAGED},
    {"Unstaging process completed successfully", MARKS_UNSTAGED},
    {"Validation successful", MARKS_VALID},
    {"Packages upgraded successfully", MARKS_INSTALLED},
    {"Unsuported version of patch selected", MARKS_UNSUPPORTED},
    {"Unsupported version of patch selected", MARKS_UNSUPPORTED},
    {"Installation process failed", MARKS_FAILED},
    {"Staging process failed", MARKS_FAILED},
    {"Validation process failed", MARKS_FAILED},
    {"Validation failed", MARKS_FAILED},
};

/* Where an installation or a staging is when it says this. */
static const struct {
    const char *text;
    int from, to; /* percent; `to` with N/N */
} stations[] = {
    {"ISO mounted successfully", 5, 5},
    {"Downloading", 10, 10},
    {"Staged ", 70, 70},
    {"Verifying staging area", 85, 85},
    {"ISO unmounted successfully", 95, 95},
    {"Validating software update payload", 2, 2},
    {"Compatible patch", 6, 6},
    {"The version check is passed", 8, 8},
    {"Validation successful", 10, 10},
    {"Copying software packages", 10, 30},
    {"Running test transaction", 32, 32},
    {"Running pre-install script", 36, 36},
    {"All VMware services are stopped", 50, 50},
    {"Upgrading software packages", 55, 55},
    {"Running post-install script", 80, 80},
    {"Packages upgraded successfully", 100, 100},
    {"Staging process completed successfully", 100, 100},
};

/* Words that tell why; anywhere in a line. The first that is met is kept. */
static const char *const reasons[] = {
    "No space left on device",
    "Not enough space",
    "Package discrepancy error",
    "Test RPM transaction failed",
    "Exception occurred in",
    "Failed to upgrade database schema",
    "expired password for user",
    "Authentication token is no longer valid",
    "failed adding user",
    "Manifest verification failed",
    "Unsuported version of patch",
    "Failed to start services",
    "certificate verify failed",
    "Could not resolve host",
    "Download failed",
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The stamp's instant in ms (any zone); -1 if it is none. `stamp` ends at its bracket. */
static int64_t stamp_ms(const char *stamp)
{
    struct tm tm = {0};
    const char *end = strptime(stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end) {
        tm = (struct tm){0};
        end = strptime(stamp, "%Y-%m-%d %H:%M:%S", &tm);
    }
    if (!end || (*end != '.' && *end != ',' && *end != ']' && *end != '\0'))
        return -1;
    return (int64_t)timegm(&tm) * CLI_SECOND_MS;
}

/* The text behind "[STAMP] : "; *at_ms gets the stamp, -1 without one. */
static char *behind_stamp(char *line, int64_t *at_ms)
{
    char *start = plain_trim(line);
    char *close = start[0] == '[' ? strchr(start, ']') : NULL;
    *at_ms = -1;
    if (!close)
        return start;
    char *text = close + 1 + strspn(close + 1, " ");
    *at_ms = stamp_ms(start + 1);
    if (*at_ms < 0 || *text != ':')
        return start;
    return plain_trim(text + 1);
}

/* "Copying software packages 3/17": between the two ends of the station. */
static int percent_within(const char *text, int from, int to)
{
    const char *number = text + strcspn(text, "0123456789");
    char *slash = NULL;
    long done = strtol(number, &slash, 10);
    long all = slash && *slash == '/' ? strtol(slash + 1, NULL, 10) : 0;
    if (from == to || all <= 0 || done < 0 || done > all || all > 1000000)
        return from;
    return from + (int)((to - from) * done / all);
}

static void take_station(struct marks *marks, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(stations); i++)
        if (begins(text, stations[i].text))
            marks->percent = percent_within(text, stations[i].from, stations[i].to);
}

static void take_end(struct marks *marks, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (begins(text, ends[i].text))
            marks->end = ends[i].end;
    if (begins(text, "Packages upgraded successfully") &&
        strstr(text, "eboot is required"))
        marks->reboot = true;
}

static void take_reason(struct marks *marks, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(reasons) && !marks->why[0]; i++)
        if (strstr(text, reasons[i]))
            (void)text_clean(text, marks->why, sizeof marks->why);
}

void marks_read(const char *text, size_t length, struct marks *out)
{
    auto_buf struct buf copy = {0};
    struct marks marks = {.end = MARKS_NONE, .percent = -1};
    int64_t before_ms = -1;
    buf_add(&copy, text, length);
    (void)plain_text(&copy);
    auto_free char *lines = xstrdup(buf_text(&copy));
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        int64_t at_ms;
        const char *said = behind_stamp(line, &at_ms);
        if (at_ms >= 0 && before_ms >= 0 && at_ms < before_ms)
            marks.clock_jumps++;
        before_ms = at_ms >= 0 ? at_ms : before_ms;
        if (!*said)
            continue;
        (void)text_clean(said, marks.last, sizeof marks.last);
        take_station(&marks, said);
        take_end(&marks, said);
        take_reason(&marks, said);
    }
    *out = marks;
}

json_t *marks_lines(const char *text, size_t length)
{
    auto_buf struct buf copy = {0};
    json_t *kept = json_array();
    buf_add(&copy, text, length);
    (void)plain_text(&copy);
    auto_free char *lines = xstrdup(buf_text(&copy));
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        char clean[CLI_LINE_KEPT];
        const char *said = plain_trim(line);
        if (!*said)
            continue;
        (void)json_array_append_new(kept,
                                    json_string(text_clean(said, clean, sizeof clean)));
        if (json_array_size(kept) > CLI_LINES_KEPT)
            (void)json_array_remove(kept, 0);
    }
    return kept;
}
