/*
 * appliance.c - an appliance as a machine: processes, boot, network.
 *
 * Down means: no connection is answered, open ones are cut, and no process is
 * left. The spawn lock closes the gap in which a connection thread could start
 * a process after the killing: it looks at `up` and starts under that lock.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "nsx.h"

static void write_boot_id(const struct appliance *appliance)
{
    unsigned char b[16];
    char text[48];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        abort();
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    (void)snprintf(
        text, sizeof text,
        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n", b[0],
        b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15]);
    (void)tree_write(appliance->dir, "boot_id", text);
}

void appliance_halt(struct appliance *appliance)
{
    uint64_t tag = process_tag(appliance->endpoint.lab, appliance->index);
    {
        WITH_LOCK(&appliance->spawn_lock);
        atomic_store(&appliance->up, false);
        process_kill_tagged(tag, UINT64_MAX);
    }
    net_cut(&appliance->endpoint);
    process_reap_strays();
}

void appliance_boot(struct appliance *appliance)
{
    auto_free char *state = tree_read(appliance->dir, "update_state", "UP_TO_DATE");
    write_boot_id(appliance);
    if (appliance->endpoint.lab->vcsa)
        vcsa_booted(appliance);
    else if (appliance->nsx)
        nsx_booted(appliance);
    else if (strcmp(state, "INSTALL_IN_PROGRESS") == 0)
        /* An installation that a power loss interrupted shows as failed. */
        (void)tree_write(appliance->dir, "update_state", "INSTALL_FAILED\n");
    WITH_LOCK(&appliance->spawn_lock);
    atomic_store(&appliance->up, true);
}

pid_t appliance_spawn(struct appliance *appliance, char *const *argv, int in, int out,
                      int err)
{
    const struct lab *lab = appliance->endpoint.lab;
    auto_free char *boot = xasprintf("SLIPWAY_BOOT_ID_FILE=%s/boot_id", appliance->dir);
    auto_free char *path =
        xasprintf("PATH=%s/bin:/usr/sbin:/usr/bin:/sbin:/bin", appliance->dir);
    auto_free char *dir = xasprintf("APPLIANCE_DIR=%s", appliance->dir);
    auto_free char *home = xasprintf("HOME=%s", appliance->dir);
    auto_free char *root =
        lab->vcsa ? xasprintf("SLIPWAY_GUEST_ROOT=%s", appliance->dir) : NULL;
    char *const envp[] = {
        boot,       path, dir, home, "USER=root", "LOGNAME=root", "SHELL=/bin/sh",
        "LC_ALL=C", root, NULL};
    struct process_start start = {
        .argv = argv,
        .envp = envp,
        .directory = appliance->dir,
        .in = in,
        .out = out,
        .err = err,
        .tag = process_tag(lab, appliance->index),
    };
    WITH_LOCK(&appliance->spawn_lock);
    if (!atomic_load(&appliance->up)) {
        errno = EHOSTDOWN;
        return -1;
    }
    return process_spawn(&start);
}
