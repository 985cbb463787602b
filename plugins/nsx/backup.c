/*
 * backup.c - see backup.h. An instant that lies ahead of our clock is no evidence of a
 * fresh backup (somebody's clock is wrong), so it counts as none.
 */
#include "nsx/backup.h"

#define HOUR_MS (3600 * 1000)

int64_t nsx_backup_newest(int64_t newest_ms, int64_t ended_ms)
{
    if (ended_ms > nsx_wall_ms() + NSX_FORWARD_MS)
        return newest_ms;
    return ended_ms > newest_ms ? ended_ms : newest_ms;
}

json_t *nsx_backup_json(int64_t newest_ms)
{
    if (newest_ms <= 0)
        return json_pack("{s:b, s:n, s:n}", "any", 0, "age_hours", "ended");
    int64_t age_ms = nsx_wall_ms() - newest_ms;
    return json_pack("{s:b, s:I, s:o}", "any", 1, "age_hours",
                     (json_int_t)(age_ms > 0 ? age_ms / HOUR_MS : 0), "ended",
                     nsx_instant(newest_ms));
}
