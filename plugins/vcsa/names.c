/*
 * names.c - vcsa.names and vcsa.ntp: does everybody find everybody?
 *
 *   networking/dns/hostname       the name that its certificates and services go by
 *     ├ from here: addresses of the name, and the names of those addresses
 *     └ from there: hostname?action=test, servers?action=test
 *   ntp, ntp?action=test          does each time server answer it?
 *
 * Services find each other by that name, so an update that restarts them all fails where
 * name and address do not lead to each other. A name that is an address needs none of it.
 *
 * Failure: a test that a release does not have gives null. Name servers that do not answer
 * here in time are `silent`, and are not asked further; the name then leads nowhere.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "common/resolve.h"
#include "util/auto.h"
#include "util/text.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

#define ADDRESSES_MAX 16u
#define SERVERS_MAX   16u
#define MESSAGES_MAX  8u
#define LOOKUP_MS     10000 /* one of them, at most */

static json_t *text_json(const char *text)
{
    char clean[VCSA_TEXT_MAX];
    return text ? json_string(text_clean(text, clean, sizeof clean)) : json_null();
}

/* --- from here ------------------------------------------------------------------------------ */

static void auto_addresses_fn(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

static bool is_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool same_host(const char *a, const char *b)
{
    size_t length_a = strlen(a), length_b = strlen(b);
    length_a -= length_a && a[length_a - 1] == '.';
    length_b -= length_b && b[length_b - 1] == '.';
    return length_a == length_b && !strncasecmp(a, b, length_a);
}

/* Half of what is left, so that what follows can still be asked. */
static int wait_ms(const struct slipway_call *call)
{
    int half = call->host->remaining_ms(call) / 2;
    return half < LOOKUP_MS ? half : LOOKUP_MS;
}

struct lookup {
    struct slipway_call *call;
    const char *name;
    json_t *addresses, *names; /* of the result */
    bool silent;               /* the name servers: no more is asked */
};

/* One address: its text and its name go into the lists. */
static bool leads_back(struct lookup *lookup, const struct addrinfo *at)
{
    char text[NI_MAXHOST] = "", back[NI_MAXHOST] = "";
    (void)getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0,
                      NI_NUMERICHOST);
    (void)json_array_append_new(lookup->addresses, text_json(text));
    if (lookup->silent)
        return false;
    enum resolved resolved = resolve_name(lookup->call, at, wait_ms(lookup->call), back);
    lookup->silent = resolved == RESOLVED_NO_ANSWER;
    if (resolved == RESOLVED)
        (void)json_array_append_new(lookup->names, text_json(back));
    return resolved == RESOLVED && same_host(back, lookup->name);
}

static void look_up(struct slipway_call *call, const char *name, json_t *result)
{
    __attribute__((cleanup(auto_addresses_fn))) struct addrinfo *list = NULL;
    struct lookup lookup = {call, name, json_array(), json_array(), false};
    enum resolved resolved = resolve_host(call, name, 0, wait_ms(call), &list, NULL);
    bool match = resolved == RESOLVED && list;
    size_t count = 0;
    lookup.silent = resolved == RESOLVED_NO_ANSWER;
    for (const struct addrinfo *at = list; at && count < ADDRESSES_MAX;
         at = at->ai_next, count++)
        match = leads_back(&lookup, at) && match;
    (void)json_object_set_new(result, "resolved", json_boolean(count > 0));
    (void)json_object_set_new(result, "match", json_boolean(match));
    (void)json_object_set_new(result, "silent", json_boolean(lookup.silent));
    (void)json_object_set_new(result, "addresses", lookup.addresses);
    (void)json_object_set_new(result, "names", lookup.names);
}

/* --- from there ------------------------------------------------------------------------------- */

/* {"status": "green|orange|red", "messages": [...]}; an answer that cannot be had is null. */
static enum vcsa_answer ask_test(struct vcsa_talk *talk, const char *path,
                                 const char *old_path, const json_t *body, json_t **out)
{
    const struct vcsa_request request = {
        .method = "POST", .path = path, .old_path = old_path, .body = body};
    enum vcsa_answer answer = vcsa_read(talk, &request, out);
    if (answer != VCSA_ABSENT && answer != VCSA_ERROR)
        return answer;
    *out = json_null();
    return VCSA_OK;
}

static void take_messages(const json_t *test, json_t *messages)
{
    const json_t *list = json_object_get(test, "messages");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *message = json_object_get(item, "message");
        char text[VCSA_TEXT_MAX];
        if (json_array_size(messages) >= MESSAGES_MAX)
            return;
        if (json_is_string(message))
            (void)json_array_append_new(messages, text_json(json_string_value(message)));
        else if (message)
            (void)json_array_append_new(
                messages, json_string(vcsa_message(message, text, sizeof text)));
    }
}

static json_t *status_json(const json_t *test)
{
    return text_json(json_text(test, "status"));
}

static enum vcsa_answer test_names(struct vcsa_talk *talk, const char *hostname,
                                   json_t *result)
{
    auto_json json_t *servers = NULL, *by_name = NULL, *by_server = NULL;
    auto_json json_t *body = json_pack("{s:s}", "name", hostname);
    enum vcsa_answer answer =
        ask_test(talk, "/appliance/networking/dns/hostname?action=test",
                 "/appliance/networking/dns/hostname/test", body, &by_name);
    if (answer == VCSA_OK)
        answer = vcsa_get(talk, "/appliance/networking/dns/servers", &servers);
    if (answer == VCSA_ABSENT || answer == VCSA_ERROR)
        answer = VCSA_OK;
    const json_t *list = json_object_get(servers, "servers");
    auto_json json_t *all =
        json_pack("{s:o}", "servers", list ? json_deep_copy(list) : json_array());
    if (answer == VCSA_OK && json_array_size(list))
        answer = ask_test(talk, "/appliance/networking/dns/servers?action=test",
                          "/appliance/networking/dns/servers/test", all, &by_server);
    json_t *messages = json_array();
    take_messages(by_name, messages);
    take_messages(by_server, messages);
    (void)json_object_set_new(result, "hostname_status", status_json(by_name));
    (void)json_object_set_new(result, "servers_status", status_json(by_server));
    (void)json_object_set_new(result, "messages", messages);
    return answer;
}

static bool is_bad(const json_t *result, const char *key)
{
    const char *status = json_text(result, key);
    return status && !strcasecmp(status, "red");
}

enum slipway_outcome vcsa_op_names(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL, *result = json_object();
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer =
        vcsa_get(&talk, "/appliance/networking/dns/hostname", &value);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    const char *hostname = json_string_value(value);
    if (!hostname || !*hostname || strlen(hostname) > 255)
        return vcsa_say(&talk, SLIPWAY_FAILED, "%s: it does not tell its name",
                        talk.target.name);
    bool address = is_address(hostname);
    bool here = !json_is_false(json_object_get(talk.with, "from_here"));
    (void)json_object_set_new(result, "hostname", text_json(hostname));
    (void)json_object_set_new(result, "is_address", json_boolean(address));
    if (here && !address)
        look_up(call, hostname, result);
    answer = test_names(&talk, hostname, result);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    const json_t *match = json_object_get(result, "match");
    bool good = !is_bad(result, "hostname_status") && !is_bad(result, "servers_status") &&
                !json_is_false(match);
    (void)json_object_set_new(result, "good", json_boolean(good));
    return vcsa_done(&talk, steal_ptr(&result));
}

/* --- time servers ---------------------------------------------------------------------------- */

static json_t *servers_json(const json_t *tests, json_t *unreachable)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(tests) && i < SERVERS_MAX; i++) {
        const json_t *test = json_array_get(tests, i);
        const char *status = json_text(test, "status");
        const json_t *said = json_object_get(test, "message");
        char message[VCSA_TEXT_MAX];
        bool reached =
            status && strstr(status, "REACHABLE") && !strstr(status, "UNREACH");
        (void)json_array_append_new(
            list, json_pack("{s:o, s:b, s:s}", "server",
                            text_json(json_text(test, "server")), "reachable", reached,
                            "message", vcsa_message(said, message, sizeof message)));
        if (!reached)
            (void)json_array_append_new(unreachable,
                                        text_json(json_text(test, "server")));
    }
    return list;
}

enum slipway_outcome vcsa_op_ntp(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *mode = NULL, *servers = NULL, *tests = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_get(&talk, "/appliance/timesync", &mode);
    if (answer == VCSA_OK)
        answer = vcsa_get(&talk, "/appliance/ntp", &servers);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *body = json_pack("{s:O}", "servers", servers);
    if (json_array_size(servers))
        answer = ask_test(&talk, "/appliance/ntp?action=test", "/appliance/ntp/test",
                          body, &tests);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    json_t *unreachable = json_array();
    json_t *list = servers_json(tests, unreachable);
    return vcsa_done(&talk, json_pack("{s:o, s:I, s:b, s:o, s:o}", "mode",
                                      text_json(json_string_value(mode)), "count",
                                      (json_int_t)json_array_size(servers), "known",
                                      json_is_array(tests), "servers", list,
                                      "unreachable", unreachable));
}
