/*
 * inventory_discover.c - slipway inventory import --from-manager: which appliances does a
 * manager hold that the inventory does not have? (cli/inventory.h)
 *
 * Asked with reads only; nothing is written into the state. What comes out is a piece of
 * a fleet file for people to complete and to import, because a manager knows neither who
 * may log in nor what a label means here. An answer that was cut is asked for again
 * behind what is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/discovery.h"
#include "cli/inventory.h"
#include "cli/inventory_diff.h"
#include "exec/exec_pool.h"
#include "model/render.h"
#include "playbook/load.h"
#include "report/discovery.h"
#include "report/inventory.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/xalloc.h"

#define OPERATION  "vsphere.machines"
#define TIMEOUT_MS 120000
#define ASKS_MAX   1000 /* a manager that never ends */

struct asking {
    struct cli *cli;
    struct fleet known;
    const json_t *manager; /* in `known` or in `named` */
    struct fleet named;    /* what the file on the command line has */
    struct discovery_wish wish;
    struct discovery discovery;
    struct executor *executor;
    char *failure; /* why nobody answered */
    size_t total, seen;
    bool done;
};

/* ---- what is known ---- */

static const json_t *manager_of(const struct fleet *fleet, const char *name)
{
    for (size_t i = 0; i < fleet->manager_count; i++)
        if (!strcmp(fleet->managers[i].name, name))
            return fleet->managers[i].doc;
    return NULL;
}

static int load_file(struct asking *a)
{
    auto_problems struct problem_list problems = {0};
    int code = load_fleet(a->cli->arguments[1], &a->named, NULL, &problems);
    auto_free char *text = problems_text(&problems);
    (void)fputs(text, stderr);
    return code ? cli_fail(a->cli, EXIT_ERROR, "nobody was asked: the file has errors")
                : EXIT_DONE;
}

static int load_known(struct asking *a)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    bool file = a->cli->argument_count > 1;
    int code = store_open_reader(a->cli->state_dir, &store, &err);
    if (code == STORE_MISSING)
        code = STORE_OK;
    else if (!code)
        code = store_load_fleet(store, &a->known, &err);
    if (code)
        return cli_store_failure(a->cli, code, &err);
    if (file && load_file(a))
        return EXIT_ERROR;
    a->manager = manager_of(file ? &a->named : &a->known, a->wish.manager);
    if (a->manager)
        return EXIT_DONE;
    return cli_fail(a->cli, EXIT_ERROR, "no manager is called %s in %s%s",
                    a->wish.manager, file ? a->cli->arguments[1] : "the inventory",
                    file ? ""
                         : "; name a fleet file that has it: slipway inventory import "
                           "fleet.yaml --from-manager NAME");
}

/* ---- asking ---- */

static void submit(struct asking *a)
{
    const char *kind = cli_option(a->cli, "kind");
    auto_json json_t *target = json_pack("{s:s, s:s, s:O}", "name", "inventory", "host",
                                         "-", "manager", (json_t *)(uintptr_t)a->manager);
    auto_json json_t *with =
        json_pack("{s:s?, s:I}", "kind", kind, "skip", (json_int_t)a->seen);
    if (!kind)
        (void)json_object_del(with, "kind");
    struct exec_request request = {.intent = 1,
                                   .verb = EXEC_START,
                                   .repeat = SLIPWAY_READ,
                                   .flags = SLIPWAY_CALL_READ_ONLY,
                                   .timeout_ms = TIMEOUT_MS,
                                   .use = xstrdup(OPERATION),
                                   .key = xstrdup("inventory.machines"),
                                   .with = json_canonical(with),
                                   .target = json_canonical(target),
                                   .fingerprint = xcalloc(SHA256_HEX, 1)};
    (void)operation_fingerprint(request.use, request.with, request.fingerprint);
    exec_submit(a->executor, &request);
}

static void take_silent(struct asking *a, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "silent");
    for (size_t i = 0; i < json_array_size(list) && !a->seen; i++) {
        char why[400];
        const char *text = json_text(json_array_get(list, i), "why");
        (void)fprintf(stderr, "slipway: a host could not be asked: %s\n",
                      text_clean(text ? text : "", why, sizeof why));
    }
}

static void take(struct asking *a, const struct exec_result *result)
{
    const char *text = result->result ? result->result : "";
    auto_json json_t *answer = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    const json_t *list = json_object_get(answer, "machines");
    if (result->outcome != SLIPWAY_DONE || !json_is_array(list)) {
        xreplace(&a->failure,
                 result->sentence ? result->sentence : "the manager's answer is none");
        return;
    }
    take_silent(a, answer);
    for (size_t i = 0; i < json_array_size(list); i++)
        discovery_add(&a->discovery, &a->wish, json_array_get(list, i));
    a->seen += json_array_size(list);
    a->total = (size_t)json_number(answer, "total", 0);
    a->discovery.machines_seen = (size_t)json_number(answer, "machines_seen", 0);
    a->done = a->seen >= a->total || !json_array_size(list);
}

static void ask_once(struct asking *a)
{
    struct exec_result result;
    submit(a);
    while (exec_busy(a->executor)) {
        struct pollfd ready = {.fd = exec_fd(a->executor), .events = POLLIN};
        (void)poll(&ready, 1, 1000);
        while (exec_collect(a->executor, &result, 1)) {
            take(a, &result);
            exec_result_free(&result);
        }
    }
}

static int ask(struct asking *a)
{
    struct slipway_error err = {""};
    struct plugins *plugins = NULL;
    int code = cli_plugins(a->cli, &plugins);
    if (code)
        return code;
    struct exec_pool_options options = {.plugins = plugins};
    if (!plugins_open_all(plugins, &err))
        a->executor = exec_pool_create(&options, &err);
    if (!a->executor)
        code = cli_fail(a->cli, EXIT_ERROR, "%s", err.text);
    for (int asks = 0; !code && !a->done && !a->failure && asks < ASKS_MAX; asks++)
        ask_once(a);
    if (a->failure)
        code = cli_fail(a->cli, EXIT_ERROR, "%s", a->failure);
    exec_destroy(a->executor);
    plugins_close_all(plugins);
    plugins_free(plugins);
    return code;
}

/* ---- telling ---- */

static void summary(const struct asking *a, const struct inventory_changes *changes,
                    struct buf *out)
{
    const struct discovery *found = &a->discovery;
    buf_addf(out,
             "%s: %zu machine%s looked at, %zu appliance%s: %zu new, %zu known, %zu to "
             "look at\n",
             a->wish.manager, found->machines_seen, found->machines_seen == 1 ? "" : "s",
             a->total, a->total == 1 ? "" : "s", found->proposals.appliance_count,
             found->known, found->note_count);
    inventory_changes_text(changes, false, out);
    for (size_t i = 0; i < found->note_count; i++)
        buf_addf(out, "? %s: %s\n", found->notes[i].machine, found->notes[i].text);
}

/* In front of the YAML, so that the whole can be kept as a file. */
static void as_comment(const char *text, struct buf *out)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        buf_addf(out, "# %.*s\n", (int)length, text);
        text += length + (text[length] != '\0');
    }
}

static json_t *notes_json(const struct discovery *found)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->note_count; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "machine",
                                                    found->notes[i].machine, "note",
                                                    found->notes[i].text));
    return list;
}

static int print_json(struct asking *a, const struct inventory_changes *changes)
{
    const struct discovery *found = &a->discovery;
    auto_buf struct buf out = {0};
    auto_json json_t *json = json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "schema_version",
        INVENTORY_JSON_SCHEMA, "manager", a->wish.manager, "machines_seen",
        (json_int_t)found->machines_seen, "appliances_seen", (json_int_t)a->total,
        "known", (json_int_t)found->known, "proposals", discovery_json(&found->proposals),
        "changes", inventory_changes_json(changes), "notes", notes_json(found));
    auto_free char *text = json_pretty(json);
    buf_addf(&out, "%s\n", text);
    return cli_print(a->cli, buf_text(&out));
}

/* Never over a file that people have. */
static int keep(struct asking *a, const char *path, const struct buf *text)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return cli_fail(a->cli, EXIT_ERROR, "%s: %s%s", path, strerror(errno),
                        errno == EEXIST ? "; slipway does not overwrite it" : "");
    for (size_t at = 0; at < text->length;) {
        ssize_t wrote = write(fd, text->data + at, text->length - at);
        if (wrote < 0 && errno != EINTR)
            return cli_fail(a->cli, EXIT_ERROR, "%s: %s", path, strerror(errno));
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return EXIT_DONE;
}

static int print_text(struct asking *a, const struct inventory_changes *changes)
{
    const char *path = cli_option(a->cli, "out");
    auto_buf struct buf told = {0}, out = {0};
    summary(a, changes, &told);
    as_comment(buf_text(&told), &out);
    buf_adds(&out, "# How to log in comes from `defaults` of the fleet file; nothing was "
                   "imported.\n");
    discovery_yaml(&a->discovery.proposals, &out);
    if (!path)
        return cli_print(a->cli, buf_text(&out));
    int code = keep(a, path, &out);
    return code ? code : cli_print(a->cli, buf_text(&told));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct appliance *)a)->name,
                  ((const struct appliance *)b)->name);
}

static int print(struct asking *a)
{
    struct slipway_error err = {""};
    struct fleet *found = &a->discovery.proposals;
    auto_inventory_changes struct inventory_changes changes = {0};
    auto_store struct store *store = NULL;
    if (found->appliance_count)
        qsort(found->appliances, found->appliance_count, sizeof *found->appliances,
              by_name);
    int code = store_open_reader(a->cli->state_dir, &store, &err);
    if (code == STORE_MISSING) {
        inventory_diff_nothing(found, &changes);
        code = STORE_OK;
    } else if (!code) {
        code = inventory_diff(store, found, false, &changes, &err);
    }
    if (code)
        return cli_store_failure(a->cli, code, &err);
    return a->cli->json ? print_json(a, &changes) : print_text(a, &changes);
}

int inventory_discover(struct cli *cli, const char *manager)
{
    struct asking a = {.cli = cli,
                       .wish = {.manager = manager, .folder = cli_option(cli, "folder")}};
    if (cli->json && cli_option(cli, "out"))
        return cli_fail(cli, EXIT_USAGE, "--out keeps YAML; give it without --json");
    int code = load_known(&a);
    if (!code) {
        discovery_begin(&a.discovery, &a.known);
        discovery_begin(&a.discovery, &a.named);
        code = ask(&a);
    }
    if (!code)
        code = print(&a);
    discovery_clear(&a.discovery);
    fleet_clear(&a.known);
    fleet_clear(&a.named);
    free(a.failure);
    return code;
}
