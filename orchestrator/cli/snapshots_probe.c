/*
 * snapshots_probe.c - see snapshots_probe.h.
 *
 * The VM's document (vsphere.vm) is read through the same workers as in a run, with
 * SLIPWAY_CALL_READ_ONLY, so that the transport refuses whatever would change
 * something. Targets' documents come from the plans that took the snapshots.
 */
#include "cli/snapshots_probe.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_pool.h"
#include "model/plan.h"
#include "model/render.h"
#include "util/auto.h"
#include "util/sha256.h"
#include "util/xalloc.h"

#define TIMEOUT_MS 30000
#define OPERATION  "vsphere.vm"

struct probing {
    struct cli *cli;
    struct store *store;
    struct snapshot_list *list;
    struct plan *plan; /* of `campaign` */
    int64_t campaign;
    struct executor *executor;
    size_t rows; /* before answers add some */
};

static int take_plan(struct probing *p, int64_t campaign)
{
    struct slipway_error err = {""};
    auto_free char *text = NULL;
    size_t length = 0;
    if (p->plan && p->campaign == campaign)
        return EXIT_DONE;
    plan_free(p->plan);
    p->plan = NULL;
    int code = store_plan(p->store, campaign, &text, &length, &err);
    if (code)
        return cli_store_failure(p->cli, code, &err);
    if (plan_from_json(text, length, &p->plan, &err))
        return cli_fail(p->cli, EXIT_ERROR, "%s", err.text);
    p->campaign = campaign;
    return EXIT_DONE;
}

/* The intent is the row + 1, so that the answer finds it again. */
static void ask(struct probing *p, size_t row)
{
    const char *doc = p->plan->targets[p->list->rows[row].target].doc;
    struct exec_request request = {
        .intent = (int64_t)row + 1,
        .verb = EXEC_START,
        .repeat = SLIPWAY_READ,
        .flags = SLIPWAY_CALL_READ_ONLY,
        .timeout_ms = TIMEOUT_MS,
        .use = xstrdup(OPERATION),
        .key = xasprintf("snapshots.probe.%zu", row),
        .with = xstrdup("{}"),
        .target = xstrdup(doc),
        .fingerprint = xcalloc(SHA256_HEX, 1),
    };
    (void)operation_fingerprint(request.use, request.with, request.fingerprint);
    exec_submit(p->executor, &request);
}

static bool asked_before(const struct snapshot_list *list, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (list->rows[i].campaign == list->rows[row].campaign &&
            list->rows[i].target == list->rows[row].target)
            return true;
    }
    return false;
}

static int ask_all(struct probing *p)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < p->rows && !code; i++) {
        if (asked_before(p->list, i))
            continue;
        code = take_plan(p, p->list->rows[i].campaign);
        if (!code && (size_t)p->list->rows[i].target < p->plan->target_count)
            ask(p, i);
    }
    return code;
}

static void collect(struct probing *p)
{
    struct exec_result results[32];
    while (exec_busy(p->executor)) {
        struct pollfd ready = {.fd = exec_fd(p->executor), .events = POLLIN};
        (void)poll(&ready, 1, 1000);
        size_t count = exec_collect(p->executor, results, ARRAY_LENGTH(results));
        for (size_t i = 0; i < count; i++) {
            size_t row = (size_t)results[i].intent - 1;
            if (results[i].outcome == SLIPWAY_DONE && results[i].result)
                snapshots_take_answer(p->list, row, results[i].result);
            else
                snapshots_note(p->list, p->list->rows[row].target_name,
                               results[i].sentence);
            exec_result_free(&results[i]);
        }
    }
}

int snapshots_probe(struct cli *cli, struct store *store, struct snapshot_list *list)
{
    struct slipway_error err = {""};
    struct plugins *plugins = NULL;
    struct probing p = {.cli = cli, .store = store, .list = list, .rows = list->count};
    int code = cli_plugins(cli, &plugins);
    if (code)
        return code;
    struct exec_pool_options options = {.plugins = plugins};
    if (plugins_open_all(plugins, &err))
        code = cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (!code && !(p.executor = exec_pool_create(&options, &err)))
        code = cli_fail(cli, EXIT_ERROR, "%s", err.text);
    if (!code)
        code = ask_all(&p);
    if (!code)
        collect(&p);
    list->probed = !code;
    exec_destroy(p.executor);
    plan_free(p.plan);
    plugins_close_all(plugins);
    plugins_free(plugins);
    return code;
}
