/*
 * words.h - the phrases that status, why, reports and the live view share.
 *
 * They append one clean line's worth of text; what comes from outside is neutralised.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "store/query.h"
#include "util/buf.h"

#define WORDS_TIME_MAX 32

/* "4m", "1h20m", "12s"; below a second "0s". Never negative. */
const char *words_took(int64_t ms, char *out, size_t size);
/* "02:13:05Z" today, else "2026-11-20 02:13Z"; "never" for 0. */
const char *words_at(int64_t ms, int64_t now_ms, char *out, size_t size);
/* "since 02:13:05Z (4m)" */
void words_since(struct buf *out, int64_t since_ms, int64_t now_ms);
/* "1 target", "12 targets" */
void words_count(struct buf *out, int count, const char *noun);
/* "vc-0001", "vc-0001 and vc-0002", "vc-0001, vc-0007 and 12 more": `shown` names at
   most, one more if only that one were left. */
void words_names(struct buf *out, const char *const *names, size_t count, size_t shown);

/* The text, neutralised; NULL is nothing. */
void words_clean(struct buf *out, const char *text);
/* Neutralised, at most `max` bytes, and nothing in it becomes a link, a tag, a mention, a list or
   a table in Markdown. */
void words_markdown(struct buf *out, const char *text, size_t max);
/* As a word of a shell's command line: quoted if it needs to be. */
void words_quoted(struct buf *out, const char *text);
/* "completed with failures": a state's name without its underscores. */
void words_state(struct buf *out, const char *state);

/* "step upgrade", "check health", "taking the snapshot", "reading the version". */
void words_activity(struct buf *out, enum activity activity, const char *id);
/* What a target is doing this moment; "" if nothing. */
void words_doing(struct buf *out, const struct store_target *target, int64_t now_ms);
/* How the doubt about an activity will be settled. */
const char *words_question(enum activity activity);
/* True for an effect that has not been issued yet: it waits for a limit, or while the
   campaign is paused. (Reads are made while they are "waiting".) */
bool words_queues(const struct store_target *target, int64_t now_ms);
/* True for one that queues between the steps of its change, or before its snapshot. */
bool words_is_between(const struct store_target *target, int64_t now_ms);
/* True for a step that waits for `slipway approve --target`. */
bool words_is_gate(const struct store_target *target);

/* "2.1 GiB" */
const char *words_bytes(int64_t bytes, char *out, size_t size);

/* ---- JSON ---- */

/* "2026-11-21T02:13:05Z", null for 0. */
json_t *words_json_time(int64_t ms);
/* Neutralised text, null for NULL. */
json_t *words_json_text(const char *text);
/* The same; null where there is none, or an empty one. */
json_t *words_json_text_or_null(const char *text);

#endif
