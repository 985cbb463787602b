/*
 * plan_members.h - what the files that write and read a plan's JSON share. Private to
 * model/.
 */
#ifndef MODEL_PLAN_MEMBERS_H
#define MODEL_PLAN_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>

#include "model/plan.h"

/* A JSON text, or null. */
json_t *plan_text_or_null(const char *text);
/* A document that is kept as its text. */
json_t *plan_parsed(const char *text);

/* Reading goes on after a mistake and remembers it; nothing is NULL then. */
struct plan_reader {
    bool bad;
    const char *what; /* the member that is missing or of the wrong type */
};

char *plan_read_text(struct plan_reader *r, const json_t *o, const char *key);
char *plan_read_text_or_null(const json_t *o, const char *key);
int64_t plan_read_number(struct plan_reader *r, const json_t *o, const char *key);
/* A number that must lie in [low, high]. */
int plan_read_int(struct plan_reader *r, const json_t *o, const char *key, int64_t low,
                  int64_t high);
/* The value of a name that `from` knows. */
int plan_read_name(struct plan_reader *r, const json_t *o, const char *key,
                   int (*from)(const char *));
bool plan_read_bool(const json_t *o, const char *key);
/* An object, as its canonical text; the caller's. */
char *plan_read_document(struct plan_reader *r, const json_t *o, const char *key);
/* How many items the list has; 0 after a mistake. */
size_t plan_read_array(struct plan_reader *r, const json_t *o, const char *key,
                       size_t max);

/* plan_playbook_json.c */
json_t *plan_playbook_json(const struct playbook *p);
void plan_read_playbook(struct plan_reader *r, const json_t *o, struct playbook *p);

#endif
