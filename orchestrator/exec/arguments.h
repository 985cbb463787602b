/*
 * arguments.h - a step's `with:` against the operation's table of options.
 *
 * Checked twice: when files are read (templates are still in it), and again when
 * the templates have been expanded. Normalising is idempotent: the second pass
 * leaves alone what the first one made.
 *
 *   type      accepted                                   becomes
 *   STRING    text; integer                              text
 *   INTEGER   integer; text of digits                    integer
 *   BOOLEAN   true, false; the same as text              boolean
 *   DURATION  text with units; at RUN also milliseconds  integer, milliseconds
 *   LIST      list of scalars                            list of texts
 *   OBJECT    mapping                                    as it is
 *   ANY       anything                                   as it is
 *   FILE      path                                       absolute path
 *   SECRET    "agent", {file}, {cmd}, {credential}       same, file absolute
 */
#ifndef EXEC_ARGUMENTS_H
#define EXEC_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "exec/plugins.h"
#include "slipway/error.h"

#define ARGUMENTS_MAX (64u * 1024u) /* bytes of `with` as JSON */

enum arguments_stage {
    ARGUMENTS_LINT, /* "${...}" may stand for any value; durations need a unit */
    ARGUMENTS_RUN,  /* everything is expanded                                   */
};

/*
 * Check `with` (JSON object, or NULL for none) and give it in normal form with
 * the defaults filled in; *out is the caller's. Relative files are taken from
 * `base_dir` (absolute, or NULL: then they are refused). Once no template is left
 * the operation's own check() runs too. Errors: unknown key (with the nearest),
 * missing key, wrong type, a value that looks like a secret's text where a
 * reference belongs. Sentences begin with the key, not with the step.
 */
int arguments_check(const struct slipway_operation *operation, const json_t *with,
                    const char *base_dir, enum arguments_stage stage, json_t **out,
                    struct slipway_error *err);

/* A secret reference alone (fleet files hold some too); same rules. `what` names
   it in the sentence. */
int arguments_secret(const char *what, const json_t *reference, const char *base_dir,
                     json_t **out, struct slipway_error *err);

/* True if "${" occurs in a text anywhere inside (the escaped "$${" counts: it is
   not expanded yet either). */
bool arguments_has_template(const json_t *json);

/* "string", "duration", ... for people. */
const char *arguments_type_name(enum slipway_type type);

#endif
