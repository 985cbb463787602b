/*
 * common.c - what several verbs need: saying what went wrong, opening the state,
 * the plugins, and reaching the running owner.
 */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "loop/control.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"

#define CONTROL_PATIENCE_MS 5000
#define CONTROL_RETRY_MS    50

#define SENTENCE_MAX 4096 /* bytes of one line on stderr */

int cli_fail(const struct cli *cli, int exit_code, const char *format, ...)
{
    auto_buf struct buf said = {0}, line = {0};
    va_list args;
    (void)cli;
    va_start(args, format);
    buf_addv(&said, format, args);
    va_end(args);
    /* once for all: whatever was quoted in it cannot steer a terminal */
    text_sanitize(&line, buf_text(&said), said.length, SENTENCE_MAX);
    (void)fprintf(stderr, "slipway: %s\n", buf_text(&line));
    return exit_code;
}

int cli_store_failure(const struct cli *cli, int code, const struct slipway_error *err)
{
    (void)cli_fail(cli, EXIT_ERROR, "%s", err->text);
    return code == STORE_OWNED ? EXIT_NOT_OWNER : EXIT_ERROR;
}

int cli_print(const struct cli *cli, const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout))
        return cli_fail(cli, EXIT_ERROR, "cannot write the output: %s", strerror(errno));
    return EXIT_DONE;
}

int cli_print_json(const struct cli *cli, int schema, const char *key, json_t *value)
{
    auto_json json_t *doc = json_pack("{s:i, s:o}", "schema_version", schema, key, value);
    auto_free char *text = json_pretty(doc);
    auto_buf struct buf out = {0};
    buf_addf(&out, "%s\n", text);
    return cli_print(cli, buf_text(&out));
}

int cli_open_reader(struct cli *cli, struct store **store,
                    struct store_campaign *campaign)
{
    struct slipway_error err = {""};
    auto_store struct store *opened = NULL;
    int code = store_open_reader(cli->state_dir, &opened, &err);
    if (!code && campaign)
        code = store_find_campaign(opened, cli->common_campaign, campaign, &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    *store = steal_ptr(&opened);
    return EXIT_DONE;
}

int cli_plugins(const struct cli *cli, struct plugins **out)
{
    struct slipway_error err = {""};
    struct plugins *plugins = plugins_create();
    if (plugins_add_table(plugins, cli->plugin_table, &err) ||
        (cli->plugins_dir && plugins_load(plugins, cli->plugins_dir, &err))) {
        plugins_free(plugins);
        return cli_fail(cli, EXIT_ERROR, "%s", err.text);
    }
    *out = plugins;
    return EXIT_DONE;
}

const char *cli_actor(char *out, size_t size)
{
    return control_user(getuid(), out, size);
}

const char *cli_command(const struct cli *cli, char *out, size_t size)
{
    if (!strcmp(cli->state_dir, CLI_STATE_DEFAULT))
        (void)snprintf(out, size, "slipway");
    else
        (void)snprintf(out, size, "slipway --state %s", cli->state_dir);
    return out;
}

/* ---- operators' verbs ---- */

/* Nobody runs: own the state for the length of the verb; nothing is issued. */
static int execute_alone(struct cli *cli, const struct control_request *request,
                         struct slipway_error *err)
{
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    struct driver *driver = NULL;
    char command[64], actor[128];
    (void)snprintf(command, sizeof command, "slipway %s", request->verb);
    int code = store_open_owner(cli->state_dir, command, &store, err);
    if (!code)
        code = store_find_campaign(store, cli->common_campaign, &campaign, err);
    if (!code)
        code = driver_open(store, campaign.id, &driver, err);
    if (!code) {
        auto_json json_t *json = control_document(request);
        code = control_execute(driver, json, cli_actor(actor, sizeof actor), err);
    }
    driver_close(driver);
    return code;
}

/* Codes 1 of store.h (owned) and of the engine (rejected) must not be mixed up. */
static bool store_is_owned(const struct cli *cli)
{
    struct store_owner owner = {0};
    return !store_owner(cli->state_dir, &owner, NULL) && owner.running;
}

/* To whoever owns the state. An owner that is just starting or ending holds the
   lock but does not listen yet or any more: try both ways for a while. *alone says
   which way it went. Codes of store.h if alone, of control_send otherwise. */
static int reach_owner(struct cli *cli, const struct control_request *request,
                       bool *alone, struct slipway_error *err)
{
    const struct timespec pause = {.tv_nsec = CONTROL_RETRY_MS * 1000000L};
    for (int left_ms = CONTROL_PATIENCE_MS;; left_ms -= CONTROL_RETRY_MS) {
        int code = control_send(cli->state_dir, request, err);
        *alone = code == CONTROL_NOBODY;
        if (!*alone)
            return code;
        code = execute_alone(cli, request, err);
        if (code != STORE_OWNED || left_ms <= 0 || !store_is_owned(cli))
            return code;
        (void)nanosleep(&pause, NULL);
    }
}

int cli_reach(struct cli *cli, const struct control_request *request, bool *alone)
{
    struct slipway_error err = {""};
    *alone = false;
    int code = reach_owner(cli, request, alone, &err);
    if (*alone && (code > 1 || (code == STORE_OWNED && store_is_owned(cli))))
        return cli_store_failure(cli, code, &err);
    return code ? cli_fail(cli, EXIT_ERROR, "%s", err.text) : EXIT_DONE;
}

int cli_control(struct cli *cli, const struct control_request *request, const char *done)
{
    char clean[SLIPWAY_ERROR_MAX], self[512];
    bool alone = false;
    int code = cli_reach(cli, request, &alone);
    if (code)
        return code;
    auto_buf struct buf line = {0};
    (void)text_clean(done, clean, sizeof clean);
    if (cli->json) {
        auto_json json_t *json =
            json_pack("{s:i, s:s, s:b}", "schema_version", CLI_JSON_SCHEMA, "done", clean,
                      "running", !alone);
        auto_free char *text = json_pretty(json);
        buf_addf(&line, "%s\n", text);
        return cli_print(cli, buf_text(&line));
    }
    buf_addf(&line, "%s\n", clean);
    if (alone)
        buf_addf(&line, "recorded; no slipway is running: go on with: %s resume\n",
                 cli_command(cli, self, sizeof self));
    return cli_print(cli, buf_text(&line));
}
