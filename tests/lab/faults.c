/*
 * faults.c - the kinds of faults, and their lives: armed, on, off.
 *
 *   no trigger ─────────────────────────► on when the fleet is made
 *   after: 30s ─────────────────────────► on so long after `ready`
 *   at_install: 2, at_effect: 5 ────────► on at this installation, after this task
 *   for: 10s ───────────────────────────► off again
 *   repair ─────────────────────────────► all off, for good
 *
 * Most kinds are looked at where they matter; some are things on a disk, so switching them
 * writes there.
 */
#include <stdio.h>
#include <string.h>

#include "esxi.h"
#include "faults.h"
#include "util/duration.h"

#define KIND(member, fits, weight)                                                       \
    {                                                                                    \
#member, offsetof(struct faults, member), VALUE_TIMES, "times", -1, fits, weight \
    }

static const struct fault_kind kinds[] = {
    KIND(sick, FIT_ALL, 2),
    KIND(update_fails, FIT_ALL, 2),
    KIND(update_lies, FIT_ALL, 1),
    KIND(hangs, FIT_ALL, 1),
    KIND(reboots, FIT_ALL, 1),
    {"slow", offsetof(struct faults, slow), VALUE_FACTOR, "factor", 5, FIT_ALL, 1},
    KIND(red_before, FIT_ALL, 1),
    KIND(rejects_login, FIT_ALL, 1),
    KIND(ssh_silent, FIT_LINUX, 1),
    KIND(flood, FIT_ALL, 1),
    KIND(escape_text, FIT_ALL, 1),
    KIND(rest_503, FIT_ALL, 1),
    {"drop_reply", offsetof(struct faults, drop_times), VALUE_REPLY, "times", 1, FIT_ALL,
     3},
    KIND(snapshot_fails, FIT_ALL, 1),
    KIND(no_space, FIT_ALL, 1),
    KIND(revert_fails, FIT_ALL, 1),
    KIND(stays_off, FIT_ALL, 1),
    KIND(foreign_snapshot, FIT_ALL, 1),
    KIND(ignores_shutdown, FIT_ALL, 1),
    KIND(no_tools, FIT_ALL, 1),
    KIND(moves, FIT_ALL, 0),
    KIND(stage_no_space, FIT_VCSA, 1),
    KIND(half_applied, FIT_VCSA, 1),
    KIND(no_update, FIT_VCSA, 1),
    KIND(precheck_error, FIT_VCSA | FIT_NSX, 1),
    KIND(password_expired, FIT_VCSA | FIT_NSX, 1),
    {"password_expires", offsetof(struct faults, password_days), VALUE_NUMBER, "days", 5,
     FIT_VCSA | FIT_NSX, 1},
    KIND(password_ends_midway, FIT_VCSA, 1),
    KIND(certificate_expired, FIT_VCSA, 1),
    KIND(sts_expired, FIT_VCSA, 1),
    KIND(old_clock, FIT_VCSA | FIT_NSX, 1),
    KIND(stale_health, FIT_VCSA, 1),
    KIND(slow_services, FIT_VCSA, 1),
    KIND(replication_lag, FIT_VCSA, 1),
    KIND(vcha, FIT_VCSA, 1),
    KIND(stays_staged, FIT_VCSA, 1),
    KIND(stage_dirty, FIT_VCSA, 1),
    KIND(no_backup, FIT_VCSA | FIT_NSX, 1),
    KIND(disk_full, FIT_VCSA | FIT_NSX, 1),
    KIND(root_full, FIT_VCSA, 0),
    KIND(core_full, FIT_VCSA, 0),
    KIND(seat_full, FIT_VCSA, 0),
    KIND(boot_hangs, FIT_VCSA, 0),
    KIND(backup_no_space, FIT_VCSA, 0),
    KIND(backup_unreached, FIT_VCSA, 0),
    KIND(backup_denied, FIT_VCSA, 0),
    KIND(backup_full, FIT_VCSA, 0),
    KIND(certificate_renewed, FIT_VCSA, 0),
    KIND(certificate_misnamed, FIT_VCSA, 0),
    KIND(dbcc, FIT_VCSA, 1),
    KIND(state_reset, FIT_VCSA, 0),
    KIND(stale_state, FIT_VCSA, 0),
    KIND(manifest_bad, FIT_VCSA, 0),
    KIND(rpm_test_fails, FIT_VCSA, 0),
    KIND(profile_fails, FIT_VCSA, 0),
    KIND(odd_status, FIT_VCSA, 1),
    KIND(bundle_bad, FIT_NSX, 1),
    KIND(old_backup, FIT_NSX, 1),
    KIND(pauses, FIT_NSX, 1),
    KIND(vcenter_lost, FIT_NSX, 0),
    KIND(node_down, FIT_NSX, 0),
    KIND(firstboot_fails, FIT_VCSA, 0),
    KIND(import_fails, FIT_VCSA, 0),
    KIND(deploy_stalls, FIT_VCSA, 0),
    KIND(deploy_exits, FIT_VCSA, 0),
    KIND(deploy_hangs, FIT_VCSA, 0),
    KIND(log_jumps, FIT_VCSA, 0),
    KIND(ssh_drops, FIT_VCSA, 0),
    KIND(ssh_noise, FIT_VCSA, 0),
    KIND(unsupported, FIT_VCSA, 0),
    KIND(install_dies, FIT_VCSA, 0),
    KIND(identity_early, FIT_VCSA, 0),
    KIND(no_pin, FIT_VCSA, 0),
    KIND(evaluation, FIT_VCSA, 1),
    KIND(host_lost, FIT_VCSA, 1),
    KIND(red_alarm, FIT_VCSA | FIT_NSX, 1),
    KIND(extension_lost, FIT_VCSA, 1),
    KIND(busy_vpxd, FIT_VCSA, 1),
    KIND(old_thumbprint, FIT_VCSA, 0),
    KIND(sso_lost, FIT_VCSA, 0),
    KIND(host_lost_revert, FIT_VCSA, 0),
    KIND(repo_untrusted, FIT_VCSA, 0),
    KIND(reverted_alone, FIT_VCSA, 0),
    KIND(cdrom, FIT_ALL, 0),
    KIND(old_nsx, FIT_VCSA, 0),
    KIND(dns_wrong, FIT_VCSA, 1),
    KIND(ntp_silent, FIT_VCSA, 1),
    KIND(settings_lost, FIT_VCSA, 1),
    {"session_ends", offsetof(struct faults, session_requests), VALUE_NUMBER, "requests",
     20, FIT_VCSA, 1},
};

const struct fault_kind *fault_at(size_t index)
{
    return index < ARRAY_LENGTH(kinds) ? &kinds[index] : NULL;
}

const struct fault_kind *fault_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

bool fault_fits(const struct fault_kind *kind, const struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    return kind->fits & (lab->vcsa ? FIT_VCSA : lab->nsx ? FIT_NSX : FIT_LINUX);
}

bool fault_hits(int *left)
{
    if (*left > 0)
        return (*left)-- > 0;
    return *left != 0;
}

/* ---- on and off ---- */

static int *int_at(struct faults *faults, const struct fault_kind *kind)
{
    return (int *)(void *)((char *)faults + kind->offset);
}

static void set(struct appliance *appliance, const struct fault *fault, bool on)
{
    struct faults *faults = &appliance->faults;
    switch (fault->kind->value) {
    case VALUE_FACTOR:
        faults->slow = on ? fault->number : 1;
        break;
    case VALUE_REPLY:
        memcpy(faults->drop_method, fault->method, sizeof faults->drop_method);
        *int_at(faults, fault->kind) = on ? (int)fault->number : 0;
        break;
    default:
        *int_at(faults, fault->kind) = on ? (int)fault->number : 0;
        break;
    }
}

static bool is_kind(const struct fault *fault, const char *name)
{
    return strcmp(fault->kind->name, name) == 0;
}

/* The disks are there already: what is on them, or beside, changes too. */
static void set_live(struct fault *fault, bool on)
{
    struct appliance *appliance = fault->appliance;
    set(appliance, fault, on);
    fault->on = on;
    if (is_kind(fault, "red_before"))
        (void)tree_write(appliance->dir, "health", on ? "red\n" : "green\n");
    if (is_kind(fault, "moves") && on)
        (void)esxi_move(&appliance->vm, NULL);
    if (is_kind(fault, "foreign_snapshot") && on)
        vm_add_foreign_snapshot(&appliance->vm);
    if (appliance->endpoint.lab->vcsa)
        vcsa_fault_changed(appliance, fault->kind->name);
    fleet_write_faults(appliance);
}

static void end(void *argument)
{
    struct fault *fault = argument;
    WITH_LOCK(&fault->appliance->endpoint.lab->lock);
    if (fault->on)
        set_live(fault, false);
}

static void end_later(struct fault *fault)
{
    const struct lab *lab = fault->appliance->endpoint.lab;
    if (fault->for_ms)
        timer_after(lab_scaled(lab, fault->for_ms), end, fault);
}

static void strike(struct fault *fault)
{
    if (fault->appliance->repaired)
        return;
    set_live(fault, true);
    end_later(fault);
}

static void due(void *argument)
{
    struct fault *fault = argument;
    WITH_LOCK(&fault->appliance->endpoint.lab->lock);
    strike(fault);
}

static bool has_trigger(const struct fault *fault)
{
    return fault->after_ms || fault->at_install || fault->at_effect;
}

void fault_add(const struct fault *fault)
{
    struct fault *copy = xmalloc(sizeof *copy);
    *copy = *fault;
    copy->next = fault->appliance->armed;
    fault->appliance->armed = copy;
    copy->on = !has_trigger(copy);
    if (copy->on)
        set(copy->appliance, copy, true);
}

void faults_start(struct lab *lab)
{
    for (int i = 0; i < lab->appliance_count; i++)
        for (struct fault *f = lab->appliances[i].armed; f; f = f->next) {
            if (f->on)
                end_later(f);
            else if (f->after_ms)
                timer_after(lab_scaled(lab, f->after_ms), due, f);
        }
}

void fault_on_install(struct appliance *appliance)
{
    appliance->installs++;
    for (struct fault *f = appliance->armed; f; f = f->next)
        if (f->at_install == appliance->installs)
            strike(f);
}

void fault_on_effect(struct appliance *appliance)
{
    appliance->effects++;
    for (struct fault *f = appliance->armed; f; f = f->next)
        if (f->at_effect == appliance->effects)
            strike(f);
}

void faults_repair(struct appliance *appliance)
{
    appliance->repaired = true;
    for (struct fault *f = appliance->armed; f; f = f->next)
        if (f->on)
            set_live(f, false);
    appliance->vm.no_boot = false;
    fleet_write_faults(appliance);
    ledger_add(
        appliance->endpoint.lab, "repair",
        json_pack("{s:s, s:s}", "appliance", appliance->name, "outcome", "success"));
}

/* ---- telling ---- */

static void describe(const struct fault *fault, struct buf *out)
{
    char text[32];
    buf_addf(out, "# fault: %s", fault->kind->name);
    if (fault->kind->value == VALUE_REPLY)
        buf_addf(out, " method=%s", fault->method);
    if (fault->kind->value != VALUE_TIMES || fault->number > 0)
        buf_addf(out, " %s=%g", fault->kind->parameter, fault->number);
    if (fault->after_ms)
        buf_addf(out, " after=%s", duration_format(fault->after_ms, text, sizeof text));
    if (fault->at_install)
        buf_addf(out, " at_install=%d", fault->at_install);
    if (fault->at_effect)
        buf_addf(out, " at_effect=%d", fault->at_effect);
    if (fault->for_ms)
        buf_addf(out, " for=%s", duration_format(fault->for_ms, text, sizeof text));
    buf_adds(out, fault->drawn ? " (drawn)\n" : "\n");
}

void faults_describe(const struct appliance *appliance, struct buf *out)
{
    if (appliance->repaired)
        buf_adds(out, "# repaired\n");
    for (const struct fault *f = appliance->armed; f; f = f->next)
        describe(f, out);
}
