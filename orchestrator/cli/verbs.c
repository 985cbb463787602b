/* verbs.c - the list of verbs, in the order in which an operator meets them. */
#include "cli/verbs.h"

#include "cli/cli.h"

const struct cli_verb *const cli_verbs[] = {
    &cmd_init,         &cmd_inventory, &cmd_lint,     &cmd_path,
    &cmd_plan,         &cmd_forecast,  &cmd_run,      &cmd_resume,
    &cmd_status,       &cmd_why,       &cmd_events,   &cmd_snapshots,
    &cmd_readiness,    &cmd_report,    &cmd_audit,    &cmd_approve,
    &cmd_pause,        &cmd_unpause,   &cmd_promote,  &cmd_abort,
    &cmd_retry,        &cmd_skip,      &cmd_rollback, &cmd_hold,
    &cmd_release,      &cmd_override,  &cmd_calendar, &cmd_set,
    &cmd_known_issues, &cmd_plugins,   &cmd_doctor,   &cmd_completion,
    &cmd_help,         NULL,
};
