/* zone.c - see zone.h. First cut: the readers follow. */
#include "calendar/zone.h"

#include "util/timefmt.h"

const char *zone_data_version(void)
{
    return "";
}

int zone_local(const char *zone, int64_t instant_ms, char *out, size_t size)
{
    (void)zone;
    (void)time_minute(instant_ms, out, size);
    return -1;
}

int zone_find(const char *name, const struct zone **out, struct slipway_error *err)
{
    (void)out;
    return slipway_error_set(err, -1, "%s: zones cannot be read yet", name);
}

int zone_resolve(const char *zone, int year, int month, int day, int hour, int minute,
                 int second, int64_t *out_ms, struct slipway_error *err)
{
    (void)year, (void)month, (void)day, (void)hour, (void)minute, (void)second;
    (void)out_ms;
    return slipway_error_set(err, -1, "%s: zones cannot be read yet", zone);
}
