/*
 * v_answers.c - the questions that an NSX-V manager asks before an upgrade.
 *
 *   <preUpgradeQuestionsAnswers>
 *     <preUpgradeQuestionAnswer> questionId, question, questionAnserType (sic), answer
 *
 * The manager wants Yes or No; it takes YES and does not do what it means. A question that
 * the playbook does not answer, or one of another type, stops the upgrade before it begins.
 */
#include <string.h>

#include "nsx/operations.h"
#include "nsx/v_upgrade.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"

static bool is_yes_or_no(const char *answer)
{
    return answer && (!strcmp(answer, "Yes") || !strcmp(answer, "No"));
}

int nsx_v_upgrade_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *id;
    json_t *value;
    json_object_foreach(json_object_get(json, "answers"), id, value)
    {
        char clean[96];
        const char *answer = json_string_value(value);
        if (answer && strstr(answer, "${"))
            continue;
        if (!is_yes_or_no(answer))
            return slipway_error_set(err, -1,
                                     "answers: %s: the manager understands \"Yes\" and "
                                     "\"No\", in quotes, and nothing else",
                                     text_clean(id, clean, sizeof clean));
    }
    return nsx_version_check(with, err);
}

/* By the question's id; "*" answers all that are not named. */
static const char *answer_to(const struct nsx_talk *talk, const char *id)
{
    const json_t *answers = json_object_get(talk->with, "answers");
    const char *answer = id ? json_text(answers, id) : NULL;
    return answer ? answer : json_text(answers, "*");
}

static int add_answer(struct nsx_talk *talk, struct xml_writer *writer,
                      const json_t *question)
{
    char id[96], text[256], type[32];
    const char *answer = answer_to(talk, json_text(question, "id"));
    (void)nsx_member(question, "id", id, sizeof id);
    (void)nsx_member(question, "question", text, sizeof text);
    (void)nsx_member(question, "type", type, sizeof type);
    if (strcmp(type, "YESNO") != 0)
        return slipway_error_set(
            &talk->err, -1,
            "%s: question %s (%s) wants a %s, which slipway does not "
            "answer; upgrade this manager by hand",
            talk->target.name, id, text, type[0] ? type : "?");
    if (!is_yes_or_no(answer))
        return slipway_error_set(&talk->err, -1,
                                 "%s: question %s (%s) has no answer; add it to answers: "
                                 "with \"Yes\" or \"No\"",
                                 talk->target.name, id, text);
    xml_write_open(writer, "preUpgradeQuestionAnswer");
    xml_write_element(writer, "questionId", id);
    xml_write_element(writer, "question", text);
    xml_write_element(writer, "questionAnserType", type);
    xml_write_element(writer, "answer", answer);
    xml_write_close(writer);
    return 0;
}

char *nsx_v_answers(struct nsx_talk *talk, const struct nsx_v_information *about)
{
    auto_xml_writer struct xml_writer writer = {0};
    char *text = NULL;
    size_t length = 0;
    xml_write_open(&writer, "preUpgradeQuestionsAnswers");
    for (size_t i = 0; i < json_array_size(about->questions); i++)
        if (add_answer(talk, &writer, json_array_get(about->questions, i)))
            return NULL;
    xml_write_close(&writer);
    return xml_write_finish(&writer, &text, &length, &talk->err) ? NULL : text;
}
