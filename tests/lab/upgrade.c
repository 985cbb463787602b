/*
 * upgrade.c - a major upgrade: template, prechecks, the new machine, its second stage, and
 * the moment at which it takes the old one's address.
 *
 *   begin     the new machine is there, powered off
 *   deployed  it boots: NOT_INITIALIZED, then INITIALIZED, at its temporary address
 *   start     rpminstall, precheck, export, firstboot, import; the old machine is shut
 *             down, the address moves, 5480 and 443 restart; CONFIGURED
 *
 * The stages are timers of the new machine: a power-off of it makes them void. Everything
 * runs under lab->lock.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "upgrade.h"
#include "vcsa_sdk.h"
#include "vm_parts.h"

#define MOVE_LOOK_MS 20

static const char *const subtasks[] = {"rpminstall", "precheck", "export", "firstboot",
                                       "import"};
enum { RPMINSTALL, PRECHECK, EXPORT, FIRSTBOOT, IMPORT };

/* ---- the model ---- */

static const char *installed_version(const struct lab *lab)
{
    return *lab->installer ? lab->installer : vcsa_offer(lab);
}

static bool leads_to(const char *from, const char *to)
{
    static const char *const ways[][2] = {{"6.5.", "6.7."},
                                          {"6.5.", "7.0."},
                                          {"6.7.", "7.0."},
                                          {"6.7.", "8.0."},
                                          {"7.0.", "8.0."}};
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++)
        if (strncmp(from, ways[i][0], 4) == 0 && strncmp(to, ways[i][1], 4) == 0)
            return true;
    return false;
}

void upgrade_temporary(const struct appliance *origin, char *out, size_t size)
{
    struct in_addr address;
    (void)inet_pton(AF_INET, origin->host, &address);
    address.s_addr = htonl(ntohl(address.s_addr) + LAB_TWIN_NET * 256u);
    (void)inet_ntop(AF_INET, &address, out, (socklen_t)size);
}

struct endpoint *upgrade_endpoint(struct appliance *origin, bool temporary)
{
    struct appliance *twin = atomic_load(&origin->twin);
    bool moved = twin && twin->upgrade->has_identity;
    bool on = twin && atomic_load(&twin->up);
    if (temporary)
        return twin && !moved ? &twin->endpoint : NULL;
    return moved && (on || !atomic_load(&origin->up)) ? &twin->endpoint
                                                      : &origin->endpoint;
}

static void tell(const struct appliance *twin)
{
    const struct upgrade *upgrade = twin->upgrade;
    auto_free char *line =
        xasprintf("%s %s\n", upgrade->state,
                  upgrade->subtask < 0 ? "" : subtasks[upgrade->subtask]);
    (void)tree_write(twin->outside, "deployment", line);
}

static void set_state(struct appliance *twin, const char *state, int subtask)
{
    (void)snprintf(twin->upgrade->state, sizeof twin->upgrade->state, "%s", state);
    twin->upgrade->subtask = subtask;
    twin->upgrade->failed = strcmp(state, "FAILED") == 0;
    tell(twin);
}

static void record(const struct appliance *twin, const char *kind, const char *outcome)
{
    const struct appliance *origin = twin->upgrade->origin;
    ledger_add(origin->endpoint.lab, kind,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "appliance", origin->name, "new",
                         twin->name, "from", origin->first_version, "to",
                         twin->first_version, "outcome", outcome));
}

static struct appliance *make_twin(struct appliance *origin, const char *name,
                                   const char *version)
{
    struct lab *lab = origin->endpoint.lab;
    struct appliance *twin = xcalloc(1, sizeof *twin);
    (void)snprintf(twin->name, sizeof twin->name, "%s", name);
    (void)snprintf(twin->first_version, sizeof twin->first_version, "%s", version);
    upgrade_temporary(origin, twin->host, sizeof twin->host);
    twin->index = LAB_TWIN_INDEX + origin->index;
    twin->site = origin->site;
    twin->endpoint = (struct endpoint){.lab = lab, .appliance = twin};
    twin->dir = xasprintf("%s/appliances/%s", lab->dir, name);
    twin->outside = xasprintf("%s/outside/%s", lab->dir, name);
    twin->faults.slow = 1;
    pthread_mutex_init(&twin->spawn_lock, NULL);
    twin->vcsa = xcalloc(1, sizeof *twin->vcsa);
    twin->upgrade = xcalloc(1, sizeof *twin->upgrade);
    twin->upgrade->origin = origin;
    twin->vm.appliance = twin;
    twin->vm.manager = origin->vm.manager;
    twin->vm.datastore = origin->vm.datastore;
    fleet_name_vm(lab, &twin->vm, twin->index);
    return twin;
}

static bool add_twin(struct appliance *origin, const char *name, const char *version)
{
    struct appliance *twin = make_twin(origin, name, version);
    if (mkdir(twin->outside, 0755) || fleet_make_disk(twin))
        return false;
    vcsa_sdk_take_licenses(twin, origin);
    fleet_write_faults(twin);
    vm_set_power(&twin->vm, POWER_OFF);
    set_state(twin, "NOT_INITIALIZED", -1);
    atomic_store(&origin->twin, twin);
    record(twin, "deploy", "begun");
    return true;
}

/* ---- the second stage ---- */

static void configured(struct appliance *twin)
{
    atomic_store(&twin->vami_closed, false);
    set_state(twin, "CONFIGURED", IMPORT);
    record(twin, "deploy_end", "success");
}

static void restart_services(struct appliance *twin)
{
    atomic_store(&twin->vami_closed, true);
    net_cut(&twin->endpoint);
}

static void take_identity(struct appliance *twin)
{
    const struct appliance *origin = twin->upgrade->origin;
    const struct lab *lab = twin->endpoint.lab;
    if (origin->vm.power != POWER_OFF) {
        vcsa_after(twin, MOVE_LOOK_MS, take_identity);
        return;
    }
    twin->upgrade->has_identity = true;
    (void)snprintf(twin->host, sizeof twin->host, "%s", origin->host);
    record(twin, "identity", "success");
    restart_services(twin);
    if (twin->upgrade->subtask == EXPORT) /* the second half, at the final address */
        atomic_store(&twin->vami_closed, false);
    else
        vcsa_after(twin, lab_scaled(lab, lab->boot_ms) / 4, configured);
}

static void shut_source(struct appliance *twin)
{
    vm_shutdown_guest(&twin->upgrade->origin->vm, false);
    vcsa_after(twin, MOVE_LOOK_MS, take_identity);
}

static void failed(struct appliance *twin, int subtask)
{
    set_state(twin, "FAILED", subtask);
    record(twin, "deploy_end", "error");
    twin->vcsa->run++; /* nothing further happens */
}

static void begin_precheck(struct appliance *twin)
{
    set_state(twin, "CONFIG_IN_PROGRESS", PRECHECK);
}

static void begin_export(struct appliance *twin)
{
    set_state(twin, "CONFIG_IN_PROGRESS", EXPORT);
    if (twin->faults.identity_early)
        shut_source(twin);
}

static void begin_firstboot(struct appliance *twin)
{
    set_state(twin, "CONFIG_IN_PROGRESS", FIRSTBOOT);
}

static void end_firstboot(struct appliance *twin)
{
    if (twin->faults.firstboot_fails)
        failed(twin, FIRSTBOOT);
    else
        set_state(twin, "CONFIG_IN_PROGRESS", IMPORT);
}

static void end_import(struct appliance *twin)
{
    const struct lab *lab = twin->endpoint.lab;
    if (twin->faults.import_fails)
        failed(twin, IMPORT);
    else if (twin->upgrade->has_identity)
        vcsa_after(twin, lab_scaled(lab, lab->boot_ms) / 4, configured);
    else
        shut_source(twin);
}

static void begin_second_stage(struct appliance *twin)
{
    static const struct {
        int percent;
        void (*fn)(struct appliance *);
    } steps[] = {{20, begin_precheck},
                 {30, begin_export},
                 {50, begin_firstboot},
                 {75, end_firstboot},
                 {100, end_import}};
    const struct lab *lab = twin->endpoint.lab;
    twin->vcsa->began_ms = lab_now_ms();
    twin->vcsa->length_ms =
        (int64_t)((double)lab_scaled(lab, lab->update_ms) * twin->faults.slow);
    set_state(twin, "CONFIG_IN_PROGRESS", RPMINSTALL);
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
        if (!twin->faults.deploy_stalls || steps[i].percent < 50)
            vcsa_after(twin, twin->vcsa->length_ms * steps[i].percent / 100, steps[i].fn);
}

static void initialized(struct appliance *twin)
{
    auto_free char *pins = xasprintf("%s/installer/pins", twin->endpoint.lab->dir);
    set_state(twin, "INITIALIZED", -1);
    /* what a site's own program would have read on its console */
    if (!twin->faults.no_pin)
        (void)tree_write(pins, twin->upgrade->origin->name, twin->endpoint.lab->pin);
}

void upgrade_booted(struct appliance *twin)
{
    const struct lab *lab = twin->endpoint.lab;
    if (strcmp(twin->upgrade->state, "NOT_INITIALIZED") != 0)
        return;
    vcsa_after(twin, lab_scaled(lab, lab->boot_ms) / 2, initialized);
}

/* ---- its own management ---- */

static json_t *subtask_json(const struct upgrade *upgrade, int i)
{
    const char *status = i < upgrade->subtask || strcmp(upgrade->state, "CONFIGURED") == 0
                             ? "SUCCEEDED"
                         : i > upgrade->subtask ? "PENDING"
                         : upgrade->failed      ? "FAILED"
                                                : "RUNNING";
    json_t *value = json_pack("{s:s}", "status", status);
    if (strcmp(status, "FAILED") == 0)
        json_object_set_new(
            value, "error",
            json_pack("{s:[o]}", "messages",
                      rest_message("upgrade.error",
                                   i == IMPORT ? "Importing the database failed: vpxd "
                                                 "schema version mismatch"
                                               : "Failed to start services in profile "
                                                 "ALL. RC=1")));
    return json_pack("{s:s, s:o}", "key", subtasks[i], "value", value);
}

/* Unwrapped even in /rest, and its map a list of key and value: that is how it is. */
static void send_deployment(struct rest_call *call)
{
    const struct upgrade *upgrade = call->appliance->upgrade;
    auto_json json_t *body =
        json_pack("{s:s}", "state", upgrade ? upgrade->state : "CONFIGURED");
    json_t *order = json_array(), *all = json_array();
    for (int i = 0; upgrade && i < (int)ARRAY_LENGTH(subtasks); i++) {
        json_array_append_new(order, json_string(subtasks[i]));
        json_array_append_new(all, subtask_json(upgrade, i));
    }
    json_object_set_new(body, "subtask_order", order);
    json_object_set_new(body, "subtasks", all);
    json_object_set_new(
        body, "progress",
        json_pack("{s:i, s:i}", "total", 100, "completed",
                  upgrade && upgrade->subtask >= 0 ? upgrade->subtask * 20 : 0));
    auto_free char *text = json_canonical(body);
    buf_adds(&call->reply->body, text);
    call->reply->status = 200;
}

bool upgrade_answers(struct rest_call *call)
{
    const struct upgrade *upgrade = call->appliance->upgrade;
    if (call->request->vami && vcsa_is(call, "GET", "/vcenter/deployment")) {
        if (upgrade && rest_authenticated(call, "root"))
            (void)tree_write(call->appliance->outside, "asked", "\n");
        if (rest_authenticated(call, "root"))
            send_deployment(call);
        else
            rest_unauthenticated(call);
        return true;
    }
    if (!upgrade || strcmp(upgrade->state, "CONFIGURED") == 0)
        return false;
    /* its management already says who it is */
    if (call->request->vami && (strcmp(call->path, "/appliance/system/version") == 0 ||
                                strstr(call->path, "/session")))
        return false;
    rest_plain(call, 503, "text/plain", "the appliance is being set up");
    return true;
}

/* ---- the installer's questions ---- */

struct order {
    struct lab *lab;
    const json_t *root; /* of the template */
    struct appliance *origin;
    const char *name; /* of the new machine */
    const char *why;  /* not NULL: refused  */
};

static const json_t *at(const json_t *root, const char *path)
{
    while (root && *path) {
        auto_free char *part = xstrndup(path, strcspn(path, "."));
        root = json_object_get(root, part);
        path += strlen(part);
        path += *path == '.';
    }
    return root;
}

static bool is_text(const struct order *order, const char *path, const char *wanted)
{
    const char *text = json_string_value(at(order->root, path));
    return text && (!wanted || strcmp(text, wanted) == 0);
}

static struct appliance *by_host(struct lab *lab, const char *host)
{
    for (int i = 0; host && i < lab->appliance_count; i++)
        if (strcmp(lab->appliances[i].host, host) == 0)
            return &lab->appliances[i];
    return NULL;
}

static const char *template_fault(struct order *order)
{
    static const char *const wanted[] = {
        "new_vcsa.appliance.deployment_option", "new_vcsa.appliance.name",
        "new_vcsa.temporary_network.ip",        "new_vcsa.temporary_network.prefix",
        "new_vcsa.temporary_network.gateway",   "new_vcsa.user_options.vcdb_migrateSet",
        "source_vc.vc_vcsa.hostname",           "source_vc.managing_esxi_or_vc.hostname",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        if (!is_text(order, wanted[i], NULL))
            return wanted[i];
    if (!json_is_boolean(at(order->root, "new_vcsa.appliance.thin_disk_mode")))
        return "new_vcsa.appliance.thin_disk_mode";
    if (!json_is_boolean(at(order->root, "new_vcsa.os.ssh_enable")))
        return "new_vcsa.os.ssh_enable";
    if (!json_is_boolean(at(order->root, "ceip.settings.ceip_enabled")))
        return "ceip.settings.ceip_enabled";
    return NULL;
}

/* The credentials that the installer logs in with. */
static const char *login_fault(const struct order *order, const char *place)
{
    auto_free char *host = xasprintf("%s.hostname", place);
    auto_free char *user = xasprintf("%s.username", place);
    auto_free char *password = xasprintf("%s.password", place);
    if (!is_text(order, host, order->origin->vm.manager->host))
        return "the target is not the manager of the source machine";
    return is_text(order, user, LAB_MANAGER_USER) &&
                   is_text(order, password, LAB_PASSWORD)
               ? NULL
               : "the target refuses the login";
}

static const char *verify(struct order *order)
{
    static char missing[160];
    const char *fault = template_fault(order);
    bool vc = at(order->root, "new_vcsa.vc") != NULL;
    if (fault) {
        (void)snprintf(missing, sizeof missing, "template: %s is missing or wrong",
                       fault);
        return missing;
    }
    order->name = json_string_value(at(order->root, "new_vcsa.appliance.name"));
    order->origin = by_host(
        order->lab, json_string_value(at(order->root, "source_vc.vc_vcsa.hostname")));
    if (!order->origin || strlen(order->name) >= sizeof order->origin->name)
        return "template: the source is unknown, or the new name is too long";
    if (vc && is_text(order, "new_vcsa.vc.hostname", order->origin->host))
        return "template: the target vCenter is the one that is being upgraded";
    if (!is_text(order, "source_vc.vc_vcsa.username", LAB_SSO_USER) ||
        !is_text(order, "source_vc.vc_vcsa.password", LAB_PASSWORD) ||
        !is_text(order, "source_vc.vc_vcsa.root_password", LAB_PASSWORD))
        return "the source refuses the login";
    const char *why = login_fault(order, vc ? "new_vcsa.vc" : "new_vcsa.esxi");
    return why ? why : login_fault(order, "source_vc.managing_esxi_or_vc");
}

static bool name_taken(const struct order *order)
{
    const struct manager *manager = order->origin->vm.manager;
    for (struct vm *vm = lab_next_vm(manager, NULL); vm; vm = lab_next_vm(manager, vm))
        if (strcmp(vm->appliance->name, order->name) == 0)
            return true;
    return false;
}

static const char *precheck(const struct order *order)
{
    static char text[160];
    auto_free char *from = vcsa_text(order->origin, "version");
    const char *to = installed_version(order->lab);
    char temporary[20];
    upgrade_temporary(order->origin, temporary, sizeof temporary);
    if (!leads_to(from, to)) {
        (void)snprintf(text, sizeof text, "upgrade from %s to %s is not supported", from,
                       to);
        return text;
    }
    if (order->origin->vm.power != POWER_ON)
        return "the source does not answer";
    if (order->origin->faults.precheck_error)
        return "the source has a database that is too large for this deployment size";
    if (!is_text(order, "new_vcsa.temporary_network.ip", temporary))
        return "the temporary address cannot be used on this network";
    return name_taken(order) ? "a machine of that name exists" : NULL;
}

static char *begin(struct order *order)
{
    const struct lab *lab = order->lab;
    struct appliance *twin = atomic_load(&order->origin->twin);
    const struct faults *faults = &order->origin->faults;
    if (twin && !twin->upgrade->failed && twin->vm.power != POWER_OFF) {
        record(twin, "deploy", "refused");
        return xstrdup("error another deployment is under way");
    }
    if (!add_twin(order->origin, order->name, installed_version(lab)))
        return xstrdup("error the datastore has no room");
    twin = atomic_load(&order->origin->twin);
    twin->faults = (struct faults){.slow = faults->slow,
                                   .firstboot_fails = faults->firstboot_fails,
                                   .import_fails = faults->import_fails,
                                   .deploy_stalls = faults->deploy_stalls,
                                   .identity_early = faults->identity_early,
                                   .no_pin = faults->no_pin};
    return xasprintf("ok %s %.3f %s", twin->name,
                     (double)lab_scaled(lab, lab->deploy_ms) / 1000.0,
                     faults->deploy_hangs   ? "hangs"
                     : faults->deploy_exits ? "exits"
                                            : "none");
}

/* An order for the new machine that was made before. */
static char *command(const struct order *order, bool start)
{
    struct appliance *twin = atomic_load(&order->origin->twin);
    if (!twin || strcmp(twin->name, order->name) != 0)
        return xstrdup("error the new machine is gone");
    if (start && twin->vm.power != POWER_ON)
        return xstrdup("error the new appliance does not answer");
    if (start)
        begin_second_stage(twin);
    else
        (void)vm_start_task(&twin->vm, &(struct vm_request){.kind = "power_on"});
    return xstrdup("ok");
}

static char *answer_to(const char *verb, struct order *order)
{
    const char *why = verify(order);
    bool begins = strcmp(verb, "begin") == 0;
    if (!why && (begins || strcmp(verb, "precheck") == 0))
        why = precheck(order);
    if (why)
        return xasprintf("error %s", why);
    if (begins)
        return begin(order);
    if (strcmp(verb, "deployed") == 0 || strcmp(verb, "start") == 0)
        return command(order, *verb == 's');
    return xstrdup("ok");
}

void upgrade_obey(struct lab *lab, const char *line)
{
    char verb[16], id[64], path[LAB_PATH_MAX];
    if (!lab->vcsa || sscanf(line, "deploy %15s %63s %1023s", verb, id, path) != 3 ||
        strchr(id, '/'))
        return;
    auto_free char *folder = xasprintf("%s/installer/requests", lab->dir);
    auto_free char *text = tree_read("", path, "");
    auto_json json_t *root = json_parse(text, strlen(text), LAB_REQUEST_MAX, NULL);
    auto_free char *name = xasprintf("%s.%s", id, verb);
    struct order order = {.lab = lab, .root = root};
    WITH_LOCK(&lab->lock);
    auto_free char *answer = answer_to(verb, &order);
    auto_free char *answer_line = xasprintf("%s\n", answer);
    (void)tree_write(folder, name, answer_line);
}

/* ---- files ---- */

int upgrade_prepare(struct lab *lab)
{
    auto_free char *requests = xasprintf("%s/installer/requests", lab->dir);
    auto_free char *pins = xasprintf("%s/installer/pins", lab->dir);
    auto_free char *bin = xasprintf("%s/installer/vcsa-cli-installer/lin64", lab->dir);
    auto_free char *program = xasprintf("%s/vcsa-deploy", bin);
    auto_free char *label = xasprintf("%s/installer/vcsa", lab->dir);
    auto_free char *text = xasprintf("VMware-VCSA-all-%s-%s\n", installed_version(lab),
                                     vcsa_build(installed_version(lab), false));
    if (tree_make_dirs(requests) || tree_make_dirs(pins) || tree_make_dirs(bin) ||
        tree_make_dirs(label) || tree_write(label, "version.txt", text) ||
        tree_write(bin, "vcsa-deploy", script_deploy) || chmod(program, 0755))
        return -1;
    return 0;
}

void upgrade_write_requests(const struct lab *lab)
{
    for (int i = 0; i < lab->appliance_count; i++) {
        struct appliance *twin = atomic_load(&lab->appliances[i].twin);
        if (twin)
            vcsa_write_requests(twin);
    }
}
