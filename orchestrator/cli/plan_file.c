/* plan_file.c - see plan_file.h. */
#include "cli/plan_file.h"

#include <string.h>

#include "util/auto.h"
#include "util/file.h"
#include "util/xalloc.h"

int plan_file_save(struct cli *cli, struct plan *plan, const char *out_path, char **path)
{
    struct slipway_error err = {""};
    if (!out_path && store_create(cli->state_dir, &err))
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    auto_free char *final =
        out_path ? xstrdup(out_path) : xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    auto_free char *text = plan_to_json(plan);
    if (file_replace(final, text, strlen(text), 0600, &err))
        return cli_fail(cli, EXIT_ERROR, "the plan: %s", err.text);
    *path = steal_ptr(&final);
    return EXIT_DONE;
}

int plan_file_load(struct cli *cli, const char *path, struct plan **plan, char **text)
{
    struct slipway_error err = {""};
    auto_free char *own = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    const char *from = path ? path : own;
    auto_buf struct buf bytes = {0};
    if (file_read(from, STORE_PLAN_MAX, &bytes, &err))
        return cli_fail(cli, EXIT_ERROR,
                        "no plan: %s %s; make one with: slipway plan CAMPAIGN.yaml", from,
                        err.text);
    if (plan_from_json(buf_text(&bytes), bytes.length, plan, &err))
        return cli_fail(cli, EXIT_STALE, "%s: %s", from, err.text);
    *text = xstrdup(buf_text(&bytes));
    return EXIT_DONE;
}

char *plan_file_peek(struct cli *cli, const char *path, size_t *length)
{
    auto_free char *own = xasprintf("%s/%s", cli->state_dir, PLAN_FILE_NAME);
    auto_buf struct buf bytes = {0};
    if (file_read(path ? path : own, STORE_PLAN_MAX, &bytes, NULL))
        return NULL;
    *length = bytes.length;
    return xstrdup(buf_text(&bytes));
}
