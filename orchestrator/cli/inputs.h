/*
 * inputs.h - everything that plan and lint read: campaign, fleet, playbook and
 * the appliances that the selector chooses, with all their problems at once.
 */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/cli.h"
#include "playbook/load.h"

struct inputs {
    struct campaign campaign;
    struct fleet fleet;
    struct playbook playbook;
    struct playbook_notes notes;
    struct problem_list problems;
    char fleet_digest[SHA256_HEX];
    int *selected;
    size_t selected_count;
};

/* Read and check. 0 if nothing keeps a plan from being made; the problems (also
   warnings) are in `problems` either way. An exit code otherwise; what is not a
   problem of a file has been printed. */
int inputs_load(struct cli *cli, const char *campaign_path, const char *fleet_path,
                struct plugins *plugins, struct inputs *out);
void inputs_clear(struct inputs *inputs);

/* Print the problems, if there are any, to stderr. */
void inputs_print_problems(struct inputs *inputs);

/* The catalogue that the decoder asks about `use:`. */
struct operation_catalogue inputs_catalogue(struct plugins *plugins);

#endif
