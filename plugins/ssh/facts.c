/*
 * facts.c - ssh.facts: boot id, uptime and kernel of the appliance.
 *
 * A fact that the appliance cannot give in its proper form is a failure with a
 * sentence, not a guess: later steps decide on it.
 */
#include <stdlib.h>
#include <string.h>

#include "ssh/bootid.h"
#include "ssh/channel.h"
#include "ssh/operations.h"
#include "ssh/outcome.h"
#include "ssh/scripts.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

/* The three lines: boot id, /proc/uptime, kernel. Cuts `text` up. */
static int split_lines(char *text, char *lines[3])
{
    for (size_t i = 0; i < 3; i++) {
        char *newline = strchr(text, '\n');
        if (!newline)
            return -1;
        *newline = '\0';
        lines[i] = text;
        text = newline + 1;
    }
    return 0;
}

static enum slipway_outcome set_facts(struct slipway_call *call, char *text)
{
    char *lines[3] = {NULL};
    char *end = NULL;
    if (split_lines(text, lines) != 0)
        return outcome_say(call, SLIPWAY_FAILED, "the appliance tells no facts");
    long long uptime_s = strtoll(lines[1], &end, 10);
    if (!bootid_valid(lines[0]) || end == lines[1] || uptime_s < 0 || !lines[2][0]) {
        char clean[80];
        return outcome_say(
            call, SLIPWAY_FAILED,
            "the appliance has no proper boot id or uptime (it says \"%s\"): "
            "is /proc mounted?",
            text_clean(lines[0], clean, sizeof clean));
    }
    auto_json json_t *facts = json_object();
    (void)json_object_set_new(facts, "boot_id", json_string(lines[0]));
    (void)json_object_set_new(facts, "uptime_s", json_integer(uptime_s));
    (void)json_object_set_new(facts, "kernel",
                              json_safe_string(lines[2], strlen(lines[2])));
    auto_free char *result = json_canonical(facts);
    if (call->host->set_result(call, result) != 0)
        return outcome_say(call, SLIPWAY_FAILED, "the appliance's facts are too long");
    return SLIPWAY_DONE;
}

enum slipway_outcome facts_start(struct slipway_call *call)
{
    struct slipway_error err;
    auto_connection struct connection connection = {0};
    enum slipway_outcome outcome = connection_open(call, &connection, &err);
    if (outcome != SLIPWAY_DONE)
        return outcome_say(call, outcome, "%s", err.text);
    const char *const argv[] = {"/bin/sh", "-c", script_facts};
    struct exec_request request = {.argv = argv, .argc = ARRAY_LENGTH(argv)};
    auto_reply struct exec_reply reply = {0};
    enum exec_end end = channel_exec(&connection, &request, &reply, &err);
    if (end != EXEC_ENDED)
        return outcome_say(call, channel_outcome(call, end, &reply), "%s: %s",
                           connection.target.host, err.text);
    auto_free char *text = xstrdup(buf_text(&reply.out));
    return set_facts(call, text);
}
