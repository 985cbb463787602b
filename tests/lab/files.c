/*
 * files.c - the files that slipway reads about this fleet: fleet.yaml,
 * campaign.yaml, a playbook and known_hosts.
 *
 * fleet.yaml and known_hosts follow from the fleet and are rewritten at every
 * start; campaign and playbook belong to the operator once they exist. Paths
 * in the files are relative to DIR, except job directories, which are paths on
 * the appliance (and so absolute).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link.h"
#include "nsx.h"
#include "upgrade.h"
#include "util/duration.h"

static void add_hosts(const struct lab *lab, struct buf *out)
{
    buf_addf(out,
             "managers:\n"
             "  - name: esx\n"
             "    tls: {pin: \"%s\"}\n"
             "    login: {user: " LAB_MANAGER_USER
             ", password: {file: secrets/managers}}\n"
             "    hosts:\n",
             lab->pin);
    for (int i = 0; i < lab->manager_count; i++)
        buf_addf(out, "      - {name: %s, url: \"https://%s:%u/sdk\"}\n",
                 lab->managers[i].name, lab->managers[i].host, lab->https_port);
}

static void add_managers(const struct lab *lab, struct buf *out)
{
    if (lab->esxi) {
        add_hosts(lab, out);
        return;
    }
    buf_adds(out, "managers:\n");
    for (int i = 0; i < lab->manager_count; i++)
        buf_addf(out,
                 "  - name: %s\n"
                 "    url: https://%s:%u/sdk\n"
                 "    tls: {pin: \"%s\"}\n"
                 "    login: {user: " LAB_MANAGER_USER
                 ", password: {file: secrets/managers}}\n",
                 lab->managers[i].name, lab->managers[i].host, lab->https_port, lab->pin);
}

/* A vCenter has two doors: Single Sign-On users at one, its own accounts at the other. */
static void add_vcsa_rest(const struct lab *lab, const struct appliance *appliance,
                          struct buf *out)
{
    buf_addf(out,
             "    rest:\n"
             "      url: https://%s:%u\n"
             "      tls: {pin: \"%s\"}\n"
             "      login: {user: " LAB_SSO_USER
             ", password: {file: secrets/appliances}}\n"
             "      session: true\n"
             "      vami:\n"
             "        url: https://%s:%u\n"
             "        login: {user: root, password: {file: secrets/appliances}}\n",
             appliance->host, lab->https_port, lab->pin, appliance->host, lab->vami_port);
}

static void add_appliance(const struct lab *lab, const struct appliance *appliance,
                          struct buf *out)
{
    int customers = lab->appliance_count / 5 + 1;
    char temporary[20];
    upgrade_temporary(appliance, temporary, sizeof temporary);
    buf_addf(out,
             "  - name: %s\n"
             "    host: %s\n"
             "    site: %s\n"
             "    version: %s\n"
             "    labels: {customer: c%02d, tier: %s%s%s}\n"
             "    ssh: {job_dir: \"%s/jobs\"}\n",
             appliance->name, appliance->host, appliance->site,
             *appliance->first_version ? appliance->first_version : LAB_OLD_VERSION,
             appliance->index % customers + 1, appliance->index % 4 ? "silver" : "gold",
             lab->vcsa ? ", temporary_ip: " : "", lab->vcsa ? temporary : "",
             appliance->dir);
    if (link_name(appliance))
        buf_addf(out, "    link_group: %s\n", link_name(appliance));
    if (lab->vcsa)
        add_vcsa_rest(lab, appliance, out);
    else if (lab->nsx)
        nsx_add_rest(lab, appliance, out);
    else
        buf_addf(out,
                 "    rest:\n"
                 "      url: https://%s:%u\n"
                 "      tls: {pin: \"%s\"}\n"
                 "      login: {user: root, password: {file: secrets/appliances}}\n"
                 "      session: true\n",
                 appliance->host, lab->https_port, lab->pin);
    buf_addf(out, "    vm: {manager: %s, uuid: %s}\n",
             lab->esxi ? "esx" : appliance->vm.manager->name, appliance->vm.uuid);
}

static int write_fleet(const struct lab *lab)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, "# Written by slipway-lab at every start.\n");
    add_managers(lab, &text);
    buf_addf(&text,
             "defaults:\n"
             "  kind: %s\n"
             "  ssh: {user: root, port: %u, key: {file: secrets/id_ed25519}, hostkey: "
             "known_hosts}\n"
             "appliances:\n",
             lab->nsx    ? nsx_kind_name(lab->nsx)
             : lab->vcsa ? "vcsa"
                         : "linux",
             lab->ssh_port);
    for (int i = 0; i < lab->appliance_count; i++)
        add_appliance(lab, &lab->appliances[i], &text);
    return tree_write(lab->dir, "fleet.yaml", buf_text(&text));
}

static int write_known_hosts(const struct lab *lab)
{
    auto_buf struct buf text = {0};
    for (int i = 0; i < lab->appliance_count; i++)
        buf_addf(&text, "[%s]:%u %s\n", lab->appliances[i].host, lab->ssh_port,
                 lab->host_key_public);
    return tree_write(lab->dir, "known_hosts", buf_text(&text));
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

static int write_campaign(const struct lab *lab)
{
    if (lab->nsx)
        return nsx_write_campaign(lab);
    int n = lab->appliance_count;
    auto_buf struct buf text = {0};
    const char *playbook = lab->vcsa ? "vcsa-patch" : "lab-patch";
    const char *target = lab->vcsa ? vcsa_offer(lab) : LAB_NEW_VERSION;
    buf_addf(&text,
             "campaign: lab-patch\n"
             "playbook: %s\n"
             "select: \"version_cmp(version, '%s') < 0\"\n"
             "vars: {target_version: %s}\n"
             "strategy:\n"
             "  waves:\n"
             "    - {name: canary, size: 3, cover: [site], soak: 2s, budget: 0}\n"
             "    - {name: second, size: 8, soak: 1s, budget: 1}\n"
             "    - {name: rest, size: rest, soak: 1s}\n",
             playbook, target, target);
    buf_addf(&text,
             "  in_flight: %d\n"
             "  max_unavailable: {site: %d}\n"
             "  limits: {manager: 8%s}\n"
             "  budget: {wave: %d, campaign: %d, mode: normal}\n",
             at_least(n / 4, 4) > 100 ? 100 : at_least(n / 4, 4), at_least(n / 6, 2),
             lab->vcsa ? ", repo: 20" : "", at_least(n / 16, 1), at_least(n / 8, 1));
    return tree_write(lab->dir, "campaign.yaml", buf_text(&text));
}

/* Waiting times shrink with the lab's speed, but a busy machine needs a floor. */
static int64_t floored(const struct lab *lab, int64_t ms, int64_t floor_ms)
{
    int64_t scaled = lab_scaled(lab, ms);
    return scaled > floor_ms ? scaled : floor_ms;
}

static void add_head(const struct lab *lab, struct buf *out)
{
    char settle[32], boot[32];
    buf_addf(out,
             "playbook: lab-patch\n"
             "rollback: snapshot\n"
             "snapshot: {settle: %s}\n"
             "boot_timeout: %s\n",
             duration_format(floored(lab, 60000, 3000), settle, sizeof settle),
             duration_format(floored(lab, 120000, 20000), boot, sizeof boot));
    buf_adds(out, "version:\n"
                  "  - id: version-rest\n"
                  "    use: rest.request\n"
                  "    with: {path: /api/appliance/system/version}\n"
                  "    value: result ->> '$.json.version'\n"
                  "  - id: version-ssh\n"
                  "    use: ssh.run\n"
                  "    with: {argv: [sh, -c, cat \"$APPLIANCE_DIR/version\"]}\n"
                  "    value: trim(result ->> '$.lines[0]')\n");
}

static void add_steps(struct buf *out)
{
    buf_adds(
        out,
        "steps:\n"
        "  - id: space\n"
        "    phase: prepare\n"
        "    use: ssh.run\n"
        "    with: {argv: [df, --output=avail, -k, /]}\n"
        "    expect: CAST(result ->> '$.lines[1]' AS INTEGER) > 1024\n"
        "  - id: upgrade\n"
        "    phase: change\n"
        "    use: ssh.job\n"
        "    with:\n"
        "      script: scripts/patch.sh\n"
        "      env: {TARGET: \"${vars.target_version}\"}\n"
        "      verify: {argv: [sh, -c, 'test \"$(cat \"$APPLIANCE_DIR/version\")\" = "
        "\"$1\"', sh, \"${vars.target_version}\"]}\n"
        "    timeout: 5m\n"
        "    on_failure: rollback\n");
}

static void add_health(const struct lab *lab, struct buf *out)
{
    char patience[32], every[32];
    auto_buf struct buf timing = {0};
    buf_addf(&timing, "    for: %s\n    every: %s\n    stable: 2\n",
             duration_format(floored(lab, 20000, 5000), patience, sizeof patience),
             duration_format(floored(lab, 500, 100), every, sizeof every));
    buf_addf(out,
             "health:\n"
             "  - id: version\n"
             "    use: ssh.run\n"
             "    with: {argv: [sh, -c, cat \"$APPLIANCE_DIR/version\"]}\n"
             "    expect: trim(result ->> '$.lines[0]') = vars ->> '$.target_version'\n"
             "    baseline: ignore\n"
             "%s"
             "  - id: health\n"
             "    use: rest.request\n"
             "    with: {path: /api/appliance/health/system}\n"
             "    expect: result ->> '$.json' = 'green'\n"
             "%s"
             "  - id: services\n"
             "    use: rest.request\n"
             "    with: {path: /api/appliance/services}\n"
             "    expect: result ->> '$.json.vpxd.state' = 'STARTED'\n"
             "%s",
             buf_text(&timing), buf_text(&timing), buf_text(&timing));
}

static int write_playbook(const struct lab *lab, const char *dir)
{
    auto_buf struct buf text = {0};
    add_head(lab, &text);
    add_steps(&text);
    add_health(lab, &text);
    return tree_write(dir, "lab-patch.yaml", buf_text(&text));
}

static bool missing(const char *dir, const char *name)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    return access(path, F_OK) != 0;
}

int files_write(const struct lab *lab, struct slipway_error *err)
{
    auto_free char *playbooks = xasprintf("%s/playbooks", lab->dir);
    auto_free char *scripts = xasprintf("%s/playbooks/scripts", lab->dir);
    auto_free char *patch = xasprintf("%s/patch.sh", scripts);
    int rc = tree_make_dirs(scripts);
    rc = rc || write_fleet(lab) || write_known_hosts(lab);
    if (!rc && missing(lab->dir, "campaign.yaml"))
        rc = write_campaign(lab);
    if (!rc && missing(playbooks, "lab-patch.yaml"))
        rc = write_playbook(lab, playbooks);
    if (!rc && missing(scripts, "patch.sh"))
        rc = tree_write(scripts, "patch.sh", script_patch) || chmod(patch, 0755);
    return rc ? slipway_error_set(err, -1, "%s: %s", lab->dir, strerror(errno)) : 0;
}
