/*
 * v_bundle.c - nsx.v_bundle: an upgrade bundle comes to an NSX-V manager, fetched by itself
 * from a URL (6.3.3 and later) or sent from a file of this machine.
 *
 *   start ─┬ that bundle is there ────────────────────► DONE, nothing was done
 *          ├ POST uploadbundlefromurl/NSX?fileurl=URL ─► PENDING
 *          └ POST uploadbundle/NSX, form field `file` ─► PENDING
 *   poll ──┬ upgrade/information leads to the release ─► DONE
 *          ├ the status says that it failed ──────────► FAILED
 *          └ otherwise ──────────────────────────────► PENDING until the step's time is over
 *
 * Another upload replaces the first, so it is IDEMPOTENT. A file is read while it is sent;
 * sending takes as long as it takes, within the step's time.
 */
#include <string.h>

#include "nsx/bundle.h"
#include "nsx/operations.h"
#include "nsx/v_manager.h"
#include "nsx/version.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

#define URL_SINCE "6.3.3.0"

static enum slipway_outcome wait_for_it(struct nsx_talk *talk, bool failed_before,
                                        int looks)
{
    return nsx_pending(talk,
                       json_pack("{s:b, s:i}", "failed", failed_before, "looks", looks));
}

static enum nsx_answer send_file(struct nsx_talk *talk, const char *file)
{
    const struct http_upload upload = {.field = "file", .file = file};
    const struct nsx_request request = {.method = "POST",
                                        .path = NSX_V "/upgrade/uploadbundle/NSX",
                                        .upload = &upload,
                                        .timeout_ms = NSX_UPLOAD_MS};
    return nsx_act_xml(talk, &request);
}

static enum nsx_answer name_url(struct nsx_talk *talk, const char *url)
{
    auto_wiped char *encoded = nsx_encoded(url);
    auto_wiped char *path =
        xasprintf(NSX_V "/upgrade/uploadbundlefromurl/NSX?fileurl=%s", encoded);
    const struct nsx_request request = {.method = "POST", .path = path};
    return nsx_act_xml(talk, &request);
}

static enum slipway_outcome bring(struct nsx_talk *talk, const char *version,
                                  bool failed_before)
{
    const char *file = json_text(talk->with, "file"), *url = NULL;
    if (!file && (nsx_bundle_url(talk, &url) || !url))
        return nsx_say(talk, SLIPWAY_REFUSED, "%s",
                       url ? talk->err.text : "give url, url_secret or file");
    if (url && text_version_cmp(version, URL_SINCE) < 0)
        return nsx_say(
            talk, SLIPWAY_REFUSED,
            "%s: it has %s, and fetching a bundle from a URL exists since 6.3.3; "
            "give `file` instead",
            talk->target.name, version);
    enum nsx_answer answer = file ? send_file(talk, file) : name_url(talk, url);
    return answer == NSX_OK ? wait_for_it(talk, failed_before, 0)
                            : nsx_act_outcome(talk, answer, "the upload of the bundle");
}

enum slipway_outcome nsx_v_bundle_start(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_v_information struct nsx_v_information about = {.from = ""};
    struct nsx_v_status status;
    char version[NSX_VERSION_MAX];
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_REFUSED;
    enum nsx_answer answer = nsx_v_version_read(&talk, version);
    if (answer == NSX_OK)
        answer = nsx_v_status_read(&talk, &status);
    if (answer == NSX_OK)
        answer = nsx_v_information_read(&talk, &about);
    if (answer != NSX_OK)
        return nsx_read_outcome(&talk, answer);
    if (status.phase == NSX_V_BUSY)
        return nsx_wait(&talk, "%s: something is under way (%s)", talk.target.name,
                        status.word);
    if (nsx_version_is(about.to, nsx_wanted(&talk)) && status.phase != NSX_V_FAILED)
        return nsx_done(&talk, json_pack("{s:b, s:s}", "changed", 0, "target", about.to));
    return bring(&talk, version, status.phase == NSX_V_FAILED);
}

/* What it says while it comes: an old failure stands there for a while. */
static enum slipway_outcome judge(struct nsx_talk *talk, const json_t *handle,
                                  const struct nsx_v_status *status,
                                  const struct nsx_v_information *about)
{
    bool failed_before = json_is_true(json_object_get(handle, "failed"));
    int looks = (int)json_number(handle, "looks", 0) + 1;
    bool lasting = looks > NSX_OLD_LOOKS;
    bool failed = status->phase == NSX_V_FAILED && (!failed_before || lasting);
    looks = lasting ? NSX_OLD_LOOKS : looks; /* an unchanged handle costs nothing */
    if (!failed && nsx_version_is(about->to, nsx_wanted(talk)) &&
        status->phase != NSX_V_BUSY)
        return nsx_done(talk, json_pack("{s:b, s:s}", "changed", 1, "target", about->to));
    if (failed)
        return nsx_say(
            talk, SLIPWAY_FAILED,
            "%s: the bundle was not accepted (%s%s%s); compare its checksum with "
            "the vendor's, and look whether the manager reaches that server",
            talk->target.name, status->word, status->step[0] ? ", " : "", status->step);
    if (lasting && about->to[0] && status->phase == NSX_V_IDLE)
        return nsx_say(
            talk, SLIPWAY_FAILED,
            "%s: the bundle that is there leads to %s, not %s: give the URL or "
            "file of the right one",
            talk->target.name, about->to, nsx_wanted(talk));
    talk->call->host->progress(talk->call, status->percent, status->word);
    return wait_for_it(talk, failed_before, looks);
}

enum slipway_outcome nsx_v_bundle_poll(struct slipway_call *call)
{
    auto_nsx_talk struct nsx_talk talk;
    auto_json json_t *handle = nsx_handle_get(call);
    auto_v_information struct nsx_v_information about = {.from = ""};
    struct nsx_v_status status;
    const char *url;
    if (nsx_talk_open_versioned(&talk, call))
        return SLIPWAY_UNKNOWN;
    if (nsx_bundle_url(&talk, &url)) /* only to hide it in what comes back */
        return nsx_say(&talk, SLIPWAY_UNKNOWN, "%s", talk.err.text);
    enum nsx_answer answer = nsx_v_status_read(&talk, &status);
    if (answer == NSX_OK)
        answer = nsx_v_information_read(&talk, &about);
    if (answer == NSX_OK)
        return judge(&talk, handle, &status, &about);
    call->host->say(call, "%s", talk.err.text);
    return nsx_is_silence(&talk, answer) ? nsx_pending(&talk, json_incref(handle))
                                         : SLIPWAY_UNKNOWN;
}
