/* page_forecast.h - the forecast for a page, if --forecast asks for it. */
#ifndef CLI_PAGE_FORECAST_H
#define CLI_PAGE_FORECAST_H

#include "cli/cli.h"
#include "model/forecast.h"
#include "model/plan.h"

/* `plan`: from its start, borrowed; NULL: the campaign that --campaign names or the
   newest, from where it stands. *made: there is one. An exit code, explained. */
int page_forecast_make(struct cli *cli, struct plan *plan, struct forecast *out,
                       bool *made);

#endif
