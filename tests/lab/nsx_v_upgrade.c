/*
 * nsx_v_upgrade.c - the upgrade of an NSX-V manager, as it looks from outside.
 *
 *   bundle   by URL (fetched in its own time) or as the form field `file`
 *   start    wants every question answered by Yes or No, not YES
 *    0 %     ValidationStep
 *   20 %     UpgradeStep; what fails, fails at 35 %
 *   45 %     reboot: refused connections, then a proxy's 503, then components that start
 *            COMPLETE, and the new version
 *
 * A start while an upgrade runs is refused and recorded.
 */
#include <stdio.h>
#include <string.h>

#include "nsx.h"
#include "rest_parts.h"

#define BASE "/api/1.0/appliance-management/upgrade"

static bool has_status(const struct appliance *appliance, const char *word)
{
    auto_json json_t *disk = nsx_disk(appliance);
    const char *status = json_text(disk, "status");
    return status && strcmp(status, word) == 0;
}

static void set_status(const struct appliance *appliance, const char *word)
{
    nsx_disk_set(appliance, "status", json_string(word));
}

/* ---- the bundle ---- */

static void bundle_there(struct appliance *appliance)
{
    bool bad = appliance->faults.bundle_bad != 0;
    if (bad)
        set_status(appliance, "UPLOAD_FAILED");
    else {
        nsx_disk_set(appliance, "to", json_string(NSX_V_NEW));
        set_status(appliance, "NOT_STARTED");
    }
    nsx_note(appliance, "nsx_bundle", NULL, bad ? "error" : "success");
}

static void take_url(struct nsx_call *call)
{
    const char *url = web_query(call->request, "fileurl");
    if (!url || (strncmp(url, "http", 4) != 0 && strncmp(url, "ftp", 3) != 0)) {
        nsx_v_error(call, 400, "fileurl must be http, https or ftp.");
        return;
    }
    set_status(call->appliance, "UPLOAD_IN_PROGRESS");
    nsx_after(call->appliance,
              lab_scaled(call->appliance->endpoint.lab,
                         call->appliance->endpoint.lab->stage_ms),
              bundle_there);
    if (nsx_drops(call->appliance, "bundle"))
        call->reply->drop = true;
    else
        call->reply->status = 202;
}

static void take_file(struct nsx_call *call)
{
    const char *type = web_header(call->request, "Content-Type");
    const struct web_request *request = call->request;
    bool form = type && strncmp(type, "multipart/form-data; boundary=", 30) == 0;
    if (!form || !memmem(request->body, request->body_length, "name=\"file\"", 11)) {
        nsx_v_error(call, 400, "Send the bundle as form-data, in the field file.");
        return;
    }
    bundle_there(call->appliance);
    call->reply->status = 200;
}

/* ---- the steps ---- */

static void second_step(struct appliance *appliance)
{
    nsx_disk_set(appliance, "step", json_integer(1));
}

static void fail(struct appliance *appliance)
{
    if (!appliance->faults.update_fails)
        return;
    set_status(appliance, "FAILED");
    nsx_note(appliance, "nsx_end", "NSX", "error");
    appliance->nsx->run++; /* nothing further happens */
}

static void reboot(struct appliance *appliance)
{
    if (!appliance->faults.update_lies)
        nsx_disk_set(appliance, "version", json_string(NSX_V_NEW));
    nsx_disk_set(appliance, "rebooting", json_true());
    vm_shutdown_guest(&appliance->vm, true);
}

static void begin(struct appliance *appliance)
{
    static const struct {
        int percent;
        void (*fn)(struct appliance *);
    } steps[] = {{20, second_step}, {35, fail}, {45, reboot}};
    const struct lab *lab = appliance->endpoint.lab;
    int64_t length =
        (int64_t)((double)lab_scaled(lab, lab->update_ms) * appliance->faults.slow);
    set_status(appliance, "IN_PROGRESS");
    nsx_disk_set(appliance, "step", json_integer(0));
    nsx_note(appliance, "nsx_begin", "NSX", "success");
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
        if (!appliance->faults.hangs || steps[i].percent < 35)
            nsx_after(appliance, length * steps[i].percent / 100, steps[i].fn);
}

/* ---- after the reboot ---- */

static void components_start(struct appliance *appliance)
{
    appliance->nsx->html = false;
}

static void all_well(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    bool ours = json_is_true(json_object_get(disk, "rebooting"));
    bool sick = ours && appliance->faults.sick;
    json_object_set_new(disk, "services", json_string(sick ? "STOPPED" : "RUNNING"));
    json_object_set_new(disk, "rebooting", json_false());
    if (ours) {
        json_object_set_new(disk, "status", json_string("COMPLETE"));
        nsx_set_version(appliance, json_text(disk, "version"));
        nsx_note(appliance, "nsx_end", "NSX", "success");
    }
    nsx_disk_put(appliance, steal_ptr(&disk));
}

void nsx_v_booted(struct appliance *appliance)
{
    auto_json json_t *disk = nsx_disk(appliance);
    int64_t boot = lab_scaled(appliance->endpoint.lab, appliance->endpoint.lab->boot_ms);
    if (has_status(appliance, "IN_PROGRESS") &&
        !json_is_true(json_object_get(disk, "rebooting"))) {
        set_status(appliance, "FAILED");
        nsx_note(appliance, "nsx_end", "NSX", "error");
    }
    if (appliance->vm.power_epoch == 0)
        return; /* the lab itself was started */
    nsx_disk_set(appliance, "services", json_string("STARTING"));
    appliance->nsx->html = true;
    nsx_after(appliance, boot / 4, components_start);
    nsx_after(appliance, boot / 2, all_well);
}

/* ---- status, information, start ---- */

static void send_status(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *word = json_text(disk, "status");
    json_int_t step = json_number(disk, "step", 0);
    bool moves = word && strcmp(word, "IN_PROGRESS") == 0;
    auto_free char *xml = xasprintf(
        "<upgradeStatus><status>%s</status><existingBundleFileName>%s"
        "</existingBundleFileName><upgradeStepsDto><step><stepId>ValidationStep</stepId>"
        "<stepStatus>%s</stepStatus></step><step><stepId>UpgradeStep</"
        "stepId><stepStatus>%s"
        "</stepStatus></step></upgradeStepsDto></upgradeStatus>",
        word, *json_text(disk, "to") ? "VMware-NSX-Manager-upgrade-bundle.tar.gz" : "",
        !moves || step ? "COMPLETE" : "IN_PROGRESS",
        moves && step                   ? "IN_PROGRESS"
        : strcmp(word, "FAILED") == 0   ? "FAILED"
        : strcmp(word, "COMPLETE") == 0 ? "COMPLETE"
                                        : "NOT_STARTED");
    nsx_v_send(call, xml);
}

static void send_information(struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *to = json_text(disk, "to");
    if (!*to) {
        nsx_v_error(call, 404, "No upgrade bundle is uploaded.");
        return;
    }
    auto_free char *xml = xasprintf(
        "<upgradeInformation><fromVersion>%s</fromVersion><toVersion>%s</toVersion>%s"
        "<preUpgradeQuestionsAnswers><preUpgradeQuestionAnswer><questionId>"
        "preUpgradeChecks1:Q1</questionId><question>Do you want to enable SSH?</question>"
        "<questionAnserType>YESNO</questionAnserType></preUpgradeQuestionAnswer>"
        "<preUpgradeQuestionAnswer><questionId>preUpgradeChecks2:Q1</"
        "questionId><question>"
        "Do you want to join the VMware Customer Experience Improvement "
        "Program?</question>"
        "<questionAnserType>YESNO</questionAnserType></preUpgradeQuestionAnswer>"
        "</preUpgradeQuestionsAnswers><upgradeStepsDto><step><stepId>ValidationStep"
        "</stepId></step><step><stepId>UpgradeStep</stepId></step></upgradeStepsDto>"
        "</upgradeInformation>",
        json_text(disk, "version"), to,
        call->appliance->faults.precheck_error
            ? "<errorMessages><message>Controller cluster is not connected.</message>"
              "</errorMessages>"
            : "");
    nsx_v_send(call, xml);
}

static int occurrences(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static const char *objection(const struct nsx_call *call)
{
    auto_json json_t *disk = nsx_disk(call->appliance);
    const char *body = call->request->body, *to = json_text(disk, "to");
    const char *type = web_header(call->request, "Content-Type");
    int given = occurrences(body, "<answer>Yes</answer>") +
                occurrences(body, "<answer>No</answer>");
    if (has_status(call->appliance, "IN_PROGRESS"))
        return "An upgrade is in progress.";
    if (!to || !*to)
        return "No upgrade bundle is uploaded.";
    if (!type || strcmp(type, "application/xml") != 0 ||
        strncmp(strstr(body, "<preUpgrade") ? strstr(body, "<preUpgrade") : "",
                "<preUpgradeQuestionsAnswers>", 28) != 0)
        return "Send preUpgradeQuestionsAnswers as application/xml.";
    return given == 2 && occurrences(body, "<questionAnserType>YESNO") == 2
               ? NULL
               : "Every question wants Yes or No.";
}

static void start(struct nsx_call *call)
{
    const char *why = objection(call);
    if (why) {
        if (has_status(call->appliance, "IN_PROGRESS"))
            nsx_note(call->appliance, "nsx_begin", "NSX", "error");
        nsx_v_error(call, 400, why);
        return;
    }
    begin(call->appliance);
    if (nsx_drops(call->appliance, "upgrade"))
        call->reply->drop = true;
    else
        call->reply->status = 202;
}

bool nsx_v_handle_upgrade(struct nsx_call *call)
{
    static const struct {
        const char *method, *path;
        void (*fn)(struct nsx_call *);
    } routes[] = {
        {"GET", BASE "/status/NSX", send_status},
        {"GET", BASE "/information/NSX", send_information},
        {"POST", BASE "/start/NSX", start},
        {"POST", BASE "/uploadbundle/NSX", take_file},
        {"POST", BASE "/uploadbundlefromurl/NSX", take_url},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!nsx_is(call, routes[i].method, routes[i].path))
            continue;
        routes[i].fn(call);
        return true;
    }
    return false;
}
