/*
 * doctor_service.c - the installed systemd unit, if there is one: does it keep what a
 * campaign needs? (doctor.h)
 *
 * Only what bites at night is looked at. Drop-ins (slipway.service.d) can mend what the
 * unit says, so nothing here is more than a warning.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "util/auto.h"
#include "util/file.h"
#include "util/xalloc.h"

#define UNIT_NAME  "slipway.service"
#define UNIT_BYTES (64u * 1024u)

/* The first folder that has it wins, as for systemd. */
static const char *const folders[] = {
    "/etc/systemd/system",     "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
};

/* What stands behind the last "KEY=" at the start of a line; the caller's, or NULL. */
static char *value_of(const char *unit, const char *key)
{
    size_t length = strlen(key);
    char *found = NULL;
    for (const char *line = unit; line && *line;) {
        const char *end = strchr(line, '\n');
        size_t width = end ? (size_t)(end - line) : strlen(line);
        if (width > length && !strncmp(line, key, length) && line[length] == '=') {
            free(found);
            found = xstrndup(line + length + 1, width - length - 1);
        }
        line = end ? end + 1 : NULL;
    }
    return found;
}

static void look_at_program(const char *path, const char *unit, struct findings *findings)
{
    auto_free char *start = value_of(unit, "ExecStart");
    if (!start)
        return;
    start[strcspn(start, " \t")] = '\0';
    const char *program = start + strspn(start, "@-:+!");
    if (access(program, X_OK))
        findings_add(findings, FINDING_WARN, "service",
                     "%s starts %s, which is not there; correct ExecStart=", path,
                     program);
}

static void look_at_limits(const char *path, const char *unit, struct findings *findings)
{
    auto_free char *kill = value_of(unit, "KillMode"),
                   *core = value_of(unit, "LimitCORE"),
                   *files = value_of(unit, "LimitNOFILE");
    if (!kill || strcmp(kill, "process") != 0)
        findings_add(findings, FINDING_WARN, "service",
                     "%s has no KillMode=process: stopping it would kill the installers "
                     "that exec.job runs; say it there",
                     path);
    if (core && strcmp(core, "0") != 0)
        findings_add(findings, FINDING_WARN, "service",
                     "%s has LimitCORE=%s: a core file holds secrets; say LimitCORE=0",
                     path, core);
    if (!files)
        findings_add(
            findings, FINDING_WARN, "service",
            "%s has no LimitNOFILE: what systemd allows by itself may be too few "
            "for hundreds in flight; say LimitNOFILE=65536",
            path);
}

void doctor_unit(const char *path, struct findings *findings)
{
    struct slipway_error err = {""};
    auto_buf struct buf unit = {0};
    size_t before = findings->counts[FINDING_WARN];
    if (file_read(path, UNIT_BYTES, &unit, &err)) {
        findings_add(findings, FINDING_WARN, "service", "%s", err.text);
        return;
    }
    look_at_program(path, buf_text(&unit), findings);
    look_at_limits(path, buf_text(&unit), findings);
    if (findings->counts[FINDING_WARN] == before)
        findings_add(findings, FINDING_OK, "service", "%s keeps what a campaign needs",
                     path);
}

void doctor_service(struct findings *findings)
{
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        auto_free char *path = xasprintf("%s/%s", folders[i], UNIT_NAME);
        if (access(path, F_OK))
            continue;
        doctor_unit(path, findings);
        return;
    }
    findings_add(findings, FINDING_OK, "service",
                 "no systemd unit is installed; only needed to run unattended");
}
