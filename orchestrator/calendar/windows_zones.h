/*
 * windows_zones.h - the time zones of Windows and Outlook by their IANA names.
 */
#ifndef CALENDAR_WINDOWS_ZONES_H
#define CALENDAR_WINDOWS_ZONES_H

/* "W. Europe Standard Time" or "(UTC+01:00) Amsterdam, Berlin, Bern, ..." -> the IANA
   name, NULL if unknown. Case does not matter. */
const char *windows_zone(const char *name);

#endif
