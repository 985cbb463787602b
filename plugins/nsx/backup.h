/*
 * backup.h - the newest good backup, told alike by both families.
 */
#ifndef NSX_BACKUP_H
#define NSX_BACKUP_H

#include "nsx/talk.h"

/* Of several instants the newest that is not ahead of us; 0: none. */
int64_t nsx_backup_newest(int64_t newest_ms, int64_t ended_ms);

/* {"any", "age_hours", "ended"} of the newest one (0: none), to be added to. */
json_t *nsx_backup_json(int64_t newest_ms);

#endif
