/*
 * vcsash_packages.c - software-packages: stage, list, validate, install, unstage.
 *
 * Lines are stamped and written to stdout and to software-packages.log. What came of a run
 * is told by its mark lines only; nothing has an exit status. An installation goes through
 * the stations of a captured one:
 *
 *   validation ─► copy ─► test transaction ─► pre-install script ─► services stopped
 *     ─► packages ─► post-install script ─► "Packages upgraded successfully, ..."
 *
 * Faults strike where they do on real appliances. Killed in the middle, it leaves
 * INSTALL_IN_PROGRESS behind and a log without an end.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vcsash_guest.h"

struct run {
    const struct guest *guest;
    char *from, *to;
    double step_s;
    bool jumped; /* stamps are eight hours back from here on */
};

/* ---- lines ---- */

static void append(const struct guest *guest, const char *file, const char *line)
{
    auto_free char *path = xasprintf("%s/" GUEST_LOG "%s", guest->root, file);
    auto_fd int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        (void)!write(fd, line, strlen(line));
}

__attribute__((format(printf, 2, 3))) static void say(const struct run *run,
                                                      const char *format, ...)
{
    static unsigned count;
    char stamp[40];
    struct tm tm;
    int64_t now_ms = guest_now_s(run->guest) * 1000 + lab_now_ms() % 1000;
    time_t seconds = (time_t)(now_ms / 1000 - (run->jumped ? 8 * 3600 : 0));
    (void)gmtime_r(&seconds, &tm);
    /* both forms are met in one log */
    bool sub_step = count++ % 3 == 2;
    (void)strftime(stamp, sizeof stamp,
                   sub_step ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &tm);
    va_list args;
    auto_buf struct buf text = {0};
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    auto_free char *line = xasprintf(" [%s%c%03d] : %s\n", stamp, sub_step ? ',' : '.',
                                     (int)(now_ms % 1000), buf_text(&text));
    guest_say("%s", line);
    append(run->guest, "software-packages.log", line);
}

static void put_state(const struct run *run, const char *state)
{
    bool quiet = strcmp(state, "UP_TO_DATE") == 0;
    auto_json json_t *conf = json_pack("{s:s}", "state", state);
    if (!quiet)
        json_object_update_new(
            conf, json_pack("{s:s, s:s}", "version", run->to, "operation_id",
                            "/storage/core/software-update/install_operation"));
    auto_free char *text = json_canonical(conf);
    guest_write(run->guest, "update_state", state);
    guest_write(run->guest, GUEST_CONF "software_update_state.conf", text);
}

static void put_version(const struct run *run)
{
    auto_json json_t *conf = json_pack(
        "{s:s, s:s, s:s, s:s}", "name", "VC-PATCH", "version", run->to, "summary",
        "Patch for VMware vCenter Server Appliance", "releasedate", "May 30, 2019");
    auto_free char *text = json_canonical(conf);
    guest_write(run->guest, "version", run->to);
    guest_write(run->guest, GUEST_CONF "update.conf", text);
}

static bool fault(const struct run *run, const char *name)
{
    return guest_fault(run->guest, name) != 0;
}

/* ---- media and stage ---- */

char *guest_staged(const struct guest *guest)
{
    auto_free char *text = guest_read(guest, GUEST_STAGE);
    auto_json json_t *stage = json_parse(text, strlen(text), LAB_TEXT_MAX, NULL);
    const char *version = json_is_object(stage) ? json_text(stage, "version") : NULL;
    return xstrdup(version ? version : "");
}

static bool same_line(const char *a, const char *b)
{
    const char *dot = strchr(a, '.');
    dot = dot ? strchr(dot + 1, '.') : NULL;
    return dot && strncmp(a, b, (size_t)(dot - a) + 1) == 0;
}

static json_t *media_of(const struct guest *guest)
{
    auto_free char *text = tree_read(guest->outside, "media", "{}");
    return json_parse(text, strlen(text), LAB_TEXT_MAX, NULL);
}

/* The patch in the CD-ROM: the first that is newer, of the same line. The caller's. */
static char *offered(const struct guest *guest)
{
    auto_json json_t *media = media_of(guest);
    auto_free char *installed = guest_version(guest);
    const json_t *offers = json_object_get(media, "offers");
    for (size_t i = 0; i < json_array_size(offers); i++) {
        const char *version = json_string_value(json_array_get(offers, i));
        if (same_line(installed, version) && text_version_cmp(installed, version) < 0)
            return xstrdup(version);
    }
    return NULL;
}

static void list_staged(const struct guest *guest)
{
    auto_free char *version = guest_staged(guest), *installed = guest_version(guest);
    auto_json json_t *media = media_of(guest);
    const json_t *known = json_object_get(media, "versions");
    const char *comma = "";
    if (!version[0]) {
        guest_say(" No staged update\n");
        return;
    }
    guest_say(
        "category: Bugfix\nkb: https://kb.example/67077\nvendor: VMware, Inc.\n"
        "name: VC-%s-Appliance-FP\nsummary: Patch for VMware vCenter Server Appliance\n"
        "tags: []\nreleasedate: May 30, 2019\nversion: %s\nbuildnumber: 13834586\n"
        "rebootrequired: True\nproductname: VMware vCenter Server Appliance\n"
        "severity: Critical\nTPP_ISO: False\nthirdPartyInstallation: False\n"
        "eulaAcceptTime: 2026-11-22 04:05:06 UTC\nversion_supported: [",
        version, version);
    for (size_t i = 0; i < json_array_size(known); i++) {
        const char *source = json_string_value(json_array_get(known, i));
        bool left_out =
            guest_fault(guest, "unsupported") != 0 && strcmp(source, installed) == 0;
        if (left_out || !same_line(source, version))
            continue;
        guest_say("%su'%s'", comma, source);
        comma = ", ";
    }
    guest_say("]\n");
}

static void record(const struct run *run, const char *kind, const char *outcome)
{
    const char *job = getenv("SLIPWAY_JOB");
    auto_free char *incarnation = tree_read(run->guest->outside, "incarnation", "0");
    guest_ledger(run->guest, kind,
                 json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "job", job ? job : "by-hand",
                           "from", run->from, "to", run->to, "outcome", outcome,
                           "incarnation", (int)strtol(incarnation, NULL, 10), "pid",
                           (int)getpid()));
}

static bool has_word(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

static void stage(struct run *run, int argc, char **argv)
{
    bool iso = has_word(argc, argv, "--iso");
    double part_s = guest_fault(run->guest, "stage_s") / 4;
    auto_free char *version = offered(run->guest);
    if (!has_word(argc, argv, "--acceptEulas")) {
        say(run, "The EULA must be accepted: --acceptEulas");
        return;
    }
    if (iso)
        say(run, "ISO mounted successfully");
    if (!version || fault(run, "no_update")) {
        say(run, "No applicable update found");
        say(run, "Staging process failed");
        return;
    }
    if (!iso && fault(run, "repo_untrusted")) {
        say(run, "Download failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
                 "failed (_ssl.c:590)");
        say(run, "Staging process failed");
        return;
    }
    free(run->to);
    run->to = xstrdup(version);
    put_state(run, "STAGE_IN_PROGRESS");
    guest_sleep(part_s);
    if (fault(run, "stage_no_space")) {
        say(run,
            "cp: /storage/core/software-update/updates/x.rpm: No space left on device");
        say(run, "Staging process failed");
        put_state(run, "UP_TO_DATE");
        record(run, "stage", "error");
        return;
    }
    say(run, "Staged 17 packages.");
    guest_sleep(part_s);
    say(run, "Verifying staging area");
    guest_sleep(2 * part_s);
    auto_free char *text = xasprintf("{\"version\":\"%s\"}", version);
    guest_write(run->guest, GUEST_STAGE, text);
    put_state(run, "UP_TO_DATE");
    if (iso)
        say(run, "ISO unmounted successfully");
    record(run, "stage", "success");
    say(run, "Staging process completed successfully");
}

static void unstage(struct run *run)
{
    auto_free char *path = xasprintf("%s/" GUEST_STAGE, run->guest->root);
    (void)unlink(path);
    record(run, "unstage", "success");
    say(run, "Unstaging process completed successfully");
}

/* ---- validation ---- */

static bool is_supported(const struct run *run)
{
    return same_line(run->from, run->to) && !fault(run, "unsupported");
}

/* True if it may go on; else it said why not. */
static bool validate(const struct run *run, const char *verdict)
{
    say(run, "Validating software update payload");
    if (!run->to[0]) {
        say(run, "No staged update");
    } else if (!is_supported(run)) {
        say(run, "Unsuported version of patch selected.");
    } else if (fault(run, "precheck_error")) {
        say(run, "Manifest verification failed");
    } else {
        say(run, "Compatible patch");
        say(run, "The version check is passed.");
        say(run, "Validation successful");
        return true;
    }
    say(run, "%s", verdict);
    return false;
}

/* ---- installation ---- */

/* Another one is at work: its process lives. */
static bool is_busy(const struct run *run)
{
    auto_free char *pid = guest_read(run->guest, "update_pid");
    pid_t other = (pid_t)strtol(pid, NULL, 10);
    return other > 0 && other != getpid() && kill(other, 0) == 0;
}

static void stop_services(const struct run *run)
{
    auto_free char *text = guest_read(run->guest, "services");
    auto_buf struct buf out = {0};
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        size_t name = strcspn(line, " ");
        bool keeps = strncmp(line, "applmgmt", 8) == 0;
        if (*line)
            buf_addf(&out, "%s%.*s %s", out.length ? "\n" : "", (int)name, line,
                     keeps ? line + name + (line[name] == ' ') : "STOPPED");
    }
    guest_write(run->guest, "services", buf_text(&out));
    guest_ask(run->guest, "services-down");
}

static void fail(const struct run *run, const char *why)
{
    say(run, "%s", why);
    auto_free char *line = xasprintf("ERROR %s\n", why);
    append(run->guest, "PatchRunner.log", line);
    put_state(run, "INSTALL_FAILED");
    guest_write(run->guest, "health", "red");
    record(run, "update", "error");
    say(run, "Installation process failed");
}

/* What strikes while no package was changed yet. */
static void first_half(struct run *run)
{
    for (int i = 1; i <= 4; i++) {
        say(run, "Copying software packages %d/4", i);
        guest_sleep(run->step_s / 2);
    }
    if (fault(run, "escape_text"))
        say(run, "\033]0;owned\007\033[31mred\033[2J\342\200\256txt");
    say(run, "Running test transaction ....");
    guest_sleep(run->step_s);
    run->jumped = fault(run, "log_jumps");
    say(run, "Running pre-install script.....");
    if (fault(run, "ssh_drops"))
        guest_ask(run->guest, "cut");
    for (; fault(run, "hangs");)
        guest_sleep(3600);
    guest_sleep(2 * run->step_s);
    stop_services(run);
    say(run, "All VMware services are stopped.");
    if (fault(run, "install_dies"))
        (void)kill(getpid(), SIGKILL);
}

/* What strikes amid the packages. False: it is over. */
static bool second_half(struct run *run)
{
    say(run, "Upgrading software packages ....");
    if (fault(run, "reboots")) {
        guest_ask(run->guest, "reboot");
        guest_sleep(3600);
    }
    guest_sleep(2 * run->step_s);
    if (fault(run, "password_ends_midway")) {
        fail(run, "useradd: failed adding user 'cm': expired password for user root");
        return false;
    }
    if (!fault(run, "update_lies"))
        put_version(run);
    if (fault(run, "half_applied")) {
        fail(run, "Package discrepancy error, Cannot resume!");
        return false;
    }
    say(run, "Running post-install script.....");
    guest_sleep(2 * run->step_s);
    if (fault(run, "update_fails")) {
        fail(run,
             "Exception occurred in postInstallHook for vcintegrity: Failed to upgrade "
             "database schema. return code: 204");
        return false;
    }
    return true;
}

static void install(struct run *run)
{
    if (is_busy(run)) {
        record(run, "update_refused", "busy");
        say(run, "Another software update is in progress.");
        say(run, "Installation process failed");
        return;
    }
    auto_free char *pid = xasprintf("%d", (int)getpid());
    guest_write(run->guest, "update_pid", pid);
    if (!validate(run, "Installation process failed"))
        return;
    record(run, "job_start", "begun");
    put_state(run, "INSTALL_IN_PROGRESS");
    first_half(run);
    if (!second_half(run))
        return;
    auto_free char *path = xasprintf("%s/" GUEST_STAGE, run->guest->root);
    (void)unlink(path);
    put_state(run, "UP_TO_DATE");
    record(run, "update", "success");
    say(run, "Packages upgraded successfully, Reboot is required to complete the "
             "installation.");
}

void guest_packages(const struct guest *guest, int argc, char **argv)
{
    struct run run = {.guest = guest,
                      .from = guest_version(guest),
                      .to = guest_staged(guest),
                      .step_s = guest_fault(guest, "step_s")};
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "stage") == 0)
        stage(&run, argc, argv);
    else if (strcmp(verb, "unstage") == 0)
        unstage(&run);
    else if (strcmp(verb, "validate") == 0)
        (void)validate(&run, "Validation process failed");
    else if (strcmp(verb, "install") == 0 && has_word(argc, argv, "--staged"))
        install(&run);
    else if (strcmp(verb, "list") == 0 && has_word(argc, argv, "--staged"))
        list_staged(guest);
    else
        guest_say("usage: software-packages {stage|unstage|validate|list|install} ...\n");
    free(run.from);
    free(run.to);
}
