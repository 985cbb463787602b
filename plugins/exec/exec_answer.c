/*
 * exec_answer.c - turns exit code and standard output into an outcome.
 *
 * How it works: standard output that is one JSON object with `outcome` (or
 * `state` after a probe) is the program's word; any other output of a program
 * that ended with 0 is the result. Everything the program says is a claim of
 * the outside: capped, parsed strictly, neutralised before it is printed.
 *
 * When it fails: a program that was killed, or whose word cannot be read, may
 * have done anything: UNKNOWN after a start, unless the step only reads. A poll
 * only looks, so trouble in it means "ask again", never a verdict.
 */
#include "exec/exec_answer.h"

#include <errno.h>
#include <string.h>

#include "util/auto.h"
#include "util/descriptors.h"
#include "util/json.h"
#include "util/text.h"

#define MESSAGE_MAX    300u
#define LOOK_AGAIN_MAX (24LL * 3600 * 1000)
#define STDERR_KEPT    (2u * 1024u) /* in the result */

/* --- the program's word ---------------------------------------------------------- */

/* The object on standard output if it has a text member `key`, else NULL. */
static json_t *word_of(const struct exec_end *end, const char *key)
{
    if (end->output_cut)
        return NULL;
    json_t *json =
        json_parse(buf_text(&end->output), end->output.length, EXEC_OUTPUT_CEILING, NULL);
    if (json_text(json, key))
        return json;
    json_decref(json);
    return NULL;
}

/* It began to speak JSON and did not end properly: not to be taken for text. */
static bool word_broken(const struct exec_end *end)
{
    const char *text = buf_text(&end->output);
    text += strspn(text, " \t\r\n");
    if (*text != '{')
        return false;
    auto_json json_t *json =
        json_parse(buf_text(&end->output), end->output.length, EXEC_OUTPUT_CEILING, NULL);
    return end->output_cut || !json;
}

static void last_line(const struct buf *text, struct buf *out)
{
    const char *start = buf_text(text), *end = start + text->length;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    const char *line = end;
    while (line > start && line[-1] != '\n')
        line--;
    text_sanitize(out, line, (size_t)(end - line), MESSAGE_MAX);
}

/* "what: message", the message being the program's own or its last complaint. */
static void say(struct slipway_call *call, const char *name, const char *what,
                const json_t *word, const struct exec_end *end)
{
    auto_buf struct buf text = {0};
    const char *message = json_text(word, "message");
    if (message)
        text_sanitize(&text, message, strlen(message), MESSAGE_MAX);
    else
        last_line(&end->errors, &text);
    call->host->say(call, "%s: %s%s%s", name, what, text.length ? ": " : "",
                    buf_text(&text));
}

static void tell_progress(struct slipway_call *call, const json_t *word)
{
    auto_buf struct buf text = {0};
    const char *message = json_text(word, "message");
    json_int_t percent = json_number(word, "progress", -1);
    json_int_t look_again_ms = json_number(word, "look_again_ms", 0);
    if (message)
        text_sanitize(&text, message, strlen(message), MESSAGE_MAX);
    if (percent >= 0 || message)
        call->host->progress(call, percent >= 0 && percent <= 100 ? (int)percent : -1,
                             buf_text(&text));
    if (look_again_ms > 0)
        call->host->look_again_in(call, look_again_ms < LOOK_AGAIN_MAX ? look_again_ms
                                                                       : LOOK_AGAIN_MAX);
}

/* Without a handle of its own the program is asked by the intent's key. 0, or -1
   if the handle cannot be kept. */
static int keep_handle(struct slipway_call *call, const json_t *word)
{
    const char *handle = json_text(word, "handle");
    if (!handle && call->handle)
        return 0;
    return call->host->set_handle(call, handle ? handle : call->key);
}

/* --- results ---------------------------------------------------------------------- */

static json_t *lines_of(const char *text, size_t length)
{
    json_t *lines = json_array();
    for (const char *p = text, *end = text + length; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        (void)json_array_append_new(lines, json_safe_string(p, (size_t)(stop - p)));
        p = stop + 1;
    }
    return lines;
}

static json_t *text_result(const struct exec_end *end, size_t kept, json_t *json)
{
    json_t *result = json_object();
    size_t length = end->output.length < kept ? end->output.length : kept;
    const char *text = buf_text(&end->output), *errors = buf_text(&end->errors);
    size_t cut = end->errors.length > STDERR_KEPT ? end->errors.length - STDERR_KEPT : 0;
    cut += cut ? text_cut_start(errors + cut, STDERR_KEPT) : 0;
    (void)json_object_set_new(result, "status", json_integer(end->code));
    (void)json_object_set_new(result, "stdout", json_safe_string(text, length));
    (void)json_object_set_new(result, "stderr",
                              json_safe_string(errors + cut, end->errors.length - cut));
    (void)json_object_set_new(result, "lines", lines_of(text, length));
    (void)json_object_set(result, "json", json ? json : json_null());
    if (end->output_cut || length < end->output.length)
        (void)json_object_set_new(result, "truncated", json_true());
    return result;
}

/* Control characters grow sixfold in JSON: cut until the host takes it. */
static int give_text(struct slipway_call *call, const struct exec_end *end)
{
    auto_json json_t *json = NULL;
    if (!end->output_cut)
        json = json_parse(buf_text(&end->output), end->output.length, EXEC_OUTPUT_CEILING,
                          NULL);
    for (size_t kept = EXEC_OUTPUT_CEILING; kept > 0; kept /= 2) {
        auto_json json_t *result = text_result(end, kept, json);
        auto_free char *text = json_canonical(result);
        if (strlen(text) <= SLIPWAY_RESULT_MAX && !call->host->set_result(call, text))
            return 0;
        json_decref(json); /* the second try goes without it */
        json = NULL;
    }
    return -1;
}

static int give_result(struct slipway_call *call, const struct exec_end *end,
                       const json_t *word)
{
    if (!word)
        return give_text(call, end);
    const json_t *result = json_object_get(word, "result");
    auto_free char *text = result ? json_canonical(result) : NULL;
    return call->host->set_result(call, text ? text : "null");
}

/* --- outcomes ----------------------------------------------------------------------- */

static enum slipway_outcome doubtful(const struct slipway_call *call,
                                     enum slipway_outcome if_it_reads)
{
    return call->repeat == SLIPWAY_READ ? if_it_reads : SLIPWAY_UNKNOWN;
}

static enum slipway_outcome unreadable(struct slipway_call *call, const char *name,
                                       const char *why, const struct exec_end *end)
{
    say(call, name, why, NULL, end);
    return doubtful(call, SLIPWAY_FAILED);
}

static enum slipway_outcome done(struct slipway_call *call, const char *name,
                                 const struct exec_end *end, const json_t *word)
{
    if (!give_result(call, end, word))
        return SLIPWAY_DONE;
    return unreadable(call, name, "its result is larger than 256 KiB", end);
}

static enum slipway_outcome pending(struct slipway_call *call, const char *name,
                                    const struct exec_end *end, const json_t *word)
{
    tell_progress(call, word);
    if (!keep_handle(call, word)) {
        if (json_text(word, "message"))
            say(call, name, "under way", word, end);
        return SLIPWAY_PENDING;
    }
    return unreadable(call, name, "its handle is longer than 1 KiB", end);
}

static enum slipway_outcome as_claimed(struct slipway_call *call, const char *name,
                                       const struct exec_end *end, const json_t *word)
{
    static const struct {
        const char *word, *said;
        enum slipway_outcome outcome;
    } claims[] = {
        {"retry", "asks to be tried later", SLIPWAY_RETRY},
        {"failed", "failed", SLIPWAY_FAILED},
        {"refused", "refused", SLIPWAY_REFUSED},
        {"unknown", "cannot tell whether it happened", SLIPWAY_UNKNOWN},
    };
    const char *claim = json_text(word, "outcome");
    if (!strcmp(claim, "done"))
        return done(call, name, end, word);
    if (!strcmp(claim, "pending"))
        return pending(call, name, end, word);
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        if (!strcmp(claim, claims[i].word)) {
            tell_progress(call, word);
            say(call, name, claims[i].said, word, end);
            return claims[i].outcome;
        }
    }
    return unreadable(call, name, "its outcome is none of those that slipway knows", end);
}

static enum slipway_outcome by_exit_code(struct slipway_call *call, const char *name,
                                         const struct exec_end *end, const json_t *word)
{
    char what[64];
    switch (end->code) {
    case EXEC_CODE_DONE:
        if (!word && word_broken(end))
            return unreadable(call, name, "its JSON cannot be read", end);
        return word ? as_claimed(call, name, end, word) : done(call, name, end, NULL);
    case EXEC_CODE_NOTHING_TO_DO:
        return done(call, name, end, word);
    case EXEC_CODE_LATER:
        tell_progress(call, word);
        say(call, name, "asks to be tried later (exit 21)", word, end);
        return SLIPWAY_RETRY;
    case EXEC_CODE_INCONCLUSIVE:
        say(call, name, "cannot tell whether it happened (exit 22)", word, end);
        return SLIPWAY_UNKNOWN;
    default:
        (void)snprintf(what, sizeof what, "exit %d", end->code);
        say(call, name, what, word, end);
        return SLIPWAY_FAILED;
    }
}

static enum slipway_outcome not_started(struct slipway_call *call, const char *name,
                                        const struct exec_end *end)
{
    int code = end->code;
    bool later = code == EAGAIN || code == ENOMEM || descriptors_short(code);
    call->host->say(call, "%s: could not be started: %s", name, strerror(code));
    return later ? SLIPWAY_RETRY : SLIPWAY_REFUSED;
}

/* How it ended if not by itself; NULL if it did. */
static const char *ended_badly(const struct exec_end *end, char *text, size_t size)
{
    if (end->how == EXEC_EXITED)
        return NULL;
    if (end->how == EXEC_SIGNALED)
        (void)snprintf(text, size, "was killed by signal %d", end->code);
    else
        (void)snprintf(text, size, "%s",
                       end->how == EXEC_LATE
                           ? "did not end in its time; it and its children were killed"
                           : "was stopped on request, with its children");
    return text;
}

enum slipway_outcome exec_answer_started(struct slipway_call *call, const char *name,
                                         const struct exec_end *end)
{
    char text[96];
    if (end->how == EXEC_NOT_STARTED)
        return not_started(call, name, end);
    const char *badly = ended_badly(end, text, sizeof text);
    if (!badly) {
        auto_json json_t *word = word_of(end, "outcome");
        return by_exit_code(call, name, end, word);
    }
    say(call, name, badly, NULL, end);
    return doubtful(call, end->how == EXEC_LATE       ? SLIPWAY_RETRY
                          : end->how == EXEC_CANCELED ? SLIPWAY_CANCELED
                                                      : SLIPWAY_FAILED);
}

enum slipway_outcome exec_answer_polled(struct slipway_call *call, const char *name,
                                        const struct exec_end *end)
{
    char text[96];
    if (end->how == EXEC_CANCELED)
        return SLIPWAY_CANCELED;
    if (end->how == EXEC_NOT_STARTED) {
        (void)not_started(call, name, end);
        return SLIPWAY_PENDING;
    }
    const char *badly = ended_badly(end, text, sizeof text);
    if (badly) {
        say(call, name, badly, NULL, end);
        return SLIPWAY_PENDING;
    }
    auto_json json_t *word = word_of(end, "outcome");
    if (end->code == EXEC_CODE_DONE && !word && word_broken(end)) {
        say(call, name, "its JSON cannot be read; it is asked again", NULL, end);
        return SLIPWAY_PENDING;
    }
    enum slipway_outcome outcome = by_exit_code(call, name, end, word);
    return outcome == SLIPWAY_RETRY ? SLIPWAY_PENDING : outcome;
}

/* --- probes --------------------------------------------------------------------------- */

static enum slipway_probe as_found(struct slipway_call *call, const char *name,
                                   const struct exec_end *end, const json_t *word)
{
    const char *state = json_text(word, "state");
    if (!strcmp(state, "not_started"))
        return SLIPWAY_PROBE_NOT_STARTED;
    if (!strcmp(state, "running") && !keep_handle(call, word))
        return SLIPWAY_PROBE_RUNNING;
    if (!strcmp(state, "done") && !give_result(call, end, word))
        return SLIPWAY_PROBE_DONE;
    if (!strcmp(state, "failed")) {
        say(call, name, "failed", word, end);
        return SLIPWAY_PROBE_FAILED;
    }
    say(call, name, "cannot tell now what became of it", word, end);
    return SLIPWAY_PROBE_UNKNOWN;
}

enum slipway_probe exec_answer_probed(struct slipway_call *call, const char *name,
                                      const struct exec_end *end)
{
    char text[96];
    auto_json json_t *word = NULL;
    if (end->how == EXEC_EXITED && end->code == 0)
        word = word_of(end, "state");
    if (word) {
        tell_progress(call, word);
        return as_found(call, name, end, word);
    }
    if (end->how == EXEC_NOT_STARTED) {
        (void)not_started(call, name, end);
        return SLIPWAY_PROBE_UNKNOWN;
    }
    const char *badly = ended_badly(end, text, sizeof text);
    say(call, name, badly ? badly : "answered the probe with no state", NULL, end);
    return SLIPWAY_PROBE_UNKNOWN;
}
