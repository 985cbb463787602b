/*
 * completion_fish.c - completion for fish (completion.h): one `complete` line for each
 * verb, option and argument.
 */
#include "cli/completion.h"
#include "util/auto.h"

static const char head[] =
    "# fish completion for slipway, made by: slipway completion fish\n"
    "#   slipway completion fish > ~/.config/fish/completions/slipway.fish\n\n"
    "# The words that are no options, without the one that is being typed.\n"
    "function __slipway_words\n"
    "    set -l skip 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = 1\n"
    "            set skip 0\n"
    "        else if string match -q -- '-*' $word\n"
    "            contains -- $word $__slipway_valued; and set skip 1\n"
    "        else\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "function __slipway_state # what stands after --state\n"
    "    set -l words (commandline -opc)\n"
    "    for i in (seq (count $words))\n"
    "        if test \"$words[$i]\" = --state; and set -q words[(math $i + 1)]\n"
    "            echo $words[(math $i + 1)]\n"
    "        else if string match -q -- '--state=*' $words[$i]\n"
    "            string replace -- --state= '' $words[$i]\n"
    "        end\n"
    "    end\n"
    "end\n"
    "function __slipway_names # KIND: names that the state knows\n"
    "    set -l state (__slipway_state)\n"
    "    if set -q state[1]\n"
    "        slipway --state $state[1] completion $argv[1] 2>/dev/null\n"
    "    else\n"
    "        slipway completion $argv[1] 2>/dev/null\n"
    "    end\n"
    "end\n"
    "function __slipway_no_verb\n"
    "    test (count (__slipway_words)) = 0\n"
    "end\n"
    "function __slipway_verb # VERB [NUMBER]: of words after it, from 0\n"
    "    set -l words (__slipway_words)\n"
    "    test \"$words[1]\" = $argv[1]; or return 1\n"
    "    set -q argv[2]; or return 0\n"
    "    test (math (count $words) - 1) = $argv[2]\n"
    "end\n"
    "function __slipway_after # VERB WORD\n"
    "    set -l words (__slipway_words)\n"
    "    test \"$words[1] $words[2]\" = \"$argv\"\n"
    "end\n\n"
    "complete -c slipway -f\n";

static void add_quoted(struct buf *out, const char *text)
{
    buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
    buf_addc(out, '\'');
}

/* " -a ..." or " -F": what can stand there. */
static void add_values(struct buf *out, const char *placeholder)
{
    auto_free char *choices = word_choices(placeholder);
    enum word_kind kind = word_kind(placeholder);
    const char *source = completion_source(kind);
    if (source)
        buf_addf(out, " -a '(__slipway_names %s)'", source);
    else if (kind == WORD_VERB)
        buf_adds(out, " -a \"$__slipway_verbs\"");
    else if (*choices)
        buf_addf(out, " -a '%s'", choices);
    else if (kind == WORD_FOLDER)
        buf_adds(out, " -a '(__fish_complete_directories)'");
    else if (kind == WORD_FILE)
        buf_adds(out, " -F");
}

static void add_options(struct buf *out, const char *verb,
                        const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        buf_adds(out, "complete -c slipway");
        if (verb)
            buf_addf(out, " -n '__slipway_verb %s'", verb);
        buf_addf(out, " -l %s -d ", options[i].name);
        add_quoted(out, options[i].help);
        if (options[i].value) {
            /* -x: and no files, which fish offers for every value otherwise */
            buf_adds(out, word_kind(options[i].value) == WORD_FILE ? " -r" : " -x");
            add_values(out, options[i].value);
        }
        buf_addc(out, '\n');
    }
}

static void add_valued(struct buf *out, const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        if (options[i].value)
            buf_addf(out, " --%s", options[i].name);
    }
}

struct after {
    struct buf *out;
    const char *verb;
};

/* "import FILE": after import come files. */
static void add_after(void *data, const char *alternative)
{
    const struct after *after = data;
    auto_free char *word = word_choices(alternative);
    auto_free char *rest = word_placeholders(alternative);
    if (!*rest)
        return;
    buf_addf(after->out, "complete -c slipway -n '__slipway_after %s %s'", after->verb,
             word);
    add_values(after->out, rest);
    buf_addc(after->out, '\n');
}

static void add_argument(struct buf *out, const struct cli_verb *verb)
{
    auto_free char *choices = word_choices(verb->arguments);
    struct after after = {out, verb->name};
    if (!*verb->arguments)
        return;
    buf_addf(out, "complete -c slipway -n '__slipway_verb %s%s'", verb->name,
             *choices ? " 0" : "");
    add_values(out, *choices ? choices : verb->arguments);
    buf_addc(out, '\n');
    if (*choices)
        word_alternatives(verb->arguments, add_after, &after);
}

void completion_fish(struct buf *out)
{
    buf_adds(out, "set -g __slipway_verbs");
    for (size_t i = 0; cli_verbs[i]; i++)
        buf_addf(out, " %s", cli_verbs[i]->name);
    buf_adds(out, "\nset -g __slipway_valued");
    add_valued(out, cli_common_options);
    for (size_t i = 0; cli_verbs[i]; i++)
        add_valued(out, cli_verbs[i]->options);
    buf_addc(out, '\n');
    buf_adds(out, head);
    for (size_t i = 0; cli_verbs[i]; i++) {
        buf_addf(out, "complete -c slipway -n __slipway_no_verb -a %s -d ",
                 cli_verbs[i]->name);
        add_quoted(out, cli_verbs[i]->summary);
        buf_addc(out, '\n');
    }
    add_options(out, NULL, cli_common_options);
    for (size_t i = 0; cli_verbs[i]; i++) {
        add_options(out, cli_verbs[i]->name, cli_verbs[i]->options);
        add_argument(out, cli_verbs[i]);
    }
}
