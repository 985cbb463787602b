/*
 * rest_plugin.c - the plugin's table: what it offers, and its state over the
 * process (connections and sessions). Opening fails only without libcurl.
 */
#include "rest/rest_plugin.h"

#include <stdlib.h>

#include "common/libraries.h"
#include "rest/rest_internal.h"
#include "util/auto.h"
#include "util/xalloc.h"

static const struct slipway_option REQUEST_OPTIONS[] = {
    {.name = "method",
     .type = SLIPWAY_STRING,
     .fallback = "\"GET\"",
     .help = "GET, HEAD, POST, PUT, PATCH or DELETE"},
    {.name = "path",
     .type = SLIPWAY_STRING,
     .required = true,
     .help = "begins with a slash; appended to the appliance's rest.url"},
    {.name = "query",
     .type = SLIPWAY_OBJECT,
     .help = "parameters; slipway encodes them; a list repeats its name"},
    {.name = "json", .type = SLIPWAY_ANY, .help = "body, sent as JSON"},
    {.name = "text", .type = SLIPWAY_STRING, .help = "body, sent as it stands"},
    {.name = "headers", .type = SLIPWAY_OBJECT, .help = "more headers, name to text"},
    {.name = "expect_status",
     .type = SLIPWAY_ANY,
     .help = "list of status numbers that are success; any 2xx if absent"},
    {.name = "login",
     .type = SLIPWAY_STRING,
     .help = "session, basic or none; by default what the fleet file configures"},
    {.name = NULL},
};

static const struct slipway_operation OPERATIONS[] = {
    {.name = "request",
     .summary = "send one HTTP request and judge its answer",
     .repeat = SLIPWAY_OPAQUE,
     .options = REQUEST_OPTIONS,
     .start = rest_request,
     .classify = rest_request_class,
     .check = rest_request_check,
     .needs = "rest"},
};

static void rest_close(void *opened)
{
    struct rest_state *state = opened;
    if (!state)
        return;
    rest_sessions_free(state->sessions);
    http_client_free(state->client);
    free(state);
}

static int rest_open(const struct slipway_host *host, void **out,
                     struct slipway_error *err)
{
    (void)host;
    struct http_client *client = http_client_new(err);
    if (!client)
        return -1;
    struct rest_state *state = xcalloc(1, sizeof *state);
    state->client = client;
    state->sessions = rest_sessions_new(client);
    *out = state;
    return 0;
}

static void rest_tidy(void *opened, int64_t now_ms)
{
    struct rest_state *state = opened;
    rest_sessions_tidy(state->sessions, now_ms);
    http_client_tidy(state->client, now_ms);
}

const struct slipway_plugin *rest_plugin(void)
{
    static const struct slipway_plugin plugin = {
        .abi = SLIPWAY_ABI,
        .size = sizeof plugin,
        .name = "rest",
        .version = SLIPWAY_VERSION,
        .summary = "requests to an appliance's own REST service",
        .operations = OPERATIONS,
        .operation_count = ARRAY_LENGTH(OPERATIONS),
        .open = rest_open,
        .close = rest_close,
        .tidy = rest_tidy,
        .examine = libraries_examine_curl,
    };
    return &plugin;
}
