/*
 * vcsa_install.c - an installation as it looks from outside, and the boot after it.
 *
 *   0 %  INSTALL_IN_PROGRESS
 *  15 %  services stop: 443 says "no healthy upstream"
 *  35 %  5480 refuses connections; its sessions are gone
 *  50 %  5480 is back; the state flaps between IN_PROGRESS and UP_TO_DATE
 *  65 %  it stops to flap; what fails, fails here
 *  80 %  the packages are in place: the version is the new one (but see the faults)
 *  85 %  reboot; then services come up one by one, then the state is UP_TO_DATE and,
 *        a little later, the health has been checked again
 *
 * Every step is a timer that a reboot or a revert from outside makes void.
 */
#include <string.h>

#include "faults.h"
#include "vcsa.h"

#define HEALTH_CHECK_MS 20000

static json_t *about(const struct appliance *appliance, const char *from, const char *to)
{
    auto_free char *job = xasprintf("install-%s", to);
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "appliance", appliance->name, "job",
                     job, "from", from, "to", to, "incarnation", appliance->incarnation);
}

static void record_end(const struct appliance *appliance, const char *to, bool fine)
{
    json_t *line = about(appliance, appliance->first_version, to);
    json_object_set_new(line, "outcome", json_string(fine ? "success" : "error"));
    ledger_add(appliance->endpoint.lab, "update", line);
}

static void set_task(const struct appliance *appliance, const char *version,
                     const char *status, const char *error)
{
    json_t *task = json_pack("{s:s, s:s, s:s}", "operation", "install", "version",
                             version, "status", status);
    if (error)
        json_object_set_new(task, "error", json_string(error));
    vcsa_disk_set(appliance, "task", task);
}

static char *target_of(const struct appliance *appliance)
{
    auto_json json_t *disk = vcsa_disk(appliance);
    const char *version = json_text(json_object_get(disk, "task"), "version");
    return xstrdup(version ? version : "");
}

/* All services but the appliance's own management. */
static void set_services(const struct appliance *appliance, const char *state)
{
    auto_free char *text = vcsa_text(appliance, "services");
    auto_buf struct buf out = {0};
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        size_t name = strcspn(line, " ");
        bool manual =
            strncmp(line, "vmcam", 5) == 0 || strncmp(line, "vmware-vcha", 11) == 0;
        bool keeps = manual || strncmp(line, "applmgmt", 8) == 0;
        if (*line)
            buf_addf(&out, "%.*s %s\n", (int)name, line,
                     keeps ? line + name + (line[name] == ' ') : state);
    }
    (void)tree_write(appliance->dir, "services", buf_text(&out));
}

/* ---- the steps ---- */

static void stop_services(struct appliance *appliance)
{
    appliance->vcsa->sso_down = true;
    session_clear(&appliance->sessions);
    session_clear(&appliance->vcsa->sdk);
    set_services(appliance, "STOPPED");
}

static void close_vami(struct appliance *appliance)
{
    atomic_store(&appliance->vami_closed, true);
    session_clear(&appliance->vcsa->vami);
    net_cut(&appliance->endpoint);
}

static void open_vami(struct appliance *appliance)
{
    atomic_store(&appliance->vami_closed, false);
    appliance->vcsa->flapping = true;
    if (appliance->faults.reboots) {
        appliance->faults.reboots = 0;
        vm_shutdown_guest(&appliance->vm, true);
    }
}

static void fail(struct appliance *appliance, const char *version, const char *why)
{
    set_task(appliance, version, "FAILED", why);
    vcsa_put_text(appliance, "update_state", "INSTALL_FAILED");
    vcsa_put_text(appliance, "health", "red");
    record_end(appliance, version, false);
    appliance->vcsa->run++; /* nothing further happens */
}

static void settle(struct appliance *appliance)
{
    auto_free char *version = target_of(appliance);
    appliance->vcsa->flapping = appliance->faults.state_reset;
    if (fault_hits(&appliance->faults.password_ends_midway)) {
        vcsa_disk_set(appliance, "password_expires_ms",
                      json_integer((json_int_t)lab_now_ms() - 1000));
        fail(appliance, version,
             "expired password for user root: Authentication token is no longer valid; "
             "useradd: failed adding user 'cm'");
        return;
    }
    if (fault_hits(&appliance->faults.rpm_test_fails))
        fail(appliance, version, "Test RPM transaction failed");
    else if (fault_hits(&appliance->faults.update_fails))
        fail(appliance, version,
             "Exception occurred in postInstallHook for vcintegrity: Failed to upgrade "
             "database schema. return code: 204");
}

static void put_packages(struct appliance *appliance)
{
    auto_free char *version = target_of(appliance);
    appliance->vcsa->flapping = false;
    if (!fault_hits(&appliance->faults.update_lies))
        vcsa_put_text(appliance, "version", version);
    vcsa_disk_set(appliance, "staged", json_null());
    if (fault_hits(&appliance->faults.half_applied)) {
        fail(appliance, version, "Package discrepancy error, Cannot resume!");
        return;
    }
    vcsa_disk_set(appliance, "phase", json_string("rebooting"));
    record_end(appliance, version, true);
}

static void reboot(struct appliance *appliance)
{
    appliance->vm.no_boot = fault_hits(&appliance->faults.boot_hangs);
    vm_shutdown_guest(&appliance->vm, true);
}

void vcsa_install_begin(struct appliance *appliance, const char *version)
{
    static const struct {
        int percent;
        void (*fn)(struct appliance *);
    } steps[] = {{15, stop_services}, {35, close_vami},   {50, open_vami},
                 {65, settle},        {80, put_packages}, {85, reboot}};
    const struct lab *lab = appliance->endpoint.lab;
    struct vcsa *vcsa = appliance->vcsa;
    auto_free char *from = vcsa_text(appliance, "version");
    fault_on_install(appliance);
    bool hangs = fault_hits(&appliance->faults.hangs);
    vcsa->began_ms = lab_now_ms();
    vcsa->length_ms =
        (int64_t)((double)lab_scaled(lab, lab->update_ms) * appliance->faults.slow);
    set_task(appliance, version, "RUNNING", NULL);
    vcsa_put_text(appliance, "update_state", "INSTALL_IN_PROGRESS");
    json_t *line = about(appliance, from, version);
    json_object_set_new(line, "outcome", json_string("begun"));
    ledger_add(appliance->endpoint.lab, "job_start", line);
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
        if (!hangs || steps[i].percent < 50)
            vcsa_after(appliance, vcsa->length_ms * steps[i].percent / 100, steps[i].fn);
    if (hangs)
        vcsa_after(appliance, vcsa->length_ms / 2, open_vami);
}

/* ---- the boot ---- */

/* Now and then, for ever: whoever looks late finds a younger check. */
static void check_health(struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    auto_free char *version = vcsa_text(appliance, "version");
    bool patched = strcmp(version, appliance->first_version) != 0;
    bool red = (patched && appliance->faults.sick) || appliance->faults.red_before;
    vcsa_put_text(appliance, "health", red ? "red" : "green");
    if (!appliance->faults.stale_health || !patched)
        vcsa_disk_set(appliance, "lastcheck_ms",
                      json_integer((json_int_t)vcsa_now_ms(appliance)));
    vcsa_after(appliance, lab_scaled(lab, HEALTH_CHECK_MS) + 500, check_health);
}

/* All is up: what an update left behind is over. */
static void services_up(struct appliance *appliance)
{
    auto_free char *state = vcsa_text(appliance, "update_state");
    auto_free char *target = target_of(appliance);
    const struct lab *lab = appliance->endpoint.lab;
    bool patched = !vcsa_next_version(appliance);
    appliance->vcsa->sso_down = appliance->vcsa->starting = false;
    set_services(appliance, "STARTED");
    if (patched && appliance->faults.sick) {
        auto_free char *services = vcsa_text(appliance, "services");
        char *vpxd = strstr(services, "vpxd STARTED");
        if (vpxd)
            memcpy(vpxd, "vpxd STOPPED", 12);
        vcsa_put_text(appliance, "services", services);
    }
    if (strcmp(state, "INSTALL_IN_PROGRESS") == 0) {
        set_task(appliance, target, "SUCCEEDED", NULL);
        vcsa_put_text(appliance, "update_state", "UP_TO_DATE");
    }
    vcsa_disk_set(appliance, "phase", json_null());
    vcsa_after(appliance, lab_scaled(lab, lab->boot_ms) / 2, check_health);
}

static void half_up(struct appliance *appliance)
{
    auto_free char *services = vcsa_text(appliance, "services");
    static const char *const early[] = {"vmafdd STARTING", "vmdird STARTING",
                                        "vpostgres STARTING"};
    for (size_t i = 0; i < ARRAY_LENGTH(early); i++) {
        char *at = strstr(services, early[i]);
        if (at)
            memcpy(at + strlen(early[i]) - 8, "STARTED ", 8);
    }
    vcsa_put_text(appliance, "services", services);
}

/* Nobody gets a token: what stsd needs runs, it and everybody behind it does not. */
static void stay_without_sts(struct appliance *appliance)
{
    static const char *const before_sts[] = {"applmgmt", "rhttpproxy", "vmafdd",
                                             "vmdird",   "vpostgres",  "lookupsvc"};
    auto_free char *text = vcsa_text(appliance, "services");
    auto_buf struct buf out = {0};
    char *rest = text;
    appliance->vcsa->starting = false;
    for (char *line; (line = strsep(&rest, "\n"));) {
        size_t name = strcspn(line, " ");
        bool up = false;
        for (size_t i = 0; i < ARRAY_LENGTH(before_sts); i++)
            up = up || (strlen(before_sts[i]) == name &&
                        strncmp(before_sts[i], line, name) == 0);
        if (*line)
            buf_addf(&out, "%.*s %s\n", (int)name, line, up ? "STARTED" : "STOPPED");
    }
    (void)tree_write(appliance->dir, "services", buf_text(&out));
    vcsa_put_text(appliance, "health", "red");
    auto_free char *state = vcsa_text(appliance, "update_state");
    auto_free char *target = target_of(appliance);
    if (strcmp(state, "INSTALL_IN_PROGRESS") == 0) {
        set_task(appliance, target, "SUCCEEDED", NULL);
        vcsa_put_text(appliance, "update_state", "UP_TO_DATE");
    }
    vcsa_disk_set(appliance, "phase", json_null());
}

void vcsa_services_begin(struct appliance *appliance, bool at_once)
{
    const struct lab *lab = appliance->endpoint.lab;
    int64_t whole = lab_scaled(lab, lab->boot_ms);
    auto_free char *state = vcsa_text(appliance, "update_state");
    if (at_once)
        return;
    appliance->vcsa->sso_down = appliance->vcsa->starting = true;
    set_services(appliance, "STARTING");
    bool patched = !vcsa_next_version(appliance);
    if (patched && appliance->faults.profile_fails) {
        auto_free char *version = target_of(appliance);
        set_task(appliance, version, "SUCCEEDED", NULL);
        vcsa_put_text(appliance, "update_state", "UP_TO_DATE");
        return; /* the packages are there, and a dependency does not start */
    }
    if (strcmp(state, "INSTALL_FAILED") == 0)
        return; /* non-operational: they do not come up */
    whole = appliance->faults.slow_services ? whole * 6 : whole;
    vcsa_after(appliance, whole / 2, half_up);
    vcsa_after(appliance, whole,
               vcsa_sts_ended(appliance) ? stay_without_sts : services_up);
}
