/* verbs.h - one table per cmd_*.c. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

struct cli_verb;
extern const struct cli_verb cmd_abort, cmd_approve, cmd_calendar, cmd_events,
    cmd_completion, cmd_doctor, cmd_forecast, cmd_help, cmd_hold, cmd_override, cmd_init,
    cmd_inventory, cmd_known_issues, cmd_lint, cmd_pause, cmd_path, cmd_plan, cmd_plugins,
    cmd_promote, cmd_release, cmd_resume, cmd_retry, cmd_rollback, cmd_run, cmd_set,
    cmd_skip, cmd_snapshots, cmd_readiness, cmd_report, cmd_audit, cmd_status,
    cmd_unpause, cmd_why;

#endif
