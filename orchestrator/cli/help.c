/* help.c - see help.h. */
#include "cli/help.h"

#include <string.h>

#include "cli/words.h"
#include "report/layout.h"
#include "util/auto.h"
#include "util/text.h"

const struct help_exit_code help_exit_codes[] = {
    {EXIT_DONE, "done, or nothing to do"},
    {EXIT_ERROR, "error, said in one line on stderr with what to do"},
    {EXIT_CHANGES, "plan --detailed-exitcode: the plan would change something"},
    {EXIT_PAUSED, "paused: a human must act"},
    {EXIT_SOME_FAILED, "finished, some targets failed or were rolled back"},
    {EXIT_WAITING, "waiting for a window, soak or gate; resume goes on"},
    {EXIT_STALE, "plan stale or not approved"},
    {EXIT_NOT_OWNER, "another slipway owns this state"},
    {EXIT_STRANDED_TARGETS, "stranded targets: a rollback failed"},
    {EXIT_USAGE, "usage"},
    {EXIT_INTERRUPTED, "interrupted, resumable"},
    {0, NULL},
};

#define LEFT_COLUMN 22

/* "  --state DIR            help", wrapped under itself. */
static void add_entry(const struct layout *layout, const char *left, const char *text)
{
    char lead[96];
    (void)snprintf(lead, sizeof lead, "  %-*s ", LEFT_COLUMN, left);
    layout_paragraph(layout, lead, COLOUR_NONE, text);
}

static void add_options(struct buf *out, const struct cli_option *options)
{
    struct layout layout = {out, false};
    for (int i = 0; options && options[i].name; i++) {
        char left[64];
        auto_buf struct buf text = {0};
        (void)snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                       options[i].value ? " " : "",
                       options[i].value ? options[i].value : "");
        buf_addf(&text, "%s%s", options[i].help,
                 options[i].required ? " (required)" : "");
        add_entry(&layout, left, buf_text(&text));
    }
}

int help_all(const struct cli *cli, int exit_code)
{
    auto_buf struct buf out = {0};
    struct layout layout = {&out, false};
    buf_adds(
        &out,
        "slipway " SLIPWAY_VERSION
        " - rolling upgrades of appliance fleets: in waves, with a snapshot before\n"
        "every change, put back by itself when checks fail, resumable at any time.\n\n"
        "Usage: slipway [--state DIR] VERB [ARGUMENTS] [OPTIONS]\n\nVerbs:\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        buf_addf(&out, "  %-11s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    buf_adds(&out, "\nCommon options:\n");
    add_options(&out, cli_common_options);
    buf_adds(&out, "\nExit codes:\n");
    for (const struct help_exit_code *e = help_exit_codes; e->text; e++) {
        char left[16];
        (void)snprintf(left, sizeof left, "  %3d  ", e->code);
        layout_paragraph(&layout, left, COLOUR_NONE, e->text);
    }
    buf_adds(&out, "\nHelp on one verb, with an example: slipway help VERB\n");
    if (exit_code == EXIT_DONE)
        return cli_print(cli, buf_text(&out));
    (void)fputs(buf_text(&out), stderr);
    return exit_code;
}

struct usage {
    struct buf *out;
    const struct cli_verb *verb;
    int count;
};

static void add_usage(void *data, const char *alternative)
{
    struct usage *usage = data;
    buf_addf(usage->out, "%s slipway %s%s%s [OPTIONS]\n",
             usage->count++ ? "      " : "Usage:", usage->verb->name,
             *alternative ? " " : "", alternative);
}

int help_verb(const struct cli *cli, const struct cli_verb *verb)
{
    auto_buf struct buf out = {0};
    struct usage usage = {&out, verb, 0};
    word_alternatives(verb->arguments, add_usage, &usage);
    buf_addf(&out, "\n%s\n", verb->description);
    if (verb->options) {
        buf_adds(&out, "\nOptions:\n");
        add_options(&out, verb->options);
    }
    buf_adds(&out, "\nCommon options:\n");
    add_options(&out, cli_common_options);
    buf_addf(&out, "\nExample:\n%s\n", verb->example);
    return cli_print(cli, buf_text(&out));
}
