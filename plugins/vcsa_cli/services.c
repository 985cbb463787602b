/*
 * services.c - vcsa-cli.services: what runs, and whether it is what ran before.
 *
 * Several services are stopped on every healthy appliance, so the measure is what ran
 * before (`baseline`), never that everything runs.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa_cli/operations.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/talk.h"

/* Stopped on a default appliance. */
static const char *const resting[] = {
    "vmcam",
    "vmonapi",
    "vmware-imagebuilder",
    "vmware-netdumper",
    "vmware-netdumpd",
    "vmware-rbd-watchdog",
    "vmware-vcha",
    "vcha",
    "imagebuilder",
    "netdumper",
    "rbd",
    "vsm",
    "vmware-sca-watchdog",
};

static bool holds(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *item = json_string_value(json_array_get(names, i));
        if (item && !strcmp(item, name))
            return true;
    }
    return false;
}

static bool rests(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(resting); i++)
        if (!strcmp(resting[i], name))
            return true;
    return false;
}

/* Those of `names` that are not in `have`; without `have`, those that never rest. */
static json_t *missing_of(const json_t *names, const json_t *have)
{
    json_t *missing = json_array();
    for (size_t i = 0; i < json_array_size(names) && i < CLI_SERVICES; i++) {
        json_t *item = json_array_get(names, i);
        const char *name = json_string_value(item);
        if (name && (have ? !holds(have, name) : !rests(name)))
            (void)json_array_append(missing, item);
    }
    return missing;
}

enum slipway_outcome cli_services(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    outcome = talk_native(&talk, "service-control --status --all", &told);
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    auto_json json_t *services = parse_services(buf_text(&told));
    if (!services)
        return outcome_say(call, SLIPWAY_RETRY,
                           "%s: service-control lists no services: they restart, or it "
                           "failed",
                           talk.connection.target.name);
    const json_t *running = json_object_get(services, "running");
    const json_t *before =
        json_object_get(json_object_get(talk.with, "baseline"), "running");
    auto_json json_t *down = missing_of(json_object_get(services, "stopped"), NULL);
    auto_json json_t *missing = before ? missing_of(before, running) : json_incref(down);
    bool settled = json_array_size(json_object_get(services, "pending")) == 0;
    (void)json_object_set(services, "down", down);
    (void)json_object_set(services, "missing", missing);
    (void)json_object_set_new(services, "at_baseline",
                              json_boolean(settled && !json_array_size(missing)));
    return talk_done(&talk, steal_ptr(&services));
}
