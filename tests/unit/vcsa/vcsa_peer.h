/*
 * vcsa_peer.h - a scripted vCenter for the plugin's tests: logins in both dialects, and a
 * list of rules that say what is answered to what. Header-only.
 *
 *     struct vc vc;
 *     vc_begin(&vc, "root", NULL);
 *     vc_rules(&vc, (struct rule[]){{"GET /api/appliance/update", 200, "{...}"}, {0}});
 *     auto_fake_call struct fake_call call;
 *     vc_call(&vc, &call, "update_state", "{}");
 *     assert_int_equal(fake_start(&call), SLIPWAY_DONE);
 *     vc_end(&vc);
 *
 * The first rule whose beginning matches and that is not used up answers; a request that
 * nobody knows gets 404 in plain text, as from a web server. Status 0: no answer.
 */
#ifndef TEST_VCSA_PEER_H
#define TEST_VCSA_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"
#include "http_peer.h"
#include "vcsa/vcsa_plugin.h"

#define RULES_MAX 40

struct rule {
    const char *ask; /* "GET /api/appliance/update" */
    int status;
    const char *body;
    const char *type; /* NULL: application/json */
    int times;        /* 0: always */
    int used;
};

enum vc_login {
    LOGIN_BOTH,
    LOGIN_OLD_ONLY,
    LOGIN_REFUSED,
    LOGIN_EXPIRED,
    LOGIN_503,
    LOGIN_CUT /* the connection ends */
};

struct vc {
    struct peer *peer;
    void *state;
    char *target;
    char password_file[64];
    pthread_mutex_t lock;
    struct rule rules[RULES_MAX];
    enum vc_login login;
    bool echo; /* answers repeat the session key */
    /* NULL: /sdk has rules like every other path (sdk_peer.h) */
    void (*sdk)(struct peer_link *link, struct vc *vc, const struct peer_ask *ask);
    void *sdk_context;
    atomic_uint logins, logouts, epoch;
    struct buf bodies; /* of all requests, a line each */
};

static inline void vc_login_answer(struct peer_link *link, struct vc *vc, bool old)
{
    auto_free char *bare = xasprintf("\"canary-%u\"", atomic_load(&vc->epoch));
    auto_free char *wrapped = xasprintf("{\"value\":%s}", bare);
    if (!old && vc->login == LOGIN_OLD_ONLY) {
        peer_reply(link, 404, "text/html", "<html>404 Not Found</html>");
        return;
    }
    atomic_fetch_add(&vc->logins, 1);
    if (vc->login == LOGIN_REFUSED)
        peer_reply(link, 401, "application/json",
                   "{\"error_type\":\"UNAUTHENTICATED\",\"messages\":[{\"id\":\"x\","
                   "\"default_message\":\"Authentication required.\",\"args\":[]}]}");
    else if (vc->login == LOGIN_EXPIRED)
        peer_reply(
            link, 401, "application/json",
            "{\"type\":\"com.vmware.vapi.std.errors.unauthenticated\",\"value\":{"
            "\"messages\":[{\"id\":\"x\",\"default_message\":\"Exception in invoking "
            "authentication handler User password expired.\",\"args\":[]}]}}");
    else if (vc->login == LOGIN_CUT)
        peer_hang_up(link);
    else if (vc->login == LOGIN_503)
        peer_reply(link, 503, "text/plain", "no healthy upstream");
    else
        peer_reply(link, old ? 200 : 201, "application/json", old ? wrapped : bare);
}

static inline bool vc_rule_answers(struct peer_link *link, struct vc *vc, const char *ask,
                                   const char *token)
{
    for (size_t i = 0; i < RULES_MAX && vc->rules[i].ask; i++) {
        struct rule *rule = &vc->rules[i];
        if (strncmp(rule->ask, ask, strlen(rule->ask)) != 0 ||
            (rule->times && rule->used >= rule->times))
            continue;
        rule->used++;
        auto_free char *echo = vc->echo
                                   ? xasprintf("{\"error_type\":\"ERROR\",\"messages\":[{"
                                               "\"default_message\":\"%s\"}]}",
                                               token)
                                   : NULL;
        if (rule->status)
            peer_reply(link, rule->status, rule->type ? rule->type : "application/json",
                       echo ? echo : rule->body);
        else
            peer_hang_up(link);
        return true;
    }
    return false;
}

static inline void vc_answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct vc *vc = link->peer->context;
    char token[128] = "";
    bool old = !strcmp(ask->path, "/rest/com/vmware/cis/session");
    bool session = old || !strcmp(ask->path, "/api/session");
    (void)peer_header(ask, "vmware-api-session-id", token, sizeof token);
    auto_free char *current = xasprintf("canary-%u", atomic_load(&vc->epoch));
    auto_free char *line = xasprintf("%s %s", ask->method, ask->path);
    (void)pthread_mutex_lock(&vc->lock);
    buf_add(&vc->bodies, ask->body, ask->body_length);
    buf_adds(&vc->bodies, "\n");
    if (session && !strcmp(ask->method, "POST")) {
        vc_login_answer(link, vc, old);
    } else if (session) {
        atomic_fetch_add(&vc->logouts, !strcmp(token, current));
        peer_reply(link, 204, "application/json", "");
    } else if (!strcmp(ask->path, "/sdk") && vc->sdk) {
        vc->sdk(link, vc, ask);
    } else if (!strcmp(ask->path, "/sdk")) {
        if (!vc_rule_answers(link, vc, line, token))
            peer_reply(link, 503, "text/plain", "vpxd is starting");
    } else if (!strcmp(ask->path, "/lookupservice/sdk")) { /* anybody may ask */
        if (!vc_rule_answers(link, vc, line, token))
            peer_reply(link, 404, "text/plain", "404 page not found");
    } else if (strcmp(token, current) != 0) {
        peer_reply(link, 401, "application/json",
                   "{\"error_type\":\"UNAUTHENTICATED\",\"messages\":[]}");
    } else if (!vc_rule_answers(link, vc, line, token)) {
        peer_reply(link, 404, "text/plain", "404 page not found");
    }
    (void)pthread_mutex_unlock(&vc->lock);
}

/* Replaces all rules; the list ends with {0}. Bodies must live on. */
static inline void vc_rules(struct vc *vc, const struct rule *rules)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&vc->lock);
    memset(vc->rules, 0, sizeof vc->rules);
    for (; rules[count].ask; count++)
        vc->rules[count] = rules[count];
    (void)pthread_mutex_unlock(&vc->lock);
}

/* One door for `user`; `extra` are further members of rest ("\"vami\":{...},"), or NULL. */
static inline void vc_begin(struct vc *vc, const char *user, const char *extra)
{
    *vc = (struct vc){.login = LOGIN_BOTH};
    (void)pthread_mutex_init(&vc->lock, NULL);
    vc->peer = peer_start(PEER_TLS, vc_answer, vc);
    (void)snprintf(vc->password_file, sizeof vc->password_file, "%s",
                   "/tmp/slipway-password-XXXXXX");
    auto_fd int fd = mkstemp(vc->password_file);
    assert_true(write(fd, "Secret-1!", 9) == 9);
    vc->target = xasprintf(
        "{\"name\":\"vc-1\",\"rest\":{%s\"url\":\"%s\",\"tls\":{\"pin\":"
        "\"%s\"},\"login\":{\"user\":\"%s\",\"password\":{\"file\":\"%s\"}}}}",
        extra ? extra : "", vc->peer->url, vc->peer->pin, user, vc->password_file);
    struct slipway_error err;
    assert_int_equal(vcsa_plugin()->open(fake_host(), &vc->state, &err), 0);
}

static inline void vc_close(struct vc *vc)
{
    if (vc->state)
        vcsa_plugin()->close(vc->state);
    vc->state = NULL;
}

static inline void vc_end(struct vc *vc)
{
    vc_close(vc);
    peer_stop(vc->peer);
    (void)unlink(vc->password_file);
    free(vc->target);
    buf_free(&vc->bodies);
    (void)pthread_mutex_destroy(&vc->lock);
}

static inline void vc_call(struct vc *vc, struct fake_call *call, const char *operation,
                           const char *with)
{
    fake_call_init(call, vcsa_plugin(), vc->state, operation, with, vc->target);
}

/* How many requests began with this line. */
static inline int vc_count(struct vc *vc, const char *line)
{
    int count = 0;
    (void)pthread_mutex_lock(&vc->peer->lock);
    for (const char *at = buf_text(&vc->peer->log); (at = strstr(at, line));
         at += strlen(line))
        count += at == vc->peer->log.data || at[-1] == '\n';
    (void)pthread_mutex_unlock(&vc->peer->lock);
    return count;
}

/* True if a request's body held this text. */
static inline bool vc_sent(struct vc *vc, const char *text)
{
    (void)pthread_mutex_lock(&vc->lock);
    bool sent = strstr(buf_text(&vc->bodies), text) != NULL;
    (void)pthread_mutex_unlock(&vc->lock);
    return sent;
}

/* One read to its end; what it said and gave is in the call. */
static inline enum slipway_outcome vc_read(struct vc *vc, struct fake_call *call,
                                           const char *operation, const char *with)
{
    vc_call(vc, call, operation, with);
    enum slipway_outcome outcome = fake_start(call);
    assert_int_equal(call->secrets_out, 0);
    assert_null(strstr(call->said, "canary"));
    assert_null(strstr(call->said, "Secret-1!"));
    assert_null(strstr(call->result_text ? call->result_text : "", "canary"));
    assert_null(strstr(call->result_text ? call->result_text : "", "Secret-1!"));
    return outcome;
}

#define VERSION_OLD                                                                      \
    "{\"version\":\"8.0.2.00200\",\"product\":\"VMware vCenter Server\",\"build\":"      \
    "\"23319993\",\"type\":\"vCenter Server with an embedded Platform Services "         \
    "Controller\",\"summary\":\"\",\"releasedate\":\"\",\"install_time\":"               \
    "\"2023-01-09T08:11:02.000Z\"}"
#define VERSION_NEW                                                                      \
    "{\"version\":\"8.0.3.00400\",\"product\":\"VMware vCenter Server\",\"build\":"      \
    "\"24322831\",\"type\":\"vCenter Server with an embedded Platform Services "         \
    "Controller\",\"summary\":\"Patch for VMware vCenter Server 8.0\",\"releasedate\":"  \
    "\"October 21, 2024\",\"install_time\":\"2023-01-09T08:11:02.000Z\"}"
#define NO_STAGE_NEW                                                                     \
    "{\"error_type\":\"NOT_ALLOWED_IN_CURRENT_STATE\",\"messages\":[{\"id\":"            \
    "\"com.vmware.applmgmt.update.no_stage\",\"default_message\":\"No staged update\","  \
    "\"args\":[]}]}"
#define NO_STAGE_OLD                                                                     \
    "{\"type\":\"com.vmware.vapi.std.errors.not_allowed_in_current_state\",\"value\":{"  \
    "\"messages\":[{\"id\":\"com.vmware.applmgmt.update.no_stage\",\"default_message\":" \
    "\"No staged update\",\"args\":[]}]}}"
#define NO_UPDATES_NEW                                                                   \
    "{\"error_type\":\"NOT_FOUND\",\"messages\":[{\"id\":"                               \
    "\"com.vmware.appliance.update.no_updates_found\",\"default_message\":\"No "         \
    "applicable update found\",\"args\":[]}]}"
#define NO_UPDATES_OLD                                                                   \
    "{\"type\":\"com.vmware.vapi.std.errors.not_found\",\"value\":{\"messages\":[{"      \
    "\"id\":\"com.vmware.appliance.update.no_updates_found\",\"default_message\":\"No "  \
    "applicable update found\",\"args\":[]}]}}"
#define NOT_ALLOWED_NEW                                                                  \
    "{\"error_type\":\"NOT_ALLOWED_IN_CURRENT_STATE\",\"messages\":[{\"id\":\"x\","      \
    "\"default_message\":\"Another operation is in progress\",\"args\":[]}]}"
#define STAGED_WHOLE                                                                     \
    "{\"version\":\"8.0.3.00400\",\"staging_complete\":true,\"name\":\"n\",\"size\":"    \
    "8192}"

#endif
