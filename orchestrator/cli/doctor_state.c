/*
 * doctor_state.c - is the state safe, whole and looked after? (doctor.h)
 *
 * Everything is read through a reader's connection: a running owner is not disturbed.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define ROOM_LITTLE  (1024ull * 1024 * 1024)
#define ROOM_NONE    (64ull * 1024 * 1024)
#define LOG_LARGE    (256ll * 1024 * 1024)
#define DIGEST_SHOWN 16

static unsigned long long mebibytes(unsigned long long bytes)
{
    return bytes >> 20;
}

/* ---- the directory ---- */

static void examine_directory(const struct cli *cli, const struct stat *st,
                              struct findings *findings)
{
    auto_free char *database = xasprintf("%s/slipway.db", cli->state_dir);
    struct stat file;
    if (st->st_uid != geteuid())
        findings_add(findings, FINDING_WARN, "state",
                     "%s belongs to user %u, you are user %u; only its user can run here",
                     cli->state_dir, (unsigned)st->st_uid, (unsigned)geteuid());
    else if (st->st_mode & 077)
        findings_add(findings, FINDING_WARN, "state",
                     "others can look into %s (mode %04o); say: chmod 0700 %s",
                     cli->state_dir, (unsigned)(st->st_mode & 07777), cli->state_dir);
    else
        findings_add(findings, FINDING_OK, "state", "%s is yours alone", cli->state_dir);
    if (!stat(database, &file) && (file.st_mode & 077))
        findings_add(findings, FINDING_WARN, "database",
                     "mode %04o lets others at it; say: chmod 0600 %s",
                     (unsigned)(file.st_mode & 07777), database);
}

static void examine_room(const struct cli *cli, struct findings *findings)
{
    const char *any = getenv("SLIPWAY_ALLOW_ANY_FS");
    struct statvfs fs;
    if (any && !strcmp(any, "1"))
        findings_add(findings, FINDING_WARN, "file system",
                     "SLIPWAY_ALLOW_ANY_FS=1 is set: if this is a network file system, "
                     "two slipways can damage the state; unset it on a local disk");
    if (statvfs(cli->state_dir, &fs))
        return;
    unsigned long long room = (unsigned long long)fs.f_bavail * fs.f_frsize;
    enum finding_level level = room < ROOM_NONE     ? FINDING_FAIL
                               : room < ROOM_LITTLE ? FINDING_WARN
                                                    : FINDING_OK;
    findings_add(findings, level, "free space", "%llu MiB%s", mebibytes(room),
                 level == FINDING_OK ? ""
                                     : "; make room: a full disk stops a campaign (at "
                                       "least 1 GiB)");
    if (fs.f_flag & ST_RDONLY)
        findings_add(findings, FINDING_FAIL, "file system",
                     "is mounted read-only; keep the state elsewhere with --state");
}

/* ---- the database ---- */

static void examine_database(struct store *store, bool thorough,
                             struct findings *findings)
{
    struct slipway_error err = {""};
    int64_t log = store_wal_bytes(store);
    int code =
        thorough ? store_integrity_check(store, &err) : store_quick_check(store, &err);
    findings_add(findings, code ? FINDING_FAIL : FINDING_OK, "database", "%s",
                 code       ? err.text
                 : thorough ? "whole (integrity check)"
                            : "whole (quick check; more with --thorough)");
    if (log > LOG_LARGE)
        findings_add(findings, FINDING_WARN, "log",
                     "%llu MiB wait in slipway.db-wal; a reader that never ends keeps "
                     "it from shrinking: close what reads the database",
                     mebibytes((unsigned long long)log));
}

static void examine_chain(struct store *store, const struct store_campaign *campaign,
                          struct findings *findings)
{
    struct slipway_error err = {""};
    struct store_chain chain = {0};
    if (store_verify_chain(store, campaign->id, &chain, &err))
        findings_add(findings, FINDING_FAIL, "audit", "campaign %s: %s", campaign->name,
                     err.text);
    else if (chain.bad_seq)
        findings_add(findings, FINDING_FAIL, "audit",
                     "campaign %s: the chain is broken at record %lld: %s; keep a copy "
                     "of the state and find out who wrote to it",
                     campaign->name, (long long)chain.bad_seq, chain.sentence);
    else
        findings_add(findings, FINDING_OK, "audit",
                     "campaign %s: %lld records, head %.*s (keep it somewhere else)",
                     campaign->name, (long long)chain.records, DIGEST_SHOWN, chain.head);
}

struct chains {
    struct store *store;
    struct findings *findings;
};

static int examine_one_chain(void *data, const struct store_campaign *campaign)
{
    struct chains *chains = data;
    examine_chain(chains->store, campaign, chains->findings);
    return 0;
}

/* ---- who looks after it ---- */

static bool examine_owner(const struct cli *cli, struct findings *findings)
{
    struct slipway_error err = {""};
    struct store_owner owner = {0};
    char since[32];
    if (store_owner(cli->state_dir, &owner, &err)) {
        findings_add(findings, FINDING_WARN, "owner", "%s", err.text);
        return false;
    }
    if (owner.running)
        findings_add(findings, FINDING_OK, "owner", "pid %d on %s since %s (%s)",
                     (int)owner.pid, owner.host,
                     time_iso(owner.since_ms, since, sizeof since), owner.command);
    else
        findings_add(findings, FINDING_OK, "owner", "nobody runs");
    return owner.running;
}

static void examine_campaign(const struct cli *cli, const struct store_campaign *campaign,
                             bool running, struct findings *findings)
{
    auto_buf struct buf words = {0};
    words_state(&words, machine_state(&campaign_machine, (int)campaign->state));
    const char *state = buf_text(&words);
    bool over = machine_is_final(&campaign_machine, (int)campaign->state);
    char self[512];
    if (over || running)
        findings_add(findings, FINDING_OK, "campaign", "%s is %s", campaign->name, state);
    else
        findings_add(findings, FINDING_WARN, "campaign",
                     "%s is %s, and nobody drives it; go on with: %s resume",
                     campaign->name, state, cli_command(cli, self, sizeof self));
}

static void examine_campaigns(const struct cli *cli, struct store *store, bool thorough,
                              int *in_flight, struct findings *findings)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign newest = {0};
    bool running = examine_owner(cli, findings);
    int code = store_find_campaign(store, NULL, &newest, &err);
    if (code == STORE_NO_SUCH) {
        findings_add(findings, FINDING_OK, "campaign", "none yet");
        return;
    }
    if (code) {
        findings_add(findings, FINDING_FAIL, "campaign", "%s", err.text);
        return;
    }
    *in_flight = newest.in_flight_max;
    examine_campaign(cli, &newest, running, findings);
    if (!thorough) {
        examine_chain(store, &newest, findings);
        return;
    }
    struct chains chains = {store, findings};
    if (store_campaigns(store, examine_one_chain, &chains, &err))
        findings_add(findings, FINDING_FAIL, "audit", "%s", err.text);
}

void doctor_state(const struct cli *cli, bool thorough, int *in_flight,
                  struct store **store, struct findings *findings)
{
    struct slipway_error err = {""};
    struct stat st;
    *store = NULL;
    if (stat(cli->state_dir, &st)) {
        findings_add(findings, errno == ENOENT ? FINDING_WARN : FINDING_FAIL, "state",
                     "%s: %s; make it with: slipway init, or name another with --state",
                     cli->state_dir, strerror(errno));
        return;
    }
    examine_directory(cli, &st, findings);
    examine_room(cli, findings);
    int code = store_open_reader(cli->state_dir, store, &err);
    if (code) {
        findings_add(findings, FINDING_FAIL, "database", "%s", err.text);
        return;
    }
    examine_database(*store, thorough, findings);
    examine_campaigns(cli, *store, thorough, in_flight, findings);
}
