/*
 * esxi.c - see esxi.h.
 *
 * A host numbers what is registered on it, so a machine that moves gets a new number, its
 * snapshots new references, and its tasks stay behind. outside/NAME/host remembers
 * where it is. A machine with a task under way does not move.
 */
#include <stdio.h>
#include <string.h>

#include "esxi.h"

void esxi_register(struct vm *vm, struct manager *host)
{
    struct manager *before = vm->manager;
    if (before) {
        before->snapshot_total[vm->datastore] -= (int)vm->snapshot_count;
        host->snapshot_total[vm->datastore] += (int)vm->snapshot_count;
    }
    vm->manager = host;
    (void)snprintf(vm->ref, sizeof vm->ref, "%d", ++host->last_number);
}

void esxi_restore(struct vm *vm)
{
    struct lab *lab = vm->appliance->endpoint.lab;
    auto_free char *name = tree_read(vm->appliance->outside, "host", "");
    struct manager *host = vm->manager;
    for (int i = 0; i < lab->manager_count; i++)
        if (strcmp(lab->managers[i].name, name) == 0)
            host = &lab->managers[i];
    esxi_register(vm, host);
}

bool esxi_move(struct vm *vm, struct manager *to)
{
    struct manager *from = vm->manager;
    struct lab *lab = from->endpoint.lab;
    if (!lab->esxi || vm->running)
        return false;
    if (!to)
        to = &lab->managers[(from->index + 1) % lab->manager_count];
    esxi_register(vm, to);
    (void)tree_write(vm->appliance->outside, "host", to->name);
    ledger_add(lab, "move",
               json_pack("{s:s, s:s, s:s}", "appliance", vm->appliance->name, "from",
                         from->name, "manager", to->name));
    return true;
}

void esxi_obey(struct lab *lab, const char *line)
{
    char name[24], host[24];
    if (sscanf(line, "move %23s %23s", name, host) != 2)
        return;
    WITH_LOCK(&lab->lock);
    for (int i = 0; i < lab->appliance_count; i++)
        for (int j = 0; j < lab->manager_count; j++)
            if (strcmp(lab->appliances[i].name, name) == 0 &&
                strcmp(lab->managers[j].name, host) == 0)
                (void)esxi_move(&lab->appliances[i].vm, &lab->managers[j]);
}

/* ---- what a host says ---- */

const char *esxi_snapshot_ref(const struct vm *vm, const char *ref, char out[64])
{
    bool host = vm->manager->endpoint.lab->esxi;
    (void)snprintf(out, 64, "%s%s%s", host ? vm->ref : "", host ? "-" : "", ref);
    return out;
}

void esxi_content(struct soap_call *call)
{
    struct buf *out = &call->out;
    buf_adds(out, "<returnval>");
    soap_moref(out, "rootFolder", "Folder", "ha-folder-root");
    soap_moref(out, "propertyCollector", "PropertyCollector", "ha-property-collector");
    soap_moref(out, "viewManager", "ViewManager", "ViewManager");
    buf_addf(out,
             "<about><name>VMware ESXi</name><fullName>VMware ESXi 8.0.3 build-24022510 "
             "(slipway-lab %s)</fullName><vendor>VMware, Inc.</vendor><version>8.0.3"
             "</version><build>24022510</build><localeVersion>INTL</localeVersion>"
             "<localeBuild>000</localeBuild><osType>vmnix-x86</osType><productLineId>"
             "embeddedEsx</productLineId><apiType>HostAgent</apiType><apiVersion>8.0.3.0"
             "</apiVersion><licenseProductName>VMware ESX Server</licenseProductName>"
             "<licenseProductVersion>8.0</licenseProductVersion></about>",
             call->manager->name);
    soap_moref(out, "sessionManager", "SessionManager", "ha-sessionmgr");
    soap_moref(out, "licenseManager", "LicenseManager", "ha-license-manager");
    soap_moref(out, "taskManager", "TaskManager", "ha-taskmgr");
    soap_moref(out, "searchIndex", "SearchIndex", "ha-searchindex");
    buf_adds(out, "</returnval>");
}

bool esxi_restricts(struct soap_call *call)
{
    if (!call->manager->free_licence)
        return false;
    soap_fault(call, "RestrictedVersion",
               "Current license or ESXi version prohibits execution of the requested "
               "operation.",
               NULL);
    return true;
}

bool esxi_licences(const struct soap_object *object, struct buf *out)
{
    bool restricted = object->manager->free_licence;
    buf_addf(
        out,
        "<val xsi:type=\"ArrayOfLicenseManagerLicenseInfo\"><LicenseManagerLicenseInfo>"
        "<licenseKey>00000-00000-00000-00000-00000</licenseKey><editionKey>%s"
        "</editionKey><name>%s</name><total>0</total><costUnit>cpuPackage</costUnit>"
        "</LicenseManagerLicenseInfo></val>",
        restricted ? "esxBasic" : "esx.enterprisePlus.cpuPackageCoreLimited",
        restricted ? "VMware vSphere 8 Hypervisor" : "VMware vSphere 8 Enterprise Plus");
    return true;
}
