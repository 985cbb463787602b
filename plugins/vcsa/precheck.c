/*
 * precheck.c - vcsa.precheck and vcsa.validate: the appliance's own opinion.
 *
 * Both are POSTs that change nothing and answer when they are done, which takes minutes.
 * Precheck tells issues, questions and how long the installation will take; validate
 * judges the answers. An error is FAILED with the appliance's words and its advice;
 * warnings are results that a playbook may judge, or errors with `warnings: fail`.
 *
 * "Not allowed in the current state" means that another operation is under way: RETRY.
 */
#include <string.h>

#include "util/auto.h"
#include "vcsa/answers.h"
#include "vcsa/operations.h"
#include "vcsa/release.h"
#include "vcsa/update.h"

static const char *version_of(const struct vcsa_talk *talk)
{
    return json_text(talk->with, "version");
}

static bool is_allowed(const json_t *allowed, const char *id)
{
    for (size_t i = 0; id && i < json_array_size(allowed); i++) {
        const char *item = json_string_value(json_array_get(allowed, i));
        if (item && !strcmp(item, id))
            return true;
    }
    return false;
}

/* What must stop us: errors (and warnings, by policy) that the playbook does not allow. */
static json_t *blockers(const struct vcsa_talk *talk, const json_t *errors,
                        const json_t *warnings)
{
    const char *policy = json_text(talk->with, "warnings");
    const json_t *allowed = json_object_get(talk->with, "allow");
    const json_t *lists[] = {errors, policy && !strcmp(policy, "fail") ? warnings : NULL};
    json_t *out = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        for (size_t j = 0; j < json_array_size(lists[i]); j++) {
            json_t *note = json_array_get(lists[i], j);
            if (!is_allowed(allowed, json_text(note, "id")))
                (void)json_array_append(out, note);
        }
    return out;
}

static enum slipway_outcome judge(struct vcsa_talk *talk, const char *what,
                                  json_t *result)
{
    auto_json json_t *owned = result;
    auto_json json_t *bad = blockers(talk, json_object_get(owned, "errors"),
                                     json_object_get(owned, "warnings"));
    char line[VCSA_TEXT_MAX];
    if (!json_array_size(bad))
        return vcsa_done(talk, steal_ptr(&owned));
    return vcsa_say(talk, SLIPWAY_FAILED, "%s: %s of %s says: %s", talk->target.name,
                    what, version_of(talk), vcsa_notes_line(bad, line, sizeof line));
}

static json_t *minutes(const json_t *value, const char *key)
{
    const json_t *number = json_object_get(value, key);
    return json_is_integer(number) ? json_integer(json_integer_value(number))
                                   : json_null();
}

static json_t *precheck_result(const json_t *value)
{
    const json_t *issues = json_object_get(value, "issues");
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "errors", vcsa_notes(issues, "errors"),
        "warnings", vcsa_notes(issues, "warnings"), "info", vcsa_notes(issues, "info"),
        "questions", vcsa_questions(json_object_get(value, "questions")),
        "install_minutes", minutes(value, "estimated_time_to_install"),
        "rollback_minutes", minutes(value, "estimated_time_to_rollback"),
        "reboot_required", json_is_true(json_object_get(value, "reboot_required")));
}

/* 400 ALREADY_IN_DESIRED_STATE: the version is installed; there is nothing to check. */
static enum slipway_outcome already_there(struct vcsa_talk *talk)
{
    return vcsa_done(talk,
                     json_pack("{s:[], s:[], s:[], s:[], s:n, s:n, s:b, s:b}", "errors",
                               "warnings", "info", "questions", "install_minutes",
                               "rollback_minutes", "reboot_required", 0, "installed", 1));
}

enum slipway_outcome vcsa_op_precheck(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_free char *path = vcsa_pending_path(version_of(&talk), "precheck");
    const struct vcsa_request request = {
        .method = "POST", .path = path, .timeout_ms = VCSA_CHECK_MS};
    enum vcsa_answer answer = vcsa_read(&talk, &request, &value);
    if (answer == VCSA_ERROR && vcsa_fault_is(&talk.fault, "ALREADY_IN_DESIRED_STATE"))
        return already_there(&talk);
    if (answer == VCSA_ERROR && vcsa_fault_is(&talk.fault, "NOT_FOUND"))
        (void)vcsa_because(
            &talk, answer,
            "%s: %s is not offered; list what is with vcsa.pending, which also "
            "makes the appliance look at its repository",
            talk.target.name, version_of(&talk));
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return judge(&talk, "the precheck", precheck_result(value));
}

enum slipway_outcome vcsa_op_validate(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_answers struct vcsa_answers answers = {0};
    auto_json json_t *value = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    if (vcsa_answers_collect(&talk, &answers))
        return vcsa_say(&talk, SLIPWAY_REFUSED, "%s", talk.err.text);
    auto_free char *path = vcsa_pending_path(version_of(&talk), "validate");
    const struct vcsa_request request = {.method = "POST",
                                         .path = path,
                                         .body = answers.body,
                                         .old_body = answers.old,
                                         .timeout_ms = VCSA_CHECK_MS};
    enum vcsa_answer answer = vcsa_read(&talk, &request, &value);
    if (answer != VCSA_OK)
        return vcsa_read_outcome(&talk, answer);
    return judge(&talk, "the validation",
                 json_pack("{s:o, s:o, s:o}", "errors", vcsa_notes(value, "errors"),
                           "warnings", vcsa_notes(value, "warnings"), "info",
                           vcsa_notes(value, "info")));
}
