/*
 * time_decode.h - zones, windows and freezes in the files that people write. Internal to
 * playbook/.
 *
 * A calendar is only told apart here (a file of .ics, or a short form) and kept with its
 * place; whoever knows calendars opens it later and complains there.
 */
#ifndef PLAYBOOK_TIME_DECODE_H
#define PLAYBOOK_TIME_DECODE_H

#include "playbook/decode.h"

/* `zone`: an IANA name; nothing happens if it is absent. */
void zone_decode(const struct fields *fields, char **zone, struct place *place);

/* A list of calendars, or of mappings {LABEL: VALUE, calendar: TEXT}; `labels` false: no
   rule may have a label. */
void time_rules_decode(const struct fields *fields, const char *key, bool labels,
                       struct time_rules *out);

/* Everything about time in `strategy`. */
void strategy_time_decode(const struct fields *fields, struct strategy *out);

#endif
