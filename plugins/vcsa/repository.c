/*
 * repository.c - vcsa.repository and vcsa.repository_set: where updates come from.
 *
 *   GET update/policy ─► default_URL, custom_URL, check_schedule, auto_stage, ...
 *   PUT update/policy    {custom_URL, ...}; in /rest under `policy`
 *
 * A URL may hold a download token, which is a secret: only its origin and a digest of it are
 * ever shown, enough to see whether two appliances use the same one. A PUT replaces the
 * policy; what is not asked for is sent back as it was read. The password of a repository
 * is never told, so one that had a user needs it again.
 *
 * Failure: what reads back differently is FAILED.
 */
#include <string.h>

#include "util/auto.h"
#include "util/sha256.h"
#include "util/text.h"
#include "vcsa/operations.h"
#include "vcsa/talk.h"

#define POLICY      "/appliance/update/policy"
#define DIGEST_SAID 12 /* characters of a URL's digest that are shown */

/* --- reading --------------------------------------------------------------------------------- */

static json_t *origin_json(const char *url)
{
    char origin[256];
    return url && *url ? json_string(http_origin(url, origin, sizeof origin))
                       : json_null();
}

static json_t *digest_json(const char *url)
{
    char hash[SHA256_HEX];
    if (!url || !*url)
        return json_null();
    sha256_chain("", url, strlen(url), hash);
    hash[DIGEST_SAID] = '\0';
    return json_string(hash);
}

static json_t *flag_json(const json_t *policy, const char *key)
{
    const json_t *flag = json_object_get(policy, key);
    return json_is_boolean(flag) ? json_boolean(json_is_true(flag)) : json_null();
}

static json_t *policy_json(const json_t *policy)
{
    const char *custom = json_text(policy, "custom_URL");
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "custom", custom && *custom,
                     "custom_origin", origin_json(custom), "custom_digest",
                     digest_json(custom), "default_origin",
                     origin_json(json_text(policy, "default_URL")), "auto_stage",
                     flag_json(policy, "auto_stage"), "certificate_check",
                     flag_json(policy, "certificate_check"), "auto_update",
                     flag_json(policy, "auto_update"));
}

enum slipway_outcome vcsa_op_repository(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *policy = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_get(&talk, POLICY, &policy);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return vcsa_done(&talk, policy_json(policy));
}

/* --- setting ----------------------------------------------------------------------------------- */

/* The members that a PUT takes, as they are now. */
static json_t *kept(const json_t *policy)
{
    static const char *const members[] = {"custom_URL", "username", "check_schedule",
                                          "auto_stage", "certificate_check"};
    json_t *body = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        json_t *member = json_object_get(policy, members[i]);
        if (member && !json_is_null(member))
            (void)json_object_set(body, members[i], member);
    }
    if (!json_is_array(json_object_get(body, "check_schedule")))
        (void)json_object_set_new(body, "check_schedule", json_array());
    if (!json_is_boolean(json_object_get(body, "auto_stage")))
        (void)json_object_set_new(body, "auto_stage", json_false());
    return body;
}

/* NULL with talk->err: a secret that cannot be had. */
int vcsa_repository_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *url = json_text(json, "url");
    if (url && http_url_has_user(url))
        return slipway_error_set(err, -1,
                                 "url: it holds a password; give it as url_secret, or "
                                 "user and password by themselves");
    return 0;
}

static json_t *wanted(struct vcsa_talk *talk, const json_t *policy)
{
    const char *url = json_text(talk->with, "url"), *user = json_text(talk->with, "user");
    const json_t *check = json_object_get(talk->with, "certificate_check");
    json_t *body = kept(policy);
    if (json_is_true(json_object_get(talk->with, "vendor"))) {
        (void)json_object_del(body, "custom_URL");
        (void)json_object_del(body, "username");
    }
    if (url)
        (void)json_object_set_new(body, "custom_URL", json_string(url));
    if (user)
        (void)json_object_set_new(body, "username", json_string(user));
    if (json_is_boolean(check))
        (void)json_object_set(body, "certificate_check", (json_t *)(uintptr_t)check);
    if (vcsa_add_secret(talk, body, "url_secret", "custom_URL") ||
        vcsa_add_secret(talk, body, "password", "password")) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *text_a = json_text(a, key), *text_b = json_text(b, key);
    return !strcmp(text_a ? text_a : "", text_b ? text_b : "");
}

/* A password is never read back, so one that is given is always sent. */
static bool is_so(const json_t *policy, const json_t *body)
{
    const json_t *check = json_object_get(body, "certificate_check");
    return same_text(policy, body, "custom_URL") && same_text(policy, body, "username") &&
           (!check || json_is_true(check) ==
                          json_is_true(json_object_get(policy, "certificate_check")));
}

static enum slipway_outcome put(struct vcsa_talk *talk, const json_t *body)
{
    auto_json json_t *now = NULL;
    const struct vcsa_request request = {
        .method = "PUT", .path = POLICY, .body = body, .old_wrap = "policy"};
    enum vcsa_answer answer = vcsa_act(talk, &request, NULL);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(talk, answer, "the change of the repository");
    answer = vcsa_get(talk, POLICY, &now);
    if (answer != VCSA_OK)
        return vcsa_act_outcome(talk, answer, "reading the repository back");
    if (!is_so(now, body))
        return vcsa_say(talk, SLIPWAY_FAILED,
                        "%s: it accepted the repository and reads back another one; look "
                        "at the update settings on port 5480",
                        talk->target.name);
    (void)json_object_set_new(talk->with, "now", policy_json(now));
    return SLIPWAY_DONE;
}

enum slipway_outcome vcsa_repository_set_start(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *policy = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_get(&talk, POLICY, &policy);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *body = wanted(&talk, policy);
    if (!body)
        return vcsa_say(&talk, SLIPWAY_REFUSED, "%s", talk.err.text);
    const char *user = json_text(body, "username");
    if (user && *user && !json_text(body, "password"))
        return vcsa_say(&talk, SLIPWAY_REFUSED,
                        "%s: its repository has a user, whose password nobody can read "
                        "back: give password too, or user: \"\"",
                        talk.target.name);
    bool change = !is_so(policy, body) || json_text(body, "password");
    (void)json_object_set_new(talk.with, "now", policy_json(policy));
    enum slipway_outcome outcome = change ? put(&talk, body) : SLIPWAY_DONE;
    if (outcome != SLIPWAY_DONE)
        return outcome;
    return vcsa_done(&talk, json_pack("{s:b, s:o, s:O}", "changed", change, "was",
                                      policy_json(policy), "now",
                                      json_object_get(talk.with, "now")));
}
