/*
 * playbook_reader.h - what the files that decode a playbook share. Internal.
 */
#ifndef PLAYBOOK_PLAYBOOK_READER_H
#define PLAYBOOK_PLAYBOOK_READER_H

#include "expr/expr.h"
#include "playbook/decode.h"
#include "playbook/load.h"
#include "util/map.h"

#define TIMEOUT_MIN_MS 1000LL
#define TIMEOUT_MAX_MS (7LL * 24 * 3600 * 1000)

struct playbook_reader {
    struct decoder decoder;
    const struct operation_catalogue *catalogue;
    struct expr_engine *engine;
    struct playbook_notes notes;
    struct map ids;
    char digest[SHA256_HEX]; /* of the playbook and the files read so far */
};

/* The members that steps, checks and version reads share: id, use, with, class,
   expect or value, timeout. `id` is used if the file has none (NULL: it must).
   false if nothing usable is there. */
bool operation_decode(struct playbook_reader *reader, const struct fields *fields,
                      const char *id, int64_t timeout_ms, struct operation *out);

/* One item of `steps`, `health`, `version`; appended to the playbook. */
void step_decode(struct playbook_reader *reader, const struct yaml_node *node,
                 struct playbook *playbook);
void check_decode(struct playbook_reader *reader, const struct yaml_node *node,
                  struct playbook *playbook);
void read_decode(struct playbook_reader *reader, const struct yaml_node *node,
                 struct playbook *playbook);

/* "rollback", "retry(3)", "retry(3) then park": -1 if it is none of them.
   *retries is 0 and *action unchanged where the text does not say. */
int on_failure_parse(const char *text, enum on_failure *action, int *retries);

/* Rules that need nothing but the playbook. */
void playbook_lint(const struct playbook *playbook, const struct playbook_notes *notes,
                   struct problem_list *problems);

/* The place of an operation; that of the playbook if it is unknown. Borrowed. */
const struct place *operation_place(const struct playbook_notes *notes, const char *id);
const char *operation_needs(const struct playbook_notes *notes, const char *id);

/* Templates of every operation: their form, and whether the steps they name come
   earlier. */
void templates_lint(const struct playbook *playbook, const struct playbook_notes *notes,
                    struct problem_list *problems);
/* And whether campaign and appliances have the values. */
void templates_lint_values(const struct lint_input *input, struct problem_list *problems);

/* "a, b, c and 7 more": names of appliances for a sentence; the caller's. */
char *appliance_list(const struct lint_input *input, const int *indexes, size_t count);

#endif
