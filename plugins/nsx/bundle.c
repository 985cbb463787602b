/*
 * bundle.c - see bundle.h. The manager fetches a bundle itself, so the URL is the
 * manager's to reach; slipway only checks that it is one.
 */
#include "nsx/bundle.h"

#include <string.h>
#include <strings.h>

#include "nsx/version.h"
#include "util/auto.h"

static bool is_url(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "ftp://", "sftp://",
                                          "scp://"};
    bool known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++)
        known = known || !strncasecmp(url, schemes[i], strlen(schemes[i]));
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return known && strlen(url) <= HTTP_URL_MAX;
}

int nsx_bundle_url(struct nsx_talk *talk, const char **out)
{
    if (nsx_secret_text(talk, "url", "url_secret", out))
        return -1;
    if (!*out || is_url(*out))
        return 0;
    return slipway_error_set(
        &talk->err, -1,
        "url: give https://HOST/PATH of the bundle, percent-encoded where needed");
}

int nsx_bundle_check(const char *with, struct slipway_error *err)
{
    auto_json json_t *json = json_parse(with, strlen(with), JSON_BYTES_MAX, NULL);
    const char *url = json_text(json, "url");
    bool secret = json_object_get(json, "url_secret") != NULL;
    bool file = json_object_get(json, "file") != NULL;
    if (nsx_version_check(with, err))
        return -1;
    if ((url != NULL) + secret + file != 1)
        return slipway_error_set(
            err, -1, "say where the bundle comes from: one of url, url_secret%s",
            file ? " and file" : "");
    if (url && !strstr(url, "${") && !is_url(url))
        return slipway_error_set(err, -1, "url: give https://HOST/PATH of the bundle");
    if (url && http_url_has_user(url))
        return slipway_error_set(err, -1,
                                 "url: it holds a password; give it as url_secret");
    return 0;
}

int nsx_talk_open_versioned(struct nsx_talk *talk, struct slipway_call *call)
{
    if (nsx_talk_open(talk, call))
        return -1;
    if (!nsx_version_check(call->with, &talk->err) && nsx_wanted(talk))
        return 0;
    call->host->say(call, "%s",
                    talk->err.text[0] ? talk->err.text : "version is missing");
    return -1;
}
