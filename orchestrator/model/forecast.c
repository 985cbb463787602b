/* forecast.c - owners of what virtual runs come to; see forecast.h. */
#include "model/forecast.h"

#include <stdlib.h>

void forecast_run_clear(struct forecast_run *run)
{
    free(run->targets);
    *run = (struct forecast_run){0};
}

void forecast_outlook_clear(struct forecast_outlook *outlook)
{
    for (size_t i = 0; i < outlook->last_count; i++) {
        free(outlook->last[i].name);
        free(outlook->last[i].why);
    }
    free(outlook->periods);
    free(outlook->weeks);
    *outlook = (struct forecast_outlook){0};
}

void forecast_clear(struct forecast *forecast)
{
    free(forecast->campaign);
    free(forecast->digest);
    free(forecast->zone);
    free(forecast->what_if);
    free(forecast->binding);
    free(forecast->remedies);
    forecast_outlook_clear(&forecast->planned);
    forecast_outlook_clear(&forecast->changed);
    *forecast = (struct forecast){0};
}
