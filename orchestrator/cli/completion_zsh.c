/*
 * completion_zsh.c - completion for zsh (completion.h): _arguments specifications, with
 * the help of each verb and option.
 */
#include "cli/completion.h"
#include "util/auto.h"

static const char head[] =
    "#compdef slipway\n"
    "# zsh completion for slipway, made by: slipway completion zsh\n"
    "#   slipway completion zsh > \"${fpath[1]}/_slipway\"\n\n"
    "_slipway_names() { # KIND: names that the state knows\n"
    "    local -a names\n"
    "    names=(${(f)\"$(slipway ${_slipway_state:+--state=$_slipway_state} completion "
    "$1 2>/dev/null)\"})\n"
    "    compadd -a names\n"
    "}\n\n";

/* Inside '...:...' and [...]: what zsh would read as syntax. */
static void add_quoted(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else if (*text == ':' || *text == '[' || *text == ']' || *text == '\\')
            buf_addf(out, "\\%c", *text);
        else
            buf_addc(out, *text);
    }
}

/* The action of a specification: ":message:action". */
static void add_action(struct buf *out, const char *placeholder)
{
    auto_free char *choices = word_choices(placeholder);
    enum word_kind kind = word_kind(placeholder);
    const char *source = completion_source(kind);
    buf_addc(out, ':');
    add_quoted(out, *placeholder ? placeholder : "nothing");
    buf_addc(out, ':');
    if (source)
        buf_addf(out, "_slipway_names %s", source);
    else if (kind == WORD_VERB)
        buf_adds(out, "_slipway_verbs");
    else if (*choices)
        buf_addf(out, "(%s)", choices);
    else
        buf_adds(out, kind == WORD_FILE     ? "_files"
                      : kind == WORD_FOLDER ? "_files -/"
                                            : " ");
}

static void add_options(struct buf *out, const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        buf_addf(out, " \\\n            '--%s%s[", options[i].name,
                 options[i].value ? "=" : "");
        add_quoted(out, options[i].help);
        buf_addc(out, ']');
        if (options[i].value)
            add_action(out, options[i].value);
        buf_addc(out, '\'');
    }
}

/* What can follow a word: the action that _arguments would take, as a command. */
static void add_after(void *data, const char *alternative)
{
    struct buf *out = data;
    auto_free char *word = word_choices(alternative);
    auto_free char *rest = word_placeholders(alternative);
    const char *source = completion_source(word_kind(rest));
    if (source)
        buf_addf(out, "    %s) _slipway_names %s ;;\n", word, source);
    else if (*rest)
        buf_addf(out, "    %s) _files ;;\n", word);
}

static void add_words(struct buf *out, const struct cli_verb *verb)
{
    auto_free char *choices = word_choices(verb->arguments);
    if (!*choices)
        return;
    buf_addf(out, "_slipway_%s() {\n    case $line[1] in\n", verb->name);
    word_alternatives(verb->arguments, add_after, out);
    buf_adds(out, "    *) return 1 ;;\n    esac\n}\n\n");
}

static void add_verb(struct buf *out, const struct cli_verb *verb)
{
    auto_free char *choices = word_choices(verb->arguments);
    buf_addf(out, "        %s)\n            _arguments $common", verb->name);
    add_options(out, verb->options);
    if (*choices) {
        buf_addf(out, " \\\n            '1:word:(%s)'", choices);
        buf_addf(out, " \\\n            '*: :_slipway_%s'", verb->name);
    } else if (*verb->arguments) {
        buf_adds(out, " \\\n            '*");
        add_action(out, verb->arguments);
        buf_addc(out, '\'');
    }
    buf_adds(out, " ;;\n");
}

void completion_zsh(struct buf *out)
{
    buf_adds(out, head);
    buf_adds(out, "_slipway_verbs() {\n    local -a verbs\n    verbs=(\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        buf_addf(out, "        '%s:", cli_verbs[i]->name);
        add_quoted(out, cli_verbs[i]->summary);
        buf_adds(out, "'\n");
    }
    buf_adds(out, "    )\n    _describe -t verbs verb verbs\n}\n\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        add_words(out, cli_verbs[i]);
    buf_adds(out, "_slipway() {\n    local context state state_descr line "
                  "curcontext=$curcontext _slipway_state=\n"
                  "    typeset -A opt_args\n    local -a common\n    local -i i\n    "
                  "common=(\\\n            ");
    add_options(out, cli_common_options);
    buf_adds(out, ")\n    for ((i = 2; i < CURRENT; i++)); do\n"
                  "        [[ $words[i] == --state ]] && _slipway_state=$words[i+1]\n"
                  "        [[ $words[i] == --state=* ]] && "
                  "_slipway_state=${words[i]#--state=}\n"
                  "    done\n"
                  "    _arguments -C -A '-*' $common '1: :->verb' '*:: :->rest'\n"
                  "    case $state in\n    verb) _slipway_verbs ;;\n"
                  "    rest)\n        case $words[1] in\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        add_verb(out, cli_verbs[i]);
    buf_adds(out, "        esac ;;\n    esac\n}\n\n"
                  "if [ \"$funcstack[1]\" = _slipway ]; then\n    _slipway \"$@\"\n"
                  "else\n    compdef _slipway slipway\nfi\n");
}
