/*
 * vm_document.c - the virtual machine as JSON.
 *
 * These documents are contracts: the engine's snapshot driver, checks in
 * playbooks and reports read them. Members are only ever added. What the manager
 * did not say is null, never an invented value.
 */
#include "vsphere/vm.h"

#include <string.h>

#define DOCUMENT_TEXT_MAX 1024u /* bytes of one value: 32 snapshots fit a result */

static json_t *text_or_null(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length > DOCUMENT_TEXT_MAX) {
        length = DOCUMENT_TEXT_MAX;
        while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    return text ? json_safe_string(text, length) : json_null();
}

static json_t *bytes_or_null(long long bytes)
{
    return bytes < 0 ? json_null() : json_integer(bytes);
}

static void put(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

json_t *vsphere_snapshot_document(const struct vsphere_snapshot *snapshot)
{
    json_t *object = json_object();
    put(object, "snapshot", text_or_null(snapshot->ref));
    put(object, "name", text_or_null(snapshot->name));
    put(object, "description", text_or_null(snapshot->description));
    put(object, "created", text_or_null(snapshot->created));
    put(object, "depth", json_integer(snapshot->depth));
    put(object, "parent", text_or_null(snapshot->parent));
    put(object, "current", json_boolean(snapshot->current));
    put(object, "size_bytes", bytes_or_null(snapshot->size_bytes));
    return object;
}

json_t *vsphere_stores_document(const struct vsphere_vm *vm)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vm->store_count; i++) {
        json_t *object = json_object();
        put(object, "name", text_or_null(vm->stores[i].name));
        put(object, "free_bytes", bytes_or_null(vm->stores[i].free_bytes));
        put(object, "capacity_bytes", bytes_or_null(vm->stores[i].capacity_bytes));
        put(object, "accessible", json_boolean(vm->stores[i].accessible));
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *tasks_document(const struct vsphere_vm *vm)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vm->task_count; i++) {
        const struct vsphere_recent *task = &vm->tasks[i];
        if (!task->running)
            continue;
        json_t *object = json_object();
        put(object, "task", text_or_null(task->ref));
        put(object, "operation", text_or_null(task->operation));
        put(object, "state", text_or_null(task->state));
        (void)json_array_append_new(list, object);
    }
    return list;
}

json_t *vsphere_vm_document(const struct vsphere_vm *vm)
{
    json_t *object = json_object();
    put(object, "vm", text_or_null(vm->ref));
    put(object, "name", text_or_null(vm->name));
    put(object, "uuid", text_or_null(vm->uuid));
    put(object, "instance_uuid", text_or_null(vm->instance_uuid));
    put(object, "power", text_or_null(vm->power));
    put(object, "connection", text_or_null(vm->connection));
    put(object, "tools", text_or_null(vm->tools));
    put(object, "guest_state", text_or_null(vm->guest_state));
    put(object, "ip", text_or_null(vm->ip));
    put(object, "guest_host", text_or_null(vm->guest_host));
    put(object, "host", text_or_null(vm->host));
    put(object, "host_in_maintenance", json_boolean(vm->maintenance));
    put(object, "through", text_or_null(vm->through));
    put(object, "question", json_boolean(vm->question != NULL));
    put(object, "question_text", text_or_null(vm->question));
    put(object, "consolidation_needed", json_boolean(vm->consolidation_needed));
    put(object, "memory_mb", json_integer(vm->memory_mb));
    put(object, "running_tasks", tasks_document(vm));
    put(object, "datastores", vsphere_stores_document(vm));
    json_t *snapshots = json_array();
    for (size_t i = 0; i < vm->snapshot_count; i++)
        (void)json_array_append_new(snapshots,
                                    vsphere_snapshot_document(&vm->snapshots[i]));
    put(object, "snapshots", snapshots);
    return object;
}
