/*
 * problem.h - what is wrong with the files that people wrote, all of it at once.
 *
 * A decoder never stops at the first mistake: it records a problem with its place
 * and goes on, so that one lint shows everything. The list is capped; what is over
 * the cap is still counted.
 */
#ifndef PLAYBOOK_PROBLEM_H
#define PLAYBOOK_PROBLEM_H

#include <stdarg.h>
#include <stddef.h>

#include "model/fleet.h"

#define PROBLEMS_MAX     100u /* kept of each severity */
#define PROBLEM_TEXT_MAX 700u /* bytes of one sentence */

enum severity { PROBLEM_ERROR, PROBLEM_WARNING };

struct problem {
    enum severity severity;
    struct place place; /* line 0: the file as a whole */
    char *text;         /* one line, harmless to print */
};

struct problem_list {
    struct problem *items;
    size_t count, room;
    size_t errors, warnings; /* found, also those that were not kept */
};

/* Add one; `file` and the arguments are copied. The sentence is made harmless. */
__attribute__((format(printf, 6, 7))) void
problem_add(struct problem_list *list, enum severity severity, const char *file, int line,
            int column, const char *format, ...);
__attribute__((format(printf, 6, 0))) void
problem_addv(struct problem_list *list, enum severity severity, const char *file,
             int line, int column, const char *format, va_list args);
/* The same at a place of the model. */
__attribute__((format(printf, 3, 4))) void problem_error(struct problem_list *list,
                                                         const struct place *place,
                                                         const char *format, ...);
__attribute__((format(printf, 3, 4))) void problem_warning(struct problem_list *list,
                                                           const struct place *place,
                                                           const char *format, ...);

/* Order by file, line and column; problems of one place stay in order. */
void problems_sort(struct problem_list *list);

/* "fleet.yaml:3:5: sentence", "fleet.yaml:3:5: warning: sentence"; the caller's. */
char *problem_line(const struct problem *problem);

/* All lines, sorted, each with a new line, and a last one that counts what was not
   kept; the caller's. */
char *problems_text(struct problem_list *list);

/* [{file, line, column, severity, text}], sorted; what was not kept is not in it. */
json_t *problems_json(struct problem_list *list);

/* Move all of `from` to the end of `list`. What stands there already, word for word and
   at the same place of the same file, is left out: two campaigns may share a fleet. */
void problems_move(struct problem_list *list, struct problem_list *from);

void problems_clear(struct problem_list *list);

#define auto_problems __attribute__((cleanup(problems_clear)))

#endif
