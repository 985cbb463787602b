/* verbs.h - one table per cmd_*.c. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

struct cli_verb;
extern const struct cli_verb cmd_plan, cmd_run, cmd_resume;

#endif
