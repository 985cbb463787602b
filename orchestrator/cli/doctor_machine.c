/*
 * doctor_machine.c - is this machine fit to run slipway on? (doctor.h)
 *
 * Libraries are asked for the versions that run now. Only their version functions are
 * used here; each is wrapped elsewhere.
 */
#include <errno.h>
#include <libfyaml.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>

#include "calendar/zone.h"
#include "cli/doctor.h"
#include "util/auto.h"
#include "util/environment.h"
#include "util/file.h"
#include "util/json.h"

/* ---- libraries ---- */

#define SQLITE_STRICT     3037000 /* STRICT tables                                   */
#define SQLITE_NO_RACE    3051003 /* two connections that checkpoint cannot collide  */
#define SQLITE_ADVICE_OLD "is older than 3.37.0; install a newer one"

static void examine_sqlite(struct findings *findings)
{
    char what[64];
    (void)snprintf(what, sizeof what, "sqlite %s", sqlite3_libversion());
    if (sqlite3_libversion_number() < SQLITE_STRICT)
        findings_add(findings, FINDING_FAIL, what, SQLITE_ADVICE_OLD);
    else if (!sqlite3_threadsafe())
        findings_add(findings, FINDING_FAIL, what,
                     "was built without threads; install the system's own libsqlite3");
    else if (sqlite3_libversion_number() < SQLITE_NO_RACE)
        findings_add(findings, FINDING_OK, what,
                     "fine; its checkpoint race (fixed in 3.51.3) cannot happen, because "
                     "one connection writes and checkpoints");
    else
        findings_add(findings, FINDING_OK, what, "fine");
}

/* Plugins that share a library find the same. */
static bool is_found(const struct findings *findings, const char *what, const char *text)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (!strcmp(findings->items[i].what, what) &&
            !strcmp(findings->items[i].text, text))
            return true;
    }
    return false;
}

static void take(void *data, enum slipway_finding finding, const char *what,
                 const char *text)
{
    static const enum finding_level levels[] = {
        [SLIPWAY_SOUND] = FINDING_OK,
        [SLIPWAY_DOUBT] = FINDING_WARN,
        [SLIPWAY_UNSOUND] = FINDING_FAIL,
    };
    bool known = (size_t)finding < ARRAY_LENGTH(levels);
    if (!is_found(data, what ? what : "plugin", text ? text : ""))
        findings_add(data, known ? levels[finding] : FINDING_WARN, what ? what : "plugin",
                     "%s", text ? text : "");
}

static void examine_plugins(const struct cli *cli, struct findings *findings)
{
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    if (plugins_add_table(plugins, cli->plugin_table, &err) ||
        (cli->plugins_dir && plugins_load(plugins, cli->plugins_dir, &err)))
        findings_add(findings, FINDING_FAIL, "plugins", "%s", err.text);
    else
        findings_add(findings, FINDING_OK, "plugins", "%zu loaded",
                     plugins_count(plugins));
    plugins_examine(plugins, take, findings);
    plugins_free(plugins);
}

void doctor_libraries(const struct cli *cli, struct findings *findings)
{
    struct utsname system = {0};
    char what[64];
    (void)uname(&system);
    findings_add(findings, FINDING_OK, "slipway", SLIPWAY_VERSION " on %s %s %s",
                 system.sysname, system.release, system.machine);
    examine_plugins(cli, findings);
    examine_sqlite(findings);
    (void)snprintf(what, sizeof what, "jansson %s", jansson_version_str());
    findings_add(findings, FINDING_OK, what, "fine");
    (void)snprintf(what, sizeof what, "libfyaml %s", fy_library_version());
    findings_add(findings, FINDING_OK, what, "fine");
    doctor_openssl(OpenSSL_version_num(), OpenSSL_version(OPENSSL_VERSION_STRING),
                   findings);
}

/* ---- clock ---- */

static void examine_clock(struct findings *findings)
{
    struct timex clock = {0};
    if (adjtimex(&clock) == -1)
        findings_add(findings, FINDING_WARN, "clock",
                     "cannot be asked whether it is synchronised (%s); make sure that "
                     "NTP keeps it right: windows and soaks go by it",
                     strerror(errno));
    else if (clock.status & STA_UNSYNC)
        findings_add(findings, FINDING_WARN, "clock",
                     "not synchronised; windows and soaks go by it: start chronyd or "
                     "systemd-timesyncd (in a container: on the host)");
    else
        findings_add(findings, FINDING_OK, "clock", "synchronised, at most %ld ms off",
                     clock.maxerror / 1000);
}

/* ---- limits ---- */

#define SWAPS_BYTES (64u * 1024u)
#define LOCKED_MIN  (1024u * 1024u) /* some secrets being read at the same time */

static void examine_files(int in_flight, struct findings *findings)
{
    struct rlimit limit;
    unsigned long long needed =
        DOCTOR_FILES_BASE + DOCTOR_FILES_EACH * (unsigned long long)in_flight;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    unsigned long long have = limit.rlim_max;
    findings_add(findings, have < needed ? FINDING_FAIL : FINDING_OK, "file descriptors",
                 "%llu allowed, %d in flight need about %llu%s", have, in_flight, needed,
                 have < needed ? "; raise it (ulimit -n, LimitNOFILE= of the service)"
                               : "");
}

/* Somewhere to swap to; a machine that does not tell has it. */
static bool has_swap(void)
{
    auto_buf struct buf swaps = {0};
    if (file_read("/proc/swaps", SWAPS_BYTES, &swaps, NULL) || !swaps.length)
        return true;
    const char *second = strchr(buf_text(&swaps), '\n');
    return second && second[1];
}

static void examine_locked(struct findings *findings)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit))
        return;
    if (limit.rlim_cur == RLIM_INFINITY)
        findings_add(findings, FINDING_OK, "locked memory", "no limit");
    else if (limit.rlim_cur < LOCKED_MIN && !has_swap())
        findings_add(findings, FINDING_OK, "locked memory",
                     "only %llu KiB, but there is no swap that secrets could reach",
                     (unsigned long long)limit.rlim_cur / 1024);
    else if (limit.rlim_cur < LOCKED_MIN)
        findings_add(findings, FINDING_WARN, "locked memory",
                     "only %llu KiB, so secrets can reach the swap; raise it (ulimit -l, "
                     "LimitMEMLOCK= of the service) or have no swap",
                     (unsigned long long)limit.rlim_cur / 1024);
    else
        findings_add(findings, FINDING_OK, "locked memory", "%llu KiB for secrets",
                     (unsigned long long)limit.rlim_cur / 1024);
}

/* slipway switches them off for itself before anything else. */
static void examine_cores(struct findings *findings)
{
    struct rlimit limit;
    bool off = !getrlimit(RLIMIT_CORE, &limit) && !limit.rlim_cur;
    if (off)
        findings_add(findings, FINDING_OK, "core files", "off, so none holds a secret");
    else
        findings_add(findings, FINDING_WARN, "core files",
                     "could not be switched off; one would hold secrets (ulimit -c 0, "
                     "LimitCORE=0 of the service)");
}

static void examine_environment(struct findings *findings)
{
    const struct environment_note *note;
    for (size_t at = 0; (note = environment_next(&at));)
        findings_add(findings, FINDING_WARN, "environment", "%s %s", note->name,
                     note->text);
}

static int this_year(void)
{
    time_t now = time(NULL);
    struct tm utc;
    return gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 0;
}

void doctor_machine(int in_flight, struct findings *findings)
{
    examine_clock(findings);
    doctor_zone_data(zone_data_version(), this_year(), findings);
    examine_files(in_flight, findings);
    examine_locked(findings);
    examine_cores(findings);
    examine_environment(findings);
    doctor_service(findings);
}
