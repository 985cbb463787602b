/*
 * fuzz_argv.c - any command line, and any value of an environment variable that is one.
 * The verbs are those of slipway with their tables; what they would do is replaced by a
 * look at what they were given.
 *
 *   - no verb runs unless its arguments are as many as its table says, and every option
 *     that it needs is there
 *   - what it gets are words of the command line, as they were typed
 *   - typed again in the plain order, `verb --option=value -- arguments`, it gets the same
 *   - everything else ends with EXIT_USAGE and one printable line, or with help
 *
 * NULs divide the words.
 */
#include "cli/cli.h"

/* The parser itself, with verbs of its own; what else is linked has the real ones. */
static const struct cli_verb *shadow_verbs[64];
#define cli_verbs shadow_verbs
#include "cli/options.c"
#undef cli_verbs

#include "fuzz.h"

#define WORDS_MAX 100
#define HELP      "slipway " SLIPWAY_VERSION " - "

static struct {
    struct cli_verb tables[ARRAY_LENGTH(shadow_verbs)];
    struct cli seen; /* by the verb that ran */
    int runs;
    FILE *nowhere;          /* where help goes */
    const char *text, *end; /* the command line */
} stage;

static int only_look(struct cli *cli)
{
    stage.seen = *cli;
    stage.runs++;
    return EXIT_DONE;
}

static void set_stage(void)
{
    size_t count = 0;
    for (; cli_verbs[count]; count++) {
        MUST(count + 1 < ARRAY_LENGTH(shadow_verbs));
        stage.tables[count] = *cli_verbs[count];
        stage.tables[count].run = only_look;
        shadow_verbs[count] = &stage.tables[count];
    }
    stage.nowhere = fopen("/dev/null", "we");
    MUST(stage.nowhere);
    (void)unsetenv("SLIPWAY_STATE");
    (void)unsetenv("COLUMNS");
}

/* The exit code; what it said is appended. */
static int run(int argc, char **argv, struct buf *said)
{
    char *text = NULL;
    size_t length = 0;
    FILE *errors = stderr, *output = stdout;
    stderr = open_memstream(&text, &length);
    MUST(stderr);
    stdout = stage.nowhere;
    stage.runs = 0;
    optind = 0;
    int code = cli_main(argc, argv, NULL);
    (void)fclose(stderr);
    stderr = errors;
    stdout = output;
    buf_add(said, text, length);
    free(text);
    return code;
}

/* ---- what a verb got ---- */

static void must_be_typed(const char *word)
{
    MUST(!word || (word >= stage.text && word < stage.end) || !*word);
}

static void must_fit(const struct cli *cli)
{
    const struct cli_verb *verb = cli->verb;
    MUST(cli->argument_count >= verb->arguments_min &&
         cli->argument_count <= verb->arguments_max);
    for (int i = 0; i < cli->argument_count; i++)
        must_be_typed(cli->arguments[i]);
    for (int i = 0; verb->options && verb->options[i].name; i++) {
        must_be_typed(cli->values[i]);
        MUST(cli->values[i] || !verb->options[i].required);
        MUST(!cli->values[i] || verb->options[i].value || !*cli->values[i]);
    }
    must_be_typed(cli->common_campaign);
    must_be_typed(cli->plugins_dir);
    MUST(cli->state_dir);
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static void must_be_same(const struct cli *a, const struct cli *b)
{
    MUST(a->verb == b->verb && a->argument_count == b->argument_count);
    for (int i = 0; i < a->argument_count; i++)
        MUST(same(a->arguments[i], b->arguments[i]));
    for (int i = 0; a->verb->options && a->verb->options[i].name; i++)
        MUST(same(a->values[i], b->values[i]));
    MUST(same(a->state_dir, b->state_dir) &&
         same(a->common_campaign, b->common_campaign) &&
         same(a->plugins_dir, b->plugins_dir) && a->json == b->json &&
         a->colour == b->colour);
}

/* ---- the same in plain order ---- */

struct words {
    char *items[WORDS_MAX + 1];
    int count;
};

static void words_free(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->items[i]);
}

static void add_word(struct words *words, char *word)
{
    MUST(words->count < WORDS_MAX);
    words->items[words->count++] = word;
}

static void add_option(struct words *words, const char *name, const char *value,
                       bool flag)
{
    if (value)
        add_word(words,
                 flag ? xasprintf("--%s", name) : xasprintf("--%s=%s", name, value));
}

static void again_in_plain_order(const struct cli *cli)
{
    __attribute__((cleanup(words_free))) struct words words = {.count = 0};
    auto_buf struct buf said = {0};
    const struct cli first = *cli;
    add_word(&words, xstrdup("slipway"));
    add_word(&words, xstrdup(first.verb->name));
    add_option(&words, "state", first.state_dir, false);
    add_option(&words, "campaign", first.common_campaign, false);
    add_option(&words, "plugins", first.plugins_dir, false);
    add_option(&words, "json", first.json ? "" : NULL, true);
    for (int i = 0; first.verb->options && first.verb->options[i].name; i++)
        add_option(&words, first.verb->options[i].name, first.values[i],
                   !first.verb->options[i].value);
    add_word(&words, xstrdup("--"));
    for (int i = 0; i < first.argument_count; i++)
        add_word(&words, xstrdup(first.arguments[i]));
    char *argv[WORDS_MAX + 1] = {NULL}; /* getopt moves them */
    memcpy(argv, words.items, sizeof argv[0] * (size_t)words.count);
    MUST(run(words.count, argv, &said) == EXIT_DONE && stage.runs == 1);
    must_be_same(&first, &stage.seen);
}

/* ---- what was refused ---- */

static void must_be_one_line(const struct buf *said)
{
    const char *text = buf_text(said);
    if (!strncmp(text, HELP, strlen(HELP)))
        return; /* there was no verb */
    MUST(!said->length || !strncmp(text, "slipway: ", 9));
    MUST(strcspn(text, "\n") + 1 >= said->length);
    MUST(text_is_utf8(text, said->length));
    for (const unsigned char *p = (const unsigned char *)text; *p && *p != '\n'; p++)
        MUST(*p >= 0x20 && *p != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *argv[WORDS_MAX + 1] = {(char[]){"slipway"}};
    int argc = 1;
    auto_buf struct buf said = {0};
    if (!shadow_verbs[0])
        set_stage();
    auto_free char *text = xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    stage.text = text;
    stage.end = text + size + 1;
    for (size_t at = 0; at < size && argc < WORDS_MAX; argc++) {
        argv[argc] = text + at;
        at += strlen(text + at) + 1;
    }
    int code = run(argc, argv, &said);
    MUST(code == EXIT_DONE || code == EXIT_USAGE);
    must_be_one_line(&said);
    if (!stage.runs)
        return 0;
    MUST(code == EXIT_DONE && stage.runs == 1 && !said.length);
    must_fit(&stage.seen);
    again_in_plain_order(&stage.seen);
    return 0;
}
