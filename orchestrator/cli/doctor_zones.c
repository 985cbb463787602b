/*
 * doctor_zones.c - the time-zone data that windows and freezes are reckoned with, and the
 * version of OpenSSL: both are as good as the system's last update. (doctor.h)
 */
#include <stdlib.h>
#include <string.h>

#include "cli/doctor.h"
#include "util/auto.h"

#define ZONE_YEARS_FRESH 1 /* a release comes out every few months */

void doctor_zone_data(const char *version, int year, struct findings *findings)
{
    long released = strtol(version, NULL, 10);
    if (!*version)
        findings_add(findings, FINDING_WARN, "time zones",
                     "the version of the time-zone data is not known; if it is missing, "
                     "windows in local time cannot be read: install tzdata");
    else if (released < 1990 || released > 9999)
        findings_add(findings, FINDING_WARN, "time zones",
                     "%.20s is no version of time-zone data that is known", version);
    else if (released + ZONE_YEARS_FRESH < year)
        findings_add(
            findings, FINDING_WARN, "time zones",
            "%.20s is old: windows in zones whose rules changed since open at the "
            "wrong hour; update tzdata, then plan again",
            version);
    else
        findings_add(findings, FINDING_OK, "time zones", "%.20s", version);
}

/* 0xMNN00PP0 */
#define OPENSSL_3_0_0 0x30000000UL
#define OPENSSL_3_0_7 0x30000070UL

void doctor_openssl(unsigned long number, const char *version, struct findings *findings)
{
    if (number < OPENSSL_3_0_0)
        findings_add(findings, FINDING_WARN, "libcrypto",
                     "OpenSSL %.40s gets no more security updates; update the system",
                     version);
    else if (number < OPENSSL_3_0_7)
        findings_add(
            findings, FINDING_WARN, "libcrypto",
            "OpenSSL %.40s can be crashed by a certificate (CVE-2022-3602) unless "
            "the system mended it; update the package openssl",
            version);
    else
        findings_add(findings, FINDING_OK, "libcrypto", "OpenSSL %.40s", version);
}
