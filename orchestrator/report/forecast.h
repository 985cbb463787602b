/*
 * forecast.h - a forecast for people and for scripts.
 */
#ifndef REPORT_FORECAST_H
#define REPORT_FORECAST_H

#include "model/forecast.h"
#include "model/timetable.h"
#include "util/buf.h"

#define FORECAST_JSON_SCHEMA  1
#define FORECAST_NIGHTS_SHOWN 35 /* more are only listed with `full` */

struct forecast_view {
    const struct forecast *forecast;
    local_time_fn local; /* NULL: times in UTC */
    bool colour, full;
};

void forecast_text(const struct forecast_view *view, struct buf *out);
/* The caller's. */
char *forecast_json(const struct forecast_view *view);

/* "max_unavailable site: 15", "windows of customer=acme", "in_flight 40 to 80". */
void forecast_words_change(struct buf *out, const struct forecast_change *change);

#endif
