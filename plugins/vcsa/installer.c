/*
 * installer.c - see installer.h. Small files, read within a limit; what is not there or
 * cannot be read is simply not known.
 */
#include "vcsa/installer.h"

#include <glob.h>
#include <string.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa/limits.h"

static void read_exit(const char *folder, struct vcsa_installer *out)
{
    auto_buf struct buf text = {0};
    auto_free char *path = xasprintf("%s/status", folder);
    if (file_read(path, VCSA_TEXT_MAX, &text, NULL))
        return;
    auto_free char *line = xstrndup(buf_text(&text), strcspn(buf_text(&text), "\n"));
    out->ended = true;
    (void)text_clean(line, out->status, sizeof out->status);
}

static void read_word(const char *folder, struct vcsa_installer *out)
{
    auto_free char *pattern =
        xasprintf("%s/log/workflow_*/vcsa-cli-installer-status.json", folder);
    auto_buf struct buf text = {0};
    glob_t found = {0};
    if (!glob(pattern, 0, NULL, &found) &&
        found.gl_pathc) /* sorted: the last is latest */
        (void)file_read(found.gl_pathv[found.gl_pathc - 1], VCSA_LOGIN_MAX, &text, NULL);
    globfree(&found);
    auto_json json_t *json =
        json_parse(buf_text(&text), text.length, VCSA_LOGIN_MAX, NULL);
    const char *word = json_text(json_object_get(json, "vcsaDeploy"), "status");
    (void)text_clean(word ? word : "", out->word, sizeof out->word);
}

void vcsa_installer_read(const char *folder, struct vcsa_installer *out)
{
    *out = (struct vcsa_installer){.ended = false};
    if (!folder || folder[0] != '/' || strpbrk(folder, "*?["))
        return;
    read_exit(folder, out);
    read_word(folder, out);
}
