/* forecast.c - owners of what virtual runs come to; see forecast.h. */
#include "model/forecast.h"

#include <stdlib.h>

void forecast_run_clear(struct forecast_run *run)
{
    free(run->targets);
    *run = (struct forecast_run){0};
}
