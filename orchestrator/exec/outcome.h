/*
 * outcome.h - results of calls that were never made, or never came back.
 */
#ifndef EXEC_OUTCOME_H
#define EXEC_OUTCOME_H

#include "exec/exec.h"

/* Nothing was issued: START is CANCELED, or RETRY if waiting helps; a POLL leaves
   the work PENDING; a PROBE knows nothing. */
void outcome_unissued(const struct exec_request *request, bool canceled,
                      const char *sentence, struct exec_result *out);

/* The call did not return: UNKNOWN, but a READ may be tried again. */
void outcome_overdue(const struct exec_request *request, int64_t started_ms,
                     struct exec_result *out);

#endif
