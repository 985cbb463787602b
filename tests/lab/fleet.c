/*
 * fleet.c - the model of a fleet and the directories that hold its state.
 *
 *   DIR/appliances/NAME/   the guest's disk: version, health, services,
 *                          update_state, boot_id, jobs/, bin -> ../../bin
 *   DIR/outside/NAME/      faults, incarnation, power: not touched by a revert
 *   DIR/snapshots/REF/     copies of the disk, with REF.json beside them
 *   DIR/bin/               the update script, shared
 *
 * Everything that is not on disk follows from the seed and the number of
 * appliances, so that a second start with the same ones is the same fleet. To
 * the fleet a restart of the lab is a power loss: processes, sessions and tasks
 * are gone, disks and snapshots remain.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esxi.h"
#include "faults.h"
#include "nsx.h"
#include "upgrade.h"
#include "vcsash.h"
#include "util/sha256.h"

static const char *const sites[] = {"rbx", "gra", "sbg"};

/* The same uuid for the same seed, purpose and index. */
static void seeded_uuid(const struct lab *lab, const char *purpose, int index,
                        char out[40])
{
    char hex[SHA256_HEX];
    auto_free char *text =
        xasprintf("%llu %s %d", (unsigned long long)lab->seed, purpose, index);
    sha256_hex(text, strlen(text), hex);
    (void)snprintf(out, 40, "4237%.4s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 4, hex + 8,
                   hex + 11, hex + 14);
}

static void address_text(uint32_t address, char *out, size_t size)
{
    struct in_addr in = {.s_addr = htonl(address)};
    if (!inet_ntop(AF_INET, &in, out, (socklen_t)size))
        abort();
}

void fleet_name_vm(const struct lab *lab, struct vm *vm, int index)
{
    (void)snprintf(vm->ref, sizeof vm->ref, "vm-%d", 100 + index);
    seeded_uuid(lab, "bios", index, vm->uuid);
    seeded_uuid(lab, "instance", index, vm->instance_uuid);
}

static void create_appliance(struct lab *lab, int i)
{
    struct appliance *appliance = &lab->appliances[i];
    (void)snprintf(appliance->name, sizeof appliance->name, "vc-%04d", i + 1);
    appliance->index = i;
    appliance->site = sites[(size_t)i % ARRAY_LENGTH(sites)];
    appliance->endpoint = (struct endpoint){.lab = lab, .appliance = appliance};
    address_text(lab->base + (uint32_t)(i / LAB_PER_NET) * 256 +
                     (uint32_t)(i % LAB_PER_NET) + 1,
                 appliance->host, sizeof appliance->host);
    appliance->dir = xasprintf("%s/appliances/%s", lab->dir, appliance->name);
    appliance->outside = xasprintf("%s/outside/%s", lab->dir, appliance->name);
    appliance->faults.slow = 1;
    pthread_mutex_init(&appliance->spawn_lock, NULL);
    struct vm *vm = &appliance->vm;
    vm->appliance = appliance;
    vm->manager = &lab->managers[i % lab->manager_count];
    vm->datastore = (i / lab->manager_count) % 2;
    fleet_name_vm(lab, vm, i);
}

void fleet_create(struct lab *lab, int appliances, int managers)
{
    lab->appliance_count = appliances;
    lab->manager_count = managers;
    lab->appliances = xcalloc((size_t)appliances, sizeof *lab->appliances);
    lab->managers = xcalloc((size_t)managers, sizeof *lab->managers);
    for (int i = 0; i < managers; i++) {
        struct manager *manager = &lab->managers[i];
        manager->index = i;
        manager->endpoint = (struct endpoint){.lab = lab, .manager = manager};
        (void)snprintf(manager->name, sizeof manager->name, "mgmt-%d", i + 1);
        address_text(lab->base + 0xff00u + (uint32_t)i + 1, manager->host,
                     sizeof manager->host);
    }
    for (int i = 0; i < appliances; i++)
        create_appliance(lab, i);
}

struct endpoint *lab_endpoint(struct lab *lab, struct in_addr address)
{
    uint32_t offset = ntohl(address.s_addr) - lab->base;
    uint32_t net = offset / 256, last = offset % 256;
    if (offset > 0xffff || last == 0 || last > LAB_PER_NET)
        return NULL;
    if (net == 0xff)
        return last <= (uint32_t)lab->manager_count ? &lab->managers[last - 1].endpoint
                                                    : NULL;
    bool temporary = net >= LAB_TWIN_NET;
    uint32_t index = (net - (temporary ? LAB_TWIN_NET : 0)) * LAB_PER_NET + last - 1;
    return index < (uint32_t)lab->appliance_count
               ? upgrade_endpoint(&lab->appliances[index], temporary)
               : NULL;
}

/* Machines move between hosts. */
static struct vm *next_on_host(const struct manager *host, const struct vm *after)
{
    const struct lab *lab = host->endpoint.lab;
    for (int i = after ? after->appliance->index + 1 : 0; i < lab->appliance_count; i++)
        if (lab->appliances[i].vm.manager == host)
            return &lab->appliances[i].vm;
    return NULL;
}

struct vm *lab_next_vm(const struct manager *manager, const struct vm *after)
{
    const struct lab *lab = manager->endpoint.lab;
    if (lab->esxi)
        return next_on_host(manager, after);
    const struct upgrade *upgrade = after ? after->appliance->upgrade : NULL;
    const struct appliance *before = upgrade ? upgrade->origin
                                     : after ? after->appliance
                                             : NULL;
    int i = before ? before->index + lab->manager_count : manager->index;
    if (!upgrade && i < lab->appliance_count)
        return &lab->appliances[i].vm;
    for (i = upgrade ? i : manager->index; i < lab->appliance_count;
         i += lab->manager_count) {
        struct appliance *twin = atomic_load(&lab->appliances[i].twin);
        if (twin)
            return &twin->vm;
    }
    return NULL;
}

static void fault_line(struct buf *text, const char *name, int set)
{
    buf_addf(text, "%s=%d\n", name, set ? 1 : 0);
}

void fleet_write_faults(const struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    const struct faults *faults = &appliance->faults;
    auto_buf struct buf text = {0};
    double seconds = (double)lab_scaled(lab, lab->update_ms) / 1000.0 * faults->slow;
    buf_addf(&text, "step_s=%.3f\n", seconds / 10.0);
    fault_line(&text, "sick", faults->sick);
    fault_line(&text, "update_fails", faults->update_fails);
    fault_line(&text, "update_lies", faults->update_lies);
    fault_line(&text, "hangs", faults->hangs);
    fault_line(&text, "reboots", faults->reboots);
    fault_line(&text, "escape_text", faults->escape_text);
    if (lab->vcsa)
        vcsash_fault_lines(appliance, &text);
    faults_describe(appliance, &text);
    (void)tree_write(appliance->outside, "faults", buf_text(&text));
}

int fleet_make_disk(struct appliance *appliance)
{
    auto_free char *jobs = xasprintf("%s/jobs", appliance->dir);
    auto_free char *bin = xasprintf("%s/bin", appliance->dir);
    if (mkdir(appliance->dir, 0755))
        return errno == EEXIST ? 0 : -1;
    const char *version =
        *appliance->first_version ? appliance->first_version : LAB_OLD_VERSION;
    if (mkdir(jobs, 0700) || symlink("../../bin", bin) ||
        tree_write(appliance->dir, "version", version) ||
        tree_write(appliance->dir, "update_state",
                   appliance->faults.stale_state ? "INSTALL_FAILED\n" : "UP_TO_DATE\n") ||
        tree_write(appliance->dir, "services",
                   "applmgmt STARTED\nsshd STARTED\nvpxd STARTED\nvsphere-ui STARTED\n"))
        return -1;
    if (appliance->endpoint.lab->vcsa && vcsa_make_disk(appliance))
        return -1;
    if (appliance->endpoint.lab->nsx && nsx_make_disk(appliance))
        return -1;
    return tree_write(appliance->dir, "health",
                      appliance->faults.red_before ? "red\n" : "green\n");
}

/* A revert exchanges directories, so one may have been cut between its steps. */
static void remove_leftovers(const struct appliance *appliance)
{
    auto_free char *next = xasprintf("%s/appliances/.%s.next",
                                     appliance->endpoint.lab->dir, appliance->name);
    tree_remove(next);
}

static int prepare_appliance(struct appliance *appliance)
{
    if (mkdir(appliance->outside, 0755) && errno != EEXIST)
        return -1;
    remove_leftovers(appliance);
    if (fleet_make_disk(appliance))
        return -1;
    auto_free char *incarnation = tree_read(appliance->outside, "incarnation", "0");
    auto_free char *power = tree_read(appliance->outside, "power", "on");
    appliance->incarnation = (int)strtol(incarnation, NULL, 10);
    fleet_write_faults(appliance);
    vm_restore(&appliance->vm);
    if (appliance->endpoint.lab->esxi)
        esxi_restore(&appliance->vm);
    if (appliance->faults.foreign_snapshot && !appliance->vm.snapshot_count)
        vm_add_foreign_snapshot(&appliance->vm);
    if (strcmp(power, "off") == 0)
        return 0;
    appliance->vm.power = POWER_ON;
    appliance->vm.boot_ms = lab_now_ms();
    appliance_boot(appliance);
    return 0;
}

static int write_script(const char *dir, const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    return tree_write(dir, name, text) || chmod(path, 0755) ? -1 : 0;
}

int fleet_prepare(struct lab *lab, struct slipway_error *err)
{
    static const char *const names[] = {"appliances", "outside", "snapshots", "bin"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *path = xasprintf("%s/%s", lab->dir, names[i]);
        if (tree_make_dirs(path))
            return slipway_error_set(err, -1,
                                     "%s: %s; give a directory that can be written", path,
                                     strerror(errno));
    }
    auto_free char *bin = xasprintf("%s/bin", lab->dir);
    if (write_script(bin, "appliance-update", script_update) ||
        write_script(bin, "reboot", script_power) ||
        write_script(bin, "poweroff", script_power) ||
        write_script(bin, "systemctl", script_power))
        return slipway_error_set(err, -1, "%s: %s", bin, strerror(errno));
    if (lab->vcsa && vcsash_install_tools(bin))
        return slipway_error_set(err, -1, "%s: %s", bin, strerror(errno));
    if (lab->vcsa && upgrade_prepare(lab))
        return slipway_error_set(err, -1, "%s/installer: %s", lab->dir, strerror(errno));
    for (int i = 0; i < lab->appliance_count; i++)
        if (prepare_appliance(&lab->appliances[i]))
            return slipway_error_set(err, -1, "%s: %s", lab->appliances[i].dir,
                                     strerror(errno));
    return 0;
}
