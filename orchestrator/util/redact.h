/*
 * redact.h - the one place that knows which secrets must not be printed.
 *
 * Whoever resolves a secret adds it; whoever lets text out (sentences, results,
 * log lines) passes it through here. A secret is found in plain, base64 (any
 * alignment, so also inside "user:password"), URL-, JSON-, XML- and
 * shell-escaped form, and as the beginning of one behind which the text was cut
 * (its end, or the mark of whoever shortened it).
 * The registry is process-wide on purpose: a second one would be a way around
 * it. Safe from many threads.
 */
#ifndef UTIL_REDACT_H
#define UTIL_REDACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

#define REDACT_MARK "[secret]"
/* Shorter secrets cannot be told from ordinary text and are not looked for;
   below REDACT_WORD they are found as whole words only. */
#define REDACT_SHORTEST    4u
#define REDACT_WORD        8u
#define REDACT_SECRETS_MAX 65536u

/* Remember a secret (copied into locked memory). 0, or -1 when the registry is
   full: then the secret must not be used. */
int redact_add(const char *secret, size_t length);

/* Replace every secret in the text by REDACT_MARK. */
void redact_text(struct buf *text);
/* Append the text as one harmless line (text_sanitize) of at most `max` bytes without
   secrets. Looks for them before and after: making harmless can break up a secret that
   holds a control character, and can put one together ("63<tab>30", a hex dump). */
void redact_line(struct buf *out, const char *text, size_t length, size_t max);
/* True if a secret of at least REDACT_WORD bytes is in it, whole and in any form:
   for texts that must be refused and cannot be altered. */
bool redact_finds(const char *text, size_t length);

/* The value with every text, key and number that holds a secret replaced;
   `json` is consumed. */
json_t *redact_json(json_t *json);

/* Wipe the registry (tests, end of the process). */
void redact_forget(void);

#endif
