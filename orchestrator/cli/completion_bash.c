/*
 * completion_bash.c - completion for bash (completion.h).
 *
 * The script is one function over generated `case` tables: which options a verb has,
 * what a value or an argument can be. It needs no bash-completion package.
 */
#include "cli/completion.h"
#include "util/auto.h"

static const char head[] =
    "# bash completion for slipway, made by: slipway completion bash\n"
    "#   source <(slipway completion bash)\n\n"
    "_slipway_names() { # KIND: names that the state knows\n"
    "    slipway ${_slipway_state:+--state \"$_slipway_state\"} completion \"$1\" "
    "2>/dev/null\n"
    "}\n\n"
    "_slipway_reply() { # KIND [WORDS]: complete \"$cur\"\n"
    "    case $1 in\n"
    "    files) compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
    "    folders) compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "    words) mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$cur\") ;;\n"
    "    none) ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -W \"$(_slipway_names \"$1\") $2\" -- "
    "\"$cur\") ;;\n"
    "    esac\n"
    "}\n\n";

static const char body[] =
    "_slipway() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local verb= word= count=0 i _slipway_state=\n"
    "    COMPREPLY=()\n"
    "    # bash splits --option=value into three words\n"
    "    if [ \"$cur\" = = ]; then\n"
    "        cur=\n"
    "    elif [ \"$prev\" = = ]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --state) _slipway_state=${COMP_WORDS[i + 1]}; i=$((i + 1)) ;;\n"
    "        =) i=$((i + 1)) ;;\n"
    "        -*) [ -z \"$(_slipway_value \"$verb\" \"${COMP_WORDS[i]}\")\" ] || i=$((i + "
    "1)) ;;\n"
    "        *) if [ -z \"$verb\" ]; then verb=${COMP_WORDS[i]}; else\n"
    "                [ \"$count\" -gt 0 ] || word=${COMP_WORDS[i]}\n"
    "                count=$((count + 1))\n"
    "            fi ;;\n"
    "        esac\n"
    "    done\n"
    "    local value\n"
    "    value=$(_slipway_value \"$verb\" \"$prev\")\n"
    "    if [ -n \"$value\" ]; then\n"
    "        _slipway_reply ${value%% *} \"${value#* }\"\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        _slipway_reply words \"$(_slipway_options \"$verb\")\"\n"
    "    elif [ -z \"$verb\" ]; then\n"
    "        _slipway_reply words \"$_slipway_verbs\"\n"
    "    else\n"
    "        value=$(_slipway_argument \"$verb\" \"$count\" \"$word\")\n"
    "        _slipway_reply ${value%% *} \"${value#* }\"\n"
    "    fi\n"
    "}\n"
    "complete -F _slipway slipway\n";

/* "files", "targets" or "words a b": what _slipway_reply takes. */
static void add_reply(struct buf *out, const char *placeholder)
{
    auto_free char *choices = word_choices(placeholder);
    enum word_kind kind = word_kind(placeholder);
    const char *source = completion_source(kind);
    if (source)
        buf_addf(out, "%s %s", source, choices);
    else if (kind == WORD_VERB)
        buf_adds(out, "words $_slipway_verbs");
    else if (*choices)
        buf_addf(out, "words %s", choices);
    else
        buf_adds(out, kind == WORD_FILE     ? "files"
                      : kind == WORD_FOLDER ? "folders"
                                            : "none");
}

static void add_values(struct buf *out, const char *verb,
                       const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++) {
        if (!options[i].value)
            continue;
        buf_addf(out, "    '%s --%s') echo \"", verb, options[i].name);
        add_reply(out, options[i].value);
        buf_adds(out, "\" ;;\n");
    }
}

static void add_names(struct buf *out, const struct cli_option *options)
{
    for (int i = 0; options && options[i].name; i++)
        buf_addf(out, " --%s", options[i].name);
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
    buf_addf(after->out, "    '%s '*' %s') echo \"", after->verb, word);
    add_reply(after->out, rest);
    buf_adds(after->out, "\" ;;\n");
}

static void add_argument(struct buf *out, const struct cli_verb *verb)
{
    auto_free char *choices = word_choices(verb->arguments);
    struct after after = {out, verb->name};
    if (*choices) { /* first the word, then what belongs to it */
        buf_addf(out, "    '%s 0 '*) echo \"words %s\" ;;\n", verb->name, choices);
        word_alternatives(verb->arguments, add_after, &after);
        return;
    }
    buf_addf(out, "    '%s '*) echo \"", verb->name);
    add_reply(out, verb->arguments);
    buf_adds(out, "\" ;;\n");
}

void completion_bash(struct buf *out)
{
    buf_adds(out, head);
    buf_adds(out, "_slipway_verbs='");
    for (size_t i = 0; cli_verbs[i]; i++)
        buf_addf(out, "%s%s", i ? " " : "", cli_verbs[i]->name);
    buf_adds(out, "'\n\n_slipway_value() { # VERB OPTION: what its value can be\n"
                  "    case \"$1 $2\" in\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        add_values(out, cli_verbs[i]->name, cli_verbs[i]->options);
    buf_adds(out, "    esac\n    case \" $2\" in\n");
    add_values(out, "", cli_common_options);
    buf_adds(out, "    esac\n}\n\n_slipway_options() { # VERB\n    echo '");
    add_names(out, cli_common_options);
    buf_adds(out, "'\n    case $1 in\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        if (!cli_verbs[i]->options)
            continue;
        buf_addf(out, "    %s) echo '", cli_verbs[i]->name);
        add_names(out, cli_verbs[i]->options);
        buf_adds(out, "' ;;\n");
    }
    buf_adds(out, "    esac\n}\n\n_slipway_argument() { # VERB NUMBER WORD\n"
                  "    case \"$1 $2 $3\" in\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        add_argument(out, cli_verbs[i]);
    buf_adds(out, "    *) echo none ;;\n    esac\n}\n\n");
    buf_adds(out, body);
}
