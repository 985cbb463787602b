/*
 * man.c - the manual page from the verbs' tables, in roff with the man macros
 * (help.h). It holds no date, so that it is the same wherever it is made.
 */
#include <string.h>

#include "cli/help.h"
#include "cli/words.h"
#include "util/auto.h"

/* A text line: roff's own characters are escaped, and hyphens of options stay ASCII, so
   that what is copied from the page can be typed. */
static void add_text(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_adds(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_adds(out, "\\e");
        else if (*text == '-')
            buf_adds(out, "\\-");
        else if (*text == '\n')
            buf_adds(out, text[1] == '.' || text[1] == '\'' ? "\n\\&" : "\n");
        else if (*text == '\'')
            buf_adds(out, "\\(aq");
        else
            buf_addc(out, *text);
    }
}

static void add_line(struct buf *out, const char *text)
{
    add_text(out, text);
    buf_addc(out, '\n');
}

/* As it is, in a fixed font. */
static void add_block(struct buf *out, const char *text)
{
    buf_adds(out, ".PP\n.nf\n");
    add_line(out, text);
    buf_adds(out, ".fi\n");
}

static void add_options(struct buf *out, const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        buf_adds(out, ".TP\n\\fB\\-\\-");
        add_text(out, options[i].name);
        buf_adds(out, "\\fR");
        if (options[i].value) {
            buf_adds(out, " \\fI");
            add_text(out, options[i].value);
            buf_adds(out, "\\fR");
        }
        buf_addc(out, '\n');
        add_text(out, options[i].help);
        buf_adds(out, options[i].required ? " (required)\n" : "\n");
    }
}

struct usage {
    struct buf *out;
    const struct cli_verb *verb;
};

static void add_usage(void *data, const char *alternative)
{
    struct usage *usage = data;
    buf_adds(usage->out, ".br\n\\fBslipway ");
    add_text(usage->out, usage->verb->name);
    buf_adds(usage->out, "\\fR ");
    add_text(usage->out, alternative);
    buf_adds(usage->out, *alternative ? " [OPTIONS]\n" : "[OPTIONS]\n");
}

/* Lines that are laid out by hand (two blanks in a row, or a blank first) keep their
   layout; prose is filled. */
static bool is_laid_out(const char *text)
{
    return *text == ' ' || strstr(text, "\n ") || strstr(text, "  ");
}

static void add_verb(struct buf *out, const struct cli_verb *verb)
{
    struct usage usage = {out, verb};
    buf_adds(out, ".SS ");
    add_line(out, verb->name);
    add_line(out, verb->summary);
    buf_adds(out, ".PP\n");
    word_alternatives(verb->arguments, add_usage, &usage);
    if (is_laid_out(verb->description)) {
        add_block(out, verb->description);
    } else {
        buf_adds(out, ".PP\n");
        add_line(out, verb->description);
    }
    add_options(out, verb->options);
    buf_adds(out, ".PP\nExample:\n");
    add_block(out, verb->example);
}

static const struct {
    const char *name, *text;
} variables[] = {
    {"SLIPWAY_STATE", "the state directory, if --state is not given"},
    {"SLIPWAY_SHARE", "where playbooks that come with slipway lie, in playbooks/"},
    {"SLIPWAY_ALLOW_ANY_FS",
     "1 keeps a state on a network file system, whose locks may not protect it"},
    {"CREDENTIALS_DIRECTORY", "where {credential: NAME} is looked for; systemd sets it"},
    {"NO_COLOR", "no colours, also on a terminal"},
};

static const struct {
    const char *name, *text;
} files[] = {
    {".slipway/", "the state directory: database, lock, control socket, pinned plan"},
    {"fleet.yaml", "managers and appliances"},
    {"campaign.yaml", "which appliances, which playbook, which strategy"},
    {"playbooks/NAME.yaml", "the steps, the checks and the way back"},
};

static void add_term(struct buf *out, const char *term, const char *text)
{
    buf_adds(out, ".TP\n.B ");
    add_line(out, term);
    add_line(out, text);
}

void help_man(struct buf *out)
{
    buf_adds(out,
             ".\\\" Made by: slipway help --man\n"
             ".TH SLIPWAY 1 \"\" \"slipway " SLIPWAY_VERSION "\" \"User Commands\"\n"
             ".SH NAME\nslipway \\- rolling upgrades of appliance fleets\n"
             ".SH SYNOPSIS\n\\fBslipway\\fR [\\fB\\-\\-state\\fR \\fIDIR\\fR] "
             "\\fIVERB\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n"
             ".SH DESCRIPTION\n"
             "Upgrades fleets of appliances in waves, with a snapshot before every "
             "change, and puts\nan appliance back by itself when its health checks "
             "fail. It can be killed at any\ninstant; \\fBslipway resume\\fR goes on, "
             "and nothing is done twice.\n.SH VERBS\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        add_verb(out, cli_verbs[i]);
    buf_adds(out, ".SH COMMON OPTIONS\n");
    add_options(out, cli_common_options);
    buf_adds(out, ".SH EXIT STATUS\n");
    for (const struct help_exit_code *e = help_exit_codes; e->text; e++) {
        char code[16];
        (void)snprintf(code, sizeof code, "%d", e->code);
        add_term(out, code, e->text);
    }
    buf_adds(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
        add_term(out, variables[i].name, variables[i].text);
    buf_adds(out, ".SH FILES\n");
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        add_term(out, files[i].name, files[i].text);
}
