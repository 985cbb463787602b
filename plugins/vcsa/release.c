/*
 * release.c - vcsa.version: the installed version.
 *
 * Read from the appliance's management, and with `confirm: sdk` compared with what vpxd
 * says of itself by SOAP, which nobody has to log in for. The two come from different
 * files of different packages, so that a patch that was applied by half is found out.
 *
 * Failure: a contradiction is FAILED, with both sides in the sentence; vpxd not being up
 * is RETRY.
 */
#include "vcsa/release.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/operations.h"

#define SAME_BUILDS_SINCE "7.0.2"

bool vcsa_version_valid(const char *version)
{
    int fields = 0;
    size_t length = strlen(version);
    if (length == 0 || length >= VCSA_VERSION_MAX)
        return false;
    for (const char *p = version; *p; fields++) {
        size_t digits = strspn(p, "0123456789");
        if (!digits || digits > 8)
            return false;
        p += digits;
        if (*p == '.' && p[1])
            p++;
        else if (*p)
            return false;
    }
    return fields == 4;
}

int vcsa_version_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, err);
    const char *version = json_text(json, "version");
    if (!json)
        return -1;
    if (!version || strstr(version, "${") || vcsa_version_valid(version))
        return 0;
    char clean[64];
    return slipway_error_set(err, -1,
                             "version: %s is no appliance version such as 8.0.3.00400; a "
                             "target is always named, never \"latest\"",
                             text_clean(version, clean, sizeof clean));
}

enum vcsa_answer vcsa_release_read(struct vcsa_talk *talk, struct vcsa_release *out,
                                   json_t **document)
{
    auto_json json_t *value = NULL;
    enum vcsa_answer answer = vcsa_get(talk, "/appliance/system/version", &value);
    if (answer != VCSA_OK)
        return answer;
    const char *version = json_text(value, "version"), *build = json_text(value, "build");
    if (!version || strlen(version) >= VCSA_VERSION_MAX ||
        version[strspn(version, "0123456789.")] || !text_version_cmp(version, ""))
        return vcsa_because(talk, VCSA_ERROR, "%s: it does not tell its version",
                            talk->target.name);
    (void)text_clean(version, out->version, sizeof out->version);
    (void)text_clean(build ? build : "", out->build, sizeof out->build);
    if (document)
        *document = steal_ptr(&value);
    return VCSA_OK;
}

bool vcsa_releases_agree(const struct vcsa_release *rest, const struct vcsa_release *sdk)
{
    char head[VCSA_VERSION_MAX];
    (void)snprintf(head, sizeof head, "%s", rest->version);
    char *dot = head;
    for (int fields = 0; fields < 3 && dot; fields++)
        dot = strchr(fields ? dot + 1 : dot, '.');
    if (dot)
        *dot = '\0';
    if (text_version_cmp(head, sdk->version))
        return false;
    return text_version_cmp(rest->version, SAME_BUILDS_SINCE) < 0 || !*rest->build ||
           !strcmp(rest->build, sdk->build);
}

static void copy_text(json_t *to, const char *key, const json_t *from, const char *member)
{
    const char *text = json_text(from, member);
    (void)json_object_set_new(to, key,
                              text ? json_safe_string(text, strlen(text)) : json_null());
}

/* Adds `sdk` to the result. */
static enum slipway_outcome confirm(struct vcsa_talk *talk,
                                    const struct vcsa_release *rest, json_t *result)
{
    struct vcsa_release sdk = {"", ""};
    enum vcsa_answer answer = vcsa_sdk_about(talk, &sdk);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(talk, answer);
    if (!vcsa_releases_agree(rest, &sdk))
        return vcsa_say(
            talk, SLIPWAY_FAILED,
            "%s: its management says %s (build %s), vpxd says %s (build %s): an "
            "update is under way or was applied by half; look at "
            "/var/log/vmware/applmgmt/PatchRunner.log",
            talk->target.name, rest->version, rest->build, sdk.version, sdk.build);
    (void)json_object_set_new(
        result, "sdk",
        json_pack("{s:s, s:s}", "version", sdk.version, "build", sdk.build));
    return SLIPWAY_DONE;
}

enum slipway_outcome vcsa_op_version(struct slipway_call *call)
{
    static const char *const members[][2] = {
        {"version", "version"}, {"build", "build"},     {"product", "product"},
        {"type", "type"},       {"summary", "summary"}, {"release_date", "releasedate"},
    };
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *document = NULL;
    struct vcsa_release release;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    enum vcsa_answer answer = vcsa_release_read(&talk, &release, &document);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    auto_json json_t *result = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        copy_text(result, members[i][0], document, members[i][1]);
    const char *second = json_text(talk.with, "confirm");
    if (second && !strcmp(second, "sdk")) {
        enum slipway_outcome outcome = confirm(&talk, &release, result);
        if (outcome != SLIPWAY_DONE)
            return outcome;
    }
    return vcsa_done(&talk, steal_ptr(&result));
}
