/*
 * answers.h - what precheck asks, and what validate and install are told: user_data.
 */
#ifndef VCSA_ANSWERS_H
#define VCSA_ANSWERS_H

#include "vcsa/talk.h"

#define VCSA_SSO_PASSWORD "vmdir.password" /* the one question that every release knows */

/* Bodies in both dialects; they share their texts, some of which are passwords. */
struct vcsa_answers {
    json_t *map;  /* data_item -> text */
    json_t *body; /* {"user_data": {...}} */
    json_t *old;  /* {"user_data": [{"key","value"}]} */
};

/*
 * From `answers`, `sso_password` and the login of the SSO user: with.questions (if given)
 * must all be answered, by one of these or by their own default. -1: talk->err says which
 * is not. Wipe it in both cases.
 */
int vcsa_answers_collect(struct vcsa_talk *talk, struct vcsa_answers *out);
void vcsa_answers_clear(struct vcsa_answers *answers);
#define auto_answers __attribute__((cleanup(vcsa_answers_clear)))

/* Questions as [{"data_item","type","text","default_answer"}]; the caller's. */
json_t *vcsa_questions(const json_t *questions);

#endif
