/* campaign_enter.c - see campaign_enter.h. */
#include "cli/campaign_enter.h"

#include <stdlib.h>
#include <string.h>

#include "cli/inputs_after.h"
#include "cli/plan_file.h"
#include "cli/stale.h"
#include "loop/clock.h"
#include "util/auto.h"
#include "util/text.h"

/* One campaign at a time: two would count the same appliances twice. */
static int refuse_second(struct cli *cli, const struct store_campaign *newest,
                         const struct plan *plan)
{
    char self[512];
    if (machine_is_final(&campaign_machine, (int)newest->state) ||
        !strcmp(newest->digest, plan->digest))
        return EXIT_DONE;
    (void)cli_command(cli, self, sizeof self);
    return cli_fail(
        cli, EXIT_ERROR,
        "campaign %s (%.8s) is %s: finish it with: %s resume, or end it with: %s "
        "abort --reason TEXT",
        newest->name, newest->digest,
        machine_state(&campaign_machine, (int)newest->state), self, self);
}

int campaign_enter(struct cli *cli, struct store *store, const char *plan_path,
                   int64_t *id)
{
    auto_plan struct plan *plan = NULL;
    auto_free char *text = NULL;
    auto_store_campaign struct store_campaign newest = {0};
    struct slipway_error err = {""};
    char actor[128];
    int code = plan_file_load(cli, plan_path, &plan, &text);
    if (code)
        return code;
    code = store_find_campaign(store, NULL, &newest, &err);
    if (code && code != STORE_NO_SUCH)
        return cli_store_failure(cli, code, &err);
    bool begun = !code && newest.started_ms && !strcmp(newest.digest, plan->digest);
    int wait = begun ? EXIT_DONE : after_refuse(cli, store, plan);
    if (wait)
        return wait;
    if (!code && refuse_second(cli, &newest, plan))
        return EXIT_ERROR;
    code = begun ? EXIT_DONE : stale_refuse(cli, store, plan);
    if (code)
        return code;
    code = store_begin(store, &err);
    if (!code) {
        (void)store_create_campaign(store, plan, text, text_hash(plan->digest),
                                    clock_now_ms(), cli_actor(actor, sizeof actor), id);
        code = store_commit(store, &err);
    }
    return code ? cli_store_failure(cli, code, &err) : EXIT_DONE;
}
