/*
 * holder.c - see holder.h.
 *
 * Every host is asked, even when one has answered yes: a machine that is registered
 * twice has two owners of its disks, and whoever reverts one of them loses data. A host
 * that does not answer matters only if nobody else has the machine; then it may be the
 * one.
 *
 * Failure: a sentence with the names of the hosts; nothing was changed anywhere.
 */
#include "vsphere/holder.h"

#include <string.h>

#include "util/auto.h"
#include "util/buf.h"

bool vsphere_door_usable(const json_t *door)
{
    const json_t *login = json_object_get(door, "login");
    return json_text(door, "url") && json_text(login, "user") &&
           json_object_get(login, "password");
}

/* The host with what the manager says for all. The caller's. */
static json_t *door_of(const json_t *manager, const json_t *host)
{
    static const char *const shared[] = {"tls", "login"};
    json_t *door = json_copy((json_t *)(uintptr_t)host);
    for (size_t i = 0; i < ARRAY_LENGTH(shared); i++)
        if (!json_object_get(door, shared[i]))
            (void)json_object_set(door, shared[i], json_object_get(manager, shared[i]));
    return door;
}

bool vsphere_hosts_usable(const json_t *manager)
{
    const json_t *hosts = json_object_get(manager, "hosts");
    bool usable = json_array_size(hosts) > 0;
    for (size_t i = 0; usable && i < json_array_size(hosts); i++) {
        auto_json json_t *door = door_of(manager, json_array_get(hosts, i));
        const char *name = json_text(door, "name");
        usable = vsphere_door_usable(door) && name && *name &&
                 strlen(name) < VSPHERE_HOST_NAME_MAX;
    }
    return usable;
}

static const json_t *hosts_of(const struct vsphere_talk *talk)
{
    return json_object_get(json_object_get(talk->target, "manager"), "hosts");
}

size_t vsphere_host_count(const struct vsphere_talk *talk)
{
    return json_array_size(hosts_of(talk));
}

static const char *name_of(const struct vsphere_talk *talk, size_t index)
{
    return json_text(json_array_get(hosts_of(talk), index), "name");
}

void vsphere_turn_to(struct vsphere_talk *talk, size_t index)
{
    const json_t *manager = json_object_get(talk->target, "manager");
    const json_t *host = json_array_get(hosts_of(talk), index);
    vsphere_talk_turn(talk, door_of(manager, host), json_text(host, "name"));
}

bool vsphere_turn_to_named(struct vsphere_talk *talk, const char *name)
{
    for (size_t i = 0; i < vsphere_host_count(talk); i++) {
        if (strcmp(name_of(talk, i), name) != 0)
            continue;
        vsphere_turn_to(talk, i);
        return true;
    }
    return false;
}

/* --- asking all ------------------------------------------------------------------- */

struct survey {
    const char *what;
    size_t holder, holders; /* the first that has it, and how many there are */
    size_t other;           /* the second */
    char ref[VSPHERE_REF_MAX];
    size_t silent; /* that could not be asked */
    bool hopeless; /* one of them for good */
    char who[VSPHERE_HOST_NAME_MAX];
    struct slipway_error why; /* of the first of them */
};

static void note_silence(struct vsphere_talk *talk, enum vsphere_answer answer,
                         struct survey *survey)
{
    bool later = answer == VSPHERE_LATER;
    if (answer == VSPHERE_FAULT)
        later = vsphere_fault_outcome(&talk->fault) == SLIPWAY_RETRY;
    talk->call->host->log(talk->call, SLIPWAY_WARNING, "host %s cannot be asked: %s",
                          talk->host, talk->err.text);
    if (!survey->silent++) {
        memcpy(survey->who, talk->host, sizeof survey->who);
        survey->why = talk->err;
    }
    survey->hopeless = survey->hopeless || !later;
}

static enum vsphere_answer several_here(struct vsphere_talk *talk, size_t count,
                                        const char *what)
{
    return vsphere_because(talk, VSPHERE_NO,
                           "%zu virtual machines with %s on host %s: name exactly one, "
                           "for example by instance_uuid",
                           count, what, talk->host);
}

static enum vsphere_answer nowhere(struct vsphere_talk *talk, const struct survey *survey)
{
    size_t count = vsphere_host_count(talk);
    talk->absent = !survey->silent;
    if (!survey->silent)
        return vsphere_because(talk, VSPHERE_NO,
                               "no virtual machine with %s on any of the manager's %zu "
                               "hosts: is a host missing in the fleet file?",
                               survey->what, count);
    return vsphere_because(
        talk, survey->hopeless ? VSPHERE_NO : VSPHERE_LATER,
        "where the virtual machine with %s runs cannot be said: %zu of %zu hosts cannot "
        "be "
        "asked%s, and no other has it; %s: %s",
        survey->what, survey->silent, count,
        survey->hopeless ? " (lockdown mode lets only exception users in)" : "",
        survey->who, survey->why.text);
}

enum vsphere_answer vsphere_find_holder(struct vsphere_talk *talk, const char *what,
                                        vsphere_ask ask, void *context,
                                        char ref[VSPHERE_REF_MAX])
{
    struct survey survey = {.what = what};
    for (size_t i = 0; i < vsphere_host_count(talk); i++) {
        size_t count = 0;
        char here[VSPHERE_REF_MAX];
        vsphere_turn_to(talk, i);
        enum vsphere_answer answer = ask(talk, context, &count, here);
        if (answer == VSPHERE_STOPPED)
            return answer;
        if (answer != VSPHERE_OK)
            note_silence(talk, answer, &survey);
        else if (count > 1)
            return several_here(talk, count, what);
        else if (count && !survey.holders++) {
            survey.holder = i;
            memcpy(survey.ref, here, sizeof survey.ref);
        } else if (count)
            survey.other = i;
    }
    if (!survey.holders)
        return nowhere(talk, &survey);
    if (survey.holders > 1)
        return vsphere_because(
            talk, VSPHERE_NO,
            "the virtual machine with %s is registered on %zu hosts (%s, %s%s): remove "
            "the stale registration, slipway does not choose",
            what, survey.holders, name_of(talk, survey.holder),
            name_of(talk, survey.other), survey.holders > 2 ? ", ..." : "");
    vsphere_turn_to(talk, survey.holder);
    memcpy(ref, survey.ref, VSPHERE_REF_MAX);
    return vsphere_connect(talk); /* sets `service` to that host's */
}
