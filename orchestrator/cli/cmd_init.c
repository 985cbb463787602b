/*
 * cmd_init.c - slipway init: a state directory, and a small sample to begin with.
 *
 * What is there already is never written to, so init may be typed again; an older
 * state is brought up to date. A symbolic link in the place of a file counts as there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/sample.h"
#include "cli/verbs.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

/* Beginners have DIR/.slipway, unless they named a state. */
static char *state_path(const struct cli *cli, const char *folder)
{
    bool named = strcmp(cli->state_dir, CLI_STATE_DEFAULT) != 0;
    return named || !strcmp(folder, ".") ? xstrdup(cli->state_dir)
                                         : xasprintf("%s/%s", folder, cli->state_dir);
}

static int make_folder(struct cli *cli, const char *path, mode_t mode)
{
    struct stat there;
    if (!mkdir(path, mode) ||
        (errno == EEXIST && !stat(path, &there) && S_ISDIR(there.st_mode)))
        return EXIT_DONE;
    char clean[1024];
    return cli_fail(cli, EXIT_ERROR, "cannot make the folder %s: %s",
                    text_clean(path, clean, sizeof clean),
                    errno == EEXIST ? "something else has that name" : strerror(errno));
}

/* Create, or upgrade. Whoever runs has the newest schema already. */
static int make_state(struct cli *cli, const char *path)
{
    struct slipway_error err = {""};
    auto_store struct store *store = NULL;
    int code = store_create(path, &err);
    if (!code)
        code = store_open_owner(path, "slipway init", &store, &err);
    return !code || code == STORE_OWNED ? EXIT_DONE : cli_store_failure(cli, code, &err);
}

static int write_file(const char *path, const struct sample_file *file)
{
    auto_fd int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file->mode);
    size_t left = strlen(file->text);
    const char *at = file->text;
    while (fd >= 0 && left) {
        ssize_t done = write(fd, at, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            int why = errno;
            (void)unlink(path); /* ours, and incomplete */
            errno = why;
            return -1;
        }
        at += done;
        left -= (size_t)done;
    }
    return fd < 0 ? -1 : 0;
}

static int write_sample(struct cli *cli, const char *folder, struct buf *out)
{
    for (const struct sample_file *file = sample_files; file->path; file++) {
        auto_free char *path = xasprintf("%s/%s", folder, file->path);
        char clean[1024];
        bool made = !write_file(path, file);
        if (!made && errno != EEXIST && errno != ELOOP)
            return cli_fail(cli, EXIT_ERROR, "cannot write %s: %s",
                            text_clean(path, clean, sizeof clean), strerror(errno));
        buf_addf(out, "  %-7s %s\n", made ? "wrote" : "kept",
                 text_clean(path, clean, sizeof clean));
    }
    return EXIT_DONE;
}

static int make_all(struct cli *cli, const char *folder, const char *state,
                    struct buf *out)
{
    static const char *const below[] = {"playbooks", "playbooks/scripts", "secrets"};
    char clean[1024];
    int code = make_folder(cli, folder, 0755);
    if (!code)
        code = make_state(cli, state);
    for (size_t i = 0; !code && i < ARRAY_LENGTH(below); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, below[i]);
        code = make_folder(cli, path, 0700);
    }
    if (code)
        return code;
    buf_addf(out, "  state   %s\n", text_clean(state, clean, sizeof clean));
    return write_sample(cli, folder, out);
}

static void add_next(struct cli *cli, const char *folder, const char *state,
                     struct buf *out)
{
    char clean[1024], self[512];
    /* a named state stays where it is when the user changes the folder */
    auto_free char *whole = realpath(state, NULL);
    if (whole && strcmp(cli->state_dir, CLI_STATE_DEFAULT) != 0)
        cli->state_dir = whole;
    const char *command = cli_command(cli, self, sizeof self);
    buf_adds(out, "\nNext\n");
    if (strcmp(folder, ".") != 0)
        buf_addf(out, "  cd %s\n", text_clean(folder, clean, sizeof clean));
    buf_addf(out,
             "  edit fleet.yaml and campaign.yaml, put secrets into secrets/, then:\n"
             "  %s lint campaign.yaml\n"
             "  %s inventory import fleet.yaml\n"
             "  %s doctor\n"
             "  %s plan campaign.yaml\n",
             command, command, command, command);
}

static int run(struct cli *cli)
{
    const char *folder = cli->argument_count ? cli->arguments[0] : ".";
    auto_free char *state = state_path(cli, folder);
    auto_buf struct buf out = {0};
    int code = make_all(cli, folder, state, &out);
    if (code)
        return code;
    add_next(cli, folder, state, &out);
    return cli_print(cli, buf_text(&out));
}

const struct cli_verb cmd_init = {
    .name = "init",
    .summary = "make a state directory and a small sample to begin with",
    .arguments = "[DIR]",
    .arguments_min = 0,
    .arguments_max = 1,
    .description = "Makes the state directory (DIR/.slipway, or --state) and writes a "
                   "commented fleet.yaml,\n"
                   "campaign.yaml, playbooks/linux-patch.yaml and secrets/ into DIR "
                   "(default: here). What is\n"
                   "there already is kept. A state of an older slipway is brought up to "
                   "date.",
    .example = "  slipway init\n"
               "  slipway init upgrades && cd upgrades && slipway lint campaign.yaml",
    .run = run,
};
