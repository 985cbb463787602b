/* event.h - what happened, one record a line: for people and as NDJSON. */
#ifndef REPORT_EVENT_H
#define REPORT_EVENT_H

#include "store/query.h"
#include "util/buf.h"

#define EVENT_JSON_SCHEMA 1

/* "changing -> checking", "step upgrade failed: ..." without time and target. */
void event_sentence(const struct store_event *event, struct buf *out);
/* One line with its new line: number, time, target or wave, sentence, actor. */
void event_line(const struct store_event *event, struct buf *out);
/* One compact JSON object and a new line. */
void event_json(const struct store_event *event, struct buf *out);

#endif
