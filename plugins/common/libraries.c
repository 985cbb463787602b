/*
 * libraries.c - see libraries.h.
 *
 * The versions are those that run now, not those of the headers: an update of the
 * system changes them under a slipway that was built long ago.
 */
#include "common/libraries.h"

#include <curl/curl.h>
#include <libxml/globals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURL_OLDEST 0x075500u /* 7.85.0: protocols by name */
#define XML_OLDEST  20910

void libraries_examine_curl(slipway_find_fn find, void *data)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    char what[160];
    (void)snprintf(what, sizeof what, "libcurl %s with %s", curl->version,
                   curl->ssl_version ? curl->ssl_version : "no TLS");
    if (!curl->ssl_version || curl->version_num < CURL_OLDEST)
        find(data, SLIPWAY_UNSOUND, what,
             "needs TLS and at least 7.85.0; install the system's own libcurl");
    else if (strncmp(curl->ssl_version, "OpenSSL", 7) != 0)
        find(data, SLIPWAY_DOUBT, what,
             "pins and CA files were tried with OpenSSL only; install libcurl4 "
             "(OpenSSL)");
    else if (!(curl->features & CURL_VERSION_ASYNCHDNS))
        find(data, SLIPWAY_DOUBT, what,
             "looks names up without a time limit; write addresses instead of names "
             "into the fleet");
    else
        find(data, SLIPWAY_SOUND, what, "fine");
}

void libraries_examine_xml(slipway_find_fn find, void *data)
{
    char what[80];
    (void)snprintf(what, sizeof what, "libxml2 %s", xmlParserVersion);
    if (strtol(xmlParserVersion, NULL, 10) < XML_OLDEST)
        find(data, SLIPWAY_UNSOUND, what, "is older than 2.9.10; install a newer one");
    else
        find(data, SLIPWAY_SOUND, what, "fine");
}
