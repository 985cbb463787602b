/*
 * exec_job_family.c - all jobs of one step for one appliance, in whatever campaign.
 *
 * A job's folder has its key as name: CAMPAIGN.TARGET.STEP.INCARNATION.NUMBER. Names have
 * dots, ids of steps have none, so keys are read from their end.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_job.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/xalloc.h"

const char *exec_job_step(const char *key)
{
    const char *at = key + strlen(key);
    for (int dots = 0; at > key; at--)
        if (at[-1] == '.' && ++dots == 3)
            return at;
    return NULL;
}

char *exec_job_family(const struct slipway_call *call, const char *step)
{
    auto_json json_t *target =
        json_parse(call->target, strlen(call->target), JSON_BYTES_MAX, NULL);
    const char *name = json_text(target, "name");
    return xasprintf(".%.60s.%.24s", name ? name : "", step);
}

/* "CAMPAIGN.TARGET.STEP.2.17": is ".TARGET.STEP" in front of the last two numbers? */
static bool is_of_family(const char *key, const char *family)
{
    const char *step = exec_job_step(key);
    const char *end = step ? step + strcspn(step, ".") : NULL;
    size_t length = strlen(family);
    return end && (size_t)(end - key) >= length &&
           !strncmp(end - length, family, length) && isdigit((unsigned char)end[1]);
}

int exec_job_each(const char *job_dir, const char *family,
                  int (*visit)(void *data, const char *folder), void *data)
{
    int code = 0;
    DIR *dir = opendir(job_dir);
    for (struct dirent *entry; dir && !code && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' || !is_of_family(entry->d_name, family))
            continue;
        auto_free char *folder = xasprintf("%s/%s", job_dir, entry->d_name);
        code = visit(data, folder);
    }
    if (dir)
        (void)closedir(dir);
    return code;
}
