/*
 * limits.h - how much of a calendar or a zone file is too much. Everything bigger is
 * refused with a sentence; each bound is far above what calendar programs write.
 */
#ifndef CALENDAR_LIMITS_H
#define CALENDAR_LIMITS_H

#define CALENDAR_BYTES_MAX  (8L * 1024 * 1024) /* of one file                            */
#define CALENDAR_LINE_MAX   (512L * 1024) /* one line, unfolded                     */
#define CALENDAR_DEPTH_MAX  8             /* components within components           */
#define CALENDAR_EVENTS_MAX 20000         /* in one file                            */
#define CALENDAR_ZONES_MAX  200           /* VTIMEZONE in one file                  */
#define CALENDAR_NOTES_MAX  100
#define EVENT_RULES_MAX     16        /* RRULE lines of one event                    */
#define EVENT_DATES_MAX     10000     /* EXDATE or RDATE values of one event            */
#define EVENT_DAYS_MAX      3660      /* ten years: length of one event                 */
#define EVENT_LABEL_MAX     400       /* bytes of a SUMMARY or UID that are kept        */
#define RULE_VALUES_MAX     128       /* values in one part of a rule                   */
#define RULE_NUMBER_MAX     10000     /* INTERVAL                                       */
#define RULE_COUNT_MAX      999999999 /* more than the days of all years that count    */
#define OBSERVANCES_MAX     400       /* STANDARD and DAYLIGHT of one VTIMEZONE         */

#define SHORT_FORM_MAX  4096 /* bytes */
#define SHORT_ITEMS_MAX 64   /* forms between ";" */

/* Years that events may lie in. Rules are worked out no further than the end. */
#define YEAR_FIRST 1900
#define YEAR_LAST  2199

/* Single events of one calendar in one range. */
#define OCCURRENCES_MAX 100000
/* Days that are looked at while one calendar is worked out: about a tenth of a second. */
#define EXPANSION_STEPS_MAX 10000000L

/* Exclusions of an event that are looked up to say which exclude nothing, and what that
   may cost in one calendar; what is left is not looked up. */
#define EXCLUSIONS_CHECKED  100
#define EXCLUSION_STEPS_MAX 1000000L

#define ZONE_FILE_MAX   (256L * 1024)
#define ZONE_NAME_MAX   64
#define ZONE_SHIFTS_MAX 20000
#define ZONE_LIST_MAX   (1024L * 1024) /* tzdata.zi, for "did you mean" */
#define OFFSET_MAX_S    (26 * 3600)    /* away from UTC */

#endif
