/*
 * cmd_report.c - slipway report: the account of a campaign. Reads only; a file is
 * written beside its place and then renamed, so that it is whole or not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/issue_shelf.h"
#include "cli/verbs.h"
#include "loop/clock.h"
#include "report/account.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN, FORMAT_COUNT };

static int choose_format(const struct cli *cli, enum format *out)
{
    static const char *const names[FORMAT_COUNT] = {"text", "json", "markdown"};
    const char *text = cli_option(cli, "format");
    char clean[80];
    *out = cli->json ? FORMAT_JSON : FORMAT_TEXT;
    for (int i = 0; text && i < FORMAT_COUNT; i++) {
        if (!strcmp(names[i], text)) {
            *out = (enum format)i;
            return EXIT_DONE;
        }
    }
    return text ? cli_fail(cli, EXIT_USAGE,
                           "--format is text, json or markdown, and not %s",
                           text_clean(text, clean, sizeof clean))
                : EXIT_DONE;
}

static int write_whole(int fd, const struct buf *text)
{
    size_t done = 0;
    while (done < text->length) {
        ssize_t written = write(fd, text->data + done, text->length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        done += (size_t)written;
    }
    return fsync(fd);
}

static int write_file(const struct cli *cli, const char *path, const struct buf *text)
{
    auto_free char *partial = xasprintf("%s.partial-XXXXXX", path);
    char clean[256];
    auto_fd int fd = mkostemp(partial, O_CLOEXEC);
    bool failed = fd < 0 || write_whole(fd, text) || rename(partial, path);
    int why = errno;
    if (failed && fd >= 0)
        (void)unlink(partial);
    if (failed)
        return cli_fail(cli, EXIT_ERROR, "cannot write %s: %s",
                        text_clean(path, clean, sizeof clean), strerror(why));
    return EXIT_DONE;
}

static void render(const struct account *account, enum format format, bool colour,
                   struct buf *out)
{
    auto_document struct document document = {.count = 0};
    if (format == FORMAT_JSON) {
        auto_free char *json = account_json(account);
        buf_addf(out, "%s\n", json);
        return;
    }
    account_document(account, &document);
    if (format == FORMAT_MARKDOWN)
        document_markdown(&document, out);
    else
        document_text(&document, colour, out);
}

static int run(struct cli *cli)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    auto_store_campaign struct store_campaign campaign = {0};
    auto_account struct account account = {.target_count = 0};
    auto_buf struct buf out = {0};
    enum format format;
    const char *path = cli_option(cli, "out");
    int code = choose_format(cli, &format);
    if (!code)
        code = cli_open_reader(cli, &store, &campaign);
    if (code)
        return code;
    code =
        account_load(store, campaign.id, cli->state_dir, clock_now_ms(), &account, &err);
    auto_issue_shelf struct issue_shelf shelf = {.store = store, .campaign = campaign.id};
    if (!code)
        code = account_find_issues(store, campaign.id, issue_shelf_open(&shelf), &account,
                                   &err);
    if (code)
        return cli_store_failure(cli, code, &err);
    render(&account, format, cli->colour && !path, &out);
    return path ? write_file(cli, path, &out) : cli_print(cli, buf_text(&out));
}

static const struct cli_option options[] = {
    {"format", "FORMAT", "text (default), json or markdown", false},
    {"out", "FILE", "write it there instead of to stdout", false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_report = {
    .name = "report",
    .summary = "the account of a campaign: who, when, how long, why not",
    .arguments = "",
    .description = "Tells a finished or running campaign: summary, waves, timeline, "
                   "failures grouped by\n"
                   "reason, how long effects took, snapshots left, who did what, and "
                   "every target with its\n"
                   "versions before and after.",
    .example = "  slipway report\n"
               "  slipway report --format markdown --out account.md",
    .options = options,
    .run = run,
};
