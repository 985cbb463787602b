/*
 * answers.c - collects the answers that an installation needs.
 *
 * The SSO administrator's password is asked of the host at the moment of use and wiped with
 * the document. If rest.login is an administrator of the SSO domain, it is that password,
 * and nothing needs to be written down twice.
 *
 * Failure: a question nobody answers is told by its key and text; nothing was sent.
 */
#include "vcsa/answers.h"

#include <string.h>

#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

void vcsa_answers_clear(struct vcsa_answers *answers)
{
    json_decref(answers->body);
    json_decref(answers->old);
    json_decref(answers->map);
    *answers = (struct vcsa_answers){0};
}

/* Texts, numbers and booleans of the playbook, as texts. */
static void take_given(const json_t *given, json_t *map)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, key, value)
    {
        if (json_is_string(value))
            (void)json_object_set(map, key, value);
        else if (json_is_boolean(value))
            (void)json_object_set_new(
                map, key, json_string(json_is_true(value) ? "true" : "false"));
        else if (json_is_integer(value)) {
            auto_free char *text =
                xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
            (void)json_object_set_new(map, key, json_string(text));
        }
    }
}

static char *password_reference(const struct vcsa_talk *talk)
{
    const json_t *given = json_object_get(talk->with, "sso_password");
    const struct vcsa_endpoint *sso = &talk->target.doors[VCSA_SSO];
    if (given && !json_is_null(given))
        return json_canonical(given);
    if (sso->on && !strncasecmp(sso->user, "administrator@", 14))
        return xstrdup(sso->password_reference);
    return NULL;
}

static int take_password(struct vcsa_talk *talk, json_t *map)
{
    auto_free char *reference = password_reference(talk);
    if (!reference || json_object_get(map, VCSA_SSO_PASSWORD))
        return 0;
    return vcsa_put_secret(talk, reference, map, VCSA_SSO_PASSWORD);
}

static int take_question(struct vcsa_talk *talk, const json_t *question, json_t *map)
{
    const char *item = json_text(question, "data_item");
    const char *fallback = json_text(question, "default_answer");
    if (!item || json_object_get(map, item))
        return 0;
    if (fallback)
        return json_object_set_new(map, item, json_string(fallback));
    char key[128], text[VCSA_TEXT_MAX];
    const char *asked = json_text(question, "text");
    return slipway_error_set(
        &talk->err, -1,
        "%s: nothing was begun: the update asks \"%s\" and nobody answers; give %s in "
        "`answers`, or sso_password if it is the SSO administrator's",
        talk->target.name, text_clean(asked ? asked : "?", text, sizeof text),
        text_clean(item, key, sizeof key));
}

static bool is_asked(const json_t *questions, const char *item)
{
    for (size_t i = 0; i < json_array_size(questions); i++) {
        const char *asked = json_text(json_array_get(questions, i), "data_item");
        if (asked && !strcmp(asked, item))
            return true;
    }
    return false;
}

static void make_bodies(struct vcsa_answers *out)
{
    json_t *list = json_array();
    const char *key;
    json_t *value;
    json_object_foreach(out->map, key, value)
    {
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:O}", "key", key, "value", value));
    }
    out->body = json_pack("{s:O}", "user_data", out->map);
    out->old = json_pack("{s:o}", "user_data", list);
}

int vcsa_answers_collect(struct vcsa_talk *talk, struct vcsa_answers *out)
{
    const json_t *questions = json_object_get(talk->with, "questions");
    bool known = json_is_array(questions);
    *out = (struct vcsa_answers){.map = json_object()};
    take_given(json_object_get(talk->with, "answers"), out->map);
    if ((!known || is_asked(questions, VCSA_SSO_PASSWORD)) &&
        take_password(talk, out->map))
        return -1;
    for (size_t i = 0; known && i < json_array_size(questions); i++)
        if (take_question(talk, json_array_get(questions, i), out->map))
            return -1;
    make_bodies(out);
    return 0;
}

json_t *vcsa_questions(const json_t *questions)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(questions) && i < VCSA_LIST_MAX; i++) {
        const json_t *question = json_array_get(questions, i);
        const char *item = json_text(question, "data_item");
        const char *type = json_text(question, "type");
        const char *fallback = json_text(question, "default_answer");
        char text[VCSA_TEXT_MAX];
        if (!item)
            continue;
        json_t *one = json_pack(
            "{s:o, s:o, s:s}", "data_item", json_safe_string(item, strlen(item)), "type",
            json_safe_string(type ? type : "", type ? strlen(type) : 0), "text",
            vcsa_message(json_object_get(question, "text"), text, sizeof text));
        if (fallback)
            (void)json_object_set_new(one, "default_answer",
                                      json_safe_string(fallback, strlen(fallback)));
        (void)json_array_append_new(out, one);
    }
    return out;
}
