/* status_parts.h - the part of status.h that text and JSON share; for status_*.c alone. */
#ifndef REPORT_STATUS_PARTS_H
#define REPORT_STATUS_PARTS_H

#include <jansson.h>

#include "report/layout.h"
#include "report/status.h"

/* Into out->time; what the rest of the status says must be there already. */
int status_time_load(struct store *store, int64_t campaign,
                     const struct store_times *times, struct status *out,
                     struct slipway_error *err);
void status_time_clear(struct status_time *time);
void status_time_text(const struct status_view *view, const struct layout *layout);
/* The known issue behind the trouble of one that is listed: as `why` says it. */
bool status_issue(const struct status_view *view, const struct status_target *target,
                  struct issue_note *out);
/* The caller's. */
json_t *status_time_json(const struct status_view *view);

#endif
