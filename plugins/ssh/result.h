/*
 * result.h - what a command printed, as JSON that fits.
 */
#ifndef SSH_RESULT_H
#define SSH_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "slipway/plugin.h"
#include "util/buf.h"

/*
 * Set {name: number, "stdout", "stderr", "lines", "truncated"?}. Each stream is
 * cut to `max` bytes - at its end, or at its beginning when `tail` - and further
 * until the host takes it (control characters grow sixfold in JSON). `lines` are
 * those of the kept stdout.
 */
void result_set_output(struct slipway_call *call, const char *name, int number,
                       const struct buf *out, const struct buf *err, size_t max,
                       bool tail);

/* The last line of the text that is not blank, made harmless, into `out`. */
const char *result_last_line(const struct buf *text, char *out, size_t size);

#endif
