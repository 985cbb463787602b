/*
 * tasks.c - vcsa.tasks: what this vCenter is doing right now.
 *
 *   TaskManager.recentTask ─► Task.info: queued or running
 *
 * A vCenter that stops amid a migration, a clone or somebody's backup leaves debris; so
 * nothing is begun before it is idle. Tasks that ended are not looked at.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/operations.h"
#include "vcsa/sdk_talk.h"

#define TASKS_MAX 50u /* listed */

struct running {
    json_t *list;
    long long count;
};

static void take_task(void *context, const struct xml_node *object)
{
    struct running *running = context;
    const struct xml_node *info = vsphere_property(object, "info");
    const char *state = xml_child_text(info, VSPHERE_NS, "state");
    long long percent = -1;
    if (!state || (strcmp(state, "running") != 0 && strcmp(state, "queued") != 0))
        return;
    (void)xml_number(xml_child(info, VSPHERE_NS, "progress"), &percent);
    if (running->count++ < (long long)TASKS_MAX)
        (void)json_array_append_new(
            running->list,
            json_pack(
                "{s:o, s:o, s:o, s:o, s:o}", "task", vcsa_sdk_text(info, "descriptionId"),
                "entity", vcsa_sdk_text(info, "entityName"), "state",
                vcsa_sdk_text(info, "state"), "queued", vcsa_sdk_text(info, "queueTime"),
                "percent",
                percent >= 0 && percent <= 100 ? json_integer(percent) : json_null()));
}

static enum vsphere_answer read_tasks(struct vcsa_sdk *sdk, struct running *running)
{
    static const char *const info[] = {"info", NULL};
    enum vsphere_answer answer = vsphere_connect(&sdk->soap);
    const char *manager = sdk->soap.service.task_manager;
    if (answer != VSPHERE_OK)
        return answer;
    if (!*manager)
        return vsphere_because(&sdk->soap, VSPHERE_NO, "%s: vpxd names no task manager",
                               sdk->rest.target.name);
    const struct vsphere_query query = {
        .type = "TaskManager",
        .ref = manager,
        .skip_start = true,
        .walks = &(struct vsphere_walk){"TaskManager", "recentTask"},
        .walk_count = 1,
        .wishes = &(struct vsphere_wish){"Task", info},
        .wish_count = 1,
        .page = 100,
        .take = take_task,
        .context = running,
    };
    answer = vsphere_retrieve(&sdk->soap, &query);
    /* One of them was forgotten between two pages: ask again. */
    if (answer == VSPHERE_FAULT && sdk->soap.fault.kind == VSPHERE_FAULT_GONE)
        answer = VSPHERE_LATER;
    return answer;
}

enum slipway_outcome vcsa_op_tasks(struct slipway_call *call)
{
    auto_sdk struct vcsa_sdk sdk;
    enum slipway_outcome outcome;
    if (!vcsa_sdk_open(&sdk, call, &outcome))
        return outcome;
    auto_json json_t *list = json_array();
    struct running running = {.list = list};
    enum vsphere_answer answer = read_tasks(&sdk, &running);
    if (answer != VSPHERE_OK)
        return vcsa_sdk_outcome(&sdk, answer);
    return vcsa_done(&sdk.rest, json_pack("{s:b, s:I, s:O}", "idle", running.count == 0,
                                          "running", running.count, "tasks", list));
}
