/*
 * backup_check.c - vcsa.backup_check: could the appliance write a backup there?
 *
 *   POST recovery/backup?action=validate (old: recovery/backup/validate) ─► {status, messages}
 *      OK ──────► good
 *      WARNING ─► good, with messages
 *      FAIL, or a word that is not known ─► not good: the messages say why
 *
 * The appliance goes to the backup server and logs in there, and begins nothing. A backup that
 * is only begun finds out the same after minutes, and leaves a failed job in its list.
 *
 * Failure: a release that has no such question is told as `known` false, and `good` is null.
 */
#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "vcsa/backup.h"
#include "vcsa/operations.h"

#define MESSAGES_MAX 8u

static enum vcsa_answer ask(struct vcsa_talk *talk, const json_t *body, json_t **out)
{
    const struct vcsa_request request = {
        .method = "POST",
        .path = VCSA_BACKUP "?action=validate",
        .old_path = VCSA_BACKUP "/validate",
        .body = body,
        .old_wrap = "piece",
        .timeout_ms = VCSA_ACT_MS,
    };
    return vcsa_read(talk, &request, out);
}

static bool is_untold(const struct vcsa_talk *talk, enum vcsa_answer answer)
{
    return answer == VCSA_ABSENT ||
           (answer == VCSA_ERROR && (vcsa_fault_is(&talk->fault, "NOT_FOUND") ||
                                     vcsa_fault_is(&talk->fault, "OPERATION_NOT_FOUND") ||
                                     vcsa_fault_is(&talk->fault, "UNSUPPORTED")));
}

static json_t *texts_of(const json_t *messages)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < json_array_size(messages) && i < MESSAGES_MAX; i++) {
        char text[VCSA_TEXT_MAX];
        (void)json_array_append_new(
            texts,
            json_string(vcsa_message(json_array_get(messages, i), text, sizeof text)));
    }
    return texts;
}

static json_t *result_of(const json_t *value)
{
    char status[24];
    const char *told = json_text(value, "status");
    (void)text_clean(told ? told : "", status, sizeof status);
    bool good = !strcmp(status, "OK") || !strcmp(status, "WARNING");
    return json_pack("{s:b, s:b, s:s, s:o}", "known", 1, "good", good, "status", status,
                     "messages", texts_of(json_object_get(value, "messages")));
}

enum slipway_outcome vcsa_op_backup_check(struct slipway_call *call)
{
    auto_vcsa_talk struct vcsa_talk talk;
    auto_json json_t *value = NULL;
    if (vcsa_talk_open(&talk, call))
        return SLIPWAY_REFUSED;
    auto_json json_t *body = vcsa_backup_request(&talk);
    if (!body)
        return vcsa_say(&talk, SLIPWAY_REFUSED, "%s", talk.err.text);
    enum vcsa_answer answer = ask(&talk, body, &value);
    if (is_untold(&talk, answer))
        return vcsa_done(&talk, json_pack("{s:b, s:n, s:n, s:[]}", "known", 0, "good",
                                          "status", "messages"));
    return answer == VCSA_OK ? vcsa_done(&talk, result_of(value))
                             : vcsa_read_outcome(&talk, answer);
}
