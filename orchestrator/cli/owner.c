/*
 * owner.c - become the owner, and wait for an operator's verb that is one for a moment.
 *
 * Where nobody runs, a verb (`slipway promote`, `inventory import`) owns the state for
 * some milliseconds. A timer's `resume` that came in just then must not be turned away:
 * nobody would run at all. A run, in contrast, is an answer at once.
 */
#include <string.h>
#include <time.h>

#include "cli/cli.h"

#define BRIEF_PATIENCE_MS 10000
#define BRIEF_RETRY_MS    50

static bool is_run(const struct store_owner *owner)
{
    return !strcmp(owner->command, CLI_OWNER_RUN) ||
           !strcmp(owner->command, CLI_OWNER_RESUME);
}

/* Twice a run in a row: the first time the words may be those of the owner before,
   which the new one, with the lock in its hand, has not replaced yet. */
static bool is_worth_waiting(const struct cli *cli, int *runs)
{
    struct store_owner owner = {0};
    if (store_owner(cli->state_dir, &owner, NULL))
        return false;
    *runs = owner.running && is_run(&owner) ? *runs + 1 : 0;
    return *runs < 2;
}

int cli_open_owner(const struct cli *cli, const char *command, struct store **out,
                   struct slipway_error *err)
{
    const struct timespec pause = {.tv_nsec = BRIEF_RETRY_MS * 1000000L};
    int runs = 0;
    for (int left_ms = BRIEF_PATIENCE_MS;; left_ms -= BRIEF_RETRY_MS) {
        int code = store_open_owner(cli->state_dir, command, out, err);
        if (code != STORE_OWNED || left_ms <= 0 || !is_worth_waiting(cli, &runs))
            return code;
        (void)nanosleep(&pause, NULL);
    }
}
