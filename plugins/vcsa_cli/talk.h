/*
 * talk.h - one call: its arguments, its connection, and the dialect of the login shell.
 *
 *   login shell    recognised by                   a Unix command      software-packages
 *   bash, sh       echoes our mark                 as it is, proven    appliancesh -c LINE
 *   appliancesh    "Unknown command: `echo'"       shell WORDS         LINE
 *
 * appliancesh gives no useful exit status and knows no quotes that we could rely on, so
 * in its dialect only plain words are sent, and answers are judged by their text.
 */
#ifndef VCSA_CLI_TALK_H
#define VCSA_CLI_TALK_H

#include <jansson.h>

#include "ssh/channel.h"
#include "ssh/connection.h"
#include "ssh/outcome.h"
#include "util/json.h"
#include "vcsa_cli/limits.h"

enum talk_dialect { TALK_UNKNOWN, TALK_BASH, TALK_APPLIANCESH };

struct talk {
    struct slipway_call *call;
    json_t *with;
    struct connection connection;
    enum talk_dialect dialect;
    bool acting; /* what is sent now may change something: see channel_outcome() */
    struct slipway_error err; /* why the last one was not DONE */
};

/* Read the arguments. -1: said; then the call is REFUSED. Close in any case. */
int talk_begin(struct slipway_call *call, struct talk *talk);
/* The same, then connect and find the dialect. Not DONE: said. */
enum slipway_outcome talk_open(struct slipway_call *call, struct talk *talk);
void talk_close(struct talk *talk);
#define auto_talk __attribute__((cleanup(talk_close)))

/* Find the dialect of an open connection (again). Not DONE: in talk->err. */
enum slipway_outcome talk_recognise(struct talk *talk);
/* What an answer to `echo MARK` means. Pure; TALK_UNKNOWN with a sentence. `away`: the
   line "Failed to connect to service" was in it. */
enum talk_dialect talk_dialect_of(const char *answer, const char *mark, bool away,
                                  enum slipway_outcome *outcome,
                                  struct slipway_error *err);

/*
 * A Unix command that only reads. `words` must be plain (letters, digits and ._/:=@%+,-).
 * DONE with what it printed; RETRY, REFUSED, FAILED, CANCELED with talk->err.
 */
enum slipway_outcome talk_ask(struct talk *talk, const char *const *words, size_t count,
                              struct buf *out);
#define talk_ask_words(talk, out, ...)                                                   \
    talk_ask((talk), (const char *const[]){__VA_ARGS__},                                 \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (out))

/* A file of the appliance. DONE also if it is not there: *found tells. */
enum slipway_outcome talk_file(struct talk *talk, const char *path, struct buf *out,
                               bool *found);

/* A line for appliancesh. Its answer, without the noise around it; "Unknown command" and
   lost connections are not DONE (with talk->acting: as the call's class says). */
enum slipway_outcome talk_native(struct talk *talk, const char *line, struct buf *out);

/* A script for sh, with `argv` behind it; needs bash as the login shell. */
enum slipway_outcome talk_script(struct talk *talk, const char *script,
                                 const char *const *argv, size_t argc, const char *input,
                                 struct exec_reply *reply);

/* Say talk->err and give the outcome. */
enum slipway_outcome talk_failed(struct talk *talk, enum slipway_outcome outcome);
/* Set the result (taken) and give DONE. */
enum slipway_outcome talk_done(struct talk *talk, json_t *result);

/* Refuse (said) what needs bash, if the login shell is another. */
enum slipway_outcome talk_need_bash(struct talk *talk);

/* True if the text can stand in a command of either dialect as it is. */
bool talk_plain_word(const char *word);

#endif
