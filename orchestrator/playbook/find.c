/* find.c - where a playbook that is only named may lie (load.h: find_playbook). */
#include <stdlib.h>
#include <string.h>

#include "playbook/checks.h"
#include "playbook/folder.h"
#include "playbook/load.h"
#include "playbook/paths.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/text.h"
#include "util/xalloc.h"

/* A path is there or not; nothing is searched. */
static int take_path(const char *name, const char *campaign_dir, char **path,
                     struct slipway_error *err)
{
    auto_free char *absolute = path_absolute(campaign_dir, name);
    char clean[256];
    if (!path_is_file(absolute))
        return slipway_error_set(err, -1, "playbook %s: no such file",
                                 text_clean(absolute, clean, sizeof clean));
    *path = steal_ptr(&absolute);
    return 0;
}

int find_playbook(const char *name, const char *campaign_dir, char **path,
                  struct slipway_error *err)
{
    char clean[700];
    if (strchr(name, '/') || !check_name(name) || strstr(name, ".yaml") ||
        strstr(name, ".yml"))
        return take_path(name, campaign_dir, path, err);
    char *places[] = {
        xasprintf("%s/playbooks/%s.yaml", campaign_dir, name),
        xasprintf("%s/%s.yaml", campaign_dir, name),
        xasprintf("./playbooks/%s.yaml", name),
        xasprintf("%s/playbooks/%s.yaml", folder_share(), name),
    };
    auto_buf struct buf looked = {0};
    char *found = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (!found && path_is_file(places[i]))
            found = steal_ptr(&places[i]);
        else
            buf_addf(&looked, "%s%s", i ? ", " : "", places[i]);
        free(places[i]);
    }
    if (!found)
        return slipway_error_set(err, -1, "playbook %s is in none of %s", name,
                                 text_clean(buf_text(&looked), clean, sizeof clean));
    *path = found;
    return 0;
}
