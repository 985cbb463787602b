/*
 * vcsa_services.c - one service: its state, and start, stop and restart, which take a while.
 *
 *   /appliance/services/ID       units of the operating system
 *   /vcenter/services/ID         in the new dialect: ?action=restart
 *   /appliance/vmon/service/ID   in the old one: /ID/restart
 */
#include <string.h>

#include "vcsa.h"

struct asked {
    char id[64], verb[16];
};

/* ID and verb of a path below `base`; false: it is not below. */
static bool take_path(const struct rest_call *call, const char *base, struct asked *out)
{
    size_t length = strlen(base);
    const char *action = web_query(call->request, "action");
    if (strncmp(call->path, base, length) != 0 || call->path[length] != '/')
        return false;
    const char *id = call->path + length + 1;
    size_t end = strcspn(id, "/");
    const char *verb = call->old_dialect ? (id[end] ? id + end + 1 : "")
                       : action          ? action
                                         : "";
    if (!end || (!call->old_dialect && id[end]))
        return false;
    (void)snprintf(out->id, sizeof out->id, "%.*s", (int)end, id);
    (void)snprintf(out->verb, sizeof out->verb, "%s", verb);
    return true;
}

/* The line of a service in the list, NULL: there is none. */
static char *find(char *services, const char *id)
{
    size_t length = strlen(id);
    for (char *line = services; line && *line;) {
        if (strncmp(line, id, length) == 0 && line[length] == ' ')
            return line;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

static void put_state(const struct appliance *appliance, const char *id,
                      const char *state)
{
    auto_free char *services = vcsa_text(appliance, "services");
    char *line = find(services, id);
    if (!line)
        return;
    const char *end = line + strcspn(line, "\n");
    auto_free char *text =
        xasprintf("%.*s%s %s%s", (int)(line - services), services, id, state, end);
    vcsa_put_text(appliance, "services", text);
}

/* What was on its way is there. */
static void settled(struct appliance *appliance)
{
    auto_free char *services = vcsa_text(appliance, "services");
    auto_free char *rest = xstrdup(services);
    char *at = rest;
    for (char *line; (line = strsep(&at, "\n"));) {
        char *state = strchr(line, ' ');
        if (!state)
            continue;
        *state++ = '\0';
        if (strcmp(state, "STARTING") == 0)
            put_state(appliance, line, "STARTED");
        else if (strcmp(state, "STOPPING") == 0)
            put_state(appliance, line, "STOPPED");
    }
}

static void change(struct rest_call *call, const struct asked *asked, const char *state)
{
    struct appliance *appliance = call->appliance;
    const struct lab *lab = appliance->endpoint.lab;
    if (strcmp(state, "STARTING") == 0 || strcmp(state, "STOPPING") == 0) {
        vcsa_not_allowed(call, "com.vmware.appliance.vcenter.services",
                         "The service is in a transition already.");
        return;
    }
    bool stop = strcmp(asked->verb, "stop") == 0;
    put_state(appliance, asked->id, stop ? "STOPPING" : "STARTING");
    vcsa_after(appliance, lab_scaled(lab, lab->power_ms), settled);
    ledger_add(appliance->endpoint.lab, "service",
               json_pack("{s:s, s:s, s:s, s:s}", "appliance", appliance->name, "service",
                         asked->id, "action", asked->verb, "outcome", "success"));
    rest_send_nothing(call);
}

static bool handle_one(struct rest_call *call, const struct asked *asked,
                       json_t *(*about)(const char *, const char *))
{
    auto_free char *services = vcsa_text(call->appliance, "services");
    const char *line = find(services, asked->id);
    bool get = strcmp(call->request->method, "GET") == 0 && !asked->verb[0];
    bool act = strcmp(call->request->method, "POST") == 0 &&
               (strcmp(asked->verb, "start") == 0 || strcmp(asked->verb, "stop") == 0 ||
                strcmp(asked->verb, "restart") == 0);
    if (!get && !act)
        return false;
    if (!line) {
        rest_error(call, 404, "NOT_FOUND", "services.unknown",
                   "There is no such service.");
        return true;
    }
    const char *word = line + strlen(asked->id) + 1;
    auto_free char *state = xstrndup(word, strcspn(word, " \n"));
    if (get)
        rest_send(call, 200, about(asked->id, state));
    else
        change(call, asked, state);
    return true;
}

bool vcsa_handle_services(struct rest_call *call)
{
    struct asked asked;
    if (take_path(call, "/appliance/services", &asked))
        return handle_one(call, &asked, vcsa_about_unit);
    if (call->old_dialect && take_path(call, "/appliance/vmon/service", &asked))
        return handle_one(call, &asked, vcsa_about_service);
    if (!call->old_dialect && !call->request->vami &&
        take_path(call, "/vcenter/services", &asked))
        return handle_one(call, &asked, vcsa_about_service);
    return false;
}
