/*
 * worst_decode.h - `worst:` of a playbook and of a strategy: somebody's word for what a
 * night must hold (model/worst.h), and what lint says of it.
 */
#ifndef PLAYBOOK_WORST_DECODE_H
#define PLAYBOOK_WORST_DECODE_H

#include "model/playbook.h"
#include "playbook/decode.h"

/* Fill *out from the key; *place is where it stands, the caller's. Untouched if it is not
   there. */
void worst_decode(const struct fields *fields, struct worst *out, struct place *place);

/* Somebody's word against the playbook: less than it usually takes is an error, more than
   all its time-outs a warning. Halves that nobody spoke of are passed over. */
void worst_lint(const struct playbook *playbook, const struct worst *said,
                const struct place *place, struct problem_list *problems);

/* Warn if nobody gave his word for the change, and the time-outs fit into no night. */
void worst_lint_missing(const struct playbook *playbook, const struct worst *said,
                        const struct place *place, struct problem_list *problems);

#endif
