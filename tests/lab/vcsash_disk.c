/*
 * vcsash_disk.c - what a vCenter has on its disk for those who come by SSH:
 *
 *   etc/passwd                                  root's login shell
 *   etc/applmgmt/appliance/update.conf          what is installed
 *   etc/applmgmt/appliance/software_update_state.conf   what the update service believes
 *   storage/core/software-update/stage/stageDir.json    what is staged
 *   var/log/vmware/applmgmt/                    software-packages.log, PatchRunner.log
 *
 * All of it goes back with a snapshot. The two state files follow `version` and
 * `update_state`, through which the REST services see the same appliance. Beside the disk,
 * outside/NAME/media says what lies in the CD-ROM and in the repository.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vcsa.h"
#include "vcsash.h"
#include "vcsash_guest.h"

static const char *const tools[] = {"appliancesh", "chsh",     "chage", "vpxd",
                                    "vecs-cli",    "df",       "date",  "service-control",
                                    "vdcrepadmin", "vmafd-cli"};

bool vcsash_is_tool(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    const char *name = slash ? slash + 1 : argv0;
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
        if (strcmp(tools[i], name) == 0)
            return true;
    return false;
}

int vcsash_install_tools(const char *bin)
{
    char self[LAB_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return -1;
    self[length] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++) {
        auto_free char *path = xasprintf("%s/%s", bin, tools[i]);
        if (unlink(path) && errno != ENOENT)
            return -1;
        if (symlink(self, path))
            return -1;
    }
    return 0;
}

/* ---- state files ---- */

static void write_installed(const struct appliance *appliance)
{
    auto_free char *version = vcsa_text(appliance, "version");
    auto_json json_t *conf = json_pack(
        "{s:s, s:s, s:s, s:s}", "name", "VC-PATCH", "version", version, "summary",
        "Patch for VMware vCenter Server Appliance", "releasedate", "May 30, 2019");
    auto_free char *text = json_canonical(conf);
    vcsa_put_text(appliance, GUEST_CONF "update.conf", text);
}

/* A state that is about a version names it; a quiet one does not. */
static void write_state(const struct appliance *appliance)
{
    auto_free char *state = vcsa_text(appliance, "update_state");
    auto_json json_t *disk = vcsa_disk(appliance);
    const char *about = json_text(json_object_get(disk, "task"), "version");
    auto_json json_t *conf = json_pack("{s:s}", "state", state);
    if (about && strcmp(state, "UP_TO_DATE") != 0)
        json_object_set_new(conf, "version", json_string(about));
    auto_free char *text = json_canonical(conf);
    vcsa_put_text(appliance, GUEST_CONF "software_update_state.conf", text);
}

void vcsash_mirror(const struct appliance *appliance, const char *file)
{
    if (strcmp(file, "version") == 0)
        write_installed(appliance);
    if (strcmp(file, "update_state") == 0)
        write_state(appliance);
}

static int make_dirs(const struct appliance *appliance)
{
    static const char *const dirs[] = {"etc/applmgmt/appliance",
                                       "storage/core/software-update/stage",
                                       "var/log/vmware/applmgmt"};
    for (size_t i = 0; i < ARRAY_LENGTH(dirs); i++) {
        auto_free char *path = xasprintf("%s/%s", appliance->dir, dirs[i]);
        if (tree_make_dirs(path))
            return -1;
    }
    return 0;
}

static json_t *text_list(const char list[][24], int count)
{
    json_t *out = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(out, json_string(list[i]));
    return out;
}

static int write_media(const struct appliance *appliance)
{
    const struct lab *lab = appliance->endpoint.lab;
    auto_json json_t *media =
        json_pack("{s:o, s:o}", "offers", text_list(lab->offers, lab->offer_count),
                  "versions", text_list(lab->versions, lab->version_count));
    auto_free char *text = json_canonical(media);
    return tree_write(appliance->outside, "media", text);
}

int vcsash_make_disk(const struct appliance *appliance)
{
    if (make_dirs(appliance) || write_media(appliance) ||
        vcsash_write_linked(appliance) ||
        tree_write(appliance->dir, "etc/passwd",
                   "root:x:0:0:root:/root:/bin/appliancesh\n"
                   "perfcharts:x:1008:1008::/storage/perfcharts:/sbin/nologin\n") ||
        tree_write(appliance->dir, GUEST_LOG "software-packages.log", "") ||
        tree_write(appliance->dir, GUEST_LOG "PatchRunner.log", ""))
        return -1;
    if (appliance->faults.stays_staged) {
        auto_free char *stage =
            xasprintf("{\"version\":\"%s\"}\n", appliance->first_version);
        if (tree_write(appliance->dir, GUEST_STAGE, stage))
            return -1;
    }
    write_installed(appliance);
    write_state(appliance);
    return 0;
}

/* ---- scenario and requests ---- */

void vcsash_fault_lines(const struct appliance *appliance, struct buf *out)
{
    const struct lab *lab = appliance->endpoint.lab;
    const struct faults *faults = &appliance->faults;
    const struct {
        const char *name;
        bool on;
    } lines[] = {
        {"stage_no_space", faults->stage_no_space},
        {"half_applied", faults->half_applied},
        {"no_update", faults->no_update},
        {"precheck_error", faults->precheck_error},
        {"password_ends_midway", faults->password_ends_midway},
        {"old_clock", faults->old_clock},
        {"disk_full", faults->disk_full},
        {"root_full", faults->root_full},
        {"core_full", faults->core_full},
        {"seat_full", faults->seat_full},
        {"certificate_misnamed", faults->certificate_misnamed},
        {"replication_lag", faults->replication_lag},
        {"log_jumps", faults->log_jumps},
        {"ssh_drops", faults->ssh_drops},
        {"ssh_noise", faults->ssh_noise},
        {"unsupported", faults->unsupported},
        {"install_dies", faults->install_dies},
        {"repo_untrusted", faults->repo_untrusted},
    };
    buf_addf(out, "stage_s=%.3f\n", (double)lab_scaled(lab, lab->stage_ms) / 1000.0);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        buf_addf(out, "%s=%d\n", lines[i].name, lines[i].on ? 1 : 0);
}

bool vcsash_obey(struct appliance *appliance, const char *verb)
{
    if (strcmp(verb, "cut") == 0) {
        net_cut(&appliance->endpoint);
        return true;
    }
    WITH_LOCK(&appliance->endpoint.lab->lock);
    if (strcmp(verb, "shell-on") == 0 || strcmp(verb, "shell-off") == 0) {
        vcsa_disk_set(appliance, "shell", json_boolean(strcmp(verb, "shell-on") == 0));
        return true;
    }
    if (strcmp(verb, "services-down") == 0) {
        appliance->vcsa->sso_down = true;
        session_clear(&appliance->sessions);
        return true;
    }
    return false;
}
