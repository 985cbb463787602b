/*
 * nsx_peer.h - a scripted manager for the plugin's tests: Basic, and a list of rules that
 * say what is answered to what. Header-only.
 *
 *     struct nm nm;
 *     nm_begin(&nm);
 *     nm_rules(&nm, (struct rule[]){{"GET /api/v1/node/version", 200, "{...}"}, {0}});
 *     auto_fake_call struct fake_call call;
 *     assert_int_equal(nm_start(&nm, &call, "t_version", "{}"), SLIPWAY_DONE);
 *     nm_end(&nm);
 *
 * Every request is held against the vendor's schema (nsx_schema.h); one that it does not have
 * fails the test at nm_end.
 *
 * The first rule whose beginning matches and that is not used up answers; a request that
 * nobody knows gets a 404 in HTML, as from a proxy. Status 0: no answer. The password is
 * Secret-1!, and nothing that a call says or gives may hold it, or a hidden canary.
 */
#ifndef TEST_NSX_PEER_H
#define TEST_NSX_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"
#include "http_peer.h"
#include "nsx/nsx_plugin.h"
#include "nsx_schema.h"

#define RULES_MAX 40
#define NM_BASIC  "Basic YWRtaW46U2VjcmV0LTEh"

struct rule {
    const char *ask;
    int status;
    const char *body;
    const char *type; /* NULL: application/json */
    int times;        /* 0: always */
    int used;
};

struct nm {
    struct peer *peer;
    void *state;
    char *target;
    char password_file[64], secret_file[64];
    pthread_mutex_t lock;
    struct rule rules[RULES_MAX];
    char *bodies;        /* of all requests, one a line */
    char *not_in_schema; /* why the first such request is none */
    bool wrong_password, echo;
};

static inline void nm_note_body(struct nm *nm, const struct peer_ask *ask)
{
    char *more =
        xasprintf("%s%.*s\n", nm->bodies ? nm->bodies : "",
                  (int)(ask->body_length > 65536 ? 65536 : ask->body_length), ask->body);
    free(nm->bodies);
    nm->bodies = more;
}

static inline void nm_hold_against_schema(struct nm *nm, const struct peer_ask *ask)
{
    char type[128] = "";
    auto_free char *body = xstrndup(ask->body, ask->body_length);
    (void)peer_header(ask, "Content-Type", type, sizeof type);
    char *why = nsx_schema_refuses(ask->method, ask->path, type[0] ? type : NULL, body,
                                   ask->body_length);
    if (nm->not_in_schema)
        free(why);
    else
        nm->not_in_schema = why;
}

static inline bool nm_rule_answers(struct peer_link *link, struct nm *nm, const char *ask)
{
    for (size_t i = 0; i < RULES_MAX && nm->rules[i].ask; i++) {
        struct rule *rule = &nm->rules[i];
        if (strncmp(rule->ask, ask, strlen(rule->ask)) != 0 ||
            (rule->times && rule->used >= rule->times))
            continue;
        rule->used++;
        if (rule->status)
            peer_reply_with(
                link, rule->status, rule->type ? rule->type : "application/json",
                rule->status / 100 == 3 ? "Location: https://127.0.0.1:1/\r\n" : "",
                rule->body);
        else
            peer_hang_up(link);
        return true;
    }
    return false;
}

static inline void nm_answer(struct peer_link *link, const struct peer_ask *ask)
{
    struct nm *nm = link->peer->context;
    char given[256] = "";
    auto_free char *line = xasprintf("%s %s", ask->method, ask->path);
    (void)peer_header(ask, "Authorization", given, sizeof given);
    (void)pthread_mutex_lock(&nm->lock);
    nm_note_body(nm, ask);
    nm_hold_against_schema(nm, ask);
    if (nm->wrong_password || strcmp(given, NM_BASIC) != 0)
        peer_reply(link, 403, "application/json",
                   "{\"module_name\":\"common-services\",\"error_message\":\"The "
                   "credentials were incorrect or the account specified has been "
                   "locked.\",\"error_code\":403}");
    else if (!nm_rule_answers(link, nm, line))
        peer_reply(link, 404, "text/html", "<html>404 Not Found</html>");
    (void)pthread_mutex_unlock(&nm->lock);
}

/* Replaces all rules; the list ends with {0}. Bodies must live on. */
static inline void nm_rules(struct nm *nm, const struct rule *rules)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&nm->lock);
    memset(nm->rules, 0, sizeof nm->rules);
    for (; rules[count].ask; count++)
        nm->rules[count] = rules[count];
    (void)pthread_mutex_unlock(&nm->lock);
}

static inline void nm_write(char path[64], const char *text)
{
    (void)snprintf(path, 64, "%s", "/tmp/slipway-secret-XXXXXX");
    auto_fd int fd = mkstemp(path);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static inline void nm_begin(struct nm *nm)
{
    struct slipway_error err;
    *nm = (struct nm){.bodies = NULL};
    (void)pthread_mutex_init(&nm->lock, NULL);
    nm->peer = peer_start(PEER_TLS, nm_answer, nm);
    nm_write(nm->password_file, "Secret-1!");
    nm_write(nm->secret_file, "https://repo.example/b?token=canary-77");
    nm->target =
        xasprintf("{\"name\":\"nsx-1\",\"rest\":{\"url\":\"%s/\",\"tls\":{\"pin\":"
                  "\"%s\"},\"login\":{\"user\":\"admin\",\"password\":{\"file\":"
                  "\"%s\"}}}}",
                  nm->peer->url, nm->peer->pin, nm->password_file);
    assert_int_equal(nsx_plugin()->open(fake_host(), &nm->state, &err), 0);
}

static inline void nm_end(struct nm *nm)
{
    nsx_plugin()->tidy(nm->state, fake_now_ms());
    nsx_plugin()->close(nm->state);
    peer_stop(nm->peer);
    if (nm->not_in_schema)
        print_error("%s\n", nm->not_in_schema);
    assert_null(nm->not_in_schema);
    (void)unlink(nm->password_file);
    (void)unlink(nm->secret_file);
    free(nm->target);
    free(nm->bodies);
    (void)pthread_mutex_destroy(&nm->lock);
}

/* How many requests began with this line. */
static inline int nm_count(struct nm *nm, const char *line)
{
    int count = 0;
    (void)pthread_mutex_lock(&nm->peer->lock);
    for (const char *at = buf_text(&nm->peer->log); (at = strstr(at, line));
         at += strlen(line))
        count += at == nm->peer->log.data || at[-1] == '\n';
    (void)pthread_mutex_unlock(&nm->peer->lock);
    return count;
}

static inline void nm_nothing_is_told(const struct fake_call *call)
{
    const char *texts[] = {call->said, call->result_text ? call->result_text : "",
                           call->handle ? call->handle : "", call->progress_text,
                           buf_text(&call->log)};
    assert_int_equal(call->secrets_out, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        assert_null(strstr(texts[i], "Secret-1!"));
        assert_null(strstr(texts[i], "canary"));
        assert_null(strstr(texts[i], NM_BASIC + 6));
        assert_null(strchr(texts[i], '\x1b'));
    }
}

static inline enum slipway_outcome nm_start(struct nm *nm, struct fake_call *call,
                                            const char *operation, const char *with)
{
    fake_call_init(call, nsx_plugin(), nm->state, operation, with, nm->target);
    enum slipway_outcome outcome = fake_start(call);
    nm_nothing_is_told(call);
    return outcome;
}

static inline enum slipway_outcome nm_poll(struct fake_call *call)
{
    enum slipway_outcome outcome = fake_poll(call);
    nm_nothing_is_told(call);
    return outcome;
}

static inline enum slipway_probe nm_probe(struct fake_call *call)
{
    enum slipway_probe found = fake_probe(call);
    nm_nothing_is_told(call);
    return found;
}

#define says(call, text) assert_non_null(strstr((call)->said, text))

#endif
