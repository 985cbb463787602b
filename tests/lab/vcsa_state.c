/*
 * vcsa_state.c - what a vCenter is and has: versions, disk, clock, timers, counts.
 *
 * The behaviour of a release follows from its version, so a fleet of mixed versions is a
 * fleet of mixed dialects. A timer that was armed before a reboot or a revert does nothing
 * when it is due.
 */
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "upgrade.h"
#include "vcsa.h"
#include "vcsash.h"
#include "vm_parts.h"

#define DAY_MS (24LL * 3600 * 1000)

static const struct release {
    const char *version, *iso, *client; /* client NULL: the same */
} releases[] = {
    {"6.0.0.30100", "5112529", "5112527"},   {"6.0.0.30200", "5326079", "5318200"},
    {"6.5.0.15000", "8024368", NULL},        {"6.5.0.20000", "8307201", NULL},
    {"6.5.0.24100", "13834586", NULL},       {"6.7.0.30000", "13010631", "13007421"},
    {"6.7.0.40000", "14367737", "14368073"}, {"6.7.0.43000", "15976714", "15976728"},
    {"7.0.0.10100", "15952498", "15952599"}, {"7.0.0.10700", "16749653", "16749670"},
    {"7.0.1.00300", "17491101", "17491160"}, {"7.0.2.00000", "17694817", NULL},
    {"7.0.3.00500", "19480866", NULL},       {"7.0.3.01700", "22357613", NULL},
    {"7.0.3.02200", "24322018", NULL},       {"8.0.1.00000", "21560480", NULL},
    {"8.0.2.00200", "23319993", NULL},       {"8.0.3.00000", "24022515", NULL},
    {"8.0.3.00400", "24322831", NULL},
};

const char *vcsa_build(const char *version, bool client)
{
    for (size_t i = 0; i < ARRAY_LENGTH(releases); i++)
        if (strcmp(releases[i].version, version) == 0)
            return client && releases[i].client ? releases[i].client : releases[i].iso;
    return "10000000";
}

const char *vcsa_offer(const struct lab *lab)
{
    return lab->offer_count ? lab->offers[0] : LAB_VCSA_NEW;
}

void vcsa_create(struct lab *lab)
{
    if (!lab->version_count)
        (void)snprintf(lab->versions[lab->version_count++], 24, "%s", LAB_VCSA_OLD);
    if (!lab->offer_count)
        (void)snprintf(lab->offers[lab->offer_count++], 24, "%s", LAB_VCSA_NEW);
    for (int i = 0; i < lab->appliance_count; i++) {
        struct appliance *appliance = &lab->appliances[i];
        memcpy(appliance->first_version, lab->versions[i % lab->version_count],
               sizeof appliance->first_version);
        appliance->vcsa = xcalloc(1, sizeof *appliance->vcsa);
    }
    link_create(lab);
}

/* Same major and minor: a patch; nothing else comes out of a repository. */
static bool same_line(const char *a, const char *b)
{
    const char *dot = strchr(a, '.');
    dot = dot ? strchr(dot + 1, '.') : NULL;
    return dot && strncmp(a, b, (size_t)(dot - a) + 1) == 0;
}

const char *vcsa_next_version(const struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    auto_free char *installed = vcsa_text(appliance, "version");
    for (int i = 0; i < lab->offer_count; i++)
        if (same_line(installed, lab->offers[i]) &&
            text_version_cmp(installed, lab->offers[i]) < 0)
            return lab->offers[i];
    return NULL;
}

/* ---- disk ---- */

char *vcsa_text(const struct appliance *appliance, const char *file)
{
    return tree_read(appliance->dir, file, "");
}

void vcsa_put_text(const struct appliance *appliance, const char *file, const char *text)
{
    auto_free char *old = vcsa_text(appliance, file);
    auto_free char *line = xasprintf("%s\n", text);
    if (!*text ||
        strcmp(old, text) != 0) /* to replace a file costs more than to read it */
        (void)tree_write(appliance->dir, file, line);
    vcsash_mirror(appliance, file);
}

json_t *vcsa_disk(const struct appliance *appliance)
{
    auto_free char *text = vcsa_text(appliance, "vcsa.json");
    json_t *disk = json_parse(text, strlen(text), LAB_TEXT_MAX, NULL);
    return disk ? disk : json_object();
}

void vcsa_disk_put(const struct appliance *appliance, json_t *disk)
{
    auto_json json_t *owned = disk;
    auto_free char *text = json_canonical(owned);
    vcsa_put_text(appliance, "vcsa.json", text);
}

void vcsa_disk_set(const struct appliance *appliance, const char *key, json_t *value)
{
    json_t *disk = vcsa_disk(appliance);
    json_object_set_new(disk, key, value);
    vcsa_disk_put(appliance, disk);
}

static int64_t in_days(int64_t now_ms, double days)
{
    return now_ms + (int64_t)(days * (double)DAY_MS);
}

static double password_days(const struct faults *faults)
{
    return faults->password_expired ? -2
           : faults->password_days  ? faults->password_days
                                    : 60.5;
}

static int64_t tls_end(const struct faults *faults, int64_t now)
{
    return in_days(now, faults->certificate_expired ? -1.5 : 400.5);
}

static int64_t sts_end(const struct faults *faults, int64_t now)
{
    return in_days(now, faults->sts_expired ? -1.5 : 300.5);
}

static json_t *first_stage(const struct appliance *appliance)
{
    return appliance->faults.stays_staged
               ? json_pack("{s:s, s:b}", "version", appliance->first_version, "complete",
                           1)
               : json_null();
}

/* Everybody has a backup of last night, unless a fault says otherwise. */
static json_t *first_backups(const struct appliance *appliance, int64_t now)
{
    if (appliance->faults.no_backup)
        return json_object();
    return json_pack("{s:{s:s, s:s, s:s, s:o, s:o, s:s, s:{s:s, s:s}}}", "scheduled-1",
                     "id", "scheduled-1", "status", "SUCCEEDED", "type", "SCHEDULED",
                     "start_time", rest_instant(now - 4 * 3600 * 1000), "end_time",
                     rest_instant(now - 3 * 3600 * 1000), "location",
                     "sftp://backup.example/vc", "build", "version_name",
                     appliance->first_version, "build_number",
                     vcsa_build(appliance->first_version, false));
}

int vcsa_make_disk(struct appliance *appliance)
{
    static const char services[] =
        "applmgmt STARTED\nlookupsvc STARTED\nrhttpproxy STARTED\nsps STARTED\n"
        "vapi-endpoint STARTED\nvmafdd STARTED\nvmcam STOPPED\nvmdird STARTED\n"
        "vmware-stsd STARTED\nvmware-vcha STOPPED\nvpostgres STARTED\nvpxd STARTED\n"
        "vsphere-ui STARTED\n";
    const struct faults *faults = &appliance->faults;
    int64_t now = lab_now_ms();
    vcsa_disk_put(appliance,
                  json_pack("{s:I, s:I, s:I, s:I, s:b, s:b, s:i, s:o, s:o}",
                            "password_expires_ms",
                            (json_int_t)in_days(now, password_days(faults)),
                            "tls_expires_ms", (json_int_t)tls_end(faults, now),
                            "sts_expires_ms", (json_int_t)sts_end(faults, now),
                            "lastcheck_ms", (json_int_t)(now - 60000), "ssh", 1, "shell",
                            0, "shell_timeout", 0, "staged", first_stage(appliance),
                            "backups", first_backups(appliance, now)));
    link_make_disk(appliance);
    return tree_write(appliance->dir, "services", services) || vcsash_make_disk(appliance)
               ? -1
               : 0;
}

/* Expiry and backups are on the disk; the rest is looked at where it matters. */
void vcsa_fault_changed(struct appliance *appliance, const char *kind)
{
    const struct faults *faults = &appliance->faults;
    int64_t now = lab_now_ms();
    if (strncmp(kind, "password_exp", 12) == 0)
        vcsa_disk_set(appliance, "password_expires_ms",
                      json_integer((json_int_t)in_days(now, password_days(faults))));
    if (strcmp(kind, "certificate_expired") == 0)
        vcsa_disk_set(appliance, "tls_expires_ms",
                      json_integer((json_int_t)tls_end(faults, now)));
    if (strcmp(kind, "sts_expired") == 0)
        vcsa_disk_set(appliance, "sts_expires_ms",
                      json_integer((json_int_t)sts_end(faults, now)));
    if (strcmp(kind, "certificate_renewed") == 0) /* its proxy is restarted for it */
        net_cut(&appliance->endpoint);
    if (strcmp(kind, "no_backup") == 0)
        vcsa_disk_set(appliance, "backups", first_backups(appliance, now));
    if (strcmp(kind, "stale_state") == 0)
        vcsa_put_text(appliance, "update_state",
                      faults->stale_state ? "INSTALL_FAILED" : "UP_TO_DATE");
    if (strcmp(kind, "reverted_alone") == 0 && faults->reverted_alone)
        link_revert_alone(appliance);
    if (strcmp(kind, "stays_staged") == 0)
        vcsa_disk_set(appliance, "staged", first_stage(appliance));
}

bool vcsa_at_least(const struct appliance *appliance, const char *version)
{
    auto_free char *installed = vcsa_text(appliance, "version");
    return text_version_cmp(installed, version) >= 0;
}

bool vcsa_sts_ended(const struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    return json_number(disk, "sts_expires_ms", INT64_MAX) < lab_now_ms();
}

int64_t vcsa_now_ms(const struct appliance *appliance)
{
    int64_t now = lab_now_ms();
    if (appliance->faults.old_clock)
        return now - 2 * 3600 * 1000;
    return now < appliance->vcsa->clock_until_ms ? now - appliance->vcsa->clock_back_ms
                                                 : now;
}

/* ---- timers ---- */

struct vcsa_timer {
    struct appliance *appliance;
    unsigned run;
    void (*fn)(struct appliance *);
};

static void timer_due(void *argument)
{
    auto_free struct vcsa_timer *timer = argument;
    WITH_LOCK(&timer->appliance->endpoint.lab->lock);
    if (timer->run == timer->appliance->vcsa->run)
        timer->fn(timer->appliance);
}

void vcsa_after(struct appliance *appliance, int64_t ms, void (*fn)(struct appliance *))
{
    struct vcsa_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct vcsa_timer){appliance, appliance->vcsa->run, fn};
    timer_after(ms > 0 ? ms : 1, timer_due, timer);
}

/* ---- boot and revert ---- */

static void forget_sessions(struct appliance *appliance)
{
    session_clear(&appliance->sessions);
    session_clear(&appliance->vcsa->vami);
    session_clear(&appliance->vcsa->sdk);
}

void vcsa_booted(struct appliance *appliance)
{
    struct vcsa *vcsa = appliance->vcsa;
    bool first = appliance->vm.power_epoch == 0; /* the lab itself was started */
    vcsa->run++;
    vcsa->flapping = false;
    vcsa->clock_until_ms = 0;
    atomic_store(&appliance->vami_closed, false);
    forget_sessions(appliance);
    link_woke(appliance, !first);
    vcsa_update_booted(appliance);
    vcsa_services_begin(appliance, first);
    if (appliance->upgrade)
        upgrade_booted(appliance);
}

void vcsa_reverted(struct appliance *appliance, int64_t age_ms)
{
    struct vcsa *vcsa = appliance->vcsa;
    vcsa->run++;
    vcsa->flapping = vcsa->sso_down = false;
    atomic_store(&appliance->vami_closed, false);
    forget_sessions(appliance);
    if (!age_ms)
        return;
    link_woke(appliance, false);
    vcsa->clock_back_ms = age_ms; /* until NTP steps it */
    vcsa->clock_until_ms = lab_now_ms() + lab_scaled(appliance->endpoint.lab, 20000);
}

/* ---- what was asked ---- */

void vcsa_count(struct appliance *appliance, const char *method, const char *path)
{
    struct vcsa *vcsa = appliance->vcsa;
    auto_free char *key = xasprintf("%s %s", method, path);
    size_t index = map_intern(&vcsa->requests, key);
    while (vcsa->count <= index)
        *vec_push(vcsa->counts, vcsa->count, vcsa->room) = 0;
    vcsa->counts[index]++;
}

void vcsa_write_requests(const struct appliance *appliance)
{
    const struct vcsa *vcsa = appliance->vcsa;
    auto_json json_t *all = json_object();
    for (size_t i = 0; i < vcsa->count; i++)
        json_object_set_new(all, vcsa->requests.keys[i], json_integer(vcsa->counts[i]));
    json_object_set_new(all, "sessions left open",
                        json_integer((json_int_t)(appliance->sessions.count +
                                                  vcsa->vami.count + vcsa->sdk.count)));
    auto_free char *text = json_pretty(all);
    (void)tree_write(appliance->outside, "requests.json", text);
}
