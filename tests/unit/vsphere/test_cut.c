/*
 * test_cut.c - a manager that breaks off amid any answer, after any byte: a read comes to
 * nothing, and a task that was asked for is in doubt and never asked for again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cut.h"
#include "scripted.h"

#define SNAPSHOT                                                                         \
    "<currentSnapshot type=\"VirtualMachineSnapshot\">snapshot-9</currentSnapshot>"      \
    "<rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">snapshot-9</snapshot>"  \
    "<vm type=\"VirtualMachine\">vm-1</vm><name>slipway%2fcamp%2fvc-1%2fstep%2f0</name>" \
    "<description>x</description><id>1</id>"                                             \
    "<createTime>2026-11-21T02:13:05.123456Z</createTime><state>poweredOff</state>"      \
    "<quiesced>false</quiesced></rootSnapshotList>"

struct operation {
    const char *name, *with, *effect; /* effect: its method; NULL: it reads */
    const char *snapshots;
};

static const struct operation operations[] = {
    {.name = "snapshot_check", .with = "{\"own\":\"slipway/\"}"},
    {.name = "snapshot_create", .with = WITH, .effect = "CreateSnapshot_Task"},
    {.name = "snapshot_revert",
     .with = "{\"snapshot\":\"snapshot-9\",\"name\":\"" NAME "\"}",
     .effect = "RevertToSnapshot_Task",
     .snapshots = SNAPSHOT},
    {.name = "snapshot_remove",
     .with = "{\"snapshot\":\"snapshot-9\",\"name\":\"" NAME "\"}",
     .effect = "RemoveSnapshot_Task",
     .snapshots = SNAPSHOT},
};

struct stage {
    const struct operation *operation;
    struct scene scene;
};

static struct peer *begin(void *data)
{
    struct stage *stage = data;
    stage->scene = (struct scene){.snapshots = stage->operation->snapshots};
    scene_begin(&stage->scene);
    return stage->scene.peer;
}

static void end(void *data)
{
    scene_end(&((struct stage *)data)->scene);
}

/* One request is one line of the bodies. */
static void look_at_requests(struct stage *stage, size_t from, struct cut_seen *seen)
{
    struct scene *scene = &stage->scene;
    unsigned number = 0;
    (void)pthread_mutex_lock(&scene->lock);
    for (const char *at = buf_text(&scene->bodies) + from; *at;) {
        char method[64];
        const char *next = strstr(at, "</soapenv:Envelope>") + 20;
        number++;
        method_of(at, method);
        if (stage->operation->effect && !strcmp(method, stage->operation->effect)) {
            seen->effects++;
            seen->effect_at = number;
        }
        at = next;
    }
    (void)pthread_mutex_unlock(&scene->lock);
}

/* A plugin of its own, so that each run logs in. */
static void run(void *data, struct cut_seen *seen)
{
    struct stage *stage = data;
    struct scene *scene = &stage->scene;
    struct slipway_error err;
    size_t from = scene->bodies.length;
    auto_fake_call struct fake_call call;
    prepare(&call, scene, stage->operation->name, stage->operation->with);
    seen->outcome = fake_start(&call);
    (void)snprintf(seen->said, sizeof seen->said, "%.500s", call.said);
    assert_null(strstr(call.said, "s3cret"));
    look_at_requests(stage, from, seen);
    peer_heal(scene->peer); /* the logout is another story */
    vsphere_plugin()->close(scene->plugin);
    assert_int_equal(vsphere_plugin()->open(fake_host(), &scene->plugin, &err), 0);
}

static void a_cut_anywhere_is_neither_success_nor_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        struct stage stage = {.operation = &operations[i]};
        const struct cut_story story = {.name = operations[i].name,
                                        .reads = !operations[i].effect,
                                        .begin = begin,
                                        .run = run,
                                        .end = end,
                                        .data = &stage};
        (void)cut_everywhere(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_anywhere_is_neither_success_nor_failure),
    };
    json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
