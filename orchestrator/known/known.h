/*
 * known.h - failures that somebody has seen before: how to recognise one, what causes
 * it, what a human does next.
 *
 *   known_load(files) ─► struct known_book ─► known_match(facts) ─► cause, advice
 *
 * Matching reads stored sentences, so a new file explains old failures too. A recovery is
 * shown as commands for an operator; one that says `run: automatic` is pinned into plans
 * (known_arm), and the engine runs it before it tries the step again.
 */
#ifndef KNOWN_KNOWN_H
#define KNOWN_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "expr/expr.h"
#include "playbook/decode.h"
#include "playbook/load.h"

#define KNOWN_ISSUES_MAX   1000u /* of one file                          */
#define KNOWN_LIST_MAX     16u   /* patterns, kinds, ... of one issue    */
#define KNOWN_PATTERN_MAX  256u  /* bytes of one pattern                 */
#define KNOWN_EXAMPLES_MAX 50u
#define KNOWN_RECOVERY_MAX RECOVERY_STEPS_MAX

/* What is known of a failure; NULL is "not known" and never speaks against a match. */
struct known_facts {
    const char *message; /* never NULL */
    const char *step;    /* id of the step, check or read     */
    const char *use;     /* "ssh.job"                         */
    const char *state;   /* of the target: "failed"           */
    const char *kind;    /* of the appliance                  */
    const char *version; /* that it had when it failed        */
};

/* One operation of a recovery. */
struct known_operation {
    char *use, *with;          /* with: JSON object in normal form */
    char *why;                 /* "" if nothing was said           */
    char *command;             /* as an operator would type it      */
    enum slipway_class repeat; /* if operations were checked        */
    int64_t timeout_ms;
};

struct known_example {
    char *message, *step, *use, *state, *kind, *version; /* NULL: not given */
    struct place place;
};

struct known_issue {
    char *id, *title;
    char *symptom;                  /* the wording of whoever reported it */
    char *source;                   /* "KB 417473"; "" if none            */
    enum failure_severity severity; /* block: a human must act before the target goes on;
                               warn: nothing is lost: wait, or tidy up afterwards */
    char *cause, *advice;
    char *sql; /* true if it matches */
    char **kinds;
    size_t kind_count;
    struct known_operation *recovery;
    size_t recovery_count;
    int at_most;     /* 0: by hand; else slipway runs it, so often for each target      */
    unsigned phases; /* 1u << PHASE_...: steps before which it may                      */
    struct known_example *examples, *counter_examples;
    size_t example_count, counter_count;
    struct place place;
};

struct known_book {
    struct known_issue *issues; /* in the order of matching: own files first */
    size_t issue_count, issue_room;
    char **replaced; /* "my.yaml:3 replaces issue a of vcenter.yaml:7" */
    size_t replaced_count, replaced_room;
    struct expr_engine *engine;
};

/* Read files; of one id that several have the last file's counts. `operations` checks
   recoveries (NULL: not checked). -1 if there was an error, then `out` is empty. */
int known_load(char *const *paths, size_t count,
               const struct operation_catalogue *operations, struct known_book *out,
               struct problem_list *problems);

/* What is installed and ./playbooks/known-issues/. */
int known_load_all(const struct operation_catalogue *operations, struct known_book *out,
                   struct problem_list *problems);

void known_clear(struct known_book *book);
#define auto_known __attribute__((cleanup(known_clear)))

/* The first issue that matches, NULL if none does. Borrowed. */
const struct known_issue *known_match(const struct known_book *book,
                                      const struct known_facts *facts);
const struct known_issue *known_find(const struct known_book *book, const char *id);

/* Pin the automatic recoveries that can concern appliances of these kinds, and the issues
   that are asked before them, into the playbook. The book was loaded with operations. */
void known_arm(const struct known_book *book, const char *const *kinds, size_t kind_count,
               struct playbook *out);

struct known_result {
    size_t examples, counter_examples;
};
/* Try every example: it must match its own issue, before any other; no counter-example
   may match the issue it stands in. Each failure is an error at its place. */
struct known_result known_test(const struct known_book *book,
                               struct problem_list *problems);

/* The tables of a file, for the JSON Schema; the file's own first. */
const struct key_table *const *known_tables(size_t *count);

#endif
