/*
 * cli.h - one file per verb, each with one const table that describes it: help,
 * completion and the man page are read from these tables.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "exec/plugins.h"
#include "slipway/error.h"
#include "slipway/plugin.h"
#include "store/query.h"
#include "store/store.h"
#include "util/buf.h"

/* design.md section 7 */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_ERROR = 1,
    EXIT_CHANGES = 2,
    EXIT_PAUSED = 3,
    EXIT_SOME_FAILED = 4,
    EXIT_WAITING = 5,
    EXIT_STALE = 6,
    EXIT_NOT_OWNER = 7,
    EXIT_STRANDED_TARGETS = 8,
    EXIT_USAGE = 64,
    EXIT_INTERRUPTED = 130,
};

#define CLI_OPTIONS_MAX   24
#define CLI_ARGUMENTS_MAX 64
#define CLI_STATE_DEFAULT ".slipway"
#define CLI_JSON_SCHEMA   1 /* "schema_version" of every --json document */

struct cli_option {
    const char *name;  /* "reason"; NULL ends a table */
    const char *value; /* "TEXT": takes one; NULL: a flag */
    const char *help;
    bool required;
};

struct cli;

struct cli_verb {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* "CAMPAIGN.yaml", "[TARGET]", "" if none; alternatives stand
                              between " | ", words to be typed are small letters: help,
                              man page and completion read it (words.h) */
    int arguments_min, arguments_max;
    const char *description;          /* paragraphs */
    const char *example;              /* lines that can be pasted */
    const struct cli_option *options; /* besides the common ones; NULL: none */
    int (*run)(struct cli *cli);
};

/* What a verb gets. */
struct cli {
    const struct cli_verb *verb;
    const struct slipway_plugin *const *plugin_table;
    const char *arguments[CLI_ARGUMENTS_MAX];
    int argument_count;
    const char *state_dir;
    bool json;
    bool colour;                         /* stdout is a terminal that wants it */
    const char *values[CLI_OPTIONS_MAX]; /* parallel to verb->options; "" for a flag */
    const char *common_campaign;         /* --campaign */
    const char *plugins_dir;             /* --plugins  */
};

/* All verbs, in the order of the help; ends with NULL. */
extern const struct cli_verb *const cli_verbs[];
/* NULL if there is none of that name. */
const struct cli_verb *cli_find_verb(const char *name);
/* Options that every verb takes; ends with a NULL name. */
extern const struct cli_option cli_common_options[];

/* Parse and run; the exit code. */
int cli_main(int argc, char **argv, const struct slipway_plugin *const *plugins);

/* Value of an option of the verb, NULL if it was not given. */
const char *cli_option(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);

/* ---- printing ---- */

/* "slipway: sentence" on stderr; returns `exit_code`. */
__attribute__((format(printf, 3, 4))) int cli_fail(const struct cli *cli, int exit_code,
                                                   const char *format, ...);
/* "no verb NAME, did you mean ...": EXIT_USAGE. */
int cli_no_such_verb(const struct cli *cli, const char *name);
/* The exit code for a code of store.h, with the sentence printed. */
int cli_store_failure(const struct cli *cli, int code, const struct slipway_error *err);
/* Print to stdout; EXIT_DONE, or EXIT_ERROR if stdout is broken or full. */
int cli_print(const struct cli *cli, const char *text);
/* {"schema_version": schema, key: value}; the value is taken. */
int cli_print_json(const struct cli *cli, int schema, const char *key, json_t *value);

/* ---- common parts ---- */

/* Open for reading and find --campaign (or the newest). An exit code other than
   EXIT_DONE has been explained. */
int cli_open_reader(struct cli *cli, struct store **store,
                    struct store_campaign *campaign);

/* The plugins: built in and from --plugins, registered but not opened. */
int cli_plugins(const struct cli *cli, struct plugins **out);

/* What the owners that stay are called; every other one is gone in a moment. */
#define CLI_OWNER_RUN    "slipway run"
#define CLI_OWNER_RESUME "slipway resume"
/* As store_open_owner(), but waits (some seconds) for an owner that is none of them. */
int cli_open_owner(const struct cli *cli, const char *command, struct store **out,
                   struct slipway_error *err);

/* An operator's verb, to the running owner or, if nobody runs, as owner for a
   moment. `done` is printed on success. */
struct control_request;
int cli_control(struct cli *cli, const struct control_request *request, const char *done);
/* The same without a word on success; *alone: nobody runs. An exit code, explained. */
int cli_reach(struct cli *cli, const struct control_request *request, bool *alone);

/* Who is at the keyboard. */
const char *cli_actor(char *out, size_t size);

/* Name of this program as the user should type it, with --state if it is not the
   default: "slipway --state DIR". */
const char *cli_command(const struct cli *cli, char *out, size_t size);

#endif
